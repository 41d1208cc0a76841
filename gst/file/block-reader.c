/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "block-reader.h"

#include <errno.h>
#include <string.h>

#include "read-ahead.h"

/* Smaller pieces are copied, so that sound does not keep blocks of pictures; larger
 * ones are read by themselves. */
#define COPIED_BYTES 4096
#define LARGE_BYTES HAB_BLOCK_HEAD_BYTES

/* Sound is asked for ahead of the pictures that it is between, so that one block
 * is begun while another is still wanted. */
#define N_WINDOWS 2

/* What part of the file a block has; offsets are those of the file. */
typedef struct
{
  HabBlock *block; /* or NULL */
  guint64 origin;  /* of what was read */
  guint64 start;   /* of all: less, where something was put in front of that */
  guint64 given;   /* in front of it others may have written */
  guint64 end;
} Window;

struct _HabBlockReader
{
  gint fd;
  HabBlockPool *pool;
  HabReadAhead *ahead;
  Window windows[N_WINDOWS]; /* the newest first */
  guint64 next;              /* behind what was asked for last */
};

HabBlockReader *
hab_block_reader_new (gint fd)
{
  HabBlockReader *self = g_new0 (HabBlockReader, 1);

  self->fd = fd;
  self->pool = hab_block_pool_new ();
  self->ahead = hab_read_ahead_new (fd, self->pool);
  self->next = G_MAXUINT64;
  return self;
}

void
hab_block_reader_free (HabBlockReader *self)
{
  if (self == NULL)
    return;
  hab_read_ahead_free (self->ahead);
  for (guint i = 0; i < N_WINDOWS; i++)
    g_clear_pointer (&self->windows[i].block, hab_block_unref);
  hab_block_pool_unref (self->pool);
  g_free (self);
}

static GstFlowReturn
flow_of (gssize got)
{
  return got < 0 ? GST_FLOW_ERROR : got == 0 ? GST_FLOW_EOS : GST_FLOW_OK;
}

static GstFlowReturn
read_alone (HabBlockReader *self, guint64 offset, guint size,
    GstBuffer **buffer)
{
  g_autoptr (GstBuffer) alone = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;
  gssize got;

  if (alone == NULL || !gst_buffer_map (alone, &map, GST_MAP_WRITE)) {
    errno = ENOMEM;
    return GST_FLOW_ERROR;
  }
  got = hab_read_at (self->fd, offset, map.data, size);
  gst_buffer_unmap (alone, &map);
  if (got > 0) {
    gst_buffer_resize (alone, 0, got);
    *buffer = g_steal_pointer (&alone);
  }
  return flow_of (got);
}

/* --- windows -------------------------------------------------------------- */

static guint8 *
data_at (const Window *window, guint64 offset)
{
  return hab_block_get_data (window->block) +
      (gssize) (offset - window->origin);
}

static gboolean
has (const Window *window, guint64 offset, guint size)
{
  return window->block && offset >= MAX (window->start, window->given) &&
      offset <= window->end && size <= window->end - offset;
}

/* (nullable) */
static Window *
find_window (HabBlockReader *self, guint64 offset, guint size)
{
  for (guint i = 0; i < N_WINDOWS; i++) {
    if (has (&self->windows[i], offset, size))
      return &self->windows[i];
  }
  return NULL;
}

/* Takes block. The oldest window goes. */
static void
add_window (HabBlockReader *self, HabBlock *block, guint64 offset, gsize size)
{
  g_clear_pointer (&self->windows[N_WINDOWS - 1].block, hab_block_unref);
  memmove (self->windows + 1, self->windows,
      (N_WINDOWS - 1) * sizeof *self->windows);
  self->windows[0] = (Window){ block, offset, offset, 0, offset + size };
}

static GstFlowReturn
read_window (HabBlockReader *self, guint64 offset)
{
  HabBlock *block = hab_block_pool_take (self->pool);
  gssize got = hab_read_at (self->fd, offset, hab_block_get_data (block),
      HAB_BLOCK_BYTES);

  if (got > 0)
    add_window (self, block, offset, got);
  else
    hab_block_unref (block);
  return flow_of (got);
}

/* What a piece has in the window before the newest is put in front of that. Once,
 * and while nobody else has anything of it: others may write to what they have. */
static void
bridge (HabBlockReader *self, guint64 offset)
{
  Window *newest = &self->windows[0];
  const Window *last = &self->windows[1];

  if (last->block == NULL || last->end != newest->origin ||
      newest->start != newest->origin || newest->given > 0 ||
      !has (last, offset, last->end - offset) ||
      last->end - offset > HAB_BLOCK_HEAD_BYTES)
    return;
  memcpy (data_at (newest, offset), data_at (last, offset),
      last->end - offset);
  newest->start = offset;
}

/* --- pieces --------------------------------------------------------------- */

/* Not far around the end of the newest window. */
static gboolean
is_near (const HabBlockReader *self, guint64 offset)
{
  const Window *newest = &self->windows[0];

  return newest->block && offset <= newest->end + HAB_BLOCK_BYTES &&
      offset >= MAX (newest->start, newest->given);
}

/* The block behind the newest window, that was read meanwhile. */
static gboolean
take_ahead (HabBlockReader *self)
{
  guint64 end = self->windows[0].end;
  gsize size;
  HabBlock *block = hab_read_ahead_take (self->ahead, end, &size);

  if (block)
    add_window (self, block, end, size);
  return block != NULL;
}

/* Goes on to the next window; where that follows the one before, another one will. */
static GstFlowReturn
go_on (HabBlockReader *self, guint64 offset)
{
  gboolean near = is_near (self, offset);

  if (!near || !take_ahead (self)) {
    GstFlowReturn flow = read_window (self, offset);

    if (flow != GST_FLOW_OK)
      return flow;
  }
  if (near)
    hab_read_ahead_begin (self->ahead, self->windows[0].end);
  bridge (self, offset);
  return GST_FLOW_OK;
}

static GstBuffer *
give (Window *window, guint64 offset, guint size)
{
  guint8 *data = data_at (window, offset);

  if (size <= COPIED_BYTES)
    return gst_buffer_new_memdup (data, size);
  window->given = offset + size;
  return gst_buffer_new_wrapped_full (0, data, size, 0, size,
      hab_block_ref (window->block), (GDestroyNotify) hab_block_unref);
}

static GstFlowReturn
read_piece (HabBlockReader *self, guint64 offset, guint size,
    GstBuffer **buffer)
{
  Window *window = find_window (self, offset, size);

  if (window == NULL && size <= LARGE_BYTES &&
      (offset == self->next || is_near (self, offset))) {
    GstFlowReturn flow = go_on (self, offset);

    if (flow != GST_FLOW_OK)
      return flow;
    window = find_window (self, offset, size);
  }
  if (window == NULL)
    return read_alone (self, offset, size, buffer);
  *buffer = give (window, offset, size);
  return GST_FLOW_OK;
}

GstFlowReturn
hab_block_reader_read (HabBlockReader *self, guint64 offset, guint size,
    GstBuffer **buffer)
{
  GstFlowReturn flow;

  /* As filesrc does: what is asked for is there. */
  if (size == 0) {
    *buffer = gst_buffer_new ();
    return GST_FLOW_OK;
  }
  flow = read_piece (self, offset, size, buffer);
  self->next = offset + size;
  return flow;
}
