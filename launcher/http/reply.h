/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "header-list.h"
#include "http-types.h"

G_BEGIN_DECLS

/* An answer before it is sent. Belongs to one thread at a time. */

HabReply *hab_reply_new (guint status);
/* Takes text. */
HabReply *hab_reply_new_text (guint status, const gchar *content_type,
    gchar *text);
HabReply *hab_reply_new_bytes (guint status, const gchar *content_type,
    GBytes *body);
/* Takes node. */
HabReply *hab_reply_new_json (guint status, JsonNode *node);
/* Takes text, which is JSON. */
HabReply *hab_reply_new_json_text (guint status, GString *text);
/* Sends a browser on, by GET, to a path of this service. */
HabReply *hab_reply_new_see_other (const gchar *location);
/* Takes fd, a regular file, of which Range may ask a part. NULL with error set
 * where it is none. */
HabReply *hab_reply_new_file (int fd, const gchar *content_type,
    GError **error);
void hab_reply_free (HabReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabReply, hab_reply_free)

/* name: a literal. */
void hab_reply_set_header (HabReply *reply, const gchar *name,
    const gchar *value);
guint hab_reply_get_status (HabReply *reply);
HabHeaderList *hab_reply_get_headers (HabReply *reply);
/* (nullable) */
GBytes *hab_reply_get_body (HabReply *reply);

/* Narrows the reply to what the conditional headers of a GET or HEAD and the
 * range headers of a GET ask for. No change where it has no file. */
void hab_reply_apply_conditions (HabReply *reply, const gchar *method,
    SoupMessageHeaders *request_headers);
/* Hands the file over, with what of it is to be sent; -1 without one. */
int hab_reply_steal_file (HabReply *reply, guint64 *start, guint64 *length);

G_END_DECLS
