/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gunixinputstream.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "license.h"
#include "open-beneath.h"
#include "problem.h"
#include "request.h"
#include "resources.h"
#include "viewers.h"

/* A package never changes and its code is not used again, so what players ask
 * for once a segment is kept by caches for good. What names it is asked for
 * again, so that a package that was removed is gone soon. */
#define SEGMENT_SECONDS (365 * 24 * 60 * 60)
#define CACHED_FOR_GOOD "public, max-age=31536000, immutable"
#define MANIFEST_SECONDS 60
/* The largest that is read into memory; days of segments. */
#define MAX_MANIFEST (16 * 1024 * 1024)

typedef struct
{
  const gchar *suffix;
  const gchar *type;
  const gchar *audio_type; /* in the folder of an audio track, or NULL */
  guint max_age;
} FileType;

static const FileType types[] = {
  { ".mpd", "application/dash+xml", NULL, MANIFEST_SECONDS },
  { ".m3u8", "application/vnd.apple.mpegurl", NULL, MANIFEST_SECONDS },
  { ".m4s", "video/iso.segment", NULL, SEGMENT_SECONDS },
  { ".mp4", "video/mp4", "audio/mp4", SEGMENT_SECONDS },
  { ".vtt", "text/vtt", NULL, SEGMENT_SECONDS },
};

/* (nullable): what is not one of these is not delivered. */
static const FileType *
find_type (const gchar *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (path, types[i].suffix))
      return &types[i];
  return NULL;
}

static const gchar *
get_type (const FileType *type, const gchar *path)
{
  return type->audio_type != NULL && g_str_has_prefix (path, "audio")
      ? type->audio_type
      : type->type;
}

static void
set_cache_control (HabReply *reply, guint max_age)
{
  g_autofree gchar *text = max_age != SEGMENT_SECONDS
      ? g_strdup_printf ("public, max-age=%u", max_age)
      : NULL;

  hab_reply_set_header (reply, "Cache-Control",
      text != NULL ? text : CACHED_FOR_GOOD);
}

/* max_age: how long the address is good for. */
static HabReply *
reply_file (int fd, const gchar *path, guint max_age, GError **error)
{
  const FileType *type = find_type (path);
  HabReply *reply = hab_reply_new_file (fd, get_type (type, path), error);

  if (reply != NULL)
    set_cache_control (reply, MIN (type->max_age, max_age));
  return reply;
}

/* Takes fd. (nullable) (transfer full): a zero is behind it. */
static gchar *
read_text (int fd, GError **error)
{
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (fd, TRUE);
  g_autofree gchar *text = NULL;
  struct stat info;

  if (fstat (fd, &info) < 0 || info.st_size > MAX_MANIFEST) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "A manifest is too large to be signed");
    return NULL;
  }
  text = g_malloc0 (info.st_size + 1);
  return g_input_stream_read_all (stream, text, info.st_size, NULL, NULL, error)
      ? g_steal_pointer (&text)
      : NULL;
}

/* Only Ready packages are there for a viewer. */
static HabPackage *
find_ready (HabVault *vault, const gchar *code, GError **error)
{
  g_autoptr (HabPackage) package =
      hab_catalog_find_package_by_code (vault->catalog, code, NULL);

  if (package != NULL && package->status == HAB_STATUS_READY)
    return g_steal_pointer (&package);
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
      "There is no finished package at this address");
  return NULL;
}

/* code: one that the catalog has. -1 with error set where there is none. */
static int
open_file (HabRequest *request, const gchar *code, const gchar *path,
    GError **error)
{
  HabDataDir *dir = hab_request_get_context (request)->dir;
  g_autofree gchar *full = g_strconcat (code, "/dash/", path, NULL);
  int fd = find_type (path) != NULL
      ? hab_open_beneath (hab_data_dir_get_fd (dir, HAB_FOLDER_PACKAGES), full)
      : -1;

  if (fd < 0)
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "There is no such file in this package");
  return fd;
}

/* Of a package that is Ready. */
static void
answer_file (HabRequest *request)
{
  const gchar *path = hab_request_get_param (request, 1);
  GError *error = NULL;
  int fd =
      open_file (request, hab_request_get_param (request, 0), path, &error);
  HabReply *reply =
      fd >= 0 ? reply_file (fd, path, G_MAXUINT, &error) : NULL;

  hab_request_answer (request, reply, error);
}

/* In a thread of the store. */
static gpointer
find_published (HabVault *vault, gpointer request, GError **error)
{
  return find_ready (vault, hab_request_get_param (request, 0), error);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabRequest) request = data;
  GError *error = NULL;
  g_autoptr (HabPackage) package = hab_store_call_finish (result, &error);

  if (package == NULL) {
    hab_request_fail (request, error);
    return;
  }
  hab_published_add (hab_request_get_context (request)->published,
      package->code, package->id);
  answer_file (request);
}

/* Most of what is asked for: without a way to a thread of the store and back where
 * it can be. A package that is deleted meanwhile may be noted down as published
 * after that; then its files are not there, as of one that never was. */
static void
get_file (HabRequest *request)
{
  const HabHttpContext *context = hab_request_get_context (request);

  if (hab_published_has (context->published,
          hab_request_get_param (request, 0)))
    answer_file (request);
  else
    hab_store_read_async (context->store, find_published,
        hab_request_ref (request), (GDestroyNotify) hab_package_free, on_found,
        request);
}

/* --- signed addresses ------------------------------------------------- */

/* A manifest names the licence server by its address; that of a signed
 * manifest is signed, too. What it names relative to itself is by itself. */
static HabReply *
reply_manifest (HabRequest *request, int fd, const HabPackage *package,
    const gchar *path, guint max_age, GError **error)
{
  g_autofree gchar *plain =
      g_strdup_printf ("/%s/license/", package->code);
  g_autofree gchar *in_signed = g_strdup_printf ("/%s%s",
      hab_request_get_param (request, 0), plain);
  g_autofree gchar *text = read_text (fd, error);
  GString *manifest;
  HabReply *reply;

  if (text == NULL)
    return NULL;
  manifest = g_string_new (text);
  g_string_replace (manifest, plain, in_signed, 0);
  reply = hab_reply_new_text (SOUP_STATUS_OK, find_type (path)->type,
      g_string_free (manifest, FALSE));
  set_cache_control (reply, MIN (MANIFEST_SECONDS, max_age));
  return reply;
}

static HabReply *
get_signed_file (HabRequest *request, HabVault *vault, GError **error)
{
  const gchar *path = hab_request_get_param (request, 2);
  guint left = hab_viewers_get_seconds_left (request);
  g_autoptr (HabPackage) package =
      find_ready (vault, hab_request_get_param (request, 1), error);
  int fd = package != NULL ? open_file (request, package->code, path, error) : -1;

  if (fd < 0)
    return NULL;
  return find_type (path)->max_age == MANIFEST_SECONDS
      ? reply_manifest (request, fd, package, path, left, error)
      : reply_file (fd, path, left, error);
}

/* --- the list --------------------------------------------------------- */

static void
add_package (JsonBuilder *builder, const HabPackage *package,
    const HabDeliveryAddress *address)
{
  g_autofree gchar *url =
      hab_delivery_address_build (address, package->code, HAB_PATH_MANIFEST);

  json_builder_begin_object (builder);
  hab_json_add_int (builder, "packaged_content_id", package->id);
  hab_json_add_text (builder, "url", url);
  hab_json_add_time (builder, "created_at", package->created_us);
  json_builder_end_object (builder);
}

static HabReply *
list (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_auto (HabDeliveryAddress) address = { 0 };
  g_autoptr (GPtrArray) packages = NULL;
  HabPackage *package = NULL;
  HabReply *reply;
  HabPage page;

  if (!hab_json_read_page (request, &page, error))
    return NULL;
  packages = hab_catalog_list_packages (vault->catalog,
      hab_request_get_scope (request), page.after, page.limit, error);
  if (packages == NULL)
    return NULL;
  hab_request_get_delivery_address (request, &address);
  json_builder_begin_array (builder);
  for (guint i = 0; i < packages->len; i++) {
    package = g_ptr_array_index (packages, i);
    if (package->status == HAB_STATUS_READY)
      add_package (builder, package, &address);
  }
  json_builder_end_array (builder);
  reply = hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder));
  if (packages->len == page.limit)
    hab_json_link_next (reply, request, page.limit, package->id);
  return reply;
}

/* --- licences --------------------------------------------------------- */

/* Of viewers, who have nothing but the package; or of the API's clients. */
static HabReply *
answer_license (HabRequest *request, HabVault *vault, const gchar *code,
    GError **error)
{
  g_autoptr (HabPackage) package = hab_request_show_package (request,
      find_ready (vault, code, error), error);

  return package != NULL
      ? hab_license_answer (request, vault, package->code, error)
      : NULL;
}

static HabReply *
post_license (HabRequest *request, HabVault *vault, GError **error)
{
  return answer_license (request, vault, hab_request_get_param (request, 0),
      error);
}

static HabReply *
post_signed_license (HabRequest *request, HabVault *vault, GError **error)
{
  return answer_license (request, vault, hab_request_get_param (request, 1),
      error);
}

/* The key whose id is the last place of the pattern; the code is the one
 * before. */
static HabReply *
answer_key (HabRequest *request, HabVault *vault, guint code_place,
    GError **error)
{
  g_autoptr (HabPackage) package = hab_request_show_package (request,
      find_ready (vault, hab_request_get_param (request, code_place), error),
      error);

  return package != NULL
      ? hab_license_answer_key (vault, package,
            hab_request_get_param (request, code_place + 1), error)
      : NULL;
}

static HabReply *
get_key (HabRequest *request, HabVault *vault, GError **error)
{
  return answer_key (request, vault, 0, error);
}

static HabReply *
get_signed_key (HabRequest *request, HabVault *vault, GError **error)
{
  return answer_key (request, vault, 1, error);
}

#define VIEWER (HAB_ROUTE_CROSS_ORIGIN | HAB_ROUTE_VIEWER)
#define SIGNED (HAB_ROUTE_CROSS_ORIGIN | HAB_ROUTE_SIGNED)

/* The list is not for pages of other origins: with a package's code they could
 * ask for its key. */
const HabRoute hab_delivery_content_routes[] = {
  { "GET", "/videos/", HAB_BODY_NONE, 0, list, NULL },
  { "GET", "/videos", HAB_BODY_NONE, 0, list, NULL },
  { "GET", "/{}/dash/**", HAB_BODY_NONE, HAB_ROUTE_PUBLIC | VIEWER, NULL,
      get_file },
  { "POST", "/{}/license/clearkey", HAB_BODY_JSON, VIEWER, post_license,
      NULL },
  { "GET", "/{}/license/key/{}", HAB_BODY_NONE, VIEWER, get_key, NULL },
  { "GET", "/{}/{}/dash/**", HAB_BODY_NONE, SIGNED, get_signed_file, NULL },
  { "POST", "/{}/{}/license/clearkey", HAB_BODY_JSON, SIGNED,
      post_signed_license, NULL },
  { "GET", "/{}/{}/license/key/{}", HAB_BODY_NONE, SIGNED, get_signed_key,
      NULL },
  { NULL }
};
