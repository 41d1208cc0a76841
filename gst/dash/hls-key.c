/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls-text.h"

#include "cenc-protection.h"

/* (transfer full): the key ID without dashes. */
static gchar *
kid_digits (const HabRepresentation *rep)
{
  g_auto (GStrv) parts = g_strsplit (rep->default_kid, "-", -1);

  return g_strjoinv (NULL, parts);
}

/* $KID$ in the URL stands for the key ID. */
static void
append_identity (GString *text, const HabRepresentation *rep,
    const gchar *key_url)
{
  g_autofree gchar *kid = kid_digits (rep);
  g_auto (GStrv) parts = g_strsplit (key_url, "$KID$", -1);
  g_autofree gchar *url = g_strjoinv (kid, parts);

  g_string_append (text, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=");
  hab_hls_append_quoted (text, url);
  g_string_append (text, ",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n");
}

static void
append_widevine (GString *text, const HabRepresentation *rep,
    const HabPssh *pssh)
{
  g_autofree gchar *box = hab_pssh_to_base64 (pssh);
  g_autofree gchar *kid = kid_digits (rep);

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

static gboolean
is_encrypted (const HabRepresentation *rep, guint i)
{
  return rep->default_kid && hab_representation_get_segment (rep, i)->encrypted;
}

void
hab_hls_append_keys (GString *text, const HabRepresentation *rep, guint i,
    const gchar *key_url)
{
  const HabPssh *widevine = hab_pssh_find (rep->pssh, HAB_SYSTEM_WIDEVINE);
  const HabPssh *playready = hab_pssh_find (rep->pssh, HAB_SYSTEM_PLAYREADY);

  if (!is_encrypted (rep, i) || (i > 0 && is_encrypted (rep, i - 1)) ||
      (key_url == NULL && widevine == NULL && playready == NULL))
    return;
  if (i > 0)
    g_string_append (text, "#EXT-X-DISCONTINUITY\n");
  if (key_url)
    append_identity (text, rep, key_url);
  if (widevine)
    append_widevine (text, rep, widevine);
  if (playready)
    append_playready (text, playready);
}
