/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "video-scan.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "media-track.h"

/* Read at once of an access unit: enough for the parameter sets and the start
 * of the first slice of most of them. */
#define READ_AHEAD 1024

/* Access units that are read before the table is believed. */
#define TABLE_CHECKS 256

/* Far above what any level of H.264 allows a picture. */
#define MAX_ACCESS_UNIT (32 * 1024 * 1024)

/* Bytes of the access unit that is being looked at. */
typedef struct
{
  guint8 *data;
  gsize allocated;
  gsize offset, size; /* what part of the access unit data has */
} Window;

struct _HabVideoScan
{
  int fd;
  HabMp4Movie *movie;
  const HabMp4Track *track;
  HabMp4SampleReader samples;
  HabCodecParser *parser; /* NULL until it is needed where the file is known */
  const HabMp4Sample *sample; /* that is being looked at */
  Window window;

  gboolean table_is_checked;
  gboolean table_is_whole; /* GOPs begin at sync samples alone */
  gboolean gops_only;
  gint64 gop_pts; /* of the first access unit of the GOP at hand */
};

/* --- errors ------------------------------------------------------------ */

static HabMediaError
media_error_from_mp4 (const GError *error)
{
  switch (error->code) {
    case HAB_MP4_ERROR_NOT_MP4:
      return HAB_MEDIA_ERROR_NO_TABLE;
    case HAB_MP4_ERROR_UNSUPPORTED:
      return HAB_MEDIA_ERROR_UNSUPPORTED;
    case HAB_MP4_ERROR_IO:
      return HAB_MEDIA_ERROR_IO;
    default:
      return HAB_MEDIA_ERROR_NOT_MEDIA;
  }
}

/* Puts an error of the parts below into the terms of the one who brought the
 * file. */
static gboolean
fail (GError **error, GError *cause)
{
  HabMediaError code = HAB_MEDIA_ERROR_NOT_MEDIA;

  if (cause->domain == HAB_MP4_ERROR)
    code = media_error_from_mp4 (cause);
  else if (g_error_matches (cause, HAB_CODEC_ERROR,
      HAB_CODEC_ERROR_UNSUPPORTED))
    code = HAB_MEDIA_ERROR_UNSUPPORTED;
  g_set_error_literal (error, HAB_MEDIA_ERROR, code, cause->message);
  g_error_free (cause);
  return FALSE;
}

/* --- opening ----------------------------------------------------------- */

/* The first video track of a known codec that has pictures, so that a cover
 * image before it does not hide it; failing that the first of any codec. */
static const HabMp4Track *
find_video_track (const HabMp4Movie *movie)
{
  const HabMp4Track *other = NULL;

  for (guint i = 0; i < hab_mp4_movie_get_n_tracks (movie); i++) {
    const HabMp4Track *track = hab_mp4_movie_get_track (movie, i);

    if (track->handler != HAB_MP4_HANDLER_VIDEO || track->table.n_samples == 0)
      continue;
    if (hab_media_track_get_codec (track))
      return track;
    if (other == NULL)
      other = track;
  }
  return other;
}

static gboolean
is_encrypted (const HabMp4Track *track)
{
  return track->entry.type == HAB_MP4_FOURCC ('e', 'n', 'c', 'v');
}

static gboolean
check_track (const HabMp4Track *track, GError **error)
{
  gchar type[5];

  if (track == NULL) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_VIDEO,
        "the file has no video in it");
    return FALSE;
  }
  if (is_encrypted (track)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video is encrypted already; bring it in the clear");
    return FALSE;
  }
  if (hab_media_track_get_codec (track) == NULL) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video codec %s is not handled; H.264, H.265, AV1 and VP9 are",
        hab_mp4_fourcc_to_string (track->entry.type, type));
    return FALSE;
  }
  if (track->table.several_entries) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video changes its format on the way (several sample entries), "
        "which is not handled");
    return FALSE;
  }
  if (track->entry.codec_data == NULL) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
        "the video track has no decoder configuration (avcC, hvcC, …)");
    return FALSE;
  }
  return TRUE;
}

/* (transfer full) (nullable): that knows what the track says of itself. */
static HabCodecParser *
make_parser (const HabVideoScan *self, GError **error)
{
  const HabMp4SampleEntry *entry = &self->track->entry;
  g_autoptr (HabCodecParser) parser =
      hab_codec_parser_new (hab_media_track_get_codec (self->track));
  GError *cause = NULL;

  if (parser->codec->parse_codec_data (parser, entry->codec_data,
      entry->codec_data_size, &cause))
    return g_steal_pointer (&parser);
  fail (error, cause);
  return NULL;
}

/* It is large: who reads access units as they are does without. */
static gboolean
scan_need_parser (HabVideoScan *self, GError **error)
{
  if (self->parser == NULL)
    self->parser = make_parser (self, error);
  return self->parser != NULL;
}

/* --- reading ----------------------------------------------------------- */

static const guint8 *
read_window (gsize offset, gsize want, gpointer data, GError **error)
{
  HabVideoScan *self = data;
  Window *window = &self->window;
  gsize left = self->sample->size - MIN (offset, self->sample->size);
  gsize size = MIN (left, MAX (want, READ_AHEAD));

  want = MIN (want, left);
  if (offset >= window->offset && offset - window->offset <= window->size &&
      want <= window->size - (offset - window->offset))
    return window->data + (offset - window->offset);

  if (window->allocated < size) {
    window->data = g_realloc (window->data, size);
    window->allocated = size;
  }
  window->size = 0;
  if (!hab_mp4_movie_read (self->movie, self->sample->offset + offset,
      window->data, size, error))
    return NULL;
  window->offset = offset;
  window->size = size;
  return window->data;
}

static gboolean
inspect (HabVideoScan *self, HabCodecParser *parser,
    const HabMp4Sample *sample, HabAccessUnitInfo *info, GError **error)
{
  self->sample = sample;
  self->window.offset = self->window.size = 0;
  return parser->codec->parse_access_unit (parser, sample->size, read_window,
      self, info, error);
}

/* --- whether the table tells where GOPs begin -------------------------- */

/* What cannot be read by itself may be anything. */
static gboolean
may_start_gop (HabVideoScan *self, HabCodecParser *parser,
    const HabMp4Sample *sample)
{
  HabAccessUnitInfo info;
  g_autoptr (GError) error = NULL;

  return !inspect (self, parser, sample, &info, &error) ||
      info.random_access != HAB_RANDOM_ACCESS_NONE;
}

/* Some writers do not name the open GOPs. Such begin with a picture that is
 * larger than those around it: of as many stretches of the video as there are
 * checks, each as long, the largest access unit that the table does not name is
 * looked at. Of a short video that is each. */
static gboolean
is_table_whole (HabVideoScan *self)
{
  const HabMp4SampleTable *table = &self->track->table;
  g_autoptr (HabCodecParser) parser = make_parser (self, NULL);
  guint32 stretch = table->n_samples / TABLE_CHECKS + 1;
  HabMp4Sample sample, largest = { 0 };
  HabMp4SampleReader reader;

  hab_mp4_sample_reader_init (&reader, table);
  while (!table->all_sync && hab_mp4_sample_reader_next (&reader, &sample)) {
    if (!sample.sync && sample.size > largest.size)
      largest = sample;
    if ((sample.number + 1) % stretch != 0 &&
        sample.number + 1 < table->n_samples)
      continue;
    if (largest.size > 0 && may_start_gop (self, parser, &largest))
      return FALSE;
    largest.size = 0;
  }
  return TRUE;
}

/* Who asks for access units by their numbers does without. */
static void
check_table (HabVideoScan *self)
{
  if (!self->table_is_checked)
    self->table_is_whole = is_table_whole (self);
  self->table_is_checked = TRUE;
}

/* --- the whole --------------------------------------------------------- */

static gboolean
open_input (HabVideoScan *self, const gchar *path, gboolean known,
    GError **error)
{
  GError *cause = NULL;

  self->fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  if (self->fd < 0) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO,
        "the file cannot be opened: %s", g_strerror (errno));
    return FALSE;
  }
  self->movie = known ? hab_mp4_movie_map_fd (self->fd, &cause)
                      : hab_mp4_movie_open_fd (self->fd, &cause);
  if (self->movie == NULL)
    return fail (error, cause);
  if (hab_mp4_movie_is_fragmented (self->movie)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_TABLE,
        "the file is fragmented");
    return FALSE;
  }

  self->track = find_video_track (self->movie);
  if (!check_track (self->track, error))
    return FALSE;
  hab_mp4_sample_reader_init (&self->samples, &self->track->table);
  return known || scan_need_parser (self, error);
}

static HabVideoScan *
scan_new (const gchar *path, gboolean known, GError **error)
{
  g_autoptr (HabVideoScan) self = g_new0 (HabVideoScan, 1);

  self->fd = -1;
  return open_input (self, path, known, error) ? g_steal_pointer (&self)
                                               : NULL;
}

HabVideoScan *
hab_video_scan_open (const gchar *path, GError **error)
{
  return scan_new (path, FALSE, error);
}

HabVideoScan *
hab_video_scan_open_known (const gchar *path, GError **error)
{
  return scan_new (path, TRUE, error);
}

void
hab_video_scan_free (HabVideoScan *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->parser, hab_codec_parser_free);
  g_clear_pointer (&self->movie, hab_mp4_movie_free);
  g_free (self->window.data);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

const HabMp4Movie *
hab_video_scan_get_movie (const HabVideoScan *self)
{
  return self->movie;
}

const HabMp4Track *
hab_video_scan_get_track (const HabVideoScan *self)
{
  return self->track;
}

/* --- walking ----------------------------------------------------------- */

/* A leading picture is shown before the first one of its GOP. */
static gboolean
must_read (const HabVideoScan *self, const HabVideoScanUnit *unit)
{
  return !self->gops_only || !self->table_is_whole || unit->sample.sync ||
      unit->pts < self->gop_pts;
}

/* Also where all is read a GOP begins at no other access unit, so that GOPs have
 * the same numbers. */
static void
take_info (HabVideoScan *self, HabVideoScanUnit *unit)
{
  if (self->table_is_whole && !unit->sample.sync)
    unit->info.random_access = HAB_RANDOM_ACCESS_NONE;
  if (unit->sample.number == 0 ||
      unit->info.random_access != HAB_RANDOM_ACCESS_NONE)
    self->gop_pts = unit->pts;
}

gboolean
hab_video_scan_next (HabVideoScan *self, HabVideoScanUnit *unit,
    GError **error)
{
  GError *cause = NULL;

  if (!scan_need_parser (self, error) ||
      !hab_mp4_sample_reader_next (&self->samples, &unit->sample))
    return FALSE;
  check_table (self);
  unit->pts = unit->sample.cts + self->track->pts_offset;
  unit->dts = unit->sample.dts + self->track->dts_offset;

  unit->info = (HabAccessUnitInfo) { HAB_RANDOM_ACCESS_NONE };
  if (!must_read (self, unit) ||
      inspect (self, self->parser, &unit->sample, &unit->info, &cause)) {
    take_info (self, unit);
    return TRUE;
  }
  g_prefix_error (&cause, "video frame %u, at byte %" G_GUINT64_FORMAT ": ",
      unit->sample.number, unit->sample.offset);
  return fail (error, cause);
}

void
hab_video_scan_look_for_gops (HabVideoScan *self)
{
  self->gops_only = TRUE;
}

void
hab_video_scan_skip (HabVideoScan *self, guint32 count)
{
  hab_mp4_sample_reader_skip (&self->samples, count);
}

GstBuffer *
hab_video_scan_read (const HabVideoScan *self, const HabMp4Sample *sample,
    GError **error)
{
  g_autoptr (GstBuffer) buffer = NULL;
  GError *cause = NULL;
  GstMapInfo map;

  if (sample->size > MAX_ACCESS_UNIT) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "video frame %u is larger than %u MiB", sample->number,
        MAX_ACCESS_UNIT >> 20);
    return NULL;
  }
  buffer = gst_buffer_new_allocate (NULL, sample->size, NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  hab_mp4_movie_read (self->movie, sample->offset, map.data, sample->size,
      &cause);
  gst_buffer_unmap (buffer, &map);
  if (cause == NULL)
    return g_steal_pointer (&buffer);
  fail (error, cause);
  return NULL;
}
