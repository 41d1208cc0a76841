/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a service manager such as systemd hands a service and wants to hear of
 * it, by the protocols of sd_listen_fds(3), sd_notify(3) and sd-daemon(3).
 * Nothing happens where there is none. */

/* Tells it state, such as "READY=1" or "STOPPING=1"; lines may follow. */
void hab_service_manager_notify (const gchar *state);

/* The sockets that it opened for us under this name, (element-type GSocket),
 * or NULL where there are none. They are handed out once; children never see
 * them. A socket that does not listen is an error. */
GPtrArray *hab_service_manager_take_sockets (const gchar *name,
    GError **error);

/* Whether the standard error is the journal, which takes a priority in front
 * of each line. */
gboolean hab_service_manager_has_journal (void);

G_END_DECLS
