/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "data-dir.h"
#include "delivery-address.h"
#include "disk-space.h"
#include "sessions.h"
#include "metrics.h"
#include "settings.h"
#include "signer.h"
#include "store.h"
#include "worker.h"

G_BEGIN_DECLS

/* The service: owns everything and is handed around instead of globals. Main
 * thread, except for what is constant once it was made: settings, hosts and
 * the data folder. */
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

/* Opens the listeners and begins with what waits in the queue. */
gboolean hab_service_start (HabService *service, GError **error);
/* Begins no more packages and waits for those that are being made as long as
 * the settings say, still answering; then, or when it is called again, ends the
 * requests and the children, and packages go back to the queue. Calls stopped
 * when that is done. */
void hab_service_stop (HabService *service, void (*stopped) (gpointer data),
    gpointer data);
/* For the parts that a stop waits for: one may have ended. */
void hab_service_check_idle (HabService *service);

const HabSettings *hab_service_get_settings (HabService *service);
HabDataDir *hab_service_get_data_dir (HabService *service);
HabDiskSpace *hab_service_get_space (HabService *service);
HabStore *hab_service_get_store (HabService *service);
HabMetrics *hab_service_get_metrics (HabService *service);
struct _HabProbe *hab_service_get_probe (HabService *service);
/* Whether it takes no new work. */
gboolean hab_service_is_stopping (HabService *service);
/* Children that somebody waits for: indexing, cutting. */
HabWorkers *hab_service_get_readers (HabService *service);
/* Uploads that can be resumed. */
struct _HabPartials *hab_service_get_partials (HabService *service);
struct _HabQueue *hab_service_get_queue (HabService *service);
/* Where changes of packages are told. */
struct _HabFeed *hab_service_get_feed (HabService *service);
struct _HabCutter *hab_service_get_cutter (HabService *service);
/* Main thread: (nullable) the tokens, of which a client must send one; and who
 * has signed in. */
HabTokens *hab_service_get_tokens (HabService *service);
HabSessions *hab_service_get_sessions (HabService *service);
/* Makes and checks viewer tokens; every thread may use it. */
const HabSigner *hab_service_get_signer (HabService *service);
/* Cancelled when the service stops. */
GCancellable *hab_service_get_cancellable (HabService *service);

/* The names beside localhost and addresses as which it may be asked for. */
const gchar *const *hab_service_get_hosts (HabService *service);

/* Where the API and delivery are, for a client who reached the service at this
 * host; without a slash at the end. */
gchar *hab_service_build_api_url (HabService *service, const gchar *host);
gchar *hab_service_build_delivery_url (HabService *service,
    const gchar *host);
/* Sets what signs the address, where delivery is signed. */
void hab_service_sign_addresses (HabService *service,
    HabDeliveryAddress *address);

G_END_DECLS
