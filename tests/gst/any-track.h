/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "any-protection.h"
#include "sample-streams.h"

/* A track of any codec, with samples of random sizes in random GOPs at random
 * times, in the clear or to be encrypted in any way. */

typedef struct
{
  GBytes *bytes;
  gint64 dts, pts; /* ns, running time */
  GstClockTime duration;
  gboolean key;
  SampleKey protection; /* what it has to be */
} Sample;

typedef struct
{
  const SampleStream *stream;
  gboolean video;
  Protection protection;
  gchar *name;     /* of the pad and the folder */
  GArray *samples; /* of Sample */
  GstClockTime shift; /* what running time is less than the buffers' */
} Track;

/* number: to tell it from the others. (transfer full) */
Track *track_new_random (guint number);
void track_free (gpointer track);
