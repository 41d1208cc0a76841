/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "json.h"
#include "license.h"
#include "problem.h"
#include "request.h"
#include "resources.h"

/* A package never changes and its code is not used again, so what players ask
 * for once a segment is kept by caches for good. What names it is asked for
 * again, so that a package that was removed is gone soon. */
#define SEGMENT_SECONDS (365 * 24 * 60 * 60)
#define MANIFEST_SECONDS 60

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
  g_autofree gchar *text = g_strdup_printf ("public, max-age=%u%s", max_age,
      max_age == SEGMENT_SECONDS ? ", immutable" : "");

  hab_reply_set_header (reply, "Cache-Control", text);
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

/* Opens one component after the other, none of which may be a link or lead
 * upwards, so that nothing outside the folder is reached. -1 with errno set
 * on failure. */
static int
open_beneath (int folder_fd, const gchar *path)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  int fd = dup (folder_fd);

  for (gchar **name = components; *name != NULL && fd >= 0; name++) {
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int parent = fd;

    if (name[1] != NULL)
      flags |= O_DIRECTORY;
    fd = **name == '.' || **name == '\0' ? -1 : openat (parent, *name, flags);
    close (parent);
  }
  return fd;
}

static HabReply *
get_file (HabRequest *request, HabVault *vault, GError **error)
{
  const gchar *path = hab_request_get_param (request, 1);
  const FileType *type = find_type (path);
  HabDataDir *dir =
      hab_service_get_data_dir (hab_request_get_service (request));
  g_autoptr (HabPackage) package =
      find_ready (vault, hab_request_get_param (request, 0), error);
  g_autofree gchar *full = NULL;
  HabReply *reply;
  int fd;

  if (package == NULL)
    return NULL;
  /* The catalog's code, not the client's. */
  full = g_strconcat (package->code, "/dash/", path, NULL);
  fd = type != NULL
      ? open_beneath (hab_data_dir_get_fd (dir, HAB_FOLDER_PACKAGES), full)
      : -1;
  if (fd < 0) {
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "There is no such file in this package");
    return NULL;
  }
  reply = hab_reply_new_file (fd, get_type (type, path), error);
  if (reply != NULL)
    set_cache_control (reply, type->max_age);
  return reply;
}

static void
add_package (JsonBuilder *builder, const HabPackage *package,
    const gchar *base)
{
  g_autofree gchar *url =
      g_strdup_printf ("%s/%s/dash/stream.mpd", base, package->code);

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
  g_autofree gchar *base = hab_request_build_delivery_url (request);
  g_autoptr (GPtrArray) packages = NULL;
  HabPackage *package = NULL;
  HabReply *reply;
  HabPage page;

  if (!hab_json_read_page (request, &page, error))
    return NULL;
  packages = hab_catalog_list_packages (vault->catalog,
      hab_request_get_scope (request), page.after, page.limit, 0, error);
  if (packages == NULL)
    return NULL;
  json_builder_begin_array (builder);
  for (guint i = 0; i < packages->len; i++) {
    package = g_ptr_array_index (packages, i);
    if (package->status == HAB_STATUS_READY)
      add_package (builder, package, base);
  }
  json_builder_end_array (builder);
  reply = hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder));
  if (packages->len == page.limit)
    hab_json_link_next (reply, request, page.limit, package->id);
  return reply;
}

static HabReply *
post_license (HabRequest *request, HabVault *vault, GError **error)
{
  const gchar *code = hab_request_get_param (request, 0);
  g_autoptr (HabPackage) package = find_ready (vault, code, error);

  return package != NULL
      ? hab_license_answer (request, vault, package->code, error)
      : NULL;
}

static HabReply *
get_key (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabPackage) package =
      find_ready (vault, hab_request_get_param (request, 0), error);

  return package != NULL
      ? hab_license_answer_key (vault, package,
            hab_request_get_param (request, 1), error)
      : NULL;
}

/* The list is not for pages of other origins: with a package's code they could
 * ask for its key. */
const HabRoute hab_delivery_content_routes[] = {
  { "GET", "/videos/", HAB_BODY_NONE, 0, list, NULL },
  { "GET", "/videos", HAB_BODY_NONE, 0, list, NULL },
  { "GET", "/{}/dash/**", HAB_BODY_NONE,
      HAB_ROUTE_PUBLIC | HAB_ROUTE_CROSS_ORIGIN, get_file, NULL },
  { "POST", "/{}/license/clearkey", HAB_BODY_JSON, HAB_ROUTE_CROSS_ORIGIN,
      post_license, NULL },
  { "GET", "/{}/license/key/{}", HAB_BODY_NONE, HAB_ROUTE_CROSS_ORIGIN,
      get_key, NULL },
  { NULL }
};
