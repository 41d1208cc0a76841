/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "record-json.h"
#include "records.h"

static void
add_text (HabGopIndex *index, const gchar *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  g_assert_nonnull (node);
  hab_records_index_add (index, json_node_get_object (node));
}

/* Takes record. */
static void
take_record (HabGopIndex *index, JsonObject *record)
{
  g_autofree gchar *line = hab_record_format (record);

  add_text (index, line);
}

/* What was written is read back as it was. */
static void
test_round_trip (void)
{
  g_autoptr (HabGopIndex) index = hab_records_index_new ();
  const HabTrack track = {
    .number = 2,
    .kind = (gchar *) "video",
    .codec = (gchar *) "avc1.64001F",
    .timescale = 12800,
    .width = 1280,
    .height = 720,
    .fps_n = 25,
    .fps_d = 1,
    .duration_ns = G_GINT64_CONSTANT (10000000000),
  };
  const HabGop gop = {
    .index = 7,
    .kind = "recovery-point",
    .leading_pictures = 2,
    .frames = 50,
    .first_frame = 350,
    .pts_ns = 14000000000,
    .dts_ns = -80000000,
    .duration_ns = 2000000000,
    .bytes = 123456,
    .first_byte = 48,
    .end_byte = 130000,
  };
  const HabIFrame iframe = {
    .coded_picture_number = 350,
    .pts = -1,
    .dts = -1024,
    .duration = 512,
    .offset = 48,
    .size = 7641,
    .key_frame = TRUE,
    .gop_index = 7,
  };
  const HabTrack *track_back;
  const HabGop *gop_back;
  const HabIFrame *iframe_back;

  take_record (index, hab_record_new_track (2, &track));
  take_record (index, hab_record_new_gop (2, &gop));
  take_record (index, hab_record_new_iframe (2, &iframe));

  g_assert_cmpuint (index->video_track_number, ==, 2);
  g_assert_cmpint (index->duration_ns, ==, track.duration_ns);
  track_back = &g_array_index (index->tracks, HabTrack, 0);
  g_assert_cmpstr (track_back->codec, ==, track.codec);
  g_assert_cmpint (track_back->width, ==, 1280);
  g_assert_null (track_back->language);
  gop_back = &g_array_index (index->gops, HabGop, 0);
  g_assert_cmpstr (gop_back->kind, ==, gop.kind);
  g_assert_cmpint (gop_back->dts_ns, ==, gop.dts_ns);
  g_assert_cmpuint (gop_back->bytes, ==, gop.bytes);
  g_assert_false (gop_back->closed);
  iframe_back = &g_array_index (index->iframes, HabIFrame, 0);
  g_assert_cmpint (iframe_back->pts, ==, iframe.pts);
  g_assert_cmpint (iframe_back->dts, ==, iframe.dts);
  g_assert_cmpint (iframe_back->offset, ==, iframe.offset);
  g_assert_cmpuint (iframe_back->size, ==, iframe.size);
  g_assert_true (iframe_back->key_frame);
  g_assert_cmpint (iframe_back->gop_index, ==, iframe.gop_index);
}

/* A child is not trusted: members of other types do not matter. */
static void
test_nonsense (void)
{
  static const gchar *const texts[] = {
    "{}",
    "{\"record\":5}",
    "{\"record\":\"unknown\"}",
    "{\"record\":null}",
    "{\"record\":[\"gop\"]}",
    "{\"record\":\"track\",\"kind\":[],\"number\":{},\"codec\":7,"
    "\"duration_ns\":-3}",
    "{\"record\":\"gop\",\"index\":\"x\",\"kind\":{},\"closed\":[]}",
    "{\"record\":\"gop\",\"kind\":\"a kind that is longer than its field\"}",
    "{\"record\":\"iframe\",\"size\":null}",
  };
  g_autoptr (HabGopIndex) index = hab_records_index_new ();

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    add_text (index, texts[i]);
  g_assert_cmpuint (index->tracks->len, ==, 1);
  g_assert_cmpuint (index->gops->len, ==, 2);
  g_assert_cmpuint (index->iframes->len, ==, 1);
  g_assert_cmpstr (g_array_index (index->tracks, HabTrack, 0).kind, ==,
      "other");
  g_assert_cmpint (g_array_index (index->tracks, HabTrack, 0).duration_ns, ==,
      -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/records/round-trip", test_round_trip);
  g_test_add_func ("/records/nonsense", test_nonsense);
  return g_test_run ();
}
