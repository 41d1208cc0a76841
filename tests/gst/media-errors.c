/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What becomes of the errors that elements post: a cause, and words for whoever
 * brought the file. */

#include "media.h"

#define DAMAGED "the file is damaged, or cut off"

static const struct
{
  GQuark (*domain) (void);
  gint code;
  const gchar *text; /* NULL: what GStreamer says where an element says nothing */
  gboolean flow; /* it says which flow stopped it */
  HabMediaError expected;
  const gchar *detail;
} rows[] = {
  { gst_stream_error_quark, GST_STREAM_ERROR_FAILED, "Streaming stopped.",
      TRUE, HAB_MEDIA_ERROR_NOT_MEDIA, DAMAGED },
  { gst_stream_error_quark, GST_STREAM_ERROR_FAILED,
      "Internal data stream error.", FALSE, HAB_MEDIA_ERROR_NOT_MEDIA, DAMAGED },
  { gst_stream_error_quark, GST_STREAM_ERROR_DEMUX,
      "This file contains no playable streams.", FALSE,
      HAB_MEDIA_ERROR_NOT_MEDIA, "This file contains no playable streams." },
  { gst_stream_error_quark, GST_STREAM_ERROR_DEMUX, NULL, FALSE,
      HAB_MEDIA_ERROR_NOT_MEDIA, DAMAGED },
  { gst_stream_error_quark, GST_STREAM_ERROR_CODEC_NOT_FOUND, "No decoder.",
      FALSE, HAB_MEDIA_ERROR_UNSUPPORTED, "No decoder." },
  { gst_core_error_quark, GST_CORE_ERROR_NEGOTIATION, NULL, FALSE,
      HAB_MEDIA_ERROR_NOT_MEDIA, DAMAGED },
  { gst_core_error_quark, GST_CORE_ERROR_FAILED, "It failed.", FALSE,
      HAB_MEDIA_ERROR_FAILED, "It failed." },
  { gst_stream_error_quark, GST_STREAM_ERROR_DECODE, "No caps set", FALSE,
      HAB_MEDIA_ERROR_NOT_MEDIA, DAMAGED },
  { gst_library_error_quark, GST_LIBRARY_ERROR_INIT, "Failed to decode frame",
      FALSE, HAB_MEDIA_ERROR_NOT_MEDIA, "Failed to decode frame" },
  { gst_library_error_quark, GST_LIBRARY_ERROR_ENCODE, "It failed.", FALSE,
      HAB_MEDIA_ERROR_FAILED, "It failed." },
  { gst_resource_error_quark, GST_RESOURCE_ERROR_READ, "It cannot be read.",
      FALSE, HAB_MEDIA_ERROR_IO, "It cannot be read." },
};

static GstMessage *
make_message (guint row)
{
  GQuark domain = rows[row].domain ();
  g_autofree gchar *text = rows[row].text ? g_strdup (rows[row].text) :
      gst_error_get_message (domain, rows[row].code);
  g_autoptr (GError) error =
      g_error_new_literal (domain, rows[row].code, text);
  GstStructure *details = NULL;

  if (rows[row].flow)
    details = gst_structure_new ("details", "flow-return", G_TYPE_INT,
        GST_FLOW_ERROR, NULL);
  return gst_message_new_error_with_details (NULL, error, "debug", details);
}

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstMessage) message = make_message (i);
    g_autoptr (GError) error = NULL;

    hab_media_error_take_message (message, &error);
    g_assert_error (error, HAB_MEDIA_ERROR, (gint) rows[i].expected);
    g_assert_cmpstr (error->message, ==, rows[i].detail);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media-errors/rows", test_rows);
  return g_test_run ();
}
