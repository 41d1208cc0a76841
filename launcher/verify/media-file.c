/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-file.h"

/* Of boxes that are read into: everything but mdat. */
#define MAX_BOX (256 * 1024 * 1024)
#define FOURCC_MDAT HAB_MP4_FOURCC ('m', 'd', 'a', 't')

HabMediaFile *
hab_media_file_open (const gchar *folder, const gchar *name, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  GMappedFile *map;
  HabMediaFile *file;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "there is no such file");
    return NULL;
  }
  map = g_mapped_file_new (path, FALSE, error);
  if (map == NULL)
    return NULL;
  file = g_new0 (HabMediaFile, 1);
  file->name = g_strdup (name);
  file->map = map;
  file->data = (const guint8 *) g_mapped_file_get_contents (map);
  file->size = g_mapped_file_get_length (map);
  return file;
}

void
hab_media_file_free (HabMediaFile *file)
{
  g_mapped_file_unref (file->map);
  g_free (file->name);
  g_free (file);
}

gint64
hab_media_file_tell (const HabMediaFile *file, const guint8 *data)
{
  return data - file->data;
}

static gboolean
read_header (const HabMediaFile *file, guint64 at, guint64 end,
    HabFileBox *box)
{
  const guint8 *data = file->data + at;
  guint64 left = end - at;

  if (left < 8)
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
  if (!read_header (file, *at, end, box)) {
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "%" G_GUINT64_FORMAT " bytes are no box", end - *at);
    return FALSE;
  }
  if (box->size < box->header || box->size > end - *at ||
      (box->box.type != FOURCC_MDAT && box->size > MAX_BOX)) {
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "the box %s says that it has %" G_GUINT64_FORMAT " bytes where %"
        G_GUINT64_FORMAT " are left",
        hab_mp4_fourcc_to_string (box->box.type, type), box->size, end - *at);
    return FALSE;
  }
  box->box.data = file->data + *at + box->header;
  box->box.size = box->size - box->header;
  *at += box->size;
  return TRUE;
}
