/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload). Pure. */
#define HAB_TUS_VERSION "1.0.0"
#define HAB_TUS_EXTENSIONS "creation,termination,expiration,checksum"
#define HAB_TUS_CHECKSUMS "sha1,sha256"

#define HAB_TUS_ERROR (hab_tus_error_quark ())
GQuark hab_tus_error_quark (void);
typedef enum
{
  HAB_TUS_ERROR_MALFORMED,
} HabTusError;

/* Upload-Length and Upload-Offset: an error where header is absent or no number. */
gboolean hab_tus_parse_number (const gchar *name, const gchar *header,
    guint64 *number, GError **error);

/* The value of a key of Upload-Metadata; NULL without an error where it is not
 * there. An error where the header is malformed. */
gchar *hab_tus_parse_metadata (const gchar *header, const gchar *key,
    GError **error);
/* Upload-Metadata with the one key. */
gchar *hab_tus_format_metadata (const gchar *key, const gchar *value);

/* What Upload-Checksum promises of a body. */
typedef struct _HabTusChecksum HabTusChecksum;

/* An error where the algorithm is none of HAB_TUS_CHECKSUMS. */
HabTusChecksum *hab_tus_checksum_new (const gchar *header, GError **error);
void hab_tus_checksum_free (HabTusChecksum *checksum);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabTusChecksum, hab_tus_checksum_free)
void hab_tus_checksum_update (HabTusChecksum *checksum, const guint8 *bytes,
    gsize size);
/* Whether the bytes are those that were promised; the last call. */
gboolean hab_tus_checksum_matches (HabTusChecksum *checksum);

G_END_DECLS
