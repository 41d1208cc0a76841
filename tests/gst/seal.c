/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "seal.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static const guint8 secret[16] = "sixteen letters";

typedef struct
{
  gchar *dir;
  gchar *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("hab-seal-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "master.key", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  /* Nothing else was left behind. */
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->path);
  g_free (fixture->dir);
}

/* The same after a restart, another for each use. */
static void
test_derive (Fixture *fixture, gconstpointer data)
{
  g_autoptr (HabSeal) seal = hab_seal_new (fixture->path, TRUE, NULL);
  g_autoptr (HabSeal) again = hab_seal_new (fixture->path, FALSE, NULL);
  guint8 one[32], same[32], other[32];

  hab_seal_derive (seal, "one", one);
  hab_seal_derive (again, "one", same);
  hab_seal_derive (seal, "other", other);
  g_assert_cmpmem (one, sizeof one, same, sizeof same);
  g_assert_cmpint (memcmp (one, other, sizeof one), !=, 0);
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabSeal) seal = hab_seal_new (fixture->path, TRUE, &error);
  g_autoptr (HabSeal) again = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *other = NULL;
  guint8 out[16];
  GStatBuf st;

  g_assert_no_error (error);
  g_assert_cmpint (g_stat (fixture->path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (st.st_size, ==, 32);

  text = hab_seal_close (seal, "package key", secret, 16);
  other = hab_seal_close (seal, "package key", secret, 16);
  g_assert_true (g_str_has_prefix (text, "hab1:"));
  g_assert_cmpstr (text, !=, other);
  g_assert_null (strpbrk (text + 5, "+/="));

  /* After a restart */
  again = hab_seal_new (fixture->path, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (hab_seal_open (again, "package key", text, out, 16, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (out, 16, secret, 16);
}

static void
assert_refused (HabSeal *seal, const gchar *context, const gchar *text,
    gsize size)
{
  g_autoptr (GError) error = NULL;
  guint8 out[64] = { 0 };

  g_assert_false (hab_seal_open (seal, context, text, out, size, &error));
  g_assert_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_OPEN);
  g_assert_cmpint (memcmp (out, secret, 16), !=, 0);
}

static void
test_refuses_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (HabSeal) seal = hab_seal_new (fixture->path, TRUE, NULL);
  g_autofree gchar *text = hab_seal_close (seal, "package key", secret, 16);

  assert_refused (seal, "another context", text, 16);
  assert_refused (seal, "", text, 16);
  assert_refused (seal, "package key", text, 15);
  assert_refused (seal, "package key", text, 17);
  assert_refused (seal, "package key", "", 16);
  assert_refused (seal, "package key", "hab1:", 0);
  assert_refused (seal, "package key", "hab1:AAAA", 16);

  for (guint i = 0; i < strlen (text); i++) {
    g_autofree gchar *changed = g_strdup (text);
    g_autofree gchar *cut = g_strndup (text, i);
    g_autofree gchar *longer =
        g_strdup_printf ("%.*s %s", (gint) i, text, text + i);

    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    assert_refused (seal, "package key", changed, 16);
    assert_refused (seal, "package key", cut, 16);
    assert_refused (seal, "package key", longer, 16);
  }
}

static void
test_other_master_key (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *other_path = g_build_filename (fixture->dir, "other", NULL);
  g_autoptr (HabSeal) seal = hab_seal_new (fixture->path, TRUE, NULL);
  g_autoptr (HabSeal) other = hab_seal_new (other_path, TRUE, NULL);
  g_autofree gchar *text = hab_seal_close (seal, "package key", secret, 16);

  assert_refused (other, "package key", text, 16);
  g_unlink (other_path);
}

static void
assert_file_refused (const gchar *path, gboolean create)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hab_seal_new (path, create, &error));
  g_assert_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, path));
}

static void
test_bad_files (Fixture *fixture, gconstpointer data)
{
  static const gint modes[] = { 0640, 0604, 0660, 0610, 0601, 0666, 0777 };
  g_autofree gchar *nowhere =
      g_build_filename (fixture->dir, "no", "key", NULL);
  g_autofree gchar *content = NULL;
  gsize size;

  assert_file_refused (fixture->path, FALSE);
  assert_file_refused (nowhere, TRUE);
  assert_file_refused (fixture->dir, TRUE);

  hab_seal_free (hab_seal_new (fixture->path, TRUE, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_chmod (fixture->path, modes[i]);
    assert_file_refused (fixture->path, TRUE);
  }

  /* Never replaced, whatever is wrong with it. */
  g_assert_true (g_file_set_contents (fixture->path, "short", 5, NULL));
  g_chmod (fixture->path, 0600);
  assert_file_refused (fixture->path, TRUE);
  g_assert_true (g_file_get_contents (fixture->path, &content, &size, NULL));
  g_assert_cmpmem (content, size, "short", 5);
}

/* systemd gives the service's user an access list, whose mask shows as the
 * group's bits. */
static void
test_credential (Fixture *fixture, gconstpointer data)
{
  static const struct { gint mode; gboolean taken; } modes[] = {
    { 0400, TRUE }, { 0440, TRUE }, { 0600, TRUE }, { 0640, TRUE },
    { 0444, FALSE }, { 0660, FALSE }, { 0650, FALSE }, { 0604, FALSE },
  };
  g_autoptr (HabSeal) seal = hab_seal_new (fixture->path, TRUE, NULL);
  g_autofree gchar *text = hab_seal_close (seal, "package key", secret, 16);
  guint8 opened[16];

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (HabSeal) again = NULL;

    g_chmod (fixture->path, modes[i].mode);
    again = hab_seal_new_from_credential (fixture->path, &error);
    g_assert_cmpint (again != NULL, ==, modes[i].taken);
    if (modes[i].taken)
      g_assert_true (
          hab_seal_open (again, "package key", text, opened, 16, NULL));
    else
      g_assert_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE);
  }
}

#define ADD(path, func) \
  g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/seal/round-trip", test_round_trip);
  ADD ("/seal/derive", test_derive);
  ADD ("/seal/refuses-changes", test_refuses_changes);
  ADD ("/seal/other-master-key", test_other_master_key);
  ADD ("/seal/bad-files", test_bad_files);
  ADD ("/seal/credential", test_credential);

  return g_test_run ();
}
