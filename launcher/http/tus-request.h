/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"
#include "tus.h"

G_BEGIN_DECLS

/* What the calls of /uploads have in common: the protocol's version, and the
 * upload that they are about. */

/* Tus-Resumable of the request and the answer; 412 where it is another
 * version, or absent from a request that changes something. */
gboolean hab_tus_check_version (HabRequest *request, GError **error);
/* (transfer none): the upload that the address names, or 404. */
HabResumable *hab_tus_find_upload (HabRequest *request, GError **error);

G_END_DECLS
