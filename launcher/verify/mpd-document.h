/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What an MPD (ISO/IEC 23009-1) says of files beside it, whatever way it says
 * that: a track is a Representation, with all that its AdaptationSet and its
 * Period say of it. */

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
  gdouble offset;       /* presentationTimeOffset, seconds */
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

/* (transfer full). name: of its file. */
HabMpdDocument *hab_mpd_document_new (const gchar *name);
void hab_mpd_document_free (HabMpdDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMpdDocument, hab_mpd_document_free)

/* (transfer full) (element-type HabMpdSegment): none yet. */
GArray *hab_mpd_segments_new (void);

/* (transfer none): one more, of which nothing is known yet. */
HabMpdTrack *hab_mpd_document_add_track (HabMpdDocument *document);

G_END_DECLS
