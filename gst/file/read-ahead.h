/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "block-pool.h"

G_BEGIN_DECLS

/* A thread that reads one block of a file while the one before it is worked on. Of
 * one caller at a time. */
typedef struct _HabReadAhead HabReadAhead;

/* fd and pool must outlive it. */
HabReadAhead *hab_read_ahead_new (gint fd, HabBlockPool *pool);
/* Waits for what is being read. */
void hab_read_ahead_free (HabReadAhead *ahead);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabReadAhead, hab_read_ahead_free)

/* Lets it read the block at offset. Does nothing while it reads another one. */
void hab_read_ahead_begin (HabReadAhead *ahead, guint64 offset);
/* (transfer full) (nullable): the block at offset, waited for, with size bytes of the
 * file in it, which are less than HAB_BLOCK_BYTES at its end only. NULL where that was
 * not begun, where nothing is there and where it could not be read. */
HabBlock *hab_read_ahead_take (HabReadAhead *ahead, guint64 offset,
    gsize *size);

/* Reads until there are size bytes or no more: how many, or -1 with errno set. The
 * end of the file may have come nearer since size was asked for. */
gssize hab_read_at (gint fd, guint64 offset, guint8 *data, gsize size);

G_END_DECLS
