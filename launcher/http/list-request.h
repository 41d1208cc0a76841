/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

G_BEGIN_DECLS

/* A list that is asked for: ?limit=, ?after=, ?offset=, ?search= and ?sort=, and
 * of packages ?input_content_id=. */
typedef struct
{
  HabListQuery query;
  gchar *inputs; /* what query.inputs points to */
} HabListRequest;

/* Fills self; the query points into the request. sorts: the values of ?sort= that
 * this list knows, by HabSort. FALSE with a 400 where something is malformed. */
gboolean hab_list_request_read (HabListRequest *self, HabRequest *request,
    const gchar *const *sorts, GError **error);
void hab_list_request_clear (HabListRequest *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabListRequest, hab_list_request_clear)

/* The query of the part of the list that comes next, percent-encoded. n_rows: of
 * this part; last: the id of the last of them. (transfer full) */
gchar *hab_list_request_write_next (const HabListRequest *self,
    HabRequest *request, guint n_rows, gint64 last);

/* Says in the headers of reply how many there are and what comes next. n_rows: of
 * this part of the list; last: the id of the last of them. */
void hab_list_request_announce (const HabListRequest *self,
    HabRequest *request, HabReply *reply, guint64 total, guint n_rows,
    gint64 last);

G_END_DECLS
