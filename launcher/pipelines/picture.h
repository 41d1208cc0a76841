/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"

G_BEGIN_DECLS

/* What a picture is like. */
typedef struct
{
  gint width, height;
  guint brightness; /* 0 to 255: 0 is black, 255 white */
} HabPictureFacts;

/* Where it goes, and how large it may be. */
typedef struct
{
  const gchar *path;
  guint max_width; /* in pixels, which are square; smaller ones stay so */
} HabPictureOutput;

/* A file with a table of samples that was looked at before, of whose frames pictures
 * are made, in a process that is there for it alone. */
typedef struct _HabPictureSource HabPictureSource;

HabPictureSource *hab_picture_source_open (const gchar *path, GError **error);
void hab_picture_source_free (HabPictureSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPictureSource, hab_picture_source_free)

/* Writes a frame of the first video track as JPEG, turned as it is to be shown.
 * frame: its number in decode order, from 0; one that can be decoded alone.
 * Nothing but its access unit is read and decoded. */
gboolean hab_picture_make (HabPictureSource *source, guint64 frame,
    const HabPictureOutput *output, HabPictureFacts *facts, GError **error);

G_END_DECLS
