/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "clock.h"
#include "delivery-address.h"
#include "json.h"
#include "package-keys.h"
#include "package-options.h"
#include "request.h"
#include "resources.h"

static gboolean
read_lifetime (HabRequest *request, guint *seconds, GError **error)
{
  guint usual =
      hab_request_get_context (request)->settings->viewer_token_lifetime;
  g_autoptr (JsonNode) root = NULL;
  gdouble number;

  *seconds = usual;
  if (hab_request_get_body (request)->len == 0)
    return TRUE;
  root = hab_json_read_body (request, error);
  if (root == NULL ||
      !hab_json_get_number (json_node_get_object (root), "expires_in", 1,
          HAB_SIGNER_MAX_SECONDS, usual, &number, error))
    return FALSE;
  *seconds = number;
  return TRUE;
}

static void
add_address (JsonBuilder *builder, const gchar *name,
    const HabDeliveryAddress *address, const gchar *token,
    const HabPackage *package, const gchar *path)
{
  g_autofree gchar *url = path != NULL
      ? hab_delivery_address_build_with (address, token, package->code, path)
      : NULL;

  hab_json_add_text (builder, name, url);
}

/* Files need the token only where delivery is signed. */
static JsonNode *
make_json (HabRequest *request, const HabPackage *package, guint seconds)
{
  g_auto (HabDeliveryAddress) address = { 0 };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const HabHttpContext *context = hab_request_get_context (request);
  gint64 expires = hab_clock_now () / G_USEC_PER_SEC + seconds;
  g_autofree gchar *token = hab_signer_sign (context->signer, package->code,
          expires);
  const gchar *files;

  hab_request_get_delivery_address (request, &address);
  files = address.signer != NULL ? token : NULL;
  json_builder_begin_object (builder);
  hab_json_add_text (builder, "token", token);
  hab_json_add_time (builder, "expires_at", expires * G_USEC_PER_SEC);
  add_address (builder, "url", &address, files, package, HAB_PATH_MANIFEST);
  add_address (builder, "hls_url", &address, files, package,
      hab_package_options_has (package->options, "hls") ? HAB_PATH_PLAYLIST
                                                        : NULL);
  add_address (builder, "license_url", &address, token, package,
      hab_package_is_encrypted (package) ? HAB_PATH_LICENSE : NULL);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static HabReply *
post (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabPackage) package = NULL;
  guint seconds;
  gint64 id;

  if (!hab_request_get_id (request, 0, &id, error) ||
      !read_lifetime (request, &seconds, error))
    return NULL;
  package = hab_request_show_package (request,
      hab_catalog_get_package (vault->catalog, id, error), error);
  return package != NULL
      ? hab_reply_new_json (SOUP_STATUS_CREATED,
            make_json (request, package, seconds))
      : NULL;
}

const HabRoute hab_viewer_tokens_routes[] = {
  { "POST", "/packaged_content/{}/viewer_tokens", HAB_BODY_JSON, 0, post,
      NULL },
  { NULL }
};
