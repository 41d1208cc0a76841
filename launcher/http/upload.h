/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

G_BEGIN_DECLS

typedef struct _HabUpload HabUpload;

/* The file that a request's body brings: a multipart/form-data body with a
 * field "file", or the bytes alone with a name in the query. Main thread. */

/* Looks at the headers only: fails where the body need not be read. */
HabUpload *hab_upload_new (HabRequest *request, GError **error);
/* Removes what was stored unless it was taken. */
extern const HabBodyReader hab_upload_reader;

typedef struct
{
  gchar *name;     /* as the client gave it, checked */
  gchar *incoming; /* its file's name in incoming/, now the caller's */
  guint64 size_bytes;
  gchar *sha256;
} HabUploaded;

void hab_uploaded_free (HabUploaded *uploaded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabUploaded, hab_uploaded_free)

/* The body has ended: stores the file durably. */
void hab_upload_finish_async (HabUpload *upload, GAsyncReadyCallback callback,
    gpointer user_data);
HabUploaded *hab_upload_finish_finish (HabUpload *upload,
    GAsyncResult *result, GError **error);

/* Whether name can be an input content's: UTF-8 of 1 to 255 bytes without a
 * slash or control characters, and neither . nor .. */
gboolean hab_upload_check_name (const gchar *name, GError **error);

G_END_DECLS
