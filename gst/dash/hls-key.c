/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls-text.h"

#include <string.h>

#include "cenc-protection.h"
#include "keys.h"

/* (transfer full): with the key ID in place of $KID$. */
static gchar *
fill_in_kid (const gchar *kid, const gchar *url)
{
  g_auto (GStrv) parts = g_strsplit (url, "$KID$", -1);

  return g_strjoinv (kid, parts);
}

/* (transfer full) (nullable): the key ID itself, which is all that is to be
 * known where a licence service gives the key. */
static gchar *
kid_url (const gchar *digits)
{
  guint8 kid[HAB_KEY_SIZE];
  g_autofree gchar *base64 = NULL;

  if (!hab_key_parse (digits, kid, NULL))
    return NULL;
  base64 = g_base64_encode (kid, sizeof kid);
  return g_strconcat ("data:text/plain;base64,", base64, NULL);
}

/* (transfer full) (nullable): NULL where the key is not to be named. */
static gchar *
key_url_of (const gchar *kid, const HabHlsKeys *keys)
{
  if (keys->url)
    return fill_in_kid (kid, keys->url);
  return keys->format == HAB_HLS_KEY_CLEARKEY ? kid_url (kid) : NULL;
}

static void
append_plain_key (GString *text, HabHlsKeyFormat format, const gchar *url)
{
  g_string_append (text, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=");
  hab_hls_append_quoted (text, url);
  g_string_append_printf (text, ",KEYFORMAT=\"%s\",KEYFORMATVERSIONS=\"1\"\n",
      format == HAB_HLS_KEY_CLEARKEY ? "org.w3.clearkey" : "identity");
}

static void
append_widevine (GString *text, const gchar *kid, const HabPssh *pssh)
{
  g_autofree gchar *box = hab_pssh_to_base64 (pssh);

  g_string_append_printf (text,
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:text/plain;base64,%s\","
      "KEYID=0x%s,KEYFORMAT=\"urn:uuid:" HAB_SYSTEM_WIDEVINE "\","
      "KEYFORMATVERSIONS=\"1\"\n",
      box, kid);
}

/* The PlayReady object, which is what its box has as data. */
static void
append_playready (GString *text, const HabPssh *pssh)
{
  gsize size;
  const guint8 *data = hab_pssh_get_data (pssh, &size);
  g_autofree gchar *object = g_base64_encode (data, size);

  g_string_append_printf (text,
      "#EXT-X-KEY:METHOD=SAMPLE-AES,"
      "URI=\"data:text/plain;charset=UTF-16;base64,%s\","
      "KEYFORMAT=\"com.microsoft.playready\",KEYFORMATVERSIONS=\"1\"\n",
      object);
}

/* Of segment i; empty where that is in the clear. */
static const gchar *
kid_of (const HabRepresentation *rep, guint i)
{
  return hab_representation_get_segment (rep, i)->kid;
}

/* Whether the playlist says how what is encrypted is. */
static gboolean
names_keys (const HabRepresentation *rep, const HabHlsKeys *keys)
{
  return rep->default_kid &&
      (keys->url || keys->format == HAB_HLS_KEY_CLEARKEY ||
          hab_pssh_find (rep->pssh, HAB_SYSTEM_WIDEVINE) ||
          hab_pssh_find (rep->pssh, HAB_SYSTEM_PLAYREADY));
}

void
hab_hls_append_discontinuities (GString *text, const HabRepresentation *rep,
    const HabHlsKeys *keys)
{
  if (names_keys (rep, keys) && rep->lead_gone && kid_of (rep, 0)[0])
    g_string_append (text, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n");
}

void
hab_hls_append_keys (GString *text, const HabRepresentation *rep, guint i,
    const HabHlsKeys *keys)
{
  const HabPssh *widevine = hab_pssh_find (rep->pssh, HAB_SYSTEM_WIDEVINE);
  const HabPssh *playready = hab_pssh_find (rep->pssh, HAB_SYSTEM_PLAYREADY);
  const gchar *kid = kid_of (rep, i);
  const gchar *before = i > 0 ? kid_of (rep, i - 1) : "";
  g_autofree gchar *url = NULL;

  if (!names_keys (rep, keys) || kid[0] == '\0' || strcmp (kid, before) == 0)
    return;
  if (i > 0 && before[0] == '\0')
    g_string_append (text, "#EXT-X-DISCONTINUITY\n");
  url = key_url_of (kid, keys);
  if (url)
    append_plain_key (text, keys->format, url);
  if (widevine)
    append_widevine (text, kid, widevine);
  if (playready)
    append_playready (text, playready);
}
