/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "folder.h"

/* Ends a pipeline and what it wrote. Takes both. */
static inline void
end_pipeline (GstElement *pipeline, gchar *folder)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  remove_all (folder);
  g_free (folder);
}
