/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "upload.h"

#include <string.h>

#include "inflow.h"
#include "multipart.h"
#include "problem.h"

/* What a multipart body may be longer than the file in it. */
#define MULTIPART_OVERHEAD (64 * 1024)

struct _HabUpload
{
  HabRequest *request; /* not counted: the request owns the upload */
  HabInflow *inflow;
  HabMultipart *multipart; /* NULL for a raw body */
  gchar *name;
  guint64 max_bytes;
  gboolean in_file; /* the part that comes now is the file */
};

gboolean
hab_upload_check_name (const gchar *name, GError **error)
{
  gsize length = strlen (name);
  const gchar *why = NULL;

  if (length == 0 || length > 255)
    why = "it must have 1 to 255 bytes";
  else if (!g_utf8_validate (name, length, NULL))
    why = "it must be UTF-8";
  else if (strchr (name, '/') != NULL)
    why = "it must not have a slash";
  else if (g_str_equal (name, ".") || g_str_equal (name, ".."))
    why = "it must not be . or ..";
  for (const gchar *at = name; why == NULL && *at != '\0';
       at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      why = "it must not have control characters";
  if (why != NULL)
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "The name of the file cannot be used: %s", why);
  return why == NULL;
}

/* --- the pieces of a multipart body ----------------------------------- */

static gboolean
on_part_begin (const gchar *name, const gchar *filename, gpointer data,
    GError **error)
{
  HabUpload *self = data;

  self->in_file = g_str_equal (name, "file");
  if (!self->in_file)
    return TRUE;
  if (self->name != NULL) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "The field \"file\" came twice; send one file a request");
    return FALSE;
  }
  if (filename == NULL || *filename == '\0') {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "No file was chosen: the field \"file\" has no file name");
    return FALSE;
  }
  self->name = g_strdup (filename);
  return hab_upload_check_name (filename, error);
}

static gboolean
fail_too_large (HabUpload *self, GError **error)
{
  hab_http_error_set (error, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
      "The file is larger than the %" G_GUINT64_FORMAT " bytes that this "
      "service takes", self->max_bytes);
  return FALSE;
}

static gboolean
store_bytes (const guint8 *bytes, gsize size, gpointer data, GError **error)
{
  HabUpload *self = data;

  if (self->multipart != NULL && !self->in_file)
    return TRUE;
  if (size > self->max_bytes -
          hab_spool_get_size (hab_inflow_get_spool (self->inflow)))
    return fail_too_large (self, error);
  return hab_inflow_append (self->inflow, bytes, size, error);
}

static gboolean
on_part_end (gpointer data, GError **error)
{
  HabUpload *self = data;

  self->in_file = FALSE;
  return TRUE;
}

static const HabMultipartEvents multipart_events = {
  .begin = on_part_begin,
  .bytes = store_bytes,
  .end = on_part_end,
};

/* --- what the headers tell -------------------------------------------- */

static gboolean
is_raw_type (const gchar *type)
{
  return type == NULL || g_str_has_prefix (type, "video/") ||
      g_str_has_prefix (type, "application/octet-stream") ||
      g_str_has_prefix (type, "application/mp4");
}

static gboolean
upload_read_type (HabUpload *self, GError **error)
{
  const gchar *type = hab_request_get_header (self->request, "Content-Type");
  const gchar *name = hab_request_get_query (self->request, "name");

  if (type != NULL && g_str_has_prefix (type, "multipart/")) {
    GError *failure = NULL;

    self->multipart =
        hab_multipart_new (type, &multipart_events, self, &failure);
    if (self->multipart == NULL)
      hab_http_error_set (error,
          g_error_matches (failure, HAB_MULTIPART_ERROR,
              HAB_MULTIPART_ERROR_TYPE)
              ? SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE
              : SOUP_STATUS_BAD_REQUEST,
          "%s", failure->message);
    g_clear_error (&failure);
    return self->multipart != NULL;
  }
  if (!is_raw_type (type)) {
    hab_http_error_set (error, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
        "Send multipart/form-data with a field \"file\", or the bytes alone as "
        "application/octet-stream or video/… with ?name= in the address");
    return FALSE;
  }
  if (name == NULL) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "A file without a name: add ?name= to the address, or send "
        "multipart/form-data with a field \"file\"");
    return FALSE;
  }
  self->name = g_strdup (name);
  return hab_upload_check_name (name, error);
}

static gboolean
upload_check_size (HabUpload *self, GError **error)
{
  guint64 overhead = self->multipart != NULL ? MULTIPART_OVERHEAD : 0;
  guint64 length = hab_inflow_get_announced (self->request);

  if (length > overhead && length - overhead > self->max_bytes)
    return fail_too_large (self, error);
  return TRUE;
}

/* --- the file --------------------------------------------------------- */

static gboolean
upload_open (HabUpload *self, GError **error)
{
  const HabHttpContext *context = hab_request_get_context (self->request);
  HabSpool *spool;

  self->inflow = hab_inflow_new (self->request, error);
  if (self->inflow == NULL)
    return FALSE;
  spool = hab_spool_new (context->dir, error);
  if (spool != NULL)
    hab_inflow_set_spool (self->inflow, spool);
  return spool != NULL;
}

static void
upload_free (gpointer data)
{
  HabUpload *self = data;

  g_clear_pointer (&self->inflow, hab_inflow_free);
  g_clear_pointer (&self->multipart, hab_multipart_free);
  g_free (self->name);
  g_free (self);
}

HabUpload *
hab_upload_new (HabRequest *request, GError **error)
{
  const HabHttpContext *context = hab_request_get_context (request);
  HabUpload *self = g_new0 (HabUpload, 1);

  self->request = request;
  self->max_bytes = context->settings->max_upload;
  if (upload_read_type (self, error) && upload_check_size (self, error) &&
      upload_open (self, error))
    return self;
  upload_free (self);
  return NULL;
}

static gboolean
upload_take (HabUpload *self, const guint8 *bytes, gsize size, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (self->multipart == NULL)
    return store_bytes (bytes, size, self, error);
  if (hab_multipart_feed (self->multipart, bytes, size, &failure))
    return TRUE;
  if (failure->domain == HAB_MULTIPART_ERROR)
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST, "%s",
        failure->message);
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static gboolean
upload_feed (gpointer data, const guint8 *bytes, gsize size, GError **error)
{
  HabUpload *self = data;

  if (hab_inflow_is_stopped (self->inflow))
    return TRUE;
  if (!upload_take (self, bytes, size, error)) {
    hab_inflow_stop (self->inflow);
    return FALSE;
  }
  hab_inflow_go_on (self->inflow);
  return TRUE;
}

static void
upload_stop (gpointer data)
{
  HabUpload *self = data;

  hab_inflow_stop (self->inflow);
}

const HabBodyReader hab_upload_reader = {
  .feed = upload_feed,
  .stop = upload_stop,
  .free = upload_free,
};

static gboolean
upload_check_end (HabUpload *self, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (self->multipart != NULL &&
      !hab_multipart_finish (self->multipart, &failure)) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST, "%s",
        failure->message);
    return FALSE;
  }
  if (self->name == NULL) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "There is no field \"file\" in the form");
    return FALSE;
  }
  if (hab_spool_get_size (hab_inflow_get_spool (self->inflow)) == 0) {
    hab_http_error_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY,
        "The file is empty");
    return FALSE;
  }
  return TRUE;
}

static void
on_spooled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  HabUpload *self = g_task_get_task_data (task);
  g_autoptr (HabUploaded) uploaded = NULL;
  HabSpool *spool;
  GError *error = NULL;
  gchar *sha256 = hab_spool_finish_finish (NULL, result, &error);

  if (sha256 == NULL) {
    g_task_return_error (task, error);
    return;
  }
  uploaded = g_new0 (HabUploaded, 1);
  uploaded->sha256 = sha256;
  spool = hab_inflow_get_spool (self->inflow);
  if (spool == NULL) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
        "The client is gone");
    return;
  }
  uploaded->name = g_strdup (self->name);
  uploaded->size_bytes = hab_spool_get_size (spool);
  uploaded->incoming = hab_spool_steal_name (spool);
  g_task_return_pointer (task, g_steal_pointer (&uploaded),
      (GDestroyNotify) hab_uploaded_free);
}

void
hab_upload_finish_async (HabUpload *self, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  GError *error = NULL;

  hab_inflow_end (self->inflow);
  g_task_set_task_data (task, self, NULL);
  if (upload_check_end (self, &error))
    hab_spool_finish_async (hab_inflow_get_spool (self->inflow), on_spooled,
        g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

HabUploaded *
hab_upload_finish_finish (HabUpload *self, GAsyncResult *result,
    GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
hab_uploaded_free (HabUploaded *uploaded)
{
  g_free (uploaded->name);
  g_free (uploaded->incoming);
  g_free (uploaded->sha256);
  g_free (uploaded);
}
