/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmd-worker-package.h"

#include "cmd-worker-records.h"
#include "json-read.h"
#include "keys.h"
#include "ladder-json.h"
#include "package.h"
#include "worker-protocol.h"

/* --- what the job asks for ---------------------------------------------- */

/* config, and what its pointers lead to. */
typedef struct
{
  HabPackageConfig config;
  gchar *manifest, *pssh;
  GStrv tracks, languages;
  HabLadder *ladder;
} Order;

static void
order_clear (Order *self)
{
  hab_key_wipe (self->config.keys, sizeof self->config.keys);
  g_free (self->manifest);
  g_free (self->pssh);
  g_strfreev (self->tracks);
  g_strfreev (self->languages);
  g_clear_pointer (&self->ladder, hab_ladder_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Order, order_clear)

static const gchar *
read_text (JsonObject *object, const gchar *name, const gchar *otherwise)
{
  const gchar *text = hab_json_read_text (object, name);

  return text != NULL ? text : otherwise;
}

/* (nullable): a member, or nothing of nothing. */
static JsonObject *
get_object (JsonObject *object, const gchar *name)
{
  JsonNode *node = object ? json_object_get_member (object, name) : NULL;

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) :
      NULL;
}

static gboolean
read_key (JsonObject *keys, HabTrackType type, HabContentKey *key,
    GError **error)
{
  JsonObject *object = get_object (keys, hab_track_type_to_string (type));

  if (object == NULL) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "The job has no key of the %s", hab_track_type_to_string (type));
    return FALSE;
  }
  return hab_key_parse (read_text (object, "kid", ""), key->kid, error) &&
      hab_key_parse (read_text (object, "key", ""), key->key, error);
}

static gboolean
order_read_keys (Order *self, JsonObject *job, GError **error)
{
  JsonObject *keys = get_object (job, "keys");

  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (hab_encrypt_covers (self->config.encrypt, i) &&
        !read_key (keys, i, &self->config.keys[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
order_read_encrypt (Order *self, JsonObject *job, GError **error)
{
  if (hab_encrypt_from_string (read_text (job, "encrypt", "video"),
          &self->config.encrypt))
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
      "The job asks for an unknown encryption");
  return FALSE;
}

static gboolean
order_read_ladder (Order *self, JsonObject *job, GError **error)
{
  JsonNode *node = json_object_get_member (job, "ladder");

  if (node == NULL)
    return TRUE;
  self->config.ladder = self->ladder = hab_ladder_json_read (node, error);
  return self->ladder != NULL;
}

static gboolean
order_read_choice (Order *self, JsonObject *job, GError **error)
{
  HabTrackChoice *choice = &self->config.choice;

  self->tracks = hab_json_read_list (job, "tracks");
  self->languages = hab_json_read_list (job, "languages");
  choice->tracks = (const gchar *const *) self->tracks;
  choice->languages = (const gchar *const *) self->languages;
  return hab_track_choice_check (choice, error);
}

static guint64
read_duration_ns (JsonObject *job, const gchar *name, gdouble seconds)
{
  return hab_json_read_double (job, name, seconds) * 1e9 + 0.5;
}

/* What cannot be wrong. */
static void
order_read_plain (Order *self, JsonObject *job)
{
  g_auto (GStrv) boxes = hab_json_read_list (job, "pssh");

  self->manifest = g_build_filename (HAB_WORKER_OUTPUT_PATH,
      read_text (job, "manifest", "stream.mpd"), NULL);
  self->pssh = boxes != NULL ? g_strjoinv (",", boxes) : NULL;
  self->config = (HabPackageConfig) {
    .input = HAB_WORKER_INPUT_PATH,
    .manifest = self->manifest,
    .license_url = hab_json_read_text (job, "license_url"),
    .hls_key_url = hab_json_read_text (job, "hls_key_url"),
    .segment_duration_ns = read_duration_ns (job, "segment_duration", 4),
    .hls = hab_json_read_bool (job, "hls"),
    .single_file = hab_json_read_bool (job, "on_demand"),
    .clear_lead_ns = read_duration_ns (job, "clear_lead", 0),
    .pssh = self->pssh,
    .encoder = hab_json_read_text (job, "encoder"),
    .threads = hab_json_read_int (job, "threads", 0),
    .durable = TRUE,
    .records_fd = HAB_WORKER_RECORDS_FD,
  };
}

/* Its strings are the job's in part. */
static gboolean
order_read (Order *self, JsonObject *job, GError **error)
{
  order_read_plain (self, job);
  return order_read_encrypt (self, job, error) &&
      order_read_ladder (self, job, error) &&
      order_read_choice (self, job, error) &&
      order_read_keys (self, job, error);
}

/* --- what is told of it ------------------------------------------------- */

static void
on_progress (const HabPackageProgress *progress, gpointer data)
{
  JsonObject *record = hab_record_new ("progress");

  json_object_set_double_member (record, "fraction", progress->fraction);
  json_object_set_int_member (record, "position_ns", progress->position_ns);
  json_object_set_int_member (record, "bytes", progress->bytes);
  hab_worker_write (record);
}

static void
on_stage (const gchar *stage, const gchar *file, gpointer data)
{
  JsonObject *record = hab_record_new ("stage");

  json_object_set_string_member (record, "stage", stage);
  json_object_set_string_member (record, "file", file);
  hab_worker_write (record);
}

static void
on_rendition (const HabPackageRendition *rendition, gpointer data)
{
  JsonObject *record = hab_record_new ("rendition");

  json_object_set_string_member (record, "name", rendition->name);
  json_object_set_int_member (record, "width", rendition->width);
  json_object_set_int_member (record, "height", rendition->height);
  json_object_set_int_member (record, "bitrate", rendition->bitrate);
  if (rendition->encoder)
    json_object_set_string_member (record, "encoder", rendition->encoder);
  hab_worker_write (record);
}

static void
on_note (const gchar *note, gpointer data)
{
  JsonObject *record = hab_record_new ("note");

  json_object_set_string_member (record, "text", note);
  hab_worker_write (record);
}

static const HabPackageObserver observer = {
  .progress = on_progress,
  .stage = on_stage,
  .rendition = on_rendition,
  .note = on_note,
};

gboolean
hab_worker_package (JsonObject *job, GError **error)
{
  g_auto (Order) order = { 0 };

  return order_read (&order, job, error) &&
      hab_package_run (&order.config, &observer, NULL, error);
}
