/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "feed.h"
#include "json-text.h"
#include "list-request.h"
#include "log.h"
#include "package-json.h"
#include "package-request.h"
#include "pages.h"
#include "problem.h"
#include "queue.h"
#include "request.h"
#include "resources.h"

#define MAX_WAIT_SECONDS 300

static HabReply *
reply_package (guint status, HabRequest *request, HabCatalog *catalog,
    const HabPackage *package, GError **error)
{
  g_auto (HabPackageJson) json = { 0 };
  g_autoptr (GString) text = g_string_new (NULL);

  hab_request_get_delivery_address (request, &json.address);
  return hab_package_json_append_whole (&json, text, catalog, package, TRUE,
             error)
      ? hab_reply_new_json_text (status, g_steal_pointer (&text))
      : NULL;
}

/* --- GET -------------------------------------------------------------- */

static HabReply *
list (HabRequest *request, HabVault *vault, GError **error)
{
  static const gchar *const sorts[] = {
    [HAB_SORT_ID] = "id", [HAB_SORT_NAME] = "name", NULL
  };
  g_autoptr (GString) text = g_string_new ("[");
  g_auto (HabPackageJson) json = { 0 };
  g_autoptr (GPtrArray) packages = NULL;
  g_auto (HabListRequest) wanted = { 0 };
  HabPackage *package = NULL;
  HabReply *reply;
  guint64 total;

  if (!hab_list_request_read (&wanted, request, sorts, error))
    return NULL;
  packages =
      hab_catalog_find_packages (vault->catalog, &wanted.query, &total, error);
  if (packages == NULL)
    return NULL;
  hab_request_get_delivery_address (request, &json.address);
  for (guint i = 0; i < packages->len; i++) {
    package = g_ptr_array_index (packages, i);
    hab_package_json_append (&json, text, package);
  }
  hab_json_text_close (text, ']');
  reply = hab_reply_new_json_text (SOUP_STATUS_OK, g_steal_pointer (&text));
  hab_list_request_announce (&wanted, request, reply, total, packages->len,
      package != NULL ? package->id : 0);
  return reply;
}

static HabReply *
get_one (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabPackage) package =
      hab_request_load_package (request, vault, error);

  if (package == NULL)
    return NULL;
  return reply_package (SOUP_STATUS_OK, request, vault->catalog, package,
      error);
}

static HabReply *
get_player (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabPackage) package =
      hab_request_load_package (request, vault, error);

  return package != NULL ? hab_pages_reply ("player.html", error) : NULL;
}

/* --- requests that go through both threads ---------------------------- */

/* What the store's thread found out for a request that goes on in the main
 * thread. */
typedef struct _Post
{
  HabRequest *request;
  HabPackageRequest *wanted; /* of a POST */
  gint priority;             /* of a PATCH */
  gint64 id;
  gchar *owner;              /* of a DELETE */
  gboolean final;
  HabReply *reply;
  void (*tell) (struct _Post *self); /* of a change that was made */
  guint follow_id, deadline_id;
} Post;

static Post *
post_new (HabRequest *request)
{
  Post *self = g_new0 (Post, 1);

  self->request = hab_request_ref (request);
  return self;
}

static void
post_end (Post *self, GError *error)
{
  if (self->reply != NULL)
    hab_request_reply (self->request, g_steal_pointer (&self->reply));
  else
    hab_request_fail (self->request, error);
  hab_request_unref (self->request);
  g_clear_pointer (&self->wanted, hab_package_request_free);
  g_free (self->owner);
  g_free (self);
}

static HabQueue *
post_get_queue (Post *self)
{
  return hab_request_get_context (self->request)->queue;
}

static HabFeed *
post_get_feed (Post *self)
{
  return hab_request_get_context (self->request)->feed;
}

static void
post_call_store (Post *self, HabStoreFunc func, GAsyncReadyCallback callback)
{
  hab_store_call_async (hab_request_get_context (self->request)->store, func,
      self, NULL, callback, self);
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer data)
{
  Post *self = data;
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (self->reply != NULL)
    self->tell (self);
  post_end (self, error);
}

/* func makes the change, in the store's thread, and the reply; then tell tells
 * whoever follows packages, in the main thread. */
static void
post_change (Post *self, HabStoreFunc func, void (*tell) (Post *self))
{
  self->tell = tell;
  post_call_store (self, func, on_changed);
}

/* --- DELETE, cancel --------------------------------------------------- */

/* In the store's thread. */
static gpointer
store_delete (HabVault *vault, gpointer data, GError **error)
{
  Post *self = data;
  g_autoptr (HabPackage) package =
      hab_request_load_package (self->request, vault, error);

  if (package == NULL)
    return NULL;
  if (!hab_status_is_final (package->status)) {
    hab_http_error_set (error, SOUP_STATUS_CONFLICT,
        "This package is being made; cancel it first");
    return NULL;
  }
  /* The row first: it never stands for files that are gone. */
  if (!hab_catalog_delete_package (vault->catalog, package->id, error))
    return NULL;
  hab_data_dir_remove (hab_request_get_context (self->request)->dir,
      HAB_FOLDER_PACKAGES, package->code);
  self->id = package->id;
  self->owner = g_strdup (package->owner);
  self->reply = hab_reply_new (SOUP_STATUS_NO_CONTENT);
  return NULL;
}

static void
tell_deleted (Post *self)
{
  hab_feed_tell_removed (post_get_feed (self), self->id, self->owner);
}

static void
delete_one (HabRequest *request)
{
  post_change (post_new (request), store_delete, tell_deleted);
}

/* In the store's thread. */
static gpointer
store_cancel (HabVault *vault, gpointer data, GError **error)
{
  Post *self = data;
  g_autoptr (HabPackage) package =
      hab_request_load_package (self->request, vault, error);

  if (package == NULL)
    return NULL;
  self->id = package->id;
  if (!hab_catalog_set_status (vault->catalog, self->id, HAB_STATUS_CANCELLED,
          "Cancelled on request", NULL, error))
    return NULL;
  self->reply = get_one (self->request, vault, error);
  return NULL;
}

static void
tell_cancelled (Post *self)
{
  hab_queue_drop (post_get_queue (self), self->id);
  hab_feed_tell (post_get_feed (self), self->id, HAB_CHANGE_END);
}

static void
cancel (HabRequest *request)
{
  post_change (post_new (request), store_cancel, tell_cancelled);
}

/* --- PATCH ------------------------------------------------------------ */

/* In the store's thread. */
static gpointer
store_patch (HabVault *vault, gpointer data, GError **error)
{
  Post *self = data;
  g_autoptr (HabPackage) package =
      hab_request_load_package (self->request, vault, error);

  if (package == NULL)
    return NULL;
  self->id = package->id;
  if (hab_catalog_set_priority (vault->catalog, self->id, self->priority,
          error))
    self->reply = get_one (self->request, vault, error);
  return NULL;
}

static void
tell_patched (Post *self)
{
  hab_feed_tell (post_get_feed (self), self->id, HAB_CHANGE_PROGRESS);
}

static void
patch (HabRequest *request)
{
  GError *error = NULL;
  gint priority;
  Post *self;

  if (!hab_package_request_read_patch (request, &priority, &error)) {
    hab_request_fail (request, error);
    return;
  }
  self = post_new (request);
  self->priority = priority;
  post_change (self, store_patch, tell_patched);
}

/* --- POST ------------------------------------------------------------- */

/* In the store's thread: the package as it is now. */
static gpointer
store_reply (HabVault *vault, gpointer data, GError **error)
{
  Post *self = data;
  g_autoptr (HabPackage) package =
      hab_catalog_get_package (vault->catalog, self->id, error);
  g_autofree gchar *location = NULL;

  if (package == NULL)
    return NULL;
  self->final = hab_status_is_final (package->status);
  self->reply = reply_package (
      self->final ? SOUP_STATUS_OK : SOUP_STATUS_ACCEPTED, self->request,
      vault->catalog, package, error);
  location = g_strdup_printf ("/packaged_content/%" G_GINT64_FORMAT, self->id);
  if (self->reply != NULL)
    hab_reply_set_header (self->reply, "Location", location);
  return NULL;
}

/* Which request a package in the log comes from. */
static void
post_log (Post *self)
{
  g_autofree gchar *id = g_strdup_printf ("%" G_GINT64_FORMAT, self->id);

  hab_log (G_LOG_LEVEL_MESSAGE, "package is asked for", "package", id,
      "request_id", hab_request_get_request_id (self->request), NULL);
}

static gpointer
store_add (HabVault *vault, gpointer data, GError **error)
{
  Post *self = data;

  self->id = hab_package_request_add (self->wanted, vault, error);
  if (self->id == 0)
    return NULL;
  post_log (self);
  return store_reply (vault, self, error);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  post_end (data, error);
}

/* The package is done, the time is over, or nobody waits any more. */
static void
post_stop_waiting (gpointer data)
{
  Post *self = data;

  g_clear_handle_id (&self->deadline_id, g_source_remove);
  hab_feed_unfollow (post_get_feed (self), self->follow_id);
  hab_request_on_over (self->request, NULL, NULL);
  post_call_store (self, store_reply, on_reply);
}

static gboolean
on_deadline (gpointer data)
{
  Post *self = data;

  self->deadline_id = 0;
  post_stop_waiting (self);
  return G_SOURCE_REMOVE;
}

static void
on_change (gint64 package_id, HabChange change, gpointer data)
{
  if (change >= HAB_CHANGE_END)
    post_stop_waiting (data);
}

static void
post_wait (Post *self, guint seconds)
{
  g_autofree gchar *applied = g_strdup_printf ("wait=%u", seconds);

  hab_request_set_header (self->request, "Preference-Applied", applied);
  g_clear_pointer (&self->reply, hab_reply_free);
  self->follow_id =
      hab_feed_follow (post_get_feed (self), self->id, on_change, self);
  self->deadline_id = g_timeout_add_seconds (seconds, on_deadline, self);
  hab_request_on_over (self->request, post_stop_waiting, self);
}

/* Prefer: wait=N (RFC 7240); 0 without. */
static guint
get_wait (HabRequest *request)
{
  const gchar *header = soup_message_headers_get_list (
      hab_request_get_headers (request), "Prefer");
  GHashTable *params;
  const gchar *text;
  guint64 seconds = 0;

  if (header == NULL)
    return 0;
  params = soup_header_parse_param_list (header);
  text = g_hash_table_lookup (params, "wait");
  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &seconds, NULL);
  soup_header_free_param_list (params);
  return MIN (seconds, MAX_WAIT_SECONDS);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer data)
{
  Post *self = data;
  guint seconds = get_wait (self->request);
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (self->reply == NULL) {
    post_end (self, error);
    return;
  }
  hab_queue_kick (post_get_queue (self));
  hab_feed_tell (post_get_feed (self), self->id, HAB_CHANGE_STATUS);
  if (seconds > 0 && !self->final && !hab_request_is_over (self->request))
    post_wait (self, seconds);
  else
    post_end (self, NULL);
}

static void
post (HabRequest *request)
{
  GError *error = NULL;
  HabPackageRequest *wanted = hab_package_request_read (request, &error);
  Post *self;

  if (wanted == NULL) {
    hab_request_fail (request, error);
    return;
  }
  self = post_new (request);
  self->wanted = wanted;
  post_call_store (self, store_add, on_added);
}

const HabRoute hab_packaged_content_routes[] = {
  { "POST", "/packaged_content", HAB_BODY_JSON, 0, NULL, post },
  { "GET", "/packaged_content", HAB_BODY_NONE, 0, list, NULL },
  { "GET", "/packaged_content/{}", HAB_BODY_NONE, 0, get_one, NULL },
  { "GET", "/packaged_content_id/{}", HAB_BODY_NONE, 0, get_one, NULL },
  { "GET", "/packaged_content/{}/player", HAB_BODY_NONE, 0, get_player, NULL },
  { "POST", "/packaged_content/{}/cancel", HAB_BODY_NONE, 0, NULL, cancel },
  { "PATCH", "/packaged_content/{}", HAB_BODY_JSON, 0, NULL, patch },
  { "DELETE", "/packaged_content/{}", HAB_BODY_NONE, 0, NULL, delete_one },
  { NULL }
};
