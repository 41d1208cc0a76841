/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What will be a file when it is whole. Until then it has no name, in the
 * folder of that file; only where the file system knows no such files one that
 * begins with ".haberdash-", which a run that is killed leaves there. */
typedef struct _HabDraftFile HabDraftFile;

/* path: of the file that is to be, which may be there already; a symbolic link
 * stays one. NULL where that is no regular file, or none can be made beside it:
 * HAB_MEDIA_ERROR_NO_SPACE. */
HabDraftFile *hab_draft_file_new (const gchar *path, GError **error);
/* Removes what was not committed. */
void hab_draft_file_free (HabDraftFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabDraftFile, hab_draft_file_free)

/* By which it can be opened as long as it is not freed. */
const gchar *hab_draft_file_get_path (const HabDraftFile *file);

/* Takes the place of what is there under its name, of which it keeps the
 * permissions. At most once. HAB_MEDIA_ERROR_NO_SPACE. */
gboolean hab_draft_file_commit (HabDraftFile *file, GError **error);

G_END_DECLS
