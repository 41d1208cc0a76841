/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "input-files.h"

G_BEGIN_DECLS

/* What is in a media folder: files whose names say that they are video, in it
 * and in its folders up to HAB_MEDIA_MAX_DEPTH below. No link is followed and
 * nothing hidden is seen. */

#define HAB_MEDIA_MAX_DEPTH 8
#define HAB_MEDIA_MAX_FILES 20000

typedef struct
{
  gchar *path; /* in the folder */
  HabFileStamp stamp;
} HabFoundFile;

typedef struct
{
  GPtrArray *files;   /* of HabFoundFile, by path */
  GPtrArray *folders; /* of gchar *: absolute, this one first */
  GPtrArray *unnamed; /* of gchar *: what cannot be offered, for its name is not
                       * UTF-8 or has control characters; made printable */
  gboolean whole;     /* there was no more than can be kept */
} HabMediaWalk;

void hab_media_walk_free (HabMediaWalk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMediaWalk, hab_media_walk_free)

/* A folder that cannot be read is empty. Takes its time: not in the main
 * thread. */
HabMediaWalk *hab_media_walk (const gchar *folder);

/* Whether a file of this name is looked into. */
gboolean hab_media_is_video_name (const gchar *name);

G_END_DECLS
