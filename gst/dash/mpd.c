/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd.h"

#include <string.h>

#include <libxml/xmlwriter.h>

#define NS_MPD "urn:mpeg:dash:schema:mpd:2011"
#define NS_CENC "urn:mpeg:cenc:2013"
#define NS_DASHIF "https://dashif.org/CPS"
#define PROFILE_LIVE "urn:mpeg:dash:profile:isoff-live:2011"
#define PROFILE_ON_DEMAND "urn:mpeg:dash:profile:isoff-on-demand:2011"

#define SCHEME_MP4_PROTECTION "urn:mpeg:dash:mp4protection:2011"
#define SCHEME_CLEARKEY "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"
#define SCHEME_W3C_COMMON "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b"
#define SCHEME_CHANNELS \
  "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
#define SCHEME_CICP "urn:mpeg:mpegB:cicp:ChannelConfiguration"
#define SCHEME_DOLBY "tag:dolby.com,2014:dash:audio_channel_configuration:2011"

HabMpdTrack *
hab_mpd_track_new (const gchar *id)
{
  HabMpdTrack *track = g_new0 (HabMpdTrack, 1);

  track->id = g_strdup (id);
  track->segments = g_array_new (FALSE, FALSE, sizeof (HabMpdSegment));
  return track;
}

void
hab_mpd_track_free (HabMpdTrack *track)
{
  if (track == NULL)
    return;
  g_free (track->id);
  g_free (track->codecs);
  g_free (track->language);
  g_free (track->default_kid);
  g_free (track->pssh);
  g_array_unref (track->segments);
  g_free (track);
}

/* --- a thin layer over the XML writer ------------------------------------ */

static void
start (xmlTextWriter *xml, const gchar *name)
{
  xmlTextWriterStartElement (xml, BAD_CAST name);
}

static void
end (xmlTextWriter *xml)
{
  xmlTextWriterEndElement (xml);
}

static void
attribute (xmlTextWriter *xml, const gchar *name, const gchar *value)
{
  xmlTextWriterWriteAttribute (xml, BAD_CAST name, BAD_CAST value);
}

static void attribute_format (xmlTextWriter *xml, const gchar *name,
    const gchar *format, ...) G_GNUC_PRINTF (3, 4);

static void
attribute_format (xmlTextWriter *xml, const gchar *name, const gchar *format,
    ...)
{
  va_list args;
  g_autofree gchar *value = NULL;

  va_start (args, format);
  value = g_strdup_vprintf (format, args);
  va_end (args);
  attribute (xml, name, value);
}

static void
attribute_uint (xmlTextWriter *xml, const gchar *name, guint64 value)
{
  attribute_format (xml, name, "%" G_GUINT64_FORMAT, value);
}

/* xs:duration with milliseconds, which no locale changes. */
static void
attribute_duration (xmlTextWriter *xml, const gchar *name, guint64 ms)
{
  attribute_format (xml, name, "PT%" G_GUINT64_FORMAT ".%03uS", ms / 1000,
      (guint) (ms % 1000));
}

/* --- what the tracks add up to ------------------------------------------- */

static const HabMpdSegment *
segment_at (const HabMpdTrack *track, guint i)
{
  return &g_array_index (track->segments, HabMpdSegment, i);
}

/* Rounded up, so that nothing lies behind the end. */
static guint64
to_ms (const HabMpdTrack *track, guint64 ticks)
{
  return ticks / track->timescale * 1000 +
      (ticks % track->timescale * 1000 + track->timescale - 1) /
      track->timescale;
}

static guint64
presentation_ms (const HabMpd *mpd)
{
  guint64 longest = 0;

  for (guint i = 0; i < mpd->tracks->len; i++) {
    const HabMpdTrack *track = mpd->tracks->pdata[i];
    const HabMpdSegment *last = segment_at (track, track->segments->len - 1);

    longest = MAX (longest, to_ms (track, last->time + last->duration));
  }
  return longest;
}

static guint64
longest_segment_ms (const HabMpd *mpd)
{
  guint64 longest = 0;

  for (guint i = 0; i < mpd->tracks->len; i++) {
    const HabMpdTrack *track = mpd->tracks->pdata[i];

    for (guint j = 0; j < track->segments->len; j++)
      longest = MAX (longest, to_ms (track, segment_at (track, j)->duration));
  }
  return longest;
}

/* --- elements --------------------------------------------------------------- */

/* Of all ways to say it, the one with which every player that was tried plays
 * however it gets its key: ClearKey's own system with a Laurl and no pssh.
 * Without a licence service, the W3C common system with a pssh. */
static void
write_key_system (xmlTextWriter *xml, const HabMpd *mpd,
    const HabMpdTrack *track)
{
  start (xml, "ContentProtection");
  if (mpd->license_url) {
    attribute (xml, "schemeIdUri", SCHEME_CLEARKEY);
    attribute (xml, "value", "ClearKey1.0");
    xmlTextWriterWriteElement (xml, BAD_CAST "dashif:Laurl",
        BAD_CAST mpd->license_url);
  } else {
    attribute (xml, "schemeIdUri", SCHEME_W3C_COMMON);
    if (track->pssh)
      xmlTextWriterWriteElement (xml, BAD_CAST "cenc:pssh",
          BAD_CAST track->pssh);
  }
  end (xml);
}

static void
write_protection (xmlTextWriter *xml, const HabMpd *mpd,
    const HabMpdTrack *track)
{
  if (track->default_kid == NULL)
    return;
  start (xml, "ContentProtection");
  attribute (xml, "schemeIdUri", SCHEME_MP4_PROTECTION);
  attribute (xml, "value", "cbcs");
  attribute (xml, "cenc:default_KID", track->default_kid);
  end (xml);
  write_key_system (xml, mpd, track);
}

static void
write_s (xmlTextWriter *xml, const HabMpdSegment *first, guint repeat,
    gboolean with_time)
{
  start (xml, "S");
  if (with_time)
    attribute_uint (xml, "t", first->time);
  attribute_uint (xml, "d", first->duration);
  if (repeat > 0)
    attribute_uint (xml, "r", repeat);
  end (xml);
}

static gboolean
follows (const HabMpdSegment *segment, const HabMpdSegment *before)
{
  return segment->time == before->time + before->duration;
}

/* Segments of one duration share an S. t stands where time jumps. */
static void
write_timeline (xmlTextWriter *xml, const HabMpdTrack *track)
{
  guint i = 0;

  start (xml, "SegmentTimeline");
  while (i < track->segments->len) {
    const HabMpdSegment *first = segment_at (track, i);
    gboolean jump = i == 0 || !follows (first, segment_at (track, i - 1));
    guint repeat = 0;

    while (i + repeat + 1 < track->segments->len &&
        segment_at (track, i + repeat + 1)->duration == first->duration &&
        follows (segment_at (track, i + repeat + 1),
            segment_at (track, i + repeat)))
      repeat++;
    write_s (xml, first, repeat, jump);
    i += repeat + 1;
  }
  end (xml);
}

static void
write_segment_template (xmlTextWriter *xml, const HabMpdTrack *track)
{
  start (xml, "SegmentTemplate");
  attribute_uint (xml, "timescale", track->timescale);
  attribute_format (xml, "initialization", "%s/" HAB_MPD_INIT, track->id);
  attribute_format (xml, "media", "%s/$Number$.m4s", track->id);
  attribute_uint (xml, "startNumber", 1);
  write_timeline (xml, track);
  end (xml);
}

/* A range as HTTP has it: both ends included. */
static void
attribute_range (xmlTextWriter *xml, const gchar *name, guint64 offset,
    guint64 size)
{
  attribute_format (xml, name, "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
      offset, offset + size - 1);
}

static void
write_segment_base (xmlTextWriter *xml, const HabMpdTrack *track)
{
  const HabSingleFileLayout *layout = &track->file_layout;
  g_autofree gchar *url = g_strdup_printf ("%s/" HAB_MPD_SINGLE_FILE,
      track->id);

  xmlTextWriterWriteElement (xml, BAD_CAST "BaseURL", BAD_CAST url);
  start (xml, "SegmentBase");
  attribute_uint (xml, "timescale", track->timescale);
  attribute_range (xml, "indexRange", layout->index_offset,
      layout->index_size);
  attribute (xml, "indexRangeExact", "true");
  start (xml, "Initialization");
  attribute_range (xml, "range", 0, layout->init_size);
  end (xml);
  end (xml);
}

static void
write_video_attributes (xmlTextWriter *xml, const HabMpdTrack *track)
{
  attribute_uint (xml, "width", track->width);
  attribute_uint (xml, "height", track->height);
  if (track->fps_n > 0 && track->fps_d == 1)
    attribute_uint (xml, "frameRate", track->fps_n);
  else if (track->fps_n > 0 && track->fps_d > 0)
    attribute_format (xml, "frameRate", "%u/%u", track->fps_n, track->fps_d);
  if (track->sar_n > 0 && track->sar_d > 0)
    attribute_format (xml, "sar", "%u:%u", track->sar_n, track->sar_d);
}

/* The value of both MPEG schemes is the same number of an arrangement, not of
 * channels, but players read that of the older one as the latter. The two agree
 * up to 6. */
static void
write_channels (xmlTextWriter *xml, const HabMpdTrack *track)
{
  if (track->dolby_map == 0 && track->arrangement == 0)
    return;
  start (xml, "AudioChannelConfiguration");
  if (track->dolby_map) {
    attribute (xml, "schemeIdUri", SCHEME_DOLBY);
    attribute_format (xml, "value", "%04X", track->dolby_map);
  } else {
    attribute (xml, "schemeIdUri",
        track->arrangement == track->channels ? SCHEME_CHANNELS : SCHEME_CICP);
    attribute_uint (xml, "value", track->arrangement);
  }
  end (xml);
}

static void
write_representation (xmlTextWriter *xml, const HabMpdTrack *track)
{
  start (xml, "Representation");
  attribute (xml, "id", track->id);
  attribute_uint (xml, "bandwidth", track->bandwidth);
  attribute (xml, "codecs", track->codecs);
  if (track->video) {
    write_video_attributes (xml, track);
  } else {
    attribute_uint (xml, "audioSamplingRate", track->rate);
    write_channels (xml, track);
  }
  if (track->single_file)
    write_segment_base (xml, track);
  else
    write_segment_template (xml, track);
  end (xml);
}

static void
write_adaptation_set (xmlTextWriter *xml, const HabMpd *mpd, guint id)
{
  const HabMpdTrack *track = mpd->tracks->pdata[id];

  start (xml, "AdaptationSet");
  attribute_uint (xml, "id", id);
  attribute (xml, "contentType", track->video ? "video" : "audio");
  attribute (xml, "mimeType", track->video ? "video/mp4" : "audio/mp4");
  if (track->language)
    attribute (xml, "lang", track->language);
  attribute (xml,
      track->single_file ? "subsegmentAlignment" : "segmentAlignment", "true");
  if (track->single_file)
    attribute (xml, "subsegmentStartsWithSAP", "1");
  write_protection (xml, mpd, track);
  write_representation (xml, track);
  end (xml);
}

static const gchar *
profile (const HabMpd *mpd)
{
  for (guint i = 0; i < mpd->tracks->len; i++) {
    if (((HabMpdTrack *) mpd->tracks->pdata[i])->single_file)
      return PROFILE_ON_DEMAND;
  }
  return PROFILE_LIVE;
}

static void
write_document (xmlTextWriter *xml, const HabMpd *mpd)
{
  xmlTextWriterSetIndent (xml, 1);
  xmlTextWriterSetIndentString (xml, BAD_CAST "  ");
  xmlTextWriterStartDocument (xml, NULL, "UTF-8", NULL);
  start (xml, "MPD");
  attribute (xml, "xmlns", NS_MPD);
  attribute (xml, "xmlns:cenc", NS_CENC);
  attribute (xml, "xmlns:dashif", NS_DASHIF);
  attribute (xml, "profiles", profile (mpd));
  attribute (xml, "type", "static");
  attribute_duration (xml, "mediaPresentationDuration",
      presentation_ms (mpd));
  attribute_duration (xml, "maxSegmentDuration", longest_segment_ms (mpd));
  attribute_duration (xml, "minBufferTime", longest_segment_ms (mpd));
  start (xml, "Period");
  attribute (xml, "id", "0");
  attribute (xml, "start", "PT0S");
  for (guint i = 0; i < mpd->tracks->len; i++)
    write_adaptation_set (xml, mpd, i);
  xmlTextWriterEndDocument (xml);
}

gchar *
hab_mpd_write (const HabMpd *mpd, gsize *size)
{
  xmlBuffer *buffer = xmlBufferCreate ();
  xmlTextWriter *xml = xmlNewTextWriterMemory (buffer, 0);
  gchar *document;

  write_document (xml, mpd);
  xmlFreeTextWriter (xml);
  *size = xmlBufferLength (buffer);
  document = g_memdup2 (xmlBufferContent (buffer), *size);
  xmlBufferFree (buffer);
  return document;
}
