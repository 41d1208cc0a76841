/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages and their assets that are the same for everybody:
 * GET / and /upload_input_content, /assets/. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "pages.h"
#include "request.h"
#include "resources.h"

static void
get_index (HabRequest *request)
{
  GError *error = NULL;
  HabReply *reply = hab_pages_reply ("library.html", &error);

  hab_request_answer (request, reply, error);
}

static void
get_upload_form (HabRequest *request)
{
  GError *error = NULL;
  HabReply *reply = hab_pages_reply ("upload.html", &error);

  hab_request_answer (request, reply, error);
}

static void
get_asset (HabRequest *request)
{
  g_autofree gchar *path =
      g_strconcat ("assets/", hab_request_get_param (request, 0), NULL);
  GError *error = NULL;
  HabReply *reply = hab_pages_reply_resource (path, &error);

  hab_request_answer (request, reply, error);
}

const HabRoute hab_static_content_routes[] = {
  { "GET", "/", HAB_BODY_NONE, 0, NULL, get_index },
  { "GET", "/upload_input_content", HAB_BODY_NONE, 0, NULL, get_upload_form },
  { "GET", "/assets/**", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL, get_asset },
  { NULL }
};
