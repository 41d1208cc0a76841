/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The folder that holds all that the service keeps. Names in it are made by
 * the service, never by a client, and each file is made under a name in
 * incoming/ or work/ and moved when it is whole. Thread-safe: it is constant
 * after it was opened. */
typedef struct _HabDataDir HabDataDir;

typedef enum
{
  HAB_FOLDER_INCOMING, /* uploads on their way; nothing in it is kept */
  HAB_FOLDER_UPLOADS,  /* those that can be resumed */
  HAB_FOLDER_INPUTS,   /* the files of input contents */
  HAB_FOLDER_WORK,     /* output in progress; nothing in it is kept */
  HAB_FOLDER_PACKAGES, /* CODE/dash/… of packages */
  HAB_FOLDER_CUTS,     /* GOPs as files, which can be made again */
  HAB_N_FOLDERS
} HabFolder;

/* Of a user who names none: haberdash in XDG_DATA_HOME. */
gchar *hab_data_dir_get_default_path (void);

/* Makes what is missing, for the owner only. Fails where another service uses
 * the folder. */
HabDataDir *hab_data_dir_open (const gchar *path, GError **error);
void hab_data_dir_free (HabDataDir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabDataDir, hab_data_dir_free)

/* Path of a file beside the folders, such as the catalog. */
gchar *hab_data_dir_build_path (HabDataDir *dir, const gchar *name);
/* Path of name in folder; name may be NULL. */
gchar *hab_data_dir_build_folder_path (HabDataDir *dir, HabFolder folder,
    const gchar *name);

/* "inputs" and so on. */
const gchar *hab_data_dir_get_folder_name (HabFolder folder);

/* The descriptor of a folder; it stays the folder's. */
int hab_data_dir_get_fd (HabDataDir *dir, HabFolder folder);

/* A name that nobody can guess and that was never used. */
gchar *hab_data_dir_make_name (void);

/* Opens without following a link; O_CLOEXEC is added. -1 on failure. */
int hab_data_dir_open_file (HabDataDir *dir, HabFolder folder,
    const gchar *name, int flags, GError **error);

/* Moves a file or folder, durably. */
gboolean hab_data_dir_move (HabDataDir *dir, HabFolder from, const gchar *name,
    HabFolder to, const gchar *new_name, GError **error);

/* Gives a file a further name, under which it counts as written to now. */
gboolean hab_data_dir_link (HabDataDir *dir, HabFolder from,
    const gchar *name, HabFolder to, const gchar *new_name, GError **error);

/* Removes a file or a folder with all that is in it. What is not there is as
 * good as removed; other failures are logged. */
void hab_data_dir_remove (HabDataDir *dir, HabFolder folder,
    const gchar *name);

/* Removes what keep does not want; a NULL keep wants nothing. */
typedef gboolean (*HabKeepFunc) (const gchar *name, gpointer data);
void hab_data_dir_sweep (HabDataDir *dir, HabFolder folder, HabKeepFunc keep,
    gpointer data);
/* Removes what nobody has written to for that long. */
void hab_data_dir_expire (HabDataDir *dir, HabFolder folder,
    gint64 max_age_seconds);

/* Bytes that can be written; G_MAXUINT64 when nobody knows. */
guint64 hab_data_dir_get_free_bytes (HabDataDir *dir);

G_END_DECLS
