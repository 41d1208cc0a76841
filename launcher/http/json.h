/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "catalog.h"
#include "request.h"

G_BEGIN_DECLS

/* Members of an object that is being built. NULL text is null. */
void hab_json_add_text (JsonBuilder *builder, const gchar *name,
    const gchar *text);
void hab_json_add_int (JsonBuilder *builder, const gchar *name,
    gint64 number);
void hab_json_add_double (JsonBuilder *builder, const gchar *name,
    gdouble number);
void hab_json_add_bool (JsonBuilder *builder, const gchar *name,
    gboolean value);
void hab_json_add_null (JsonBuilder *builder, const gchar *name);
/* A time of day as RFC 3339 in UTC. */
void hab_json_add_time (JsonBuilder *builder, const gchar *name, gint64 us);
/* A time of media in seconds; null where it is negative. */
void hab_json_add_seconds (JsonBuilder *builder, const gchar *name,
    gint64 ns);

/* The body of a request: an object, small and flat. */
JsonNode *hab_json_read_body (HabRequest *request, GError **error);

/* Members of it. FALSE with a 400 where one is of another type. */
gboolean hab_json_get_text (JsonObject *object, const gchar *name,
    const gchar **text, GError **error);      /* NULL where absent */
gboolean hab_json_get_number (JsonObject *object, const gchar *name,
    gdouble minimum, gdouble maximum, gdouble fallback, gdouble *number,
    GError **error);
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
