/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "pssh-boxes.h"

#include <string.h>

#include <gst/gst.h>
#include <nettle/base64.h>

#include "box.h"
#include "codec.h"
#include "keys.h"

/* size, type, version and flags, SystemID */
#define SYSTEM_OFFSET 12
#define KIDS_OFFSET (SYSTEM_OFFSET + HAB_KEY_SIZE)
/* KID_count, of version 1, and DataSize */
#define COUNT_SIZE 4

#define SEPARATORS ", \t\r\n"

void
hab_pssh_free (HabPssh *pssh)
{
  g_free (pssh->system);
  g_bytes_unref (pssh->box);
  g_free (pssh);
}

static gboolean
malformed (GError **error, const gchar *what)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED, what);
  return FALSE;
}

/* --- one box --------------------------------------------------------------- */

/* Up to and with the SystemID. */
static gboolean
check_header (const guint8 *box, gsize size, GError **error)
{
  if (size < KIDS_OFFSET + COUNT_SIZE || memcmp (box + 4, "pssh", 4) != 0)
    return malformed (error, "it is not a pssh box");
  if (GST_READ_UINT32_BE (box) != size) {
    g_set_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "its size is %" G_GUINT32_FORMAT " and there are %" G_GSIZE_FORMAT
        " bytes",
        GST_READ_UINT32_BE (box), size);
    return FALSE;
  }
  if (box[8] <= 1)
    return TRUE;
  g_set_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
      "its version is %u; 0 and 1 are known", box[8]);
  return FALSE;
}

/* Offset of DataSize in a box whose header was checked; 0 where the KIDs reach
 * beyond its end. */
static gsize
data_size_offset (const guint8 *box, gsize size)
{
  gsize room = size - KIDS_OFFSET - COUNT_SIZE;
  guint32 n_kids;

  if (box[8] == 0)
    return KIDS_OFFSET;
  n_kids = GST_READ_UINT32_BE (box + KIDS_OFFSET);
  if (room < COUNT_SIZE || n_kids > (room - COUNT_SIZE) / HAB_KEY_SIZE)
    return 0;
  return KIDS_OFFSET + COUNT_SIZE + (gsize) n_kids * HAB_KEY_SIZE;
}

static gboolean
check_content (const guint8 *box, gsize size, GError **error)
{
  gsize offset = data_size_offset (box, size);

  if (offset == 0)
    return malformed (error, "its key ids reach beyond its end");
  if (GST_READ_UINT32_BE (box + offset) != size - offset - 4)
    return malformed (error, "the size of its data is not what is left of it");
  return TRUE;
}

HabPssh *
hab_pssh_parse (GBytes *data, GError **error)
{
  gsize size;
  const guint8 *box = g_bytes_get_data (data, &size);
  HabPssh *pssh;

  if (!check_header (box, size, error) || !check_content (box, size, error))
    return NULL;
  pssh = g_new0 (HabPssh, 1);
  pssh->system = hab_key_to_uuid (box + SYSTEM_OFFSET);
  pssh->box = g_bytes_ref (data);
  return pssh;
}

HabPssh *
hab_pssh_new_w3c_common (const guint8 *kids, guint n_kids)
{
  HabPssh *pssh = g_new0 (HabPssh, 1);
  g_auto (HabBoxWriter) writer = { 0 };
  guint8 system[HAB_KEY_SIZE];

  hab_key_parse (HAB_SYSTEM_W3C_COMMON, system, NULL);
  hab_box_writer_init (&writer);
  hab_box_begin_full (&writer, "pssh", 1, 0);
  hab_box_put_data (&writer, system, sizeof system);
  hab_box_put_u32 (&writer, n_kids);
  hab_box_put_data (&writer, kids, (gsize) n_kids * HAB_KEY_SIZE);
  hab_box_put_u32 (&writer, 0);
  hab_box_end (&writer);
  pssh->system = g_strdup (HAB_SYSTEM_W3C_COMMON);
  pssh->box = hab_box_writer_steal (&writer);
  return pssh;
}

gchar *
hab_pssh_to_base64 (const HabPssh *pssh)
{
  gsize size;
  const guint8 *box = g_bytes_get_data (pssh->box, &size);

  return g_base64_encode (box, size);
}

gconstpointer
hab_pssh_get_data (const HabPssh *pssh, gsize *size)
{
  gsize whole;
  const guint8 *box = g_bytes_get_data (pssh->box, &whole);
  gsize offset = data_size_offset (box, whole) + 4;

  *size = whole - offset;
  return box + offset;
}

/* --- a list ------------------------------------------------------------------ */

const HabPssh *
hab_pssh_find (const GPtrArray *boxes, const gchar *system)
{
  for (guint i = 0; i < boxes->len; i++) {
    const HabPssh *pssh = boxes->pdata[i];

    if (strcmp (pssh->system, system) == 0)
      return pssh;
  }
  return NULL;
}

gboolean
hab_pssh_same (const GPtrArray *a, const GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    if (!g_bytes_equal (((HabPssh *) a->pdata[i])->box,
            ((HabPssh *) b->pdata[i])->box))
      return FALSE;
  }
  return TRUE;
}

/* Strict where g_base64_decode () skips what it does not know. */
static GBytes *
decode (const gchar *text, GError **error)
{
  struct base64_decode_ctx context;
  gsize length = strlen (text), size = BASE64_DECODE_LENGTH (length);
  g_autofree guint8 *data = g_malloc (size);

  base64_decode_init (&context);
  if (base64_decode_update (&context, &size, data, length, text) &&
      base64_decode_final (&context))
    return g_bytes_new (data, size);
  malformed (error, "it is not base64");
  return NULL;
}

static gboolean
append_box (GPtrArray *boxes, const gchar *text, GError **error)
{
  g_autoptr (GBytes) data = decode (text, error);
  g_autoptr (HabPssh) pssh = data ? hab_pssh_parse (data, error) : NULL;

  if (pssh == NULL)
    return FALSE;
  if (hab_pssh_find (boxes, pssh->system)) {
    g_set_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "it is the second one of system %s", pssh->system);
    return FALSE;
  }
  g_ptr_array_add (boxes, g_steal_pointer (&pssh));
  return TRUE;
}

GPtrArray *
hab_pssh_parse_list (const gchar *text, GError **error)
{
  g_autoptr (GPtrArray) boxes = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_pssh_free);
  g_auto (GStrv) items = g_strsplit_set (text ? text : "", SEPARATORS, -1);

  for (guint i = 0; items[i]; i++) {
    if (items[i][0] == '\0' || append_box (boxes, items[i], error))
      continue;
    g_prefix_error (error, "box %u: ", boxes->len + 1);
    return NULL;
  }
  return g_steal_pointer (&boxes);
}
