/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "input-content.h"
#include "pages.h"
#include "request.h"
#include "resources.h"

static HabReply *
list (HabRequest *request, HabVault *vault, GError **error)
{
  HabReply *reply = hab_request_wants_html (request)
      ? hab_pages_reply ("library.html", error)
      : hab_input_content_list (request, vault, error);

  if (reply != NULL)
    hab_reply_set_header (reply, "Vary", "Accept");
  return reply;
}

const HabRoute hab_videos_routes[] = {
  { "GET", "/videos/", HAB_BODY_NONE, 0, list, NULL },
  { "GET", "/videos", HAB_BODY_NONE, 0, list, NULL },
  { NULL }
};
