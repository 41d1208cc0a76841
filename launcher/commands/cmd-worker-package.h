/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The task "package" of a child: makes what job asks for, and tells by records
 * how far it is. FALSE with a HAB_MEDIA_ERROR, or with what is wrong with the
 * job. */
gboolean hab_worker_package (JsonObject *job, GError **error);

G_END_DECLS
