/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-failure.h"

typedef struct
{
  const gchar *word;
  guint http_status;
  HabExit exit;
  guint retries;
} Row;

/* A file that makes a child crash or stand still most likely does so again. */
static const Row rows[] = {
  [HAB_MEDIA_ERROR_FAILED] = { "failed", 500, HAB_EXIT_SOFTWARE, 0 },
  [HAB_MEDIA_ERROR_NOT_MEDIA] = { "not-media", 422, HAB_EXIT_DATA, 0 },
  [HAB_MEDIA_ERROR_NO_VIDEO] = { "no-video", 422, HAB_EXIT_DATA, 0 },
  [HAB_MEDIA_ERROR_UNSUPPORTED] = { "unsupported", 422, HAB_EXIT_DATA, 0 },
  [HAB_MEDIA_ERROR_NOT_FOUND] = { "not-found", 404, HAB_EXIT_NO_INPUT, 0 },
  [HAB_MEDIA_ERROR_NO_SPACE] = { "no-space", 507, HAB_EXIT_CANT_CREATE, 9 },
  [HAB_MEDIA_ERROR_IO] = { "io", 500, HAB_EXIT_NO_INPUT, 4 },
  [HAB_MEDIA_ERROR_NO_TABLE] = { "no-table", 500, HAB_EXIT_SOFTWARE, 0 },
  [HAB_MEDIA_ERROR_NOT_ALLOWED] = { "not-allowed", 400, HAB_EXIT_USAGE, 0 },
  [HAB_MEDIA_ERROR_LIMIT] = { "limit", 422, HAB_EXIT_DATA, 0 },
  [HAB_MEDIA_ERROR_NOT_INSTALLED] =
      { "not-installed", 500, HAB_EXIT_UNAVAILABLE, 0 },
  [HAB_MEDIA_ERROR_CRASHED] = { "crashed", 422, HAB_EXIT_SOFTWARE, 2 },
  [HAB_MEDIA_ERROR_TIMED_OUT] = { "timed-out", 422, HAB_EXIT_SOFTWARE, 2 },
  [HAB_MEDIA_ERROR_CANCELLED] = { "cancelled", 503, HAB_EXIT_INTERRUPTED, 0 },
};

static const Row *
get_row (const GError *error)
{
  if (error->domain == HAB_MEDIA_ERROR && error->code >= 0 &&
      (guint) error->code < G_N_ELEMENTS (rows))
    return &rows[error->code];
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    return &rows[HAB_MEDIA_ERROR_NO_SPACE];
  return &rows[HAB_MEDIA_ERROR_FAILED];
}

const gchar *
hab_media_failure_to_word (const GError *error)
{
  return get_row (error)->word;
}

HabMediaError
hab_media_failure_from_word (const gchar *word)
{
  for (guint i = 0; i < HAB_MEDIA_ERROR_CRASHED; i++)
    if (g_strcmp0 (word, rows[i].word) == 0)
      return i;
  return HAB_MEDIA_ERROR_FAILED;
}

guint
hab_media_failure_get_http_status (const GError *error)
{
  return get_row (error)->http_status;
}

HabExit
hab_media_failure_get_exit (const GError *error)
{
  return get_row (error)->exit;
}

guint
hab_media_failure_get_retries (const GError *error)
{
  /* The data folder's rights, or a disk that became read-only. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY))
    return rows[HAB_MEDIA_ERROR_IO].retries;
  return get_row (error)->retries;
}
