/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output-file.h"

G_BEGIN_DECLS

/* A track as one file, for on-demand use: init segment, segment index (sidx),
 * segments. How long the index will be is known at the end only, so room is
 * kept for as many entries as are expected, and what is left of it becomes a
 * free box; where it does not suffice, the segments are copied once, by the
 * file system if it can. */
typedef struct _HabSingleFile HabSingleFile;

/* The layout of the file, in bytes. */
typedef struct
{
  guint64 init_size;
  guint64 index_offset;
  guint64 index_size;
  guint64 segments_offset;
} HabSingleFileLayout;

HabSingleFile *hab_single_file_new (const gchar *folder, const gchar *name,
    gconstpointer init, gsize init_size, guint expected_segments,
    GError **error);
/* Removes what was written, unless it was committed. */
void hab_single_file_free (HabSingleFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabSingleFile, hab_single_file_free)

/* Appends to the segment at hand. */
gboolean hab_single_file_write (HabSingleFile *file, struct iovec *vectors,
    gsize n_vectors, GError **error);
/* Ends the segment at hand. */
void hab_single_file_end_segment (HabSingleFile *file);

/* Writes the index and gives the file its name. durations: of guint32, ticks,
 * one for each segment. */
gboolean hab_single_file_commit (HabSingleFile *file, guint32 timescale,
    guint64 earliest_time, const GArray *durations, gboolean durable,
    HabSingleFileLayout *layout, GError **error);

G_END_DECLS
