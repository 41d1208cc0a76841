/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reply.h"

G_BEGIN_DECLS

/* The pages are files of the program's resources that fill themselves from
 * the REST API; some have {{places}} that are filled here, for browsers
 * without scripts and for programs that read the answer of the form. */

/* A page as it is. G_IO_ERROR_NOT_FOUND where there is none. */
HabReply *hab_pages_reply (const gchar *name, GError **error);
/* The same of any file of the resources, such as assets/NAME. */
HabReply *hab_pages_reply_resource (const gchar *path, GError **error);
HabReply *hab_pages_reply_success (gint64 input_content_id,
    const gchar *name);
/* next: where it leads, a path; message: what was wrong, or "". */
HabReply *hab_pages_reply_sign_in (guint status, const gchar *next,
    const gchar *message);
/* request_id: (nullable) */
HabReply *hab_pages_reply_error (guint status, const gchar *title,
    const gchar *detail, const gchar *request_id);

G_END_DECLS
