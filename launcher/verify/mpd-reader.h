/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keys.h"
#include "report.h"

G_BEGIN_DECLS

/* What an MPD (ISO/IEC 23009-1) says of files beside it: any packager's, with
 * SegmentTemplate, SegmentList, SegmentBase or a whole file. */

typedef struct
{
  gchar *file;          /* relative to the manifest's folder */
  guint64 offset, size; /* size 0: to the end of the file */
} HabMpdBytes;

typedef struct
{
  HabMpdBytes bytes;
  guint64 time, duration; /* ticks; of the presentation, with its offset */
} HabMpdSegment;

typedef struct
{
  gchar *scheme;      /* schemeIdUri, lower case */
  gchar *value;       /* "cbcs", … or NULL */
  gchar *default_kid; /* as it stands, or NULL */
  gchar *pssh;        /* base64, or NULL */
} HabMpdProtection;

typedef struct
{
  gchar *id, *mime_type, *codecs; /* codecs may be NULL */
  guint64 bandwidth;    /* bits a second */
  guint width, height;  /* 0 where it does not say */
  guint64 timescale;
  gboolean exact;       /* times are those of a SegmentTimeline */
  HabMpdBytes init;     /* file NULL: none apart from the segments */
  HabMpdBytes index;    /* SegmentBase@indexRange; file NULL: none */
  gboolean has_initial; /* the init segment is in the (one) segment */
  GArray *segments;     /* of HabMpdSegment */
  GPtrArray *protections; /* of HabMpdProtection */
} HabMpdTrack;

typedef struct
{
  gchar *name;         /* of its file */
  gdouble duration;    /* mediaPresentationDuration, seconds; -1: none */
  gboolean dynamic;
  guint n_periods;
  GPtrArray *tracks;   /* of HabMpdTrack: every Representation */
} HabMpdDocument;

/* Findings go into report; NULL where nothing of it can be read. */
HabMpdDocument *hab_mpd_document_read (const gchar *folder,
    const gchar *name, HabReport *report);
void hab_mpd_document_free (HabMpdDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMpdDocument, hab_mpd_document_free)

/* (transfer full) (nullable): url behind base, as a path below the manifest's
 * folder; NULL where it is elsewhere. */
gchar *hab_mpd_resolve (const gchar *base, const gchar *url);

/* Seconds of an xs:duration such as PT1M2.5S; -1 where it is none. */
gdouble hab_mpd_parse_duration (const gchar *text);

/* (transfer full) (nullable): a SegmentTemplate address (ISO/IEC 23009-1,
 * 5.3.9.4.4) with its identifiers replaced; NULL where it is malformed. */
gchar *hab_mpd_fill_template (const gchar *pattern, const gchar *id,
    guint64 bandwidth, guint64 number, guint64 time);

G_END_DECLS
