/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "content-keys.h"

G_BEGIN_DECLS

/* The properties by which an element is told its content key, the same for
 * cbcsenc and cbcsdec: kid, key (write-only) and key-file. The functions do
 * not lock: the element holds its object lock around those that change or copy
 * the settings. */
typedef struct
{
  gchar *kid;
  gchar *key;
  gchar *key_file;
} HabKeySettings;

/* Ids of the properties; an element's own begin with HAB_KEY_PROP_LAST. */
typedef enum
{
  HAB_KEY_PROP_KID = 1,
  HAB_KEY_PROP_KEY,
  HAB_KEY_PROP_KEY_FILE,
  HAB_KEY_PROP_LAST,
} HabKeyProperty;

/* kid_blurb: what the kid is to the element. */
void hab_key_settings_install (GObjectClass *klass, const gchar *kid_blurb);

/* FALSE where id is none of ours, or cannot be read. */
gboolean hab_key_settings_set (HabKeySettings *settings, guint id,
    const GValue *value);
gboolean hab_key_settings_get (const HabKeySettings *settings, guint id,
    GValue *value);

void hab_key_settings_copy (const HabKeySettings *settings,
    HabKeySettings *copy);
/* Leaves nothing of the key in memory. */
void hab_key_settings_clear (HabKeySettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabKeySettings, hab_key_settings_clear)

/* Reads the key of kid, from key or, where that is unset, from the file. FALSE
 * with error set where there is none or it cannot be read; the error never
 * quotes it. */
gboolean hab_key_settings_load_key (const HabKeySettings *settings,
    const guint8 kid[16], guint8 key[16], GError **error);

/* Adds all keys that there are. A key without a kid of its own is for the kid
 * of the settings, or for every one where that is unset. No key at all is no
 * error. */
gboolean hab_key_settings_load_keys (const HabKeySettings *settings,
    HabContentKeys *keys, GError **error);

G_END_DECLS
