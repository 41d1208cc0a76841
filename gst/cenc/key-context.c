/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "key-context.h"

#include <string.h>

static gboolean
read_key (const GValue *value, guint8 key[HAB_KEY_SIZE])
{
  GstMemory *memory = G_VALUE_HOLDS (value, GST_TYPE_MEMORY) ?
      g_value_get_boxed (value) :
      NULL;
  GstMapInfo map;
  gboolean fits;

  if (memory == NULL || !gst_memory_map (memory, &map, GST_MAP_READ))
    return FALSE;
  fits = map.size == HAB_KEY_SIZE;
  if (fits)
    memcpy (key, map.data, HAB_KEY_SIZE);
  gst_memory_unmap (memory, &map);
  return fits;
}

static gboolean
read_field (GQuark field, const GValue *value, gpointer keys)
{
  const gchar *name = g_quark_to_string (field);
  guint8 kid[HAB_KEY_SIZE], key[HAB_KEY_SIZE];

  if (!hab_key_parse (name, kid, NULL))
    GST_WARNING ("a field of a " HAB_KEY_CONTEXT " context is not named by a "
        "key id: %s", name);
  else if (!read_key (value, key))
    GST_WARNING ("the key of %s in a " HAB_KEY_CONTEXT " context is not a "
        "GstMemory of 16 bytes but a %s", name, G_VALUE_TYPE_NAME (value));
  else
    hab_content_keys_set (keys, kid, key);
  hab_key_wipe (key, sizeof key);
  return TRUE;
}

gboolean
hab_key_context_read (GstContext *context, HabContentKeys *keys)
{
  if (!gst_context_has_context_type (context, HAB_KEY_CONTEXT))
    return FALSE;
  gst_structure_foreach (gst_context_get_structure (context), read_field, keys);
  return TRUE;
}

void
hab_key_context_query (GstElement *element, GstPad *pad)
{
  g_autoptr (GstQuery) query = gst_query_new_context (HAB_KEY_CONTEXT);
  GstContext *context = NULL;

  if (!gst_pad_peer_query (pad, query))
    return;
  gst_query_parse_context (query, &context);
  if (context)
    gst_element_set_context (element, context);
}

void
hab_key_context_ask (GstElement *element, const guint8 *kid)
{
  GstMessage *message = gst_message_new_need_context (GST_OBJECT (element),
      HAB_KEY_CONTEXT);
  g_autofree gchar *hex = kid ? hab_key_to_hex (kid) : NULL;

  if (hex)
    gst_structure_set (gst_message_writable_structure (message),
        "kid", G_TYPE_STRING, hex, NULL);
  gst_element_post_message (element, message);
}

gboolean
hab_key_context_answer_system (GstQuery *query, const gchar *system)
{
  const gchar *type;
  g_autoptr (GstContext) context = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT ||
      !gst_query_parse_context_type (query, &type) ||
      g_strcmp0 (type, HAB_SYSTEM_CONTEXT) != 0)
    return FALSE;
  context = gst_context_new (HAB_SYSTEM_CONTEXT, FALSE);
  gst_structure_set (gst_context_writable_structure (context),
      "decryption-system-id", G_TYPE_STRING, system, NULL);
  gst_query_set_context (query, context);
  return TRUE;
}
