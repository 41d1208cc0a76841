/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ladder.h"

#include <gio/gio.h>

#include "key-times.h"

/* --- what is asked for -------------------------------------------------- */

/* ladder: as the plan's are written below; NULL where it is refused. */
static const struct
{
  const gchar *name, *text, *ladder;
} texts[] = {
  { "one", "720:2800", "720:2800000" },
  { "sorted", "360:800,1080:5000,360:900",
      "1080:5000000 360:900000 360:800000" },
  { "nothing", "", NULL },
  { "empty-rung", "720:2800,", NULL },
  { "no-rate", "720", NULL },
  { "negative", "720:-1", NULL },
  { "words", "high:low", NULL },
  { "behind-it", "720:2800k", NULL },
  { "three", "720:2800:1", NULL },
  { "twice", "720:2800,720:2800", NULL },
  { "too-low", "63:800", NULL },
  { "too-high", "2305:800", NULL },
  { "too-few-bits", "720:49", NULL },
  { "too-many-bits", "720:50001", NULL },
  { "overflow", "720:18446744073709551615", NULL },
  { "ten", "64:50,65:50,66:50,67:50,68:50,69:50,70:50,71:50,72:50,73:50",
      "73:50000 72:50000 71:50000 70:50000 69:50000 68:50000 67:50000 "
      "66:50000 65:50000 64:50000" },
  { "eleven", "64:50,65:50,66:50,67:50,68:50,69:50,70:50,71:50,72:50,73:50,"
      "74:50", NULL },
};

static gchar *
write_rungs (const GArray *rungs, gboolean original)
{
  GString *text = g_string_new (original ? "original" : NULL);

  for (guint i = 0; i < rungs->len; i++) {
    const HabRung *rung = &g_array_index (rungs, HabRung, i);

    g_string_append_printf (text, "%s%u:%u", text->len > 0 ? " " : "",
        rung->height, rung->bitrate);
  }
  return g_string_free (text, FALSE);
}

static void
test_text (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabLadder) ladder = NULL;
  g_autofree gchar *rungs = NULL;
  guint i = GPOINTER_TO_UINT (data);

  ladder = hab_ladder_parse (texts[i].text, &error);
  if (texts[i].ladder == NULL) {
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_null (ladder);
    return;
  }
  g_assert_no_error (error);
  g_assert_false (ladder->automatic);
  rungs = write_rungs (ladder->rungs, FALSE);
  g_assert_cmpstr (rungs, ==, texts[i].ladder);
}

/* --- what is made ------------------------------------------------------- */

static const struct
{
  const gchar *name, *ladder;
  HabLadderSource source;
  const gchar *plan;
  guint n_notes;
} plans[] = {
  { "auto", "auto", { 1920, 1080, 8000000, 25, FALSE },
      "1080:5000000 720:2800000 540:1600000 360:800000 240:400000", 0 },
  { "auto-original", "auto", { 1920, 1080, 8000000, 25, TRUE },
      "original 720:2800000 540:1600000 360:800000 240:400000", 0 },
  { "auto-fast", "auto", { 1920, 1080, 20000000, 50, FALSE },
      "1080:7500000 720:4200000 540:2400000 360:1200000 240:600000", 0 },
  { "auto-few-bits", "auto", { 1920, 1080, 1000000, 25, FALSE },
      "1080:1000000 360:800000 240:400000", 0 },
  { "auto-original-few-bits", "auto", { 1920, 1080, 1000000, 25, TRUE },
      "original 360:800000 240:400000", 0 },
  { "auto-bits-unknown", "auto", { 640, 360, 0, 0, TRUE },
      "original 240:400000", 0 },
  { "auto-between", "auto", { 1280, 800, 9000000, 25, FALSE },
      "800:3288888 540:1600000 360:800000 240:400000", 0 },
  { "auto-portrait", "auto", { 1080, 1920, 8000000, 25, FALSE },
      "1920:5000000 1280:2800000 960:1600000 640:800000 426:400000", 0 },
  { "auto-small", "auto", { 160, 90, 90000, 25, FALSE }, "90:90000", 0 },
  { "auto-small-original", "auto", { 160, 90, 90000, 25, TRUE }, "original",
      0 },
  { "auto-huge", "auto", { 7680, 4320, 80000000, 25, FALSE },
      "2160:16000000 1440:9000000 1080:5000000 720:2800000 540:1600000 "
      "360:800000 240:400000", 0 },
  { "odd", "auto", { 321, 181, 5000000, 25, FALSE }, "180:301666", 0 },
  { "asked", "720:2000,360:500", { 1920, 1080, 8000000, 25, TRUE },
      "720:2000000 360:500000", 0 },
  { "asked-higher", "1080:5000,720:2000", { 1280, 720, 8000000, 25, TRUE },
      "720:2000000", 1 },
  { "asked-more-bits", "720:9000,360:500", { 1280, 720, 3000000, 25, FALSE },
      "720:3000000 360:500000", 1 },
  { "asked-more-bits-twice", "720:9000,720:8000",
      { 1280, 720, 3000000, 25, FALSE }, "720:3000000", 2 },
  { "asked-all-higher", "1080:5000,720:2000", { 640, 360, 900000, 25, FALSE },
      "360:900000", 3 },
  { "asked-odd", "361:500", { 1280, 720, 3000000, 25, FALSE }, "360:500000",
      0 },
};

static void
test_plan (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (HabLadder) ladder = hab_ladder_parse (plans[i].ladder, NULL);
  g_autoptr (HabLadderPlan) plan = hab_ladder_plan (ladder, &plans[i].source);
  g_autofree gchar *rungs = write_rungs (plan->rungs, plan->original);

  g_assert_cmpstr (rungs, ==, plans[i].plan);
  g_assert_cmpuint (plan->notes->len, ==, plans[i].n_notes);
}

static const struct
{
  guint width, height, new_height, new_width;
} widths[] = {
  { 1920, 1080, 720, 1280 },
  { 1920, 1080, 240, 426 },
  { 720, 576, 360, 450 },
  { 1080, 1920, 640, 360 },
  { 321, 181, 180, 320 },
  { 16, 2160, 240, 16 }, /* encoders have a smallest picture */
};

static void
test_widths (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    g_assert_cmpuint (hab_ladder_get_width (widths[i].width,
                          widths[i].height, widths[i].new_height),
        ==, widths[i].new_width);
}

/* --- key frames --------------------------------------------------------- */

/* (transfer full): those of n pictures of this distance at which one is asked
 * for. */
static gchar *
take_all (HabKeyTimes *times, GstClockTime distance, guint n)
{
  GString *taken = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    if (hab_key_times_take (times, i * distance))
      g_string_append_printf (taken, "%s%u", taken->len > 0 ? " " : "", i);
  }
  return g_string_free (taken, FALSE);
}

static void
test_distance (void)
{
  g_autoptr (HabKeyTimes) whole = hab_key_times_new (GST_SECOND);
  g_autoptr (HabKeyTimes) apart = hab_key_times_new (GST_SECOND);
  g_autofree gchar *by_25 = take_all (whole, GST_SECOND / 25, 76);
  g_autofree gchar *by_film = take_all (apart, GST_SECOND * 1001 / 24000, 76);

  g_assert_cmpstr (by_25, ==, "25 50 75");
  g_assert_cmpstr (by_film, ==, "24 48 72");
}

static void
test_told (void)
{
  g_autoptr (HabKeyTimes) times = hab_key_times_new (0);
  g_autofree gchar *taken = NULL;

  hab_key_times_tell (times, 0);
  hab_key_times_tell (times, 320 * GST_MSECOND + 1); /* rounded */
  hab_key_times_tell (times, 500 * GST_MSECOND);     /* not decoded */
  hab_key_times_tell (times, 600 * GST_MSECOND);
  hab_key_times_tell (times, 602 * GST_MSECOND);
  taken = take_all (times, 40 * GST_MSECOND, 25);
  g_assert_cmpstr (taken, ==, "8 13 15 16");
}

static void
test_segments (void)
{
  static const GstClockTime rows[][2] = {
    { 4 * GST_SECOND, 4 * GST_SECOND },
    { GST_SECOND / 2, GST_SECOND / 2 },
    { 6 * GST_SECOND, 3 * GST_SECOND },
    { 60 * GST_SECOND, 4 * GST_SECOND },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (hab_key_times_get_distance (rows[i][0], 4 * GST_SECOND),
        ==, rows[i][1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree gchar *path = g_strconcat ("/ladder/text/", texts[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_text);
  }
  for (guint i = 0; i < G_N_ELEMENTS (plans); i++) {
    g_autofree gchar *path = g_strconcat ("/ladder/plan/", plans[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_plan);
  }
  g_test_add_func ("/ladder/widths", test_widths);
  g_test_add_func ("/key-times/distance", test_distance);
  g_test_add_func ("/key-times/told", test_told);
  g_test_add_func ("/key-times/segments", test_segments);
  return g_test_run ();
}
