/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Blocks of memory of one size that are used again: given back to the system and
 * taken from it each time, they would cost more than what is done with them. May
 * be used in any thread; blocks may outlive the owner of their pool. */

#define HAB_BLOCK_BYTES (512 * 1024)

typedef struct _HabBlockPool HabBlockPool;
typedef struct _HabBlock HabBlock;

HabBlockPool *hab_block_pool_new (void);
void hab_block_pool_unref (HabBlockPool *pool);

/* (transfer full): with whatever was in it last. */
HabBlock *hab_block_pool_take (HabBlockPool *pool);

guint8 *hab_block_get_data (HabBlock *block);
HabBlock *hab_block_ref (HabBlock *block);
void hab_block_unref (HabBlock *block);

G_END_DECLS
