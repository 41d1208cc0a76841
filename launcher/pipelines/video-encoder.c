/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "video-encoder.h"

#include "media.h"

#define X264_KEYINT_MAX_INFINITE (1 << 30)

struct _HabVideoEncoder
{
  const gchar *name;
  const gchar *factory;
  void (*set_up) (GstElement *element, guint bitrate, guint threads);
};

/* With a GOP size of 0 pictures begin one on demand only. A thread has a slice
 * of its own. */
static void
set_up_openh264 (GstElement *element, guint bitrate, guint threads)
{
  g_object_set (element, "bitrate", bitrate, "gop-size", 0,
      "scene-change-detection", FALSE, "enable-frame-skip", FALSE,
      "multi-thread", threads, "num-slices", threads, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "rate-control", "bitrate");
}

static void
set_up_x264 (GstElement *element, guint bitrate, guint threads)
{
  g_object_set (element, "bitrate", (bitrate + 500) / 1000, "threads", threads,
      "vbv-buf-capacity", 2000, "key-int-max", X264_KEYINT_MAX_INFINITE,
      "option-string", "scenecut=0:open-gop=0", NULL);
  gst_util_set_object_arg (G_OBJECT (element), "speed-preset", "faster");
}

static const HabVideoEncoder encoders[] = {
  { "openh264", "openh264enc", set_up_openh264 },
  { "x264", "x264enc", set_up_x264 },
};

const HabVideoEncoder *
hab_video_encoder_find (const gchar *name)
{
  if (name == NULL)
    return &encoders[0];
  for (guint i = 0; i < G_N_ELEMENTS (encoders); i++) {
    if (g_str_equal (encoders[i].name, name))
      return &encoders[i];
  }
  return NULL;
}

GstElement *
hab_video_encoder_add (const HabVideoEncoder *self, GstBin *bin,
    guint bitrate, guint threads, GError **error)
{
  GstElement *element = hab_media_add_element (bin, self->factory, error);

  if (element)
    self->set_up (element, bitrate, threads);
  return element;
}

const gchar *
hab_video_encoder_get_factory (const HabVideoEncoder *self)
{
  return self->factory;
}
