/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "resumables.h"
#include "request.h"

G_BEGIN_DECLS

/* The body of a PATCH to /uploads/ID: bytes for an upload that can be resumed,
 * behind those that are there. Main thread. */
typedef struct _HabAppend HabAppend;

extern const HabBodyReader hab_append_reader;

/* Looks at the headers only: fails where the body need not be read. */
HabAppend *hab_append_new (HabRequest *request, GError **error);

/* The body has ended: whether it is what Upload-Checksum promised (460). */
gboolean hab_append_finish (HabAppend *append, GError **error);
HabResumable *hab_append_get_upload (HabAppend *append);

/* --- what the calls of /uploads have in common ------------------------ */

/* Tus-Resumable of the request and the answer; 412 where it is another
 * version, or absent from a request that changes something. */
gboolean hab_tus_check_version (HabRequest *request, GError **error);
/* (transfer none): the upload that the address names, or 404. */
HabResumable *hab_tus_find_upload (HabRequest *request, GError **error);

G_END_DECLS
