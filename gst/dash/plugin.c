/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>

#include "gstcencdashsink.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (cencdashsink, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, cencdash,
    "MPEG-DASH packager with Common Encryption", plugin_init, PACKAGE_VERSION,
    HAB_LICENSE, HAB_PACKAGE_NAME, HAB_PACKAGE_ORIGIN)
