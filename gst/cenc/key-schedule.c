/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "key-schedule.h"

#include <string.h>

#include "keys.h"
#include "sample-time.h"

#define SEPARATORS ", \t\r\n"

typedef struct
{
  guint8 kid[HAB_KEY_SIZE];
  HabCbcsCipher *cipher;
} ScheduledKey;

struct _HabKeySchedule
{
  GPtrArray *keys; /* of ScheduledKey, one or more */
  guint64 period;  /* ns, 0 for one key */
};

static void
scheduled_key_free (ScheduledKey *key)
{
  g_clear_pointer (&key->cipher, hab_cbcs_cipher_free);
  g_free (key);
}

void
hab_key_schedule_free (HabKeySchedule *schedule)
{
  g_ptr_array_unref (schedule->keys);
  g_free (schedule);
}

static gboolean
append_key (HabKeySchedule *schedule, const HabKeySettings *settings,
    const gchar *text, GError **error)
{
  ScheduledKey *scheduled = g_new0 (ScheduledKey, 1);
  guint8 key[HAB_KEY_SIZE];
  gboolean loaded;

  g_ptr_array_add (schedule->keys, scheduled);
  if (!hab_key_parse (text, scheduled->kid, error)) {
    g_prefix_error (error, "kid: ");
    return FALSE;
  }
  loaded = hab_key_settings_load_key (settings, scheduled->kid, key, error);
  if (loaded)
    scheduled->cipher = hab_cbcs_cipher_new (key);
  hab_key_wipe (key, sizeof key);
  return loaded;
}

static gboolean
append_keys (HabKeySchedule *schedule, const HabKeySettings *settings,
    GError **error)
{
  g_auto (GStrv) kids = g_strsplit_set (settings->kid ? settings->kid : "",
      SEPARATORS, -1);

  for (guint i = 0; kids[i]; i++) {
    if (kids[i][0] && !append_key (schedule, settings, kids[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
refuse (GError **error, const gchar *why)
{
  g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM, why);
  return FALSE;
}

static gboolean
check (const HabKeySchedule *schedule, const HabKeySettings *settings,
    GError **error)
{
  guint n = schedule->keys->len;

  if (n == 0)
    return refuse (error, "kid: not set; it names the key, as 32 hex digits, a "
        "UUID or base64");
  if (n > 1 && schedule->period == 0)
    return refuse (error, "kid: several need a crypto-period");
  if (n == 1 && schedule->period > 0)
    return refuse (error, "crypto-period: it needs several kids");
  if (n > 1 && settings->key && strchr (settings->key, ':') == NULL)
    return refuse (error, "key: it is one, and there are several kids; give "
        "each its own, KID:KEY");
  return TRUE;
}

HabKeySchedule *
hab_key_schedule_new (const HabKeySettings *settings, guint64 period,
    GError **error)
{
  g_autoptr (HabKeySchedule) schedule = g_new0 (HabKeySchedule, 1);

  schedule->period = period;
  schedule->keys = g_ptr_array_new_with_free_func (
      (GDestroyNotify) scheduled_key_free);
  if (append_keys (schedule, settings, error) &&
      check (schedule, settings, error))
    return g_steal_pointer (&schedule);
  return NULL;
}

guint
hab_key_schedule_get_n_keys (const HabKeySchedule *schedule)
{
  return schedule->keys->len;
}

static const ScheduledKey *
get_key (const HabKeySchedule *schedule, guint i)
{
  return schedule->keys->pdata[i];
}

const guint8 *
hab_key_schedule_get_kid (const HabKeySchedule *schedule, guint i)
{
  return get_key (schedule, i)->kid;
}

const HabCbcsCipher *
hab_key_schedule_get_cipher (const HabKeySchedule *schedule, guint i)
{
  return get_key (schedule, i)->cipher;
}

guint
hab_key_schedule_at (const HabKeySchedule *schedule, gint64 time)
{
  guint64 at = MAX (time, 0) + HAB_SAMPLE_TIME_TOLERANCE;

  return schedule->period == 0 ? 0 :
                                 at / schedule->period % schedule->keys->len;
}
