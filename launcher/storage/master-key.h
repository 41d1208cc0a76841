/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where the master key of a data folder is: with the service manager, which
 * hands it in as the credential "haberdash-master-key", else in the folder.
 * own: whether it is the folder's and may be made. (transfer full) */
gchar *hab_master_key_find (const gchar *data_dir, gboolean *own);

G_END_DECLS
