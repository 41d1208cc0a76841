/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "fuzz.h"

/* What was written, read by libxml2. */

/* (nullable) */
static inline xmlDoc *
fuzz_read_xml (const gchar *text, gsize size)
{
  return xmlReadMemory (text, size, NULL, NULL,
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

/* (transfer full): what an XPath expression comes to, as a string. */
static inline gchar *
fuzz_evaluate (xmlDoc *document, const gchar *expression)
{
  xmlXPathContext *context = xmlXPathNewContext (document);
  xmlXPathObject *result =
      xmlXPathEvalExpression (BAD_CAST expression, context);
  xmlChar *text = xmlXPathCastToString (result);
  gchar *copy = g_strdup ((const gchar *) text);

  xmlFree (text);
  xmlXPathFreeObject (result);
  xmlXPathFreeContext (context);
  return copy;
}

static inline void
fuzz_assert_number (xmlDoc *document, const gchar *expression, guint64 wanted)
{
  g_autofree gchar *text = fuzz_evaluate (document, expression);

  g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==, wanted);
}
