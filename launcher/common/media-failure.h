/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "exit-codes.h"
#include "media.h"

G_BEGIN_DECLS

/* What a HAB_MEDIA_ERROR means outside of the pipelines: the one table of it.
 * Pure. G_IO_ERROR_NO_SPACE counts as HAB_MEDIA_ERROR_NO_SPACE, errors of other
 * domains as HAB_MEDIA_ERROR_FAILED. */

/* The word of the worker's records, such as "unsupported". */
const gchar *hab_media_failure_to_word (const GError *error);
/* HAB_MEDIA_ERROR_FAILED for NULL and words that no worker says: that it
 * crashed or was stopped is not the worker's to say. */
HabMediaError hab_media_failure_from_word (const gchar *word);

/* What an HTTP client is answered with. */
guint hab_media_failure_get_http_status (const GError *error);
/* What a command ends with. */
HabExit hab_media_failure_get_exit (const GError *error);
/* How often it is worth trying again, for the cause may pass by itself; 0
 * where the same input fails the same way. */
guint hab_media_failure_get_retries (const GError *error);

G_END_DECLS
