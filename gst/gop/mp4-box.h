/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbytereader.h>

G_BEGIN_DECLS

/* Boxes of the ISO base media file format (ISO/IEC 14496-12) and of QuickTime
 * in memory. A box is 32 bits of size, 32 bits of type, then, where the size
 * is 1, 64 bits of size; size 0 reaches to the end of what surrounds it. */

#define HAB_MP4_ERROR (hab_mp4_error_quark ())
GQuark hab_mp4_error_quark (void);

typedef enum
{
  HAB_MP4_ERROR_NOT_MP4,     /* something else altogether */
  HAB_MP4_ERROR_TRUNCATED,   /* the file ends before what it announces */
  HAB_MP4_ERROR_MALFORMED,   /* the boxes contradict themselves */
  HAB_MP4_ERROR_UNSUPPORTED, /* valid, but not read here */
  HAB_MP4_ERROR_IO,
} HabMp4Error;

#define HAB_MP4_FOURCC(a, b, c, d)                                   \
  ((guint32) (a) << 24 | (guint32) (b) << 16 | (guint32) (c) << 8 |  \
      (guint32) (d))

typedef struct
{
  guint32 type;
  const guint8 *data; /* after the header */
  gsize size;         /* of data */
} HabMp4Box;

/* Takes the next box from reader. FALSE at the end, and also where what is
 * left is no box that fits; hab_mp4_boxes_end_well () tells these apart. */
gboolean hab_mp4_box_next (GstByteReader *reader, HabMp4Box *box);

/* Whether a reader that hab_mp4_box_next () refused is at its end. QuickTime
 * leaves up to 7 bytes there. */
gboolean hab_mp4_boxes_end_well (const GstByteReader *reader);

/* The first child of this type, FALSE where there is none. */
gboolean hab_mp4_box_find (const HabMp4Box *parent, guint32 type,
    HabMp4Box *child);

void hab_mp4_box_read (const HabMp4Box *box, GstByteReader *reader);

/* Takes version and flags of a full box. */
gboolean hab_mp4_box_read_full (const HabMp4Box *box, GstByteReader *reader,
    guint8 *version);

/* Takes a time or an offset of a full box, of which version 1 has 64 bits, where
 * version 0 has 32. */
gboolean hab_mp4_get_by_version (GstByteReader *reader, guint8 version,
    guint64 *number);

/* The type as text, what cannot be printed as '.'. */
const gchar *hab_mp4_fourcc_to_string (guint32 fourcc, gchar text[5]);

G_END_DECLS
