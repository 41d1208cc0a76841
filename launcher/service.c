/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "service.h"

#include "callbacks.h"
#include "clock.h"
#include "delivery-address.h"
#include "http-context.h"
#include "jobs-context.h"
#include "keys.h"
#include "listener.h"
#include "master-key.h"
#include "media-scan.h"
#include "published.h"
#include "resources.h"
#include "retention.h"

/* How often leftovers are looked for, and how old they must be. An upload on
 * its way is written to all the time. */
#define EXPIRY_INTERVAL_SECONDS 600
#define INCOMING_MAX_AGE_SECONDS 3600

struct _HabService
{
  const HabSettings *settings;
  HabDataDir *dir;
  HabInputFiles *files;
  HabDiskSpace *space;
  HabStore *store;
  HabMetrics *metrics;
  HabForkServer *fork_server; /* or NULL */
  HabWorkers *readers;
  HabProbe *probe;
  HabFeed *feed;
  HabPublished *published;
  HabResumables *resumables;
  HabQueue *queue;
  HabCallbacks *callbacks;
  HabCache *cache;
  HabCutter *cutter;
  HabRetention *retention;
  HabMediaScan *media;
  HabListener *api, *delivery;
  HabTokens *tokens; /* or NULL */
  HabJobsContext jobs;
  HabHttpContext http;
  HabSessions *sessions;
  HabSigner *signer;
  GCancellable *cancellable;
  GPtrArray *hosts; /* of gchar *, NULL at the end */
  guint expiry_id;

  void (*stopped) (gpointer data); /* while it stops */
  gpointer stopped_data;
  guint drain_id; /* while it waits for packages */
  guint idle_id;  /* until it is looked whether all has ended */
  gboolean ending; /* it waits no more */
};

/* --- putting in order ------------------------------------------------- */

/* Takes names. */
static void
add_all (GHashTable *set, GArray *names)
{
  g_autoptr (GArray) owned = names;

  for (guint i = 0; owned != NULL && i < owned->len; i++)
    g_hash_table_add (set,
        g_steal_pointer (&g_array_index (owned, gchar *, i)));
}

/* Both run in the store's thread. */
static gpointer
list_storage_names (HabVault *vault, gpointer data, GError **error)
{
  add_all (data, hab_catalog_list_storages (vault->catalog, error));
  return NULL;
}

static gpointer
list_ready_codes (HabVault *vault, gpointer data, GError **error)
{
  add_all (data, hab_catalog_list_ready_codes (vault->catalog, error));
  return NULL;
}

/* A package's folder is moved when its child said that it is whole: what is
 * there needs not be made again. */
static gchar *
find_output (const HabPackage *package, gpointer data)
{
  g_autofree gchar *folder = hab_data_dir_build_folder_path (data,
      HAB_FOLDER_PACKAGES, package->code);
  gchar *manifest = g_build_filename (folder, HAB_PATH_MANIFEST, NULL);

  if (!g_file_test (manifest, G_FILE_TEST_IS_REGULAR))
    g_clear_pointer (&manifest, g_free);
  return manifest;
}

static gpointer
recover (HabVault *vault, gpointer data, GError **error)
{
  gint waiting =
      hab_catalog_recover (vault->catalog, find_output, data, error);

  if (waiting > 0)
    g_message ("%d packages were being made and wait again", waiting);
  return NULL;
}

static gboolean
is_listed (const gchar *name, gpointer data)
{
  return g_hash_table_contains (data, name);
}

/* (transfer full): what func lists of the catalog. */
static GHashTable *
list_known (HabService *self, HabStoreFunc func, GError **error)
{
  g_autoptr (GHashTable) names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GError *failure = NULL;

  hab_store_call (self->store, func, names, &failure);
  if (failure == NULL)
    return g_steal_pointer (&names);
  g_propagate_error (error, failure);
  return NULL;
}

/* Removes what the catalog, as func lists it, does not know. */
static gboolean
sweep_unlisted (HabService *self, HabFolder folder, HabStoreFunc func,
    GError **error)
{
  g_autoptr (GHashTable) names = list_known (self, func, error);

  if (names != NULL)
    hab_data_dir_sweep (self->dir, folder, is_listed, names);
  return names != NULL;
}

static gboolean
open_cache (HabService *self, GError **error)
{
  g_autoptr (GHashTable) owners =
      list_known (self, list_storage_names, error);

  if (owners != NULL)
    self->cache =
        hab_cache_new (self->dir, self->settings->cache_size, owners);
  return owners != NULL;
}

static gboolean
put_in_order (HabService *self, gboolean is_new, GError **error)
{
  GError *failure = NULL;

  hab_store_call (self->store, recover, self->dir, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  hab_data_dir_sweep (self->dir, HAB_FOLDER_INCOMING, NULL, NULL);
  hab_data_dir_sweep (self->dir, HAB_FOLDER_WORK, NULL, NULL);
  /* A catalog that was just made knows nothing. Whoever lost theirs keeps the
   * files. */
  if (is_new)
    return TRUE;
  return sweep_unlisted (self, HAB_FOLDER_INPUTS, list_storage_names,
             error) &&
      sweep_unlisted (self, HAB_FOLDER_PACKAGES, list_ready_codes, error);
}

/* In the store's thread. */
static gpointer
reserve (HabVault *vault, gpointer data, GError **error)
{
  hab_catalog_reserve (vault->catalog, error);
  return NULL;
}

static void
on_reserved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_message ("%s", error->message);
}

static gboolean
on_expiry (gpointer data)
{
  HabService *self = data;

  /* The times of files are the day's clock's. */
  if (hab_clock_is_steady ())
    hab_data_dir_expire (self->dir, HAB_FOLDER_INCOMING,
        INCOMING_MAX_AGE_SECONDS);
  hab_retention_run (self->retention);
  hab_store_call_async (self->store, reserve, NULL, NULL, on_reserved, NULL);
  return G_SOURCE_CONTINUE;
}

/* --- the service ------------------------------------------------------ */

static HabStore *
open_store (const gchar *data_dir, const gchar *catalog_path, GError **error)
{
  gboolean own;
  g_autofree gchar *key_path = hab_master_key_find (data_dir, &own);

  return hab_store_new (catalog_path, key_path, own, error);
}

/* In the store's thread. */
static gpointer
make_signer (HabVault *vault, gpointer data, GError **error)
{
  guint8 key[HAB_SIGNER_KEY_SIZE];
  HabSigner *signer;

  hab_seal_derive (vault->seal, "viewer tokens", key);
  signer = hab_signer_new (key);
  hab_key_wipe (key, sizeof key);
  return signer;
}

static void
add_host_of_url (GPtrArray *hosts, const gchar *url)
{
  g_autoptr (GUri) uri =
      url != NULL ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;

  if (uri != NULL && g_uri_get_host (uri) != NULL)
    g_ptr_array_add (hosts, g_strdup (g_uri_get_host (uri)));
}

static GPtrArray *
collect_hosts (const HabSettings *settings)
{
  GPtrArray *hosts = g_ptr_array_new_with_free_func (g_free);

  add_host_of_url (hosts, settings->public_url);
  add_host_of_url (hosts, settings->public_delivery_url);
  for (gchar **host = settings->allowed_hosts; host != NULL && *host != NULL;
       host++)
    g_ptr_array_add (hosts, g_strdup (*host));
  g_ptr_array_add (hosts, NULL);
  return hosts;
}

static void check_idle (gpointer data);

static void
service_end (HabService *self)
{
  if (self->ending)
    return;
  self->ending = TRUE;
  g_clear_handle_id (&self->drain_id, g_source_remove);
  hab_callbacks_stop (self->callbacks);
  hab_listener_stop (self->api);
  hab_listener_stop (self->delivery);
  g_cancellable_cancel (self->cancellable);
  check_idle (self);
}

/* When no child is left that might have to be forked, and then its parent. */
static gboolean
is_forking_over (HabService *self)
{
  if (self->fork_server == NULL)
    return TRUE;
  hab_fork_server_stop (self->fork_server);
  return hab_fork_server_is_idle (self->fork_server);
}

static gboolean
on_idle (gpointer data)
{
  HabService *self = data;

  self->idle_id = 0;
  if (!hab_queue_is_idle (self->queue))
    return G_SOURCE_REMOVE;
  if (!self->ending)
    service_end (self);
  else if (hab_callbacks_is_idle (self->callbacks) &&
      hab_workers_is_idle (self->readers) && is_forking_over (self) &&
      hab_media_scan_is_idle (self->media))
    self->stopped (self->stopped_data);
  return G_SOURCE_REMOVE;
}

/* One of those that a stop waits for may have ended. Behind everything else: who
 * asked for work is told of its end, and removes what it left, by sources of the
 * default priority. */
static void
check_idle (gpointer data)
{
  HabService *self = data;

  if (self->stopped != NULL && self->idle_id == 0)
    self->idle_id = g_idle_add_full (G_PRIORITY_LOW, on_idle, self, NULL);
}

static gboolean
make_jobs (HabService *self, GError **error)
{
  self->jobs = (HabJobsContext) {
    .settings = self->settings,
    .dir = self->dir,
    .files = self->files,
    .store = self->store,
    .metrics = self->metrics,
    .cache = self->cache,
    .feed = self->feed,
    .readers = self->readers,
    .signer = self->signer,
    .cancellable = self->cancellable,
    .check_idle = check_idle,
    .check_idle_data = self,
  };
  self->resumables = hab_resumables_new (&self->jobs, error);
  if (self->resumables == NULL)
    return FALSE;
  self->probe = hab_probe_new (self->readers);
  self->queue = hab_queue_new (&self->jobs, self->settings->jobs);
  hab_workers_set_fork_server (self->readers, self->fork_server);
  hab_workers_set_fork_server (hab_queue_get_packagers (self->queue),
      self->fork_server);
  self->callbacks = hab_callbacks_new (&self->jobs);
  self->cutter = hab_cutter_new (&self->jobs);
  self->retention = hab_retention_new (&self->jobs);
  self->media = hab_media_scan_new (&self->jobs, error);
  return self->media != NULL;
}

static void
make_listeners (HabService *self)
{
  self->http = (HabHttpContext) {
    .settings = self->settings,
    .dir = self->dir,
    .space = self->space,
    .store = self->store,
    .metrics = self->metrics,
    .feed = self->feed,
    .published = self->published,
    .readers = self->readers,
    .probe = self->probe,
    .resumables = self->resumables,
    .queue = self->queue,
    .cache = self->cache,
    .cutter = self->cutter,
    .jobs = &self->jobs,
    .sessions = self->sessions,
    .signer = self->signer,
    .cancellable = self->cancellable,
    .hosts = (const gchar *const *) self->hosts->pdata,
  };
  self->api = hab_listener_new (&self->http, HAB_LISTENER_API, hab_api_routes);
  self->delivery = hab_listener_new (&self->http, HAB_LISTENER_DELIVERY,
      hab_delivery_routes);
}

HabService *
hab_service_new (const HabSettings *settings, GError **error)
{
  g_autoptr (HabService) self = g_new0 (HabService, 1);
  g_autofree gchar *catalog_path = NULL;
  gboolean is_new;

  self->settings = settings;
  self->metrics = hab_metrics_new ();
  hab_metrics_set (self->metrics, HAB_METRIC_START_TIME, NULL,
      g_get_real_time () / 1e6);
  self->cancellable = g_cancellable_new ();
  self->hosts = collect_hosts (settings);
  self->sessions = hab_sessions_new ();
  self->dir = hab_data_dir_open (settings->data_dir, error);
  if (self->dir == NULL)
    return NULL;
  self->files = hab_input_files_new (self->dir);
  self->space = hab_disk_space_new (self->dir);
  catalog_path = hab_data_dir_build_path (self->dir, "catalog.sqlite");
  is_new = !g_file_test (catalog_path, G_FILE_TEST_EXISTS);
  self->store = open_store (settings->data_dir, catalog_path, error);
  if (self->store == NULL || !put_in_order (self, is_new, error) ||
      !open_cache (self, error))
    return NULL;
  self->signer = hab_store_call (self->store, make_signer, NULL, NULL);
  self->readers = hab_workers_new (MAX (settings->jobs, 2));
  hab_workers_set_ended (self->readers, check_idle, self);
  if (settings->fork_children)
    self->fork_server = hab_fork_server_new (check_idle, self);
  self->feed = hab_feed_new ();
  self->published = hab_published_new (self->feed);
  if (!make_jobs (self, error))
    return NULL;
  make_listeners (self);
  return g_steal_pointer (&self);
}

void
hab_service_free (HabService *self)
{
  g_clear_handle_id (&self->expiry_id, g_source_remove);
  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_clear_pointer (&self->api, hab_listener_free);
  g_clear_pointer (&self->delivery, hab_listener_free);
  g_clear_pointer (&self->store, hab_store_free);
  g_clear_pointer (&self->resumables, hab_resumables_free);
  g_clear_pointer (&self->media, hab_media_scan_free);
  g_clear_pointer (&self->retention, hab_retention_free);
  g_clear_pointer (&self->cutter, hab_cutter_free);
  g_clear_pointer (&self->cache, hab_cache_free);
  g_clear_pointer (&self->callbacks, hab_callbacks_free);
  g_clear_pointer (&self->queue, hab_queue_free);
  g_clear_pointer (&self->published, hab_published_free);
  g_clear_pointer (&self->feed, hab_feed_free);
  g_clear_pointer (&self->probe, hab_probe_free);
  g_clear_pointer (&self->readers, hab_workers_free);
  g_clear_pointer (&self->fork_server, hab_fork_server_free);
  g_clear_pointer (&self->space, hab_disk_space_free);
  g_clear_pointer (&self->files, hab_input_files_free);
  g_clear_pointer (&self->dir, hab_data_dir_free);
  g_clear_pointer (&self->sessions, hab_sessions_free);
  g_clear_pointer (&self->signer, hab_signer_free);
  g_clear_pointer (&self->tokens, hab_tokens_free);
  g_clear_pointer (&self->metrics, hab_metrics_free);
  g_ptr_array_unref (self->hosts);
  g_object_unref (self->cancellable);
  g_free (self);
}

void
hab_service_set_tokens (HabService *self, HabTokens *tokens)
{
  hab_tokens_free (self->tokens);
  self->tokens = self->http.tokens = tokens;
}

void
hab_service_set_certificate (HabService *self, GTlsCertificate *certificate)
{
  g_autoptr (GDateTime) end =
      g_tls_certificate_get_not_valid_after (certificate);

  hab_listener_set_certificate (self->api, certificate);
  hab_listener_set_certificate (self->delivery, certificate);
  if (end != NULL)
    hab_metrics_set (self->metrics, HAB_METRIC_TLS_EXPIRY, NULL,
        g_date_time_to_unix (end));
}

void
hab_service_tell_reload (HabService *self, const gchar *kind,
    gboolean successful)
{
  g_autofree gchar *label = hab_metrics_labels ("kind", kind, NULL);

  hab_metrics_set (self->metrics, HAB_METRIC_RELOAD_SUCCESSFUL, label,
      successful ? 1 : 0);
}

gboolean
hab_service_start (HabService *self, GError **error)
{
  const HabSettings *settings = self->settings;

  if (!hab_listener_listen (self->api, settings->api_sockets, settings->port,
          error) ||
      !hab_listener_listen (self->delivery, settings->delivery_sockets,
          settings->delivery_port, error))
    return FALSE;
  self->http.ports[HAB_LISTENER_API] = hab_listener_get_port (self->api);
  self->http.ports[HAB_LISTENER_DELIVERY] =
      hab_listener_get_port (self->delivery);
  self->expiry_id =
      g_timeout_add_seconds (EXPIRY_INTERVAL_SECONDS, on_expiry, self);
  hab_store_call_async (self->store, reserve, NULL, NULL, on_reserved, NULL);
  if (self->fork_server != NULL)
    hab_fork_server_start (self->fork_server);
  hab_resumables_start (self->resumables);
  hab_retention_run (self->retention);
  hab_media_scan_start (self->media);
  hab_queue_kick (self->queue);
  hab_callbacks_kick (self->callbacks);
  return TRUE;
}

static gboolean
on_drained (gpointer data)
{
  HabService *self = data;

  self->drain_id = 0;
  g_message ("packages are not done in time; they wait for the next start");
  service_end (self);
  return G_SOURCE_REMOVE;
}

void
hab_service_stop (HabService *self, void (*stopped) (gpointer data),
    gpointer data)
{
  gboolean again = self->stopped != NULL;

  self->stopped = stopped;
  self->stopped_data = data;
  hab_queue_stop (self->queue);
  if (again || self->settings->stop_timeout <= 0 ||
      hab_queue_is_idle (self->queue))
    service_end (self);
  else
    self->drain_id = g_timeout_add (self->settings->stop_timeout * 1000,
        on_drained, self);
}

const HabSettings *
hab_service_get_settings (HabService *self)
{
  return self->settings;
}

gchar *
hab_service_build_api_url (HabService *self, const gchar *host)
{
  return hab_http_context_build_url (&self->http, HAB_LISTENER_API, NULL, host);
}

gchar *
hab_service_build_delivery_url (HabService *self, const gchar *host)
{
  return hab_http_context_build_url (&self->http, HAB_LISTENER_DELIVERY, NULL,
      host);
}
