/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is written in attributes of an MPD (ISO/IEC 23009-1): addresses,
 * templates of them, durations. Strings only. */

/* (transfer full) (nullable): url behind base, as a path below the manifest's
 * folder; NULL where it is elsewhere. */
gchar *hab_mpd_resolve (const gchar *base, const gchar *url);

/* Seconds of an xs:duration such as PT1M2.5S; -1 where it is none. */
gdouble hab_mpd_parse_duration (const gchar *text);

/* (transfer full) (nullable): a SegmentTemplate address (5.3.9.4.4) with its
 * identifiers replaced; NULL where it is malformed. */
gchar *hab_mpd_fill_template (const gchar *pattern, const gchar *id,
    guint64 bandwidth, guint64 number, guint64 time);

G_END_DECLS
