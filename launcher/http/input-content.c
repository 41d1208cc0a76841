/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "input-content.h"

#include "ingest.h"
#include "json-text.h"
#include "list-request.h"
#include "pages.h"
#include "problem.h"
#include "request.h"
#include "resources.h"
#include "upload.h"

/* --- as JSON ---------------------------------------------------------- */

static gboolean
add_counts (GString *text, HabCatalog *catalog, const HabInput *input,
    GError **error)
{
  guint64 gops;

  if (!hab_catalog_count_gops (catalog, input->id, &gops, error))
    return FALSE;
  hab_json_text_add_int (text, "group_of_pictures_count", gops);
  return TRUE;
}

static gboolean
add_input (GString *text, HabCatalog *catalog, const HabInput *input,
    GError **error)
{
  g_autofree gchar *name =
      g_uri_escape_string (input->name, NULL, FALSE);
  g_autofree gchar *gops =
      g_strdup_printf ("/videos/%s/group-of-pictures", name);
  g_autofree gchar *poster = g_strdup_printf (
      "/input_content/%" G_GINT64_FORMAT "/poster", input->id);

  hab_json_text_add_int (text, "input_content_id", input->id);
  hab_json_text_add_string (text, "name", input->name);
  hab_json_text_add_string (text, "status",
      hab_status_to_string (HAB_STATUS_INGESTED));
  hab_json_text_add_string (text, "source",
      hab_input_source_to_string (input->source));
  hab_json_text_add_bool (text, "available", input->state == HAB_INPUT_PRESENT);
  hab_json_text_add_int (text, "size", input->size_bytes);
  hab_json_text_add_string (text, "sha256", input->sha256);
  hab_json_text_add_duration (text, "duration", input->duration_ns);
  hab_json_text_add_string (text, "group_of_pictures_url", gops);
  hab_json_text_add_string (text, "poster_url", poster);
  hab_json_text_add_time (text, "created_at", input->created_us);
  return add_counts (text, catalog, input, error);
}

static void
add_track (GString *text, const HabTrack *track)
{
  hab_json_text_open (text, NULL, '{');
  hab_json_text_add_int (text, "number", track->number);
  hab_json_text_add_string (text, "kind", track->kind);
  hab_json_text_add_string (text, "codec", track->codec);
  hab_json_text_add_duration (text, "duration", track->duration_ns);
  hab_json_text_add_string (text, "language", track->language);
  if (g_str_equal (track->kind, "video")) {
    hab_json_text_add_int (text, "width", track->width);
    hab_json_text_add_int (text, "height", track->height);
    if (track->fps_n > 0 && track->fps_d > 0)
      hab_json_text_add_double (text, "frame_rate",
          (gdouble) track->fps_n / track->fps_d);
  } else if (g_str_equal (track->kind, "audio")) {
    hab_json_text_add_int (text, "channels", track->channels);
    hab_json_text_add_int (text, "sample_rate", track->rate);
  }
  hab_json_text_close (text, '}');
}

static gboolean
add_tracks (GString *text, HabCatalog *catalog, gint64 input_id,
    GError **error)
{
  g_autoptr (GArray) tracks =
      hab_catalog_list_tracks (catalog, input_id, error);

  if (tracks == NULL)
    return FALSE;
  hab_json_text_open (text, "tracks", '[');
  for (guint i = 0; i < tracks->len; i++)
    add_track (text, &g_array_index (tracks, HabTrack, i));
  hab_json_text_close (text, ']');
  return TRUE;
}

static gboolean
append_input (GString *text, HabCatalog *catalog, const HabInput *input,
    GError **error)
{
  hab_json_text_open (text, NULL, '{');
  if (!add_input (text, catalog, input, error) ||
      !add_tracks (text, catalog, input->id, error))
    return FALSE;
  hab_json_text_close (text, '}');
  return TRUE;
}

static HabInput *
load_input (HabRequest *request, HabCatalog *catalog, gint64 id,
    GError **error)
{
  return hab_request_show_input (request,
      hab_catalog_get_input (catalog, id, error), error);
}

static HabReply *
reply_input (guint status, HabRequest *request, HabCatalog *catalog,
    gint64 id, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (HabInput) input = load_input (request, catalog, id, error);

  return input != NULL && append_input (text, catalog, input, error)
      ? hab_reply_new_json_text (status, g_steal_pointer (&text))
      : NULL;
}

HabReply *
hab_input_content_list (HabRequest *request, HabVault *vault, GError **error)
{
  static const gchar *const sorts[] = {
    [HAB_SORT_ID] = "id", [HAB_SORT_NAME] = "name",
    [HAB_SORT_DURATION] = "duration", [HAB_SORT_SIZE] = "size", NULL
  };
  g_autoptr (GString) text = g_string_new ("[");
  g_autoptr (GPtrArray) inputs = NULL;
  g_auto (HabListRequest) list = { 0 };
  HabInput *input = NULL;
  HabReply *reply;
  guint64 total;

  if (!hab_list_request_read (&list, request, sorts, error))
    return NULL;
  inputs = hab_catalog_find_inputs (vault->catalog, &list.query, &total, error);
  if (inputs == NULL)
    return NULL;
  for (guint i = 0; i < inputs->len; i++) {
    input = g_ptr_array_index (inputs, i);
    if (!append_input (text, vault->catalog, input, error))
      return NULL;
  }
  hab_json_text_close (text, ']');
  reply = hab_reply_new_json_text (SOUP_STATUS_OK, g_steal_pointer (&text));
  hab_list_request_announce (&list, request, reply, total, inputs->len,
      input != NULL ? input->id : 0);
  return reply;
}

/* --- GET, DELETE ------------------------------------------------------ */

static HabReply *
get_one (HabRequest *request, HabVault *vault, GError **error)
{
  gint64 id;

  if (!hab_request_get_id (request, 0, &id, error))
    return NULL;
  return reply_input (SOUP_STATUS_OK, request, vault->catalog, id, error);
}

/* The files of media folders are not ours to remove; one that is missing is
 * forgotten. */
static gboolean
check_delete (HabRequest *request, const HabInput *input, GError **error)
{
  if (input->source == HAB_SOURCE_UPLOAD)
    return TRUE;
  if (input->state == HAB_INPUT_PRESENT) {
    hab_http_error_set (error, SOUP_STATUS_CONFLICT,
        "This is a file in a folder of the service's machine, from which the "
        "service removes nothing; remove it there, then it can be deleted "
        "here");
    return FALSE;
  }
  if (hab_request_get_scope (request) == NULL)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_FORBIDDEN,
      "Only an admin's token can delete what belongs to everybody");
  return FALSE;
}

/* What is kept of it. */
static void
forget (const HabHttpContext *context, const HabInput *input)
{
  if (input->source == HAB_SOURCE_UPLOAD)
    hab_data_dir_remove (context->dir, HAB_FOLDER_INPUTS, input->storage);
  else
    hab_input_files_remove (context->jobs->files, input->storage);
  hab_cache_forget (context->cache, input->storage);
}

/* RFC 6266: to be saved under its name, and never shown as a page. */
static void
set_disposition (HabReply *reply, const gchar *name)
{
  g_autofree gchar *base = g_path_get_basename (name);
  g_autofree gchar *escaped = g_uri_escape_string (base, NULL, FALSE);
  g_autofree gchar *value =
      g_strconcat ("attachment; filename*=UTF-8''", escaped, NULL);

  hab_reply_set_header (reply, "Content-Disposition", value);
}

/* Who wants the bytes of an input. */
typedef struct
{
  HabRequest *request;
  HabInput *input;
} Content;

/* Takes reply and error. */
static void
content_end (Content *self, HabReply *reply, GError *error)
{
  hab_request_answer (self->request, reply, error);
  hab_request_unref (self->request);
  hab_input_free (self->input);
  g_free (self);
}

static void
on_content_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Content *self = data;
  GError *error = NULL;
  HabReply *reply = NULL;
  int fd = hab_input_files_open_finish (result, &error);

  if (fd >= 0)
    reply = hab_reply_new_file (fd, "application/octet-stream", &error);
  if (reply != NULL) {
    hab_reply_set_header (reply, "Cache-Control", "no-cache");
    set_disposition (reply, self->input->name);
  }
  content_end (self, reply, error);
}

/* Of a media folder it may be long until it is open, which nobody else shall
 * wait for. */
static void
on_content_found (GObject *source, GAsyncResult *result, gpointer data)
{
  Content *self = data;
  GError *error = NULL;

  self->input = hab_store_call_finish (result, &error);
  if (self->input == NULL)
    content_end (self, NULL, error);
  else
    hab_input_files_open_async (
        hab_request_get_context (self->request)->jobs->files,
        self->input->storage, on_content_opened, self);
}

/* In a thread of the store. */
static gpointer
find_content (HabVault *vault, gpointer data, GError **error)
{
  HabRequest *request = ((Content *) data)->request;
  gint64 id;

  return hab_request_get_id (request, 0, &id, error)
      ? load_input (request, vault->catalog, id, error)
      : NULL;
}

static void
get_content (HabRequest *request)
{
  Content *self = g_new0 (Content, 1);

  self->request = hab_request_ref (request);
  hab_store_read_async (hab_request_get_context (request)->store, find_content,
      self, (GDestroyNotify) hab_input_free, on_content_found, self);
}

static HabReply *
get_package_form (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = NULL;
  gint64 id;

  if (!hab_request_get_id (request, 0, &id, error))
    return NULL;
  input = load_input (request, vault->catalog, id, error);
  return input != NULL ? hab_pages_reply ("package.html", error) : NULL;
}

static HabReply *
delete_one (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = NULL;
  gint64 id;

  if (!hab_request_get_id (request, 0, &id, error))
    return NULL;
  input = load_input (request, vault->catalog, id, error);
  if (input == NULL || !check_delete (request, input, error) ||
      !hab_catalog_delete_input (vault->catalog, id, error))
    return NULL;
  forget (hab_request_get_context (request), input);
  return hab_reply_new (SOUP_STATUS_NO_CONTENT);
}

/* --- POST ------------------------------------------------------------- */

/* A request that brought a file, and what became of it. */
typedef struct
{
  HabRequest *request;
  gboolean form; /* answered by a page, whoever asks */
  HabIngested *ingested;
} Post;

static void
post_end (Post *self, HabReply *reply, GError *error)
{
  hab_request_answer (self->request, reply, error);
  hab_request_unref (self->request);
  g_clear_pointer (&self->ingested, hab_ingested_free);
  g_free (self);
}

/* In a thread of the store. */
static gpointer
answer_json (HabVault *vault, gpointer data, GError **error)
{
  Post *self = data;
  gint64 id = self->ingested->id;
  g_autofree gchar *location =
      g_strdup_printf ("/input_content/%" G_GINT64_FORMAT, id);
  HabReply *reply = reply_input (
      self->ingested->was_there ? SOUP_STATUS_OK : SOUP_STATUS_CREATED,
      self->request, vault->catalog, id, error);

  if (reply != NULL)
    hab_reply_set_header (reply, "Location", location);
  return reply;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  HabReply *reply = hab_store_call_finish (result, &error);

  post_end (data, reply, error);
}

static void
on_ingested (GObject *source, GAsyncResult *result, gpointer data)
{
  Post *self = data;
  const HabHttpContext *context = hab_request_get_context (self->request);
  GError *error = NULL;

  self->ingested = hab_ingest_finish (result, &error);
  if (self->ingested == NULL)
    post_end (self, NULL, error);
  else if (self->form)
    post_end (self, hab_pages_reply_success (self->ingested->id,
        self->ingested->name), NULL);
  else
    hab_store_read_async (context->store, answer_json, self,
        (GDestroyNotify) hab_reply_free, on_answered, self);
}

static void
on_uploaded (GObject *source, GAsyncResult *result, gpointer data)
{
  Post *self = data;
  GError *error = NULL;
  g_autoptr (HabUploaded) uploaded = hab_upload_finish_finish (
      hab_request_get_reader (self->request), result, &error);

  if (uploaded == NULL)
    post_end (self, NULL, error);
  else
    hab_ingest_async (hab_request_get_context (self->request)->jobs,
        hab_request_get_owner (self->request), uploaded->name,
        uploaded->incoming, uploaded->size_bytes, uploaded->sha256,
        hab_request_get_request_id (self->request), on_ingested, self);
}

static void
post (HabRequest *request, gboolean form)
{
  Post *self = g_new0 (Post, 1);

  self->request = hab_request_ref (request);
  self->form = form;
  hab_upload_finish_async (hab_request_get_reader (request), on_uploaded,
      self);
}

static void
post_json (HabRequest *request)
{
  post (request, FALSE);
}

static void
post_form (HabRequest *request)
{
  post (request, TRUE);
}

const HabRoute hab_input_content_routes[] = {
  { "POST", "/success", HAB_BODY_UPLOAD, 0, NULL, post_form },
  { "POST", "/input_content", HAB_BODY_UPLOAD, 0, NULL, post_json },
  { "GET", "/input_content", HAB_BODY_NONE, 0, hab_input_content_list, NULL },
  { "GET", "/input_content/{}", HAB_BODY_NONE, 0, get_one, NULL },
  { "GET", "/input_content/{}/content", HAB_BODY_NONE, 0, NULL, get_content },
  { "GET", "/input_content/{}/package", HAB_BODY_NONE, 0, get_package_form,
      NULL },
  { "DELETE", "/input_content/{}", HAB_BODY_NONE, HAB_ROUTE_CHANGES,
      delete_one, NULL },
  { NULL }
};
