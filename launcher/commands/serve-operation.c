/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "serve-operation.h"

#include "commands.h"
#include "log.h"
#include "video-encoder.h"

void
hab_serve_operation_init (HabServeOperation *self)
{
  *self = (HabServeOperation) {
    .jobs = g_get_num_processors (),
    .retry_delay = HAB_DEFAULT_RETRY_DELAY,
    .stall_timeout = HAB_DEFAULT_STALL_TIMEOUT,
  };
}

void
hab_serve_operation_clear (HabServeOperation *self)
{
  g_clear_pointer (&self->encoder, g_free);
  g_clear_pointer (&self->log_format, g_free);
  g_clear_pointer (&self->log_level, g_free);
}

void
hab_serve_operation_add_entries (HabServeOperation *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "jobs", 0, 0, G_OPTION_ARG_INT, &self->jobs,
        "packages made at the same time; as many as processors by default",
        "N" },
    { "no-fork-server", 0, 0, G_OPTION_ARG_NONE, &self->no_fork_server,
        "start each child that reads media by itself, rather than fork it from "
        "one that has GStreamer loaded", NULL },
    { "encoder", 0, 0, G_OPTION_ARG_STRING, &self->encoder,
        "encoder of packages with a ladder: openh264 (the default) or x264, "
        "where it is installed", "NAME" },
    { "retry-delay", 0, 0, G_OPTION_ARG_DOUBLE, &self->retry_delay,
        "time before a package that failed for a cause that can pass is tried "
        "again, 10 by default; doubles with each attempt", "SECONDS" },
    { "stop-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &self->stop_timeout,
        "how long a stop waits for packages that are being made before they "
        "go back to the queue, 0 by default", "SECONDS" },
    { "stall-timeout", 0, 0, G_OPTION_ARG_INT, &self->stall_timeout,
        "how long a package may get no further, and anything else that is made "
        "of a file may take, before its child is ended, 300 by default; for "
        "each 10 MiB of the file the latter gets a second more", "SECONDS" },
    { "log-format", 0, 0, G_OPTION_ARG_STRING, &self->log_format,
        "text (logfmt, the default) or json", "FORMAT" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, &self->log_level,
        "the least that is logged: error, warning, notice, info (the default) "
        "or debug", "LEVEL" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

/* --- options to settings ---------------------------------------------- */

static gboolean
read_log (const HabServeOperation *self)
{
  HabLogFormat format = HAB_LOG_TEXT;
  GLogLevelFlags lowest = G_LOG_LEVEL_INFO;

  if (self->log_format != NULL &&
      !hab_log_format_from_string (self->log_format, &format))
    return hab_cmd_usage_error ("--log-format must be text or json");
  if (self->log_level != NULL &&
      !hab_log_level_from_string (self->log_level, &lowest))
    return hab_cmd_usage_error ("--log-level must be error, warning, notice, "
        "info or debug");
  hab_log_init (format, lowest);
  return TRUE;
}

static gboolean
check_numbers (const HabServeOperation *self)
{
  if (self->jobs < 1 || self->jobs > 1024)
    return hab_cmd_usage_error ("--jobs must be 1 to 1024");
  if (!(self->retry_delay > 0 && self->retry_delay <= 600))
    return hab_cmd_usage_error ("--retry-delay must be more than 0 and at most "
        "600 seconds");
  if (!(self->stop_timeout >= 0 && self->stop_timeout <= 86400))
    return hab_cmd_usage_error ("--stop-timeout must be 0 to 86400 seconds");
  if (self->stall_timeout < 1 || self->stall_timeout > 86400)
    return hab_cmd_usage_error ("--stall-timeout must be 1 to 86400 seconds");
  return TRUE;
}

gboolean
hab_serve_operation_apply (HabServeOperation *self, HabSettings *settings)
{
  if (!check_numbers (self))
    return FALSE;
  if (hab_video_encoder_find (self->encoder) == NULL)
    return hab_cmd_usage_error ("--encoder must be openh264 or x264");
  settings->jobs = self->jobs;
  settings->fork_children = !self->no_fork_server;
  settings->encoder = g_steal_pointer (&self->encoder);
  settings->retry_delay = self->retry_delay;
  settings->stop_timeout = self->stop_timeout;
  settings->stall_timeout = self->stall_timeout;
  return read_log (self);
}
