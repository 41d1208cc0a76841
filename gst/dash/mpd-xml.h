/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/xmlwriter.h>

G_BEGIN_DECLS

/* A thin layer over the XML writer, with the types that an MPD has. */

void hab_xml_start (xmlTextWriter *xml, const gchar *name);
void hab_xml_end (xmlTextWriter *xml);
/* An element with nothing but text in it. */
void hab_xml_text (xmlTextWriter *xml, const gchar *name, const gchar *text);
/* DescriptorType; value may be NULL. */
void hab_xml_descriptor (xmlTextWriter *xml, const gchar *name,
    const gchar *scheme, const gchar *value);

void hab_xml_attribute (xmlTextWriter *xml, const gchar *name,
    const gchar *value);
void hab_xml_attribute_format (xmlTextWriter *xml, const gchar *name,
    const gchar *format, ...) G_GNUC_PRINTF (3, 4);
void hab_xml_attribute_uint (xmlTextWriter *xml, const gchar *name,
    guint64 value);
/* xs:duration with milliseconds, which no locale changes. */
void hab_xml_attribute_duration (xmlTextWriter *xml, const gchar *name,
    guint64 ms);

G_END_DECLS
