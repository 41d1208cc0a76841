/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-protection.h"

#include <string.h>

#include "mpd-xml.h"

#define SCHEME_MP4_PROTECTION "urn:mpeg:dash:mp4protection:2011"
#define NS_PLAYREADY "urn:microsoft:playready"

static gboolean
is_of (const HabPssh *pssh, const gchar *system)
{
  return strcmp (pssh->system, system) == 0;
}

/* What older players of PlayReady read instead of the box: its data. */
static void
write_playready_object (xmlTextWriter *xml, const HabPssh *pssh)
{
  gsize size;
  const guint8 *data = hab_pssh_get_data (pssh, &size);
  g_autofree gchar *text = g_base64_encode (data, size);

  hab_xml_start (xml, "mspr:pro");
  hab_xml_attribute (xml, "xmlns:mspr", NS_PLAYREADY);
  xmlTextWriterWriteString (xml, BAD_CAST text);
  hab_xml_end (xml);
}

static void
write_system (xmlTextWriter *xml, const HabPssh *pssh)
{
  g_autofree gchar *scheme = g_strdup_printf ("urn:uuid:%s", pssh->system);
  g_autofree gchar *box = hab_pssh_to_base64 (pssh);
  gboolean playready = is_of (pssh, HAB_SYSTEM_PLAYREADY);

  hab_xml_start (xml, "ContentProtection");
  hab_xml_attribute (xml, "schemeIdUri", scheme);
  if (playready)
    hab_xml_attribute (xml, "value", "MSPR 2.0");
  hab_xml_text (xml, "cenc:pssh", box);
  if (playready)
    write_playready_object (xml, pssh);
  hab_xml_end (xml);
}

static void
write_clearkey (xmlTextWriter *xml, const gchar *license_url)
{
  hab_xml_start (xml, "ContentProtection");
  hab_xml_attribute (xml, "schemeIdUri", "urn:uuid:" HAB_SYSTEM_CLEARKEY);
  hab_xml_attribute (xml, "value", "ClearKey1.0");
  hab_xml_text (xml, "dashif:Laurl", license_url);
  hab_xml_end (xml);
}

/* Of all ways to name ClearKey, the one with which every player that was tried
 * plays however it gets its key: its own system with a Laurl, and no pssh of the
 * W3C common system beside it. Without a licence service, the latter, which
 * dash.js wants to see even where it has no box. */
static void
write_key_systems (xmlTextWriter *xml, const HabRepresentation *rep,
    const gchar *license_url)
{
  if (license_url)
    write_clearkey (xml, license_url);
  else if (hab_pssh_find (rep->pssh, HAB_SYSTEM_W3C_COMMON) == NULL)
    hab_xml_descriptor (xml, "ContentProtection",
        "urn:uuid:" HAB_SYSTEM_W3C_COMMON, NULL);
  for (guint i = 0; i < rep->pssh->len; i++) {
    const HabPssh *pssh = rep->pssh->pdata[i];

    if (license_url == NULL || !is_of (pssh, HAB_SYSTEM_W3C_COMMON))
      write_system (xml, pssh);
  }
}

void
hab_mpd_write_protection (xmlTextWriter *xml, const HabRepresentation *rep,
    const gchar *license_url)
{
  if (rep->default_kid == NULL)
    return;
  hab_xml_start (xml, "ContentProtection");
  hab_xml_attribute (xml, "schemeIdUri", SCHEME_MP4_PROTECTION);
  hab_xml_attribute (xml, "value", "cbcs");
  hab_xml_attribute (xml, "cenc:default_KID", rep->default_kid);
  hab_xml_end (xml);
  write_key_systems (xml, rep, license_url);
}

gboolean
hab_mpd_one_protection (const HabAdaptationSet *set)
{
  const HabRepresentation *first = hab_adaptation_set_get (set, 0);

  for (guint i = 1; i < set->representations->len; i++) {
    const HabRepresentation *rep = hab_adaptation_set_get (set, i);

    if (g_strcmp0 (rep->default_kid, first->default_kid) != 0 ||
        !hab_pssh_same (rep->pssh, first->pssh))
      return FALSE;
  }
  return TRUE;
}
