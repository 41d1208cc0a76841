/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "records.h"

#include "json-read.h"

HabGopIndex *
hab_records_index_new (void)
{
  HabGopIndex *index = hab_gop_index_new ();

  index->duration_ns = -1;
  return index;
}

static void
add_track (HabGopIndex *index, JsonObject *record)
{
  HabTrack track = {
    .number = hab_json_read_int (record, "number", 0),
    .kind = g_strdup (hab_json_read_text (record, "kind")),
    .codec = g_strdup (hab_json_read_text (record, "codec")),
    .caps = g_strdup (hab_json_read_text (record, "caps")),
    .timescale = hab_json_read_int (record, "timescale", 0),
    .width = hab_json_read_int (record, "width", 0),
    .height = hab_json_read_int (record, "height", 0),
    .fps_n = hab_json_read_int (record, "fps_n", 0),
    .fps_d = hab_json_read_int (record, "fps_d", 1),
    .channels = hab_json_read_int (record, "channels", 0),
    .rate = hab_json_read_int (record, "rate", 0),
    .duration_ns = MAX (hab_json_read_int (record, "duration_ns", -1), -1),
    .language = g_strdup (hab_json_read_text (record, "language")),
  };

  if (track.kind == NULL)
    track.kind = g_strdup ("other");
  index->duration_ns = MAX (index->duration_ns, track.duration_ns);
  g_array_append_val (index->tracks, track);
}

static void
add_gop (HabGopIndex *index, JsonObject *record)
{
  const gchar *kind = hab_json_read_text (record, "kind");
  HabGop gop = {
    .index = hab_json_read_int (record, "index", 0),
    .closed = hab_json_read_bool (record, "closed"),
    .leading_pictures = hab_json_read_int (record, "leading_pictures", 0),
    .frames = hab_json_read_int (record, "frames", 0),
    .first_frame = hab_json_read_int (record, "first_frame", 0),
    .pts_ns = hab_json_read_int (record, "pts_ns", G_MININT64),
    .dts_ns = hab_json_read_int (record, "dts_ns", G_MININT64),
    .duration_ns = MAX (hab_json_read_int (record, "duration_ns", 0), 0),
    .bytes = hab_json_read_int (record, "bytes", 0),
    .first_byte = hab_json_read_int (record, "first_byte", -1),
    .end_byte = hab_json_read_int (record, "end_byte", -1),
  };

  index->video_track_number = hab_json_read_int (record, "track", 0);
  g_strlcpy (gop.kind, kind != NULL ? kind : "none", sizeof gop.kind);
  g_array_append_val (index->gops, gop);
}

static void
add_iframe (HabGopIndex *index, JsonObject *record)
{
  HabIFrame iframe = {
    .coded_picture_number =
        hab_json_read_int (record, "coded_picture_number", 0),
    .pts = hab_json_read_int (record, "pts", 0),
    .dts = hab_json_read_int (record, "dts", 0),
    .duration = hab_json_read_int (record, "duration", 0),
    .offset = hab_json_read_int (record, "offset", -1),
    .size = hab_json_read_int (record, "size", 0),
    .key_frame = hab_json_read_bool (record, "key_frame"),
    .gop_index = hab_json_read_int (record, "gop_index", -1),
  };

  g_array_append_val (index->iframes, iframe);
}

void
hab_records_index_add (HabGopIndex *index, JsonObject *record)
{
  const gchar *kind = hab_json_read_text (record, "record");

  if (g_strcmp0 (kind, "track") == 0)
    add_track (index, record);
  else if (g_strcmp0 (kind, "gop") == 0)
    add_gop (index, record);
  else if (g_strcmp0 (kind, "iframe") == 0)
    add_iframe (index, record);
}

/* --- the other way ---------------------------------------------------- */

JsonObject *
hab_record_new (const gchar *kind)
{
  JsonObject *record = json_object_new ();

  json_object_set_string_member (record, "record", kind);
  return record;
}

static void
set_text (JsonObject *record, const gchar *name, const gchar *text)
{
  if (text != NULL)
    json_object_set_string_member (record, name, text);
  else
    json_object_set_null_member (record, name);
}

/* Takes record. */
static gchar *
record_format (JsonObject *record)
{
  g_autoptr (JsonNode) node = json_node_alloc ();

  json_node_init_object (node, record);
  json_object_unref (record);
  return json_to_string (node, FALSE);
}

gchar *
hab_records_format_track (const HabTrack *track)
{
  JsonObject *record = hab_record_new ("track");

  json_object_set_int_member (record, "number", track->number);
  set_text (record, "kind", track->kind);
  set_text (record, "codec", track->codec);
  set_text (record, "caps", track->caps);
  json_object_set_int_member (record, "timescale", track->timescale);
  json_object_set_int_member (record, "width", track->width);
  json_object_set_int_member (record, "height", track->height);
  json_object_set_int_member (record, "fps_n", track->fps_n);
  json_object_set_int_member (record, "fps_d", track->fps_d);
  json_object_set_int_member (record, "channels", track->channels);
  json_object_set_int_member (record, "rate", track->rate);
  json_object_set_int_member (record, "duration_ns", track->duration_ns);
  set_text (record, "language", track->language);
  return record_format (record);
}

gchar *
hab_records_format_gop (guint track, const HabGop *gop)
{
  JsonObject *record = hab_record_new ("gop");

  json_object_set_int_member (record, "track", track);
  json_object_set_int_member (record, "index", gop->index);
  json_object_set_string_member (record, "kind", gop->kind);
  json_object_set_boolean_member (record, "closed", gop->closed);
  json_object_set_int_member (record, "leading_pictures",
      gop->leading_pictures);
  json_object_set_int_member (record, "frames", gop->frames);
  json_object_set_int_member (record, "first_frame", gop->first_frame);
  json_object_set_int_member (record, "pts_ns", gop->pts_ns);
  json_object_set_int_member (record, "dts_ns", gop->dts_ns);
  json_object_set_int_member (record, "duration_ns", gop->duration_ns);
  json_object_set_int_member (record, "bytes", gop->bytes);
  json_object_set_int_member (record, "first_byte", gop->first_byte);
  json_object_set_int_member (record, "end_byte", gop->end_byte);
  return record_format (record);
}

gchar *
hab_records_format_iframe (guint track, const HabIFrame *iframe)
{
  JsonObject *record = hab_record_new ("iframe");

  json_object_set_int_member (record, "track", track);
  json_object_set_int_member (record, "coded_picture_number",
      iframe->coded_picture_number);
  json_object_set_int_member (record, "pts", iframe->pts);
  json_object_set_int_member (record, "dts", iframe->dts);
  json_object_set_int_member (record, "duration", iframe->duration);
  json_object_set_int_member (record, "offset", iframe->offset);
  json_object_set_int_member (record, "size", iframe->size);
  json_object_set_boolean_member (record, "key_frame", iframe->key_frame);
  json_object_set_int_member (record, "gop_index", iframe->gop_index);
  return record_format (record);
}
