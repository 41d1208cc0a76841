/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-track.h"

#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

/* Sample entries, and what is in them. */
typedef struct
{
  guint32 entry;
  guint8 object_type; /* 0: any */
  const gchar *media_type;
  gint mpegversion;   /* 0: none */
  const gchar *stream_format;
  const gchar *alignment; /* NULL: none */
} Mapping;

/* objectTypeIndication (ISO/IEC 14496-1, 7.2.6.6) */
#define OBJECT_TYPE_AAC 0x40
#define OBJECT_TYPE_MPEG2_AUDIO 0x69
#define OBJECT_TYPE_MPEG1_AUDIO 0x6b

static const Mapping mappings[] = {
  { HAB_MP4_FOURCC ('a', 'v', 'c', '1'), 0, "video/x-h264", 0, "avc",
      "au" },
  { HAB_MP4_FOURCC ('a', 'v', 'c', '3'), 0, "video/x-h264", 0, "avc3",
      "au" },
  { HAB_MP4_FOURCC ('h', 'v', 'c', '1'), 0, "video/x-h265", 0, "hvc1",
      "au" },
  { HAB_MP4_FOURCC ('h', 'e', 'v', '1'), 0, "video/x-h265", 0, "hev1",
      "au" },
  { HAB_MP4_FOURCC ('a', 'v', '0', '1'), 0, "video/x-av1", 0, "obu-stream",
      "tu" },
  { HAB_MP4_FOURCC ('v', 'p', '0', '9'), 0, "video/x-vp9", 0, NULL,
      "super-frame" },
  { HAB_MP4_FOURCC ('m', 'p', '4', 'a'), OBJECT_TYPE_AAC, "audio/mpeg", 4,
      "raw", NULL },
  { HAB_MP4_FOURCC ('m', 'p', '4', 'a'), OBJECT_TYPE_MPEG1_AUDIO,
      "audio/mpeg", 1, NULL, NULL },
  { HAB_MP4_FOURCC ('m', 'p', '4', 'a'), OBJECT_TYPE_MPEG2_AUDIO,
      "audio/mpeg", 1, NULL, NULL },
  { HAB_MP4_FOURCC ('O', 'p', 'u', 's'), 0, "audio/x-opus", 0, NULL, NULL },
  { HAB_MP4_FOURCC ('f', 'L', 'a', 'C'), 0, "audio/x-flac", 0, NULL, NULL },
  { HAB_MP4_FOURCC ('a', 'c', '-', '3'), 0, "audio/x-ac3", 0, NULL, NULL },
  { HAB_MP4_FOURCC ('e', 'c', '-', '3'), 0, "audio/x-eac3", 0, NULL, NULL },
};

static const Mapping *
find_mapping (const HabMp4Track *track)
{
  for (guint i = 0; i < G_N_ELEMENTS (mappings); i++) {
    const Mapping *mapping = &mappings[i];

    if (mapping->entry == track->entry.type &&
        (mapping->object_type == 0 ||
            mapping->object_type == track->entry.object_type))
      return mapping;
  }
  return NULL;
}

const HabCodec *
hab_media_track_get_codec (const HabMp4Track *track)
{
  const Mapping *mapping = find_mapping (track);

  return mapping == NULL ? NULL :
      hab_codec_find (mapping->media_type, mapping->mpegversion);
}

/* 0/1 where the frame rate varies. */
static void
get_frame_rate (const HabMp4Track *track, gint *n, gint *d)
{
  guint32 duration =
      hab_mp4_sample_table_get_constant_duration (&track->table);

  *n = 0;
  *d = 1;
  if (duration > 0 && duration <= G_MAXINT32 &&
      track->timescale <= G_MAXINT32) {
    gint divisor =
        gst_util_greatest_common_divisor (track->timescale, duration);

    *n = track->timescale / divisor;
    *d = duration / divisor;
  }
}

/* The codec data knows better than the sample entry, which has 2 channels and
 * half the rate in many files. */
static void
get_audio_format (const HabMp4Track *track, guint *channels, guint *rate)
{
  const HabMp4SampleEntry *entry = &track->entry;
  const HabCodec *codec = hab_media_track_get_codec (track);
  HabAudioFormat format = { 0 };

  if (codec && codec->parse_format && entry->codec_data)
    codec->parse_format (entry->codec_data, entry->codec_data_size, &format,
        NULL);
  *channels = format.channels ? format.channels : entry->channels;
  *rate = format.rate ? format.rate : entry->rate;
}

/* From the payload of vpcC. mp4mux 1.22.0 crashes without a chroma-site. */
static void
add_vp9_profile (GstCaps *caps, const guint8 *record)
{
  static const gchar *const chroma_formats[] = { "4:2:0", "4:2:0", "4:2:2",
    "4:4:4", "4:4:0" };
  guint bit_depth = record[6] >> 4, chroma = record[6] >> 1 & 7;
  GstVideoColorimetry colour = {
    record[6] & 1 ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235,
    gst_video_color_matrix_from_iso (record[9]),
    gst_video_transfer_function_from_iso (record[8]),
    gst_video_color_primaries_from_iso (record[7]),
  };
  g_autofree gchar *profile = g_strdup_printf ("%u", record[4]);
  g_autofree gchar *colorimetry = gst_video_colorimetry_to_string (&colour);

  gst_caps_set_simple (caps, "profile", G_TYPE_STRING, profile,
      "bit-depth-luma", G_TYPE_UINT, bit_depth,
      "bit-depth-chroma", G_TYPE_UINT, bit_depth,
      "chroma-format", G_TYPE_STRING,
      chroma_formats[MIN (chroma, G_N_ELEMENTS (chroma_formats) - 1)],
      "chroma-site", G_TYPE_STRING, chroma == 0 ? "mpeg2" : "cosited", NULL);
  if (colorimetry)
    gst_caps_set_simple (caps, "colorimetry", G_TYPE_STRING, colorimetry, NULL);
}

/* What stands in the records where a parameter set has it. */
static void
add_profile (GstCaps *caps, const HabMp4SampleEntry *entry)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (gst_structure_has_name (structure, "video/x-h264") &&
      entry->codec_data_size >= 4)
    gst_codec_utils_h264_caps_set_level_and_profile (caps,
        entry->codec_data + 1, 3);
  else if (gst_structure_has_name (structure, "video/x-h265") &&
      entry->codec_data_size >= 13)
    gst_codec_utils_h265_caps_set_level_tier_and_profile (caps,
        entry->codec_data + 1, 12);
  else if (gst_structure_has_name (structure, "video/x-vp9") &&
      entry->codec_data_size >= 10)
    add_vp9_profile (caps, entry->codec_data);
}

static void
add_video_fields (GstCaps *caps, const HabMp4Track *track)
{
  const HabMp4SampleEntry *entry = &track->entry;
  gint n, d;

  get_frame_rate (track, &n, &d);
  gst_caps_set_simple (caps, "width", G_TYPE_INT, (gint) entry->width,
      "height", G_TYPE_INT, (gint) entry->height,
      "framerate", GST_TYPE_FRACTION, n, d, NULL);
  if (entry->par_n > 0)
    gst_caps_set_simple (caps, "pixel-aspect-ratio", GST_TYPE_FRACTION,
        (gint) entry->par_n, (gint) entry->par_d, NULL);
  add_profile (caps, entry);
}

/* An entry of another codec may have codec data of AAC in it. */
static gboolean
is_aac (const GstCaps *caps, const HabMp4SampleEntry *entry)
{
  return entry->object_type == OBJECT_TYPE_AAC &&
      entry->codec_data_size >= 2 &&
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/mpeg");
}

static void
add_audio_fields (GstCaps *caps, const HabMp4Track *track)
{
  guint channels, rate;

  get_audio_format (track, &channels, &rate);
  if (channels > 0 && rate > 0)
    gst_caps_set_simple (caps, "channels", G_TYPE_INT, (gint) channels,
        "rate", G_TYPE_INT, (gint) rate, NULL);
  if (is_aac (caps, &track->entry))
    gst_codec_utils_aac_caps_set_level_and_profile (caps,
        track->entry.codec_data, track->entry.codec_data_size);
}

static GstCaps *
make_caps (const HabMp4Track *track)
{
  const Mapping *mapping = find_mapping (track);
  GstCaps *caps;

  if (mapping == NULL)
    return NULL;
  caps = gst_caps_new_empty_simple (mapping->media_type);
  if (mapping->stream_format)
    gst_caps_set_simple (caps, "stream-format", G_TYPE_STRING,
        mapping->stream_format, NULL);
  if (mapping->alignment)
    gst_caps_set_simple (caps, "alignment", G_TYPE_STRING, mapping->alignment,
        NULL);
  if (mapping->mpegversion > 0)
    gst_caps_set_simple (caps, "mpegversion", G_TYPE_INT,
        mapping->mpegversion, NULL);
  if (track->handler == HAB_MP4_HANDLER_VIDEO)
    add_video_fields (caps, track);
  else
    add_audio_fields (caps, track);
  return caps;
}

GstCaps *
hab_media_track_get_caps (const HabMp4Track *track)
{
  GstCaps *caps = make_caps (track);

  if (caps && track->entry.codec_data) {
    g_autoptr (GstBuffer) codec_data =
        gst_buffer_new_memdup (track->entry.codec_data,
            track->entry.codec_data_size);

    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  }
  return caps;
}

static const gchar *
get_kind (guint32 handler)
{
  switch (handler) {
    case HAB_MP4_HANDLER_VIDEO:
      return "video";
    case HAB_MP4_HANDLER_AUDIO:
      return "audio";
    case HAB_MP4_FOURCC ('t', 'e', 'x', 't'):
    case HAB_MP4_FOURCC ('s', 'b', 't', 'l'):
    case HAB_MP4_FOURCC ('s', 'u', 'b', 't'):
    case HAB_MP4_FOURCC ('c', 'l', 'c', 'p'):
      return "text";
    default:
      return "other";
  }
}

/* RFC 6381; for codecs that are not handled the sample entry's type, which is
 * how all such strings begin. */
static gchar *
get_mime_codec (const HabMp4Track *track)
{
  const HabCodec *codec = hab_media_track_get_codec (track);
  gchar type[5];

  if (track->entry.type == 0)
    return NULL;
  /* MP3 has no codec data, and no object type in it. */
  if (codec && track->entry.object_type != 0 && !track->entry.codec_data)
    return g_strdup_printf ("mp4a.%02X", track->entry.object_type);
  if (codec)
    return codec->mime_codec (find_mapping (track)->stream_format,
        track->entry.codec_data, track->entry.codec_data_size, NULL);
  return g_strdup (hab_mp4_fourcc_to_string (track->entry.type, type));
}

/* Signs of the left upper four numbers of a matrix, which turn and mirror. */
static const struct
{
  gint a, b, c, d;
} orientations[] = {
  [GST_VIDEO_ORIENTATION_IDENTITY] = { 1, 0, 0, 1 },
  [GST_VIDEO_ORIENTATION_90R] = { 0, 1, -1, 0 },
  [GST_VIDEO_ORIENTATION_180] = { -1, 0, 0, -1 },
  [GST_VIDEO_ORIENTATION_90L] = { 0, -1, 1, 0 },
  [GST_VIDEO_ORIENTATION_HORIZ] = { -1, 0, 0, 1 },
  [GST_VIDEO_ORIENTATION_VERT] = { 1, 0, 0, -1 },
  [GST_VIDEO_ORIENTATION_UL_LR] = { 0, 1, 1, 0 },
  [GST_VIDEO_ORIENTATION_UR_LL] = { 0, -1, -1, 0 },
};

static gint
get_sign (const HabMp4Track *track, guint number)
{
  gint32 value = GST_READ_UINT32_BE (track->matrix + 4 * number);

  return (value > 0) - (value < 0);
}

GstVideoOrientationMethod
hab_media_track_get_orientation (const HabMp4Track *track)
{
  for (guint i = 0; i < G_N_ELEMENTS (orientations); i++)
    if (get_sign (track, 0) == orientations[i].a &&
        get_sign (track, 1) == orientations[i].b &&
        get_sign (track, 3) == orientations[i].c &&
        get_sign (track, 4) == orientations[i].d)
      return i;
  return GST_VIDEO_ORIENTATION_IDENTITY;
}

gboolean
hab_media_is_turned_aside (GstVideoOrientationMethod orientation)
{
  return orientation < G_N_ELEMENTS (orientations) &&
      orientations[orientation].a == 0;
}

void
hab_media_track_describe (const HabMp4Track *track, HabTrack *description)
{
  g_autoptr (GstCaps) caps = make_caps (track);
  guint64 duration = track->table.n_samples > 0 ? track->table.duration :
      MIN (track->duration, G_MAXINT64);
  guint channels = 0, rate = 0;

  *description = (HabTrack) {
    .number = track->id,
    .kind = g_strdup (get_kind (track->handler)),
    .codec = get_mime_codec (track),
    .caps = caps ? gst_caps_to_string (caps) : NULL,
    .timescale = track->timescale,
    .fps_d = 1,
    .duration_ns = hab_mp4_track_to_ns (track, duration),
    .language = track->language[0] ? g_strdup (track->language) : NULL,
  };
  if (track->handler == HAB_MP4_HANDLER_VIDEO) {
    description->width = track->entry.width;
    description->height = track->entry.height;
    get_frame_rate (track, &description->fps_n, &description->fps_d);
  } else if (track->handler == HAB_MP4_HANDLER_AUDIO) {
    get_audio_format (track, &channels, &rate);
    description->channels = channels;
    description->rate = rate;
  }
}
