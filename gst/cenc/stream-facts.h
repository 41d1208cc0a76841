/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* (transfer full): caps of video (clear or application/x-cenc), and where they
 * lack them colorimetry, mastering-display-info, content-light-level and
 * pixel-aspect-ratio, as the headers of the stream say them. first is the first
 * access unit, whose headers are in the clear also where it is encrypted.
 *
 * A demuxer tells what the container says, which may be nothing: the parameter
 * sets and SEI messages of the stream are a parser's to read. GStreamer's is
 * asked beside the stream, with the one access unit, since what goes through it
 * may come out changed. */
GstCaps *hab_stream_facts_add (GstCaps *caps, GstBuffer *first);

G_END_DECLS
