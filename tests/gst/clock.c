/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is made of a day's clock that somebody sets. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "clock.h"

#define SECOND G_GINT64_CONSTANT (1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define START (G_GINT64_CONSTANT (1700000000) * SECOND)
#define BOOT (77 * SECOND)

/* At so long after the start the day's clock is wrong by that much, and the time
 * that is told by as much as follows. */
typedef struct
{
  gint64 at_us, wrong_us, told_wrong_us;
} Step;

static const struct
{
  const gchar *name;
  Step steps[6];
} cases[] = {
  { "nobody-sets-it", { { SECOND, 0, 0 }, { DAY, 0, 0 },
      { 400 * DAY, 0, 0 } } },
  { "back-and-right-again", { { HOUR, 0, 0 }, { HOUR + SECOND, -DAY, 0 },
      { 2 * HOUR, -DAY, 0 }, { 2 * HOUR + 5, 0, 0 }, { 9 * HOUR, 0, 0 } } },
  { "forward-and-right-again", { { HOUR, 0, 0 }, { HOUR + SECOND, DAY, 0 },
      { 2 * HOUR, DAY, 0 }, { 2 * HOUR + 5, 0, 0 }, { 9 * HOUR, 0, 0 } } },
  { "back-for-good", { { HOUR, -DAY, 0 }, { 2 * HOUR - 1, -DAY, 0 },
      { 2 * HOUR, -DAY, -DAY }, { 3 * HOUR, -DAY, -DAY } } },
  { "forward-for-good", { { HOUR, DAY, 0 }, { 2 * HOUR - 1, DAY, 0 },
      { 2 * HOUR, DAY, DAY }, { 3 * HOUR, DAY, DAY } } },
  { "set-twice", { { HOUR, DAY, 0 }, { 2 * HOUR - 1, 2 * DAY, 0 },
      { 2 * HOUR, 2 * DAY, 0 }, { 3 * HOUR, 2 * DAY, 2 * DAY } } },
  { "slewed", { { HOUR, SECOND, SECOND },
      { HOUR + SECOND, 2 * SECOND, 2 * SECOND },
      { HOUR + 2 * SECOND, 3 * SECOND, 3 * SECOND } } },
  /* Slewed while a change has not lasted: that is no other change. */
  { "slewed-after-it-was-set", { { HOUR, DAY, 0 }, { HOUR + 1, DAY + SECOND, 0 },
      { 2 * HOUR, DAY + SECOND, DAY + SECOND } } },
};

static void
test_follow (gconstpointer data)
{
  const Step *steps = data;
  HabClock clock = { 0 };

  g_assert_cmpint (hab_clock_follow (&clock, START, BOOT), ==, START);
  for (guint i = 0; i < G_N_ELEMENTS (cases[0].steps) && steps[i].at_us > 0;
       i++)
    g_assert_cmpint (hab_clock_follow (&clock,
        START + steps[i].at_us + steps[i].wrong_us, BOOT + steps[i].at_us), ==,
        START + steps[i].at_us + steps[i].told_wrong_us);
}

static void
test_process (void)
{
  gint64 before_us = g_get_real_time (), told_us = hab_clock_now ();

  g_assert_cmpint (told_us, >=, before_us);
  g_assert_cmpint (told_us, <=, g_get_real_time ());
  g_assert_true (hab_clock_is_steady ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strconcat ("/clock/", cases[i].name, NULL);

    g_test_add_data_func (path, cases[i].steps, test_follow);
  }
  g_test_add_func ("/clock/process", test_process);
  return g_test_run ();
}
