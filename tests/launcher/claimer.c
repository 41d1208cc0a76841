/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who claims what is due: when it looks, when it sleeps, when it stops. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "claimer.h"
#include "clock.h"
#include "folder.h"

/* A catalog's stand-in: numbers that are due, one after the other. */
typedef struct
{
  gchar *folder;
  HabStore *store;
  HabJobsContext context;
  HabClaimer *claimer;

  GMutex lock; /* what the store's thread uses */
  GCond looked_cond, go_cond;
  guint waiting;      /* items that are due */
  gint64 next_us;     /* when one more will be, or 0 */
  guint looks;
  guint failures;     /* so many looks fail */
  gboolean hold;      /* a look waits for go_cond */

  guint running, limit;
  guint started, idle_checks;
} World;

static void
count_idle_check (gpointer data)
{
  World *world = data;

  world->idle_checks++;
}

static gpointer
take (World *world, gint64 *next_us)
{
  if (world->waiting == 0 && world->next_us > 0 &&
      world->next_us <= hab_clock_now ()) {
    world->next_us = 0;
    world->waiting = 1;
  }
  if (world->waiting > 0) {
    world->waiting--;
    return g_strdup ("item");
  }
  *next_us = world->next_us;
  return NULL;
}

static gpointer
claim (HabVault *vault, gint64 *next_us, gpointer data, GError **error)
{
  World *world = data;
  gpointer item = NULL;

  g_assert_nonnull (vault->catalog);
  g_assert_cmpint (*next_us, ==, 0);
  g_mutex_lock (&world->lock);
  world->looks++;
  g_cond_signal (&world->looked_cond);
  while (world->hold)
    g_cond_wait (&world->go_cond, &world->lock);
  if (world->failures > 0) {
    world->failures--;
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_BUSY,
        "busy");
  } else {
    item = take (world, next_us);
  }
  g_mutex_unlock (&world->lock);
  return item;
}

static gboolean
has_room (gpointer data)
{
  World *world = data;

  return world->running < world->limit;
}

static void
start (gpointer item, gpointer data)
{
  World *world = data;

  g_assert_cmpstr (item, ==, "item");
  g_assert_cmpuint (world->running, <, world->limit);
  world->running++;
  world->started++;
  g_free (item);
}

static const HabClaimerType type = {
  .claim = claim,
  .has_room = has_room,
  .start = start,
  .free = g_free,
  .warning = "Cannot look for numbers",
};

static void
set_up (World *world, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *catalog = NULL, *key = NULL;

  world->folder = g_dir_make_tmp ("hab-claimer-XXXXXX", &error);
  g_assert_no_error (error);
  catalog = g_build_filename (world->folder, "catalog.sqlite", NULL);
  key = g_build_filename (world->folder, "master.key", NULL);
  world->store = hab_store_new (catalog, key, TRUE, &error);
  g_assert_no_error (error);
  world->limit = G_MAXUINT;
  world->context.store = world->store;
  world->context.check_idle = count_idle_check;
  world->context.check_idle_data = world;
  world->claimer = hab_claimer_new (&world->context, &type, world);
}

static void
tear_down (World *world, gconstpointer data)
{
  hab_store_free (world->store);
  hab_claimer_free (world->claimer);
  remove_all (world->folder);
  g_free (world->folder);
}

static void
run_until_idle (World *world)
{
  while (!hab_claimer_is_idle (world->claimer))
    g_main_context_iteration (NULL, TRUE);
}

/* Waits in the main thread until the store's is in a look that is held. */
static void
wait_for_look (World *world, guint looks)
{
  g_mutex_lock (&world->lock);
  while (world->looks < looks)
    g_cond_wait (&world->looked_cond, &world->lock);
  g_mutex_unlock (&world->lock);
}

static void
let_go (World *world)
{
  g_mutex_lock (&world->lock);
  world->hold = FALSE;
  g_cond_signal (&world->go_cond);
  g_mutex_unlock (&world->lock);
}

static void
test_all_that_wait (World *world, gconstpointer data)
{
  world->waiting = 5;
  hab_claimer_kick (world->claimer);
  g_assert_false (hab_claimer_is_idle (world->claimer));
  run_until_idle (world);
  g_assert_cmpuint (world->started, ==, 5);
  g_assert_cmpuint (world->looks, ==, 6);
  g_assert_cmpuint (world->idle_checks, ==, 6);
}

static void
test_room (World *world, gconstpointer data)
{
  world->waiting = 3;
  world->limit = 2;
  hab_claimer_kick (world->claimer);
  run_until_idle (world);
  g_assert_cmpuint (world->started, ==, 2);
  g_assert_cmpuint (world->looks, ==, 2);
  hab_claimer_kick (world->claimer);
  g_assert_true (hab_claimer_is_idle (world->claimer));
  world->running--;
  hab_claimer_kick (world->claimer);
  run_until_idle (world);
  g_assert_cmpuint (world->started, ==, 3);
}

/* What becomes due behind the back of a look is found by the next one. */
static void
test_kicked_meanwhile (World *world, gconstpointer data)
{
  world->hold = TRUE;
  hab_claimer_kick (world->claimer);
  wait_for_look (world, 1);
  hab_claimer_kick (world->claimer);
  hab_claimer_kick (world->claimer);
  let_go (world);
  run_until_idle (world);
  g_assert_cmpuint (world->started, ==, 0);
  g_assert_cmpuint (world->looks, ==, 2);
}

static void
test_due_later (World *world, gconstpointer data)
{
  world->next_us = hab_clock_now () + 20000;
  hab_claimer_kick (world->claimer);
  while (world->started == 0)
    g_main_context_iteration (NULL, TRUE);
  run_until_idle (world);
  g_assert_cmpuint (world->started, ==, 1);
}

static void
test_failure (World *world, gconstpointer data)
{
  world->waiting = 1;
  world->failures = 1;
  g_test_expect_message ("haberdash", G_LOG_LEVEL_WARNING,
      "Cannot look for numbers: busy");
  hab_claimer_kick (world->claimer);
  run_until_idle (world);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (world->started, ==, 0);
  while (world->started == 0)
    g_main_context_iteration (NULL, TRUE);
  run_until_idle (world);
}

static void
test_stop (World *world, gconstpointer data)
{
  world->waiting = 2;
  world->hold = TRUE;
  hab_claimer_kick (world->claimer);
  wait_for_look (world, 1);
  hab_claimer_stop (world->claimer);
  g_assert_true (hab_claimer_is_stopped (world->claimer));
  g_assert_false (hab_claimer_is_idle (world->claimer));
  let_go (world);
  run_until_idle (world);
  g_assert_cmpuint (world->started, ==, 1);
  g_assert_cmpuint (world->looks, ==, 1);
  hab_claimer_kick (world->claimer);
  g_assert_true (hab_claimer_is_idle (world->claimer));
}

/* No timer is left that would wake it. */
static void
test_stop_asleep (World *world, gconstpointer data)
{
  world->next_us = hab_clock_now () + 20000;
  hab_claimer_kick (world->claimer);
  run_until_idle (world);
  hab_claimer_stop (world->claimer);
  g_usleep (40000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (world->looks, ==, 1);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path;
    void (*test) (World *world, gconstpointer data);
  } tests[] = {
    { "/claimer/all-that-wait", test_all_that_wait },
    { "/claimer/room", test_room },
    { "/claimer/kicked-meanwhile", test_kicked_meanwhile },
    { "/claimer/due-later", test_due_later },
    { "/claimer/failure", test_failure },
    { "/claimer/stop", test_stop },
    { "/claimer/stop-asleep", test_stop_asleep },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, World, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
