/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "record-json.h"

JsonObject *
hab_record_new (const gchar *kind)
{
  JsonObject *record = json_object_new ();

  json_object_set_string_member (record, "record", kind);
  return record;
}

gchar *
hab_record_format (JsonObject *record)
{
  g_autoptr (JsonNode) node = json_node_alloc ();

  json_node_take_object (json_node_init_object (node, NULL), record);
  return json_to_string (node, FALSE);
}

static void
set_int (JsonObject *record, const gchar *name, gint64 value, gint64 unknown)
{
  if (value != unknown)
    json_object_set_int_member (record, name, value);
}

static void
set_string (JsonObject *record, const gchar *name, const gchar *value)
{
  if (value)
    json_object_set_string_member (record, name, value);
}

JsonObject *
hab_record_new_track (guint number, const HabTrack *track)
{
  JsonObject *record = hab_record_new ("track");

  json_object_set_int_member (record, "number", number);
  set_string (record, "kind", track->kind);
  set_string (record, "codec", track->codec);
  set_string (record, "caps", track->caps);
  set_int (record, "timescale", track->timescale, 0);
  json_object_set_int_member (record, "width", track->width);
  json_object_set_int_member (record, "height", track->height);
  json_object_set_int_member (record, "fps_n", track->fps_n);
  json_object_set_int_member (record, "fps_d", track->fps_d);
  json_object_set_int_member (record, "channels", track->channels);
  json_object_set_int_member (record, "rate", track->rate);
  set_int (record, "duration_ns", track->duration_ns, -1);
  set_string (record, "language", track->language);
  return record;
}

JsonObject *
hab_record_new_gop (guint track, const HabGop *gop)
{
  JsonObject *record = hab_record_new ("gop");

  json_object_set_int_member (record, "track", track);
  json_object_set_int_member (record, "index", gop->index);
  json_object_set_string_member (record, "kind", gop->kind);
  json_object_set_boolean_member (record, "closed", gop->closed);
  json_object_set_int_member (
      record, "leading_pictures", gop->leading_pictures);
  json_object_set_int_member (record, "frames", gop->frames);
  json_object_set_int_member (record, "first_frame", gop->first_frame);
  set_int (record, "pts_ns", gop->pts_ns, G_MININT64);
  set_int (record, "dts_ns", gop->dts_ns, G_MININT64);
  json_object_set_int_member (record, "duration_ns", gop->duration_ns);
  json_object_set_int_member (record, "bytes", gop->bytes);
  set_int (record, "first_byte", gop->first_byte, -1);
  set_int (record, "end_byte", gop->end_byte, -1);
  return record;
}

JsonObject *
hab_record_new_iframe (guint track, const HabIFrame *iframe)
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
  return record;
}
