/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* GET /healthz: each part that the service cannot do without, tried out. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "json.h"
#include "patience.h"
#include "probe.h"
#include "request.h"
#include "resources.h"

/* A catalog that does not answer for so long counts as none. */
#define CATALOG_TIMEOUT_SECONDS 5
/* As little as nothing can be packaged with. */
#define MIN_FREE_BYTES (G_GUINT64_CONSTANT (64) << 20)

typedef enum
{
  CHECK_CATALOG,
  CHECK_DATA_FOLDER,
  CHECK_DISK_SPACE,
  CHECK_WORKERS,
  CHECK_CONNECTIONS,
  CHECK_RUNNING,
  N_CHECKS
} Check;

static const gchar *const check_names[N_CHECKS] = {
  "catalog", "data_folder", "disk_space", "workers", "connections",
  "running"
};

typedef struct
{
  HabRequest *request;
  gchar *reasons[N_CHECKS]; /* NULL: it is well */
  guint timeout_id;
  gboolean answered;
  guint refs; /* what is still on its way */
} Health;

/* --- the checks ------------------------------------------------------- */

/* Reasons are for everybody: nothing of a path. */
static gchar *
check_data_folder (HabDataDir *dir)
{
  g_autofree gchar *name = hab_data_dir_make_name ();
  int folder_fd = hab_data_dir_get_fd (dir, HAB_FOLDER_WORK);
  int fd = openat (folder_fd, name,
      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean written = fd >= 0 && write (fd, "?", 1) == 1;
  int saved_errno = errno;

  if (fd >= 0) {
    close (fd);
    unlinkat (folder_fd, name, 0);
  }
  return written ? NULL : g_strdup_printf (
      "the data folder cannot be written to: %s", g_strerror (saved_errno));
}

static gchar *
check_disk_space (HabDataDir *dir)
{
  if (hab_data_dir_get_free_bytes (dir) >= MIN_FREE_BYTES)
    return NULL;
  return g_strdup_printf ("less than %" G_GUINT64_FORMAT
      " MiB of the disk are free", MIN_FREE_BYTES >> 20);
}

/* --- the answer ------------------------------------------------------- */

static void
health_unref (Health *self)
{
  if (--self->refs > 0)
    return;
  for (guint i = 0; i < N_CHECKS; i++)
    g_free (self->reasons[i]);
  hab_request_unref (self->request);
  g_free (self);
}

static JsonNode *
describe (Health *self, gboolean well)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "status", well ? "ok" : "failing");
  hab_json_add_text (builder, "version", PACKAGE_VERSION);
  json_builder_set_member_name (builder, "checks");
  json_builder_begin_object (builder);
  for (guint i = 0; i < N_CHECKS; i++)
    hab_json_add_text (builder, check_names[i],
        self->reasons[i] != NULL ? self->reasons[i] : "ok");
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static void
health_answer (Health *self)
{
  gboolean well = TRUE;
  HabReply *reply;

  if (self->answered)
    return;
  self->answered = TRUE;
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  for (guint i = 0; i < N_CHECKS; i++)
    well = well && self->reasons[i] == NULL;
  reply = hab_reply_new_json (
      well ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE,
      describe (self, well));
  hab_reply_set_header (reply, "Cache-Control", "no-store");
  if (!well)
    hab_reply_set_header (reply, "Retry-After", "5");
  hab_request_reply (self->request, reply);
}

/* One of those that were asked has answered. */
static void
health_take (Health *self, Check check, const gchar *reason)
{
  if (!self->answered && reason != NULL)
    self->reasons[check] = g_strdup (reason);
  if (self->refs == 1)
    health_answer (self);
  health_unref (self);
}

/* (nullable): it is well */
static const gchar *
get_catalog_reason (const GError *error)
{
  if (error == NULL)
    return NULL;
  if (g_error_matches (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_BUSY))
    return "another program writes to the catalog";
  if (g_error_matches (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_CORRUPT))
    return "the catalog is damaged: haberdash check tells where; restore a "
           "backup";
  return "the catalog cannot be read or written to";
}

static void
on_catalog (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("the catalog does not answer: %s", error->message);
  health_take (data, CHECK_CATALOG, get_catalog_reason (error));
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer data)
{
  Health *self = data;
  HabProbe *probe = hab_request_get_context (self->request)->probe;
  g_autoptr (GError) error = NULL;

  if (!hab_probe_run_finish (probe, result, &error))
    g_warning ("children cannot work: %s", error->message);
  health_take (self, CHECK_WORKERS, error != NULL
      ? "children that do media work cannot start; the log says why"
      : NULL);
}

static gboolean
on_timeout (gpointer data)
{
  Health *self = data;

  self->timeout_id = 0;
  self->reasons[CHECK_CATALOG] = g_strdup_printf (
      "the catalog or a child did not answer within %d seconds",
      CATALOG_TIMEOUT_SECONDS);
  health_answer (self);
  return G_SOURCE_REMOVE;
}

static gpointer
ask_catalog (HabVault *vault, gpointer data, GError **error)
{
  HabStatistics statistics;

  if (hab_catalog_get_statistics (vault->catalog, &statistics, error))
    hab_catalog_try (vault->catalog, error);
  return NULL;
}

static void
get_health (HabRequest *request)
{
  const HabHttpContext *context = hab_request_get_context (request);
  HabDataDir *dir = context->dir;
  Health *self = g_new0 (Health, 1);

  self->request = hab_request_ref (request);
  self->refs = 2;
  self->reasons[CHECK_DATA_FOLDER] = check_data_folder (dir);
  self->reasons[CHECK_DISK_SPACE] = check_disk_space (dir);
  if (hab_patience_is_short ())
    self->reasons[CHECK_CONNECTIONS] = g_strdup ("descriptors run out: "
        "connections of which nothing is asked are closed");
  if (hab_queue_is_stopped (context->queue))
    self->reasons[CHECK_RUNNING] = g_strdup ("the service stops");
  self->timeout_id =
      g_timeout_add_seconds (CATALOG_TIMEOUT_SECONDS, on_timeout, self);
  hab_store_call_async (context->store, ask_catalog, NULL,
      NULL, on_catalog, self);
  hab_probe_run_async (context->probe, context->cancellable, on_probed, self);
}

const HabRoute hab_health_routes[] = {
  { "GET", "/healthz", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL, get_health },
  { NULL }
};
