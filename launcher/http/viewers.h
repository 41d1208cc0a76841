/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

G_BEGIN_DECLS

/* Who may have a package from the delivery listener: viewers with a token of
 * it, see signer.h. */

typedef enum
{
  HAB_VIEWER_NONE,    /* sent no viewer token */
  HAB_VIEWER_ADMITTED,
  HAB_VIEWER_REFUSED, /* error is set */
} HabViewer;

/* Looks at the token in the path of a HAB_ROUTE_SIGNED, else at a Bearer token
 * of the form of viewer tokens. Main thread. */
HabViewer hab_viewers_check (HabRequest *request, const HabRoute *route,
    GError **error);

/* Of a signed request: seconds for which its token is valid yet; G_MAXUINT of
 * another. */
guint hab_viewers_get_seconds_left (HabRequest *request);

G_END_DECLS
