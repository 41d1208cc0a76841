/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What every element goes through: flushes, ends, errors, seeks, states,
 * buffers that others hold. Each with every codec that it takes. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rig.h"

#define UNITS 7 /* two GOPs and a bit */
#define N_THREADS 8

/* Nothing has come yet. */
static void
test_flush_first (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  rig_flush (rig);
  rig_push_units (rig, UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

/* In the middle of a GOP and of a chunk. */
static void
test_flush (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  rig_push_units (rig, N_UNITS + 1);
  rig_flush (rig);
  if ((row->traits & RIG_SINK) == 0)
    g_bytes_unref (rig_payload (rig));
  rig_push_units (rig, UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

/* Behind the end, too. */
static void
test_flush_after_end (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  rig_push_units (rig, UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
  rig_flush (rig);
  rig_push_units (rig, UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

static void
test_end_twice (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  rig_push_units (rig, 1);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, 1);
  gst_harness_push_event (rig->h, gst_event_new_eos ());
  if ((row->traits & RIG_SINK) == 0)
    rig_assert_payload (rig, 0, 0);
  g_assert_null (rig_take_error (rig));
}

/* A file of nothing is an error; elsewhere it is just the end. */
static void
test_end_at_once (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  g_assert_cmpint (rig_end (rig), ==, (row->traits & RIG_SINK) == 0);
}

/* Sources end a stream behind an error, too; nothing may take it for whole.
 * Here the error is a sample without a time, which no file has room for. */
static void
test_end_after_error (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = NULL;
  GstBuffer *buffer;

  if (sample_has_headers (stream))
    return;
  rig = rig_new (row, stream);
  rig_begin_stream (rig);
  rig_push_units (rig, 2);
  buffer = sample_buffer (stream, 2);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  rig_push (rig, buffer);
  g_assert_false (rig_end (rig));
  rig_assert_told (rig, GST_FLOW_ERROR);
}

/* The same element from the beginning. */
static void
test_again (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  for (guint run = 0; run < 2; run++) {
    gst_element_set_state (rig->element, GST_STATE_PLAYING);
    rig->n_pushed = 0;
    rig_begin_stream (rig);
    rig_push_units (rig, UNITS);
    g_assert_true (rig_end (rig));
    rig_assert_payload (rig, 0, UNITS);
    gst_element_set_state (rig->element, GST_STATE_NULL);
  }
}

/* Stopped with data in it, then used again. */
static void
test_again_from_the_middle (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  rig_push_units (rig, N_UNITS + 1);
  gst_element_set_state (rig->element, GST_STATE_NULL);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
  if ((row->traits & RIG_SINK) == 0)
    g_bytes_unref (rig_payload (rig));
  rig->n_pushed = 0;
  rig_begin_stream (rig);
  rig_push_units (rig, UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

/* Several, which know nothing of each other. */
static gpointer
run_one (gpointer data)
{
  Rig *rig = data;

  rig_begin_stream (rig);
  rig_push_units (rig, 10 * UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, 10 * UNITS);
  return NULL;
}

static void
test_threads (const RigElement *row, const SampleStream *stream)
{
  GThread *threads[N_THREADS];
  Rig *rigs[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++) {
    rigs[i] = rig_new (row, stream);
    threads[i] = g_thread_new (NULL, run_one, rigs[i]);
  }
  for (guint i = 0; i < N_THREADS; i++) {
    g_thread_join (threads[i]);
    rig_free (rigs[i]);
  }
}

/* --- buffers ----------------------------------------------------------------------- */

typedef GstBuffer *(*BufferForm) (GstBuffer *buffer, GstBuffer **parent);

/* Both (transfer full): a buffer that somebody else holds. */
static GstBuffer *
held (GstBuffer *buffer, GstBuffer **parent)
{
  *parent = gst_buffer_ref (buffer);
  return buffer;
}

/* A buffer of its own, over memory of another one. */
static GstBuffer *
shared (GstBuffer *buffer, GstBuffer **parent)
{
  *parent = buffer;
  return gst_buffer_copy (buffer);
}

static GstBuffer *
read_only (GstBuffer *buffer, GstBuffer **parent)
{
  GstBuffer *result = gst_buffer_new ();
  gpointer data;
  gsize size;

  *parent = buffer;
  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  gst_buffer_append_memory (result, gst_memory_new_wrapped (
      GST_MEMORY_FLAG_READONLY, data, size, 0, size, data, g_free));
  gst_buffer_copy_into (result, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  return result;
}

/* As demuxers put them together. */
static GstBuffer *
in_pieces (GstBuffer *buffer, GstBuffer **parent)
{
  gsize size = gst_buffer_get_size (buffer);
  GstBuffer *start = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_ALL, 0, 3);
  GstBuffer *rest = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_MEMORY, 3,
      size - 3);

  *parent = buffer;
  GST_BUFFER_DURATION (start) = GST_BUFFER_DURATION (buffer);
  return gst_buffer_append (start, rest);
}

static void
test_form (const RigElement *row, const SampleStream *stream, BufferForm form)
{
  g_autoptr (Rig) rig = rig_new (row, stream);

  rig_begin_stream (rig);
  for (guint i = 0; i < UNITS; i++) {
    g_autoptr (GstBuffer) parent = NULL, unit = sample_buffer (stream, i);
    g_autoptr (GstBuffer) before = sample_buffer (stream, i);
    GstBuffer *buffer = form (g_steal_pointer (&unit), &parent);
    GstMapInfo map;

    g_assert_cmpint (rig_push (rig, buffer), ==, GST_FLOW_OK);
    gst_buffer_map (before, &map, GST_MAP_READ);
    g_assert_cmpuint (gst_buffer_get_size (parent), ==, map.size);
    g_assert_cmpint (gst_buffer_memcmp (parent, 0, map.data, map.size), ==, 0);
    gst_buffer_unmap (before, &map);
    g_assert_null (gst_buffer_get_protection_meta (parent));
    g_assert_cmpint (GST_BUFFER_FLAG_IS_SET (parent,
        GST_BUFFER_FLAG_DELTA_UNIT), ==, GST_BUFFER_FLAG_IS_SET (before,
        GST_BUFFER_FLAG_DELTA_UNIT));
  }
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

static void
test_forms (const RigElement *row, const SampleStream *stream)
{
  static const BufferForm forms[] = { held, shared, read_only, in_pieces };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    test_form (row, stream, forms[i]);
}

/* --- gaps and segments ----------------------------------------------------------------- */

static void
test_gap (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  GstClockTime duration = stream->unit_duration;

  rig_begin_stream (rig);
  gst_harness_push_event (rig->h, gst_event_new_gap (0, duration));
  rig_push_units (rig, 2);
  gst_harness_push_event (rig->h, gst_event_new_gap (2 * duration, duration));
  rig_push_units (rig, UNITS - 2);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

/* A seek: the data begins somewhere else. */
static void
test_seek (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  const guint first = 300 * N_UNITS;

  rig_begin (rig, sample_caps (stream), first * stream->unit_duration);
  rig->n_pushed = first;
  rig_push_units (rig, UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, first, UNITS);
}

/* A further segment that goes on where the first ended, at other times. */
static void
test_segment (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  GstSegment segment;

  rig_begin_stream (rig);
  rig_push_units (rig, N_UNITS);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 99 * stream->unit_duration;
  segment.base = N_UNITS * stream->unit_duration;
  gst_harness_push_event (rig->h, gst_event_new_segment (&segment));
  rig->n_pushed = 99;
  rig_push_units (rig, N_UNITS);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, 2 * N_UNITS);
}

/* --- all of them -------------------------------------------------------------------------- */

static const RigTest tests[] = {
  { "flush-first", test_flush_first, RIG_ANY, RIG_NONE },
  { "flush", test_flush, RIG_ANY, RIG_NONE },
  { "flush-after-end", test_flush_after_end, RIG_ANY, RIG_NONE },
  { "end-twice", test_end_twice, RIG_ANY, RIG_NONE },
  { "end-at-once", test_end_at_once, RIG_ANY, RIG_NONE },
  { "end-after-error", test_end_after_error, RIG_WRITES_TRACK, RIG_NONE },
  { "again", test_again, RIG_ANY, RIG_NONE },
  { "again-from-the-middle", test_again_from_the_middle, RIG_ANY, RIG_NONE },
  { "threads", test_threads, RIG_ANY, RIG_NONE },
  { "buffer-forms", test_forms, RIG_ANY, RIG_NONE },
  { "gap", test_gap, RIG_ANY, RIG_NONE },
  { "seek", test_seek, RIG_ANY, RIG_NONE },
  { "segment", test_segment, RIG_ANY, RIG_NONE },
};

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  rig_add_tests (tests, G_N_ELEMENTS (tests));
  return g_test_run ();
}
