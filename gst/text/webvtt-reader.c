/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "webvtt-reader.h"

#include <string.h>

#include "cue-text.h"

#define ARROW "-->"
#define NS_PER_SECOND G_GUINT64_CONSTANT (1000000000)

/* More are no time of day in any file. */
#define MAX_HOURS 99999

struct _HabWebvttReader
{
  GString *line;    /* of which the end has not come */
  gboolean after_cr; /* the last byte was one, so a line feed ends nothing */

  HabCue *cue;      /* of the block at hand, NULL before its times */
  GString *payload; /* of that cue */
};

HabWebvttReader *
hab_webvtt_reader_new (void)
{
  HabWebvttReader *reader = g_new0 (HabWebvttReader, 1);

  reader->line = g_string_new (NULL);
  reader->payload = g_string_new (NULL);
  return reader;
}

void
hab_webvtt_reader_free (HabWebvttReader *reader)
{
  if (reader == NULL)
    return;
  g_string_free (reader->line, TRUE);
  g_string_free (reader->payload, TRUE);
  g_clear_pointer (&reader->cue, hab_cue_free);
  g_free (reader);
}

/* --- a line with times -------------------------------------------------------- */

static gboolean
read_number (const gchar **at, guint64 max, guint64 *number)
{
  gchar *end;

  if (!g_ascii_isdigit (**at))
    return FALSE;
  *number = g_ascii_strtoull (*at, &end, 10);
  *at = end;
  return *number <= max;
}

/* Exactly three digits in WebVTT; a comma as in SubRip does no harm. */
static gboolean
read_fraction (const gchar **at, guint64 *ms)
{
  const gchar *first = *at + 1;

  if (**at != '.' && **at != ',')
    return FALSE;
  *at = first;
  return read_number (at, 999, ms) && *at == first + 3;
}

/* [hours:]minutes:seconds.milliseconds, in nanoseconds. */
static gboolean
read_time (const gchar **at, guint64 *ns)
{
  guint64 hours = 0, minutes, seconds, ms;

  if (!read_number (at, MAX_HOURS, &minutes) || *(*at)++ != ':' ||
      !read_number (at, 59, &seconds))
    return FALSE;
  if (**at == ':') {
    (*at)++;
    hours = minutes;
    minutes = seconds;
    if (!read_number (at, 59, &seconds))
      return FALSE;
  }
  if (minutes > 59 || !read_fraction (at, &ms))
    return FALSE;
  *ns = ((hours * 60 + minutes) * 60 + seconds) * NS_PER_SECOND +
      ms * (NS_PER_SECOND / 1000);
  return TRUE;
}

static void
skip_blanks (const gchar **at)
{
  *at += strspn (*at, " \t");
}

/* (transfer full) (nullable) */
static HabCue *
read_times (const gchar *line)
{
  g_autofree gchar *settings = NULL;
  guint64 start, end;

  skip_blanks (&line);
  if (!read_time (&line, &start))
    return NULL;
  skip_blanks (&line);
  if (!g_str_has_prefix (line, ARROW))
    return NULL;
  line += strlen (ARROW);
  skip_blanks (&line);
  if (!read_time (&line, &end) || end <= start ||
      (*line && *line != ' ' && *line != '\t'))
    return NULL;
  settings = g_utf8_make_valid (line, -1);
  g_strstrip (settings);
  return hab_cue_new (start, end,
      *settings && strstr (settings, ARROW) == NULL ? settings : NULL, NULL);
}

/* --- blocks -------------------------------------------------------------------- */

static void
end_block (HabWebvttReader *reader, GPtrArray *cues)
{
  g_autoptr (HabCue) cue = g_steal_pointer (&reader->cue);

  if (cue)
    cue->text = hab_cue_text_from_webvtt (reader->payload->str,
        reader->payload->len);
  g_string_truncate (reader->payload, 0);
  if (cue && cue->text)
    g_ptr_array_add (cues, g_steal_pointer (&cue));
}

static void
add_payload (HabWebvttReader *reader, const GString *line)
{
  if (reader->cue == NULL ||
      reader->payload->len + line->len > HAB_WEBVTT_MAX_BLOCK)
    return;
  g_string_append_len (reader->payload, line->str, line->len);
  g_string_append_c (reader->payload, '\n');
}

/* A line with an arrow begins a cue even where no empty line is before it; also
 * where it has a NUL, which becomes a character of the text elsewhere. */
static void
take_line (HabWebvttReader *reader, GPtrArray *cues)
{
  const GString *line = reader->line;

  if (memmem (line->str, line->len, ARROW, strlen (ARROW))) {
    end_block (reader, cues);
    reader->cue = read_times (line->str);
  } else if (line->len == 0) {
    end_block (reader, cues);
  } else {
    add_payload (reader, line);
  }
  g_string_truncate (reader->line, 0);
}

static void
take_byte (HabWebvttReader *reader, gchar c, GPtrArray *cues)
{
  gboolean after_cr = reader->after_cr;

  reader->after_cr = c == '\r';
  if (c == '\n' && after_cr)
    return;
  if (c == '\n' || c == '\r')
    take_line (reader, cues);
  else if (reader->line->len < HAB_WEBVTT_MAX_BLOCK)
    g_string_append_c (reader->line, c);
}

void
hab_webvtt_reader_push (HabWebvttReader *reader, const gchar *data, gsize size,
    GPtrArray *cues)
{
  for (gsize i = 0; i < size; i++)
    take_byte (reader, data[i], cues);
}

void
hab_webvtt_reader_end (HabWebvttReader *reader, GPtrArray *cues)
{
  take_line (reader, cues);
  end_block (reader, cues);
  reader->after_cr = FALSE;
}
