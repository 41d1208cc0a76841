/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HAB_KEY_SIZE 16

/* What has a key of its own. */
typedef enum
{
  HAB_TRACK_VIDEO,
  HAB_TRACK_AUDIO,
} HabTrackType;

#define HAB_N_TRACK_TYPES 2

/* "video", "audio". */
const gchar *hab_track_type_to_string (HabTrackType type);

/* A content key with its id. */
typedef struct
{
  guint8 kid[HAB_KEY_SIZE], key[HAB_KEY_SIZE];
} HabContentKey;

/* Keys and key ids as people write them: 32 hex digits, base64 or base64url
 * with or without padding, and for both also with the dashes of a UUID. Fills
 * 16 bytes. The error never quotes the text. */
gboolean hab_key_parse (const gchar *text, guint8 key[HAB_KEY_SIZE],
    GError **error);

gchar *hab_key_to_hex (const guint8 key[HAB_KEY_SIZE]);
gchar *hab_key_to_uuid (const guint8 key[HAB_KEY_SIZE]);
gchar *hab_key_to_base64url (const guint8 key[HAB_KEY_SIZE]);

/* Overwrites in a way that the compiler keeps. */
void hab_key_wipe (gpointer data, gsize size);

#define HAB_KEY_ERROR (hab_key_error_quark ())
GQuark hab_key_error_quark (void);
typedef enum
{
  HAB_KEY_ERROR_FORM,
  HAB_KEY_ERROR_FILE,
} HabKeyError;

G_END_DECLS
