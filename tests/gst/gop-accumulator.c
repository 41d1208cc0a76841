/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-accumulator.h"

/* A stream is a word for each access unit: what it is, its presentation time
 * and, where it is not 1, its duration ("?" for unknown). The decoding time is
 * its place in the stream. K is an IDR picture, R one with a recovery point, C
 * a CRA picture, V a key frame of VP9 or AV1; I, P and B are no random access
 * points. L and l are leading pictures of H.265 that may and may not refer to
 * before the random access point. */
typedef struct
{
  const gchar *name;
  const gchar *stream;
  const gchar *gops; /* what must come out, one after the other */
} Case;

/* index:kind frames pts+duration leading-pictures open|closed */
static const Case cases[] = {
  { "empty", "", "" },
  { "closed", "K0 P1 P2 K3 P4",
    "0:idr 3 0+3 0 closed;1:idr 2 3+2 0 closed" },
  { "b-frames", "K0 P3 B1 B2 K4 P7 B5 B6",
    "0:idr 4 0+4 0 closed;1:idr 4 4+4 0 closed" },
  { "open", "K0 P3 B1 B2 R6 B4 B5 P7",
    "0:idr 4 0+4 0 closed;1:recovery-point 4 6+4 2 open" },
  { "recovery point without leading pictures", "K0 P1 R2 P3",
    "0:idr 2 0+2 0 closed;1:recovery-point 2 2+2 0 closed" },
  { "cra", "C2 B0 B1 P3 C6 B4 B5",
    "0:cra 4 2+4 2 open;1:cra 3 6+3 2 open" },
  { "cra and idr with leading pictures by name",
    "C2 L0 L1 P3 C6 l4 l5 K9 l8 P10",
    "0:cra 4 2+4 2 open;1:cra 3 6+3 2 closed;2:idr 3 9+3 1 closed" },
  { "cra with leading pictures of both kinds", "C6 l5 L4",
    "0:cra 3 6+3 2 open" },
  { "key frames of VP9", "V0 P1 V2", "0:key-frame 2 0+2 0 closed;"
    "1:key-frame 1 2+1 0 closed" },
  { "an I-frame starts nothing", "K0 I1 P2 I3", "0:idr 4 0+4 0 closed" },
  { "starts in the middle", "P0 P1 K2", "0:none 2 0+2 0 open;"
    "1:idr 1 2+1 0 closed" },
  { "last short", "K0 P1 K2", "0:idr 2 0+2 0 closed;1:idr 1 2+1 0 closed" },
  { "unknown durations", "K0? P1? P2? K3? P4?",
    "0:idr 3 0+3 0 closed;1:idr 2 3+2 0 closed" },
  { "one access unit of unknown duration", "K0?", "0:idr 1 0+? 0 closed" },
  { "idr with earlier pictures is closed anyway", "K2 B0 P3",
    "0:idr 3 2+3 1 closed" },
};

static HabRandomAccess
kind_of (gchar c)
{
  switch (c) {
    case 'K':
      return HAB_RANDOM_ACCESS_IDR;
    case 'R':
      return HAB_RANDOM_ACCESS_RECOVERY_POINT;
    case 'C':
      return HAB_RANDOM_ACCESS_CRA;
    case 'V':
      return HAB_RANDOM_ACCESS_KEY_FRAME;
    default:
      return HAB_RANDOM_ACCESS_NONE;
  }
}

static HabLeading
leading_of (gchar c)
{
  switch (c) {
    case 'L':
      return HAB_LEADING_DEPENDENT;
    case 'l':
      return HAB_LEADING_DECODABLE;
    default:
      return HAB_LEADING_UNKNOWN;
  }
}

static HabGopUnit
parse_unit (const gchar *word, gint64 dts)
{
  gchar *end;
  gint64 pts = g_ascii_strtoll (word + 1, &end, 10);

  return (HabGopUnit) {
    .info = { kind_of (word[0]), word[0], leading_of (word[0]) },
    .pts = pts,
    .dts = dts,
    .duration = *end == '?' ? HAB_GOP_TIME_NONE : 1,
    .bytes = 10,
  };
}

static void
append_facts (GString *out, const HabGopFacts *gop)
{
  g_autofree gchar *duration = gop->duration == HAB_GOP_TIME_NONE
      ? g_strdup ("?") : g_strdup_printf ("%" G_GINT64_FORMAT, gop->duration);

  g_assert_cmpuint (gop->bytes, ==, 10 * gop->frames);
  if (out->len > 0)
    g_string_append_c (out, ';');
  g_string_append_printf (out, "%" G_GUINT64_FORMAT ":%s %" G_GUINT64_FORMAT
      " %" G_GINT64_FORMAT "+%s %u %s", gop->index,
      hab_random_access_to_string (gop->kind), gop->frames, gop->pts, duration,
      gop->leading_pictures, gop->closed ? "closed" : "open");
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_auto (GStrv) words = g_strsplit (c->stream, " ", -1);
  g_autoptr (GString) out = g_string_new (NULL);
  HabGopAccumulator gops;
  HabGopFacts finished;

  hab_gop_accumulator_init (&gops, 0);
  for (guint i = 0; words[i]; i++) {
    HabGopUnit unit = parse_unit (words[i], i);

    if (hab_gop_accumulator_add (&gops, &unit, &finished))
      append_facts (out, &finished);
  }
  if (hab_gop_accumulator_finish (&gops, &finished))
    append_facts (out, &finished);
  g_assert_false (hab_gop_accumulator_finish (&gops, &finished));
  g_assert_cmpstr (out->str, ==, c->gops);
}

static void
test_first_index (void)
{
  HabGopAccumulator gops;
  HabGopFacts finished;
  HabGopUnit unit = parse_unit ("P0", 0);

  hab_gop_accumulator_init (&gops, 7);
  g_assert_cmpuint (hab_gop_accumulator_get_index (&gops), ==, 7);
  g_assert_true (hab_gop_accumulator_starts_gop (&gops, &unit));
  g_assert_false (hab_gop_accumulator_add (&gops, &unit, &finished));
  g_assert_false (hab_gop_accumulator_starts_gop (&gops, &unit));
  unit = parse_unit ("K1", 1);
  g_assert_true (hab_gop_accumulator_add (&gops, &unit, &finished));
  g_assert_cmpuint (finished.index, ==, 7);
  g_assert_cmpuint (hab_gop_accumulator_get_index (&gops), ==, 8);
}

/* Times of damaged files, of which no sum or difference fits. */
static void
test_extreme_times (void)
{
  static const struct
  {
    const gchar *name;
    gint64 dts[2], duration, next_dts, gop_duration;
  } extremes[] = {
    { "durations", { 0, 1 }, G_MAXINT64, 2, HAB_GOP_TIME_NONE },
    { "negative duration", { 0, 1 }, -1, 2, HAB_GOP_TIME_NONE },
    { "distance", { G_MININT64 + 1, 1 }, HAB_GOP_TIME_NONE, G_MAXINT64,
        HAB_GOP_TIME_NONE },
    { "longest distance", { 0, 1 }, HAB_GOP_TIME_NONE, G_MAXINT64, G_MAXINT64 },
    { "extrapolated", { 0, G_MAXINT64 - 1 }, HAB_GOP_TIME_NONE,
        HAB_GOP_TIME_NONE, HAB_GOP_TIME_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (extremes); i++) {
    HabGopUnit unit = parse_unit ("K0", 0);
    HabGopAccumulator gops;
    HabGopFacts finished;

    g_test_message ("%s", extremes[i].name);
    hab_gop_accumulator_init (&gops, 0);
    for (guint j = 0; j < 2; j++) {
      unit.dts = extremes[i].dts[j];
      unit.duration = extremes[i].duration;
      hab_gop_accumulator_add (&gops, &unit, &finished);
      unit.info.random_access = HAB_RANDOM_ACCESS_NONE;
    }
    unit.info.random_access = HAB_RANDOM_ACCESS_IDR;
    unit.dts = extremes[i].next_dts;
    g_assert_true (hab_gop_accumulator_add (&gops, &unit, &finished));
    g_assert_cmpint (finished.duration, ==, extremes[i].gop_duration);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/gop-accumulator/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/gop-accumulator/first-index", test_first_index);
  g_test_add_func ("/gop-accumulator/extreme-times", test_extreme_times);
  return g_test_run ();
}
