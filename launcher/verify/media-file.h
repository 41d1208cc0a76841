/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "mp4-box.h"

G_BEGIN_DECLS

/* A file of a presentation, and its outermost boxes. It is read and not mapped:
 * others may cut it off meanwhile, which is an error then and no signal. */
typedef struct
{
  gchar *name; /* relative to the manifest */
  int fd;
  guint64 size; /* when it was opened */
  GByteArray *loaded; /* the content of the box that was loaded last */
  guint64 loaded_offset; /* in the file */
} HabMediaFile;

typedef struct
{
  guint64 offset, size; /* of the whole box in the file */
  guint64 header;       /* bytes of it */
  HabMp4Box box;        /* without data until it is loaded */
} HabFileBox;

/* name must lie within folder. (transfer full) */
HabMediaFile *hab_media_file_open (const gchar *folder, const gchar *name,
    GError **error);
void hab_media_file_free (HabMediaFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMediaFile, hab_media_file_free)

/* The box at *at, which moves behind it. FALSE at end, and with error
 * (HAB_MP4_ERROR) set where what is there is no box that fits, or (G_FILE_ERROR)
 * where it cannot be read. */
gboolean hab_media_file_next (const HabMediaFile *file, guint64 *at,
    guint64 end, HabFileBox *box, GError **error);

/* Reads what is in box, which is not mdat; good until the next one is loaded. */
gboolean hab_media_file_load (HabMediaFile *file, HabFileBox *box,
    GError **error);

/* So many bytes of the file, at most 256 MiB, into bytes, whose content goes. */
gboolean hab_media_file_read (const HabMediaFile *file, guint64 offset,
    guint64 size, GByteArray *bytes, GError **error);

/* Where in the file data points, which is in the box that was loaded last. */
gint64 hab_media_file_tell (const HabMediaFile *file, const guint8 *data);

G_END_DECLS
