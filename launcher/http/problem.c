/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "problem.h"

#include "catalog.h"
#include "input-files.h"
#include "keys.h"
#include "log.h"
#include "media-failure.h"
#include "pages.h"
#include "tus.h"

G_DEFINE_QUARK (hab-http-error-quark, hab_http_error)

void
hab_http_error_set (GError **error, guint status, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (HAB_HTTP_ERROR, status, format, args);
  va_end (args);
}

static const struct
{
  GQuark (*domain) (void);
  gint code;
  guint status;
} statuses[] = {
  { hab_catalog_error_quark, HAB_CATALOG_ERROR_NOT_FOUND, 404 },
  { hab_catalog_error_quark, HAB_CATALOG_ERROR_EXISTS, 409 },
  { hab_catalog_error_quark, HAB_CATALOG_ERROR_IN_USE, 409 },
  { hab_catalog_error_quark, HAB_CATALOG_ERROR_STATE, 409 },
  { hab_catalog_error_quark, HAB_CATALOG_ERROR_BUSY, 503 },
  { hab_catalog_error_quark, HAB_CATALOG_ERROR_NO_SPACE, 507 },
  { hab_input_file_error_quark, HAB_INPUT_FILE_ERROR_MISSING, 409 },
  { hab_input_file_error_quark, HAB_INPUT_FILE_ERROR_CHANGED, 409 },
  { hab_key_error_quark, HAB_KEY_ERROR_FORM, 400 },
  { hab_tus_error_quark, HAB_TUS_ERROR_MALFORMED, 400 },
  { g_io_error_quark, G_IO_ERROR_NOT_FOUND, 404 },
  { g_io_error_quark, G_IO_ERROR_BUSY, 423 },
};

/* The one place that knows which status an error has. */
static guint
get_status (const GError *error)
{
  if (error->domain == HAB_HTTP_ERROR)
    return error->code;
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (g_error_matches (error, statuses[i].domain (), statuses[i].code))
      return statuses[i].status;
  return hab_media_failure_get_http_status (error);
}

static const struct
{
  guint status;
  const gchar *title;
} titles[] = {
  { 400, "The request is malformed" },
  { 401, "A token is needed" },
  { 403, "Not allowed from there" },
  { 404, "There is no such thing" },
  { 405, "This method is not for this address" },
  { 408, "The request took too long" },
  { 409, "In conflict with what is there" },
  { 412, "Not this version of the protocol" },
  { 413, "Too large" },
  { 415, "Not a type that is taken here" },
  { 421, "Not the host that was asked for" },
  { 422, "This cannot be processed" },
  { 423, "In use by another request" },
  { 460, "Not the bytes that were promised" },
  { 429, "Too many requests" },
  { 500, "Something failed in the service" },
  { 503, "Not now" },
  { 507, "The disk is full" },
};

static const gchar *
get_title (guint status)
{
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    if (titles[i].status == status)
      return titles[i].title;
  return soup_status_get_phrase (status);
}

static HabReply *
problem_json (guint status, const gchar *title, const gchar *detail,
    const gchar *request_id)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  HabReply *reply;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, "about:blank");
  json_builder_set_member_name (builder, "title");
  json_builder_add_string_value (builder, title);
  json_builder_set_member_name (builder, "status");
  json_builder_add_int_value (builder, status);
  json_builder_set_member_name (builder, "detail");
  json_builder_add_string_value (builder, detail);
  if (request_id != NULL) {
    json_builder_set_member_name (builder, "request_id");
    json_builder_add_string_value (builder, request_id);
  }
  json_builder_end_object (builder);
  reply = hab_reply_new_json (status, json_builder_get_root (builder));
  hab_reply_set_header (reply, "Content-Type", "application/problem+json");
  return reply;
}

HabReply *
hab_problem_reply (const GError *error, const gchar *request_id,
    gboolean html)
{
  guint status = get_status (error);
  const gchar *title = get_title (status);
  const gchar *detail = error->message;
  HabReply *reply;

  if (status == SOUP_STATUS_SEE_OTHER)
    return hab_reply_new_see_other (error->message);
  if (status == SOUP_STATUS_INTERNAL_SERVER_ERROR) {
    hab_log (G_LOG_LEVEL_WARNING, error->message, "request_id", request_id,
        NULL);
    detail = "The service's log says what failed. Try again; if it stays, "
             "show the log to whoever runs the service.";
  }
  reply = html ? hab_pages_reply_error (status, title, detail, request_id)
               : problem_json (status, title, detail, request_id);
  if (status == SOUP_STATUS_UNAUTHORIZED)
    hab_reply_set_header (reply, "WWW-Authenticate",
        "Bearer realm=\"haberdash\"");
  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    hab_reply_set_header (reply, "Retry-After", "5");
  return reply;
}
