/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <string.h>

#include "cenc-protection.h"
#include "content-keys.h"
#include "leaks.h"

#define CONTEXT "drm-content-keys"
#define KID "a16e402b9056e371f36d348aa62bb749"
#define KEY "87237d20a19f58a740c05684e699b4aa"
#define KID_2 "00000000000000000000000000000002"
#define KEY_2 "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define AAC \
  "audio/mpeg, mpegversion = 4, stream-format = raw, framed = true, " \
  "rate = 44100, channels = 2, codec_data = (buffer) 1210"
#define PROTECTED \
  "application/x-cenc, cipher-mode = cbcs, " \
  "original-media-type = audio/mpeg, mpegversion = 4"

static const guint8 clear[100] = "The frame that is encrypted and comes back";

/* --- what goes in, and what comes out ---------------------------------------- */

/* clear, encrypted with the key of an id. */
static GstBuffer *
encrypted_buffer (const gchar *kid, const gchar *key)
{
  g_autofree gchar *line = g_strdup_printf ("cbcsenc kid=%s key=%s", kid, key);
  GstHarness *h = gst_harness_new_parse (line);
  GstBuffer *buffer;

  gst_harness_set_src_caps_str (h, AAC);
  buffer = gst_harness_push_and_pull (h,
      gst_buffer_new_memdup (clear, sizeof clear));
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, clear, sizeof clear), !=, 0);
  gst_harness_teardown (h);
  return buffer;
}

static GstHarness *
decryptor (const gchar *line)
{
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_src_caps_str (h, PROTECTED);
  return h;
}

static void
assert_decrypts (GstHarness *h, const gchar *kid, const gchar *key)
{
  g_autoptr (GstBuffer) buffer = gst_harness_push_and_pull (h,
      encrypted_buffer (kid, key));

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, sizeof clear);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, clear, sizeof clear), ==, 0);
}

/* (transfer full): the text of the error that a buffer brings. */
static gchar *
take_flow_error (GstHarness *h, GstBuffer *buffer, gint code)
{
  g_autoptr (GstElement) element = gst_harness_find_element (h, "cbcsdec");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (element, bus);
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_ERROR);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  gst_element_set_bus (element, NULL);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, code);
  return g_strdup (error->message);
}

static void
assert_no_key (GstHarness *h, const gchar *kid, const gchar *key)
{
  g_autofree gchar *text = take_flow_error (h, encrypted_buffer (kid, key),
      GST_STREAM_ERROR_DECRYPT_NOKEY);

  g_assert_nonnull (strstr (text, kid));
  g_assert_null (strstr (text, key));
}

/* --- contexts ------------------------------------------------------------------ */

static void
add_key (GstContext *context, const gchar *name, const gchar *key)
{
  guint8 *bytes = g_malloc (16);
  GstMemory *memory;

  g_assert_true (hab_key_parse (key, bytes, NULL));
  memory = gst_memory_new_wrapped (0, bytes, 16, 0, 16, bytes, g_free);
  gst_structure_set (gst_context_writable_structure (context), name,
      GST_TYPE_MEMORY, memory, NULL);
  gst_memory_unref (memory);
}

static GstContext *
key_context (const gchar *name, const gchar *key)
{
  GstContext *context = gst_context_new (CONTEXT, TRUE);

  add_key (context, name, key);
  return context;
}

static void
give_context (GstHarness *h, GstContext *context)
{
  g_autoptr (GstElement) element = gst_harness_find_element (h, "cbcsdec");

  gst_element_set_context (element, context);
  gst_context_unref (context);
}

static void
test_context (void)
{
  GstHarness *h = decryptor ("cbcsdec");

  give_context (h, key_context (KID, KEY));
  assert_decrypts (h, KID, KEY);
  /* a UUID is a name as well; what came before stays */
  give_context (h, key_context ("00000000-0000-0000-0000-000000000002", KEY_2));
  assert_decrypts (h, KID_2, KEY_2);
  assert_decrypts (h, KID, KEY);
  gst_harness_teardown (h);
}

/* As playbin has it: the context is there before the decryptor. */
static void
test_context_of_bin (void)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  GstElement *element = gst_element_factory_make ("cbcsdec", NULL);
  g_autoptr (GstContext) context = key_context (KID, KEY);
  GstHarness *h;

  gst_element_set_context (bin, context);
  gst_bin_add (GST_BIN (bin), element);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_src_caps_str (h, PROTECTED);
  assert_decrypts (h, KID, KEY);
  gst_harness_teardown (h);
}

static GstBusSyncReply
answer (GstBus *bus, GstMessage *message, gpointer n_asked)
{
  const gchar *type, *kid;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_NEED_CONTEXT ||
      !gst_message_parse_context_type (message, &type) ||
      !g_str_equal (type, CONTEXT))
    return GST_BUS_PASS;
  kid = gst_structure_get_string (gst_message_get_structure (message), "kid");
  if (g_strcmp0 (kid, KID) == 0) {
    g_autoptr (GstContext) context = key_context (KID, KEY);

    gst_element_set_context (GST_ELEMENT (GST_MESSAGE_SRC (message)), context);
  }
  ++*(guint *) n_asked;
  return GST_BUS_PASS;
}

static void
test_need_context (void)
{
  GstHarness *h = decryptor ("cbcsdec");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "cbcsdec");
  g_autoptr (GstBus) bus = gst_bus_new ();
  guint n_asked = 0;

  gst_bus_set_sync_handler (bus, answer, &n_asked, NULL);
  gst_element_set_bus (element, bus);
  assert_decrypts (h, KID, KEY);
  assert_decrypts (h, KID, KEY);
  g_assert_cmpuint (n_asked, ==, 1);
  g_assert_cmpint (gst_harness_push (h, encrypted_buffer (KID_2, KEY_2)), ==,
      GST_FLOW_ERROR);
  g_assert_cmpuint (n_asked, ==, 2);
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
}

static GstPadProbeReturn
answer_query (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  g_autoptr (GstContext) context = NULL;
  const gchar *type;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT ||
      !gst_query_parse_context_type (query, &type) ||
      !g_str_equal (type, CONTEXT))
    return GST_PAD_PROBE_OK;
  context = key_context (KID, KEY);
  gst_query_set_context (query, context);
  return GST_PAD_PROBE_HANDLED;
}

static void
test_context_of_neighbour (gconstpointer downstream)
{
  GstHarness *h = decryptor ("cbcsdec");

  gst_pad_add_probe (downstream ? h->sinkpad : h->srcpad,
      GST_PAD_PROBE_TYPE_QUERY_BOTH, answer_query, NULL, NULL);
  assert_decrypts (h, KID, KEY);
  gst_harness_teardown (h);
}

/* Values that GStreamer would write into its log are not taken. */
static void
test_context_of_other_types (void)
{
  static const guint8 key[16] = { 0x87, 0x23 };
  GstHarness *h = decryptor ("cbcsdec");
  g_autoptr (GBytes) bytes = g_bytes_new (key, sizeof key);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (key, sizeof key);
  GstMemory *memory = gst_allocator_alloc (NULL, 15, NULL);
  GstContext *context = gst_context_new (CONTEXT, TRUE);

  gst_structure_set (gst_context_writable_structure (context),
      KID, G_TYPE_STRING, KEY,
      KID_2, G_TYPE_BYTES, bytes,
      "00000000000000000000000000000003", GST_TYPE_BUFFER, buffer,
      "00000000000000000000000000000004", GST_TYPE_MEMORY, memory,
      "note", G_TYPE_INT, 1, NULL);
  gst_memory_unref (memory);
  give_context (h, context);
  assert_no_key (h, KID, KEY);
  gst_harness_teardown (h);
}

static void
test_preferred_system (void)
{
  GstHarness *h = decryptor ("cbcsdec");
  g_autoptr (GstQuery) query = gst_query_new_context (
      "drm-preferred-decryption-system-id");
  g_autoptr (GstQuery) other = gst_query_new_context ("gst.some.display");
  GstContext *context = NULL;

  g_assert_true (gst_pad_peer_query (h->srcpad, query));
  gst_query_parse_context (query, &context);
  g_assert_nonnull (context);
  g_assert_cmpstr (gst_structure_get_string (gst_context_get_structure (context),
          "decryption-system-id"), ==, HAB_SYSTEM_W3C_COMMON);
  g_assert_false (gst_pad_peer_query (h->srcpad, other));
  gst_harness_teardown (h);
}

/* --- properties ---------------------------------------------------------------- */

/* A file in a folder of its own. */
static gchar *
write_file (const gchar *content)
{
  g_autofree gchar *dir = g_dir_make_tmp ("hab-cbcsdec-XXXXXX", NULL);
  gchar *path = g_build_filename (dir, "keys", NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
  return path;
}

static void
remove_file (const gchar *path)
{
  g_autofree gchar *dir = g_path_get_dirname (path);

  g_unlink (path);
  g_rmdir (dir);
}

static void
test_key_file_of_several (void)
{
  g_autofree gchar *path = write_file (KID ":" KEY "\n" KID_2 ":" KEY_2 "\n");
  g_autofree gchar *line = g_strdup_printf ("cbcsdec key-file=%s", path);
  GstHarness *h = decryptor (line);

  assert_decrypts (h, KID, KEY);
  assert_decrypts (h, KID_2, KEY_2);
  assert_decrypts (h, KID, KEY);
  assert_no_key (h, "00000000000000000000000000000003", KEY);
  gst_harness_teardown (h);
  remove_file (path);
}

static void
test_key_of_several (void)
{
  GstElement *element = gst_element_factory_make_full ("cbcsdec",
      "key", KID ":" KEY "\n" KID_2 ":" KEY_2, NULL);
  g_autoptr (GstElement) owned = gst_object_ref_sink (element);
  GstHarness *h = gst_harness_new_with_element (element, "sink", "src");

  gst_harness_set_src_caps_str (h, PROTECTED);
  assert_decrypts (h, KID_2, KEY_2);
  assert_decrypts (h, KID, KEY);
  gst_harness_teardown (h);
}

static void
test_key_file_of_environment (void)
{
  g_autofree gchar *path = write_file (KID ":" KEY "\n");
  GstHarness *h;

  g_setenv ("HABERDASH_KEY_FILE", path, TRUE);
  h = decryptor ("cbcsdec");
  g_unsetenv ("HABERDASH_KEY_FILE");
  assert_decrypts (h, KID, KEY);
  gst_harness_teardown (h);
  remove_file (path);
}

/* An autoplugged element must start, or somebody else's error is seen. */
static void
test_no_file_of_environment (void)
{
  g_autofree gchar *text = NULL;
  GstHarness *h;

  g_setenv ("HABERDASH_KEY_FILE", "/nonexistent/keys", TRUE);
  h = decryptor ("cbcsdec");
  g_unsetenv ("HABERDASH_KEY_FILE");
  text = take_flow_error (h, encrypted_buffer (KID, KEY),
      GST_STREAM_ERROR_DECRYPT_NOKEY);
  g_assert_nonnull (strstr (text, KID));
  g_assert_nonnull (strstr (text, "/nonexistent/keys"));
  gst_harness_teardown (h);
}

/* cbcsenc takes its own line of the same file. */
static void
test_key_file_for_both (void)
{
  g_autofree gchar *path = write_file (KID_2 ":" KEY_2 "\n" KID ":" KEY "\n");
  g_autofree gchar *line = g_strdup_printf (
      "cbcsenc kid=" KID " key-file=%s ! cbcsdec key=" KEY, path);
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstBuffer) buffer = NULL;

  gst_harness_set_src_caps_str (h, AAC);
  buffer = gst_harness_push_and_pull (h,
      gst_buffer_new_memdup (clear, sizeof clear));
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, clear, sizeof clear), ==, 0);
  gst_harness_teardown (h);
  remove_file (path);
}

static void
test_no_key (void)
{
  GstHarness *h = decryptor ("cbcsdec");

  assert_no_key (h, KID, KEY);
  gst_harness_teardown (h);
}

static void
test_other_kid (void)
{
  GstHarness *h = decryptor ("cbcsdec kid=" KID_2 " key=" KEY);

  assert_no_key (h, KID, KEY);
  gst_harness_teardown (h);
}

/* Subsamples that reach beyond the sample come from a file, not from us. */
static void
test_hostile_subsamples (void)
{
  static const guint8 entries[] = { 0, 8, 0xff, 0xff, 0xff, 0xff };
  static const guint8 zeros[16] = { 0 };
  GstHarness *h = decryptor ("cbcsdec key=" KEY);
  GstBuffer *buffer = gst_buffer_new_memdup (clear, sizeof clear);
  g_autoptr (GstBuffer) subsamples = gst_buffer_new_memdup (entries, 6);
  GstStructure *structure = hab_protection_template_new (zeros, zeros,
      hab_cbcs_video_pattern, FALSE);
  g_autofree gchar *text = NULL;

  gst_structure_set (structure, "subsample_count", G_TYPE_UINT, 1,
      "subsamples", GST_TYPE_BUFFER, subsamples, NULL);
  gst_buffer_add_protection_meta (buffer, structure);
  text = take_flow_error (h, buffer, GST_STREAM_ERROR_DECRYPT);
  gst_harness_teardown (h);
}

/* --- the log --------------------------------------------------------------------- */

static void
collect (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer log)
{
  static GMutex mutex;
  const gchar *text = gst_debug_message_get (message); /* may log, too */

  g_mutex_lock (&mutex);
  g_string_append_printf (log, "%s\n", text);
  g_mutex_unlock (&mutex);
}

/* In any of the forms in which something might print it. */
static void
assert_not_in_log (const GString *log, const gchar *key)
{
  guint8 bytes[17] = { 0 };
  g_autofree gchar *base64 = NULL, *upper = g_ascii_strup (key, -1);

  g_assert_true (hab_key_parse (key, bytes, NULL));
  base64 = g_base64_encode (bytes, 16);
  g_assert_null (strstr (log->str, key));
  g_assert_null (strstr (log->str, upper));
  g_assert_null (strstr (log->str, base64));
  g_assert_null (strstr (log->str, (const gchar *) bytes));
}

static void
test_log (void)
{
  GString *log = g_string_new (NULL);
  g_autofree gchar *path = write_file (KID_2 ":" KEY_2 "\n");
  g_autofree gchar *line = g_strdup_printf ("cbcsdec key-file=%s", path);
  GstBuffer *first = encrypted_buffer (KID, KEY);
  GstBuffer *second = encrypted_buffer (KID_2, KEY_2);
  GstHarness *h;

  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_active (TRUE);
  gst_debug_set_default_threshold (GST_LEVEL_MEMDUMP);
  gst_debug_add_log_function (collect, log, NULL);
  h = decryptor (line);
  give_context (h, key_context (KID, KEY));
  gst_buffer_unref (gst_harness_push_and_pull (h, first));
  gst_buffer_unref (gst_harness_push_and_pull (h, second));
  gst_harness_teardown (h);
  gst_debug_remove_log_function (collect);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);

  g_assert_nonnull (strstr (log->str, KID)); /* else nothing was logged */
  assert_not_in_log (log, KEY);
  assert_not_in_log (log, KEY_2);
  g_string_free (log, TRUE);
  remove_file (path);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cbcsdec/context", test_context);
  g_test_add_func ("/cbcsdec/context-of-bin", test_context_of_bin);
  g_test_add_func ("/cbcsdec/need-context", test_need_context);
  g_test_add_data_func ("/cbcsdec/context-upstream", NULL,
      test_context_of_neighbour);
  g_test_add_data_func ("/cbcsdec/context-downstream", "",
      test_context_of_neighbour);
  g_test_add_func ("/cbcsdec/context-of-other-types",
      test_context_of_other_types);
  g_test_add_func ("/cbcsdec/preferred-system", test_preferred_system);
  g_test_add_func ("/cbcsdec/key-file-of-several", test_key_file_of_several);
  g_test_add_func ("/cbcsdec/key-of-several", test_key_of_several);
  g_test_add_func ("/cbcsdec/key-file-of-environment",
      test_key_file_of_environment);
  g_test_add_func ("/cbcsdec/no-file-of-environment",
      test_no_file_of_environment);
  g_test_add_func ("/cbcsdec/key-file-for-both", test_key_file_for_both);
  g_test_add_func ("/cbcsdec/no-key", test_no_key);
  g_test_add_func ("/cbcsdec/other-kid", test_other_kid);
  g_test_add_func ("/cbcsdec/hostile-subsamples", test_hostile_subsamples);
  g_test_add_func ("/cbcsdec/log", test_log);
  return run_tests ();
}
