/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-timeline.h"

static void
append (HabDashTimeline *timeline, GstClockTime start, GstClockTime length)
{
  HabDashSegment segment = { .start = start, .end = start + length };

  hab_dash_timeline_append (timeline, &segment);
}

/* Segments of 4 s, a window: what is named, and what files there are. */
static const struct
{
  const gchar *name;
  guint depth, segments; /* seconds, count */
  guint first, gone;     /* number of the first named, of the last removed */
} windows[] = {
  { "shorter-than-it", 60, 15, 1, 0 },
  { "one-behind-it", 60, 16, 2, 0 },
  { "files-stay", 60, 32, 18, 0 },
  { "files-go", 60, 33, 19, 1 },
  { "half-segments", 10, 10, 8, 2 },
  { "three-at-least", 1, 10, 8, 2 },
};

static void
test_window (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  HabDashTimeline timeline;
  guint number, gone = 0;

  hab_dash_timeline_init (&timeline);
  for (guint n = 0; n < windows[i].segments; n++) {
    append (&timeline, n * 4 * GST_SECOND, 4 * GST_SECOND);
    hab_dash_timeline_advance (&timeline, windows[i].depth * GST_SECOND);
    while ((number = hab_dash_timeline_pop_expired (&timeline)) > 0)
      g_assert_cmpuint (number, ==, ++gone);
  }
  g_assert_cmpuint (timeline.first_number, ==, windows[i].first);
  g_assert_cmpuint (timeline.first_number + timeline.segments->len - 1, ==,
      windows[i].segments);
  g_assert_cmpuint (gone, ==, windows[i].gone);
  g_assert_null (hab_dash_timeline_get (&timeline, windows[i].first - 1));
  g_assert_nonnull (hab_dash_timeline_get (&timeline, windows[i].first));
  g_assert_null (hab_dash_timeline_get (&timeline, windows[i].segments + 1));
  hab_dash_timeline_clear (&timeline);
}

/* However long it runs. Whoever has a playlist has its files as long as it
 * lasts: nothing is removed that was named less than a window ago. */
static void
test_long_run (void)
{
  HabDashTimeline timeline;
  GstClockTime time = 0, *named_until = g_new0 (GstClockTime, 100001);
  guint number;

  hab_dash_timeline_init (&timeline);
  for (guint n = 1; n <= 100000; n++) {
    GstClockTime length = (1 + n % 5) * GST_SECOND;

    append (&timeline, time, length);
    time += length;
    hab_dash_timeline_advance (&timeline, 30 * GST_SECOND);
    for (guint i = 0; i < timeline.segments->len; i++)
      named_until[timeline.first_number + i] = time;
    while ((number = hab_dash_timeline_pop_expired (&timeline)) > 0)
      g_assert_cmpuint (time, >=, named_until[number] + 30 * GST_SECOND);
    g_assert_cmpuint (timeline.segments->len, <=, 20);
    g_assert_cmpuint (timeline.expired->len, <=, 20);
  }
  g_assert_cmpuint (timeline.longest, ==, 5 * GST_SECOND);
  hab_dash_timeline_reset (&timeline);
  g_assert_cmpuint (timeline.first_number, ==, 1);
  g_assert_cmpuint (hab_dash_timeline_pop_expired (&timeline), ==, 0);
  hab_dash_timeline_clear (&timeline);
  g_free (named_until);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (windows); i++) {
    g_autofree gchar *path = g_strconcat ("/dash-timeline/",
        windows[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_window);
  }
  g_test_add_func ("/dash-timeline/long-run", test_long_run);
  return g_test_run ();
}
