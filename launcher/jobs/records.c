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
