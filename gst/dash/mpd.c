/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd.h"

#include "mpd-protection.h"
#include "mpd-segments.h"
#include "mpd-xml.h"

#define NS_MPD "urn:mpeg:dash:schema:mpd:2011"
#define NS_CENC "urn:mpeg:cenc:2013"
#define NS_DASHIF "https://dashif.org/CPS"
#define PROFILE_LIVE "urn:mpeg:dash:profile:isoff-live:2011"
#define PROFILE_ON_DEMAND "urn:mpeg:dash:profile:isoff-on-demand:2011"

#define SCHEME_SWITCHING "urn:mpeg:dash:adaptation-set-switching:2016"
#define SCHEME_TRANSFER "urn:mpeg:mpegB:cicp:TransferCharacteristics"
#define SCHEME_PRIMARIES "urn:mpeg:mpegB:cicp:ColourPrimaries"
#define SCHEME_MATRIX "urn:mpeg:mpegB:cicp:MatrixCoefficients"
#define SCHEME_CHANNELS \
  "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
#define SCHEME_CICP "urn:mpeg:mpegB:cicp:ChannelConfiguration"
#define SCHEME_HTTP_HEAD "urn:mpeg:dash:utc:http-head:2014"
#define SCHEME_ROLE "urn:mpeg:dash:role:2011"
#define SCHEME_DOLBY "tag:dolby.com,2014:dash:audio_channel_configuration:2011"

/* --- what the representations add up to ---------------------------------- */

static guint64
longest_segment_ms (const HabRepresentation *rep)
{
  return hab_representation_to_ms (rep, hab_representation_get_longest (rep));
}

static guint64
longest_of_all_ms (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) list = hab_presentation_list_timed (presentation);
  guint64 longest = 0;

  for (guint i = 0; i < list->len; i++)
    longest = MAX (longest, longest_segment_ms (list->pdata[i]));
  return longest;
}

/* --- elements ------------------------------------------------------------ */

static void
write_frame_rate (xmlTextWriter *xml, const gchar *name,
    const HabRepresentation *rep)
{
  if (rep->fps_n > 0 && rep->fps_d == 1)
    hab_xml_attribute_uint (xml, name, rep->fps_n);
  else if (rep->fps_n > 0 && rep->fps_d > 0)
    hab_xml_attribute_format (xml, name, "%u/%u", rep->fps_n, rep->fps_d);
}

static void
write_video_attributes (xmlTextWriter *xml, const HabRepresentation *rep)
{
  hab_xml_attribute_uint (xml, "width", rep->width);
  hab_xml_attribute_uint (xml, "height", rep->height);
  write_frame_rate (xml, "frameRate", rep);
  if (rep->sar_n > 0 && rep->sar_d > 0)
    hab_xml_attribute_format (xml, "sar", "%u:%u", rep->sar_n, rep->sar_d);
}

/* The value of both MPEG schemes is the same number of an arrangement, not of
 * channels, but players read that of the older one as the latter. The two agree
 * up to 6. */
static void
write_channels (xmlTextWriter *xml, const HabRepresentation *rep)
{
  if (rep->dolby_map == 0 && rep->arrangement == 0)
    return;
  hab_xml_start (xml, "AudioChannelConfiguration");
  if (rep->dolby_map) {
    hab_xml_attribute (xml, "schemeIdUri", SCHEME_DOLBY);
    hab_xml_attribute_format (xml, "value", "%04X", rep->dolby_map);
  } else {
    hab_xml_attribute (xml, "schemeIdUri",
        rep->arrangement == rep->channels ? SCHEME_CHANNELS : SCHEME_CICP);
    hab_xml_attribute_uint (xml, "value", rep->arrangement);
  }
  hab_xml_end (xml);
}

/* What a set says for all of its representations, and what is therefore left
 * out of them. */
typedef struct
{
  gboolean protection;
  gboolean segment_template;
} SaidBySet;

static void
write_representation (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabRepresentation *rep, const SaidBySet *said)
{
  hab_xml_start (xml, "Representation");
  hab_xml_attribute (xml, "id", rep->id);
  hab_xml_attribute_uint (xml, "bandwidth", rep->bandwidth);
  hab_xml_attribute (xml, "codecs", rep->codecs);
  if (rep->content.kind == HAB_MEDIA_VIDEO) {
    write_video_attributes (xml, rep);
  } else {
    hab_xml_attribute_uint (xml, "audioSamplingRate", rep->rate);
    write_channels (xml, rep);
  }
  if (!said->protection)
    hab_mpd_write_protection (xml, rep, options->license_url);
  if (rep->single_file)
    hab_mpd_write_segment_base (xml, rep);
  else if (!said->segment_template)
    hab_mpd_write_template (xml, rep);
  hab_xml_end (xml);
}

static void
write_content_attributes (xmlTextWriter *xml, const HabContent *content)
{
  static const struct
  {
    const gchar *content_type, *mime_type;
  } types[] = {
    [HAB_MEDIA_VIDEO] = { "video", "video/mp4" },
    [HAB_MEDIA_AUDIO] = { "audio", "audio/mp4" },
    [HAB_MEDIA_TEXT] = { "text", "text/vtt" },
  };

  hab_xml_attribute (xml, "contentType", types[content->kind].content_type);
  hab_xml_attribute (xml, "mimeType", types[content->kind].mime_type);
  if (content->language)
    hab_xml_attribute (xml, "lang", content->language);
}

static void
write_alignment (xmlTextWriter *xml, const HabAdaptationSet *set)
{
  gboolean single = hab_adaptation_set_get (set, 0)->single_file;

  if (!set->overlapping)
    hab_xml_attribute (xml,
        single ? "subsegmentAlignment" : "segmentAlignment", "true");
  if (single)
    hab_xml_attribute (xml, "subsegmentStartsWithSAP", "1");
}

static gboolean
is_faster (const HabRepresentation *a, const HabRepresentation *b)
{
  return (guint64) a->fps_n * b->fps_d > (guint64) b->fps_n * a->fps_d;
}

/* What a player can expect at the most, and the shape of the picture, which is
 * that of the largest: the sizes of the others may be rounded. */
static void
write_video_limits (xmlTextWriter *xml, const HabAdaptationSet *set)
{
  const HabRepresentation *first = hab_adaptation_set_get (set, 0);
  const HabRepresentation *widest = first, *highest = first, *fastest = first;
  guint width, height;

  for (guint i = 1; i < set->representations->len; i++) {
    const HabRepresentation *rep = hab_adaptation_set_get (set, i);

    widest = rep->width > widest->width ? rep : widest;
    highest = rep->height > highest->height ? rep : highest;
    fastest = is_faster (rep, fastest) ? rep : fastest;
  }
  if (hab_representation_get_aspect (widest, &width, &height))
    hab_xml_attribute_format (xml, "par", "%u:%u", width, height);
  hab_xml_attribute_uint (xml, "maxWidth", widest->width);
  hab_xml_attribute_uint (xml, "maxHeight", highest->height);
  write_frame_rate (xml, "maxFrameRate", fastest);
}

static void
write_code_point (xmlTextWriter *xml, const gchar *property,
    const gchar *scheme, guint8 code)
{
  g_autofree gchar *value = g_strdup_printf ("%u", code);

  hab_xml_descriptor (xml, property, scheme, value);
}

/* A player that does not know the transfer function shows wrong colours, where
 * it is one of high dynamic range. The rest is in the stream as well. */
static void
write_colour (xmlTextWriter *xml, const HabRepresentation *rep)
{
  HabVideoRange range = hab_representation_get_range (rep);

  if (range != HAB_RANGE_PQ && range != HAB_RANGE_HLG)
    return;
  write_code_point (xml, "EssentialProperty", SCHEME_TRANSFER, rep->transfer);
  if (rep->primaries)
    write_code_point (xml, "SupplementalProperty", SCHEME_PRIMARIES,
        rep->primaries);
  if (rep->matrix)
    write_code_point (xml, "SupplementalProperty", SCHEME_MATRIX, rep->matrix);
}

static void
write_switching (xmlTextWriter *xml, const HabAdaptationSet *set)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < set->switchable->len; i++)
    g_string_append_printf (ids, "%s%u", i > 0 ? "," : "",
        g_array_index (set->switchable, guint, i));
  if (ids->len > 0)
    hab_xml_descriptor (xml, "SupplementalProperty", SCHEME_SWITCHING,
        ids->str);
}

static void
write_names (xmlTextWriter *xml, const HabContent *content)
{
  const gchar *role = hab_role_to_string (content->role);

  if (content->label)
    hab_xml_text (xml, "Label", content->label);
  if (role)
    hab_xml_descriptor (xml, "Role", SCHEME_ROLE, role);
}

/* Text is one file that is in the clear, whatever the rest is. */
static void
write_text_set (xmlTextWriter *xml, const HabAdaptationSet *set)
{
  const HabRepresentation *rep = hab_adaptation_set_get (set, 0);
  g_autofree gchar *url = g_strdup_printf ("%s/" HAB_TEXT_FILE, rep->id);

  hab_xml_start (xml, "AdaptationSet");
  hab_xml_attribute_uint (xml, "id", set->id);
  write_content_attributes (xml, &rep->content);
  write_names (xml, &rep->content);
  hab_xml_start (xml, "Representation");
  hab_xml_attribute (xml, "id", rep->id);
  hab_xml_attribute_uint (xml, "bandwidth", rep->bandwidth);
  hab_xml_text (xml, "BaseURL", url);
  hab_xml_end (xml);
  hab_xml_end (xml);
}

/* In the order of the schema. */
static void
write_adaptation_set (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabAdaptationSet *set)
{
  const HabRepresentation *first = hab_adaptation_set_get (set, 0);
  gboolean video = first->content.kind == HAB_MEDIA_VIDEO;
  SaidBySet said = { hab_mpd_one_protection (set), hab_mpd_one_template (set) };

  hab_xml_start (xml, "AdaptationSet");
  hab_xml_attribute_uint (xml, "id", set->id);
  write_content_attributes (xml, &first->content);
  if (video)
    write_video_limits (xml, set);
  write_alignment (xml, set);
  if (said.protection)
    hab_mpd_write_protection (xml, first, options->license_url);
  if (video)
    write_colour (xml, first);
  write_switching (xml, set);
  write_names (xml, &first->content);
  if (said.segment_template)
    hab_mpd_write_template (xml, first);
  for (guint i = 0; i < set->representations->len; i++)
    write_representation (xml, options, hab_adaptation_set_get (set, i),
        &said);
  hab_xml_end (xml);
}

static void
write_set (xmlTextWriter *xml, const HabMpdOptions *options,
    const HabAdaptationSet *set)
{
  if (hab_adaptation_set_get_content (set)->kind == HAB_MEDIA_TEXT)
    write_text_set (xml, set);
  else
    write_adaptation_set (xml, options, set);
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
write_time (xmlTextWriter *xml, const gchar *name, gint64 time)
{
  g_autofree gchar *value = hab_live_time_to_string (time);

  hab_xml_attribute (xml, name, value);
}

/* Behind the end, what is left of these would make players wait. */
static void
write_live_attributes (xmlTextWriter *xml, const HabLive *live)
{
  write_time (xml, "availabilityStartTime", live->start);
  write_time (xml, "publishTime", live->published);
  hab_xml_attribute_duration (xml, "minimumUpdatePeriod",
      live->update_period);
  if (live->window > 0)
    hab_xml_attribute_duration (xml, "timeShiftBufferDepth", live->window);
  hab_xml_attribute_duration (xml, "suggestedPresentationDelay", live->delay);
}

static void
write_mpd_attributes (xmlTextWriter *xml, const HabPresentation *presentation)
{
  guint64 longest = longest_of_all_ms (presentation);

  hab_xml_attribute (xml, "xmlns", NS_MPD);
  hab_xml_attribute (xml, "xmlns:cenc", NS_CENC);
  hab_xml_attribute (xml, "xmlns:dashif", NS_DASHIF);
  hab_xml_attribute (xml, "profiles", profile (presentation));
  hab_xml_attribute (xml, "type",
      presentation->dynamic ? "dynamic" : "static");
  if (presentation->dynamic)
    write_live_attributes (xml, &presentation->live);
  else
    hab_xml_attribute_duration (xml, "mediaPresentationDuration",
        hab_presentation_get_end (presentation));
  hab_xml_attribute_duration (xml, "maxSegmentDuration", longest);
  hab_xml_attribute_duration (xml, "minBufferTime", longest);
}

static void
write_document (xmlTextWriter *xml, const HabPresentation *presentation,
    const HabMpdOptions *options)
{
  xmlTextWriterSetIndent (xml, 1);
  xmlTextWriterSetIndentString (xml, BAD_CAST "  ");
  xmlTextWriterStartDocument (xml, NULL, "UTF-8", NULL);
  hab_xml_start (xml, "MPD");
  write_mpd_attributes (xml, presentation);
  hab_xml_start (xml, "Period");
  hab_xml_attribute (xml, "id", "0");
  hab_xml_attribute (xml, "start", "PT0S");
  for (guint i = 0; i < presentation->sets->len; i++)
    write_set (xml, options, hab_presentation_get (presentation, i));
  hab_xml_end (xml);
  if (presentation->dynamic && presentation->live.clock_url)
    hab_xml_descriptor (xml, "UTCTiming", SCHEME_HTTP_HEAD,
        presentation->live.clock_url);
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
