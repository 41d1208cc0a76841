/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Uploads that can be resumed: tus 1.0.0. */

#include "append.h"
#include "json.h"
#include "problem.h"
#include "resources.h"
#include "tus-request.h"
#include "upload.h"

/* --- answers ---------------------------------------------------------- */

static void
set_number (HabReply *reply, const gchar *name, guint64 number)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  hab_reply_set_header (reply, name, text);
}

static void
set_expiry (HabReply *reply, HabResumable *upload)
{
  g_autoptr (GDateTime) expiry = g_date_time_new_from_unix_utc (
      hab_resumable_get_expiry (upload) / G_USEC_PER_SEC);
  g_autofree gchar *text =
      soup_date_time_to_string (expiry, SOUP_DATE_HTTP);

  hab_reply_set_header (reply, "Upload-Expires", text);
}

/* Which input content it has become. */
static void
set_input (HabReply *reply, HabResumable *upload)
{
  gint64 id = hab_resumable_get_input_id (upload);
  g_autofree gchar *path =
      g_strdup_printf ("/input_content/%" G_GINT64_FORMAT, id);

  if (id == 0)
    return;
  set_number (reply, "Haberdash-Input-Content-Id", id);
  hab_reply_set_header (reply, "Content-Location", path);
}

static HabReply *
describe (HabReply *reply, HabResumable *upload)
{
  set_number (reply, "Upload-Offset", hab_resumable_get_offset (upload));
  set_expiry (reply, upload);
  set_input (reply, upload);
  hab_reply_set_header (reply, "Cache-Control", "no-store");
  return reply;
}

static JsonNode *
format_upload (HabResumable *upload)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gint64 input_id = hab_resumable_get_input_id (upload);

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "upload_id", hab_resumable_get_id (upload));
  hab_json_add_text (builder, "name", hab_resumable_get_name (upload));
  hab_json_add_text (builder, "status", hab_resumable_get_state (upload));
  hab_json_add_int (builder, "size", hab_resumable_get_size (upload));
  hab_json_add_int (builder, "offset", hab_resumable_get_offset (upload));
  hab_json_add_time (builder, "expires_at", hab_resumable_get_expiry (upload));
  if (input_id > 0)
    hab_json_add_int (builder, "input_content_id", input_id);
  else
    hab_json_add_null (builder, "input_content_id");
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static void
reply_upload (HabRequest *request, HabResumable *upload, guint status)
{
  g_autofree gchar *metadata = hab_tus_format_metadata ("filename",
      hab_resumable_get_name (upload));
  HabReply *reply = describe (
      hab_reply_new_json (status, format_upload (upload)), upload);

  if (status == SOUP_STATUS_CREATED) {
    g_autofree gchar *location =
        g_strdup_printf ("/uploads/%s", hab_resumable_get_id (upload));

    hab_reply_set_header (reply, "Location", location);
  }
  set_number (reply, "Upload-Length", hab_resumable_get_size (upload));
  hab_reply_set_header (reply, "Upload-Metadata", metadata);
  hab_request_reply (request, reply);
}

/* --- a call that waits ------------------------------------------------ */

typedef struct
{
  HabRequest *request;
  HabResumable *upload;
} Call;

static Call *
call_new (HabRequest *request, HabResumable *upload)
{
  Call *self = g_new0 (Call, 1);

  self->request = hab_request_ref (request);
  self->upload = upload != NULL ? hab_resumable_ref (upload) : NULL;
  return self;
}

static void
call_free (Call *self)
{
  hab_request_unref (self->request);
  g_clear_pointer (&self->upload, hab_resumable_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

/* --- POST /uploads ---------------------------------------------------- */

static gboolean
check_length (HabRequest *request, guint64 *length, GError **error)
{
  const HabHttpContext *context = hab_request_get_context (request);
  guint64 limit = context->settings->max_upload;
  HabDiskSpace *space = context->space;

  if (!hab_tus_parse_number ("Upload-Length",
          hab_request_get_header (request, "Upload-Length"), length, error))
    return FALSE;
  if (*length == 0) {
    hab_http_error_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY,
        "The file is empty");
    return FALSE;
  }
  if (*length > limit) {
    hab_http_error_set (error, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
        "The file is larger than the %" G_GUINT64_FORMAT " bytes that this "
        "service takes", limit);
    return FALSE;
  }
  /* Only asked: it is promised to each append when it comes. */
  if (!hab_disk_space_claim (space, *length, error))
    return FALSE;
  hab_disk_space_release (space, *length);
  return TRUE;
}

static gchar *
read_name (HabRequest *request, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree gchar *name = hab_tus_parse_metadata (
      hab_request_get_header (request, "Upload-Metadata"), "filename",
      &failure);

  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  if (name == NULL) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "Upload-Metadata must have a filename, as base64");
    return NULL;
  }
  return hab_upload_check_name (name, error) ? g_steal_pointer (&name) : NULL;
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  GError *error = NULL;

  call->upload = hab_resumables_create_finish (result, &error);
  if (call->upload != NULL)
    reply_upload (call->request, call->upload, SOUP_STATUS_CREATED);
  else
    hab_request_fail (call->request, error);
}

static void
create (HabRequest *request)
{
  const HabHttpContext *context = hab_request_get_context (request);
  g_autofree gchar *name = NULL;
  guint64 length;
  GError *error = NULL;

  if (!hab_tus_check_version (request, &error) ||
      !check_length (request, &length, &error) ||
      (name = read_name (request, &error)) == NULL)
    hab_request_fail (request, error);
  else
    hab_resumables_create_async (context->resumables,
        hab_request_get_owner (request), name, length, on_created,
        call_new (request, NULL));
}

/* --- HEAD and GET /uploads/ID ----------------------------------------- */

static void
on_settled_for_head (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  GError *error = NULL;

  if (hab_resumable_settle_finish (result, &error))
    reply_upload (call->request, call->upload, SOUP_STATUS_OK);
  else
    hab_request_fail (call->request, error);
}

/* HEAD comes from a client that wants to go on: it is told what is stored when
 * nothing else is on its way. GET only looks. */
static void
look (HabRequest *request)
{
  gboolean head = soup_server_message_get_method (
      hab_request_get_message (request)) == SOUP_METHOD_HEAD;
  GError *error = NULL;
  HabResumable *upload = NULL;

  if (hab_tus_check_version (request, &error))
    upload = hab_tus_find_upload (request, &error);
  if (upload == NULL)
    hab_request_fail (request, error);
  else if (head)
    hab_resumable_settle_async (upload, on_settled_for_head,
        call_new (request, upload));
  else
    reply_upload (request, upload, SOUP_STATUS_OK);
}

/* --- PATCH /uploads/ID ------------------------------------------------ */

static void
on_settled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  GError *error = NULL;

  if (hab_resumable_settle_finish (result, &error))
    hab_request_reply (call->request,
        describe (hab_reply_new (SOUP_STATUS_NO_CONTENT), call->upload));
  else
    hab_request_fail (call->request, error);
}

static void
append (HabRequest *request)
{
  HabAppend *body = hab_request_get_reader (request);
  HabResumable *upload = hab_append_get_upload (body);
  GError *error = NULL;

  if (hab_append_finish (body, &error))
    hab_resumable_settle_async (upload, on_settled,
        call_new (request, upload));
  else
    hab_request_fail (request, error);
}

/* --- DELETE /uploads/ID ----------------------------------------------- */

static void
on_removed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  GError *error = NULL;

  if (hab_resumable_remove_finish (result, &error))
    hab_request_reply (call->request, hab_reply_new (SOUP_STATUS_NO_CONTENT));
  else
    hab_request_fail (call->request, error);
}

static void
terminate (HabRequest *request)
{
  GError *error = NULL;
  HabResumable *upload = NULL;

  if (hab_tus_check_version (request, &error))
    upload = hab_tus_find_upload (request, &error);
  if (upload != NULL)
    hab_resumable_remove_async (upload, on_removed,
        call_new (request, upload));
  else
    hab_request_fail (request, error);
}

/* --- OPTIONS ---------------------------------------------------------- */

static void
tell_options (HabRequest *request, const gchar *allow)
{
  const HabHttpContext *context = hab_request_get_context (request);
  HabReply *reply = hab_reply_new (SOUP_STATUS_NO_CONTENT);

  hab_reply_set_header (reply, "Allow", allow);
  hab_reply_set_header (reply, "Tus-Resumable", HAB_TUS_VERSION);
  hab_reply_set_header (reply, "Tus-Version", HAB_TUS_VERSION);
  hab_reply_set_header (reply, "Tus-Extension", HAB_TUS_EXTENSIONS);
  hab_reply_set_header (reply, "Tus-Checksum-Algorithm", HAB_TUS_CHECKSUMS);
  set_number (reply, "Tus-Max-Size", context->settings->max_upload);
  hab_request_reply (request, reply);
}

static void
tell_of_all (HabRequest *request)
{
  tell_options (request, "POST, OPTIONS");
}

static void
tell_of_one (HabRequest *request)
{
  tell_options (request, "GET, HEAD, PATCH, DELETE, OPTIONS");
}

const HabRoute hab_uploads_routes[] = {
  { "POST", "/uploads", HAB_BODY_NONE, 0, NULL, create },
  { "OPTIONS", "/uploads", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL,
      tell_of_all },
  { "GET", "/uploads/{}", HAB_BODY_NONE, 0, NULL, look },
  { "PATCH", "/uploads/{}", HAB_BODY_APPEND, 0, NULL, append },
  { "DELETE", "/uploads/{}", HAB_BODY_NONE, 0, NULL, terminate },
  { "OPTIONS", "/uploads/{}", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL,
      tell_of_one },
  { NULL }
};
