/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text: WebVTT read whole and in pieces, and written again. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cue-segmenter.h"
#include "cue-text.h"
#include "fuzz.h"
#include "webvtt-reader.h"
#include "webvtt.h"

#define SEGMENT (10 * G_GUINT64_CONSTANT (1000000000))
#define MAX_SEGMENTS 20

static GPtrArray *
read_cues (const gchar *data, gsize size, gsize piece)
{
  g_autoptr (HabWebvttReader) reader = hab_webvtt_reader_new ();
  GPtrArray *cues = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_cue_free);

  for (gsize at = 0; at < size; at += piece)
    hab_webvtt_reader_push (reader, data + at, MIN (piece, size - at), cues);
  hab_webvtt_reader_end (reader, cues);
  return cues;
}

static void
assert_same (const GPtrArray *a, const GPtrArray *b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    const HabCue *one = a->pdata[i], *other = b->pdata[i];

    g_assert_cmpuint (one->start, ==, other->start);
    g_assert_cmpuint (one->end, ==, other->end);
    g_assert_cmpstr (one->settings, ==, other->settings);
    g_assert_cmpstr (one->text, ==, other->text);
  }
}

/* A file of the cues has the same cues. */
static void
write_again (const GPtrArray *cues)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) again = NULL;

  hab_webvtt_append_header (text);
  for (guint i = 0; i < cues->len; i++)
    hab_webvtt_append_cue (text, cues->pdata[i]);
  again = read_cues (text->str, text->len, text->len);
  assert_same (cues, again);
}

static void
cut (GPtrArray *cues)
{
  HabCueSegmenter *segmenter = hab_cue_segmenter_new (SEGMENT);
  guint segments = 0;

  for (guint i = 0; i < cues->len && segments < MAX_SEGMENTS; i++) {
    const HabCue *cue = cues->pdata[i];

    while (hab_cue_segmenter_get_end (segmenter) <= cue->start &&
        segments++ < MAX_SEGMENTS)
      g_string_free (hab_cue_segmenter_finish (segmenter), TRUE);
    if (cue->start < hab_cue_segmenter_get_end (segmenter))
      hab_cue_segmenter_add (segmenter, hab_cue_new (cue->start, cue->end,
          cue->settings, g_strdup (cue->text)));
  }
  g_string_free (hab_cue_segmenter_finish (segmenter), TRUE);
  hab_cue_segmenter_free (segmenter);
}

static void
check_text (gchar *made, gboolean was_webvtt)
{
  g_autofree gchar *text = made;

  if (text == NULL)
    return;
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strchr (text, '\r'));
  g_assert_null (strstr (text, "\n\n"));
  if (!was_webvtt)
    g_assert_null (strstr (text, "-->"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  gsize piece = fuzz_take_u8 (&input) + 1;
  const gchar *text = (const gchar *) input.data;
  g_autoptr (GPtrArray) whole = read_cues (text, input.size,
      MAX (input.size, 1));
  g_autoptr (GPtrArray) pieces = read_cues (text, input.size, piece);

  assert_same (whole, pieces);
  write_again (whole);
  cut (whole);
  check_text (hab_cue_text_from_plain (text, input.size), FALSE);
  check_text (hab_cue_text_from_markup (text, input.size), FALSE);
  check_text (hab_cue_text_from_webvtt (text, input.size), TRUE);
  return 0;
}
