/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "text-file.h"

#include "cue-segmenter.h"
#include "output-file.h"
#include "webvtt-reader.h"
#include "webvtt.h"

struct _HabTextFile
{
  HabOutputFile *output;
  GString *text;      /* of what is being written */
  guint64 end, size;
};

static gboolean
write_text (HabTextFile *file, GError **error)
{
  struct iovec vector = { file->text->str, file->text->len };

  file->size += file->text->len;
  return hab_output_file_write (file->output, &vector, 1, error);
}

HabTextFile *
hab_text_file_new (const gchar *folder, GError **error)
{
  g_autoptr (HabTextFile) file = g_new0 (HabTextFile, 1);

  file->text = g_string_new (NULL);
  file->output = hab_output_file_new (folder, HAB_TEXT_FILE, error);
  hab_webvtt_append_header (file->text);
  if (file->output == NULL || !write_text (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
hab_text_file_free (HabTextFile *file)
{
  if (file == NULL)
    return;
  g_clear_pointer (&file->output, hab_output_file_free);
  g_string_free (file->text, TRUE);
  g_free (file);
}

gboolean
hab_text_file_add (HabTextFile *file, const HabCue *cue, GError **error)
{
  file->end = MAX (file->end, cue->end);
  g_string_truncate (file->text, 0);
  hab_webvtt_append_cue (file->text, cue);
  return write_text (file, error);
}

gboolean
hab_text_file_commit (HabTextFile *file, gboolean durable, GError **error)
{
  return hab_output_file_commit (file->output, durable, error);
}

guint64
hab_text_file_get_end (const HabTextFile *file)
{
  return file->end;
}

guint64
hab_text_file_get_size (const HabTextFile *file)
{
  return file->size;
}

/* --- segments ------------------------------------------------------------ */

/* The file being split. */
typedef struct
{
  const gchar *folder;
  gboolean durable;
  guint written, n; /* segments, and how many there shall be */
  guint64 end;      /* from when on cues are left out */
  HabCueSegmenter *segmenter;
} Split;

static gboolean
write_segment (Split *split, GError **error)
{
  g_autoptr (GString) text = hab_cue_segmenter_finish (split->segmenter);
  g_autofree gchar *name = g_strdup_printf ("%u.vtt", ++split->written);

  return hab_output_file_put (split->folder, name, text->str, text->len,
      split->durable, error);
}

/* Takes cue. */
static gboolean
split_cue (Split *split, HabCue *cue, GError **error)
{
  g_autoptr (HabCue) owned = cue;

  while (split->written + 1 < split->n &&
      cue->start >= hab_cue_segmenter_get_end (split->segmenter)) {
    if (!write_segment (split, error))
      return FALSE;
  }
  if (cue->start < split->end)
    hab_cue_segmenter_add (split->segmenter, g_steal_pointer (&owned));
  return TRUE;
}

static gboolean
split_cues (Split *split, GPtrArray *cues, GError **error)
{
  gboolean ok = TRUE;

  while (ok && cues->len > 0)
    ok = split_cue (split, g_ptr_array_steal_index (cues, 0), error);
  return ok;
}

static gboolean
split_stream (Split *split, GInputStream *stream, GError **error)
{
  g_autoptr (HabWebvttReader) reader = hab_webvtt_reader_new ();
  g_autoptr (GPtrArray) cues = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_cue_free);
  gchar data[4096];
  gssize size;

  while ((size = g_input_stream_read (stream, data, sizeof data, NULL,
              error)) > 0) {
    hab_webvtt_reader_push (reader, data, size, cues);
    if (!split_cues (split, cues, error))
      return FALSE;
  }
  if (size < 0)
    return FALSE;
  hab_webvtt_reader_end (reader, cues);
  return split_cues (split, cues, error);
}

gboolean
hab_text_file_split (const gchar *folder, guint64 length, guint n,
    gboolean durable, GError **error)
{
  g_autoptr (GFile) file = g_file_new_build_filename (folder, HAB_TEXT_FILE,
      NULL);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (HabCueSegmenter) segmenter = hab_cue_segmenter_new (length);
  Split split = { folder, durable, 0, n, (n + 1) * length, segmenter };

  if (stream == NULL ||
      !split_stream (&split, G_INPUT_STREAM (stream), error))
    return FALSE;
  while (split.written < n) {
    if (!write_segment (&split, error))
      return FALSE;
  }
  return TRUE;
}
