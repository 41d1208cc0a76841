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
#define SCHEME_ROLE "urn:mpeg:dash:role:2011"
#define SCHEME_DOLBY "tag:dolby.com,2014:dash:audio_channel_configuration:2011"

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

/* --- what the representations add up to ------------------------------------ */

static const HabSegment *
segment_at (const HabRepresentation *rep, guint i)
{
  return hab_representation_get_segment (rep, i);
}

/* Rounded up, so that nothing lies behind the end. */
static guint64
to_ms (const HabRepresentation *rep, guint64 ticks)
{
  return ticks / rep->timescale * 1000 +
      (ticks % rep->timescale * 1000 + rep->timescale - 1) /
      rep->timescale;
}

static guint64
end_ms (const HabRepresentation *rep)
{
  const HabSegment *last = segment_at (rep, rep->segments->len - 1);

  return to_ms (rep, last->time + last->duration);
}

static guint64
longest_segment_ms (const HabRepresentation *rep)
{
  guint64 longest = 0;

  for (guint i = 0; i < rep->segments->len; i++)
    longest = MAX (longest, segment_at (rep, i)->duration);
  return to_ms (rep, longest);
}

/* The largest of what measure says of each representation. */
static guint64
max_of_all (const HabPresentation *presentation,
    guint64 (*measure) (const HabRepresentation *rep))
{
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);
  guint64 max = 0;

  for (guint i = 0; i < list->len; i++)
    max = MAX (max, measure (list->pdata[i]));
  return max;
}

/* --- elements --------------------------------------------------------------- */

/* Of all ways to say it, the one with which every player that was tried plays
 * however it gets its key: ClearKey's own system with a Laurl and no pssh.
 * Without a licence service, the W3C common system with a pssh. */
static void
write_key_system (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabRepresentation *rep)
{
  start (xml, "ContentProtection");
  if (options->license_url) {
    attribute (xml, "schemeIdUri", SCHEME_CLEARKEY);
    attribute (xml, "value", "ClearKey1.0");
    xmlTextWriterWriteElement (xml, BAD_CAST "dashif:Laurl",
        BAD_CAST options->license_url);
  } else {
    attribute (xml, "schemeIdUri", SCHEME_W3C_COMMON);
    if (rep->pssh)
      xmlTextWriterWriteElement (xml, BAD_CAST "cenc:pssh",
          BAD_CAST rep->pssh);
  }
  end (xml);
}

static void
write_protection (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabRepresentation *rep)
{
  if (rep->default_kid == NULL)
    return;
  start (xml, "ContentProtection");
  attribute (xml, "schemeIdUri", SCHEME_MP4_PROTECTION);
  attribute (xml, "value", "cbcs");
  attribute (xml, "cenc:default_KID", rep->default_kid);
  end (xml);
  write_key_system (xml, options, rep);
}

/* Whether one ContentProtection is true for the whole set. */
static gboolean
one_protection (const HabAdaptationSet *set)
{
  const gchar *kid = hab_adaptation_set_get (set, 0)->default_kid;

  for (guint i = 1; i < set->representations->len; i++) {
    if (g_strcmp0 (hab_adaptation_set_get (set, i)->default_kid, kid) != 0)
      return FALSE;
  }
  return TRUE;
}

static void
write_s (xmlTextWriter *xml, const HabSegment *first, guint repeat,
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
follows (const HabSegment *segment, const HabSegment *before)
{
  return segment->time == before->time + before->duration;
}

/* Segments of one duration share an S. t stands where time jumps. */
static void
write_timeline (xmlTextWriter *xml, const HabRepresentation *rep)
{
  guint i = 0;

  start (xml, "SegmentTimeline");
  while (i < rep->segments->len) {
    const HabSegment *first = segment_at (rep, i);
    gboolean jump = i == 0 || !follows (first, segment_at (rep, i - 1));
    guint repeat = 0;

    while (i + repeat + 1 < rep->segments->len &&
        segment_at (rep, i + repeat + 1)->duration == first->duration &&
        follows (segment_at (rep, i + repeat + 1),
            segment_at (rep, i + repeat)))
      repeat++;
    write_s (xml, first, repeat, jump);
    i += repeat + 1;
  }
  end (xml);
}

static void
write_segment_template (xmlTextWriter *xml, const HabRepresentation *rep)
{
  start (xml, "SegmentTemplate");
  attribute_uint (xml, "timescale", rep->timescale);
  attribute_format (xml, "initialization", "%s/" HAB_INIT_SEGMENT, rep->id);
  attribute_format (xml, "media", "%s/$Number$.m4s", rep->id);
  attribute_uint (xml, "startNumber", 1);
  write_timeline (xml, rep);
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
write_segment_base (xmlTextWriter *xml, const HabRepresentation *rep)
{
  const HabSingleFileLayout *layout = &rep->file_layout;
  g_autofree gchar *url = g_strdup_printf ("%s/" HAB_SINGLE_FILE,
      rep->id);

  xmlTextWriterWriteElement (xml, BAD_CAST "BaseURL", BAD_CAST url);
  start (xml, "SegmentBase");
  attribute_uint (xml, "timescale", rep->timescale);
  attribute_range (xml, "indexRange", layout->index_offset,
      layout->index_size);
  attribute (xml, "indexRangeExact", "true");
  start (xml, "Initialization");
  attribute_range (xml, "range", 0, layout->init_size);
  end (xml);
  end (xml);
}

static void
write_video_attributes (xmlTextWriter *xml, const HabRepresentation *rep)
{
  attribute_uint (xml, "width", rep->width);
  attribute_uint (xml, "height", rep->height);
  if (rep->fps_n > 0 && rep->fps_d == 1)
    attribute_uint (xml, "frameRate", rep->fps_n);
  else if (rep->fps_n > 0 && rep->fps_d > 0)
    attribute_format (xml, "frameRate", "%u/%u", rep->fps_n, rep->fps_d);
  if (rep->sar_n > 0 && rep->sar_d > 0)
    attribute_format (xml, "sar", "%u:%u", rep->sar_n, rep->sar_d);
}

/* The value of both MPEG schemes is the same number of an arrangement, not of
 * channels, but players read that of the older one as the latter. The two agree
 * up to 6. */
static void
write_channels (xmlTextWriter *xml, const HabRepresentation *rep)
{
  if (rep->dolby_map == 0 && rep->arrangement == 0)
    return;
  start (xml, "AudioChannelConfiguration");
  if (rep->dolby_map) {
    attribute (xml, "schemeIdUri", SCHEME_DOLBY);
    attribute_format (xml, "value", "%04X", rep->dolby_map);
  } else {
    attribute (xml, "schemeIdUri",
        rep->arrangement == rep->channels ? SCHEME_CHANNELS : SCHEME_CICP);
    attribute_uint (xml, "value", rep->arrangement);
  }
  end (xml);
}

static void
write_representation (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabRepresentation *rep, gboolean with_protection)
{
  start (xml, "Representation");
  attribute (xml, "id", rep->id);
  attribute_uint (xml, "bandwidth", rep->bandwidth);
  attribute (xml, "codecs", rep->codecs);
  if (rep->content.kind == HAB_MEDIA_VIDEO) {
    write_video_attributes (xml, rep);
  } else {
    attribute_uint (xml, "audioSamplingRate", rep->rate);
    write_channels (xml, rep);
  }
  if (with_protection)
    write_protection (xml, options, rep);
  if (rep->single_file)
    write_segment_base (xml, rep);
  else
    write_segment_template (xml, rep);
  end (xml);
}

static void
write_content_attributes (xmlTextWriter *xml, const HabContent *content)
{
  gboolean video = content->kind == HAB_MEDIA_VIDEO;

  attribute (xml, "contentType", video ? "video" : "audio");
  attribute (xml, "mimeType", video ? "video/mp4" : "audio/mp4");
  if (content->language)
    attribute (xml, "lang", content->language);
}

static void
write_content_elements (xmlTextWriter *xml, const HabContent *content)
{
  const gchar *role = hab_role_to_string (content->role);

  if (content->label)
    xmlTextWriterWriteElement (xml, BAD_CAST "Label",
        BAD_CAST content->label);
  if (role == NULL)
    return;
  start (xml, "Role");
  attribute (xml, "schemeIdUri", SCHEME_ROLE);
  attribute (xml, "value", role);
  end (xml);
}

static void
write_adaptation_set (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabAdaptationSet *set, guint id)
{
  const HabRepresentation *first = hab_adaptation_set_get (set, 0);
  gboolean protection_here = one_protection (set);

  start (xml, "AdaptationSet");
  attribute_uint (xml, "id", id);
  write_content_attributes (xml, &first->content);
  attribute (xml,
      first->single_file ? "subsegmentAlignment" : "segmentAlignment", "true");
  if (first->single_file)
    attribute (xml, "subsegmentStartsWithSAP", "1");
  if (protection_here)
    write_protection (xml, options, first);
  write_content_elements (xml, &first->content);
  for (guint i = 0; i < set->representations->len; i++)
    write_representation (xml, options, hab_adaptation_set_get (set, i),
        !protection_here);
  end (xml);
}

static const gchar *
profile (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);

  for (guint i = 0; i < list->len; i++) {
    if (((HabRepresentation *) list->pdata[i])->single_file)
      return PROFILE_ON_DEMAND;
  }
  return PROFILE_LIVE;
}

static void
write_document (xmlTextWriter *xml, const HabPresentation *presentation,
    const HabMpdOptions *options)
{
  guint64 longest = max_of_all (presentation, longest_segment_ms);

  xmlTextWriterSetIndent (xml, 1);
  xmlTextWriterSetIndentString (xml, BAD_CAST "  ");
  xmlTextWriterStartDocument (xml, NULL, "UTF-8", NULL);
  start (xml, "MPD");
  attribute (xml, "xmlns", NS_MPD);
  attribute (xml, "xmlns:cenc", NS_CENC);
  attribute (xml, "xmlns:dashif", NS_DASHIF);
  attribute (xml, "profiles", profile (presentation));
  attribute (xml, "type", "static");
  attribute_duration (xml, "mediaPresentationDuration",
      max_of_all (presentation, end_ms));
  attribute_duration (xml, "maxSegmentDuration", longest);
  attribute_duration (xml, "minBufferTime", longest);
  start (xml, "Period");
  attribute (xml, "id", "0");
  attribute (xml, "start", "PT0S");
  for (guint i = 0; i < presentation->sets->len; i++)
    write_adaptation_set (xml, options, hab_presentation_get (presentation, i),
        i);
  xmlTextWriterEndDocument (xml);
}

gchar *
hab_mpd_write (const HabPresentation *presentation,
    const HabMpdOptions *options, gsize *size)
{
  xmlBuffer *buffer = xmlBufferCreate ();
  xmlTextWriter *xml = xmlNewTextWriterMemory (buffer, 0);
  gchar *document;

  write_document (xml, presentation, options);
  xmlFreeTextWriter (xml);
  *size = xmlBufferLength (buffer);
  document = g_memdup2 (xmlBufferContent (buffer), *size);
  xmlBufferFree (buffer);
  return document;
}
