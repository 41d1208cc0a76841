/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Files below a folder, by both ways: of a path that is longer than the kernel
 * takes at once, component by component. */

#include "open-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LENGTH 250
#define DEPTH (PATH_MAX / NAME_LENGTH + 1)

typedef struct
{
  const gchar *path; /* below the folder, or below many */
  int number;        /* 0: it opens; ELOOP: ENOTDIR will do, too */
} Row;

static const Row rows[] = {
  { "file", 0 },
  { "folder/file", 0 },
  { "folder/fifo", 0 },
  { "none", ENOENT },
  { "none/file", ENOENT },
  { "file/file", ENOTDIR },
  { "link", ELOOP },
  { "folder-link/file", ELOOP },
  { "../file", ENOENT },
  { "folder/../file", ENOENT },
  { "./file", ENOENT },
  { ".hidden", ENOENT },
  { "folder/.hidden", ENOENT },
  { "folder//file", ENOENT },
  { "folder/", ENOENT },
  { "", ENOENT },
};

static void
make_file (int folder_fd, const gchar *name)
{
  int fd = openat (folder_fd, name, O_CREAT | O_WRONLY, 0600);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
}

static int
make_folder (int parent_fd, const gchar *name)
{
  int fd;

  g_assert_cmpint (mkdirat (parent_fd, name, 0700), ==, 0);
  fd = openat (parent_fd, name, O_RDONLY | O_DIRECTORY);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
fill (int folder_fd)
{
  int inner_fd = make_folder (folder_fd, "folder");

  make_file (folder_fd, "file");
  make_file (folder_fd, ".hidden");
  make_file (inner_fd, "file");
  make_file (inner_fd, ".hidden");
  g_assert_cmpint (mkfifoat (inner_fd, "fifo", 0600), ==, 0);
  g_assert_cmpint (symlinkat ("file", folder_fd, "link"), ==, 0);
  g_assert_cmpint (symlinkat ("folder", folder_fd, "folder-link"), ==, 0);
  close (inner_fd);
}

static void
empty (int folder_fd)
{
  static const gchar *const files[] = { "folder/fifo", "folder/.hidden",
    "folder/file", "folder-link", "link", ".hidden", "file" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_cmpint (unlinkat (folder_fd, files[i], 0), ==, 0);
  g_assert_cmpint (unlinkat (folder_fd, "folder", AT_REMOVEDIR), ==, 0);
}

static void
check (int folder_fd, const gchar *prefix, const Row *row)
{
  g_autofree gchar *path = g_strconcat (prefix, row->path, NULL);
  int fd = hab_open_beneath (folder_fd, path);
  int number = fd < 0 ? errno : 0;

  g_test_message ("%s", row->path);
  if (fd >= 0)
    close (fd);
  if (row->number == ELOOP && number == ENOTDIR)
    number = ELOOP;
  g_assert_cmpint (number, ==, row->number);
}

static void
check_all (int folder_fd, const gchar *prefix)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check (folder_fd, prefix, &rows[i]);
}

static void
test_short (void)
{
  g_autofree gchar *top = g_dir_make_tmp (NULL, NULL);
  int folder_fd = open (top, O_RDONLY | O_DIRECTORY);

  fill (folder_fd);
  check_all (folder_fd, "");
  empty (folder_fd);
  close (folder_fd);
  g_rmdir (top);
}

static void
test_long (void)
{
  g_autofree gchar *top = g_dir_make_tmp (NULL, NULL);
  g_autofree gchar *name = g_strnfill (NAME_LENGTH, 'n');
  g_autoptr (GString) prefix = g_string_new (NULL);
  int fds[DEPTH + 1];

  fds[0] = open (top, O_RDONLY | O_DIRECTORY);
  for (guint i = 0; i < DEPTH; i++) {
    fds[i + 1] = make_folder (fds[i], name);
    g_string_append_printf (prefix, "%s/", name);
  }
  fill (fds[DEPTH]);
  check_all (fds[0], prefix->str);
  empty (fds[DEPTH]);
  for (guint i = DEPTH; i > 0; i--) {
    close (fds[i]);
    g_assert_cmpint (unlinkat (fds[i - 1], name, AT_REMOVEDIR), ==, 0);
  }
  close (fds[0]);
  g_rmdir (top);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/open-beneath/short", test_short);
  g_test_add_func ("/open-beneath/long", test_long);
  return g_test_run ();
}
