/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rendition.h"

#include <gst/video/video.h>

#include "media.h"

/* Pictures that wait, each branch having a thread of its own. */
#define MAX_PICTURES 3

enum { QUEUE, SCALE, SIZE, ENCODER, PARSER, FORMAT, N_ELEMENTS };

struct _HabRendition
{
  guint height;
  GstElement *elements[N_ELEMENTS]; /* of the bin, in their order */
};

static void
set_up (HabRendition *self)
{
  g_autoptr (GstCaps) format = gst_caps_from_string (
      "video/x-h264, stream-format=avc, alignment=au");

  g_object_set (self->elements[QUEUE], "max-size-buffers", MAX_PICTURES,
      "max-size-bytes", 0, "max-size-time", G_GUINT64_CONSTANT (0), NULL);
  g_object_set (self->elements[SCALE], "add-borders", FALSE, NULL);
  g_object_set (self->elements[FORMAT], "caps", format, NULL);
}

HabRendition *
hab_rendition_new (GstBin *bin, const HabRung *rung,
    const HabVideoEncoder *encoder, guint threads, GError **error)
{
  static const gchar *const factories[N_ELEMENTS] = {
    [QUEUE] = "queue",
    [SCALE] = "videoscale",
    [SIZE] = "capsfilter",
    [PARSER] = "h264parse",
    [FORMAT] = "capsfilter",
  };
  HabRendition *self = g_new0 (HabRendition, 1);

  self->height = rung->height;
  for (guint i = 0; i < N_ELEMENTS; i++)
    self->elements[i] = i == ENCODER ?
        hab_video_encoder_add (encoder, bin, rung->bitrate, threads, error) :
        hab_media_add_element (bin, factories[i], error);
  if (*error) {
    hab_rendition_free (self);
    return NULL;
  }
  set_up (self);
  return self;
}

void
hab_rendition_free (HabRendition *self)
{
  g_free (self);
}

gboolean
hab_rendition_link (HabRendition *self, GstElement *tee)
{
  for (guint i = 0; i + 1 < N_ELEMENTS; i++) {
    if (!gst_element_link (self->elements[i], self->elements[i + 1]))
      return FALSE;
  }
  return gst_element_link (tee, self->elements[QUEUE]);
}

void
hab_rendition_set_source (HabRendition *self, const GstCaps *caps)
{
  g_autoptr (GstCaps) size = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return;
  size = gst_caps_new_simple ("video/x-raw",
      "width", G_TYPE_INT,
      (gint) hab_ladder_get_width (info.width, info.height, self->height),
      "height", G_TYPE_INT, (gint) self->height,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, info.par_n, info.par_d, NULL);
  g_object_set (self->elements[SIZE], "caps", size, NULL);
}

GstPad *
hab_rendition_get_pad (HabRendition *self)
{
  return gst_element_get_static_pad (self->elements[FORMAT], "src");
}

/* Those behind first. */
void
hab_rendition_start (HabRendition *self)
{
  for (guint i = N_ELEMENTS; i > 0; i--)
    gst_element_sync_state_with_parent (self->elements[i - 1]);
}
