/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Takes a multipart/form-data body apart as it comes, in pieces of any size,
 * and keeps no more of it than one part's headers (RFC 7578, RFC 2046). */
typedef struct _HabMultipart HabMultipart;

typedef struct
{
  /* A part begins. filename is NULL for a plain field. FALSE with error set
   * ends the parsing. */
  gboolean (*begin) (const gchar *name, const gchar *filename, gpointer data,
      GError **error);
  /* Some of its bytes. */
  gboolean (*bytes) (const guint8 *bytes, gsize size, gpointer data,
      GError **error);
  /* It was whole. */
  gboolean (*end) (gpointer data, GError **error);
} HabMultipartEvents;

/* content_type: the header's value. NULL where it is not multipart/form-data
 * with a boundary. */
HabMultipart *hab_multipart_new (const gchar *content_type,
    const HabMultipartEvents *events, gpointer data, GError **error);
void hab_multipart_free (HabMultipart *multipart);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMultipart, hab_multipart_free)

gboolean hab_multipart_feed (HabMultipart *multipart, const guint8 *bytes,
    gsize size, GError **error);
/* The body has ended: FALSE unless its last boundary was there. */
gboolean hab_multipart_finish (HabMultipart *multipart, GError **error);

#define HAB_MULTIPART_ERROR (hab_multipart_error_quark ())
GQuark hab_multipart_error_quark (void);
typedef enum
{
  HAB_MULTIPART_ERROR_TYPE,      /* not multipart/form-data */
  HAB_MULTIPART_ERROR_MALFORMED,
} HabMultipartError;

G_END_DECLS
