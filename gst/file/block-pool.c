/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "block-pool.h"

/* Blocks that wait to be used again, at the most. */
#define MAX_FREE 16

struct _HabBlockPool
{
  GMutex lock;
  GPtrArray *free; /* of HabBlock, protected by lock */
};

struct _HabBlock
{
  HabBlockPool *pool; /* a reference while it is used */
  gint references;
  guint8 data[HAB_BLOCK_BYTES];
};

HabBlockPool *
hab_block_pool_new (void)
{
  HabBlockPool *pool = g_atomic_rc_box_new0 (HabBlockPool);

  g_mutex_init (&pool->lock);
  pool->free = g_ptr_array_new_with_free_func (g_free);
  return pool;
}

static void
pool_clear (HabBlockPool *pool)
{
  g_mutex_clear (&pool->lock);
  g_ptr_array_unref (pool->free);
}

void
hab_block_pool_unref (HabBlockPool *pool)
{
  g_atomic_rc_box_release_full (pool, (GDestroyNotify) pool_clear);
}

HabBlock *
hab_block_pool_take (HabBlockPool *pool)
{
  HabBlock *block = NULL;

  g_mutex_lock (&pool->lock);
  if (pool->free->len > 0)
    block = g_ptr_array_steal_index_fast (pool->free, pool->free->len - 1);
  g_mutex_unlock (&pool->lock);
  if (block == NULL)
    block = g_malloc (sizeof *block);
  block->pool = g_atomic_rc_box_acquire (pool);
  block->references = 1;
  return block;
}

guint8 *
hab_block_get_data (HabBlock *block)
{
  return block->data;
}

HabBlock *
hab_block_ref (HabBlock *block)
{
  g_atomic_int_inc (&block->references);
  return block;
}

void
hab_block_unref (HabBlock *block)
{
  HabBlockPool *pool = block->pool;

  if (!g_atomic_int_dec_and_test (&block->references))
    return;
  g_mutex_lock (&pool->lock);
  if (pool->free->len < MAX_FREE) {
    g_ptr_array_add (pool->free, block);
    block = NULL;
  }
  g_mutex_unlock (&pool->lock);
  g_free (block);
  hab_block_pool_unref (pool);
}
