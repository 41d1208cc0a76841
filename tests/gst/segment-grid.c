/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-grid.h"

#define HOURS(n) ((guint64) (n) * 3600 * GST_SECOND)

static HabSampleTime
time_of (guint64 unit, guint64 numerator, guint64 denominator)
{
  gint64 at = gst_util_uint64_scale (unit * denominator, GST_SECOND,
      numerator);

  return (HabSampleTime){ .dts = at, .pts = at, .dts_known = TRUE };
}

/* Samples as rates have them, for hours: a segment begins exactly where the
 * first GOP at or behind a line does. */
static const struct
{
  guint64 rate_n, rate_d; /* samples a second */
  guint gop;              /* samples */
  guint64 line;           /* ns */
} rates[] = {
  { 25, 1, 50, 4 * GST_SECOND },
  { 24000, 1001, 48, 4 * GST_SECOND },
  { 30000, 1001, 60, 4 * GST_SECOND },
  { 30000, 1001, 15, 6 * GST_SECOND },
  { 60000, 1001, 120, 2 * GST_SECOND },
  { 48000, 1024, 1, 4 * GST_SECOND },
  { 44100, 1024, 1, 4 * GST_SECOND },
};

static void
test_hours (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  guint64 n = rates[row].rate_n, d = rates[row].rate_d;
  guint64 count = HOURS (3) / GST_SECOND * n / d, lines = 0;
  HabSegmentGrid grid = { .segment_duration = rates[row].line,
    .video = rates[row].gop > 1 };
  HabSampleTime time = { 0 };

  hab_segment_grid_begin (&grid, &time);
  for (guint64 i = 1; i < count; i++) {
    gboolean gop = i % rates[row].gop == 0;
    HabGridStep step;
    guint64 passed;

    time = time_of (i, n, d);
    step = hab_segment_grid_move (&grid, &time, gop);
    /* A thousandth of a second for times that are rounded. */
    passed = (time.pts + GST_MSECOND) / rates[row].line;
    g_assert_cmpint (step, ==, gop && passed > lines ? HAB_GRID_SEGMENT :
                                                       HAB_GRID_GOES_ON);
    if (gop)
      lines = passed;
  }
  g_assert_cmpuint (lines, >, 1000);
}

/* A gap: lines in it are passed over. */
static void
test_gap (void)
{
  HabSegmentGrid grid = { .segment_duration = GST_SECOND, .video = TRUE };
  HabSampleTime time = { 0 };

  hab_segment_grid_begin (&grid, &time);
  time = time_of (10, 1, 1);
  g_assert_cmpint (hab_segment_grid_move (&grid, &time, TRUE), ==,
      HAB_GRID_SEGMENT);
  time.pts += GST_SECOND / 2;
  g_assert_cmpint (hab_segment_grid_move (&grid, &time, TRUE), ==,
      HAB_GRID_GOES_ON);
  time.pts += GST_SECOND / 2;
  g_assert_cmpint (hab_segment_grid_move (&grid, &time, TRUE), ==,
      HAB_GRID_SEGMENT);
}

/* Times before 0 are in the first segment. */
static void
test_before_0 (void)
{
  HabSegmentGrid grid = { .segment_duration = GST_SECOND };
  HabSampleTime time = { .dts = -3 * (gint64) GST_SECOND,
    .pts = -3 * (gint64) GST_SECOND };

  hab_segment_grid_begin (&grid, &time);
  for (; time.pts < (gint64) GST_SECOND; time.pts += GST_SECOND / 4)
    g_assert_cmpint (hab_segment_grid_move (&grid, &time, TRUE), ==,
        HAB_GRID_GOES_ON);
  g_assert_cmpint (hab_segment_grid_move (&grid, &time, TRUE), ==,
      HAB_GRID_SEGMENT);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autofree gchar *path = g_strdup_printf (
        "/segment-grid/hours/%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "-%u",
        rates[i].rate_n, rates[i].rate_d, rates[i].gop);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_hours);
  }
  g_test_add_func ("/segment-grid/gap", test_gap);
  g_test_add_func ("/segment-grid/before-0", test_before_0);
  return g_test_run ();
}
