/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever is asked for in whatever order, and whatever was done to the pieces
 * before: a piece has the bytes of the file. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES (3 * 1024 * 1024 + 12345)

/* (transfer full) */
static GstElement *
new_source (const gchar *location)
{
  GstElement *source = gst_element_factory_make ("blockfilesrc", NULL);

  g_assert_nonnull (source);
  g_object_set (source, "location", location, NULL);
  return gst_object_ref_sink (source);
}

typedef struct
{
  gchar *path;
  guint8 *bytes;
  GstElement *source;
  GstPad *pad;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  gint fd = g_file_open_tmp ("blockfilesrc-XXXXXX", &f->path, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  f->bytes = g_malloc (FILE_BYTES);
  for (gsize i = 0; i < FILE_BYTES; i++)
    f->bytes[i] = i ^ i >> 8 ^ i >> 16;
  g_assert_true (g_file_set_contents (f->path, (gchar *) f->bytes, FILE_BYTES,
      NULL));
  f->source = new_source (f->path);
  f->pad = gst_element_get_static_pad (f->source, "src");
  gst_element_set_state (f->source, GST_STATE_READY);
  g_assert_true (gst_pad_activate_mode (f->pad, GST_PAD_MODE_PULL, TRUE));
}

static void
stop (Fixture *f)
{
  if (f->source == NULL)
    return;
  gst_pad_activate_mode (f->pad, GST_PAD_MODE_PULL, FALSE);
  gst_element_set_state (f->source, GST_STATE_NULL);
  gst_clear_object (&f->pad);
  gst_clear_object (&f->source);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  stop (f);
  g_unlink (f->path);
  g_free (f->path);
  g_free (f->bytes);
}

static GstBuffer *
pull (Fixture *f, guint64 offset, guint size)
{
  GstBuffer *buffer = NULL;

  g_assert_cmpint (gst_pad_get_range (f->pad, offset, size, &buffer), ==,
      GST_FLOW_OK);
  return buffer;
}

static void
assert_bytes (Fixture *f, GstBuffer *buffer, guint64 offset, guint size)
{
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, offset);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, f->bytes + offset, size), ==,
      0);
}

/* As an encryptor does, in place. */
static void
spoil (GstBuffer *buffer)
{
  g_assert_true (gst_buffer_is_writable (buffer));
  g_assert_true (gst_buffer_is_all_memory_writable (buffer));
  gst_buffer_memset (buffer, 0, 0xee, -1);
}

static void
check (Fixture *f, guint64 offset, guint size)
{
  g_autoptr (GstBuffer) buffer = pull (f, offset, size);

  assert_bytes (f, buffer, offset, size);
  spoil (buffer);
}

static void
test_in_a_row (Fixture *f, gconstpointer data)
{
  static const guint sizes[] = { 300, 25000, 340, 170000, 4096, 4097, 61000 };
  guint64 offset = 0;

  for (guint i = 0; offset < FILE_BYTES; i++) {
    guint size = MIN (sizes[i % G_N_ELEMENTS (sizes)], FILE_BYTES - offset);

    check (f, offset, size);
    offset += size;
  }
}

/* Pieces of two streams by turns, near each other and far. */
static void
test_two_streams (Fixture *f, gconstpointer data)
{
  static const guint64 distances[] = { 40000, 600000, 1500000 };

  for (guint i = 0; i < G_N_ELEMENTS (distances); i++) {
    for (guint64 at = 0; at < FILE_BYTES / 2; at += 20000) {
      check (f, at, 20000);
      check (f, at + distances[i], 350);
    }
  }
}

static void
test_any_order (Fixture *f, gconstpointer data)
{
  guint64 offset = 0;

  for (guint i = 0; i < 3000; i++) {
    guint size = g_test_rand_int_range (1,
        i % 10 == 0 ? 400000 : i % 2 == 0 ? 30000 : 500);

    if (g_test_rand_int_range (0, 4) == 0)
      offset = g_test_rand_int_range (0, FILE_BYTES);
    offset = MIN (offset, FILE_BYTES - size);
    check (f, offset, size);
    offset += size;
  }
}

static void
test_end (Fixture *f, gconstpointer data)
{
  g_autoptr (GstBuffer) rest = NULL, none = NULL;

  rest = pull (f, FILE_BYTES - 10, 100);
  assert_bytes (f, rest, FILE_BYTES - 10, 10);
  g_assert_cmpint (gst_pad_get_range (f->pad, FILE_BYTES, 1, &none), ==,
      GST_FLOW_EOS);
}

/* What was cut off meanwhile is the end, however much was read before. */
static void
test_shrinking_file (Fixture *f, gconstpointer data)
{
  GstBuffer *none = NULL;

  check (f, 0, 5000);
  g_assert_cmpint (truncate (f->path, 1000000), ==, 0);
  g_assert_cmpint (gst_pad_get_range (f->pad, 2000000, 5000, &none), ==,
      GST_FLOW_EOS);
  g_assert_null (none);
}

/* In the middle of what is asked for. */
static void
test_shrinking_piece (Fixture *f, gconstpointer data)
{
  g_autoptr (GstBuffer) alone = NULL, piece = NULL;

  check (f, 0, 5000);
  g_assert_cmpint (truncate (f->path, 1000000), ==, 0);
  alone = pull (f, 900000, 300000);
  assert_bytes (f, alone, 900000, 100000);
  g_assert_cmpint (truncate (f->path, 600000), ==, 0);
  piece = pull (f, 550000, 60000);
  assert_bytes (f, piece, 550000, 50000);
}

static void
test_growing_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GstBuffer) none = NULL;

  g_assert_cmpint (truncate (f->path, 700000), ==, 0);
  g_assert_cmpint (gst_pad_get_range (f->pad, 700000, 5000, &none), ==,
      GST_FLOW_EOS);
  check (f, 690000, 10000);
  g_assert_true (g_file_set_contents_full (f->path, (gchar *) f->bytes,
      FILE_BYTES, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  check (f, 695000, 10000);
  check (f, 705000, 100000);
}

static void
test_nothing_asked_for (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) empty = pull (f, i * 100, 0);

    g_assert_cmpuint (gst_buffer_get_size (empty), ==, 0);
    check (f, i * 100, 100);
  }
}

static void
test_far_behind_end (Fixture *f, gconstpointer data)
{
  static const guint64 places[] = {
    FILE_BYTES + G_GUINT64_CONSTANT (1), G_MAXUINT32, G_MAXINT64,
    G_MAXUINT64 - 1000, G_MAXUINT64 - 1,
  };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    GstBuffer *none = NULL;

    g_assert_cmpint (gst_pad_get_range (f->pad, places[i], 4000, &none), ==,
        GST_FLOW_EOS);
    g_assert_null (none);
    check (f, 1000, 5000);
  }
}

/* A file of more than 32 bits, of which only the end takes room. */
static void
test_beyond_32_bits (Fixture *f, gconstpointer data)
{
  const guint64 far = G_GUINT64_CONSTANT (5000000000);
  gint fd = g_open (f->path, O_WRONLY, 0);
  g_autoptr (GstBuffer) buffer = NULL;

  g_assert_cmpint (pwrite (fd, f->bytes, 5000, far), ==, 5000);
  close (fd);
  buffer = pull (f, far, 10000);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 5000);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, f->bytes, 5000), ==, 0);
}

/* Who brings a buffer gets the bytes in it. */
static void
test_buffer_of_others (Fixture *f, gconstpointer data)
{
  static const guint sizes[] = { 100, 50000, 300000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GstBuffer) brought =
        gst_buffer_new_allocate (NULL, sizes[i], NULL);
    GstBuffer *buffer = brought;

    g_assert_cmpint (gst_pad_get_range (f->pad, 1000, sizes[i], &buffer), ==,
        GST_FLOW_OK);
    g_assert_true (buffer == brought);
    assert_bytes (f, buffer, 1000, sizes[i]);
  }
}

/* The descriptor that the element has: its file is that of another one. */
static gint
find_descriptor (Fixture *f)
{
  for (gint fd = 3; fd < 1024; fd++) {
    g_autofree gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
    g_autofree gchar *path = g_file_read_link (link, NULL);

    if (g_strcmp0 (path, f->path) == 0)
      return fd;
  }
  g_assert_not_reached ();
}

static void
assert_error (GstBus *bus, gint code)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus,
      GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, code);
}

/* In its stead one that cannot be read. */
static void
test_unreadable (Fixture *f, gconstpointer data)
{
  static const guint sizes[] = { 100, 50000, 300000 };
  g_autoptr (GstBus) bus = gst_bus_new ();
  gint other = g_open (f->path, O_WRONLY | O_CLOEXEC, 0);
  gint fd = find_descriptor (f);

  gst_element_set_bus (f->source, bus);
  g_assert_cmpint (dup2 (other, fd), ==, fd);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstBuffer *none = NULL;

    g_assert_cmpint (gst_pad_get_range (f->pad, i * 1000, sizes[i], &none), ==,
        GST_FLOW_ERROR);
    g_assert_null (none);
    assert_error (bus, GST_RESOURCE_ERROR_READ);
  }
  gst_element_set_bus (f->source, NULL);
  close (other);
}

static void
test_outlived (Fixture *f, gconstpointer data)
{
  g_autoptr (GstBuffer) buffer = pull (f, 0, 100000);
  g_autoptr (GstBuffer) other = pull (f, 100000, 100000);

  stop (f);
  assert_bytes (f, buffer, 0, 100000);
  assert_bytes (f, other, 100000, 100000);
}

/* --- pushed --------------------------------------------------------------- */

typedef struct
{
  GByteArray *bytes;
  guint n_buffers;
} Pushed;

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Pushed *pushed = data;
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_byte_array_append (pushed->bytes, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  pushed->n_buffers++;
}

/* What is pushed, of a file in which somebody seeks at the start: from start to
 * stop, -1: its end. */
static guint
push_part (Fixture *f, GByteArray *bytes, gint64 start, gint64 stop)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstElement) source = new_source (f->path);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  Pushed pushed = { bytes, 0 };

  g_object_set (sink, "signal-handoffs", TRUE, "sync", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), &pushed);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  /* A source takes a seek as its first segment before it starts. */
  gst_element_set_state (source, GST_STATE_READY);
  g_assert_true (gst_element_send_event (source, gst_event_new_seek (1.0,
      GST_FORMAT_BYTES, GST_SEEK_FLAG_NONE, GST_SEEK_TYPE_SET, start,
      stop < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET, stop)));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return pushed.n_buffers;
}

static void
check_part (Fixture *f, gint64 start, gint64 stop, gsize expected)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  push_part (f, bytes, start, stop);
  g_assert_cmpuint (bytes->len, ==, expected);
  if (expected > 0)
    g_assert_cmpmem (bytes->data, bytes->len, f->bytes + start, expected);
}

/* Where nobody pulls, in buffers that are worth their while. */
static void
test_pushed (Fixture *f, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_assert_cmpuint (push_part (f, bytes, 0, -1), <, 100);
  g_assert_cmpmem (bytes->data, bytes->len, f->bytes, FILE_BYTES);
}

static void
test_pushed_part (Fixture *f, gconstpointer data)
{
  check_part (f, 1000001, -1, FILE_BYTES - 1000001);
  check_part (f, 65537, 200000, 200000 - 65537);
  check_part (f, FILE_BYTES - 1, -1, 1);
  check_part (f, FILE_BYTES, -1, 0);
  check_part (f, FILE_BYTES + G_GINT64_CONSTANT (5000000000), -1, 0);
}

static void
test_pushed_nothing (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (truncate (f->path, 0), ==, 0);
  check_part (f, 0, -1, 0);
}

/* --- what it says ---------------------------------------------------------- */

static void
test_queries (Fixture *f, gconstpointer data)
{
  g_autoptr (GstQuery) query = gst_query_new_uri ();
  g_autofree gchar *uri = NULL, *path = NULL, *location = NULL;
  gint64 size;

  g_assert_true (gst_pad_query_duration (f->pad, GST_FORMAT_BYTES, &size));
  g_assert_cmpint (size, ==, FILE_BYTES);
  g_assert_true (gst_pad_query (f->pad, query));
  gst_query_parse_uri (query, &uri);
  path = g_filename_from_uri (uri, NULL, NULL);
  g_assert_cmpstr (path, ==, f->path);
  g_object_get (f->source, "location", &location, NULL);
  g_assert_cmpstr (location, ==, f->path);
}

/* That it can be pulled from anywhere, and brings no latency. */
static void
test_scheduling (Fixture *f, gconstpointer data)
{
  g_autoptr (GstQuery) scheduling = gst_query_new_scheduling ();
  g_autoptr (GstQuery) seeking = gst_query_new_seeking (GST_FORMAT_BYTES);
  g_autoptr (GstQuery) latency = gst_query_new_latency ();
  gboolean seekable, live;
  gint64 end;
  GstClockTime least;

  g_assert_true (gst_pad_query (f->pad, scheduling));
  g_assert_true (gst_query_has_scheduling_mode_with_flags (scheduling,
      GST_PAD_MODE_PULL, GST_SCHEDULING_FLAG_SEEKABLE));
  g_assert_true (gst_query_has_scheduling_mode (scheduling,
      GST_PAD_MODE_PUSH));
  g_assert_true (gst_pad_query (f->pad, seeking));
  gst_query_parse_seeking (seeking, NULL, &seekable, NULL, &end);
  g_assert_true (seekable);
  g_assert_cmpint (end, ==, FILE_BYTES);
  g_assert_true (gst_pad_query (f->pad, latency));
  gst_query_parse_latency (latency, &live, &least, NULL);
  g_assert_false (live);
  g_assert_cmpuint (least, ==, 0);
}

/* Another file only when this one is closed, and then from its start. */
static void
test_location (Fixture *f, gconstpointer data)
{
  g_autofree gchar *location = NULL, *other = NULL;
  gint fd = g_file_open_tmp ("blockfilesrc-XXXXXX", &other, NULL);
  g_autoptr (GstBuffer) buffer = NULL;

  g_assert_cmpint (write (fd, "0123456789", 10), ==, 10);
  close (fd);
  check (f, 0, 5000);
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*cannot change*");
  g_object_set (f->source, "location", other, NULL);
  g_test_assert_expected_messages ();
  g_object_get (f->source, "location", &location, NULL);
  g_assert_cmpstr (location, ==, f->path);
  check (f, 5000, 5000);

  gst_pad_activate_mode (f->pad, GST_PAD_MODE_PULL, FALSE);
  g_object_set (f->source, "location", other, NULL);
  g_assert_true (gst_pad_activate_mode (f->pad, GST_PAD_MODE_PULL, TRUE));
  buffer = pull (f, 2, 5);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, "23456", 5), ==, 0);
  g_unlink (other);
}

static void
assert_refused (const gchar *location, gint code)
{
  g_autoptr (GstElement) source = new_source (location);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  gst_element_set_bus (source, bus);
  gst_element_set_state (source, GST_STATE_READY);
  g_assert_false (gst_pad_activate_mode (pad, GST_PAD_MODE_PULL, TRUE));
  assert_error (bus, code);
  gst_element_set_bus (source, NULL);
  gst_element_set_state (source, GST_STATE_NULL);
}

static void
test_no_location (void)
{
  assert_refused (NULL, GST_RESOURCE_ERROR_NOT_FOUND);
}

static void
test_missing_file (void)
{
  assert_refused ("/nowhere/at all", GST_RESOURCE_ERROR_NOT_FOUND);
}

/* A pipe that nobody writes into is refused, too, and not waited for. */
static void
test_not_regular (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("blockfilesrc-XXXXXX", NULL);
  g_autofree gchar *fifo = g_build_filename (folder, "pipe", NULL);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  assert_refused (fifo, GST_RESOURCE_ERROR_OPEN_READ);
  assert_refused (folder, GST_RESOURCE_ERROR_OPEN_READ);
  g_unlink (fifo);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) \
  g_test_add ("/blockfilesrc/" name, Fixture, NULL, set_up, test, \
      tear_down)
  ADD ("in-a-row", test_in_a_row);
  ADD ("two-streams", test_two_streams);
  ADD ("any-order", test_any_order);
  ADD ("end", test_end);
  ADD ("shrinking-file", test_shrinking_file);
  ADD ("shrinking-piece", test_shrinking_piece);
  ADD ("growing-file", test_growing_file);
  ADD ("nothing-asked-for", test_nothing_asked_for);
  ADD ("far-behind-end", test_far_behind_end);
  ADD ("beyond-32-bits", test_beyond_32_bits);
  ADD ("buffer-of-others", test_buffer_of_others);
  ADD ("unreadable", test_unreadable);
  ADD ("outlived", test_outlived);
  ADD ("pushed", test_pushed);
  ADD ("pushed-part", test_pushed_part);
  ADD ("pushed-nothing", test_pushed_nothing);
  ADD ("queries", test_queries);
  ADD ("scheduling", test_scheduling);
  ADD ("location", test_location);
  g_test_add_func ("/blockfilesrc/no-location", test_no_location);
  g_test_add_func ("/blockfilesrc/missing-file", test_missing_file);
  g_test_add_func ("/blockfilesrc/not-regular", test_not_regular);
  return g_test_run ();
}
