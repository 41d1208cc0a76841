/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* With the zero behind it. */
#define HAB_HTTP_DATE_SIZE 30

/* An IMF-fixdate (RFC 9110, section 5.6.7) of seconds since 1970; of the first
 * or last second that has one where it is before or after them all. */
void hab_http_date_format (gint64 seconds, gchar text[HAB_HTTP_DATE_SIZE]);

G_END_DECLS
