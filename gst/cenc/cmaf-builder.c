/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-builder.h"

#include <string.h>

#include "cenc-protection.h"

struct _HabCmafBuilder
{
  HabCmafTrack *track;
  gint64 nominal_duration;       /* ticks */

  HabCmafChunk chunk;            /* samples that wait */
  GstBufferList *data;           /* and their buffers */
  guint64 size;                  /* bytes of them */
  GstClockTime chunk_pts, chunk_end; /* running time, earliest and latest */
  gint64 first_pts;              /* running time, of its first sample */
  gint64 wall_offset;            /* ns, 0 where it is not known */
  gboolean segment_open;         /* a chunk of the segment was finished */
  gboolean leading;              /* no encrypted sample of the track yet */
  guint8 kid[16];                /* of the encrypted samples at hand */

  gint64 dts;                    /* ticks in the file, of the next sample */

  /* The sample that came last; its duration ends at the next one's DTS. */
  gint64 last_dts;               /* ticks in the file */
  GstClockTime last_pts;         /* running time */
  GstClockTime last_duration;    /* of its buffer, or GST_CLOCK_TIME_NONE */
  gint64 last_delta;             /* ticks between the two before */
  gboolean spread_dts;           /* pictures are reordered and have no DTS */
};

/* Signed nanoseconds as ticks of the track, rounded. */
static gint64
to_ticks (const HabCmafTrack *track, gint64 ns)
{
  guint64 ticks = gst_util_uint64_scale_round (ABS (ns), track->timescale,
      GST_SECOND);

  return ns < 0 ? -(gint64) ticks : (gint64) ticks;
}

HabCmafBuilder *
hab_cmaf_builder_new (void)
{
  HabCmafBuilder *builder = g_new0 (HabCmafBuilder, 1);

  hab_cmaf_chunk_init (&builder->chunk);
  hab_cmaf_builder_reset (builder);
  return builder;
}

void
hab_cmaf_builder_free (HabCmafBuilder *builder)
{
  if (builder == NULL)
    return;
  g_clear_pointer (&builder->data, gst_buffer_list_unref);
  hab_cmaf_chunk_clear (&builder->chunk);
  g_free (builder);
}

static void
forget_chunk (HabCmafBuilder *builder)
{
  g_clear_pointer (&builder->data, gst_buffer_list_unref);
  hab_cmaf_chunk_reset (&builder->chunk);
  builder->size = 0;
  builder->chunk_pts = GST_CLOCK_TIME_NONE;
  builder->chunk_end = 0;
}

void
hab_cmaf_builder_reset (HabCmafBuilder *builder)
{
  forget_chunk (builder);
  builder->track = NULL;
  builder->chunk.sequence_number = 0;
  builder->segment_open = FALSE;
  builder->leading = FALSE;
  builder->dts = 0;
  builder->last_dts = 0;
  builder->last_pts = 0;
  builder->last_duration = GST_CLOCK_TIME_NONE;
  builder->last_delta = 0;
  builder->spread_dts = FALSE;
}

void
hab_cmaf_builder_begin (HabCmafBuilder *builder, HabCmafTrack *track,
    const HabSampleTime *first, gint64 nominal_duration)
{
  gint64 ticks = to_ticks (track, first->dts);

  track->media_time = ticks < 0 ? -ticks : 0;
  builder->track = track;
  builder->leading = track->encrypted && track->clear_lead;
  memcpy (builder->kid, track->kid, sizeof builder->kid);
  builder->nominal_duration = nominal_duration;
}

guint64
hab_cmaf_builder_get_size (const HabCmafBuilder *builder)
{
  return builder->size;
}

/* --- how long samples last ----------------------------------------------- */

static HabCmafSample *
last_sample (HabCmafBuilder *builder)
{
  return &g_array_index (builder->chunk.samples, HabCmafSample,
      builder->chunk.samples->len - 1);
}

/* How long the sample before lasts, of which a buffer without a duration says
 * nothing. */
static void
end_last_sample (HabCmafBuilder *builder, gint64 ticks)
{
  last_sample (builder)->duration = MIN (ticks, G_MAXUINT32);
  if (!GST_CLOCK_TIME_IS_VALID (builder->last_duration))
    builder->chunk_end = MAX (builder->chunk_end, builder->last_pts +
            gst_util_uint64_scale_round (ticks, GST_SECOND,
                builder->track->timescale));
}

/* A decoding time that goes back would be a negative duration. Where there are
 * no decoding times, it means that pictures are reordered. */
void
hab_cmaf_builder_advance (HabCmafBuilder *builder, const HabSampleTime *time)
{
  gint64 dts = to_ticks (builder->track, time->dts) +
      (gint64) builder->track->media_time;

  if (builder->chunk.samples->len > 0) {
    if (dts < builder->last_dts && !time->dts_known)
      builder->spread_dts = TRUE;
    dts = MAX (dts, builder->last_dts);
    builder->last_delta = dts - builder->last_dts;
    end_last_sample (builder, builder->last_delta);
  }
  builder->dts = MAX (dts, 0);
}

void
hab_cmaf_builder_end (HabCmafBuilder *builder)
{
  if (builder->chunk.samples->len == 0)
    return;
  if (GST_CLOCK_TIME_IS_VALID (builder->last_duration))
    end_last_sample (builder,
        to_ticks (builder->track,
            builder->last_pts + builder->last_duration) -
            to_ticks (builder->track, builder->last_pts));
  else
    end_last_sample (builder, builder->last_delta > 0 ?
            builder->last_delta :
            builder->nominal_duration);
}

/* --- adding a sample ----------------------------------------------------- */

gboolean
hab_cmaf_builder_changes_key (const HabCmafBuilder *builder, GstBuffer *buffer)
{
  guint8 kid[16];

  if (!builder->track->encrypted || !hab_protection_is_encrypted (buffer))
    return FALSE;
  return builder->leading ||
      (hab_protection_get_kid (buffer, kid) &&
          memcmp (kid, builder->kid, sizeof kid) != 0);
}

/* Entries for a sample that stays clear in an encrypted track. */
static guint
append_clear_entries (GByteArray *entries, gsize size)
{
  guint count = 0;

  do {
    guint16 clear = MIN (size, G_MAXUINT16);
    guint8 entry[HAB_SUBSAMPLE_ENTRY] = { clear >> 8, clear & 0xff };

    g_byte_array_append (entries, entry, sizeof entry);
    size -= clear;
    count++;
  } while (size > 0);
  return count;
}

static gboolean
append_meta_entries (GByteArray *entries, GstBuffer *buffer, guint *count)
{
  GstProtectionMeta *meta = gst_buffer_get_protection_meta (buffer);
  HabProtection protection;
  GstMapInfo map;

  if (!hab_protection_from_structure (meta->info, &protection) ||
      protection.n_subsamples == 0 ||
      !gst_buffer_map (protection.subsamples, &map, GST_MAP_READ))
    return FALSE;
  *count = protection.n_subsamples;
  g_byte_array_append (entries, map.data, *count * HAB_SUBSAMPLE_ENTRY);
  gst_buffer_unmap (protection.subsamples, &map);
  return TRUE;
}

static gboolean
append_subsamples (HabCmafBuilder *builder, GstBuffer *buffer,
    HabCmafSample *sample, GError **error)
{
  if (!hab_protection_is_encrypted (buffer)) {
    sample->n_subsamples = append_clear_entries (builder->chunk.subsamples,
        sample->size);
  } else if (!append_meta_entries (builder->chunk.subsamples, buffer,
                 &sample->n_subsamples)) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "the protection metadata of an access unit is malformed");
    return FALSE;
  }

  if (sample->n_subsamples > HAB_CMAF_MAX_SUBSAMPLES) {
    g_set_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "an access unit has %u subsamples, and the file format has room for "
        "%u: encode with fewer slices",
        sample->n_subsamples, HAB_CMAF_MAX_SUBSAMPLES);
    return FALSE;
  }
  return TRUE;
}

/* What the boxes say of the sample's protection. */
static gboolean
append_protection (HabCmafBuilder *builder, GstBuffer *buffer,
    HabCmafSample *sample, GError **error)
{
  gboolean encrypted = hab_protection_is_encrypted (buffer);

  if (!builder->track->encrypted || (builder->leading && !encrypted))
    return TRUE;
  if (!sample->sync && hab_cmaf_builder_changes_key (builder, buffer)) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "its clear lead ends, or its key changes, inside a GOP, where no "
        "segment can start");
    return FALSE;
  }
  if (!encrypted && builder->track->codec->whole_sample) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "a sample of it is clear though the track is encrypted");
    return FALSE;
  }
  builder->leading = FALSE;
  hab_protection_get_kid (buffer, builder->kid);
  return builder->track->codec->whole_sample ||
      append_subsamples (builder, buffer, sample, error);
}

static void
extend_chunk (HabCmafBuilder *builder, const HabSampleTime *time)
{
  GstClockTime pts = MAX (time->pts, 0);
  gint64 end = time->pts;

  if (GST_CLOCK_TIME_IS_VALID (time->duration))
    end += time->duration;
  builder->chunk_pts = GST_CLOCK_TIME_IS_VALID (builder->chunk_pts) ?
      MIN (builder->chunk_pts, pts) :
      pts;
  builder->chunk_end = MAX (builder->chunk_end, MAX ((GstClockTime) MAX (end,
                                                         0), pts));
}

/* The file has 32 bits for it. */
static gboolean
set_composition_offset (HabCmafBuilder *builder, const HabSampleTime *time,
    HabCmafSample *sample, GError **error)
{
  gint64 offset = to_ticks (builder->track, time->pts) +
      (gint64) builder->track->media_time - builder->dts;

  if (offset < G_MININT32 || offset > G_MAXINT32) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "an access unit is to be shown further from its decoding time than the "
        "file format can say");
    return FALSE;
  }
  sample->composition_offset = offset;
  return TRUE;
}

gboolean
hab_cmaf_builder_append (HabCmafBuilder *builder, GstBuffer *buffer,
    const HabSampleTime *time, GError **error)
{
  g_autoptr (GstBuffer) owned = buffer;
  HabCmafSample sample = { 0 };

  sample.size = gst_buffer_get_size (buffer);
  sample.sync = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (!set_composition_offset (builder, time, &sample, error) ||
      !append_protection (builder, buffer, &sample, error))
    return FALSE;

  if (builder->chunk.samples->len == 0) {
    builder->chunk.decode_time = builder->dts;
    builder->first_pts = time->pts;
    builder->chunk.clear_lead = builder->leading;
    memcpy (builder->chunk.kid, builder->kid, sizeof builder->kid);
    builder->chunk.has_kid = memcmp (builder->kid, builder->track->kid,
        sizeof builder->kid) != 0;
    builder->data = gst_buffer_list_new ();
  }
  g_array_append_val (builder->chunk.samples, sample);
  builder->size += sample.size;
  builder->last_dts = builder->dts;
  builder->last_pts = MAX (time->pts, 0);
  builder->last_duration = time->duration;
  extend_chunk (builder, time);
  gst_buffer_list_add (builder->data, g_steal_pointer (&owned));
  return TRUE;
}

/* --- finishing a chunk --------------------------------------------------- */

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  const gint64 *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

/* Where there is no DTS, pictures are decoded at the times at which pictures of
 * the chunk are shown, in order; some are shown before they are decoded then,
 * which the file can say and players take as it is. Keeps where the chunk
 * begins and ends, and every PTS. */
static void
spread_decode_times (HabCmafBuilder *builder)
{
  GArray *samples = builder->chunk.samples;
  g_autofree gint64 *pts = g_new (gint64, samples->len);
  g_autofree gint64 *dts = g_new (gint64, samples->len + 1);
  gint64 start = builder->chunk.decode_time, end = start;

  for (guint i = 0; i < samples->len; i++) {
    const HabCmafSample *sample = &g_array_index (samples, HabCmafSample, i);

    dts[i] = pts[i] = end + sample->composition_offset;
    end += sample->duration;
  }
  qsort (dts, samples->len, sizeof *dts, compare_times);
  dts[0] = start;
  dts[samples->len] = end;
  for (guint i = 0; i < samples->len; i++) {
    HabCmafSample *sample = &g_array_index (samples, HabCmafSample, i);

    dts[i + 1] = CLAMP (dts[i + 1], start, end);
    sample->duration = dts[i + 1] - dts[i];
    sample->composition_offset = pts[i] - dts[i];
  }
}

/* Seconds since 1900 and a fraction of 32 bits. */
static guint64
to_ntp (gint64 unix_time)
{
  const guint64 from_1900_to_1970 = 2208988800;
  guint64 seconds = unix_time / GST_SECOND + from_1900_to_1970;

  return seconds << 32 | gst_util_uint64_scale (unix_time % GST_SECOND,
      G_GUINT64_CONSTANT (1) << 32, GST_SECOND);
}

void
hab_cmaf_builder_set_wall_clock (HabCmafBuilder *builder, gint64 wall_offset)
{
  builder->wall_offset = wall_offset;
}

/* Header, then the samples' own buffers. */
static GstBufferList *
make_list (HabCmafBuilder *builder, gboolean ends_segment)
{
  GstBufferList *list = g_steal_pointer (&builder->data);
  g_autoptr (GBytes) bytes = hab_cmaf_chunk_header (&builder->chunk,
      builder->track);
  GstBuffer *header = gst_buffer_new_wrapped_bytes (bytes);
  GstBuffer *last;

  GST_BUFFER_PTS (header) = builder->chunk_pts;
  GST_BUFFER_DURATION (header) = builder->chunk_end - builder->chunk_pts;
  GST_BUFFER_FLAG_SET (header, GST_BUFFER_FLAG_HEADER);
  if (!builder->chunk.starts_segment)
    GST_BUFFER_FLAG_SET (header, GST_BUFFER_FLAG_DELTA_UNIT);
  gst_buffer_list_insert (list, 0, header);

  if (ends_segment) {
    last = gst_buffer_list_get_writable (list,
        gst_buffer_list_length (list) - 1);
    GST_BUFFER_FLAG_SET (last, GST_BUFFER_FLAG_MARKER);
  }
  return list;
}

GstBufferList *
hab_cmaf_builder_finish (HabCmafBuilder *builder, gboolean ends_segment)
{
  GstBufferList *list;

  if (builder->chunk.samples->len == 0)
    return NULL;

  if (builder->spread_dts)
    spread_decode_times (builder);
  builder->chunk.ntp_time = builder->wall_offset == 0 ? 0 :
      to_ntp (MAX (builder->first_pts + builder->wall_offset, 0));
  builder->chunk.sequence_number++;
  builder->chunk.starts_segment = !builder->segment_open;
  builder->segment_open = !ends_segment;
  list = make_list (builder, ends_segment);
  forget_chunk (builder);
  return list;
}
