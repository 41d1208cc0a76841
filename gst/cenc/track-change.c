/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "track-change.h"

#include <string.h>

/* What a change is called, and the words for a value of it; NULL where the
 * track does not say. Values that differ have different words. */
typedef struct
{
  const gchar *what;
  gchar *(*describe) (const HabCmafTrack *track);
  gboolean values; /* which tell somebody something */
} Trait;

static gboolean
is_video (const HabCmafTrack *track)
{
  return track->codec->kind == HAB_MEDIA_VIDEO;
}

/* --- traits -------------------------------------------------------------- */

static gchar *
describe_codec (const HabCmafTrack *track)
{
  return g_strdup_printf ("%.4s",
      track->codec->sample_entry (track->stream_format));
}

static gchar *
describe_size (const HabCmafTrack *track)
{
  return is_video (track) ? g_strdup_printf ("%ux%u", track->picture.width,
                                track->picture.height) : NULL;
}

static gchar *
describe_aspect (const HabCmafTrack *track)
{
  const HabCmafPicture *picture = &track->picture;

  return is_video (track) && picture->par_n && picture->par_d ?
      g_strdup_printf ("%u:%u", picture->par_n, picture->par_d) :
      NULL;
}

static gchar *
describe_colour (const HabCmafTrack *track)
{
  const HabCmafPicture *picture = &track->picture;

  return is_video (track) && picture->has_colour ?
      g_strdup_printf ("%u/%u/%u %s", picture->primaries, picture->transfer,
          picture->matrix, picture->full_range ? "full" : "limited") :
      NULL;
}

static gchar *
describe_sound (const HabCmafTrack *track)
{
  return !is_video (track) && track->audio.rate > 0 ?
      g_strdup_printf ("%u channels at %u Hz", track->audio.channels,
          track->audio.rate) :
      NULL;
}

static gchar *
describe_protection (const HabCmafTrack *track)
{
  const gchar *protection = track->clear_lead ? "clear at first" :
                                                "encrypted";

  return g_strdup (track->encrypted ? protection : "clear");
}

static gchar *
to_hex (const guint8 *data, gsize size)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%02x", data[i]);
  return g_string_free (text, FALSE);
}

static gchar *
describe_key (const HabCmafTrack *track)
{
  return track->encrypted ? to_hex (track->kid, sizeof track->kid) : NULL;
}

static gchar *
describe_iv (const HabCmafTrack *track)
{
  g_autofree gchar *iv = track->encrypted ?
      to_hex (track->iv, sizeof track->iv) :
      NULL;

  return iv ? g_strdup_printf ("%s %u:%u", iv,
                  track->pattern.crypt_byte_block,
                  track->pattern.skip_byte_block) : NULL;
}

/* Which some streams do not have in their caps. */
static gchar *
describe_codec_data (const HabCmafTrack *track)
{
  gsize size;
  const guint8 *data = track->codec_data ?
      g_bytes_get_data (track->codec_data, &size) :
      NULL;

  return data ? to_hex (data, size) : NULL;
}

static const Trait traits[] = {
  { "the codec", describe_codec, TRUE },
  { "the picture", describe_size, TRUE },
  { "the pixel aspect ratio", describe_aspect, TRUE },
  { "the colour", describe_colour, TRUE },
  { "the sound", describe_sound, TRUE },
  { "the track", describe_protection, TRUE },
  { "the key", describe_key, TRUE },
  { "the initialization vector", describe_iv, FALSE },
  { "the codec's parameters", describe_codec_data, FALSE },
};

/* --- comparing ----------------------------------------------------------- */

gchar *
hab_cmaf_track_find_change (const HabCmafTrack *was, const HabCmafTrack *is)
{
  for (guint i = 0; i < G_N_ELEMENTS (traits); i++) {
    g_autofree gchar *before = traits[i].describe (was);
    g_autofree gchar *now = traits[i].describe (is);

    if (before == NULL || now == NULL || strcmp (before, now) == 0)
      continue;
    return traits[i].values ?
        g_strdup_printf ("%s from %s to %s", traits[i].what, before, now) :
        g_strdup (traits[i].what);
  }
  return NULL;
}
