/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "key-schedule.h"
#include "pssh-boxes.h"

G_BEGIN_DECLS

/* The properties of cbcsenc, and what they come to. The functions do not lock:
 * the element holds its object lock around those that change or copy the
 * settings. */
typedef struct
{
  HabKeySettings key;
  gchar *iv;
  gchar *pssh;
  guint64 clear_lead;    /* ns */
  guint64 crypto_period; /* ns */
} HabEncryptionSettings;

void hab_encryption_settings_install (GObjectClass *klass);

/* FALSE where id is none of theirs, or cannot be read. */
gboolean hab_encryption_settings_set (HabEncryptionSettings *settings,
    guint id, const GValue *value);
gboolean hab_encryption_settings_get (const HabEncryptionSettings *settings,
    guint id, GValue *value);

void hab_encryption_settings_copy (const HabEncryptionSettings *settings,
    HabEncryptionSettings *copy);
void hab_encryption_settings_clear (HabEncryptionSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabEncryptionSettings,
    hab_encryption_settings_clear)

/* How a stream is encrypted. */
typedef struct
{
  HabKeySchedule *keys; /* NULL where it was not loaded */
  guint8 iv[16];
  GPtrArray *pssh;      /* of HabPssh */
  guint64 clear_lead;   /* running time, ns */
} HabEncryption;

/* Reads the keys and makes what is not set. FALSE with error set where the
 * settings do not do, and then there is nothing to clear. */
gboolean hab_encryption_load (HabEncryption *encryption,
    const HabEncryptionSettings *settings, GError **error);
/* Leaves no key in memory. */
void hab_encryption_clear (HabEncryption *encryption);

G_END_DECLS
