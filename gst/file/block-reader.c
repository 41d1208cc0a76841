/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "block-reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "block-pool.h"

/* Smaller pieces are copied, so that sound does not keep blocks of pictures; one
 * of more than a quarter of a block is read by itself. */
#define COPIED_BYTES 4096
#define LARGE_BYTES (HAB_BLOCK_BYTES / 4)

/* Sound is asked for ahead of the pictures that it is between, so that one block
 * is begun while another is still wanted. */
#define N_WINDOWS 2

/* What part of the file a block has; offsets are those of the file. */
typedef struct
{
  HabBlock *block; /* or NULL */
  guint64 start;
  guint64 given;   /* in front of it others may have written */
  guint64 end;
} Window;

struct _HabBlockReader
{
  gint fd;
  HabBlockPool *pool;
  Window windows[N_WINDOWS]; /* the newest first */
  guint64 next;              /* behind what was asked for last */
};

HabBlockReader *
hab_block_reader_new (gint fd)
{
  HabBlockReader *self = g_new0 (HabBlockReader, 1);

  self->fd = fd;
  self->pool = hab_block_pool_new ();
  self->next = G_MAXUINT64;
  return self;
}

void
hab_block_reader_free (HabBlockReader *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_WINDOWS; i++)
    g_clear_pointer (&self->windows[i].block, hab_block_unref);
  hab_block_pool_unref (self->pool);
  g_free (self);
}

/* Less than size at the end of the file only, which may have come nearer since it
 * was asked for; -1 with errno set. */
static gssize
read_at (HabBlockReader *self, guint64 offset, guint8 *data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize got = pread (self->fd, data + done, size - done, offset + done);

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
  got = read_at (self, offset, map.data, size);
  gst_buffer_unmap (alone, &map);
  if (got > 0) {
    gst_buffer_resize (alone, 0, got);
    *buffer = g_steal_pointer (&alone);
  }
  return flow_of (got);
}

/* --- windows -------------------------------------------------------------- */

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

/* The oldest window goes. */
static GstFlowReturn
read_window (HabBlockReader *self, guint64 offset)
{
  HabBlock *block = hab_block_pool_take (self->pool);
  gssize got = read_at (self, offset, hab_block_get_data (block),
      HAB_BLOCK_BYTES);

  if (got <= 0) {
    hab_block_unref (block);
    return flow_of (got);
  }
  g_clear_pointer (&self->windows[N_WINDOWS - 1].block, hab_block_unref);
  memmove (self->windows + 1, self->windows,
      (N_WINDOWS - 1) * sizeof *self->windows);
  self->windows[0] = (Window){ block, offset, 0, offset + got };
  return GST_FLOW_OK;
}

/* --- pieces --------------------------------------------------------------- */

/* Goes on where the last piece ended, or not far behind the newest window. */
static gboolean
goes_on (const HabBlockReader *self, guint64 offset)
{
  const Window *newest = &self->windows[0];

  return offset == self->next ||
      (newest->block && offset <= newest->end + HAB_BLOCK_BYTES &&
          offset >= MAX (newest->start, newest->given));
}

static GstBuffer *
give (Window *window, guint64 offset, guint size)
{
  guint8 *data =
      hab_block_get_data (window->block) + (offset - window->start);

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

  if (window == NULL && size <= LARGE_BYTES && goes_on (self, offset)) {
    GstFlowReturn flow = read_window (self, offset);

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
