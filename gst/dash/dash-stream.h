/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "adaptation-sets.h"
#include "dash-settings.h"
#include "dash-timeline.h"

G_BEGIN_DECLS

/* What is behind a pad of cencdashsink: cencmux, a queue and a writer, or for
 * text a queue and a writer, and what is known of what was written. Counted
 * references: a stream may be released while somebody goes through a list of
 * them. */
typedef struct
{
  /* Owned beside the bin: somebody may still go through them when it has let go
   * of them. */
  GstPad *pad; /* NULL before it has one */
  GstElement *queue, *mux, *sink; /* mux is NULL for text */

  /* protected by lock */
  GMutex lock;
  gboolean ended;
  HabDashTimeline timeline;
} HabDashStream;

/* (transfer full) (nullable): name is that of its pad and of its folder. NULL
 * where GStreamer lacks an element. */
HabDashStream *hab_dash_stream_new (const gchar *name, gboolean text);
HabDashStream *hab_dash_stream_ref (HabDashStream *stream);
void hab_dash_stream_unref (HabDashStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabDashStream, hab_dash_stream_unref)

gboolean hab_dash_stream_is_text (const HabDashStream *stream);
/* Whether there is to be more than text: of streams (of HabDashStream). */
gboolean hab_dash_streams_have_media (const GPtrArray *streams);

/* Puts its elements into the bin, and takes them out of it again. Whoever waits
 * in them is let go. */
gboolean hab_dash_stream_add_to (HabDashStream *stream, GstBin *bin);
void hab_dash_stream_remove_from (HabDashStream *stream, GstBin *bin);
/* Brings them to the bin's state. */
void hab_dash_stream_start (HabDashStream *stream);

/* (transfer full): where its data goes in. */
GstPad *hab_dash_stream_get_entry (HabDashStream *stream);

/* To be called before it starts. */
void hab_dash_stream_configure (HabDashStream *stream,
    const HabDashSettings *settings);
/* Back to before the first segment. */
void hab_dash_stream_reset (HabDashStream *stream);

/* Whether what comes to it comes from a live source. */
gboolean hab_dash_stream_is_live (HabDashStream *stream);

/* Takes a segment that is in place. */
void hab_dash_stream_append (HabDashStream *stream,
    const HabDashSegment *segment);
/* Nothing comes any more, until it is reset. */
void hab_dash_stream_end (HabDashStream *stream);
gboolean hab_dash_stream_has_ended (HabDashStream *stream);
/* Whether there is one, or nothing is going to come. */
gboolean hab_dash_stream_began (HabDashStream *stream);
/* FALSE where its last segment does not begin with that of a stream (of
 * HabDashStream) that was told to be in the same adaptation set. */
gboolean hab_dash_stream_meets (HabDashStream *stream, GPtrArray *streams,
    HabMisalignment *misalignment);

/* Segments further back than the window of the settings are named no more. */
void hab_dash_stream_advance (HabDashStream *stream,
    const HabDashSettings *settings);
/* Removes the files of segments that nobody can want any more. */
void hab_dash_stream_remove_expired (HabDashStream *stream,
    const HabDashSettings *settings);

/* (transfer full): what was written. live: there may be more to come. NULL with
 * error set where the stream cannot be described, G_IO_ERROR_CLOSED where there
 * is nothing of it. */
HabRepresentation *hab_dash_stream_describe (HabDashStream *stream,
    const HabDashSettings *settings, gboolean live, GError **error);

G_END_DECLS
