/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "error-source.h"

#include <string.h>

static gboolean
is_adaptive_demuxer (GstElement *element)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *klass = factory ?
      gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_KLASS) :
      NULL;

  return klass && strstr (klass, "Demuxer") && strstr (klass, "Adaptive");
}

GstElement *
hab_error_source (GstElement *element)
{
  GstElement *ancestor = gst_object_ref (element);

  while (ancestor && !is_adaptive_demuxer (ancestor)) {
    GstElement *child = ancestor;

    ancestor = GST_ELEMENT (gst_object_get_parent (GST_OBJECT (child)));
    gst_object_unref (child);
  }
  return ancestor ? ancestor : gst_object_ref (element);
}
