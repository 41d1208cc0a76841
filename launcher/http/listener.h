/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-types.h"
#include "http-context.h"

G_BEGIN_DECLS

/* One HTTP listener: lets requests in or not, finds their route, collects
 * their body and hands them to the route's handler. Main thread. */
typedef struct _HabListener HabListener;

/* tables: NULL-terminated, constant; in each route the method NULL ends. */
HabListener *hab_listener_new (const HabHttpContext *context,
    HabListenerKind kind, const HabRoute *const *tables);
void hab_listener_free (HabListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabListener, hab_listener_free)

/* By which connections that come from now on speak TLS; before the listener
 * listens, where the settings have one. */
void hab_listener_set_certificate (HabListener *listener,
    GTlsCertificate *certificate);
/* On the sockets (nullable, element-type GSocket), else where the settings
 * say; port 0 takes a free one. */
gboolean hab_listener_listen (HabListener *listener, GPtrArray *sockets,
    guint port, GError **error);
/* Takes no more requests and ends those that are on their way. */
void hab_listener_stop (HabListener *listener);
guint hab_listener_get_port (HabListener *listener);

G_END_DECLS
