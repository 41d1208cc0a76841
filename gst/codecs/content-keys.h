/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keys.h"

G_BEGIN_DECLS

/* Content keys by key id, and key files. A key is wiped from memory when it is
 * replaced or freed. Not locked: the owner sees to that. */
typedef struct _HabContentKeys HabContentKeys;

HabContentKeys *hab_content_keys_new (void);
void hab_content_keys_free (HabContentKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabContentKeys, hab_content_keys_free)

/* Sets the key of kid, or, where kid is NULL, of every id that has none of its
 * own. Both are copied. */
void hab_content_keys_set (HabContentKeys *keys, const guint8 *kid,
    const guint8 key[HAB_KEY_SIZE]);

/* Adds those of other. */
void hab_content_keys_merge (HabContentKeys *keys, const HabContentKeys *other);

/* (transfer none) (nullable): the 16 bytes of the key of kid. kid NULL stands
 * for an id that is not known: the key of every id, or the only one. */
const guint8 *hab_content_keys_find (const HabContentKeys *keys,
    const guint8 *kid);

/* Adds the keys of a text. Where the first line has no colon it is a key, by
 * hab_key_parse (): of the kid that is given, or of every id where that is
 * NULL; what follows is not read. Otherwise each line is KID:KEY, empty or
 * begins with '#'. The error names the line and never quotes it; then nothing
 * has been added. */
gboolean hab_content_keys_parse (HabContentKeys *keys, const gchar *text,
    const guint8 *kid, GError **error);

/* The same of a file of at most 64 KiB. A pipe will do. */
gboolean hab_content_keys_read_file (HabContentKeys *keys, const gchar *path,
    const guint8 *kid, GError **error);

/* The key of kid from a text or a file; one that has none is an error. */
gboolean hab_key_parse_for (const gchar *text, const guint8 kid[HAB_KEY_SIZE],
    guint8 key[HAB_KEY_SIZE], GError **error);
gboolean hab_key_read_file (const gchar *path, const guint8 kid[HAB_KEY_SIZE],
    guint8 key[HAB_KEY_SIZE], GError **error);

G_END_DECLS
