/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bad input, which is normal input: caps that lack, contradict or exaggerate,
 * access units that are cut off or damaged. What is not understood is told of
 * once and clearly, or it passes as it is. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rig.h"

#define UNITS 4

/* Damage is done to so many bytes at the start; behind them is picture. */
#define DAMAGED_BYTES 20

/* (transfer full): the unit with other bytes. */
static GstBuffer *
with_bytes (const SampleStream *stream, guint i, const guint8 *data,
    gsize size)
{
  g_autoptr (GstBuffer) unit = sample_buffer (stream, i);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_fill (buffer, 0, data, size);
  gst_buffer_copy_into (buffer, unit, GST_BUFFER_COPY_METADATA, 0, -1);
  return buffer;
}

/* What comes out is what went in, where it was let through. */
static void
assert_passes_or_fails (const RigElement *row, const SampleStream *stream,
    guint before, const guint8 *data, gsize size)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  g_autoptr (GBytes) payload = NULL, wanted = g_bytes_new (data, size);
  GstFlowReturn flow;

  rig_begin_stream (rig);
  rig_push_units (rig, before);
  flow = rig_push (rig, with_bytes (stream, before, data, size));
  if (flow != GST_FLOW_OK) {
    g_assert_cmpint (flow, <, GST_FLOW_EOS);
    g_assert_false (rig_end (rig));
    rig_assert_told (rig, flow);
    return;
  }
  g_assert_true (rig_end (rig));
  rig_assert_told (rig, flow);
  payload = rig_payload (rig);
  g_assert_cmpuint (g_bytes_get_size (payload), >=, size);
  g_assert_cmpmem ((const guint8 *) g_bytes_get_data (payload, NULL) +
      g_bytes_get_size (payload) - size, size, data, size);
}

/* Cut off everywhere, as the first and as a later access unit. */
static void
test_cut_off (const RigElement *row, const SampleStream *stream)
{
  for (guint before = 0; before < 2; before++) {
    g_autoptr (GBytes) unit = sample_bytes (stream->units[before]);
    gsize size = g_bytes_get_size (unit);

    for (gsize n = 0; n < size; n += n < DAMAGED_BYTES ? 1 : 29)
      assert_passes_or_fails (row, stream, before,
          g_bytes_get_data (unit, NULL), n);
  }
}

/* Lengths, types and sizes that are too small, too large or nonsense. */
static void
test_damaged (const RigElement *row, const SampleStream *stream)
{
  static const guint8 values[] = { 0x00, 0x7f, 0xff };

  for (guint before = 0; before < 2; before++) {
    g_autoptr (GBytes) unit = sample_bytes (stream->units[before]);
    gsize size = g_bytes_get_size (unit);

    for (gsize i = 0; i < MIN (size, DAMAGED_BYTES); i++) {
      for (guint j = 0; j < G_N_ELEMENTS (values); j++) {
        g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (unit, NULL),
            size);

        data[i] = values[j];
        assert_passes_or_fails (row, stream, before, data, size);
      }
    }
  }
}

/* Where there is nothing in it, there is nothing to do. */
static void
test_empty (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  g_assert_cmpint (rig_push (rig, gst_buffer_new ()), ==, GST_FLOW_OK);
  rig_push_units (rig, UNITS);
  g_assert_cmpint (rig_push (rig, gst_buffer_new ()), ==, GST_FLOW_OK);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

/* Only a file needs times. */
static void
test_no_time (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  if (sample_has_headers (stream))
    return;
  rig_begin_stream (rig);
  for (guint i = 0; i < UNITS; i++) {
    GstBuffer *buffer = sample_buffer (stream, i);

    GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) =
        GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
    g_assert_cmpint (rig_push (rig, buffer), ==, GST_FLOW_OK);
  }
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

static void
test_no_caps (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_as_is (rig, NULL, 0);
  g_assert_cmpint (rig_push (rig, sample_buffer (stream, 0)), ==,
      GST_FLOW_NOT_NEGOTIATED);
}

/* Encrypted samples and what is said of them come from files. Where the two do
 * not fit it is an error, elsewhere there is nothing that shows it. */
static void
test_cut_off_encrypted (const RigElement *row, const SampleStream *stream)
{
  gsize size = g_utf8_strlen (stream->units[0], -1) / 2;

  for (gsize n = 0; n < size; n += 7) {
    g_autoptr (Rig) rig = rig_new (row, stream);
    GstBuffer *buffer;
    GstFlowReturn flow;

    rig_begin_stream (rig);
    gst_harness_push (rig->other, sample_buffer (stream, 0));
    buffer = gst_harness_pull (rig->other);
    gst_buffer_set_size (buffer, n);
    flow = gst_harness_push (rig->h, buffer);
    if (sample_is_video (stream))
      g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
    g_assert_cmpint (rig_end (rig), ==, flow == GST_FLOW_OK);
    rig_assert_told (rig, flow);
  }
}

/* --- caps --------------------------------------------------------------------------- */

/* All is well, or somebody is told: by the element, or where the caps do not
 * even meet its template, by the source that is refused. */
static void
assert_caps_do_or_fail (const RigElement *row, const SampleStream *stream,
    GstCaps *caps)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (rig->element, "sink");
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (pad);
  gboolean fits = gst_caps_can_intersect (caps, template);
  GstFlowReturn flow;

  rig_begin (rig, caps, 0);
  flow = rig_push (rig, sample_buffer (stream, 0));
  if (fits) {
    g_assert_cmpint (rig_end (rig), ==, flow == GST_FLOW_OK);
    rig_assert_told (rig, flow);
  } else {
    g_assert_cmpint (flow, ==, GST_FLOW_NOT_NEGOTIATED);
  }
}

static GstCaps *
with_codec_data (const SampleStream *stream, const guint8 *data, gsize size)
{
  GstCaps *caps = sample_caps (stream);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_fill (buffer, 0, data, size);
  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, buffer, NULL);
  return caps;
}

/* (transfer full) (nullable) */
static GBytes *
codec_data_of (const SampleStream *stream)
{
  g_autoptr (GstCaps) caps = sample_caps (stream);
  const GValue *value = gst_structure_get_value (
      gst_caps_get_structure (caps, 0), "codec_data");
  gpointer data;
  gsize size;

  if (value == NULL)
    return NULL;
  gst_buffer_extract_dup (gst_value_get_buffer (value), 0, -1, &data, &size);
  return g_bytes_new_take (data, size);
}

static void
test_codec_data (const RigElement *row, const SampleStream *stream)
{
  static const guint8 values[] = { 0x00, 0x7f, 0xff };
  g_autoptr (GBytes) bytes = codec_data_of (stream);
  gsize size;

  if (bytes == NULL)
    return;
  size = g_bytes_get_size (bytes);
  for (gsize n = 0; n < size; n++)
    assert_caps_do_or_fail (row, stream, with_codec_data (stream,
        g_bytes_get_data (bytes, NULL), n));
  for (gsize i = 0; i < size; i++) {
    for (guint j = 0; j < G_N_ELEMENTS (values); j++) {
      g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL),
          size);

      data[i] = values[j];
      assert_caps_do_or_fail (row, stream, with_codec_data (stream, data, size));
    }
  }
}

/* What configures the decoder is not there, or is no buffer. */
static void
test_no_configuration (const RigElement *row, const SampleStream *stream)
{
  assert_caps_do_or_fail (row, stream, gst_caps_from_string (stream->caps));
  for (guint i = 0; i < 2; i++) {
    GstCaps *caps = gst_caps_from_string (stream->caps);

    gst_caps_set_simple (caps, i ? "codec_data" : "streamheader", G_TYPE_STRING,
        "none", NULL);
    assert_caps_do_or_fail (row, stream, caps);
  }
}

/* What no stream is. */
static const gchar *const absurd[] = {
  "width = 0, height = 0", "width = -1, height = -1",
  "width = 2147483647, height = 2147483647", "width = (string) wide",
  "framerate = (fraction) 0/1", "framerate = (fraction) 2147483647/1",
  "framerate = (fraction) 1/2147483647", "framerate = (int) 25",
  "pixel-aspect-ratio = (fraction) 2147483647/2147483646",
  "rate = 0, channels = 0", "rate = -1, channels = -1",
  "rate = 2147483647, channels = 2147483647", "channels = (string) many",
  "stream-format = (int) 1", "alignment = (int) 1",
  "mpegversion = 99", "layer = 9", "channel-mapping-family = 300",
  "stream-count = 255, coupled-count = 255", "level = (int) 1",
};

static void
test_absurd_caps (const RigElement *row, const SampleStream *stream)
{
  for (guint i = 0; i < G_N_ELEMENTS (absurd); i++) {
    GstCaps *caps = sample_caps (stream);
    g_autofree gchar *text = g_strdup_printf ("x, %s", absurd[i]);
    g_autoptr (GstStructure) fields = gst_structure_from_string (text, NULL);

    g_test_message ("%s", absurd[i]);
    for (gint f = 0; f < gst_structure_n_fields (fields); f++) {
      const gchar *name = gst_structure_nth_field_name (fields, f);

      gst_caps_set_value (caps, name, gst_structure_get_value (fields, name));
    }
    assert_caps_do_or_fail (row, stream, caps);
  }
}

/* Nothing of ours takes them, and nothing comes out. */
static void
test_other_media (const RigElement *row, const SampleStream *stream)
{
  static const gchar *const others[] = { "video/x-raw, format = I420",
    "application/x-rtp", "text/x-raw, format = utf8", "video/x-theora",
    "application/x-cenc, original-media-type = video/x-theora, "
        "cipher-mode = cbcs", "application/x-cenc",
    "application/x-cenc, original-media-type = video/x-h264, "
        "cipher-mode = cenc" };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr (Rig) rig = rig_new (row, stream);

    g_test_message ("%s", others[i]);
    rig_begin_as_is (rig, gst_caps_from_string (others[i]), 0);
    g_assert_cmpint (gst_harness_push (rig->h, sample_buffer (stream, 0)), ==,
        GST_FLOW_NOT_NEGOTIATED);
  }
}

/* --- caps that come again --------------------------------------------------------------- */

static GstCaps *
other_size (const SampleStream *stream)
{
  GstCaps *caps = sample_caps (stream);

  if (g_str_has_prefix (stream->caps, "video/"))
    gst_caps_set_simple (caps, "width", G_TYPE_INT, 128, NULL);
  else
    gst_caps_set_simple (caps, "rate", G_TYPE_INT, 32000, NULL);
  return caps;
}

/* Pushes UNITS, new caps (transfer full) and UNITS; whether they went on. */
static gboolean
go_on_with (Rig *rig, GstCaps *caps)
{
  GstFlowReturn flow = GST_FLOW_OK;

  rig_begin_stream (rig);
  rig_push_units (rig, UNITS);
  gst_harness_push_event (rig->h, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  for (guint i = 0; i < UNITS && flow == GST_FLOW_OK; i++)
    flow = rig_push (rig, sample_buffer (rig->stream, rig->n_pushed++));
  return rig_end (rig);
}

static void
test_same_caps (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  g_assert_true (go_on_with (rig, sample_caps (stream)));
  rig_assert_payload (rig, 0, 2 * UNITS);
}

/* A file has room for one description; where the samples give it, the caps do
 * not count. */
static void
test_new_caps (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  if (go_on_with (rig, other_size (stream)))
    rig_assert_payload (rig, 0, 2 * UNITS);
  else
    rig_assert_told (rig, GST_FLOW_ERROR);
}

/* From H.264 to AAC, and the other way round. */
static void
test_other_codec (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  const SampleStream *other = &sample_streams[
      stream == &sample_streams[0] ? 4 : 0];

  g_assert_false (go_on_with (rig, sample_caps (other)));
  rig_assert_told (rig, GST_FLOW_ERROR);
}

#define PARSES (RIG_CODECS | RIG_WRITES_TRACK)

static const RigTest tests[] = {
  /* What a sink has in front of its files is cencmux. */
  { "cut-off", test_cut_off, PARSES, RIG_SINK },
  { "damaged", test_damaged, PARSES, RIG_SINK },
  { "codec-data", test_codec_data, PARSES, RIG_SINK },
  { "no-configuration", test_no_configuration, PARSES, RIG_SINK },
  { "absurd-caps", test_absurd_caps, PARSES, RIG_SINK },
  { "no-caps", test_no_caps, PARSES, RIG_SINK },
  { "cut-off-encrypted", test_cut_off_encrypted, RIG_DECRYPTS, RIG_NONE },
  { "empty", test_empty, RIG_ANY, RIG_NONE },
  { "no-time", test_no_time, RIG_ANY, RIG_WRITES_TRACK },
  { "other-media", test_other_media, PARSES | RIG_DECRYPTS, RIG_NONE },
  { "same-caps", test_same_caps, RIG_ANY, RIG_DECRYPTS },
  { "new-caps", test_new_caps, RIG_ANY, RIG_DECRYPTS },
  { "other-codec", test_other_codec, RIG_WRITES_TRACK, RIG_SINK },
};

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  rig_add_tests (tests, G_N_ELEMENTS (tests));
  return g_test_run ();
}
