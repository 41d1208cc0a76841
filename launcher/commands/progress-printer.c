/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "progress-printer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "json-build.h"

#define DEFAULT_COLUMNS 80
#define MIN_BAR 10
#define MAX_BAR 50

gboolean
hab_progress_style_from_string (const gchar *word, HabProgressStyle *style)
{
  static const gchar *const words[] = {
    [HAB_PROGRESS_AUTO] = "auto",
    [HAB_PROGRESS_NONE] = "none",
    [HAB_PROGRESS_JSON] = "json",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (word, words[i])) {
      *style = i;
      return TRUE;
    }
  return FALSE;
}

void
hab_progress_printer_init (HabProgressPrinter *self, HabProgressStyle style,
    gboolean quiet)
{
  self->style = quiet && style == HAB_PROGRESS_AUTO ? HAB_PROGRESS_NONE :
      style;
  self->quiet = quiet;
  self->terminal = isatty (STDERR_FILENO);
  self->started_us = g_get_monotonic_time ();
  self->drawn = FALSE;
}

/* --- a line for people -------------------------------------------------- */

static guint
get_columns (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ?
      size.ws_col : DEFAULT_COLUMNS;
}

/* How often faster than it plays; 0 before anything can be said. */
static gdouble
get_speed (const HabPackageProgress *now, gdouble elapsed)
{
  return elapsed > 0 ? now->position_ns / 1e9 / elapsed : 0;
}

/* Seconds; -1 before anything can be said. */
static gdouble
get_left (const HabPackageProgress *now, gdouble elapsed)
{
  return now->fraction > 0 ? elapsed * (1 - now->fraction) / now->fraction :
      -1;
}

static void
add_left (GString *line, gdouble left)
{
  guint seconds = MIN (left, 359999) + 0.5;

  if (left < 0)
    return;
  if (seconds >= 3600)
    g_string_append_printf (line, "  %u:%02u:%02u left", seconds / 3600,
        seconds / 60 % 60, seconds % 60);
  else
    g_string_append_printf (line, "  %u:%02u left", seconds / 60,
        seconds % 60);
}

static void
add_bar (GString *line, gdouble fraction, guint room)
{
  guint width = MIN (room, MAX_BAR);
  guint filled = fraction * width;

  if (width < MIN_BAR)
    return;
  g_string_append (line, "  [");
  for (guint i = 0; i < width; i++)
    g_string_append_c (line, i < filled ? '#' : '.');
  g_string_append_c (line, ']');
}

/* For a terminal of this many columns; elapsed in seconds. */
static gchar *
format_line (const HabPackageProgress *now, gdouble elapsed, guint columns)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GString) facts = g_string_new (NULL);
  gdouble speed = get_speed (now, elapsed);

  if (now->fraction > 0)
    g_string_append_printf (line, "%3.0f %%", now->fraction * 100);
  else
    g_string_append_printf (line, "%.1f s", now->position_ns / 1e9);
  if (speed > 0)
    g_string_append_printf (facts, "  %.1fx", speed);
  add_left (facts, get_left (now, elapsed));
  /* The last column stays empty: some terminals wrap there. */
  if (now->fraction > 0 && columns > line->len + facts->len + 5)
    add_bar (line, now->fraction, columns - line->len - facts->len - 5);
  g_string_append (line, facts->str);
  g_string_truncate (line, MIN (line->len, MAX (columns, 1) - 1));
  return g_string_free (g_steal_pointer (&line), FALSE);
}

static void
erase (HabProgressPrinter *self)
{
  if (self->drawn)
    g_printerr ("\r\033[K");
  self->drawn = FALSE;
}

/* --- lines for machines ------------------------------------------------- */

static JsonBuilder *
begin_event (const gchar *name)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "event", name);
  return builder;
}

/* Takes builder. */
static void
end_event (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_printerr ("%s\n", text);
  g_object_unref (builder);
}

static void
show_json (const HabPackageProgress *now, gdouble elapsed)
{
  JsonBuilder *builder = begin_event ("progress");
  gdouble left = get_left (now, elapsed);

  hab_json_add_double (builder, "fraction", now->fraction);
  hab_json_add_seconds (builder, "position", now->position_ns);
  hab_json_add_int (builder, "bytes", now->bytes);
  hab_json_add_double (builder, "speed", get_speed (now, elapsed));
  if (left >= 0)
    hab_json_add_double (builder, "eta", left);
  else
    hab_json_add_null (builder, "eta");
  end_event (builder);
}

/* --- what there is to tell ---------------------------------------------- */

void
hab_progress_printer_show (HabProgressPrinter *self,
    const HabPackageProgress *now)
{
  gdouble elapsed = (g_get_monotonic_time () - self->started_us) / 1e6;
  g_autofree gchar *line = NULL;

  if (self->style == HAB_PROGRESS_JSON) {
    show_json (now, elapsed);
    return;
  }
  if (self->style == HAB_PROGRESS_NONE || !self->terminal)
    return;
  line = format_line (now, elapsed, get_columns ());
  g_printerr ("\r%s\033[K", line);
  self->drawn = TRUE;
}

void
hab_progress_printer_tell_stage (HabProgressPrinter *self, const gchar *stage,
    const gchar *file)
{
  JsonBuilder *builder;

  if (self->style != HAB_PROGRESS_JSON)
    return;
  builder = begin_event ("stage");
  hab_json_add_text (builder, "stage", stage);
  hab_json_add_text (builder, "file", file);
  end_event (builder);
}

void
hab_progress_printer_tell_rendition (HabProgressPrinter *self,
    const HabPackageRendition *rendition)
{
  JsonBuilder *builder;

  if (self->style != HAB_PROGRESS_JSON) {
    erase (self);
    if (!self->quiet)
      g_printerr ("%s: %ux%u, %" G_GUINT64_FORMAT " kb/s, %s\n",
          rendition->name, rendition->width, rendition->height,
          rendition->bitrate / 1000,
          rendition->encoder ? rendition->encoder : "as it is");
    return;
  }
  builder = begin_event ("rendition");
  hab_json_add_text (builder, "name", rendition->name);
  hab_json_add_int (builder, "width", rendition->width);
  hab_json_add_int (builder, "height", rendition->height);
  hab_json_add_int (builder, "bitrate", rendition->bitrate);
  hab_json_add_text (builder, "encoder", rendition->encoder);
  end_event (builder);
}

void
hab_progress_printer_tell_note (HabProgressPrinter *self, const gchar *note)
{
  JsonBuilder *builder;

  if (self->style != HAB_PROGRESS_JSON) {
    erase (self);
    if (!self->quiet)
      g_printerr ("%s: %s\n", g_get_prgname (), note);
    return;
  }
  builder = begin_event ("note");
  hab_json_add_text (builder, "text", note);
  end_event (builder);
}

void
hab_progress_printer_end (HabProgressPrinter *self)
{
  erase (self);
}
