/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-segments.h"

#include "mpd-xml.h"

static const HabSegment *
segment_at (const HabRepresentation *rep, guint i)
{
  return hab_representation_get_segment (rep, i);
}

static void
write_s (xmlTextWriter *xml, const HabSegment *first, guint repeat,
    gboolean with_time)
{
  hab_xml_start (xml, "S");
  if (with_time)
    hab_xml_attribute_uint (xml, "t", first->time);
  hab_xml_attribute_uint (xml, "d", first->duration);
  if (repeat > 0)
    hab_xml_attribute_uint (xml, "r", repeat);
  hab_xml_end (xml);
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

  hab_xml_start (xml, "SegmentTimeline");
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
  hab_xml_end (xml);
}

static gboolean
same_timeline (const HabRepresentation *a, const HabRepresentation *b)
{
  if (a->timescale != b->timescale || a->first_number != b->first_number ||
      a->segments->len != b->segments->len)
    return FALSE;
  for (guint i = 0; i < a->segments->len; i++) {
    const HabSegment *of_a = segment_at (a, i), *of_b = segment_at (b, i);

    if (of_a->time != of_b->time || of_a->duration != of_b->duration)
      return FALSE;
  }
  return TRUE;
}

gboolean
hab_mpd_one_template (const HabAdaptationSet *set)
{
  const HabRepresentation *first = hab_adaptation_set_get (set, 0);

  if (first->single_file)
    return FALSE;
  for (guint i = 1; i < set->representations->len; i++) {
    if (!same_timeline (first, hab_adaptation_set_get (set, i)))
      return FALSE;
  }
  return TRUE;
}

void
hab_mpd_write_template (xmlTextWriter *xml, const HabRepresentation *rep)
{
  hab_xml_start (xml, "SegmentTemplate");
  hab_xml_attribute_uint (xml, "timescale", rep->timescale);
  hab_xml_attribute (xml, "initialization",
      "$RepresentationID$/" HAB_INIT_SEGMENT);
  hab_xml_attribute (xml, "media", "$RepresentationID$/$Number$.m4s");
  hab_xml_attribute_uint (xml, "startNumber", rep->first_number);
  write_timeline (xml, rep);
  hab_xml_end (xml);
}

/* A range as HTTP has it: both ends included. */
static void
attribute_range (xmlTextWriter *xml, const gchar *name, guint64 offset,
    guint64 size)
{
  hab_xml_attribute_format (xml, name,
      "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
      offset, offset + size - 1);
}

void
hab_mpd_write_segment_base (xmlTextWriter *xml, const HabRepresentation *rep)
{
  const HabSingleFileLayout *layout = &rep->file_layout;
  g_autofree gchar *url = g_strdup_printf ("%s/" HAB_SINGLE_FILE,
      rep->id);

  hab_xml_text (xml, "BaseURL", url);
  hab_xml_start (xml, "SegmentBase");
  hab_xml_attribute_uint (xml, "timescale", rep->timescale);
  attribute_range (xml, "indexRange", layout->index_offset,
      layout->index_size);
  hab_xml_attribute (xml, "indexRangeExact", "true");
  hab_xml_start (xml, "Initialization");
  attribute_range (xml, "range", 0, layout->init_size);
  hab_xml_end (xml);
  hab_xml_end (xml);
}
