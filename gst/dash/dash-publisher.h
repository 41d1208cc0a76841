/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dash-settings.h"
#include "dash-stream.h"

G_BEGIN_DECLS

/* From the streams of cencdashsink to the files that name their segments: once
 * at the end or, where the presentation is watched while it is made, whenever
 * there is a segment more. Posts on the element's bus what became of it. Its
 * functions may be called from any thread. */
typedef struct _HabDashPublisher HabDashPublisher;

/* element and settings outlive it. */
HabDashPublisher *hab_dash_publisher_new (GstElement *element,
    const HabDashSettings *settings);
void hab_dash_publisher_free (HabDashPublisher *publisher);

/* To before the first segment: removes what manifests there are. FALSE with an
 * error posted where that is impossible. */
gboolean hab_dash_publisher_open (HabDashPublisher *publisher);
/* Nothing is written any more. */
void hab_dash_publisher_close (HabDashPublisher *publisher);

/* stream, one of streams (of HabDashStream), has a segment more. */
void hab_dash_publisher_add_segment (HabDashPublisher *publisher,
    GPtrArray *streams, HabDashStream *stream, const HabDashSegment *segment);

/* All streams have ended. TRUE where it is now a whole presentation; else an
 * error was posted. */
gboolean hab_dash_publisher_finish (HabDashPublisher *publisher,
    GPtrArray *streams);

G_END_DECLS
