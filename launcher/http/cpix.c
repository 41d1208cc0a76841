/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cpix.h"

#include <string.h>

#include "mpd-xml.h"
#include "pssh-boxes.h"

#define NS_CPIX "urn:dashif:org:cpix"
#define NS_PSKC "urn:ietf:params:xml:ns:keyprov:pskc"
#define NS_CENC "urn:mpeg:cenc:2013"
#define NS_DASHIF "https://dashif.org/CPS"

/* --- what each key is ------------------------------------------------- */

static void
write_key (xmlTextWriter *xml, const HabContentKey *key)
{
  g_autofree gchar *kid = hab_key_to_uuid (key->kid);
  gchar *value = g_base64_encode (key->key, sizeof key->key);

  hab_xml_start (xml, "cpix:ContentKey");
  hab_xml_attribute (xml, "kid", kid);
  hab_xml_attribute (xml, "commonEncryptionScheme", "cbcs");
  hab_xml_start (xml, "cpix:Data");
  hab_xml_start (xml, "pskc:Secret");
  hab_xml_text (xml, "pskc:PlainValue", value);
  hab_xml_end (xml);
  hab_xml_end (xml);
  hab_xml_end (xml);
  hab_key_wipe (value, strlen (value));
  g_free (value);
}

/* (transfer full): what a manifest has in the ContentProtection of a system,
 * one element, in base64. */
static gchar *
format_protection (const gchar *name, const gchar *prefix,
    const gchar *namespace, const gchar *text)
{
  g_autofree gchar *element = g_markup_printf_escaped (
      "<%s:%s xmlns:%s=\"%s\">%s</%s:%s>", prefix, name, prefix, namespace,
      text, prefix, name);

  return g_base64_encode ((const guchar *) element, strlen (element));
}

/* pssh: in base64, or NULL. */
static void
write_system (xmlTextWriter *xml, const HabContentKey *key,
    const gchar *system, const gchar *pssh, const gchar *protection)
{
  g_autofree gchar *kid = hab_key_to_uuid (key->kid);

  hab_xml_start (xml, "cpix:DRMSystem");
  hab_xml_attribute (xml, "kid", kid);
  hab_xml_attribute (xml, "systemId", system);
  if (pssh)
    hab_xml_text (xml, "cpix:PSSH", pssh);
  hab_xml_text (xml, "cpix:ContentProtectionData", protection);
  hab_xml_end (xml);
}

static void
write_w3c_common (xmlTextWriter *xml, const HabContentKey *key)
{
  g_autoptr (HabPssh) pssh = hab_pssh_new_w3c_common (key->kid, 1);
  g_autofree gchar *box = hab_pssh_to_base64 (pssh);
  g_autofree gchar *protection =
      format_protection ("pssh", "cenc", NS_CENC, box);

  write_system (xml, key, HAB_SYSTEM_W3C_COMMON, box, protection);
}

static void
write_clearkey (xmlTextWriter *xml, const HabContentKey *key,
    const gchar *license_url)
{
  g_autofree gchar *protection =
      format_protection ("Laurl", "dashif", NS_DASHIF, license_url);

  write_system (xml, key, HAB_SYSTEM_CLEARKEY, NULL, protection);
}

static void
write_rule (xmlTextWriter *xml, const HabContentKey *key, HabTrackType type)
{
  gboolean video = type == HAB_TRACK_VIDEO;
  g_autofree gchar *kid = hab_key_to_uuid (key->kid);

  hab_xml_start (xml, "cpix:ContentKeyUsageRule");
  hab_xml_attribute (xml, "kid", kid);
  hab_xml_attribute (xml, "intendedTrackType", video ? "VIDEO" : "AUDIO");
  hab_xml_start (xml, video ? "cpix:VideoFilter" : "cpix:AudioFilter");
  hab_xml_end (xml);
  hab_xml_end (xml);
}

/* --- the lists -------------------------------------------------------- */

/* The same key id is one key, whatever tracks it is of. */
static gboolean
is_first (const HabCpix *cpix, guint type)
{
  for (guint i = 0; i < type; i++) {
    if (cpix->encrypted[i] && memcmp (cpix->keys[i].kid,
            cpix->keys[type].kid, HAB_KEY_SIZE) == 0)
      return FALSE;
  }
  return cpix->encrypted[type];
}

static void
write_keys (xmlTextWriter *xml, const HabCpix *cpix)
{
  hab_xml_start (xml, "cpix:ContentKeyList");
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (is_first (cpix, i))
      write_key (xml, &cpix->keys[i]);
  }
  hab_xml_end (xml);
}

static void
write_systems (xmlTextWriter *xml, const HabCpix *cpix)
{
  hab_xml_start (xml, "cpix:DRMSystemList");
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (!is_first (cpix, i))
      continue;
    write_w3c_common (xml, &cpix->keys[i]);
    write_clearkey (xml, &cpix->keys[i], cpix->license_url);
  }
  hab_xml_end (xml);
}

static void
write_rules (xmlTextWriter *xml, const HabCpix *cpix)
{
  hab_xml_start (xml, "cpix:ContentKeyUsageRuleList");
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (cpix->encrypted[i])
      write_rule (xml, &cpix->keys[i], i);
  }
  hab_xml_end (xml);
}

static void
write_document (xmlTextWriter *xml, const HabCpix *cpix)
{
  xmlTextWriterSetIndent (xml, 1);
  xmlTextWriterStartDocument (xml, NULL, "UTF-8", NULL);
  hab_xml_start (xml, "cpix:CPIX");
  hab_xml_attribute (xml, "xmlns:cpix", NS_CPIX);
  hab_xml_attribute (xml, "xmlns:pskc", NS_PSKC);
  hab_xml_attribute (xml, "contentId", cpix->content_id);
  hab_xml_attribute (xml, "version", "2.3");
  write_keys (xml, cpix);
  write_systems (xml, cpix);
  write_rules (xml, cpix);
  hab_xml_end (xml);
  xmlTextWriterEndDocument (xml);
}

gchar *
hab_cpix_to_xml (const HabCpix *cpix)
{
  xmlBuffer *buffer = xmlBufferCreate ();
  xmlTextWriter *xml = xmlNewTextWriterMemory (buffer, 0);
  gchar *text;

  write_document (xml, cpix);
  xmlFreeTextWriter (xml);
  text = g_strndup ((const gchar *) xmlBufferContent (buffer),
      xmlBufferLength (buffer));
  hab_key_wipe ((gpointer) xmlBufferContent (buffer),
      xmlBufferLength (buffer));
  xmlBufferFree (buffer);
  return text;
}
