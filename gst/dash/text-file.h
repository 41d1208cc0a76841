/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "cue.h"
#include "presentation.h"

G_BEGIN_DECLS

/* The file of a text track, HAB_TEXT_FILE, WebVTT, in the track's folder. Errors
 * are G_IO_ERROR. */
typedef struct _HabTextFile HabTextFile;

HabTextFile *hab_text_file_new (const gchar *folder, GError **error);
/* Removes what was written, unless it was committed. */
void hab_text_file_free (HabTextFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabTextFile, hab_text_file_free)

gboolean hab_text_file_add (HabTextFile *file, const HabCue *cue,
    GError **error);
gboolean hab_text_file_commit (HabTextFile *file, gboolean durable,
    GError **error);

/* When its last cue ends, in nanoseconds. */
guint64 hab_text_file_get_end (const HabTextFile *file);
/* Bytes. */
guint64 hab_text_file_get_size (const HabTextFile *file);

/* Writes it again as files of length nanoseconds each, 1.vtt, 2.vtt, ..., of
 * which there are n, also where there is nothing to be shown in one. The last
 * has what begins up to twice its length after it does. */
gboolean hab_text_file_split (const gchar *folder, guint64 length, guint n,
    gboolean durable, GError **error);

G_END_DECLS
