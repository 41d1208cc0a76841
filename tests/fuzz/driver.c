/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drives a harness without libFuzzer: every file of the folders that are named
 * goes through it, then as many changed ones as HAB_FUZZ_RUNS says. What it
 * dies of is left in a file, for which it is run with the file's name. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_RUNS 500
#define MAX_SIZE 65536

int LLVMFuzzerInitialize (int *argc, char ***argv);

static GPtrArray *inputs; /* of GBytes */
static gchar *left_over;  /* where the input goes that kills */
static const guint8 *running;
static gsize running_size;

static void
leave_input (int number)
{
  int fd = open (left_over, O_WRONLY | O_CREAT | O_TRUNC, 0644);

  if (fd >= 0 && write (fd, running, running_size) >= 0)
    close (fd);
  signal (number, SIG_DFL);
  raise (number);
}

static void
run (const guint8 *data, gsize size)
{
  running = data;
  running_size = size;
  LLVMFuzzerTestOneInput (data, size);
}

static void
run_input (gconstpointer input)
{
  gsize size;
  const guint8 *data = g_bytes_get_data ((GBytes *) input, &size);

  run (data, size);
}

/* One of the changes that find the most: a byte that is another, a run of bytes
 * that is gone, there twice, or at its limits, and another input's end. */
static void
change (GByteArray *bytes, const guint8 *other, gsize other_size)
{
  static const guint8 limits[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
  guint at = bytes->len > 0 ? g_test_rand_int_range (0, bytes->len) : 0;
  guint wanted = g_test_rand_int_range (1, 9);
  guint n = MIN (bytes->len - at, wanted);
  gsize from = other_size > 0 ? g_test_rand_int_range (0, other_size) : 0;

  switch (g_test_rand_int_range (0, 5)) {
    case 0:
      if (n > 0)
        bytes->data[at] ^= 1 << g_test_rand_int_range (0, 8);
      break;
    case 1:
      if (n > 0)
        g_byte_array_remove_range (bytes, at, n);
      break;
    case 2:
      g_byte_array_append (bytes, other + from, MIN (other_size - from, 64));
      break;
    case 3:
      g_byte_array_set_size (bytes, at);
      g_byte_array_append (bytes, other + from, other_size - from);
      break;
    default:
      for (guint i = 0; i < n; i++)
        bytes->data[at + i] =
            limits[g_test_rand_int_range (0, G_N_ELEMENTS (limits))];
  }
  g_byte_array_set_size (bytes, MIN (bytes->len, MAX_SIZE));
}

static void
test_changed (void)
{
  const gchar *wanted = g_getenv ("HAB_FUZZ_RUNS");
  guint64 n = wanted != NULL ? g_ascii_strtoull (wanted, NULL, 10)
                             : DEFAULT_RUNS;

  if (inputs->len == 0)
    g_ptr_array_add (inputs, g_bytes_new (NULL, 0));
  for (guint64 i = 0; i < n; i++) {
    gsize size, other_size;
    const guint8 *data = g_bytes_get_data (inputs->pdata[i % inputs->len],
        &size);
    const guint8 *other = g_bytes_get_data (
        inputs->pdata[g_test_rand_int_range (0, inputs->len)], &other_size);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    g_byte_array_append (bytes, data, size);
    for (gint j = g_test_rand_int_range (1, 6); j > 0; j--)
      change (bytes, other, other_size);
    run (bytes->data, bytes->len);
  }
}

static void
add_file (const gchar *path)
{
  g_autofree gchar *base = g_path_get_basename (path);
  g_autofree gchar *name =
      g_strdup_printf ("/input/%u-%s", inputs->len, base);
  g_autoptr (GError) error = NULL;
  gchar *data;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  g_ptr_array_add (inputs, g_bytes_new_take (data, size));
  g_test_add_data_func (name, inputs->pdata[inputs->len - 1], run_input);
}

static void
add_files (const gchar *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *child;

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    add_file (path);
  while (dir != NULL && (child = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *below = g_build_filename (path, child, NULL);

    add_files (below);
  }
}

int
main (int argc, char **argv)
{
  gboolean one = FALSE;

  g_test_init (&argc, &argv, NULL);
  LLVMFuzzerInitialize (&argc, &argv);
  inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  left_over = g_strconcat (argv[0], ".crash", NULL);
  signal (SIGABRT, leave_input);
  signal (SIGSEGV, leave_input);
  signal (SIGTRAP, leave_input);
  for (int i = 1; i < argc; i++) {
    one = one || g_file_test (argv[i], G_FILE_TEST_IS_REGULAR);
    add_files (argv[i]);
  }
  if (!one)
    g_test_add_func ("/changed", test_changed);
  return g_test_run ();
}
