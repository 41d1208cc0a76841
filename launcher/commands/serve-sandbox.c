/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "serve-sandbox.h"

#include "commands.h"

/* GStreamer and its libraries alone need a good part of it. */
#define MIN_MEMORY (G_GINT64_CONSTANT (128) << 20)

void
hab_serve_sandbox_init (HabServeSandbox *self)
{
  *self = (HabServeSandbox) {
    .memory = HAB_JAIL_DEFAULT_MEMORY,
    .cpu_seconds = HAB_JAIL_DEFAULT_CPU_SECONDS,
  };
}

void
hab_serve_sandbox_clear (HabServeSandbox *self)
{
  g_clear_pointer (&self->mode, g_free);
}

void
hab_serve_sandbox_add_entries (HabServeSandbox *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "sandbox", 0, 0, G_OPTION_ARG_STRING, &self->mode,
        "what confines children that read media files: auto (the default: "
        "what the kernel has), require (all of it, or nothing is read) or off",
        "MODE" },
    { "child-memory", 0, 0, G_OPTION_ARG_INT64, &self->memory,
        "the most memory that a child may use; 4 GiB by default, 0: any",
        "BYTES" },
    { "child-cpu-time", 0, 0, G_OPTION_ARG_INT64, &self->cpu_seconds,
        "the most processor time of a child that reads a small file; large "
        "ones have more; 600 by default, 0: any", "SECONDS" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

static gboolean
check_numbers (const HabServeSandbox *self)
{
  if (self->memory != 0 && self->memory < MIN_MEMORY)
    return hab_cmd_usage_error ("--child-memory must be 0 or at least "
        "%" G_GINT64_FORMAT " bytes", MIN_MEMORY);
  if (self->cpu_seconds < 0 || self->cpu_seconds > 86400)
    return hab_cmd_usage_error ("--child-cpu-time must be 0 to 86400 seconds");
  return TRUE;
}

gboolean
hab_serve_sandbox_apply (const HabServeSandbox *self)
{
  HabJailSettings settings = {
    .memory = self->memory,
    .cpu_seconds = self->cpu_seconds,
  };
  g_autofree gchar *text = NULL;
  gboolean whole;

  if (self->mode != NULL &&
      !hab_jail_mode_from_string (self->mode, &settings.mode))
    return hab_cmd_usage_error ("--sandbox must be auto, require or off");
  if (!check_numbers (self))
    return FALSE;
  text = hab_jail_describe (settings.mode, &whole);
  if (settings.mode == HAB_JAIL_REQUIRE && !whole)
    return hab_cmd_usage_error ("--sandbox=require: there is only: %s", text);
  g_message ("children that read media files are confined: %s", text);
  hab_jail_settings_export (&settings);
  return TRUE;
}
