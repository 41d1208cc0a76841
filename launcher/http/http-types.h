/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "store.h"

G_BEGIN_DECLS

typedef struct _HabRequest HabRequest;
typedef struct _HabReply HabReply;

typedef enum
{
  HAB_LISTENER_API,      /* for owners: origin checks, tokens, sessions */
  HAB_LISTENER_DELIVERY, /* for viewers: cross-origin, token where not public */
  HAB_N_LISTENERS
} HabListenerKind;

typedef enum
{
  HAB_BODY_NONE,
  HAB_BODY_JSON,   /* small, kept in memory; of /sign-in a form */
  HAB_BODY_UPLOAD, /* streamed into a file, see upload.h */
  HAB_BODY_APPEND, /* the same behind what is there, see append.h */
} HabBodyKind;

typedef enum
{
  HAB_ROUTE_DEFAULT = 0,
  /* Has nothing of the owner's in it: needs no token even where the listener
   * asks for one. */
  HAB_ROUTE_PUBLIC = 1 << 0,
  /* Players on pages of other origins may call it. */
  HAB_ROUTE_CROSS_ORIGIN = 1 << 1,
  /* Of one package, whose code is the first place of the pattern: a viewer
   * token of it will do. */
  HAB_ROUTE_VIEWER = 1 << 2,
  /* The same, but the first place is the viewer token, the second the code. */
  HAB_ROUTE_SIGNED = 1 << 3,
  /* Its answer changes the catalog: in the thread of the store that may. */
  HAB_ROUTE_CHANGES = 1 << 4,
} HabRouteFlags;

/* One row of the table in docs/rest-api.md. Exactly one of the two handlers is
 * set. Both run when the whole request is there. */
typedef struct
{
  const gchar *method;
  const gchar *pattern; /* see router.h */
  HabBodyKind body;
  HabRouteFlags flags;

  /* In a thread of the store that reads: answers from the catalog at once, and
   * changes nothing unless flags say so. Several run at the same time. */
  HabReply *(*answer) (HabRequest *request, HabVault *vault, GError **error);

  /* In the main thread: answers now or later by hab_request_reply () or
   * hab_request_fail (). */
  void (*handle) (HabRequest *request);
} HabRoute;

G_END_DECLS
