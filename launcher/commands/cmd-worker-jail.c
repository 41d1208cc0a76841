/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* How much a child may use goes by its job and the size of its input. */

#include "cmd-worker-jail.h"

#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "worker-protocol.h"

/* Of a processor: for what decodes one picture, and each further one. */
#define PICTURE_SECONDS 30
#define FURTHER_PICTURE_SECONDS 2
/* What a second of processor time is enough for by far: bytes of a file that is
 * copied, and of one that is decoded and encoded. */
#define COPIED_A_SECOND (1 << 20)
#define ENCODED_A_SECOND (1 << 11)
/* For pictures on their way, of each thread that encodes. */
#define THREAD_MEMORY (G_GUINT64_CONSTANT (256) << 20)
#define MAX_THREADS 256
/* What is made of a file is not so much larger. */
#define MAX_GROWTH 16
#define MIN_FILE_SIZE (G_GUINT64_CONSTANT (1) << 30)

static guint64
get_input_size (void)
{
  struct stat facts;

  return stat (HAB_WORKER_INPUT_PATH, &facts) == 0 ? facts.st_size : 0;
}

/* What decoders do with a hostile picture ends soon. */
static guint
get_cpu_seconds (JsonObject *job, guint seconds)
{
  JsonNode *pictures = json_object_get_member (job, "pictures");
  guint64 more = get_input_size () / (json_object_has_member (job, "ladder") ?
      ENCODED_A_SECOND : COPIED_A_SECOND);

  if (seconds == 0)
    return 0;
  if (pictures != NULL && JSON_NODE_HOLDS_ARRAY (pictures))
    return MIN (seconds, PICTURE_SECONDS + FURTHER_PICTURE_SECONDS *
        json_array_get_length (json_node_get_array (pictures)));
  return MIN (seconds + more, G_MAXINT);
}

static guint64
get_memory (JsonObject *job, guint64 memory)
{
  gint64 threads =
      json_object_get_int_member_with_default (job, "threads", 1);

  if (memory == 0 || !json_object_has_member (job, "ladder"))
    return memory;
  return memory + CLAMP (threads, 1, MAX_THREADS) * THREAD_MEMORY;
}

static void
on_last_word (const gchar *message)
{
  if (strstr (message, "failed to allocate") != NULL)
    hab_jail_tell_memory ();
}

static void
set_limits (JsonObject *job, const HabJailSettings *settings)
{
  static const gchar record[] = "{\"record\":\"error\",\"cause\":\"limit\","
      "\"detail\":\"reading the file took more memory than media work may use "
      "(--child-memory)\"}\n";
  const HabJailLimits limits = {
    .memory = get_memory (job, settings->memory),
    .cpu_seconds = get_cpu_seconds (job, settings->cpu_seconds),
    .file_size = MIN_FILE_SIZE + MAX_GROWTH * get_input_size (),
  };

  hab_log_set_last_word (on_last_word);
  hab_jail_limit (&limits, HAB_WORKER_RECORDS_FD, record);
}

gboolean
hab_worker_confine (JsonObject *job, HabJail *jail, GError **error)
{
  HabJailSettings settings;

  hab_jail_settings_import (&settings);
  set_limits (job, &settings);
  hab_jail_allow_read (jail, HAB_WORKER_INPUT_PATH);
  hab_jail_allow_write (jail, HAB_WORKER_OUTPUT_PATH);
  return hab_jail_enter (jail, settings.mode, error);
}
