/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-blockfilesrc
 * @title: blockfilesrc
 *
 * Reads a regular file, for demuxers that pull a sample at a time. It reads in
 * blocks of 512 KiB and hands out pieces of them, each a memory of its own that
 * may be written to, so that an encryptor behind works in place. filesrc makes two
 * system calls and an allocation of each sample instead.
 *
 * Blocks are used again when all their pieces are gone. Pieces of 4 KiB and less
 * are copied, so that sound does not keep blocks of pictures; pieces of more than
 * 128 KiB, and those that are not near to where was read last, are read by
 * themselves, no byte more than was asked for.
 *
 * What can only be read from its start to its end, as a pipe, is for filesrc.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 cencdashsink name=dash location=out/stream.mpd \
 *   blockfilesrc location=movie.mp4 ! qtdemux name=in \
 *   in.video_0 ! gopsplit ! cbcsenc kid=a16e402b9056e371f36d348aa62bb749 key-file=key.hex ! dash.video_0 \
 *   in.audio_0 ! dash.audio_0
 * ]|
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstblockfilesrc.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block-reader.h"

GST_DEBUG_CATEGORY_STATIC (block_file_src_debug);
#define GST_CAT_DEFAULT block_file_src_debug

/* Of a buffer where nobody pulls. */
#define PUSHED_BYTES (64 * 1024)

struct _GstBlockFileSrc
{
  GstBaseSrc parent;

  gchar *location;        /* protected by OBJECT_LOCK */
  gint fd;                /* -1 until it is started, then constant */
  HabBlockReader *reader; /* the same; of the streaming thread */
};

enum
{
  PROP_0,
  PROP_LOCATION,
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstBlockFileSrc, gst_block_file_src,
    GST_TYPE_BASE_SRC,
    GST_DEBUG_CATEGORY_INIT (block_file_src_debug, "blockfilesrc", 0,
        "block file reader"))
GST_ELEMENT_REGISTER_DEFINE (blockfilesrc, "blockfilesrc", GST_RANK_NONE,
    GST_TYPE_BLOCK_FILE_SRC)

/* (transfer full) (nullable) */
static gchar *
get_location (GstBlockFileSrc *self)
{
  gchar *location;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  GST_OBJECT_UNLOCK (self);
  return location;
}

static void
post_read_error (GstBlockFileSrc *self, guint size)
{
  if (errno == ENOMEM)
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, (NULL),
        ("no memory for %u bytes", size));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, READ, (NULL), GST_ERROR_SYSTEM);
}

static GstFlowReturn
gst_block_file_src_create (GstBaseSrc *source, guint64 offset, guint size,
    GstBuffer **buffer)
{
  GstBlockFileSrc *self = GST_BLOCK_FILE_SRC (source);
  GstFlowReturn flow = hab_block_reader_read (self->reader, offset, size,
      buffer);

  if (flow == GST_FLOW_ERROR)
    post_read_error (self, size);
  if (flow == GST_FLOW_OK) {
    GST_BUFFER_OFFSET (*buffer) = offset;
    GST_BUFFER_OFFSET_END (*buffer) = offset + gst_buffer_get_size (*buffer);
  }
  return flow;
}

/* --- the file ------------------------------------------------------------ */

static gint
fail_to_open (GstBlockFileSrc *self, const gchar *location, gint code)
{
  g_autofree gchar *name = g_filename_display_name (location);

  if (code == ENOENT)
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("There is no file \"%s\".", name), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ,
        ("The file \"%s\" cannot be opened: %s.", name, g_strerror (code)),
        (NULL));
  return -1;
}

static gint
refuse_file (GstBlockFileSrc *self, const gchar *location)
{
  g_autofree gchar *name = g_filename_display_name (location);

  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ,
      ("\"%s\" is not a regular file.", name),
      ("filesrc may be able to read it"));
  return -1;
}

/* -1 with an error posted. Without waiting for somebody who writes into a pipe,
 * and without being given a terminal to be ended by. */
static gint
open_file (GstBlockFileSrc *self, const gchar *location)
{
  gint fd = g_open (location, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
  struct stat st;

  if (fd < 0)
    return fail_to_open (self, location, errno);
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    return fd;
  close (fd);
  return refuse_file (self, location);
}

static gboolean
gst_block_file_src_start (GstBaseSrc *source)
{
  GstBlockFileSrc *self = GST_BLOCK_FILE_SRC (source);
  g_autofree gchar *location = get_location (self);

  if (location == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("There is no location of a file to read."), (NULL));
    return FALSE;
  }
  self->fd = open_file (self, location);
  if (self->fd < 0)
    return FALSE;
  self->reader = hab_block_reader_new (self->fd);
  return TRUE;
}

static gboolean
gst_block_file_src_stop (GstBaseSrc *source)
{
  GstBlockFileSrc *self = GST_BLOCK_FILE_SRC (source);

  g_clear_pointer (&self->reader, hab_block_reader_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  return TRUE;
}

static gboolean
gst_block_file_src_get_size (GstBaseSrc *source, guint64 *size)
{
  GstBlockFileSrc *self = GST_BLOCK_FILE_SRC (source);
  struct stat st;

  if (fstat (self->fd, &st) < 0)
    return FALSE;
  *size = st.st_size;
  return TRUE;
}

static gboolean
gst_block_file_src_is_seekable (GstBaseSrc *source)
{
  return TRUE;
}

/* By the ending of the name containers are told from each other. */
static gboolean
answer_uri (GstBlockFileSrc *self, GstQuery *query)
{
  g_autofree gchar *location = get_location (self);
  g_autofree gchar *uri =
      location ? gst_filename_to_uri (location, NULL) : NULL;

  gst_query_set_uri (query, uri);
  return uri != NULL;
}

static gboolean
gst_block_file_src_query (GstBaseSrc *source, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_URI)
    return answer_uri (GST_BLOCK_FILE_SRC (source), query);
  return GST_BASE_SRC_CLASS (gst_block_file_src_parent_class)
      ->query (source, query);
}

/* --- object -------------------------------------------------------------- */

/* Which file is read, and asked for by others, does not change under them. */
static void
set_location (GstBlockFileSrc *self, const gchar *location)
{
  gboolean open;

  GST_OBJECT_LOCK (self);
  open = GST_OBJECT_FLAG_IS_SET (self, GST_BASE_SRC_FLAG_STARTED) ||
      GST_OBJECT_FLAG_IS_SET (self, GST_BASE_SRC_FLAG_STARTING);
  if (!open) {
    g_free (self->location);
    self->location = g_strdup (location);
  }
  GST_OBJECT_UNLOCK (self);
  if (open)
    g_warning ("The location of blockfilesrc cannot change while it is read");
}

static void
gst_block_file_src_set_property (GObject *object, guint id,
    const GValue *value, GParamSpec *pspec)
{
  GstBlockFileSrc *self = GST_BLOCK_FILE_SRC (object);

  if (id != PROP_LOCATION) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  set_location (self, g_value_get_string (value));
}

static void
gst_block_file_src_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  if (id == PROP_LOCATION)
    g_value_take_string (value, get_location (GST_BLOCK_FILE_SRC (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_block_file_src_finalize (GObject *object)
{
  g_free (GST_BLOCK_FILE_SRC (object)->location);
  G_OBJECT_CLASS (gst_block_file_src_parent_class)->finalize (object);
}

static void
gst_block_file_src_class_init (GstBlockFileSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *source_class = GST_BASE_SRC_CLASS (klass);
  g_autoptr (GstCaps) any = gst_caps_new_any ();

  object_class->set_property = gst_block_file_src_set_property;
  object_class->get_property = gst_block_file_src_get_property;
  object_class->finalize = gst_block_file_src_finalize;
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Path of the regular file to read", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
              GST_PARAM_MUTABLE_READY));

  source_class->start = gst_block_file_src_start;
  source_class->stop = gst_block_file_src_stop;
  source_class->get_size = gst_block_file_src_get_size;
  source_class->is_seekable = gst_block_file_src_is_seekable;
  source_class->query = gst_block_file_src_query;
  source_class->create = gst_block_file_src_create;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, any));
  gst_element_class_set_static_metadata (element_class, "Block file source",
      "Source/File",
      "Reads a file in blocks, for demuxers that pull a sample at a time",
      "The Haberdash developers");
}

static void
gst_block_file_src_init (GstBlockFileSrc *self)
{
  self->fd = -1;
  gst_base_src_set_blocksize (GST_BASE_SRC (self), PUSHED_BYTES);
}
