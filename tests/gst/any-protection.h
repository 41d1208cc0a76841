/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* How a track of any-tracks is encrypted: which key when, as cbcsenc's
 * properties are documented, and what the boxes of a file say of that. */

#define MAX_KIDS 4
#define KID_BYTES 16

typedef struct
{
  guint n_kids;          /* 0: in the clear */
  guint kids[MAX_KIDS];  /* which of the keys there are; one may come again */
  GstClockTime clear_lead, crypto_period; /* ns */
} Protection;

/* Of one sample. */
typedef struct
{
  gboolean encrypted;
  guint8 kid[KID_BYTES]; /* of one that is encrypted */
} SampleKey;

void protection_choose (Protection *self);

/* Where the lead may end is a matter of nanoseconds for a sample that is shown
 * at this time, which a file has in ticks of so many: what reads the file may
 * not find it on the same side. */
gboolean protection_is_at_edge (const Protection *self, gint64 pts,
    GstClockTime tick);

/* The keys of a file of keys, a line each. */
void protection_write_keys (const gchar *path);

/* cbcsenc with its properties and what links it to the next element; "" in the
 * clear. (transfer full) */
gchar *protection_to_line (const Protection *self, const gchar *key_file);

/* The key of a sample. key: that of the one before, which begins as zeros; only
 * where decoding can begin another one may count. pts: running time. */
void protection_follow (const Protection *self, SampleKey *key,
    gboolean random_access, gint64 pts);

/* What the boxes of a fragmented file say, in decoding order: the sample entry
 * of a fragment, and of encrypted ones its sample group "seig", else the
 * entry's default. Of SampleKey. (transfer full) */
GArray *sample_keys_read (const guint8 *file, gsize size);
