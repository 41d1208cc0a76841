/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callbacks.h"

#include <libsoup/soup.h>
#include <string.h>

#include "backoff.h"
#include "callback-rules.h"
#include "claimer.h"
#include "clock.h"
#include "feed.h"
#include "package-json.h"

#define MAX_RUNNING 4
#define MAX_ATTEMPTS 10
#define MAX_DELAY_SECONDS (HAB_CATALOG_MAX_WAIT_US / G_USEC_PER_SEC)
/* Without a byte, and altogether. */
#define IDLE_TIMEOUT_SECONDS 10
#define TIMEOUT_SECONDS 30
/* When one is due again whose attempt never came to an end. */
#define LEASE_US (2 * TIMEOUT_SECONDS * G_USEC_PER_SEC)

struct _HabCallbacks
{
  const HabJobsContext *context;
  HabClaimer *claimer;
  SoupSession *session;
  guint follow_id;
  guint running;
};

/* One attempt. */
typedef struct
{
  HabCallbacks *callbacks;
  HabCallback *callback;
  gchar *body;
  GCancellable *cancellable;
  guint deadline_id;
  gulong stop_id;

  /* what became of it */
  HabCallbackStatus status;
  gint64 due_us;
  gchar *reason;
} Attempt;

static void
attempt_free (Attempt *self)
{
  g_clear_handle_id (&self->deadline_id, g_source_remove);
  hab_callback_free (self->callback);
  g_clear_object (&self->cancellable);
  g_free (self->body);
  g_free (self->reason);
  g_free (self);
}

/* --- the end of an attempt ----------------------------------------------- */

/* In the store's thread. */
static gpointer
store_attempt (HabVault *vault, gpointer data, GError **error)
{
  Attempt *self = data;

  hab_catalog_set_callback (vault->catalog, self->callback->package_id,
      self->status, self->due_us, self->reason, error);
  return NULL;
}

/* Where the catalog cannot be written, the lease makes it be due again. */
static void
on_stored (GObject *source, GAsyncResult *result, gpointer data)
{
  Attempt *self = data;
  HabCallbacks *callbacks = self->callbacks;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("callback of package %" G_GINT64_FORMAT ": %s",
        self->callback->package_id, error->message);
  hab_feed_tell (callbacks->context->feed,
      self->callback->package_id, HAB_CHANGE_PROGRESS);
  attempt_free (self);
  callbacks->running--;
  hab_callbacks_kick (callbacks);
  hab_jobs_context_check_idle (callbacks->context);
}

static void
attempt_end (Attempt *self)
{
  hab_store_call_async (self->callbacks->context->store,
      store_attempt, self, NULL, on_stored, self);
}

/* Takes reason. An attempt that the service's stop broke off is made again at
 * the next start. */
static void
attempt_fail (Attempt *self, gchar *reason)
{
  const HabSettings *settings = self->callbacks->context->settings;

  self->reason = reason;
  if (hab_claimer_is_stopped (self->callbacks->claimer))
    self->due_us = hab_clock_now ();
  else if (self->callback->attempts >= MAX_ATTEMPTS)
    self->status = HAB_CALLBACK_FAILED;
  else
    self->due_us = hab_clock_now () +
        hab_backoff_get_delay (settings->retry_delay, self->callback->attempts,
            MAX_DELAY_SECONDS);
  attempt_end (self);
}

/* --- an attempt ------------------------------------------------------------ */

static void
on_service_cancelled (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

static gboolean
on_deadline (gpointer data)
{
  Attempt *self = data;

  self->deadline_id = 0;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

/* What the other side says beside its status is not read. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Attempt *self = data;
  SoupMessage *message =
      soup_session_get_async_result_message (SOUP_SESSION (source), result);
  guint status = soup_message_get_status (message);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) answer =
      soup_session_send_finish (SOUP_SESSION (source), result, &error);

  g_signal_handler_disconnect (
      self->callbacks->context->cancellable, self->stop_id);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    attempt_fail (self, g_strdup ("no answer in time"));
  else if (error != NULL)
    attempt_fail (self, g_strdup (error->message));
  else if (!SOUP_STATUS_IS_SUCCESSFUL (status))
    attempt_fail (self, g_strdup_printf ("answered with status %u", status));
  else {
    self->status = HAB_CALLBACK_DELIVERED;
    attempt_end (self);
  }
}

static SoupMessage *
make_message (Attempt *self)
{
  const HabSettings *settings = self->callbacks->context->settings;
  SoupMessage *message = soup_message_new ("POST", self->callback->url);
  g_autoptr (GBytes) body = g_bytes_new (self->body, strlen (self->body));
  g_autofree gchar *signature = hab_callback_sign (settings->callback_secret,
      g_get_real_time () / G_USEC_PER_SEC, self->body);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_set_request_body_from_bytes (message, "application/json", body);
  soup_message_headers_replace (soup_message_get_request_headers (message),
      "Haberdash-Signature", signature);
  return message;
}

static void
attempt_send (Attempt *self)
{
  g_autoptr (SoupMessage) message = make_message (self);

  self->cancellable = g_cancellable_new ();
  self->deadline_id =
      g_timeout_add_seconds (TIMEOUT_SECONDS, on_deadline, self);
  self->stop_id = g_signal_connect (
      self->callbacks->context->cancellable, "cancelled",
      G_CALLBACK (on_service_cancelled), self->cancellable);
  if (hab_claimer_is_stopped (self->callbacks->claimer))
    g_cancellable_cancel (self->cancellable);
  soup_session_send_async (self->callbacks->session, message,
      G_PRIORITY_DEFAULT, self->cancellable, on_sent, self);
}

/* The operator may have changed their mind since it was asked for. */
static void
attempt_start (gpointer attempt, gpointer data)
{
  Attempt *self = attempt;
  const HabSettings *settings = self->callbacks->context->settings;

  self->callbacks->running++;
  if (hab_callback_url_check (self->callback->url,
          (const gchar *const *) settings->callback_hosts) ==
      HAB_CALLBACK_URL_ALLOWED) {
    attempt_send (self);
    return;
  }
  self->status = HAB_CALLBACK_FAILED;
  self->reason = g_strdup ("the service is not allowed to call this host any "
                           "more; start it with --callback-host");
  attempt_end (self);
}

/* --- claiming -------------------------------------------------------------- */

static gchar *
make_body (HabCallbacks *self, HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (HabPackage) package =
      hab_catalog_get_package (catalog, package_id, error);
  g_auto (HabPackageJson) json = { 0 };
  g_autoptr (GString) text = g_string_new (NULL);

  if (package == NULL)
    return NULL;
  hab_delivery_address_init_of_package (&json.address, package);
  hab_delivery_address_set_signer (&json.address, self->context->settings,
      self->context->signer);
  return hab_package_json_append_whole (&json, text, catalog, package, FALSE,
             error)
      ? g_string_free (g_steal_pointer (&text), FALSE)
      : NULL;
}

/* In the store's thread: an Attempt. */
static gpointer
claim (HabVault *vault, gint64 *next_us, gpointer data, GError **error)
{
  HabCallbacks *self = data;
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabCallback) callback =
      hab_catalog_claim_callback (vault->catalog, LEASE_US, &failure);
  Attempt *attempt;
  gchar *body;

  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  if (callback == NULL) {
    hab_catalog_get_next_callback (vault->catalog, next_us, error);
    return NULL;
  }
  body = make_body (self, vault->catalog, callback->package_id, error);
  if (body == NULL)
    return NULL;
  attempt = g_new0 (Attempt, 1);
  attempt->callbacks = self;
  attempt->callback = g_steal_pointer (&callback);
  attempt->body = body;
  return attempt;
}

static gboolean
has_room (gpointer data)
{
  HabCallbacks *self = data;

  return self->running < MAX_RUNNING;
}

static const HabClaimerType claimer_type = {
  .claim = claim,
  .has_room = has_room,
  .start = attempt_start,
  .free = (GDestroyNotify) attempt_free,
  .warning = "Cannot look for callbacks",
};

/* --- the whole --------------------------------------------------------------- */

static void
on_change (gint64 package_id, HabChange change, gpointer data)
{
  if (change == HAB_CHANGE_END)
    hab_callbacks_kick (data);
}

HabCallbacks *
hab_callbacks_new (const HabJobsContext *context)
{
  HabCallbacks *self = g_new0 (HabCallbacks, 1);

  self->context = context;
  self->claimer = hab_claimer_new (context, &claimer_type, self);
  /* No proxy: the hosts that are allowed are asked themselves. */
  self->session = soup_session_new_with_options (
      "timeout", IDLE_TIMEOUT_SECONDS, "max-conns", MAX_RUNNING,
      "user-agent", "haberdash", "proxy-resolver", NULL, NULL);
  self->follow_id = hab_feed_follow (context->feed, 0, on_change, self);
  return self;
}

void
hab_callbacks_free (HabCallbacks *self)
{
  if (self == NULL)
    return;
  hab_claimer_free (self->claimer);
  hab_feed_unfollow (self->context->feed, self->follow_id);
  g_object_unref (self->session);
  g_free (self);
}

void
hab_callbacks_kick (HabCallbacks *self)
{
  hab_claimer_kick (self->claimer);
}

void
hab_callbacks_stop (HabCallbacks *self)
{
  hab_claimer_stop (self->claimer);
}

gboolean
hab_callbacks_is_idle (HabCallbacks *self)
{
  return hab_claimer_is_idle (self->claimer) && self->running == 0;
}
