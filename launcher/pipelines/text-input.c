/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "text-input.h"

#include <errno.h>
#include <string.h>

#include <gio/gio.h>

#include "media.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define WEBVTT "WEBVTT"

struct _HabTextInput
{
  gchar *path;
  gchar *language; /* or NULL */
  GstElement *source, *last; /* the bin's */
  gchar *pad;       /* name of that which it is linked to */
  gboolean written; /* there is something of it */
};

/* --- what it is ------------------------------------------------------------ */

/* As languages are written: letters, digits and hyphens. */
static gboolean
is_language (const gchar *tag)
{
  return strlen (tag) >= 2 && g_ascii_isalpha (*tag) &&
      tag[strspn (tag, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-")] == '\0';
}

static void
take_specification (HabTextInput *self, const gchar *specification)
{
  const gchar *colon = strrchr (specification, ':');

  if (colon && colon > specification && is_language (colon + 1) &&
      !g_file_test (specification, G_FILE_TEST_EXISTS)) {
    self->path = g_strndup (specification, colon - specification);
    self->language = g_strdup (colon + 1);
  } else {
    self->path = g_strdup (specification);
  }
}

/* Whether the file begins as WebVTT does, which loses less when nothing turns
 * it into other text. FALSE with error set where it cannot be read. */
static gboolean
look_at (const gchar *path, gboolean *webvtt, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &cause);
  gchar start[16] = "";
  const gchar *signature = start;

  if (stream == NULL ||
      !g_input_stream_read_all (G_INPUT_STREAM (stream), start,
          sizeof start - 1, NULL, NULL, &cause)) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO, "%s: %s", path,
        cause->message);
    return FALSE;
  }
  if (g_str_has_prefix (start, BYTE_ORDER_MARK))
    signature += strlen (BYTE_ORDER_MARK);
  *webvtt = g_str_has_prefix (signature, WEBVTT);
  return TRUE;
}

/* --- elements ---------------------------------------------------------------- */

static GstElement *
add_last (GstBin *bin, gboolean webvtt, GError **error)
{
  GstElement *last = hab_media_add_element (bin,
      webvtt ? "capsfilter" : "subparse", error);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (
      "application/x-subtitle-vtt");

  if (webvtt && last)
    g_object_set (last, "caps", caps, NULL);
  return last;
}

static gboolean
add_elements (HabTextInput *self, GstBin *bin, gboolean webvtt, GError **error)
{
  GError *missing = NULL;

  self->source = hab_media_add_element (bin, "filesrc", &missing);
  self->last = add_last (bin, webvtt, &missing);
  if (missing) {
    g_propagate_error (error, missing);
    return FALSE;
  }
  gst_element_link (self->source, self->last);
  gst_element_set_locked_state (self->source, TRUE);
  gst_element_set_locked_state (self->last, TRUE);
  g_object_set (self->source, "location", self->path, NULL);
  return TRUE;
}

HabTextInput *
hab_text_input_new (GstBin *bin, const gchar *specification, GError **error)
{
  g_autoptr (HabTextInput) self = g_new0 (HabTextInput, 1);
  gboolean webvtt;

  take_specification (self, specification);
  if (!look_at (self->path, &webvtt, error) ||
      !add_elements (self, bin, webvtt, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
hab_text_input_free (HabTextInput *self)
{
  if (self == NULL)
    return;
  g_free (self->path);
  g_free (self->language);
  g_free (self->pad);
  g_free (self);
}

gboolean
hab_text_input_link (HabTextInput *self, GstPad *sink)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (self->last, "src");

  g_free (self->pad);
  self->pad = g_strdup (GST_OBJECT_NAME (sink));
  if (self->language)
    g_object_set (sink, "language", self->language, NULL);
  return gst_pad_link (src, sink) == GST_PAD_LINK_OK;
}

void
hab_text_input_take_segment (HabTextInput *self, const gchar *pad)
{
  self->written |= g_strcmp0 (pad, self->pad) == 0;
}

gchar *
hab_text_input_get_note (const HabTextInput *self)
{
  return self->written ? NULL :
      g_strdup_printf ("%s is left out: there is no text in it", self->path);
}

void
hab_text_input_start (HabTextInput *self)
{
  gst_element_set_locked_state (self->last, FALSE);
  gst_element_set_locked_state (self->source, FALSE);
  gst_element_sync_state_with_parent (self->last);
  gst_element_sync_state_with_parent (self->source);
}

gboolean
hab_text_input_set_error (const HabTextInput *self, GstMessage *message,
    GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (GST_MESSAGE_SRC (message) != GST_OBJECT (self->source) &&
      GST_MESSAGE_SRC (message) != GST_OBJECT (self->last))
    return FALSE;
  gst_message_parse_error (message, &cause, NULL);
  if (cause->domain == GST_RESOURCE_ERROR)
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO, "%s: %s",
        self->path, cause->message);
  else
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
        "%s has no subtitles in a form that is known", self->path);
  return TRUE;
}
