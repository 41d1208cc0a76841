/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalog's threads: who reads waits for nobody, sees one moment, and what had
 * been changed before. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "folder.h"
#include "store.h"

/* What does not come by then never will. */
#define PATIENCE_US (60 * G_USEC_PER_SEC)

typedef struct
{
  gchar *folder;
  HabStore *store;
  GAsyncQueue *gate, *other_gate; /* what is pushed lets one through */
  guint n_added;                  /* in the thread that changes */
  guint n_done;                   /* calls and reads that are over */
  guint64 counts[2];
} World;

static void
set_up (World *world, gconstpointer data)
{
  g_autofree gchar *catalog = NULL, *key = NULL;
  g_autoptr (GError) error = NULL;

  world->folder = g_dir_make_tmp ("hab-store-XXXXXX", NULL);
  catalog = g_build_filename (world->folder, "catalog.sqlite", NULL);
  key = g_build_filename (world->folder, "master.key", NULL);
  world->gate = g_async_queue_new ();
  world->other_gate = g_async_queue_new ();
  world->store = hab_store_new (catalog, key, TRUE, &error);
  g_assert_no_error (error);
}

static void
tear_down (World *world, gconstpointer data)
{
  hab_store_free (world->store);
  g_async_queue_unref (world->gate);
  g_async_queue_unref (world->other_gate);
  remove_all (world->folder);
  g_free (world->folder);
}

static void
open_gate (GAsyncQueue *gate)
{
  g_async_queue_push (gate, gate);
}

static void
pass_gate (GAsyncQueue *gate)
{
  g_assert_nonnull (g_async_queue_timeout_pop (gate, PATIENCE_US));
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  World *world = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  g_assert_no_error (error);
  world->n_done++;
}

static void
call (World *world, HabStoreFunc func)
{
  hab_store_call_async (world->store, func, world, NULL, on_done, world);
}

static void
read_it (World *world, HabStoreFunc func)
{
  hab_store_read_async (world->store, func, world, NULL, on_done, world);
}

static void
wait_until_done (World *world, guint n)
{
  while (world->n_done < n)
    g_main_context_iteration (NULL, TRUE);
}

static gpointer
add (HabVault *vault, gpointer data, GError **error)
{
  World *world = data;
  g_autofree gchar *name = g_strdup_printf ("%u.mp4", world->n_added);
  g_autofree gchar *sha256 = g_strnfill (64, '0');
  HabInput input = { .name = name, .storage = name, .sha256 = sha256,
    .duration_ns = -1 };

  if (hab_catalog_add_input (vault->catalog, &input, NULL, 0, NULL, NULL,
          error) > 0)
    world->n_added++;
  return NULL;
}

static guint64
count (HabVault *vault)
{
  HabStatistics statistics = { 0 };
  g_autoptr (GError) error = NULL;

  hab_catalog_get_statistics (vault->catalog, &statistics, &error);
  g_assert_no_error (error);
  return statistics.inputs;
}

static gpointer
count_once (HabVault *vault, gpointer data, GError **error)
{
  ((World *) data)->counts[0] = count (vault);
  return NULL;
}

/* --- nobody waits ------------------------------------------------------- */

static gpointer
change_and_wait (HabVault *vault, gpointer data, GError **error)
{
  World *world = data;

  g_assert_true (hab_catalog_begin (vault->catalog, NULL));
  add (vault, world, NULL);
  open_gate (world->other_gate);
  pass_gate (world->gate);
  hab_catalog_commit (vault->catalog, error);
  return NULL;
}

static void
test_beside_a_change (World *world, gconstpointer data)
{
  call (world, change_and_wait);
  pass_gate (world->other_gate);
  read_it (world, count_once);
  wait_until_done (world, 1);
  g_assert_cmpuint (world->counts[0], ==, 0);
  open_gate (world->gate);
  wait_until_done (world, 2);
  read_it (world, count_once);
  wait_until_done (world, 3);
  g_assert_cmpuint (world->counts[0], ==, 1);
}

static gpointer
wait_for_other (HabVault *vault, gpointer data, GError **error)
{
  World *world = data;

  count (vault);
  pass_gate (world->gate);
  return NULL;
}

static gpointer
let_other_go (HabVault *vault, gpointer data, GError **error)
{
  World *world = data;

  count (vault);
  open_gate (world->gate);
  return NULL;
}

static void
test_two_reads (World *world, gconstpointer data)
{
  read_it (world, wait_for_other);
  read_it (world, let_other_go);
  wait_until_done (world, 2);
}

/* --- what a read sees ---------------------------------------------------- */

static void
test_own_changes (World *world, gconstpointer data)
{
  for (guint i = 1; i <= 100; i++) {
    call (world, add);
    wait_until_done (world, 2 * i - 1);
    read_it (world, count_once);
    wait_until_done (world, 2 * i);
    g_assert_cmpuint (world->counts[0], ==, i);
  }
}

static gpointer
count_twice (HabVault *vault, gpointer data, GError **error)
{
  World *world = data;

  world->counts[0] = count (vault);
  open_gate (world->other_gate);
  pass_gate (world->gate);
  world->counts[1] = count (vault);
  return NULL;
}

static void
test_one_moment (World *world, gconstpointer data)
{
  call (world, add);
  wait_until_done (world, 1);
  read_it (world, count_twice);
  pass_gate (world->other_gate);
  call (world, add);
  wait_until_done (world, 2);
  open_gate (world->gate);
  wait_until_done (world, 3);
  g_assert_cmpuint (world->counts[0], ==, 1);
  g_assert_cmpuint (world->counts[1], ==, 1);
  read_it (world, count_once);
  wait_until_done (world, 4);
  g_assert_cmpuint (world->counts[0], ==, 2);
}

/* --- what a read must not ------------------------------------------------ */

static void
on_refused (GObject *source, GAsyncResult *result, gpointer data)
{
  World *world = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  g_assert_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_FAILED);
  world->n_done++;
}

static void
test_no_change (World *world, gconstpointer data)
{
  /* Each of those that read, whichever it is. */
  for (guint i = 1; i <= 8; i++) {
    hab_store_read_async (world->store, add, world, NULL, on_refused, world);
    wait_until_done (world, i);
  }
  read_it (world, count_once);
  wait_until_done (world, 9);
  g_assert_cmpuint (world->counts[0], ==, 0);
}

/* What was asked for is done before the store is gone. */
static void
test_end (World *world, gconstpointer data)
{
  for (guint i = 0; i < 20; i++) {
    call (world, add);
    read_it (world, count_once);
  }
  g_clear_pointer (&world->store, hab_store_free);
  g_assert_cmpuint (world->n_added, ==, 20);
  wait_until_done (world, 40);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) \
  g_test_add ("/store/" path, World, NULL, set_up, func, tear_down)
  ADD ("beside-a-change", test_beside_a_change);
  ADD ("two-reads", test_two_reads);
  ADD ("own-changes", test_own_changes);
  ADD ("one-moment", test_one_moment);
  ADD ("no-change", test_no_change);
  ADD ("end", test_end);
#undef ADD
  return g_test_run ();
}
