/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What a request asks for, read from its path, query and headers, and whether
 * it may see that. */

#include "access.h"
#include "problem.h"
#include "request.h"

/* --- what it asks for -------------------------------------------------- */

gboolean
hab_request_wants_html (HabRequest *request)
{
  return hab_access_prefers_html (soup_message_headers_get_list (
      hab_request_get_headers (request), "Accept"));
}

gboolean
hab_request_get_id (HabRequest *request, guint n, gint64 *id, GError **error)
{
  const gchar *text = hab_request_get_param (request, n);
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT64, &number, NULL)) {
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "An id is a number from 1 on; the lists tell which there are");
    return FALSE;
  }
  *id = number;
  return TRUE;
}

gboolean
hab_request_get_number (HabRequest *request, const gchar *name, guint64 minimum,
    guint64 maximum, guint64 fallback, guint64 *number, GError **error)
{
  const gchar *text = hab_request_get_query (request, name);

  *number = fallback;
  if (text == NULL || g_ascii_string_to_unsigned (text, 10, minimum, maximum,
                          number, NULL))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "%s must be a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
      name, minimum, maximum);
  return FALSE;
}

/* --- what it may see ---------------------------------------------------- */

HabPackage *
hab_request_show_package (HabRequest *request, HabPackage *package,
    GError **error)
{
  if (package == NULL || hab_request_may_see (request, package->owner))
    return package;
  hab_package_free (package);
  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
      "there is no such package");
  return NULL;
}

HabInput *
hab_request_show_input (HabRequest *request, HabInput *input, GError **error)
{
  if (input == NULL || input->source == HAB_SOURCE_MEDIA_DIR ||
      hab_request_may_see (request, input->owner))
    return input;
  hab_input_free (input);
  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
      "there is no such input");
  return NULL;
}

HabPackage *
hab_request_load_package (HabRequest *request, HabVault *vault, GError **error)
{
  gint64 id;

  if (!hab_request_get_id (request, 0, &id, error))
    return NULL;
  return hab_request_show_package (request,
      hab_catalog_get_package (vault->catalog, id, error), error);
}
