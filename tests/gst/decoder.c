/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Which decoder is taken, of decoders that decode nothing. */

#include "decoder.h"

#define ENCODED "video/x-test-codec"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (ENCODED));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw"));

static void
take_class (gpointer klass, gpointer classification)
{
  gst_element_class_set_static_metadata (klass, "test", classification,
      "decodes nothing", "test");
  gst_element_class_add_static_pad_template (klass, &sink_template);
  gst_element_class_add_static_pad_template (klass, &src_template);
}

static void
add_decoder (const gchar *name, const gchar *classification, guint rank)
{
  const GTypeInfo info = {
    .class_size = sizeof (GstElementClass),
    .class_init = take_class,
    .class_data = classification,
    .instance_size = sizeof (GstElement),
  };

  g_assert_true (gst_element_register (NULL, name, rank,
      g_type_register_static (GST_TYPE_ELEMENT, name, &info, 0)));
}

static gchar *
get_taken (GError **error)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstPad) pad =
      gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (ENCODED);
  GstElement *decoder;

  gst_pad_set_active (pad, TRUE);
  gst_pad_push_event (pad, gst_event_new_stream_start ("test"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  decoder = hab_decoder_add (GST_BIN (bin), pad, 1, error);
  return decoder ?
      g_strdup (GST_OBJECT_NAME (gst_element_get_factory (decoder))) : NULL;
}

static void
test_choice (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *taken = NULL;

  add_decoder ("test-hardware", "Codec/Decoder/Video/Hardware",
      GST_RANK_PRIMARY + 2);
  g_assert_null (get_taken (&error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  add_decoder ("test-slow", "Codec/Decoder/Video", GST_RANK_MARGINAL);
  add_decoder ("test-fast", "Codec/Decoder/Video", GST_RANK_PRIMARY);
  taken = get_taken (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (taken, ==, "test-fast");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decoder/choice", test_choice);
  return g_test_run ();
}
