/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Opens a file for reading at a path below a folder, no component of which may
 * be a link, lead upwards or be hidden (begin with a dot), so that nothing
 * outside of the folder is reached. Never waits for a pipe's other end. -1 with
 * errno set on failure: ELOOP or ENOTDIR at a link. */
int hab_open_beneath (int folder_fd, const gchar *path);

G_END_DECLS
