/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "read-ahead-source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gst/base/gstbasesrc.h>

#include "block-pool.h"

/* Smaller pieces are copied, so that sound does not keep blocks of pictures; one
 * of more than a quarter of a block is read by itself. */
#define COPIED_BYTES 4096
#define LARGE_BYTES (HAB_BLOCK_BYTES / 4)

#define HAB_TYPE_READ_AHEAD_SOURCE (hab_read_ahead_source_get_type ())
G_DECLARE_FINAL_TYPE (HabReadAheadSource, hab_read_ahead_source, HAB,
    READ_AHEAD_SOURCE, GstBaseSrc)

/* Sound is asked for ahead of the pictures that it is between, so that one block
 * is begun while another is still wanted. */
#define N_WINDOWS 2

/* What part of the file a block has. */
typedef struct
{
  HabBlock *block; /* or NULL */
  guint64 start;
  gsize size;
  gsize given;     /* before it others may have written */
} Window;

struct _HabReadAheadSource
{
  GstBaseSrc parent;

  gchar *path; /* set before start, then constant */
  gint fd;     /* -1 until it is started */

  /* streaming thread only */
  HabBlockPool *pool;
  Window windows[N_WINDOWS]; /* the newest first */
  guint64 next; /* behind what was asked for last */
};

G_DEFINE_FINAL_TYPE (HabReadAheadSource, hab_read_ahead_source,
    GST_TYPE_BASE_SRC)

/* --- reading ------------------------------------------------------------- */

/* -1 with an error posted; less than size at the end of the file only. */
static gssize
read_at (HabReadAheadSource *self, guint64 offset, guint8 *data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize got = pread (self->fd, data + done, size - done, offset + done);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      GST_ELEMENT_ERROR (self, RESOURCE, READ, (NULL), GST_ERROR_SYSTEM);
      return -1;
    }
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
read_alone (HabReadAheadSource *self, guint64 offset, guint size,
    GstBuffer **buffer)
{
  g_autoptr (GstBuffer) alone = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;
  gssize got;

  gst_buffer_map (alone, &map, GST_MAP_WRITE);
  got = read_at (self, offset, map.data, size);
  gst_buffer_unmap (alone, &map);
  if (got > 0) {
    gst_buffer_resize (alone, 0, got);
    *buffer = g_steal_pointer (&alone);
  }
  return flow_of (got);
}

/* Into the oldest window. */
static GstFlowReturn
read_window (HabReadAheadSource *self, guint64 offset)
{
  Window window = self->windows[N_WINDOWS - 1];
  gssize got;

  g_clear_pointer (&window.block, hab_block_unref);
  memmove (self->windows + 1, self->windows,
      (N_WINDOWS - 1) * sizeof *self->windows);
  window.block = hab_block_pool_take (self->pool);
  window.start = offset;
  window.given = 0;
  got = read_at (self, offset, hab_block_get_data (window.block),
      HAB_BLOCK_BYTES);
  window.size = MAX (got, 0);
  self->windows[0] = window;
  return flow_of (got);
}

static gboolean
has (const Window *window, guint64 offset, guint size)
{
  return window->block && offset >= window->start + window->given &&
      offset - window->start <= window->size &&
      size <= window->size - (offset - window->start);
}

/* (nullable) */
static Window *
find_window (HabReadAheadSource *self, guint64 offset, guint size)
{
  for (guint i = 0; i < N_WINDOWS; i++) {
    if (has (&self->windows[i], offset, size))
      return &self->windows[i];
  }
  return NULL;
}

/* Goes on where the last piece ended, or not far behind the newest window. */
static gboolean
goes_on (const HabReadAheadSource *self, guint64 offset)
{
  const Window *newest = &self->windows[0];

  return offset == self->next ||
      (newest->block && offset >= newest->start + newest->given &&
          offset - newest->start <= newest->size + HAB_BLOCK_BYTES);
}

static GstBuffer *
give (Window *window, guint64 offset, guint size)
{
  guint8 *data =
      hab_block_get_data (window->block) + (offset - window->start);

  if (size <= COPIED_BYTES)
    return gst_buffer_new_memdup (data, size);
  window->given = offset - window->start + size;
  return gst_buffer_new_wrapped_full (0, data, size, 0, size,
      hab_block_ref (window->block), (GDestroyNotify) hab_block_unref);
}

static GstFlowReturn
read_piece (HabReadAheadSource *self, guint64 offset, guint size,
    GstBuffer **buffer)
{
  Window *window = find_window (self, offset, size);

  if (window == NULL) {
    GstFlowReturn flow;

    if (size > LARGE_BYTES || !goes_on (self, offset))
      return read_alone (self, offset, size, buffer);
    flow = read_window (self, offset);
    if (flow != GST_FLOW_OK)
      return flow;
    window = &self->windows[0];
    size = MIN (size, window->size);
  }
  *buffer = give (window, offset, size);
  return GST_FLOW_OK;
}

static GstFlowReturn
hab_read_ahead_source_create (GstBaseSrc *source, guint64 offset, guint size,
    GstBuffer **buffer)
{
  HabReadAheadSource *self = HAB_READ_AHEAD_SOURCE (source);
  GstFlowReturn flow = read_piece (self, offset, size, buffer);

  self->next = offset + size;
  if (flow == GST_FLOW_OK) {
    GST_BUFFER_OFFSET (*buffer) = offset;
    GST_BUFFER_OFFSET_END (*buffer) = offset + gst_buffer_get_size (*buffer);
  }
  return flow;
}

/* --- the file ------------------------------------------------------------ */

static gboolean
hab_read_ahead_source_start (GstBaseSrc *source)
{
  HabReadAheadSource *self = HAB_READ_AHEAD_SOURCE (source);

  self->fd = g_open (self->path, O_RDONLY | O_CLOEXEC, 0);
  if (self->fd < 0) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, (NULL), GST_ERROR_SYSTEM);
    return FALSE;
  }
  self->pool = hab_block_pool_new ();
  self->next = G_MAXUINT64;
  return TRUE;
}

static gboolean
hab_read_ahead_source_stop (GstBaseSrc *source)
{
  HabReadAheadSource *self = HAB_READ_AHEAD_SOURCE (source);

  for (guint i = 0; i < N_WINDOWS; i++)
    g_clear_pointer (&self->windows[i].block, hab_block_unref);
  g_clear_pointer (&self->pool, hab_block_pool_unref);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  return TRUE;
}

static gboolean
hab_read_ahead_source_get_size (GstBaseSrc *source, guint64 *size)
{
  HabReadAheadSource *self = HAB_READ_AHEAD_SOURCE (source);
  struct stat st;

  if (fstat (self->fd, &st) < 0)
    return FALSE;
  *size = st.st_size;
  return TRUE;
}

static gboolean
hab_read_ahead_source_is_seekable (GstBaseSrc *source)
{
  return TRUE;
}

/* By the ending of the name containers are told from each other. */
static gboolean
hab_read_ahead_source_query (GstBaseSrc *source, GstQuery *query)
{
  HabReadAheadSource *self = HAB_READ_AHEAD_SOURCE (source);
  g_autofree gchar *uri = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_URI)
    return GST_BASE_SRC_CLASS (hab_read_ahead_source_parent_class)
        ->query (source, query);
  uri = gst_filename_to_uri (self->path, NULL);
  gst_query_set_uri (query, uri);
  return uri != NULL;
}

/* --- object -------------------------------------------------------------- */

static void
hab_read_ahead_source_finalize (GObject *object)
{
  g_free (HAB_READ_AHEAD_SOURCE (object)->path);
  G_OBJECT_CLASS (hab_read_ahead_source_parent_class)->finalize (object);
}

static void
hab_read_ahead_source_class_init (HabReadAheadSourceClass *klass)
{
  GstBaseSrcClass *source_class = GST_BASE_SRC_CLASS (klass);
  g_autoptr (GstCaps) any = gst_caps_new_any ();

  G_OBJECT_CLASS (klass)->finalize = hab_read_ahead_source_finalize;
  source_class->start = hab_read_ahead_source_start;
  source_class->stop = hab_read_ahead_source_stop;
  source_class->get_size = hab_read_ahead_source_get_size;
  source_class->is_seekable = hab_read_ahead_source_is_seekable;
  source_class->query = hab_read_ahead_source_query;
  source_class->create = hab_read_ahead_source_create;
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass),
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, any));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "File reader", "Source/File", "Reads a file in blocks",
      "The Haberdash developers");
}

static void
hab_read_ahead_source_init (HabReadAheadSource *self)
{
  self->fd = -1;
}

GstElement *
hab_read_ahead_source_new (const gchar *path)
{
  HabReadAheadSource *self = g_object_new (HAB_TYPE_READ_AHEAD_SOURCE, NULL);

  self->path = g_strdup (path);
  return GST_ELEMENT (self);
}
