/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>

#include "gstcbcsdec.h"
#include "gstcbcsenc.h"
#include "gstcencmux.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean registered = FALSE;

  registered |= GST_ELEMENT_REGISTER (cbcsdec, plugin);
  registered |= GST_ELEMENT_REGISTER (cbcsenc, plugin);
  registered |= GST_ELEMENT_REGISTER (cencmux, plugin);
  return registered;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, cenc,
    "Common Encryption (cbcs): encryptor, decryptor, CMAF muxer", plugin_init,
    PACKAGE_VERSION, HAB_LICENSE, HAB_PACKAGE_NAME, HAB_PACKAGE_ORIGIN)
