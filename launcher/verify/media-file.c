/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of boxes that are read into, everything but mdat, and of samples. */
#define MAX_READ (256 * 1024 * 1024)
#define FOURCC_MDAT HAB_MP4_FOURCC ('m', 'd', 'a', 't')
#define MAX_HEADER 16

static int
open_regular (const gchar *path, guint64 *size, GError **error)
{
  /* A pipe must not be waited for. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int code = errno;
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) == 0 && S_ISREG (info.st_mode)) {
    *size = info.st_size;
    return fd;
  }
  if (fd >= 0)
    close (fd);
  if (fd >= 0 || code == ENOENT)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "there is no such file");
  else if (code == EACCES && access (path, R_OK) == 0)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_ACCES,
        "it leads out of the folder, where nothing is read "
        "(--sandbox=off reads it)");
  else
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
        "it cannot be opened: %s", g_strerror (code));
  return -1;
}

HabMediaFile *
hab_media_file_open (const gchar *folder, const gchar *name, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  guint64 size;
  int fd = open_regular (path, &size, error);
  HabMediaFile *file;

  if (fd < 0)
    return NULL;
  file = g_new0 (HabMediaFile, 1);
  file->name = g_strdup (name);
  file->fd = fd;
  file->size = size;
  file->loaded = g_byte_array_new ();
  return file;
}

void
hab_media_file_free (HabMediaFile *file)
{
  close (file->fd);
  g_byte_array_unref (file->loaded);
  g_free (file->name);
  g_free (file);
}

/* The file may have become shorter since it was opened. */
static gboolean
read_fully (const HabMediaFile *file, guint64 offset, guint8 *data, gsize size,
    GError **error)
{
  while (size > 0) {
    gssize n = pread (file->fd, data, size, offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_IO,
          "it cannot be read: %s",
          n < 0 ? g_strerror (errno) : "it became shorter meanwhile");
      return FALSE;
    }
    data += n;
    offset += n;
    size -= n;
  }
  return TRUE;
}

gboolean
hab_media_file_read (const HabMediaFile *file, guint64 offset, guint64 size,
    GByteArray *bytes, GError **error)
{
  g_byte_array_set_size (bytes, 0);
  if (size > MAX_READ) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
        "%" G_GUINT64_FORMAT " bytes in one piece are more than are read here",
        size);
    return FALSE;
  }
  g_byte_array_set_size (bytes, size);
  return read_fully (file, offset, bytes->data, size, error);
}

gboolean
hab_media_file_load (HabMediaFile *file, HabFileBox *box, GError **error)
{
  file->loaded_offset = box->offset + box->header;
  if (!hab_media_file_read (file, file->loaded_offset, box->box.size,
          file->loaded, error))
    return FALSE;
  box->box.data = file->loaded->data;
  return TRUE;
}

gint64
hab_media_file_tell (const HabMediaFile *file, const guint8 *data)
{
  return file->loaded_offset + (data - file->loaded->data);
}

static gboolean
read_header (const HabMediaFile *file, guint64 at, guint64 end,
    HabFileBox *box, GError **error)
{
  guint64 left = end - at;
  guint8 data[MAX_HEADER];

  if (left < 8) {
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "%" G_GUINT64_FORMAT " bytes are no box", left);
    return FALSE;
  }
  if (!read_fully (file, at, data, MIN (left, MAX_HEADER), error))
    return FALSE;
  box->offset = at;
  box->header = 8;
  box->size = GST_READ_UINT32_BE (data);
  box->box.type = GST_READ_UINT32_BE (data + 4);
  if (box->size == 1 && left >= 16) {
    box->header = 16;
    box->size = GST_READ_UINT64_BE (data + 8);
  } else if (box->size == 0)
    box->size = left;
  return TRUE;
}

gboolean
hab_media_file_next (const HabMediaFile *file, guint64 *at, guint64 end,
    HabFileBox *box, GError **error)
{
  gchar type[5];

  if (*at >= end)
    return FALSE;
  if (!read_header (file, *at, end, box, error))
    return FALSE;
  if (box->size < box->header || box->size > end - *at ||
      (box->box.type != FOURCC_MDAT && box->size > MAX_READ)) {
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "the box %s says that it has %" G_GUINT64_FORMAT " bytes where %"
        G_GUINT64_FORMAT " are left",
        hab_mp4_fourcc_to_string (box->box.type, type), box->size, end - *at);
    return FALSE;
  }
  box->box.data = NULL;
  box->box.size = box->size - box->header;
  *at += box->size;
  return TRUE;
}
