/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* A plug-in that does what the author of a hostile file would like a decoder
 * to do. Its demuxer is the first choice for MP4; when it is started it acts, and
 * then it fails, so that the next demuxer has its turn. */

#include <gst/gst.h>

#include "hostile-acts.h"

GType hab_hostile_get_type (void);

typedef GstElement HabHostile;
typedef GstElementClass HabHostileClass;

G_DEFINE_TYPE (HabHostile, hab_hostile, GST_TYPE_ELEMENT)

/* --- the element ------------------------------------------------------- */

static GstStateChangeReturn
hab_hostile_change_state (GstElement *element, GstStateChange change)
{
  if (change == GST_STATE_CHANGE_NULL_TO_READY) {
    g_autofree gchar *text = hostile_read_acts ();

    hostile_act (text);
    return GST_STATE_CHANGE_FAILURE;
  }
  return GST_ELEMENT_CLASS (hab_hostile_parent_class)->change_state (element,
      change);
}

static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/quicktime"));
static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS_ANY);

static void
hab_hostile_class_init (HabHostileClass *klass)
{
  klass->change_state = hab_hostile_change_state;
  gst_element_class_add_static_pad_template (klass, &sink);
  gst_element_class_add_static_pad_template (klass, &src);
  gst_element_class_set_static_metadata (klass, "Hostile demuxer",
      "Codec/Demuxer", "Attacks", "Haberdash");
}

static void
hab_hostile_init (HabHostile *self)
{
  gst_element_add_pad (self, gst_pad_new_from_static_template (&sink, "sink"));
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "hostiledemux",
      GST_RANK_PRIMARY + 1000, hab_hostile_get_type ());
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, hostile,
    "Attacks from within", plugin_init, PACKAGE_VERSION, HAB_LICENSE,
    HAB_PACKAGE_NAME, HAB_PACKAGE_ORIGIN)
