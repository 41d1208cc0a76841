/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcatalogrecorder.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (catalogrecorder, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, catalog,
    "Records what passes in a catalog", plugin_init, PACKAGE_VERSION,
    HAB_LICENSE, HAB_PACKAGE_NAME, HAB_PACKAGE_ORIGIN)
