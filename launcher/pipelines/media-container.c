/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-container.h"

static const HabContainer containers[] = {
  { .caps_name = "video/quicktime", .number_base = 10, .framed = TRUE },
  { .caps_name = "video/x-matroska", .timescale = 1000, .number_base = 10,
      .no_dts = TRUE, .one_segment = TRUE },
  { .caps_name = "video/webm", .timescale = 1000, .number_base = 10,
      .no_dts = TRUE, .one_segment = TRUE },
  { .caps_name = "video/mpegts", .timescale = 90000, .number_base = 16,
      .few_times = TRUE },
  { .caps_name = "video/x-flv", .timescale = 1000, .late_pads = TRUE },
  { .caps_name = "video/x-msvideo", .number_base = 10, .no_pts = TRUE },
};

const HabContainer *
hab_container_find (const gchar *caps_name)
{
  for (guint i = 0; i < G_N_ELEMENTS (containers); i++) {
    if (g_strcmp0 (caps_name, containers[i].caps_name) == 0)
      return &containers[i];
  }
  return NULL;
}
