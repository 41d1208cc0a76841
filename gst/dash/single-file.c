/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "single-file.h"

#include "box.h"
#include "cmaf-sidx.h"

#define FREE_HEADER 8

struct _HabSingleFile
{
  HabOutputFile *output;
  gchar *folder, *name;
  GBytes *init;
  gsize room;          /* bytes kept for the index */
  GArray *references;  /* of HabCmafReference, durations not yet set */
  guint64 segment_size;
};

HabSingleFile *
hab_single_file_new (const gchar *folder, const gchar *name,
    gconstpointer init, gsize init_size, guint expected_segments,
    GError **error)
{
  g_autoptr (HabSingleFile) file = g_new0 (HabSingleFile, 1);
  g_autofree guint8 *room = NULL;
  struct iovec vectors[2];

  file->folder = g_strdup (folder);
  file->name = g_strdup (name);
  file->init = g_bytes_new (init, init_size);
  file->references = g_array_new (FALSE, FALSE, sizeof (HabCmafReference));
  file->room = FREE_HEADER + hab_cmaf_sidx_size (expected_segments);
  room = g_malloc0 (file->room);
  vectors[0] = (struct iovec){ (gpointer) init, init_size };
  vectors[1] = (struct iovec){ room, file->room };
  file->output = hab_output_file_new (folder, name, error);
  if (file->output == NULL ||
      !hab_output_file_write (file->output, vectors, 2, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
hab_single_file_free (HabSingleFile *file)
{
  if (file == NULL)
    return;
  g_clear_pointer (&file->output, hab_output_file_free);
  g_free (file->folder);
  g_free (file->name);
  g_bytes_unref (file->init);
  g_array_unref (file->references);
  g_free (file);
}

gboolean
hab_single_file_write (HabSingleFile *file, struct iovec *vectors,
    gsize n_vectors, GError **error)
{
  for (gsize i = 0; i < n_vectors; i++)
    file->segment_size += vectors[i].iov_len;
  return hab_output_file_write (file->output, vectors, n_vectors, error);
}

void
hab_single_file_end_segment (HabSingleFile *file)
{
  HabCmafReference reference = { MIN (file->segment_size, G_MAXINT32), 0 };

  g_array_append_val (file->references, reference);
  file->segment_size = 0;
}

/* --- the index ----------------------------------------------------------- */

static gboolean
check_references (HabSingleFile *file, GError **error)
{
  if (file->references->len > HAB_CMAF_MAX_REFERENCES) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "%s has %u segments, and its index has room for %u; use longer "
        "segments",
        file->name, file->references->len, HAB_CMAF_MAX_REFERENCES);
    return FALSE;
  }
  for (guint i = 0; i < file->references->len; i++) {
    if (g_array_index (file->references, HabCmafReference, i).size !=
        G_MAXINT32)
      continue;
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "segment %u of %s has 2 GiB or more, which an index cannot say; use "
        "shorter segments or GOPs",
        i + 1, file->name);
    return FALSE;
  }
  return TRUE;
}

static void
set_durations (HabSingleFile *file, const GArray *durations)
{
  for (guint i = 0; i < file->references->len && i < durations->len; i++)
    g_array_index (file->references, HabCmafReference, i).duration =
        g_array_index (durations, guint32, i);
}

/* The index, and behind it a free box over what is left of the room. */
static GBytes *
fill_room (HabSingleFile *file, guint32 timescale, guint64 earliest_time)
{
  gsize left = file->room - hab_cmaf_sidx_size (file->references->len);
  g_autoptr (GBytes) index = hab_cmaf_sidx_new (timescale, earliest_time,
      left, file->references);
  g_auto (HabBoxWriter) writer = { 0 };
  gsize size;
  gconstpointer data = g_bytes_get_data (index, &size);

  hab_box_writer_init (&writer);
  hab_box_put_data (&writer, data, size);
  if (left > 0) {
    hab_box_begin (&writer, "free");
    hab_box_put_zeros (&writer, left - FREE_HEADER);
    hab_box_end (&writer);
  }
  return hab_box_writer_steal (&writer);
}

/* Begins the file anew with the room that the index turned out to need. */
static gboolean
make_room (HabSingleFile *file, GError **error)
{
  gsize init_size;
  gconstpointer init = g_bytes_get_data (file->init, &init_size);
  g_autoptr (HabOutputFile) old = g_steal_pointer (&file->output);
  guint64 segments = init_size + file->room;
  g_autofree guint8 *room = NULL;
  struct iovec vectors[2];

  file->room = hab_cmaf_sidx_size (file->references->len);
  room = g_malloc0 (file->room);
  vectors[0] = (struct iovec){ (gpointer) init, init_size };
  vectors[1] = (struct iovec){ room, file->room };
  file->output = hab_output_file_new_beside (old, error);
  return file->output &&
      hab_output_file_write (file->output, vectors, 2, error) &&
      hab_output_file_append_from (file->output, old, segments, error);
}

static gboolean
fits (HabSingleFile *file)
{
  gsize needed = hab_cmaf_sidx_size (file->references->len);

  return needed == file->room || needed + FREE_HEADER <= file->room;
}

gboolean
hab_single_file_commit (HabSingleFile *file, guint32 timescale,
    guint64 earliest_time, const GArray *durations, gboolean durable,
    HabSingleFileLayout *layout, GError **error)
{
  g_autoptr (GBytes) index = NULL;
  gconstpointer data;
  gsize size;

  if (!check_references (file, error))
    return FALSE;
  set_durations (file, durations);
  if (!fits (file) && !make_room (file, error))
    return FALSE;

  layout->init_size = g_bytes_get_size (file->init);
  layout->index_offset = layout->init_size;
  layout->index_size = hab_cmaf_sidx_size (file->references->len);
  layout->segments_offset = layout->index_offset + file->room;
  index = fill_room (file, timescale, earliest_time);
  data = g_bytes_get_data (index, &size);
  return hab_output_file_overwrite (file->output, layout->index_offset, data,
             size, error) &&
      hab_output_file_commit (file->output, durable, error);
}
