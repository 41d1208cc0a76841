/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "left-out.h"

#include <gst/pbutils/pbutils.h>

static const gchar *
why (const HabMediaStream *stream, const GstStructure *structure)
{
  if (stream->unwanted)
    return "it is not among those chosen";
  if (stream->codec)
    return "one video track is packaged";
  return g_str_has_prefix (gst_structure_get_name (structure), "subpicture/") ?
      "its text is in pictures" :
      "it is not handled";
}

/* (transfer full): for people, where GStreamer knows it. */
static gchar *
name_of (const GstCaps *caps)
{
  gchar *name = gst_caps_is_fixed (caps) ?
      gst_pb_utils_get_codec_description (caps) :
      NULL;

  return name ? name :
      g_strdup (gst_structure_get_name (gst_caps_get_structure (caps, 0)));
}

GPtrArray *
hab_left_out_list (HabMediaInput *input)
{
  GPtrArray *streams = hab_media_input_get_streams (input);
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < streams->len; i++) {
    const HabMediaStream *stream = g_ptr_array_index (streams, i);
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (stream->source);
    g_autofree gchar *name = NULL;

    if (stream->pad || caps == NULL)
      continue;
    name = name_of (caps);
    g_ptr_array_add (list, g_strdup_printf ("track %u (%s) is left out: %s",
        stream->number, name,
        why (stream, gst_caps_get_structure (caps, 0))));
  }
  return list;
}
