/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cue-segmenter.h"

#include <string.h>

#include "webvtt.h"

struct _HabCueSegmenter
{
  guint64 length;  /* ns */
  guint64 start;   /* of the segment at hand, ns */
  GPtrArray *cues; /* of HabCue, those of the segment at hand */
};

HabCueSegmenter *
hab_cue_segmenter_new (guint64 length)
{
  HabCueSegmenter *segmenter = g_new0 (HabCueSegmenter, 1);

  segmenter->length = length;
  segmenter->cues = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_cue_free);
  return segmenter;
}

void
hab_cue_segmenter_free (HabCueSegmenter *segmenter)
{
  if (segmenter == NULL)
    return;
  g_ptr_array_unref (segmenter->cues);
  g_free (segmenter);
}

guint64
hab_cue_segmenter_get_end (const HabCueSegmenter *segmenter)
{
  return segmenter->start + segmenter->length;
}

void
hab_cue_segmenter_add (HabCueSegmenter *segmenter, HabCue *cue)
{
  if (cue->end > segmenter->start)
    g_ptr_array_add (segmenter->cues, cue);
  else
    hab_cue_free (cue);
}

static gboolean
goes_on (const HabCueSegmenter *segmenter, const HabCue *cue, gsize *size)
{
  if (cue->end <= segmenter->start)
    return FALSE;
  *size += strlen (cue->text);
  return *size <= HAB_CUE_SEGMENTER_MAX_OPEN;
}

/* From the latest to the earliest. */
static void
move_on (HabCueSegmenter *segmenter)
{
  gsize size = 0;

  segmenter->start += segmenter->length;
  for (guint i = segmenter->cues->len; i-- > 0;) {
    if (!goes_on (segmenter, segmenter->cues->pdata[i], &size))
      g_ptr_array_remove_index (segmenter->cues, i);
  }
}

GString *
hab_cue_segmenter_finish (HabCueSegmenter *segmenter)
{
  GString *text = g_string_new (NULL);

  hab_webvtt_append_header (text);
  for (guint i = 0; i < segmenter->cues->len; i++)
    hab_webvtt_append_cue (text, segmenter->cues->pdata[i]);
  move_on (segmenter);
  return text;
}
