/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-track.h"

#include "keys.h"

static GstElement *
make_encryptor (const HabPackageTarget *self, HabMediaKind kind,
    GError **error)
{
  const HabPackageConfig *config = self->config;
  HabTrackType type =
      kind == HAB_MEDIA_VIDEO ? HAB_TRACK_VIDEO : HAB_TRACK_AUDIO;
  g_autofree gchar *kid = NULL;
  gchar *key;
  GstElement *encryptor;

  if (!hab_encrypt_covers (config->encrypt, type))
    return NULL;
  encryptor = hab_media_add_element (self->pipeline, "cbcsenc", error);
  if (encryptor == NULL)
    return NULL;
  kid = hab_key_to_hex (config->keys[type].kid);
  key = hab_key_to_hex (config->keys[type].key);
  g_object_set (encryptor, "kid", kid, "key", key, "clear-lead",
      config->clear_lead_ns, "pssh", config->pssh, NULL);
  hab_key_wipe (key, 2 * HAB_KEY_SIZE);
  g_free (key);
  if (config->iv) {
    g_autofree gchar *iv = hab_key_to_hex (config->iv);

    g_object_set (encryptor, "iv", iv, NULL);
  }
  return encryptor;
}

static GstElement *
make_recorder (const HabPackageTarget *self, guint track_number,
    GError **error)
{
  GstElement *recorder;

  if (self->config->records_fd < 0)
    return NULL;
  recorder = hab_media_add_element (self->pipeline, "catalogrecorder", error);
  if (recorder)
    g_object_set (recorder, "fd", self->config->records_fd, "track-number",
        track_number, NULL);
  return recorder;
}

/* Links pad through the elements, of which NULL ones are left out, to a new
 * pad of the sink, which is returned (transfer full) (nullable). set: number of
 * its adaptation set, -1 by its content. */
static GstPad *
link_track (const HabPackageTarget *self, GstPad *pad, GstElement **chain,
    guint n, const gchar *sink_pad, gint set)
{
  g_autoptr (GstPad) from = gst_object_ref (pad);
  g_autoptr (GstPad) to = gst_element_request_pad_simple (self->sink, sink_pad);

  for (guint i = 0; to && i < n; i++) {
    g_autoptr (GstPad) sink = NULL;

    if (chain[i] == NULL)
      continue;
    sink = gst_element_get_static_pad (chain[i], "sink");
    if (gst_pad_link (from, sink) != GST_PAD_LINK_OK)
      return NULL;
    gst_element_sync_state_with_parent (chain[i]);
    gst_object_unref (from);
    from = gst_element_get_static_pad (chain[i], "src");
  }
  if (to == NULL || gst_pad_link (from, to) != GST_PAD_LINK_OK)
    return NULL;
  g_object_set (to, "adaptation-set", set, NULL);
  return g_steal_pointer (&to);
}

/* What the errors of elements are about. */
#define TRACK_DATA "hab-track"

static void
mark_track (GstElement *element, const HabMediaStream *stream)
{
  gboolean video = stream->codec->kind == HAB_MEDIA_VIDEO;

  if (element)
    g_object_set_data_full (G_OBJECT (element), TRACK_DATA,
        g_strdup_printf ("track %u (%s)", stream->number,
            video ? "video" : "audio"), g_free);
}

static void
set_not_packaged (GError **error, const gchar *what)
{
  if (*error == NULL)
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the %s track cannot be packaged", what);
}

GstPad *
hab_package_track_link (const HabPackageTarget *self, GstPad *pad,
    const HabMediaStream *stream, const HabPackagePlace *place, GError **error)
{
  gboolean video = stream->codec->kind == HAB_MEDIA_VIDEO;
  GstElement *chain[] = {
    video ? hab_media_add_element (self->pipeline, "gopsplit", error) : NULL,
    place->recorded ? make_recorder (self, stream->number, error) : NULL,
    make_encryptor (self, stream->codec->kind, error),
  };
  GstPad *to = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (chain); i++)
    mark_track (chain[i], stream);
  if (pad && *error == NULL)
    to = link_track (self, pad, chain, G_N_ELEMENTS (chain), place->name,
        place->set);
  if (to == NULL)
    set_not_packaged (error, video ? "video" : "audio");
  return to;
}

GstPad *
hab_package_track_link_text (const HabPackageTarget *self, GstPad *pad,
    const gchar *name, GError **error)
{
  GstPad *to = link_track (self, pad, NULL, 0, name, -1);

  if (to == NULL)
    set_not_packaged (error, "text");
  return to;
}

void
hab_package_track_name_error (GstMessage *message, GError **error)
{
  const gchar *track =
      g_object_get_data (G_OBJECT (GST_MESSAGE_SRC (message)), TRACK_DATA);

  if (track)
    g_prefix_error (error, "%s: ", track);
}
