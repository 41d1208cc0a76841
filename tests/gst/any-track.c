/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "any-track.h"

#include <string.h>

#define MAX_SAMPLES 40
#define MAX_BYTES 3000

/* How many places a picture may be shown behind its place in decoding order. */
#define REORDER 3

/* No track has fewer ticks a second. */
#define LONGEST_TICK (GST_SECOND / 8000)

static void
clear_sample (gpointer data)
{
  g_bytes_unref (((Sample *) data)->bytes);
}

void
track_free (gpointer data)
{
  Track *self = data;

  g_array_unref (self->samples);
  g_free (self->name);
  g_free (self);
}

/* --- what is in a sample ------------------------------------------------- */

static GByteArray *
from_hex (const gchar *digits)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *digits; digits += 2) {
    guint8 byte = g_ascii_xdigit_value (digits[0]) << 4 |
        g_ascii_xdigit_value (digits[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return bytes;
}

static void
append_random (GByteArray *bytes, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint8 byte = g_test_rand_int_range (0, 256);

    g_byte_array_append (bytes, &byte, 1);
  }
}

/* The unit of one NAL unit becomes longer: more of its last slice. */
static void
lengthen_slice (GByteArray *unit, guint n)
{
  append_random (unit, n);
  GST_WRITE_UINT32_BE (unit->data, unit->len - 4);
}

/* An OBU of padding behind the others, its size in two bytes. */
static void
append_padding (GByteArray *unit, guint n)
{
  const guint8 header[] = { 15 << 3 | 2, 0x80 | (n & 0x7f), n >> 7 };

  g_byte_array_append (unit, header, sizeof header);
  append_random (unit, n);
}

/* Sound is not looked into but for its first sample. */
static GBytes *
random_bytes (const Track *track, guint unit, gboolean first)
{
  const SampleStream *stream = track->stream;
  guint n = g_test_rand_int_range (1, MAX_BYTES);
  GByteArray *bytes;

  if (!track->video && !first) {
    bytes = g_byte_array_new ();
    append_random (bytes, n);
    return g_byte_array_free_to_bytes (bytes);
  }
  bytes = from_hex (stream->units[unit]);
  if (strcmp (stream->name, "h264") == 0 || strcmp (stream->name, "h265") == 0)
    lengthen_slice (bytes, n);
  else if (strcmp (stream->name, "av1") == 0)
    append_padding (bytes, n);
  return g_byte_array_free_to_bytes (bytes);
}

/* --- when samples are decoded and shown ---------------------------------- */

/* Times at which something is shown, n of them: of one length, or of any. */
static GArray *
random_times (const Track *track, guint n)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean even = !track->video || g_test_rand_bit ();
  gint64 unit = track->stream->unit_duration;
  gint64 time = g_test_rand_bit () ? 0 :
      g_test_rand_int_range (0, 5000) * GST_MSECOND;

  for (guint i = 0; i < n; i++) {
    g_array_append_val (times, time);
    time += even ? unit : g_test_rand_int_range (1, 500) * GST_MSECOND;
    if (g_test_rand_int_range (0, 20) == 0)
      time += 10 * unit;
  }
  return times;
}

static void
shuffle (guint *places, guint n)
{
  for (guint i = n; i > 1; i--) {
    guint j = g_test_rand_int_range (0, i), place = places[i - 1];

    places[i - 1] = places[j];
    places[j] = place;
  }
}

/* Random GOPs: where in the order of presentation each picture is. None goes
 * further than REORDER from its place. */
static void
fill_places (guint *places, gboolean *keys, guint n, gboolean reorder)
{
  guint next = 0;

  for (guint i = 0; i < n; i++) {
    places[i] = i;
    keys[i] = i == next;
    if (i == next)
      next += g_test_rand_int_range (1, 12);
  }
  for (guint i = 0; reorder && i < n;) {
    guint run = 1;

    while (!keys[i] && run <= REORDER && i + run < n && !keys[i + run])
      run++;
    if (!keys[i])
      shuffle (places + i, run);
    i += run;
  }
}

static void
add_samples (Track *track, guint n)
{
  gboolean reorder = track->video && g_test_rand_bit ();
  guint delay = reorder ? REORDER : 0;
  g_autofree guint *places = g_new (guint, n);
  g_autofree gboolean *keys = g_new (gboolean, n);
  g_autoptr (GArray) times = random_times (track, n + delay + 1);
  const gint64 *at = (const gint64 *) times->data;

  fill_places (places, keys, n, reorder);
  /* The first picture is shown when the others said, decoded before that. */
  track->shift = at[delay] - at[0];
  for (guint i = 0; i < n; i++) {
    gboolean key = !track->video || keys[i];
    Sample sample = {
      .bytes = random_bytes (track,
          key ? 0 : g_test_rand_int_range (1, N_UNITS), i == 0),
      .dts = at[i] - (gint64) track->shift,
      .pts = at[places[i] + delay] - (gint64) track->shift,
      .duration = at[i + 1] - at[i],
      .key = key,
    };

    g_array_append_val (track->samples, sample);
  }
}

/* Samples of sound are told from those of the lead by their times alone. */
static gboolean
is_lead_doubtful (const Track *track)
{
  for (guint i = 0; !track->video && i < track->samples->len; i++) {
    if (protection_is_at_edge (&track->protection,
            g_array_index (track->samples, Sample, i).pts, LONGEST_TICK))
      return TRUE;
  }
  return FALSE;
}

static void
protect (Track *track)
{
  SampleKey key = { 0 };

  do
    protection_choose (&track->protection);
  while (is_lead_doubtful (track));
  for (guint i = 0; i < track->samples->len; i++) {
    Sample *sample = &g_array_index (track->samples, Sample, i);

    protection_follow (&track->protection, &key, sample->key, sample->pts);
    sample->protection = key;
  }
}

Track *
track_new_random (guint number)
{
  Track *self = g_new0 (Track, 1);

  self->stream =
      &sample_streams[g_test_rand_int_range (0, N_SAMPLE_STREAMS)];
  self->video = g_str_has_prefix (self->stream->caps, "video/");
  self->name = g_strdup_printf ("%s_%u", self->video ? "video" : "audio",
      number);
  self->samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  g_array_set_clear_func (self->samples, clear_sample);
  add_samples (self, g_test_rand_int_range (1, MAX_SAMPLES));
  if (!self->stream->clear_only && g_test_rand_int_range (0, 4) > 0)
    protect (self);
  return self;
}
