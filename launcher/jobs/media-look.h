/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media-dir.h"
#include "media-walk.h"

G_BEGIN_DECLS

/* What a walk through a media folder says of the files that are known. Pure. */

typedef enum
{
  HAB_MEDIA_MISSING,  /* it is not there any more */
  HAB_MEDIA_REPLACED, /* it has other bytes now: a new input */
  HAB_MEDIA_PRESENT,  /* it is back, or somewhere else in the folder */
} HabMediaChangeKind;

typedef struct
{
  HabMediaChangeKind kind;
  HabFolderFile *file; /* with the names it is to have */
} HabMediaChange;

typedef struct
{
  GPtrArray *changes;    /* of HabMediaChange, in the order in which they can be
                          * made: names are given up before they are taken */
  GPtrArray *candidates; /* of HabFolderFile, new, without an id and storage */
  gboolean unsettled;    /* a file is being written to: look again soon */
} HabMediaLook;

HabMediaLook *hab_media_look_new (void);
void hab_media_look_free (HabMediaLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMediaLook, hab_media_look_free)

/* A file that was last written to less than this before is left alone. */
#define HAB_MEDIA_SETTLE_NS (2 * G_GINT64_CONSTANT (1000000000))

/* known: (element-type HabFolderFile), of this folder and of others; now_ns
 * since 1970. */
void hab_media_look_compare (HabMediaLook *look, const HabMediaDir *dir,
    const HabMediaWalk *walk, GPtrArray *known, gint64 now_ns);

G_END_DECLS
