/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "data-dir.h"

G_BEGIN_DECLS

/* Files that were made of inputs and can be made again: GOPs, what filters made of
 * them, their frames, pictures. They are in cuts/, up to a number of bytes on
 * the disk; what was not asked for the longest goes first. When a file was asked
 * for last is its time of access, which is set by hand and read when a service
 * starts, so that the order outlives it.
 *
 * A file gets its name here when it is whole, and is written to the disk by a
 * thread; at the next start those that are there are taken up. Thread-safe. */
typedef struct _HabCache HabCache;

/* dir must outlive it. Takes up what is in cuts/ of inputs whose storage is in
 * owners (a set of strings), and removes all else. */
HabCache *hab_cache_new (HabDataDir *dir, guint64 max_bytes,
    GHashTable *owners);
/* Waits until all that is kept is on the disk. */
void hab_cache_free (HabCache *cache);

/* (transfer full): the name of what is made of the input whose storage is
 * owner. what: other than anything else that is made of it; its end says what
 * type the file is of. */
gchar *hab_cache_make_name (const gchar *owner, const gchar *what);
/* (transfer full) (nullable): the owner of a name; NULL where it is none that
 * this version of the program gives. */
gchar *hab_cache_get_owner (const gchar *name);

/* A descriptor for reading, the caller's; -1 where it is not there. */
int hab_cache_open (HabCache *cache, const gchar *name);

/* Whether it is there; that is no use of it. */
gboolean hab_cache_has (HabCache *cache, const gchar *name);

/* Somebody makes what has this name, and calls one of the two below. */
void hab_cache_begin (HabCache *cache, const gchar *name);
/* draft: in work/, whole. It gets its name, unless its input is
 * gone by now or it is larger than all there is room for; then it is removed. */
gboolean hab_cache_keep (HabCache *cache, const gchar *name,
    const gchar *draft, GError **error);
void hab_cache_give_up (HabCache *cache, const gchar *name);
/* Somebody waits for what is made already: counted, no more. */
void hab_cache_share (HabCache *cache);

/* The input is gone: its files are removed, and those that are being made are
 * not kept. */
void hab_cache_forget (HabCache *cache, const gchar *owner);

typedef struct
{
  guint64 bytes, max_bytes;
  guint files;
  guint64 hits, shared, misses, evictions; /* since the start */
} HabCacheStatistics;

void hab_cache_get_statistics (HabCache *cache,
    HabCacheStatistics *statistics);

/* Whether a file is what its name says, from its first byte to its last. FALSE
 * with G_IO_ERROR_INVALID_DATA where not. */
gboolean hab_cache_check_file (int fd, const gchar *name, GError **error);

G_END_DECLS
