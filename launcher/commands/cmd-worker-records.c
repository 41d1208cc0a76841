/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmd-worker-records.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exit-codes.h"
#include "media-failure.h"
#include "worker-protocol.h"

/* One write a record: records of other writers to the pipe stay whole too. A
 * parent that is gone ends this process. */
static void
write_line (const gchar *record)
{
  g_autofree gchar *line = g_strconcat (record, "\n", NULL);
  const gchar *at = line;
  gsize left = strlen (line);

  while (left > 0) {
    gssize count = write (HAB_WORKER_RECORDS_FD, at, left);

    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      _exit (HAB_EXIT_SOFTWARE);
    at += count;
    left -= count;
  }
}

void
hab_worker_write (JsonObject *record)
{
  g_autofree gchar *text = hab_record_format (record);

  write_line (text);
}

void
hab_worker_write_failure (JsonObject *record, const GError *error)
{
  json_object_set_string_member (record, "cause",
      hab_media_failure_to_word (error));
  json_object_set_string_member (record, "detail", error->message);
  hab_worker_write (record);
}
