/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "media-input.h"
#include "package-config.h"

G_BEGIN_DECLS

/* A track of a package: what is between a stream of the input and a pad of
 * cencdashsink. */

/* What tracks are linked into. */
typedef struct
{
  const HabPackageConfig *config;
  GstBin *pipeline;
  GstElement *sink; /* cencdashsink */
} HabPackageTarget;

/* Where a track goes. */
typedef struct
{
  const gchar *name; /* pad of the sink */
  gint set;          /* number of its adaptation set, -1 by its content */
  gboolean recorded; /* it is what the catalog knows as the stream */
} HabPackagePlace;

/* pad: (nullable) of stream, or what was made of it. Returns the pad of the sink
 * (transfer full), or NULL with error, which must not be NULL, set. */
GstPad *hab_package_track_link (const HabPackageTarget *target, GstPad *pad,
    const HabMediaStream *stream, const HabPackagePlace *place,
    GError **error);
/* The same of text, which is neither cut nor encrypted, to this pad. */
GstPad *hab_package_track_link_text (const HabPackageTarget *target,
    GstPad *pad, const gchar *name, GError **error);

/* Puts before the error that message tells which track it is about, where an
 * element of one sent it. */
void hab_package_track_name_error (GstMessage *message, GError **error);

G_END_DECLS
