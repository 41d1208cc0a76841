/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* (transfer full): the element in whose name an error of element is to be
 * posted. dashdemux2 and hlsdemux2 of 1.22 plug a decryptor inside themselves,
 * take an error from there for one of the download, keep it to themselves and
 * wait for ever. Inside of one it is that demuxer, whose own errors reach the
 * application; everywhere else it is the element. */
GstElement *hab_error_source (GstElement *element);

G_END_DECLS
