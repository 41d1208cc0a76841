/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/* A file that is not there under its name until it is whole: written as
 * ".NAME.part" in the same folder, renamed when it is committed. Errors are
 * G_IO_ERROR, with the file's name in the message. */
typedef struct _HabOutputFile HabOutputFile;

HabOutputFile *hab_output_file_new (const gchar *folder, const gchar *name,
    GError **error);
/* A second try at the same name, its first one still there to be read. */
HabOutputFile *hab_output_file_new_beside (const HabOutputFile *file,
    GError **error);
/* Removes what was written, unless it was committed. */
void hab_output_file_free (HabOutputFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabOutputFile, hab_output_file_free)

/* Writes all of vectors, whose contents may be changed. */
gboolean hab_output_file_write (HabOutputFile *file, struct iovec *vectors,
    gsize n_vectors, GError **error);
/* Replaces size bytes that were written before, from offset on. */
gboolean hab_output_file_overwrite (HabOutputFile *file, guint64 offset,
    gconstpointer data, gsize size, GError **error);
/* Appends what from has from offset on, without reading it where the file
 * system can share it. */
gboolean hab_output_file_append_from (HabOutputFile *file,
    const HabOutputFile *from, guint64 offset, GError **error);
/* Gives the file its name. durable: after it, a power cut does not take the
 * file or its name away. */
gboolean hab_output_file_commit (HabOutputFile *file, gboolean durable,
    GError **error);

/* The same for several of one folder, durable: the disk is waited for once and
 * not once a file. What is committed is theirs even if another one fails. */
gboolean hab_output_files_commit (GPtrArray *files, GError **error);
/* Lets the disk begin with what was written, and waits for nothing: of use some
 * time before files are committed together. */
void hab_output_file_begin_storing (const HabOutputFile *file);

/* Makes the folder, and those above it that are not there. durable: after it, a
 * power cut does not take one that was made away. */
gboolean hab_output_folder_make (const gchar *path, gboolean durable,
    GError **error);

/* All of it at once. */
gboolean hab_output_file_put (const gchar *folder, const gchar *name,
    gconstpointer data, gsize size, gboolean durable, GError **error);

G_END_DECLS
