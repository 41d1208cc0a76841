/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-xml.h"

#include <libxml/chvalid.h>
#include <string.h>

/* (transfer full): what XML has no way to write (XML 1.0, 2.2), as the titles in
 * files have it now and then, becomes U+FFFD. */
static gchar *
make_characters (const gchar *text)
{
  GString *made = g_string_sized_new (strlen (text));

  for (const gchar *c = text; *c != '\0'; c = g_utf8_next_char (c)) {
    gunichar character = g_utf8_get_char (c);

    g_string_append_unichar (made,
        xmlIsCharQ (character) ? character : 0xfffd);
  }
  return g_string_free (made, FALSE);
}

void
hab_xml_start (xmlTextWriter *xml, const gchar *name)
{
  xmlTextWriterStartElement (xml, BAD_CAST name);
}

void
hab_xml_end (xmlTextWriter *xml)
{
  xmlTextWriterEndElement (xml);
}

void
hab_xml_attribute (xmlTextWriter *xml, const gchar *name, const gchar *value)
{
  g_autofree gchar *text = make_characters (value);

  xmlTextWriterWriteAttribute (xml, BAD_CAST name, BAD_CAST text);
}

void
hab_xml_attribute_format (xmlTextWriter *xml, const gchar *name,
    const gchar *format, ...)
{
  va_list args;
  g_autofree gchar *value = NULL;

  va_start (args, format);
  value = g_strdup_vprintf (format, args);
  va_end (args);
  hab_xml_attribute (xml, name, value);
}

void
hab_xml_attribute_uint (xmlTextWriter *xml, const gchar *name, guint64 value)
{
  hab_xml_attribute_format (xml, name, "%" G_GUINT64_FORMAT, value);
}

void
hab_xml_attribute_duration (xmlTextWriter *xml, const gchar *name, guint64 ms)
{
  hab_xml_attribute_format (xml, name, "PT%" G_GUINT64_FORMAT ".%03uS",
      ms / 1000, (guint) (ms % 1000));
}

void
hab_xml_descriptor (xmlTextWriter *xml, const gchar *name,
    const gchar *scheme, const gchar *value)
{
  hab_xml_start (xml, name);
  hab_xml_attribute (xml, "schemeIdUri", scheme);
  if (value)
    hab_xml_attribute (xml, "value", value);
  hab_xml_end (xml);
}

void
hab_xml_text (xmlTextWriter *xml, const gchar *name, const gchar *text)
{
  g_autofree gchar *made = make_characters (text);

  xmlTextWriterWriteElement (xml, BAD_CAST name, BAD_CAST made);
}
