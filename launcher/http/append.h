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

G_END_DECLS
