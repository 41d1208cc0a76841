/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Server-sent events of packages. What is told comes from the catalog, when
 * the client has read what was told before: the history from the last change
 * that was told on, whose numbers are the events' ids, and beside that the
 * packages that the feed named meanwhile. So a listener costs a number and a
 * few ids, however slow it is, and one that comes back misses no status. */

#include "event-stream.h"
#include "feed.h"
#include "package-json.h"
#include "problem.h"
#include "resources.h"

/* Changes that come together are told together; the more listen, the longer
 * each waits, so that all of them cost what some do. */
#define COALESCE_MS 100
#define CLIENTS_AT_THAT_PACE 16
/* Packages of one text. */
#define MAX_BATCH 200
/* Unfinished packages that are told at the beginning. */
#define MAX_FIRST 1000
/* Ids of packages that were removed and are not told yet. */
#define MAX_REMOVED 1000
/* Clients that follow packages, this way or by waiting for an answer. The
 * callbacks and what delivery knows of packages follow them, too. */
#define MAX_CLIENTS 128
#define OWN_FOLLOWERS 2

typedef struct
{
  HabRequest *request;
  gint64 package_id; /* 0: all */
  HabPackageJson json;
  HabEventStream *stream; /* NULL before and after */
  guint follow_id, timer_id;

  gboolean behind;     /* there may be changes of status */
  GHashTable *changed; /* gint64 *: other news of these */
  GHashTable *removed; /* the same of what is gone */

  /* of a look into the catalog, which is its thread's meanwhile */
  gboolean looking;
  gint64 last_change;  /* that was told; -1: nothing was */
  GHashTable *asked;   /* gint64 * */
  GString *text;
  gboolean more;       /* than one text takes */
  gboolean ends;       /* nothing more will come */
} Listener;

static GHashTable *
id_set_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
id_set_add (GHashTable *set, gint64 id)
{
  g_hash_table_add (set, g_memdup2 (&id, sizeof id));
}

static HabFeed *
listener_get_feed (Listener *self)
{
  return hab_request_get_context (self->request)->feed;
}

static void
listener_free (Listener *self)
{
  g_clear_handle_id (&self->timer_id, g_source_remove);
  hab_feed_unfollow (listener_get_feed (self), self->follow_id);
  g_hash_table_unref (self->changed);
  g_hash_table_unref (self->removed);
  g_hash_table_unref (self->asked);
  g_string_free (self->text, TRUE);
  hab_package_json_clear (&self->json);
  hab_request_unref (self->request);
  g_free (self);
}

/* --- looking into the catalog, in a thread of the store ----------------- */

static gboolean
append_json (Listener *self, GString *text, HabCatalog *catalog,
    const HabPackage *package, GError **error)
{
  if (self->package_id != 0)
    return hab_package_json_append_whole (&self->json, text, catalog, package,
        TRUE, error);
  hab_package_json_append (&self->json, text, package);
  return TRUE;
}

static HabPackage *
load_package (Listener *self, HabCatalog *catalog, gint64 id, GError **error)
{
  return hab_request_show_package (self->request,
      hab_catalog_get_package (catalog, id, error), error);
}

/* change 0: no change of status. A package that is gone is no fault: that is
 * told, too; one that the client may not see is none. */
static gboolean
tell_package (Listener *self, HabCatalog *catalog, gint64 id, gint64 change,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabPackage) package = load_package (self, catalog, id, &failure);
  g_autoptr (GString) json = g_string_new (NULL);

  if (package != NULL &&
      append_json (self, json, catalog, package, &failure)) {
    hab_event_stream_format (self->text, change,
        change > 0 ? "status" : "progress", json->str);
    self->ends |= self->package_id != 0 &&
        hab_status_is_final (package->status);
    return TRUE;
  }
  if (g_error_matches (failure, HAB_CATALOG_ERROR,
          HAB_CATALOG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static gboolean
tell_changes (Listener *self, HabCatalog *catalog, GArray *changes,
    GError **error)
{
  for (guint i = 0; i < changes->len; i++) {
    HabPackageChange *change = &g_array_index (changes, HabPackageChange, i);

    if (!tell_package (self, catalog, change->package_id, change->change,
            error))
      return FALSE;
    g_hash_table_remove (self->asked, &change->package_id);
    self->last_change = MAX (self->last_change, change->change);
  }
  return TRUE;
}

static gboolean
tell_asked (Listener *self, HabCatalog *catalog, GError **error)
{
  GHashTableIter ids;
  gpointer id;

  g_hash_table_iter_init (&ids, self->asked);
  while (g_hash_table_iter_next (&ids, &id, NULL))
    if (!tell_package (self, catalog, *(gint64 *) id, 0, error))
      return FALSE;
  g_hash_table_remove_all (self->asked);
  return TRUE;
}

static gpointer
look (HabVault *vault, gpointer data, GError **error)
{
  Listener *self = data;
  g_autoptr (GArray) changes = hab_catalog_list_changes (vault->catalog,
      self->package_id, self->last_change, MAX_BATCH, error);

  if (changes != NULL && tell_changes (self, vault->catalog, changes, error)) {
    self->more = changes->len == MAX_BATCH;
    tell_asked (self, vault->catalog, error);
  }
  return NULL;
}

/* Where a listener begins: behind the change that it had last, else with what
 * is not finished. A number from the future is another catalog's. */
static gboolean
begin_all (Listener *self, HabCatalog *catalog, gint64 last, GError **error)
{
  g_autoptr (GArray) changes = NULL;

  if (self->last_change >= 0 && self->last_change <= last)
    return TRUE;
  changes = hab_catalog_list_unfinished (catalog,
      hab_request_get_scope (self->request), MAX_FIRST, error);
  if (changes == NULL || !tell_changes (self, catalog, changes, error))
    return FALSE;
  self->last_change = last;
  return TRUE;
}

static gboolean
begin_one (Listener *self, HabCatalog *catalog, gint64 last, GError **error)
{
  g_autoptr (HabPackage) package =
      load_package (self, catalog, self->package_id, error);

  if (package == NULL)
    return FALSE;
  if (self->last_change > last)
    self->last_change = -1;
  self->ends = hab_status_is_final (package->status);
  return TRUE;
}

static gpointer
look_first (HabVault *vault, gpointer data, GError **error)
{
  Listener *self = data;
  gint64 last;

  if (!hab_catalog_get_last_change (vault->catalog, &last, error))
    return NULL;
  return (self->package_id != 0 ? begin_one : begin_all) (self,
             vault->catalog, last, error)
      ? look (vault, self, error)
      : NULL;
}

/* --- telling ------------------------------------------------------------- */

static void
tell_removed (Listener *self)
{
  GHashTableIter ids;
  gpointer id;

  if (g_hash_table_size (self->removed) > MAX_REMOVED)
    hab_event_stream_format (self->text, 0, "reset", "{}");
  else {
    g_hash_table_iter_init (&ids, self->removed);
    while (g_hash_table_iter_next (&ids, &id, NULL)) {
      g_autofree gchar *data = g_strdup_printf ("{\"packaged_content_id\":%"
          G_GINT64_FORMAT "}", *(gint64 *) id);

      hab_event_stream_format (self->text, 0, "removed", data);
    }
  }
  self->ends |=
      self->package_id != 0 && g_hash_table_size (self->removed) > 0;
  g_hash_table_remove_all (self->removed);
}

static void
listener_tell (Listener *self)
{
  tell_removed (self);
  if (self->text->len > 0)
    hab_event_stream_send (self->stream, self->text->str);
  g_string_truncate (self->text, 0);
  if (self->ends)
    hab_event_stream_end (self->stream);
}

static void listener_schedule (Listener *self);

/* A catalog that cannot be read is read again when something changes. */
static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  Listener *self = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  self->looking = FALSE;
  if (self->stream == NULL) {
    listener_free (self);
    return;
  }
  if (error != NULL)
    g_warning ("Cannot tell events: %s", error->message);
  self->behind |= self->more;
  listener_tell (self);
  listener_schedule (self);
}

static void
listener_look (Listener *self, HabStoreFunc func, GAsyncReadyCallback callback)
{
  GHashTable *emptied = self->asked;

  self->asked = self->changed;
  self->changed = emptied;
  self->behind = self->more = FALSE;
  self->looking = TRUE;
  hab_store_read_async (hab_request_get_context (self->request)->store, func,
      self, NULL, callback, self);
}

static gboolean
on_timer (gpointer data)
{
  Listener *self = data;

  self->timer_id = 0;
  if (!self->looking && hab_event_stream_is_idle (self->stream))
    listener_look (self, look, on_looked);
  return G_SOURCE_REMOVE;
}

/* Looks when there is something to tell and the client has read the rest. */
static void
listener_schedule (Listener *self)
{
  if (self->timer_id == 0 && !self->looking &&
      hab_event_stream_is_idle (self->stream) &&
      (self->behind || g_hash_table_size (self->changed) > 0 ||
          g_hash_table_size (self->removed) > 0))
    self->timer_id = g_timeout_add (
        COALESCE_MS + COALESCE_MS * hab_feed_count (listener_get_feed (self)) /
                CLIENTS_AT_THAT_PACE, on_timer, self);
}

static gboolean
is_removal_of_others (Listener *self, HabChange change)
{
  return change == HAB_CHANGE_REMOVED &&
      !hab_request_may_see (self->request,
          hab_feed_get_removed_owner (listener_get_feed (self)));
}

static void
on_change (gint64 package_id, HabChange change, gpointer data)
{
  Listener *self = data;

  if (is_removal_of_others (self, change))
    return;
  if (change == HAB_CHANGE_PROGRESS)
    id_set_add (self->changed, package_id);
  else if (change != HAB_CHANGE_REMOVED)
    self->behind = TRUE;
  else if (g_hash_table_size (self->removed) <= MAX_REMOVED)
    id_set_add (self->removed, package_id);
  if (self->stream != NULL)
    listener_schedule (self);
}

static void
on_sent (gpointer data)
{
  listener_schedule (data);
}

static void
on_closed (gpointer data)
{
  Listener *self = data;

  g_clear_pointer (&self->stream, hab_event_stream_free);
  if (!self->looking)
    listener_free (self);
  else
    g_clear_handle_id (&self->timer_id, g_source_remove);
}

/* --- the beginning -------------------------------------------------------- */

static HabReply *
new_head_reply (void)
{
  HabReply *reply = hab_reply_new (SOUP_STATUS_OK);

  hab_reply_set_header (reply, "Content-Type", "text/event-stream");
  return reply;
}

static gboolean
is_head (HabRequest *request)
{
  return soup_server_message_get_method (hab_request_get_message (request)) ==
      SOUP_METHOD_HEAD;
}

static void
listener_begin (Listener *self)
{
  self->behind |= self->more;
  self->stream = hab_event_stream_new (self->request, self->text->str, on_sent,
      on_closed, self);
  g_string_truncate (self->text, 0);
  if (self->ends)
    hab_event_stream_end (self->stream);
}

static void
on_looked_first (GObject *source, GAsyncResult *result, gpointer data)
{
  Listener *self = data;
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  self->looking = FALSE;
  if (error != NULL)
    hab_request_fail (self->request, error);
  else if (is_head (self->request))
    hab_request_reply (self->request, new_head_reply ());
  else if (self->ends && self->text->len == 0)
    /* It had all there is: an EventSource comes back for nothing else. */
    hab_request_reply (self->request, hab_reply_new (SOUP_STATUS_NO_CONTENT));
  else if (!hab_request_is_over (self->request)) {
    listener_begin (self);
    return;
  }
  listener_free (self);
}

/* The number of the change that the client had last; -1 where it had none. */
static gint64
get_last_id (HabRequest *request)
{
  const gchar *text = hab_request_get_header (request, "Last-Event-ID");
  guint64 number;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64,
                             &number, NULL)
      ? (gint64) number
      : -1;
}

static void
listen_to (HabRequest *request, gint64 package_id)
{
  HabFeed *feed = hab_request_get_context (request)->feed;
  Listener *self = g_new0 (Listener, 1);

  self->request = hab_request_ref (request);
  self->package_id = package_id;
  hab_request_get_delivery_address (request, &self->json.address);
  self->changed = id_set_new ();
  self->removed = id_set_new ();
  self->asked = id_set_new ();
  self->text = g_string_new (NULL);
  self->last_change = get_last_id (request);
  self->follow_id = hab_feed_follow (feed, package_id, on_change, self);
  listener_look (self, look_first, on_looked_first);
}

static gboolean
check_followers (HabRequest *request, GError **error)
{
  HabFeed *feed = hab_request_get_context (request)->feed;

  if (hab_feed_count (feed) < MAX_CLIENTS + OWN_FOLLOWERS)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_SERVICE_UNAVAILABLE,
      "%d clients follow packages already; ask for the package itself now and "
      "then, or try again later", MAX_CLIENTS);
  return FALSE;
}

static void
get_all (HabRequest *request)
{
  GError *error = NULL;

  if (check_followers (request, &error))
    listen_to (request, 0);
  else
    hab_request_fail (request, error);
}

static void
get_one (HabRequest *request)
{
  GError *error = NULL;
  gint64 id;

  if (hab_request_get_id (request, 0, &id, &error) &&
      check_followers (request, &error))
    listen_to (request, id);
  else
    hab_request_fail (request, error);
}

const HabRoute hab_package_events_routes[] = {
  { "GET", "/packaged_content/events", HAB_BODY_NONE, 0, NULL, get_all },
  { "GET", "/packaged_content/{}/events", HAB_BODY_NONE, 0, NULL, get_one },
  { NULL }
};
