/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tus-request.h"

#include "problem.h"

gboolean
hab_tus_check_version (HabRequest *request, GError **error)
{
  const gchar *version = hab_request_get_header (request, "Tus-Resumable");

  hab_request_set_header (request, "Tus-Resumable", HAB_TUS_VERSION);
  if (g_strcmp0 (version, HAB_TUS_VERSION) == 0 ||
      (version == NULL && hab_request_is_safe (request)))
    return TRUE;
  hab_request_set_header (request, "Tus-Version", HAB_TUS_VERSION);
  hab_http_error_set (error, SOUP_STATUS_PRECONDITION_FAILED,
      "Send Tus-Resumable: " HAB_TUS_VERSION);
  return FALSE;
}

HabResumable *
hab_tus_find_upload (HabRequest *request, GError **error)
{
  const HabHttpContext *context = hab_request_get_context (request);
  HabResumable *upload = hab_resumables_find (context->resumables,
      hab_request_get_param (request, 0));

  if (upload != NULL &&
      !hab_request_may_see (request, hab_resumable_get_owner (upload)))
    upload = NULL;
  if (upload == NULL)
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "There is no such upload: it has expired, was deleted or could not be "
        "processed; begin again with POST /uploads");
  return upload;
}
