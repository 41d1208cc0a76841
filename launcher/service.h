/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "settings.h"
#include "tokens.h"

G_BEGIN_DECLS

/* The service: makes and owns all there is while it runs, and gives each part
 * what that part works with. Main thread. */
typedef struct _HabService HabService;

/* Opens the data folder and puts in order what a service that died left
 * behind. settings must outlive it. */
HabService *hab_service_new (const HabSettings *settings, GError **error);
/* After it has stopped. */
void hab_service_free (HabService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabService, hab_service_free)

/* What is asked for from now on; NULL: none. Sessions of tokens that are not
 * there any more end. Takes tokens. */
void hab_service_set_tokens (HabService *service, HabTokens *tokens);

/* By which both listeners speak TLS from now on, where the settings say that
 * they do; connections that are there go on. */
void hab_service_set_certificate (HabService *service,
    GTlsCertificate *certificate);
/* For the metrics: whether what this is (constant) was read again. */
void hab_service_tell_reload (HabService *service, const gchar *kind,
    gboolean successful);

/* Opens the listeners and begins with what waits in the queue. */
gboolean hab_service_start (HabService *service, GError **error);
/* Begins no more packages and waits for those that are being made as long as
 * the settings say, still answering; then, or when it is called again, ends the
 * requests and the children, and packages go back to the queue. Calls stopped
 * when that is done. */
void hab_service_stop (HabService *service, void (*stopped) (gpointer data),
    gpointer data);

const HabSettings *hab_service_get_settings (HabService *service);
/* Where the API and delivery are, for a client who reached the service at this
 * host; without a slash at the end. */
gchar *hab_service_build_api_url (HabService *service, const gchar *host);
gchar *hab_service_build_delivery_url (HabService *service,
    const gchar *host);

G_END_DECLS
