/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "viewers.h"

#include "access.h"
#include "clock.h"
#include "problem.h"
#include "signer.h"

static gint64
now (void)
{
  return hab_clock_now () / G_USEC_PER_SEC;
}

/* (nullable): of /TOKEN/CODE/…, or as Authorization: Bearer TOKEN. */
static const gchar *
get_token (HabRequest *request, const HabRoute *route)
{
  return route->flags & HAB_ROUTE_SIGNED
      ? hab_request_get_param (request, 0)
      : hab_access_get_bearer (
            hab_request_get_header (request, "Authorization"));
}

static const gchar *
get_code (HabRequest *request, const HabRoute *route)
{
  return hab_request_get_param (request,
      route->flags & HAB_ROUTE_SIGNED ? 1 : 0);
}

HabViewer
hab_viewers_check (HabRequest *request, const HabRoute *route, GError **error)
{
  const HabSigner *signer = hab_request_get_context (request)->signer;
  const gchar *token = NULL;
  HabViewerTokenState state;

  if (route->flags & (HAB_ROUTE_VIEWER | HAB_ROUTE_SIGNED))
    token = get_token (request, route);
  if (token == NULL)
    return HAB_VIEWER_NONE;
  state = hab_signer_check (signer, token, get_code (request, route), now (),
      NULL);
  if (state == HAB_VIEWER_TOKEN_VALID)
    return HAB_VIEWER_ADMITTED;
  /* What is not a viewer token may be an API token. */
  if (state == HAB_VIEWER_TOKEN_FORGED &&
      (route->flags & HAB_ROUTE_SIGNED) == 0)
    return HAB_VIEWER_NONE;
  hab_http_error_set (error, SOUP_STATUS_FORBIDDEN, "%s",
      state == HAB_VIEWER_TOKEN_EXPIRED
          ? "This address or token has expired; ask for a new one where you "
            "had it from"
          : "This is no signed address of this package");
  return HAB_VIEWER_REFUSED;
}

guint
hab_viewers_get_seconds_left (HabRequest *request)
{
  const HabRoute *route = hab_request_get_route (request);
  const HabSigner *signer = hab_request_get_context (request)->signer;
  gint64 start = now (), expires;

  if ((route->flags & HAB_ROUTE_SIGNED) == 0)
    return G_MAXUINT;
  return hab_signer_check (signer, get_token (request, route),
             get_code (request, route), start,
             &expires) == HAB_VIEWER_TOKEN_VALID
      ? (guint) MIN (expires - start, G_MAXINT)
      : 0;
}
