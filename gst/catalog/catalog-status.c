/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog.h"

static const gchar *const status_words[] = {
  [HAB_STATUS_INGESTED] = "Ingested",
  [HAB_STATUS_QUEUED] = "Queued",
  [HAB_STATUS_FRAGMENTED] = "Fragmented",
  [HAB_STATUS_ENCRYPTED] = "Encrypted",
  [HAB_STATUS_READY] = "Ready",
  [HAB_STATUS_FAILED] = "Failed",
  [HAB_STATUS_CANCELLED] = "Cancelled",
};

const gchar *
hab_status_to_string (HabStatus status)
{
  g_return_val_if_fail (status < G_N_ELEMENTS (status_words), NULL);

  return status_words[status];
}

gboolean
hab_status_from_string (const gchar *word, HabStatus *status)
{
  for (guint i = 0; i < G_N_ELEMENTS (status_words); i++) {
    if (g_strcmp0 (word, status_words[i]) == 0) {
      *status = i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
hab_status_is_final (HabStatus status)
{
  return status == HAB_STATUS_READY || status == HAB_STATUS_FAILED ||
      status == HAB_STATUS_CANCELLED;
}
