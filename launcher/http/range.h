/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  HAB_RANGE_WHOLE,         /* none asked for, or one to be ignored */
  HAB_RANGE_PART,          /* start and length say which */
  HAB_RANGE_UNSATISFIABLE, /* 416 */
} HabRangeKind;

/* What a Range header (NULL: none) asks of a file of size bytes. One range is
 * served; several, other units and malformed ones are ignored, as RFC 9110
 * allows. */
HabRangeKind hab_range_parse (const gchar *header, guint64 size,
    guint64 *start, guint64 *length);

/* Whether If-Range (NULL: none) lets a Range stand for a file with this
 * strong ETag and this time of change. */
gboolean hab_range_if_range (const gchar *header, const gchar *etag,
    gint64 modified_seconds);

/* Whether an If-None-Match list names the ETag. */
gboolean hab_range_none_match (const gchar *header, const gchar *etag);

G_END_DECLS
