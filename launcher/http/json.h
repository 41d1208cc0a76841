/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "json-build.h"
#include "request.h"

G_BEGIN_DECLS

/* The body of a request: an object, small and flat. */
JsonNode *hab_json_read_body (HabRequest *request, GError **error);

/* Members of it. FALSE with a 400 where one is of another type. */
gboolean hab_json_get_text (JsonObject *object, const gchar *name,
    const gchar **text, GError **error);      /* NULL where absent */
gboolean hab_json_get_number (JsonObject *object, const gchar *name,
    gdouble minimum, gdouble maximum, gdouble fallback, gdouble *number,
    GError **error);
gboolean hab_json_get_bool (JsonObject *object, const gchar *name,
    gboolean *value, GError **error);         /* FALSE where absent */
gboolean hab_json_get_id (JsonObject *object, const gchar *name, gint64 *id,
    GError **error);

/* Lists: ?limit= and ?after=, the next page as Link. */
typedef struct
{
  gint64 after;
  guint limit;
} HabPage;

gboolean hab_json_read_page (HabRequest *request, HabPage *page,
    GError **error);
/* Called where there may be more behind the row with this id. */
void hab_json_link_next (HabReply *reply, HabRequest *request, guint limit,
    gint64 last);

G_END_DECLS
