/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-marks.h"

static void
register_meta (const gchar *name)
{
  static const gchar *tags[] = { NULL };

  /* Another copy of the plug-in may have done it already. */
  if (gst_meta_get_info (name) == NULL)
    gst_meta_register_custom (name, tags, NULL, NULL, NULL);
}

void
hab_gop_marks_register (void)
{
  register_meta (HAB_GOP_META);
  register_meta (HAB_I_FRAME_META);
}

static guint64
to_clock_time (gint64 time)
{
  return time == HAB_GOP_TIME_NONE ? GST_CLOCK_TIME_NONE : (guint64) time;
}

GstStructure *
hab_gop_marks_describe (const HabGopFacts *gop)
{
  return gst_structure_new (HAB_GOP_STRUCTURE,
      "index", G_TYPE_UINT64, gop->index,
      "kind", G_TYPE_STRING, hab_random_access_to_string (gop->kind),
      "pts", G_TYPE_UINT64, to_clock_time (gop->pts),
      "dts", G_TYPE_UINT64, to_clock_time (gop->dts),
      "duration", G_TYPE_UINT64, to_clock_time (gop->duration),
      "frames", G_TYPE_UINT64, gop->frames,
      "bytes", G_TYPE_UINT64, gop->bytes,
      "closed", G_TYPE_BOOLEAN, gop->closed,
      "leading-pictures", G_TYPE_UINT, gop->leading_pictures, NULL);
}

static GstBuffer *
set_delta_unit (GstBuffer *buffer, gboolean delta)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) == delta)
    return buffer;
  buffer = gst_buffer_make_writable (buffer);
  if (delta)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  else
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

GstBuffer *
hab_gop_marks_add (GstBuffer *buffer, gboolean starts, guint64 index,
    HabRandomAccess kind)
{
  GstCustomMeta *meta;

  buffer = set_delta_unit (buffer, !starts || kind == HAB_RANDOM_ACCESS_NONE);
  if (!starts)
    return buffer;

  buffer = gst_buffer_make_writable (buffer);
  meta = gst_buffer_get_custom_meta (buffer, HAB_GOP_META);
  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, HAB_GOP_META);
  gst_structure_set (gst_custom_meta_get_structure (meta),
      "index", G_TYPE_UINT64, index,
      "kind", G_TYPE_STRING, hab_random_access_to_string (kind), NULL);
  return buffer;
}

GstBuffer *
hab_gop_marks_add_i_frame (GstBuffer *buffer)
{
  buffer = gst_buffer_make_writable (buffer);
  if (gst_buffer_get_custom_meta (buffer, HAB_I_FRAME_META) == NULL)
    gst_buffer_add_custom_meta (buffer, HAB_I_FRAME_META);
  return buffer;
}
