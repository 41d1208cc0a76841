/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "problem.h"
#include "request.h"
#include "resources.h"

/* The description of a listener; data/openapi/ has what it is joined of. */
static void
reply_document (HabRequest *request, const gchar *path)
{
  GError *error = NULL;
  GBytes *data =
      g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  HabReply *reply;

  if (data == NULL) {
    hab_request_fail (request, error);
    return;
  }
  reply = hab_reply_new_bytes (SOUP_STATUS_OK, "application/json", data);
  /* A later version of the program has another one. */
  hab_reply_set_header (reply, "Cache-Control", "no-cache");
  hab_request_reply (request, reply);
  g_bytes_unref (data);
}

static void
get_api (HabRequest *request)
{
  reply_document (request, "/haberdash/openapi/api.json");
}

static void
get_delivery (HabRequest *request)
{
  reply_document (request, "/haberdash/openapi/delivery.json");
}

const HabRoute hab_openapi_api_routes[] = {
  { "GET", "/openapi.json", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL, get_api },
  { NULL }
};

const HabRoute hab_openapi_delivery_routes[] = {
  { "GET", "/openapi.json", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL,
      get_delivery },
  { NULL }
};
