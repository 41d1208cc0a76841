/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Makes pictures in children: what waits for the same video goes to one child
 * together, since starting it takes many times as long as a picture. Nothing
 * waits for others to come, but for a child of the same video that runs. Main
 * thread. */
typedef struct _HabPictureMaker HabPictureMaker;

HabPictureMaker *hab_picture_maker_new (const HabJobsContext *context);
/* When nothing is being made. */
void hab_picture_maker_free (HabPictureMaker *maker);

/* dark: the picture is hardly more than black. error: not the function's. */
typedef void (*HabPictureFunc) (gboolean dark, const GError *error,
    gpointer data);

/* One picture; copied but for what is taken. */
typedef struct
{
  const gchar *storage; /* of the input; or NULL, and then */
  int input_fd;         /* an MP4, taken */
  GArray *frames;       /* of guint64: numbers, in decode order, of frames that
                         * can be decoded alone: the first that is not dark is
                         * shown, else the last. The caller's */
  guint max_width;      /* in pixels */
  const gchar *draft;   /* the name of the JPEG in work/ */
  GCancellable *cancellable; /* the caller's; cancelled in the main thread when
                              * nobody waits: HAB_MEDIA_ERROR_CANCELLED */
  HabPictureFunc func;  /* called once */
  gpointer data;
} HabPictureOrder;

void hab_picture_maker_make (HabPictureMaker *maker,
    const HabPictureOrder *order);

G_END_DECLS
