/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "track-check.h"

#include <string.h>

#include "mpd-against-init.h"
#include "sample-check.h"
#include "segment-index.h"
#include "segment-times.h"

#define F HAB_MP4_FOURCC

/* How far the MPD's bandwidth may be below what the samples have: it is a
 * figure with a buffer in mind. */
#define BANDWIDTH_SLACK 1.1

typedef struct
{
  HabVerifyContext *context;
  HabReport *report; /* context's */
  const HabMpdDocument *document;
  const HabMpdTrack *track;
  HabTrackSummary *summary;
  HabInitSegment *init;
  HabSampleCheck *samples;
  HabMediaFile *file; /* the one that was read last */
  HabFragment fragment;

  HabTimeCheck times;
  gboolean running;  /* there was a fragment before */
  gint64 next_decode_time;
  guint32 sequence;
  gint64 first_pts, end_pts;
} Check;

/* What a segment turned out to be. */
typedef struct
{
  gboolean any;
  gboolean encrypted;
  HabSegmentTimes times;
} Segment;

void
hab_track_summary_free (HabTrackSummary *summary)
{
  g_free (summary->id);
  g_free (summary->mime_type);
  g_free (summary->codecs);
  g_free (summary->scheme);
  g_free (summary->kid);
  g_free (summary);
}

gchar *
hab_segment_name (const gchar *file, guint64 offset)
{
  return g_strdup_printf ("%s %" G_GUINT64_FORMAT, file, offset);
}

/* The file, which stays open for the next segment of it. */
static gboolean
open_file (Check *self, const gchar *name)
{
  g_autoptr (GError) error = NULL;

  if (self->file != NULL && g_str_equal (self->file->name, name))
    return TRUE;
  g_clear_pointer (&self->file, hab_media_file_free);
  self->file = hab_media_file_open (self->context->folder, name, &error);
  if (self->file == NULL)
    hab_report_error (self->report, "missing", name, -1, "%s",
        error->message);
  return self->file != NULL;
}

/* The last byte of what bytes names, plus one. 0 where that is not there. */
static guint64
get_end (Check *self, const HabMpdBytes *bytes)
{
  if (self->file->size == 0)
    hab_report_error (self->report, "boxes", self->file->name, 0,
        "the file is empty");
  if (bytes->offset > self->file->size ||
      bytes->size > self->file->size - bytes->offset) {
    hab_report_error (self->report, "range", self->file->name, bytes->offset,
        "bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        " are announced, the file ends at %" G_GUINT64_FORMAT, bytes->offset,
        bytes->offset + bytes->size - 1, self->file->size);
    return 0;
  }
  return bytes->size == 0 ? self->file->size : bytes->offset + bytes->size;
}

/* --- init segment ---------------------------------------------------- */

static gboolean
find_box (Check *self, guint64 at, guint64 end, guint32 type, HabFileBox *box)
{
  g_autoptr (GError) error = NULL;

  while (hab_media_file_next (self->file, &at, end, box, &error))
    if (box->box.type == type) {
      if (hab_media_file_load (self->file, box, &error))
        return TRUE;
      break;
    }
  if (error != NULL)
    hab_report_error (self->report, "boxes", self->file->name, at, "%s",
        error->message);
  return FALSE;
}

static void
summarize_init (Check *self)
{
  const HabInitEntry *entry =
      &g_array_index (self->init->entries, HabInitEntry, 0);
  gchar scheme[5];

  self->summary->codecs = hab_init_entry_get_codecs (entry);
  if (entry->scheme == 0)
    return;
  self->summary->scheme =
      g_strdup (hab_mp4_fourcc_to_string (entry->scheme, scheme));
  self->summary->kid = hab_key_to_uuid (entry->protection.kid);
}

static gboolean
read_init (Check *self)
{
  const HabMpdTrack *track = self->track;
  const HabMpdBytes *bytes = &track->init;
  HabFileBox moov;
  guint64 end;

  if (bytes->file == NULL && track->segments->len > 0)
    bytes = &g_array_index (track->segments, HabMpdSegment, 0).bytes;
  if (bytes->file == NULL || !open_file (self, bytes->file))
    return FALSE;
  end = get_end (self, bytes);
  if (end == 0)
    return FALSE;
  if (!find_box (self, bytes->offset, end, F ('m', 'o', 'o', 'v'), &moov)) {
    hab_report_error (self->report, "init", self->file->name, bytes->offset,
        "there is no moov box");
    return FALSE;
  }
  self->init = hab_init_segment_read (self->file, &moov, self->report);
  if (self->init == NULL)
    return FALSE;
  hab_mpd_check_init (self->document, track, self->init, self->file->name,
      self->report);
  summarize_init (self);
  self->samples =
      hab_sample_check_new (self->init, self->context->keys, self->report);
  return TRUE;
}

/* --- fragments ------------------------------------------------------- */

static void
check_continuity (Check *self)
{
  gint64 time = self->fragment.decode_time;

  if (self->running && time != self->next_decode_time)
    hab_report_error (self->report, "tfdt", self->file->name,
        self->fragment.offset, "the fragment begins at %" G_GINT64_FORMAT
        ", the one before it ends at %" G_GINT64_FORMAT ": %s", time,
        self->next_decode_time,
        time > self->next_decode_time ? "a hole" : "they overlap");
  if (self->running && self->fragment.sequence <= self->sequence)
    hab_report_warning (self->report, "sequence", self->file->name,
        self->fragment.offset, "its sequence number %u is not above %u",
        self->fragment.sequence, self->sequence);
  self->running = TRUE;
  self->sequence = self->fragment.sequence;
}

/* The samples, in a row, are what the mdat has. */
static gboolean
check_extents (Check *self, const HabFileBox *mdat)
{
  guint64 at = mdat->offset + mdat->header;
  guint64 end = mdat->offset + mdat->size;

  for (guint i = 0; i < self->fragment.samples->len; i++) {
    const HabFragmentSample *sample =
        &g_array_index (self->fragment.samples, HabFragmentSample, i);

    if (sample->offset < at || sample->offset > end ||
        sample->size > end - sample->offset) {
      hab_report_error (self->report, "mdat", self->file->name,
          sample->offset, "sample %u of %u bytes is not in the mdat of bytes %"
          G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, i, sample->size,
          mdat->offset, end);
      return FALSE;
    }
    if (sample->offset != at)
      hab_report_warning (self->report, "mdat", self->file->name, at,
          "%" G_GUINT64_FORMAT " bytes in front of sample %u are no sample's",
          sample->offset - at, i);
    at = sample->offset + sample->size;
  }
  if (at != end)
    hab_report_error (self->report, "mdat", self->file->name, at,
        "%" G_GUINT64_FORMAT " bytes at the end of mdat are no sample's",
        end - at);
  return TRUE;
}

static void
begin_segment (Check *self, Segment *segment)
{
  const HabFragmentSample *first =
      &g_array_index (self->fragment.samples, HabFragmentSample, 0);

  segment->any = TRUE;
  segment->times.earliest = G_MAXINT64;
  segment->times.latest = G_MININT64;
  segment->times.first_cts = first->cts;
  segment->times.first_dts = self->fragment.decode_time;
  if (self->init->handler == F ('v', 'i', 'd', 'e') && !first->sync)
    hab_report_error (self->report, "sync", self->file->name,
        self->fragment.offset, "the segment does not begin with a sync sample");
}

static void
count_samples (Check *self, Segment *segment)
{
  HabSegmentTimes *times = &segment->times;

  for (guint i = 0; i < self->fragment.samples->len; i++) {
    const HabFragmentSample *sample =
        &g_array_index (self->fragment.samples, HabFragmentSample, i);

    times->earliest = MIN (times->earliest, sample->cts);
    times->latest =
        MAX (times->latest, sample->cts + (gint64) sample->duration);
    times->longest = MAX (times->longest, sample->duration);
    times->duration += sample->duration;
    self->summary->bytes += sample->size;
  }
  self->summary->n_samples += self->fragment.samples->len;
  segment->encrypted |= self->fragment.protection.encrypted;
}

static void
take_fragment (Check *self, const HabFileBox *mdat, Segment *segment)
{
  const HabFragmentSample *last;

  if (!segment->any)
    begin_segment (self, segment);
  check_continuity (self);
  last = &g_array_index (self->fragment.samples, HabFragmentSample,
      self->fragment.samples->len - 1);
  self->next_decode_time = last->dts + last->duration;
  count_samples (self, segment);
  if (!check_extents (self, mdat))
    return;
  for (guint i = 0; i < self->fragment.samples->len; i++)
    hab_sample_check_take (self->samples, self->file, &self->fragment, i);
}

/* --- boxes of a segment ---------------------------------------------- */

/* A moof and what follows it up to its mdat. */
static gboolean
read_moof (Check *self, HabFileBox *moof, guint64 *at, guint64 end,
    Segment *segment)
{
  g_autoptr (GError) error = NULL;
  HabFileBox box;
  gboolean fine;

  if (!hab_media_file_load (self->file, moof, &error)) {
    hab_report_error (self->report, "boxes", self->file->name, moof->offset,
        "%s", error->message);
    return FALSE;
  }
  fine = hab_fragment_read (&self->fragment, self->file, moof, self->init,
      self->report);
  while (hab_media_file_next (self->file, at, end, &box, &error))
    if (box.box.type == F ('m', 'd', 'a', 't')) {
      if (fine)
        take_fragment (self, &box, segment);
      return TRUE;
    }
  hab_report_error (self->report, "boxes", self->file->name, *at, "%s",
      error ? error->message : "there is no mdat behind moof");
  return FALSE;
}

static void
read_segment_boxes (Check *self, guint64 at, guint64 end, Segment *segment)
{
  g_autoptr (GError) error = NULL;
  HabFileBox box;

  while (hab_media_file_next (self->file, &at, end, &box, &error)) {
    if (box.box.type == F ('m', 'o', 'o', 'f')) {
      if (!read_moof (self, &box, &at, end, segment))
        return;
    } else if (box.box.type == F ('m', 'd', 'a', 't'))
      hab_report_error (self->report, "boxes", self->file->name, box.offset,
          "there is no moof in front of mdat");
    else if (box.box.type == F ('s', 'i', 'd', 'x') && !self->track->has_initial) {
      guint32 timescale;
      g_autoptr (GArray) references = NULL;

      if (!hab_media_file_load (self->file, &box, &error))
        break;
      references = hab_segment_index_read (self->file, &box, end, &timescale,
          self->report);
    }
  }
  if (error != NULL)
    hab_report_error (self->report, "boxes", self->file->name, at, "%s",
        error->message);
}

/* --- segments --------------------------------------------------------- */

static void
remember (Check *self, const HabMpdSegment *announced, guint64 end,
    const Segment *segment)
{
  HabSegmentFacts *facts = g_new0 (HabSegmentFacts, 1);

  facts->size = end - announced->bytes.offset;
  facts->duration = (gdouble) segment->times.duration / self->init->timescale;
  facts->encrypted = segment->encrypted;
  g_hash_table_replace (self->context->segments,
      hab_segment_name (announced->bytes.file, announced->bytes.offset),
      facts);
}

static void
take_segment (Check *self, const HabMpdSegment *announced, gboolean timed)
{
  Segment segment = { FALSE };
  guint64 end;

  if (!open_file (self, announced->bytes.file)) {
    self->running = FALSE;
    return;
  }
  end = get_end (self, &announced->bytes);
  if (end == 0)
    return;
  read_segment_boxes (self, announced->bytes.offset, end, &segment);
  self->summary->n_segments++;
  if (!segment.any) {
    hab_report_error (self->report, "boxes", self->file->name,
        announced->bytes.offset, "there is no fragment in the segment");
    self->running = FALSE;
    return;
  }
  if (timed)
    hab_time_check_take (&self->times, announced, &segment.times,
        self->file->name);
  self->first_pts = MIN (self->first_pts, segment.times.earliest);
  self->end_pts = MAX (self->end_pts, segment.times.latest);
  remember (self, announced, end, &segment);
}

/* --- the track ------------------------------------------------------- */

/* The segments of an indexed file, or NULL. */
static GArray *
read_index (Check *self)
{
  const HabMpdBytes *bytes = &self->track->index;
  HabFileBox sidx;
  guint32 timescale;
  GArray *segments;
  guint64 at = bytes->offset;
  guint64 end;

  if (!open_file (self, bytes->file))
    return NULL;
  end = get_end (self, bytes);
  if (end == 0)
    return NULL;
  if (!find_box (self, at, end, F ('s', 'i', 'd', 'x'), &sidx)) {
    hab_report_error (self->report, "sidx", self->file->name, at,
        "there is no sidx box at indexRange");
    return NULL;
  }
  if (sidx.offset != at || sidx.offset + sidx.size != end)
    hab_report_error (self->report, "sidx", self->file->name, sidx.offset,
        "the sidx box has other bytes than indexRange");
  segments = hab_segment_index_read (self->file, &sidx, self->file->size,
      &timescale, self->report);
  if (segments != NULL)
    self->times.timescale = timescale;
  return segments;
}

static void
take_segments (Check *self)
{
  g_autoptr (GArray) indexed =
      self->track->index.file != NULL ? read_index (self) : NULL;
  const GArray *segments = indexed ? indexed : self->track->segments;
  gboolean timed = indexed != NULL || !self->track->has_initial;

  for (guint i = 0; i < segments->len; i++)
    take_segment (self, &g_array_index (segments, HabMpdSegment, i), timed);
  hab_sample_check_finish (self->samples, self->track->init.file ?
      self->track->init.file : self->document->name);
}

static void
check_bandwidth (Check *self)
{
  gdouble rate = self->summary->duration > 0 ?
      self->summary->bytes * 8 / self->summary->duration : 0;

  if (self->track->bandwidth == 0)
    hab_report_error (self->report, "bandwidth", self->document->name, -1,
        "Representation %s has no bandwidth", self->track->id);
  else if (rate > self->track->bandwidth * BANDWIDTH_SLACK)
    hab_report_error (self->report, "bandwidth", self->document->name, -1,
        "Representation %s says %" G_GUINT64_FORMAT " bit/s, its samples have "
        "%.0f on average", self->track->id, self->track->bandwidth, rate);
}

static void
summarize (Check *self)
{
  if (self->end_pts > self->first_pts) {
    self->summary->duration =
        (gdouble) (self->end_pts - self->first_pts) / self->init->timescale;
    self->summary->end = (gdouble) (self->end_pts - self->init->shift) /
            self->init->timescale - self->track->offset;
  }
  self->summary->n_encrypted = hab_sample_check_get_encrypted (self->samples);
  self->summary->n_decrypted = hab_sample_check_get_decrypted (self->samples);
  check_bandwidth (self);
}

static gboolean
is_webvtt (const HabMediaFile *file)
{
  g_autoptr (GByteArray) start = g_byte_array_new ();

  return hab_media_file_read (file, 0, strlen ("WEBVTT"), start, NULL) &&
      memcmp (start->data, "WEBVTT", strlen ("WEBVTT")) == 0;
}

/* Text and the like: the files are there. */
static void
check_files (Check *self)
{
  for (guint i = 0; i < self->track->segments->len; i++) {
    const HabMpdBytes *bytes =
        &g_array_index (self->track->segments, HabMpdSegment, i).bytes;

    if (!open_file (self, bytes->file))
      continue;
    self->summary->n_segments++;
    self->summary->bytes += self->file->size;
    if (g_str_equal (self->track->mime_type, "text/vtt") &&
        !is_webvtt (self->file))
      hab_report_error (self->report, "text", bytes->file, 0,
          "it does not begin with WEBVTT");
  }
}

static void
check_media (Check *self)
{
  self->first_pts = G_MAXINT64;
  self->end_pts = G_MININT64;
  if (!read_init (self))
    return;
  hab_time_check_init (&self->times, self->track, self->init, self->report);
  take_segments (self);
  summarize (self);
}

HabTrackSummary *
hab_track_check (HabVerifyContext *context, const HabMpdDocument *document,
    const HabMpdTrack *track)
{
  Check self = {
    .context = context,
    .report = context->report,
    .document = document,
    .track = track,
    .summary = g_new0 (HabTrackSummary, 1),
  };

  self.summary->id = g_strdup (track->id);
  self.summary->mime_type = g_strdup (track->mime_type);
  hab_fragment_init (&self.fragment);
  if (g_str_has_suffix (track->mime_type, "/mp4"))
    check_media (&self);
  else {
    check_files (&self);
    if (!g_str_has_prefix (track->mime_type, "text/"))
      hab_report_warning (context->report, "mime-type", document->name, -1,
          "Representation %s is %s, which is not looked into", track->id,
          track->mime_type);
  }
  hab_fragment_clear (&self.fragment);
  g_clear_pointer (&self.samples, hab_sample_check_free);
  g_clear_pointer (&self.init, hab_init_segment_free);
  g_clear_pointer (&self.file, hab_media_file_free);
  return self.summary;
}
