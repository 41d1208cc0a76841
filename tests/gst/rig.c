/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rig.h"

#include <string.h>

#include "folder.h"
#include "leaks.h"

#define TIMEOUT (20 * GST_SECOND)

static const RigElement elements[] = {
  { "gopsplit", RIG_ANY | RIG_CODECS },
  { "cbcsenc", RIG_ANY | RIG_CODECS | RIG_ENCRYPTS },
  { "cbcsdec", RIG_ANY | RIG_DECRYPTS },
  { "cencmux", RIG_ANY | RIG_WRITES_TRACK },
  { "cencdashsink", RIG_ANY | RIG_WRITES_TRACK | RIG_SINK },
  { "catalogrecorder", RIG_ANY },
};

/* --- samples ------------------------------------------------------------------- */

GBytes *
sample_bytes (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; hex[0] && hex[1]; hex += 2) {
    guint8 byte = g_ascii_xdigit_value (hex[0]) << 4 |
        g_ascii_xdigit_value (hex[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return g_byte_array_free_to_bytes (bytes);
}

GstCaps *
sample_caps (const SampleStream *stream)
{
  g_autofree gchar *text = g_strconcat (stream->caps,
      stream->config ? ", " : NULL, stream->config, NULL);
  GstCaps *caps = gst_caps_from_string (text);

  g_assert_nonnull (caps);
  return caps;
}

gboolean
sample_is_video (const SampleStream *stream)
{
  return g_str_has_prefix (stream->caps, "video/");
}

gboolean
sample_has_headers (const SampleStream *stream)
{
  return stream->config && g_str_has_prefix (stream->config, "streamheader");
}

GstBuffer *
sample_buffer (const SampleStream *stream, guint i)
{
  g_autoptr (GBytes) bytes = sample_bytes (stream->units[i % N_UNITS]);
  GstBuffer *buffer = gst_buffer_new_memdup (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) =
      i * stream->unit_duration;
  GST_BUFFER_DURATION (buffer) = stream->unit_duration;
  if (sample_is_video (stream) && i % N_UNITS > 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

/* --- rigs ------------------------------------------------------------------------ */

/* Whether the element takes streams of this codec. */
static gboolean
takes (const RigElement *row, const SampleStream *stream)
{
  return !stream->clear_only ||
      (row->traits & (RIG_ENCRYPTS | RIG_DECRYPTS)) == 0;
}

static void
configure (Rig *rig)
{
  g_autofree gchar *manifest = NULL;

  if (rig->row->traits & (RIG_ENCRYPTS | RIG_DECRYPTS))
    g_object_set (rig->element, "kid", RIG_KID, "key", RIG_KEY, NULL);
  if (rig->row->traits & RIG_SINK) {
    rig->folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
    manifest = g_build_filename (rig->folder, "stream.mpd", NULL);
    g_object_set (rig->element, "location", manifest, NULL);
  }
}

static const gchar *
sink_pad_name (Rig *rig)
{
  if ((rig->row->traits & RIG_SINK) == 0)
    return "sink";
  return sample_is_video (rig->stream) ? "video_0" : "audio_0";
}

static GstHarness *
new_harness_with_key (const gchar *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  GstHarness *h;

  g_object_set (element, "kid", RIG_KID, "key", RIG_KEY, NULL);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  return h;
}

Rig *
rig_new (const RigElement *row, const SampleStream *stream)
{
  Rig *rig = g_new0 (Rig, 1);

  rig->row = row;
  rig->stream = stream;
  rig->element = gst_object_ref_sink (
      gst_element_factory_make (row->element, NULL));
  rig->bus = gst_bus_new ();
  configure (rig);
  gst_element_set_bus (rig->element, rig->bus);
  rig->h = gst_harness_new_with_element (rig->element, sink_pad_name (rig),
      row->traits & RIG_SINK ? NULL : "src");
  if (row->traits & RIG_DECRYPTS)
    rig->other = new_harness_with_key ("cbcsenc");
  return rig;
}

void
rig_free (Rig *rig)
{
  gst_harness_teardown (rig->h);
  g_clear_pointer (&rig->other, gst_harness_teardown);
  gst_element_set_bus (rig->element, NULL);
  gst_object_unref (rig->bus);
  gst_object_unref (rig->element);
  if (rig->folder)
    remove_all (rig->folder);
  g_free (rig->folder);
  g_free (rig);
}

/* --- going in --------------------------------------------------------------------- */

static void
push_segment (GstHarness *h, GstClockTime start)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = start;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

/* (transfer full) both */
static GstCaps *
encrypted_caps (Rig *rig, GstCaps *caps)
{
  GstHarness *h = rig->other;
  GstBuffer *buffer;

  gst_harness_set_src_caps (h, caps);
  /* Some caps are complete with the first buffer only. */
  g_assert_cmpint (gst_harness_push (h, sample_buffer (rig->stream, 0)), ==,
      GST_FLOW_OK);
  buffer = gst_harness_pull (h);
  gst_buffer_unref (buffer);
  return gst_pad_get_current_caps (h->sinkpad);
}

void
rig_begin_as_is (Rig *rig, GstCaps *caps, GstClockTime start)
{
  gst_harness_push_event (rig->h, gst_event_new_stream_start ("rig"));
  if (caps)
    gst_harness_push_event (rig->h, gst_event_new_caps (caps));
  gst_clear_caps (&caps);
  push_segment (rig->h, start);
}

void
rig_begin (Rig *rig, GstCaps *caps, GstClockTime start)
{
  rig_begin_as_is (rig,
      rig->row->traits & RIG_DECRYPTS ? encrypted_caps (rig, caps) : caps,
      start);
}

void
rig_begin_stream (Rig *rig)
{
  rig_begin (rig, sample_caps (rig->stream), 0);
}

GstFlowReturn
rig_push (Rig *rig, GstBuffer *buffer)
{
  if (rig->row->traits & RIG_DECRYPTS) {
    g_assert_cmpint (gst_harness_push (rig->other, buffer), ==, GST_FLOW_OK);
    buffer = gst_harness_pull (rig->other);
  }
  return gst_harness_push (rig->h, buffer);
}

void
rig_push_units (Rig *rig, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (rig_push (rig, sample_buffer (rig->stream,
        rig->n_pushed++)), ==, GST_FLOW_OK);
}

void
rig_flush (Rig *rig)
{
  gst_harness_push_event (rig->h, gst_event_new_flush_start ());
  gst_harness_push_event (rig->h, gst_event_new_flush_stop (TRUE));
  push_segment (rig->h, 0);
  rig->n_pushed = 0;
}

/* A sink's queue ends in its own time. */
static gboolean
posted_end (Rig *rig)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (rig->bus,
      TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  gst_bus_post (rig->bus, g_steal_pointer (&message));
  return FALSE;
}

static gboolean
sent_end (Rig *rig)
{
  gboolean ended = FALSE;
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (rig->h))) {
    ended |= GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  return ended;
}

gboolean
rig_end (Rig *rig)
{
  gst_harness_push_event (rig->h, gst_event_new_eos ());
  return rig->row->traits & RIG_SINK ? posted_end (rig) : sent_end (rig);
}

/* --- coming out --------------------------------------------------------------------- */

/* Appends the content of the mdat boxes of a file. */
static void
append_samples (GByteArray *samples, const guint8 *data, gsize size)
{
  while (size >= 8) {
    guint32 box = GST_READ_UINT32_BE (data);

    g_assert_cmpuint (box, >=, 8);
    g_assert_cmpuint (box, <=, size);
    if (memcmp (data + 4, "mdat", 4) == 0)
      g_byte_array_append (samples, data + 8, box - 8);
    data += box;
    size -= box;
  }
  g_assert_cmpuint (size, ==, 0);
}

static GByteArray *
read_segments (Rig *rig)
{
  GByteArray *samples = g_byte_array_new ();

  for (guint i = 1;; i++) {
    g_autofree gchar *name = g_strdup_printf ("%u.m4s", i);
    g_autofree gchar *path = g_build_filename (rig->folder,
        sink_pad_name (rig), name, NULL);
    g_autofree gchar *content = NULL;
    gsize size;

    if (!g_file_get_contents (path, &content, &size, NULL))
      return samples;
    append_samples (samples, (const guint8 *) content, size);
  }
}

static void
append_buffer (GByteArray *bytes, GstBuffer *buffer)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_byte_array_append (bytes, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

/* (transfer full): what the element encrypted, in the clear. */
static GstBuffer *
decrypted (Rig *rig, GstBuffer *buffer)
{
  g_assert_true (gst_buffer_get_size (buffer) == 0 ||
      gst_buffer_get_protection_meta (buffer));
  if (rig->other == NULL)
    rig->other = new_harness_with_key ("cbcsdec");
  gst_harness_set_src_caps (rig->other,
      gst_pad_get_current_caps (rig->h->sinkpad));
  g_assert_cmpint (gst_harness_push (rig->other, buffer), ==, GST_FLOW_OK);
  return gst_harness_pull (rig->other);
}

static GByteArray *
pull_all (Rig *rig)
{
  GByteArray *bytes = g_byte_array_new ();
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (rig->h))) {
    if (rig->row->traits & RIG_ENCRYPTS)
      buffer = decrypted (rig, buffer);
    append_buffer (bytes, buffer);
    gst_buffer_unref (buffer);
  }
  return bytes;
}

GBytes *
rig_payload (Rig *rig)
{
  g_autoptr (GByteArray) bytes = NULL, samples = NULL;

  if (rig->row->traits & RIG_SINK)
    return g_byte_array_free_to_bytes (read_segments (rig));
  bytes = pull_all (rig);
  if ((rig->row->traits & RIG_WRITES_TRACK) == 0)
    return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  /* A track begins with its init segment, behind a flush again. */
  g_assert_true (bytes->len == 0 || memcmp (bytes->data + 4, "ftyp", 4) == 0);
  samples = g_byte_array_new ();
  append_samples (samples, bytes->data, bytes->len);
  return g_byte_array_free_to_bytes (g_steal_pointer (&samples));
}

void
rig_assert_payload (Rig *rig, guint first, guint n)
{
  g_autoptr (GByteArray) wanted = g_byte_array_new ();
  g_autoptr (GBytes) payload = rig_payload (rig);

  for (guint i = first; i < first + n; i++) {
    g_autoptr (GstBuffer) buffer = sample_buffer (rig->stream, i);

    append_buffer (wanted, buffer);
  }
  g_assert_cmpmem (g_bytes_get_data (payload, NULL), g_bytes_get_size (payload),
      wanted->data, wanted->len);
}

GError *
rig_take_error (Rig *rig)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (rig->bus,
      GST_MESSAGE_ERROR);
  GError *error = NULL;

  if (message)
    gst_message_parse_error (message, &error, NULL);
  return error;
}

void
rig_assert_told (Rig *rig, GstFlowReturn flow)
{
  g_autoptr (GError) error = rig_take_error (rig);

  g_assert_cmpint (error != NULL, ==, flow != GST_FLOW_OK);
}

/* --- tests -------------------------------------------------------------------------- */

typedef struct
{
  const RigElement *row;
  const RigTest *test;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *c = data;

  for (guint i = 0; i < N_SAMPLE_STREAMS; i++) {
    if (!takes (c->row, &sample_streams[i]))
      continue;
    g_test_message ("%s", sample_streams[i].name);
    c->test->run (c->row, &sample_streams[i]);
    assert_no_leaks ();
  }
}

static void
add_test (const RigElement *row, const RigTest *test)
{
  g_autofree gchar *path = g_strdup_printf ("/%s/%s", row->element,
      test->name);
  Case *c = g_new (Case, 1);

  *c = (Case){ row, test };
  g_test_add_data_func_full (path, c, run_case, g_free);
}

void
rig_add_tests (const RigTest *tests, guint n_tests)
{
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    for (guint j = 0; j < n_tests; j++) {
      if (elements[i].traits & tests[j].of &&
          (elements[i].traits & tests[j].not_of) == 0)
        add_test (&elements[i], &tests[j]);
    }
  }
}
