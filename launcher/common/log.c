/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "service-manager.h"

#define ENV_FORMAT "HABERDASH_LOG_FORMAT"
#define ENV_REQUEST_ID "HABERDASH_LOG_REQUEST_ID"
#define ENV_LEVEL "HABERDASH_LOG_LEVEL"

#define MAX_FIELDS 16
/* Of one value; a line is written at once. */
#define MAX_VALUE 2000
/* Marks our fields among those of GLib. */
#define FIELD_PREFIX "HAB_"

static const struct
{
  GLogLevelFlags level;
  const gchar *word;
  gint priority; /* of syslog */
} levels[] = {
  { G_LOG_LEVEL_ERROR, "error", 2 },
  { G_LOG_LEVEL_CRITICAL, "critical", 3 },
  { G_LOG_LEVEL_WARNING, "warning", 4 },
  { G_LOG_LEVEL_MESSAGE, "notice", 5 },
  { G_LOG_LEVEL_INFO, "info", 6 },
  { G_LOG_LEVEL_DEBUG, "debug", 7 },
};

/* Set before there are threads. */
static struct
{
  HabLogFormat format;
  GLogLevelFlags lowest;
  gboolean journal;
  HabLogField context[MAX_FIELDS];
  gsize n_context;
  void (*last_word) (const gchar *message);
} config = { .lowest = G_LOG_LEVEL_INFO };

/* --- words ------------------------------------------------------------ */

gboolean
hab_log_format_from_string (const gchar *word, HabLogFormat *format)
{
  if (g_str_equal (word, "text"))
    *format = HAB_LOG_TEXT;
  else if (g_str_equal (word, "json"))
    *format = HAB_LOG_JSON;
  else
    return FALSE;
  return TRUE;
}

gboolean
hab_log_level_from_string (const gchar *word, GLogLevelFlags *lowest)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_str_equal (levels[i].word, word)) {
      *lowest = levels[i].level;
      return TRUE;
    }
  return FALSE;
}

static guint
find_level (GLogLevelFlags level)
{
  guint i = 0;

  while (i + 1 < G_N_ELEMENTS (levels) &&
      (level & levels[i].level) == 0)
    i++;
  return i;
}

/* --- lines ------------------------------------------------------------ */

/* Both formats escape alike, as JSON does. */
static void
append_escaped (GString *line, const gchar *text)
{
  for (; *text != '\0'; text++) {
    guchar byte = *text;

    if (byte == '"' || byte == '\\')
      g_string_append_printf (line, "\\%c", byte);
    else if (byte == '\n')
      g_string_append (line, "\\n");
    else if (byte < 0x20 || byte == 0x7f)
      g_string_append_printf (line, "\\u%04x", byte);
    else
      g_string_append_c (line, byte);
  }
}

static gboolean
needs_quotes (const gchar *text)
{
  if (*text == '\0')
    return TRUE;
  for (; *text != '\0'; text++)
    if ((guchar) *text <= ' ' || *text == 0x7f || strchr ("\"\\=", *text))
      return TRUE;
  return FALSE;
}

static void
append_field (GString *line, HabLogFormat format, const gchar *name,
    const gchar *value)
{
  g_autofree gchar *text = g_utf8_make_valid (value,
      strnlen (value, MAX_VALUE));
  gboolean quoted = format == HAB_LOG_JSON || needs_quotes (text);

  if (format == HAB_LOG_JSON)
    g_string_append_printf (line, "%s\"%s\":",
        line->str[line->len - 1] == '{' ? "" : ",", name);
  else
    g_string_append_printf (line, "%s%s=",
        line->len == 0 || line->str[line->len - 1] == '>' ? "" : " ", name);
  if (quoted)
    g_string_append_c (line, '"');
  append_escaped (line, text);
  if (quoted)
    g_string_append_c (line, '"');
}

gchar *
hab_log_format_line (HabLogFormat format, const gchar *time,
    GLogLevelFlags level, const gchar *message, const HabLogField *fields,
    gsize n_fields)
{
  GString *line = g_string_new (format == HAB_LOG_JSON ? "{" : NULL);

  if (time != NULL)
    append_field (line, format, "time", time);
  append_field (line, format, "level", levels[find_level (level)].word);
  append_field (line, format, "message", message);
  for (gsize i = 0; i < n_fields; i++)
    append_field (line, format, fields[i].name, fields[i].value);
  g_string_append (line, format == HAB_LOG_JSON ? "}\n" : "\n");
  return g_string_free (line, FALSE);
}

static void
write_line (const gchar *line, gsize length)
{
  while (length > 0) {
    gssize count = write (STDERR_FILENO, line, length);

    if (count < 0 && errno != EINTR)
      return;
    line += MAX (count, 0);
    length -= MAX (count, 0);
  }
}

/* The journal has a clock and takes the priority in front. */
static void
log_line (GLogLevelFlags level, const gchar *message,
    const HabLogField *fields, gsize n_fields)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *seconds = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autofree gchar *time = g_strdup_printf ("%s.%03dZ", seconds,
      g_date_time_get_microsecond (now) / 1000);
  g_autofree gchar *line = hab_log_format_line (config.format,
      config.journal ? NULL : time, level, message, fields, n_fields);
  g_autofree gchar *whole = config.journal
      ? g_strdup_printf ("<%d>%s", levels[find_level (level)].priority, line)
      : g_steal_pointer (&line);

  write_line (whole, strlen (whole));
}

/* --- between GLib and the line ---------------------------------------- */

/* What libraries have to say below a warning is theirs. */
static gboolean
is_wanted (GLogLevelFlags level, const gchar *domain)
{
  GLogLevelFlags lowest = g_strcmp0 (domain, G_LOG_DOMAIN) == 0
      ? config.lowest
      : MIN (config.lowest, G_LOG_LEVEL_MESSAGE);

  return (level & G_LOG_LEVEL_MASK) <= lowest;
}

gboolean
hab_log_is_wanted (GLogLevelFlags level)
{
  return is_wanted (level, G_LOG_DOMAIN);
}

static const gchar *
get_text (const GLogField *field)
{
  /* Those with a length of their own are no text of ours. */
  return field->length < 0 && field->value != NULL ? field->value : NULL;
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
    gpointer data)
{
  HabLogField kept[2 * MAX_FIELDS];
  gsize n_kept = 0;
  const gchar *message = "", *domain = NULL;

  for (gsize i = 0; i < n_fields; i++) {
    const gchar *text = get_text (&fields[i]);

    if (text == NULL)
      continue;
    if (g_str_equal (fields[i].key, "MESSAGE"))
      message = text;
    else if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
      domain = text;
    else if (g_str_has_prefix (fields[i].key, FIELD_PREFIX) &&
        n_kept < MAX_FIELDS)
      kept[n_kept++] = (HabLogField) {
        fields[i].key + strlen (FIELD_PREFIX), text
      };
  }
  if ((level & G_LOG_LEVEL_ERROR) != 0 && config.last_word != NULL)
    config.last_word (message);
  if (!is_wanted (level, domain))
    return G_LOG_WRITER_HANDLED;
  for (gsize i = 0; i < config.n_context; i++)
    kept[n_kept++] = config.context[i];
  log_line (level, message, kept, n_kept);
  return G_LOG_WRITER_HANDLED;
}

void
hab_log (GLogLevelFlags level, const gchar *message, ...)
{
  GLogField fields[MAX_FIELDS + 2] = {
    { "MESSAGE", message, -1 }, { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 }
  };
  gchar *names[MAX_FIELDS + 2] = { NULL };
  gsize n_fields = 2;
  const gchar *name;
  va_list args;

  va_start (args, message);
  while ((name = va_arg (args, const gchar *)) != NULL) {
    const gchar *value = va_arg (args, const gchar *);

    if (value == NULL || n_fields == G_N_ELEMENTS (fields))
      continue;
    names[n_fields] = g_strconcat (FIELD_PREFIX, name, NULL);
    fields[n_fields] = (GLogField) { names[n_fields], value, -1 };
    n_fields++;
  }
  va_end (args);
  g_log_structured_array (level, fields, n_fields);
  for (gsize i = 2; i < n_fields; i++)
    g_free (names[i]);
}

/* --- setting up ------------------------------------------------------- */

static void
install (HabLogFormat format, GLogLevelFlags lowest)
{
  config.format = format;
  config.lowest = lowest;
  config.journal = hab_service_manager_has_journal ();
  g_log_set_writer_func (write_log, NULL, NULL);
}

void
hab_log_init (HabLogFormat format, GLogLevelFlags lowest)
{
  g_setenv (ENV_FORMAT, format == HAB_LOG_JSON ? "json" : "text", TRUE);
  g_setenv (ENV_LEVEL, levels[find_level (lowest)].word, TRUE);
  install (format, lowest);
}

void
hab_log_init_child (void)
{
  const gchar *format_word = g_getenv (ENV_FORMAT);
  const gchar *level_word = g_getenv (ENV_LEVEL);
  HabLogFormat format = HAB_LOG_TEXT;
  GLogLevelFlags lowest = G_LOG_LEVEL_INFO;

  if (format_word != NULL)
    hab_log_format_from_string (format_word, &format);
  if (level_word != NULL)
    hab_log_level_from_string (level_word, &lowest);
  install (format, lowest);
  hab_log_set_context ("request_id", g_getenv (ENV_REQUEST_ID));
}

gchar **
hab_log_make_environment (const gchar *request_id)
{
  gchar **environment = g_get_environ ();

  return request_id != NULL
      ? g_environ_setenv (environment, ENV_REQUEST_ID, request_id, TRUE)
      : g_environ_unsetenv (environment, ENV_REQUEST_ID);
}

void
hab_log_set_last_word (void (*last_word) (const gchar *message))
{
  config.last_word = last_word;
}

void
hab_log_set_context (const gchar *name, const gchar *value)
{
  if (value != NULL && config.n_context < MAX_FIELDS)
    config.context[config.n_context++] =
        (HabLogField) { g_intern_string (name), g_strdup (value) };
}
