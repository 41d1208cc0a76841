/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "file-hash.h"

#include <errno.h>
#include <unistd.h>

#define BLOCK_SIZE (256 * 1024)

gchar *
hab_sha256_to_text (struct sha256_ctx *hash)
{
  guint8 digest[SHA256_DIGEST_SIZE];
  GString *text = g_string_sized_new (2 * sizeof digest);

  sha256_digest (hash, sizeof digest, digest);
  for (gsize i = 0; i < sizeof digest; i++)
    g_string_append_printf (text, "%02x", digest[i]);
  return g_string_free (text, FALSE);
}

/* In a thread. */
static void
hash_file (GTask *task, gpointer source, gpointer data,
    GCancellable *cancellable)
{
  int fd = GPOINTER_TO_INT (data);
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);
  struct sha256_ctx hash;
  goffset offset = 0;
  gssize count;

  sha256_init (&hash);
  while ((count = pread (fd, block, BLOCK_SIZE, offset)) != 0) {
    if (g_task_return_error_if_cancelled (task))
      return;
    if (count < 0 && errno != EINTR) {
      g_task_return_new_error (task, G_IO_ERROR,
          g_io_error_from_errno (errno), "Cannot read the upload: %s",
          g_strerror (errno));
      return;
    }
    sha256_update (&hash, MAX (count, 0), block);
    offset += MAX (count, 0);
  }
  g_task_return_pointer (task, hab_sha256_to_text (&hash), g_free);
}

static void
close_fd (gpointer fd)
{
  close (GPOINTER_TO_INT (fd));
}

void
hab_file_hash_async (int fd, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, GINT_TO_POINTER (fd), close_fd);
  g_task_run_in_thread (task, hash_file);
}

gchar *
hab_file_hash_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
