/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The first three access units of a stream of each codec, a random access
 * point and two that follow it, as a demuxer gives them: 64 by 64 pixels of
 * ffmpeg's testsrc, a tone in mono at 48 kHz. */

#define N_UNITS 3
#define N_SAMPLE_STREAMS 10

typedef struct
{
  const gchar *name;
  gboolean clear_only;        /* no standard says how to encrypt it */
  GstClockTime unit_duration;
  const gchar *caps;
  const gchar *config;        /* the field of the caps that configures a
                               * decoder, NULL where the first unit does */
  const gchar *units[N_UNITS]; /* hex digits */
} SampleStream;

extern const SampleStream sample_streams[N_SAMPLE_STREAMS];
