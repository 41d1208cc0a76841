/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "catalog.h"
#include "data-dir.h"

G_BEGIN_DECLS

/* The files of inputs, wherever they are: in the data folder's inputs/, or in
 * a media folder of the machine. All who read the media of an input open it
 * here. Thread-safe. */
typedef struct _HabInputFiles HabInputFiles;

#define HAB_INPUT_FILE_ERROR (hab_input_file_error_quark ())
GQuark hab_input_file_error_quark (void);

typedef enum
{
  HAB_INPUT_FILE_ERROR_MISSING, /* of a media folder; it may come back */
  HAB_INPUT_FILE_ERROR_CHANGED, /* it has other bytes than those that are in
                                 * the catalog */
} HabInputFileError;

/* dir must outlive it. */
HabInputFiles *hab_input_files_new (HabDataDir *dir);
void hab_input_files_free (HabInputFiles *files);

/* A new name for the storage of an input in a media folder. */
gchar *hab_input_files_make_media_storage (void);

/* Whether it is of a media folder, where others may write to it. */
gboolean hab_input_files_is_media (const gchar *storage);

/* Opens an input's file for reading, by its storage. A media folder may be of a
 * machine that does not answer, so that takes place in threads that do nothing
 * else. */
void hab_input_files_open_async (HabInputFiles *files, const gchar *storage,
    GAsyncReadyCallback callback, gpointer user_data);
/* -1 with a HAB_INPUT_FILE_ERROR or a GIOError. The caller's. */
int hab_input_files_open_finish (GAsyncResult *result, GError **error);

void hab_file_stamp_of_stat (const struct stat *info, HabFileStamp *stamp);
/* What an open file is now. FALSE unless it is a regular file. */
gboolean hab_file_stamp_read (int fd, HabFileStamp *stamp);
gboolean hab_file_stamp_equal (const HabFileStamp *a, const HabFileStamp *b);

/* --- for who looks after the media folders ----------------------------- */

/* The same of a file that need not be noted down. */
void hab_input_files_open_file_async (HabInputFiles *files,
    const HabFolderFile *file, GAsyncReadyCallback callback,
    gpointer user_data);
/* The same at once, for who may wait. */
int hab_folder_file_open (const HabFolderFile *file, GError **error);
/* Whether file, as it is, is noted down. */
gboolean hab_input_files_has (HabInputFiles *files,
    const HabFolderFile *file);
/* The input of a file of this folder that has the same stamp; 0 for none. */
gint64 hab_input_files_find_twin (HabInputFiles *files,
    const HabFolderFile *file);

/* Notes down a file of a media folder, in place of what it had of the same
 * storage. Takes file. */
void hab_input_files_put (HabInputFiles *files, HabFolderFile *file);
/* (element-type HabFolderFile): copies. */
GPtrArray *hab_input_files_list (HabInputFiles *files);
/* It was replaced or forgotten; what is not there is no fault. */
void hab_input_files_remove (HabInputFiles *files, const gchar *storage);

G_END_DECLS
