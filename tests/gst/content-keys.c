/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "content-keys.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define KID_A "00000000000000000000000000000001"
#define HEX_A "11111111111111111111111111111111"
#define KID_B "a16e402b9056e371f36d348aa62bb749"
#define UUID_B "a16e402b-9056-e371-f36d-348aa62bb749"
#define HEX_B "87237d20a19f58a740c05684e699b4aa"

static const guint8 kid_a[] = {
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01
};
static const guint8 kid_b[] = {
  0xa1, 0x6e, 0x40, 0x2b, 0x90, 0x56, 0xe3, 0x71,
  0xf3, 0x6d, 0x34, 0x8a, 0xa6, 0x2b, 0xb7, 0x49
};
static const guint8 key_a[] = {
  0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
  0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11
};
static const guint8 key_b[] = {
  0x87, 0x23, 0x7d, 0x20, 0xa1, 0x9f, 0x58, 0xa7,
  0x40, 0xc0, 0x56, 0x84, 0xe6, 0x99, 0xb4, 0xaa
};

static void
assert_key (const HabContentKeys *keys, const guint8 *kid, const guint8 *key)
{
  const guint8 *found = hab_content_keys_find (keys, kid);

  if (key) {
    g_assert_nonnull (found);
    g_assert_cmpmem (found, HAB_KEY_SIZE, key, HAB_KEY_SIZE);
  } else {
    g_assert_null (found);
  }
}

static void
test_find (void)
{
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();
  g_autoptr (HabContentKeys) copy = hab_content_keys_new ();

  assert_key (keys, kid_a, NULL);
  assert_key (keys, NULL, NULL);

  hab_content_keys_set (keys, kid_a, key_b);
  hab_content_keys_set (keys, kid_a, key_a);
  assert_key (keys, kid_a, key_a);
  assert_key (keys, kid_b, NULL);
  assert_key (keys, NULL, key_a); /* there is but one */

  hab_content_keys_set (keys, kid_b, key_b);
  assert_key (keys, kid_b, key_b);
  assert_key (keys, NULL, NULL);

  hab_content_keys_merge (copy, keys);
  assert_key (copy, kid_a, key_a);
  assert_key (copy, kid_b, key_b);
}

static void
test_key_of_every_id (void)
{
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();

  hab_content_keys_set (keys, NULL, key_a);
  hab_content_keys_set (keys, kid_b, key_b);
  assert_key (keys, kid_a, key_a);
  assert_key (keys, kid_b, key_b);
  assert_key (keys, NULL, key_a);
}

#define BYTES(s) s, sizeof (s) - 1

static const struct
{
  const gchar *content;
  gsize size;
  gboolean valid;
} files[] = {
  { BYTES (HEX_B), TRUE },
  { BYTES (HEX_B "\n"), TRUE },
  { BYTES (HEX_B "\r\n"), TRUE },
  { BYTES (HEX_B "\nanother line, of any length, that nobody reads at all\n"), TRUE },
  { BYTES ("hyN9IKGfWKdAwFaE5pm0qg==\n"), TRUE },
  { BYTES (""), FALSE },
  { BYTES ("\n" HEX_B "\n"), FALSE },
  { BYTES (KID_B ":" HEX_B), TRUE },
  { BYTES (UUID_B ":" HEX_B "\r\n"), TRUE },
  { BYTES ("# comment\n\n" KID_A ":" HEX_A "\n" KID_B ":" HEX_B "\n"), TRUE },
  { BYTES (KID_B ":" HEX_A "\n" KID_B ":" HEX_B "\n"), TRUE },
  { BYTES (KID_B ":\n"), FALSE },
  { BYTES (":" HEX_B "\n"), FALSE },
  { BYTES (KID_B ":" HEX_B ":\n"), FALSE },
  { BYTES (KID_B ": " HEX_B "\n"), FALSE },
  { BYTES (KID_B ":" HEX_B "\n" HEX_B "\n"), FALSE },
  { BYTES ("# nothing else\n"), FALSE },
  { BYTES (KID_A ":" HEX_B "\n"), FALSE },
  { BYTES (HEX_B " \n"), FALSE },
  { BYTES (" " HEX_B "\n"), FALSE },
  { BYTES (HEX_B "\0\n"), FALSE },
  { BYTES ("hyN9IKGfWKdAwFaE5pm0qg\0\0"), FALSE },
  { BYTES (HEX_B "\r\r\n"), FALSE },
  { BYTES (HEX_B HEX_B "\n"), FALSE },
  { BYTES (HEX_B HEX_B HEX_B HEX_B "\n"), FALSE },
  { BYTES ("\x87\x23\x7d\x20\xa1\x9f\x58\xa7\x40\xc0\x56\x84\xe6\x99\xb4\xaa"), FALSE },
};

static void
test_read_file (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("hab-keys-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (dir, "key", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;
    guint8 key[HAB_KEY_SIZE];
    gboolean valid;

    g_test_message ("file %u", i);
    g_assert_true (g_file_set_contents (path, files[i].content, files[i].size, NULL));
    valid = hab_key_read_file (path, kid_b, key, &error);

    if (files[i].valid) {
      g_assert_no_error (error);
      g_assert_true (valid);
      g_assert_cmpmem (key, HAB_KEY_SIZE, key_b, HAB_KEY_SIZE);
    } else {
      g_assert_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM);
      g_assert_null (strstr (error->message, "87237d"));
      g_assert_null (strstr (error->message, "hyN9"));
    }
  }

  g_unlink (path);
  g_rmdir (dir);
}

static void
test_read_no_file (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("hab-keys-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (dir, "key", NULL);
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) folder = NULL;
  guint8 key[HAB_KEY_SIZE];

  g_assert_false (hab_key_read_file (path, kid_b, key, &missing));
  g_assert_error (missing, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE);
  g_assert_nonnull (strstr (missing->message, path));

  g_assert_false (hab_key_read_file (dir, kid_b, key, &folder));
  g_assert_error (folder, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE);

  g_rmdir (dir);
}

/* What <(command) gives: no size, and it may come in pieces. */
static void
test_read_pipe (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = NULL;
  guint8 key[HAB_KEY_SIZE];
  gint fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], BYTES (HEX_B "\n")), ==, 33);
  path = g_strdup_printf ("/proc/self/fd/%d", fds[0]);

  /* The end of writing stays open: reading stops at the end of the line. */
  g_assert_true (hab_key_read_file (path, kid_b, key, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (key, HAB_KEY_SIZE, key_b, HAB_KEY_SIZE);

  close (fds[0]);
  close (fds[1]);
}

static void
test_error_names_line (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("hab-keys-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (dir, "keys", NULL);
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path,
      KID_A ":" HEX_A "\n\n" KID_B ":" HEX_B "0\n", -1, NULL));
  g_assert_false (hab_content_keys_read_file (keys, path, NULL, &error));
  g_assert_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, "line 3"));
  assert_key (keys, kid_a, NULL); /* all or none */

  g_unlink (path);
  g_rmdir (dir);
}

static void
test_too_long (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("hab-keys-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (dir, "keys", NULL);
  g_autofree gchar *text = g_strnfill (64 * 1024 + 1, '#');
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_false (hab_content_keys_read_file (keys, path, NULL, &error));
  g_assert_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE);

  g_unlink (path);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/content-keys/find", test_find);
  g_test_add_func ("/content-keys/key-of-every-id", test_key_of_every_id);
  g_test_add_func ("/content-keys/read-file", test_read_file);
  g_test_add_func ("/content-keys/read-no-file", test_read_no_file);
  g_test_add_func ("/content-keys/read-pipe", test_read_pipe);
  g_test_add_func ("/content-keys/error-names-line", test_error_names_line);
  g_test_add_func ("/content-keys/too-long", test_too_long);

  return g_test_run ();
}
