/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dolby.h"

/* Of the channel map, from its most significant bit on. */
#define MAP_L 0x8000
#define MAP_C 0x4000
#define MAP_R 0x2000
#define MAP_LS 0x1000
#define MAP_RS 0x0800
#define MAP_CS 0x0100
#define MAP_LFE 0x0001

static const guint16 maps[8] = {
  MAP_L | MAP_R, /* two programs of one channel each */
  MAP_C,
  MAP_L | MAP_R,
  MAP_L | MAP_C | MAP_R,
  MAP_L | MAP_R | MAP_CS,
  MAP_L | MAP_C | MAP_R | MAP_CS,
  MAP_L | MAP_R | MAP_LS | MAP_RS,
  MAP_L | MAP_C | MAP_R | MAP_LS | MAP_RS,
};

/* Channels of a bit of the map, from the most significant one on: some are
 * pairs (E.1.3.1.8). */
static const guint8 map_channels[16] = {
  1, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2, 2, 1, 2, 1, 1,
};

static const guint rates[4] = { 48000, 44100, 32000, 0 };

guint16
hab_dolby_map (guint acmod, gboolean lfe)
{
  g_return_val_if_fail (acmod < G_N_ELEMENTS (maps), 0);

  return maps[acmod] | (lfe ? MAP_LFE : 0);
}

guint
hab_dolby_rate (guint fscod)
{
  g_return_val_if_fail (fscod < G_N_ELEMENTS (rates), 0);

  return rates[fscod];
}

HabAudioFormat
hab_dolby_format (guint fscod, guint16 map)
{
  HabAudioFormat format = {
    .rate = hab_dolby_rate (fscod),
    .sample_bits = 16,
    .dolby_map = map,
  };

  for (guint i = 0; i < G_N_ELEMENTS (map_channels); i++) {
    if (map & 0x8000 >> i)
      format.channels += map_channels[i];
  }
  return format;
}
