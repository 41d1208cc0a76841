/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media.h"

G_DEFINE_QUARK (hab-media-error-quark, hab_media_error)

static const gchar *const encrypt_words[] = {
  [HAB_ENCRYPT_VIDEO] = "video",
  [HAB_ENCRYPT_ALL] = "all",
  [HAB_ENCRYPT_NONE] = "none",
};

const gchar *
hab_encrypt_to_string (HabEncrypt encrypt)
{
  g_return_val_if_fail (encrypt < G_N_ELEMENTS (encrypt_words), NULL);

  return encrypt_words[encrypt];
}

gboolean
hab_encrypt_from_string (const gchar *word, HabEncrypt *encrypt)
{
  for (guint i = 0; i < G_N_ELEMENTS (encrypt_words); i++) {
    if (g_strcmp0 (word, encrypt_words[i]) == 0) {
      *encrypt = i;
      return TRUE;
    }
  }
  return FALSE;
}
