/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "media.h"

G_BEGIN_DECLS

/* (transfer full): the options of a package (see package-options.h) that object
 * asks for, as the catalog keeps them. What is as by default is left out, so
 * that a request is the same request when there are more options to ask for.
 * NULL with a 400. */
gchar *hab_option_request_read (JsonObject *object, HabEncrypt encrypt,
    GError **error);

G_END_DECLS
