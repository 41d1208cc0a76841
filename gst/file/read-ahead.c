/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "read-ahead.h"

#include <errno.h>
#include <unistd.h>

typedef enum
{
  IDLE,
  ASKED,   /* there is an offset */
  READ,    /* there is a block */
  STOPPING,
} State;

struct _HabReadAhead
{
  gint fd;
  HabBlockPool *pool;
  GThread *thread;

  GMutex lock;
  GCond changed;

  /* protected by lock */
  State state;
  guint64 offset;
  HabBlock *block; /* (nullable) */
  gsize size;
};

gssize
hab_read_at (gint fd, guint64 offset, guint8 *data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize got = pread (fd, data + done, size - done, offset + done);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    done += got;
  }
  return done;
}

/* Not with the lock: of a slow disk it takes its time. */
static void
read_block (HabReadAhead *self)
{
  guint64 offset = self->offset;
  HabBlock *block = hab_block_pool_take (self->pool);
  gssize got;

  g_mutex_unlock (&self->lock);
  got = hab_read_at (self->fd, offset, hab_block_get_data (block),
      HAB_BLOCK_BYTES);
  if (got <= 0)
    g_clear_pointer (&block, hab_block_unref);
  g_mutex_lock (&self->lock);
  self->block = block;
  self->size = MAX (got, 0);
  if (self->state == ASKED)
    self->state = READ;
  g_cond_signal (&self->changed);
}

static gpointer
run (gpointer data)
{
  HabReadAhead *self = data;

  g_mutex_lock (&self->lock);
  while (self->state != STOPPING) {
    if (self->state == ASKED)
      read_block (self);
    else
      g_cond_wait (&self->changed, &self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

HabReadAhead *
hab_read_ahead_new (gint fd, HabBlockPool *pool)
{
  HabReadAhead *self = g_new0 (HabReadAhead, 1);

  self->fd = fd;
  self->pool = pool;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->thread = g_thread_new ("read-ahead", run, self);
  return self;
}

void
hab_read_ahead_free (HabReadAhead *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->state = STOPPING;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_clear_pointer (&self->block, hab_block_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

void
hab_read_ahead_begin (HabReadAhead *self, guint64 offset)
{
  g_mutex_lock (&self->lock);
  if (self->state != ASKED) {
    g_clear_pointer (&self->block, hab_block_unref);
    self->offset = offset;
    self->state = ASKED;
    g_cond_signal (&self->changed);
  }
  g_mutex_unlock (&self->lock);
}

HabBlock *
hab_read_ahead_take (HabReadAhead *self, guint64 offset, gsize *size)
{
  HabBlock *block = NULL;

  g_mutex_lock (&self->lock);
  if (self->state != IDLE && self->offset == offset) {
    while (self->state == ASKED)
      g_cond_wait (&self->changed, &self->lock);
    block = g_steal_pointer (&self->block);
    *size = self->size;
    self->state = IDLE;
  }
  g_mutex_unlock (&self->lock);
  return block;
}
