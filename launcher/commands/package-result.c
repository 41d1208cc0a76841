/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-result.h"

#include <string.h>

#include "json-build.h"

typedef struct
{
  gchar *name;
  gchar *kid; /* of its last segment with one, or NULL */
  guint n_segments, n_clear;
  guint64 bytes, end; /* end: running time, ns */
} Track;

static void
track_free (Track *track)
{
  g_free (track->name);
  g_free (track->kid);
  g_free (track);
}

void
hab_package_result_init (HabPackageResult *self)
{
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify) track_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
}

void
hab_package_result_clear (HabPackageResult *self)
{
  g_clear_pointer (&self->tracks, g_ptr_array_unref);
  g_clear_pointer (&self->notes, g_ptr_array_unref);
}

static Track *
get_track (HabPackageResult *self, const gchar *name)
{
  Track *track;

  for (guint i = 0; i < self->tracks->len; i++) {
    track = self->tracks->pdata[i];
    if (g_strcmp0 (track->name, name) == 0)
      return track;
  }
  track = g_new0 (Track, 1);
  track->name = g_strdup (name);
  g_ptr_array_add (self->tracks, track);
  return track;
}

void
hab_package_result_add_segment (HabPackageResult *self,
    const HabPackageSegment *segment)
{
  Track *track = get_track (self, segment->track);

  track->n_segments++;
  track->bytes += segment->size;
  track->end = MAX (track->end, segment->running_time + segment->duration);
  if (segment->kid == NULL)
    track->n_clear++;
  else {
    g_free (track->kid);
    track->kid = g_strdup (segment->kid);
  }
}

void
hab_package_result_add_note (HabPackageResult *self, const gchar *note)
{
  g_ptr_array_add (self->notes, g_strdup (note));
}

/* --- JSON --------------------------------------------------------------- */

static void
add_track (JsonBuilder *builder, const Track *track)
{
  g_autofree gchar *type =
      g_strndup (track->name, strcspn (track->name, "_"));

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "name", track->name);
  hab_json_add_text (builder, "type", type);
  hab_json_add_text (builder, "kid", track->kid);
  hab_json_add_int (builder, "segments", track->n_segments);
  hab_json_add_int (builder, "clear_segments", track->n_clear);
  hab_json_add_int (builder, "bytes", track->bytes);
  hab_json_add_seconds (builder, "duration", track->end);
  json_builder_end_object (builder);
}

static gint
compare_tracks (gconstpointer a, gconstpointer b)
{
  const Track *const *left = a, *const *right = b;

  /* Video before audio before text. */
  if ((*left)->name[0] != (*right)->name[0])
    return ((*left)->name[0] == 'v') ? -1 : ((*right)->name[0] == 'v') ? 1 :
        (*left)->name[0] - (*right)->name[0];
  return strcmp ((*left)->name, (*right)->name);
}

static void
add_lists (JsonBuilder *builder, const HabPackageResult *self)
{
  json_builder_set_member_name (builder, "tracks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->tracks->len; i++)
    add_track (builder, self->tracks->pdata[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "notes");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->notes->len; i++)
    json_builder_add_string_value (builder, self->notes->pdata[i]);
  json_builder_end_array (builder);
}

static void
add_sums (JsonBuilder *builder, const HabPackageResult *self)
{
  guint64 bytes = 0, end = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *track = self->tracks->pdata[i];

    bytes += track->bytes;
    end = MAX (end, track->end);
  }
  hab_json_add_int (builder, "bytes", bytes);
  hab_json_add_seconds (builder, "duration", end);
}

gchar *
hab_package_result_to_json (const HabPackageResult *self,
    const HabPackageConfig *config, gdouble elapsed)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *folder = g_path_get_dirname (config->manifest);
  g_autofree gchar *playlist =
      g_build_filename (folder, "stream.m3u8", NULL);

  g_ptr_array_sort (self->tracks, compare_tracks);
  json_builder_begin_object (builder);
  hab_json_add_text (builder, "manifest", config->manifest);
  hab_json_add_text (builder, "playlist", config->hls ? playlist : NULL);
  hab_json_add_text (builder, "encrypt",
      hab_encrypt_to_string (config->encrypt));
  add_sums (builder, self);
  hab_json_add_double (builder, "elapsed", elapsed);
  add_lists (builder, self);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
