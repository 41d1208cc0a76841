/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstblockfilesrc.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (blockfilesrc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, blockfile,
    "Reads files in blocks", plugin_init, PACKAGE_VERSION, HAB_LICENSE,
    HAB_PACKAGE_NAME, HAB_PACKAGE_ORIGIN)
