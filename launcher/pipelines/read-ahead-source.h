/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A source for a regular file, which demuxers pull from a sample at a time. It
 * reads the file in blocks and hands out pieces of them, each a memory of its own
 * that may be written to; filesrc makes two system calls and an allocation of
 * each sample. Where the samples of one moment lie far apart, it reads no more
 * than is asked for.
 *
 * (transfer floating) */
GstElement *hab_read_ahead_source_new (const gchar *path);

G_END_DECLS
