/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

G_BEGIN_DECLS

/* An answer that goes on: server-sent events (text/event-stream, HTML Standard
 * 9.2). One text is on its way at a time, so that memory does not follow a
 * client that reads slowly; one that reads nothing for 30 seconds is dropped.
 * While nothing is sent a comment goes out every 15 seconds. Main thread. */
typedef struct _HabEventStream HabEventStream;

/* Begins the answer with text, whole events. sent is called each time a text has left, closed once,
 * when the client is gone or the stream has ended; it frees the stream. */
HabEventStream *hab_event_stream_new (HabRequest *request,
    const gchar *text, void (*sent) (gpointer data), void (*closed) (gpointer data),
    gpointer data);
void hab_event_stream_free (HabEventStream *stream);

/* Whether the next text may be sent. */
gboolean hab_event_stream_is_idle (HabEventStream *stream);
/* Whole events, each with the empty line at its end. */
void hab_event_stream_send (HabEventStream *stream, const gchar *text);
/* Ends the answer when what was sent has left. */
void hab_event_stream_end (HabEventStream *stream);

/* Adds an event to text; id 0 for none, data without a line break. */
void hab_event_stream_format (GString *text, gint64 id, const gchar *event,
    const gchar *data);

G_END_DECLS
