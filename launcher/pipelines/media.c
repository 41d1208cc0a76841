/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media.h"

G_DEFINE_QUARK (hab-media-error-quark, hab_media_error)

static HabMediaError
resource_code (gint code)
{
  return code == GST_RESOURCE_ERROR_NO_SPACE_LEFT ? HAB_MEDIA_ERROR_NO_SPACE :
                                                    HAB_MEDIA_ERROR_IO;
}

/* A stream that elements cannot agree on is not what its container says. */
static HabMediaError
core_code (gint code)
{
  return code == GST_CORE_ERROR_NEGOTIATION || code == GST_CORE_ERROR_CAPS ?
      HAB_MEDIA_ERROR_NOT_MEDIA : HAB_MEDIA_ERROR_FAILED;
}

/* Decoders say so of pictures that their library refuses. */
static HabMediaError
library_code (gint code)
{
  return code == GST_LIBRARY_ERROR_ENCODE ? HAB_MEDIA_ERROR_FAILED :
                                            HAB_MEDIA_ERROR_NOT_MEDIA;
}

static HabMediaError
stream_code (gint code)
{
  switch (code) {
    case GST_STREAM_ERROR_CODEC_NOT_FOUND:
    case GST_STREAM_ERROR_NOT_IMPLEMENTED:
      return HAB_MEDIA_ERROR_UNSUPPORTED;
    default:
      return HAB_MEDIA_ERROR_NOT_MEDIA;
  }
}

/* Words that stand for a code, for nothing (tsdemux, of a file without
 * programmes), or are for programmers (parsers, which never translate them). */
static gboolean
is_general (const GError *cause)
{
  static const gchar *const domains[] = {
    "gst-plugins-bad-1.0", "gst-plugins-good-1.0", "gst-plugins-base-1.0"
  };
  g_autofree gchar *text = gst_error_get_message (cause->domain, cause->code);

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    if (g_str_equal (cause->message,
            g_dgettext (domains[i], "Internal data stream error.")))
      return TRUE;
  return g_str_equal (cause->message, text) ||
      g_str_equal (cause->message, "No caps set");
}

/* A source of data that stopped because what is behind it did says no more
 * than that. */
static gboolean
tells_no_cause (GstMessage *message, const GError *cause)
{
  const GstStructure *details = NULL;

  gst_message_parse_error_details (message, &details);
  return (details && gst_structure_has_field (details, "flow-return")) ||
      is_general (cause);
}

/* In words of a person who brought a file, where GStreamer has none. */
static const gchar *
explain (GstMessage *message, HabMediaError code, const GError *cause)
{
  if (g_error_matches (cause, GST_STREAM_ERROR,
          GST_STREAM_ERROR_TYPE_NOT_FOUND))
    return "this is no media file that is known here; MP4, MOV, Matroska, "
           "WebM, MPEG-TS, FLV and AVI are";
  if (code == HAB_MEDIA_ERROR_NO_SPACE)
    return "the disk is full; remove packages or input contents that are not "
           "needed";
  if (code == HAB_MEDIA_ERROR_NOT_MEDIA && tells_no_cause (message, cause))
    return "the file is damaged, or cut off";
  return cause->message;
}

void
hab_media_error_take_message (GstMessage *message, GError **error)
{
  g_autoptr (GError) cause = NULL;
  HabMediaError code = HAB_MEDIA_ERROR_FAILED;

  gst_message_parse_error (message, &cause, NULL);
  if (cause->domain == GST_RESOURCE_ERROR)
    code = resource_code (cause->code);
  else if (cause->domain == GST_STREAM_ERROR)
    code = stream_code (cause->code);
  else if (cause->domain == GST_CORE_ERROR)
    code = core_code (cause->code);
  else if (cause->domain == GST_LIBRARY_ERROR)
    code = library_code (cause->code);
  g_set_error_literal (error, HAB_MEDIA_ERROR, code,
      explain (message, code, cause));
}

GstElement *
hab_media_add_element (GstBin *bin, const gchar *factory, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element)
    gst_bin_add (bin, element);
  else if (*error == NULL)
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_INSTALLED,
        "the GStreamer element %s is not installed", factory);
  return element;
}

static const gchar *const encrypt_words[] = {
  [HAB_ENCRYPT_VIDEO] = "video",
  [HAB_ENCRYPT_ALL] = "all",
  [HAB_ENCRYPT_NONE] = "none",
};

const gchar *
hab_encrypt_to_string (HabEncrypt encrypt)
{
  g_return_val_if_fail (encrypt < G_N_ELEMENTS (encrypt_words), NULL);

  return encrypt_words[encrypt];
}

gboolean
hab_encrypt_from_string (const gchar *word, HabEncrypt *encrypt)
{
  for (guint i = 0; i < G_N_ELEMENTS (encrypt_words); i++) {
    if (g_strcmp0 (word, encrypt_words[i]) == 0) {
      *encrypt = i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
hab_encrypt_covers (HabEncrypt encrypt, HabTrackType type)
{
  return encrypt == HAB_ENCRYPT_ALL ||
      (encrypt == HAB_ENCRYPT_VIDEO && type == HAB_TRACK_VIDEO);
}
