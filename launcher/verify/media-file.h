/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "mp4-box.h"

G_BEGIN_DECLS

/* A file of a presentation, mapped into memory, and its outermost boxes. */
typedef struct
{
  gchar *name; /* relative to the manifest */
  GMappedFile *map;
  const guint8 *data;
  guint64 size;
} HabMediaFile;

typedef struct
{
  guint64 offset, size; /* of the whole box in the file */
  guint64 header;       /* bytes of it */
  HabMp4Box box;
} HabFileBox;

/* name must lie within folder. (transfer full) */
HabMediaFile *hab_media_file_open (const gchar *folder, const gchar *name,
    GError **error);
void hab_media_file_free (HabMediaFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMediaFile, hab_media_file_free)

/* The box at *at, which moves behind it. FALSE at end, and with error
 * (HAB_MP4_ERROR) set where what is there is no box that fits. */
gboolean hab_media_file_next (const HabMediaFile *file, guint64 *at,
    guint64 end, HabFileBox *box, GError **error);

/* Where in the file data points. */
gint64 hab_media_file_tell (const HabMediaFile *file, const guint8 *data);

G_END_DECLS
