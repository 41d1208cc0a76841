/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "cutter.h"
#include "gop-json.h"
#include "gop-statistics.h"
#include "gops.h"
#include "json.h"
#include "json-text.h"
#include "pages.h"
#include "problem.h"
#include "request.h"
#include "resources.h"

#define MAX_LIMIT 100000
/* Of the statistics. */
#define MAX_BINS 2000
#define DEFAULT_BINS 200
/* GOPs of one file whose rows are read, so that they need not be looked for. */
#define MAX_KNOWN 100
/* Rows of the catalog that are in memory at a time. */
#define BATCH 1000
/* Bytes that a row of JSON takes, about. */
#define IFRAME_TEXT_SIZE 512
#define GOP_TEXT_SIZE 256

/* A client's own before one that somebody else gave the same name. */
static HabInput *
find_by_name (HabRequest *request, HabVault *vault, GError **error)
{
  const gchar *name = hab_request_get_param (request, 0);
  HabInput *input = hab_catalog_find_input (vault->catalog,
      hab_request_get_owner (request), name, NULL);

  return input != NULL ? input
                       : hab_catalog_find_input (vault->catalog,
                             hab_request_get_scope (request), name, error);
}

HabInput *
hab_gops_find_video (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (GError) failure = NULL;
  HabInput *input = find_by_name (request, vault, &failure);

  if (input == NULL && (failure == NULL ||
          g_error_matches (failure, HAB_CATALOG_ERROR,
              HAB_CATALOG_ERROR_NOT_FOUND)))
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "There is no video of this name; GET /videos/ tells which there are");
  else if (input == NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  return input;
}

/* --- the I-frames ----------------------------------------------------- */

/* The video track and its place among all tracks, which is ffprobe's
 * stream_index. */
typedef struct
{
  guint stream_index, timescale;
  gint width, height;
} VideoTrack;

static gboolean
find_video_track (HabCatalog *catalog, gint64 input_id, VideoTrack *video,
    GError **error)
{
  g_autoptr (GArray) tracks =
      hab_catalog_list_tracks (catalog, input_id, error);

  if (tracks == NULL)
    return FALSE;
  for (guint i = 0; i < tracks->len; i++) {
    HabTrack *track = &g_array_index (tracks, HabTrack, i);

    if (g_str_equal (track->kind, "video")) {
      video->stream_index = i;
      video->timescale = track->timescale;
      video->width = track->width;
      video->height = track->height;
      return TRUE;
    }
  }
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
      "There is no video track in this file");
  return FALSE;
}

/* Ticks, and the same in seconds, which are a string, or null where the scale is
 * not known. */
static void
add_ticks (GString *text, const gchar *name, const gchar *name_of_seconds,
    gint64 ticks, const VideoTrack *video)
{
  hab_json_text_add_int (text, name, ticks);
  if (video->timescale == 0) {
    hab_json_text_add_null (text, name_of_seconds);
    return;
  }
  hab_json_text_add_raw (text, name_of_seconds, "\"");
  hab_json_text_append_fraction (text, ticks, video->timescale);
  g_string_append_c (text, '"');
}

/* A number that ffprobe writes as a string; null where it is negative. */
static void
add_number_string (GString *text, const gchar *name, gint64 number)
{
  if (number < 0) {
    hab_json_text_add_null (text, name);
    return;
  }
  hab_json_text_add_raw (text, name, "\"");
  hab_json_text_append_int (text, number);
  g_string_append_c (text, '"');
}

/* ffprobe's pkt_dts is the decoding time of the packet that made its decoder
 * give the frame out, which is when the frame is shown. */
static void
append_iframe (GString *text, const HabIFrame *frame, const VideoTrack *video)
{
  hab_json_text_open (text, NULL, '{');
  hab_json_text_add_raw (text, "media_type", "\"video\"");
  hab_json_text_add_int (text, "stream_index", video->stream_index);
  hab_json_text_add_int (text, "key_frame", frame->key_frame ? 1 : 0);
  add_ticks (text, "pts", "pts_time", frame->pts, video);
  add_ticks (text, "pkt_pts", "pkt_pts_time", frame->pts, video);
  add_ticks (text, "pkt_dts", "pkt_dts_time", frame->pts, video);
  add_ticks (text, "dts", "dts_time", frame->dts, video);
  add_ticks (text, "pkt_duration", "pkt_duration_time", frame->duration, video);
  add_ticks (text, "duration", "duration_time", frame->duration, video);
  add_number_string (text, "pkt_pos", frame->offset);
  add_number_string (text, "pkt_size", frame->size);
  hab_json_text_add_int (text, "width", video->width);
  hab_json_text_add_int (text, "height", video->height);
  hab_json_text_add_raw (text, "pict_type", "\"I\"");
  hab_json_text_add_int (text, "coded_picture_number",
      frame->coded_picture_number);
  if (frame->gop_index >= 0)
    hab_json_text_add_int (text, "group_of_pictures", frame->gop_index);
  else
    hab_json_text_add_null (text, "group_of_pictures");
  hab_json_text_close (text, '}');
}

/* Frames from the first-th on, limit at most; how many there were is told. */
static gboolean
append_iframes (GString *text, HabCatalog *catalog, gint64 input_id,
    guint64 first, guint64 limit, guint64 *count, GError **error)
{
  VideoTrack video;
  guint found;

  *count = 0;
  if (!find_video_track (catalog, input_id, &video, error))
    return FALSE;
  do {
    guint wanted = MIN (BATCH, limit - *count);
    g_autoptr (GArray) frames = hab_catalog_list_iframes (catalog, input_id,
        first + *count, wanted, error);

    if (frames == NULL)
      return FALSE;
    found = frames->len;
    for (guint i = 0; i < found; i++) {
      g_string_append (text, text->len > 1 ? ",\n" : "\n");
      append_iframe (text, &g_array_index (frames, HabIFrame, i), &video);
    }
    *count += found;
  } while (found == BATCH && *count < limit);
  return TRUE;
}

/* Of a list, which has the elements that were asked for. */
typedef struct
{
  guint64 first, limit; /* limit: G_MAXUINT64 for all */
  guint64 count;        /* of them that there were */
  guint64 total;
} Part;

/* ?after= is the place of what was had last, from 0. */
static gboolean
read_part (HabRequest *request, Part *part, GError **error)
{
  if (!hab_request_get_number (request, "limit", 1, MAX_LIMIT, G_MAXUINT64,
          &part->limit, error) ||
      !hab_request_get_number (request, "after", 0, G_MAXINT64 - 1,
          G_MAXUINT64, &part->first, error))
    return FALSE;
  part->first++; /* from "none" to 0 too */
  return TRUE;
}

/* text: the list but for its end. Takes it. */
static HabReply *
reply_part (HabRequest *request, const Part *part, GString *text)
{
  HabReply *reply;

  g_string_append (text, "\n]\n");
  reply = hab_reply_new_json_text (SOUP_STATUS_OK, text);
  hab_reply_set_header (reply, "Cache-Control", "no-cache");
  if (part->limit != G_MAXUINT64 && part->count > 0 &&
      part->first + part->count < part->total)
    hab_json_link_next (reply, request, part->limit,
        part->first + part->count - 1);
  return reply;
}

/* The beginning of a list, with room for the rows of a page. */
static GString *
begin_list (const Part *part, gsize row_size)
{
  GString *text = g_string_sized_new (MIN (part->limit, BATCH) * row_size);

  return g_string_append_c (text, '[');
}

static HabReply *
list_iframes (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = hab_gops_find_video (request, vault, error);
  GString *text;
  Part part = { 0 };

  if (input == NULL || !read_part (request, &part, error) ||
      !hab_catalog_count_iframes (vault->catalog, input->id, &part.total, error))
    return NULL;
  text = begin_list (&part, IFRAME_TEXT_SIZE);
  if (!append_iframes (text, vault->catalog, input->id, part.first, part.limit,
          &part.count, error)) {
    g_string_free (text, TRUE);
    return NULL;
  }
  return reply_part (request, &part, text);
}

/* --- all GOPs --------------------------------------------------------- */

static void
append_gop (const HabGop *gop, gpointer data)
{
  GString *text = data;

  g_string_append (text, text->len > 1 ? ",\n" : "\n");
  hab_gop_json_append (text, gop);
}

/* Calls of the GOPs from the first-th on, limit at most; how many there were is
 * told. */
typedef void (*GopFunc) (const HabGop *gop, gpointer data);

static gboolean
for_each_gop (HabCatalog *catalog, gint64 input_id, guint64 first,
    guint64 limit, GopFunc call, gpointer data, guint64 *count,
    GError **error)
{
  guint found, wanted;

  *count = 0;
  do {
    g_autoptr (GArray) gops = NULL;

    wanted = MIN (BATCH, limit - *count);
    gops = hab_catalog_list_gops (catalog, input_id, first + *count, wanted,
        error);
    if (gops == NULL)
      return FALSE;
    found = gops->len;
    for (guint i = 0; i < found; i++)
      call (&g_array_index (gops, HabGop, i), data);
    *count += found;
  } while (found == BATCH && *count < limit);
  return TRUE;
}

static HabReply *
list_gops (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = hab_gops_find_video (request, vault, error);
  GString *text;
  Part part = { 0 };

  if (input == NULL || !read_part (request, &part, error) ||
      !hab_catalog_count_gops (vault->catalog, input->id, &part.total, error))
    return NULL;
  text = begin_list (&part, GOP_TEXT_SIZE);
  if (!for_each_gop (vault->catalog, input->id, part.first, part.limit,
          append_gop, text, &part.count, error)) {
    g_string_free (text, TRUE);
    return NULL;
  }
  return reply_part (request, &part, text);
}

static HabReply *
get_page (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = hab_gops_find_video (request, vault, error);

  return input != NULL ? hab_pages_reply ("gops.html", error) : NULL;
}

/* The page, unless JSON is asked for by name. */
static HabReply *
get_gops (HabRequest *request, HabVault *vault, GError **error)
{
  const gchar *accept = soup_message_headers_get_list (
      hab_request_get_headers (request), "Accept");
  gboolean json = accept != NULL && !hab_request_wants_html (request) &&
      strstr (accept, "application/json") != NULL;
  HabReply *reply = json ? list_gops (request, vault, error)
                         : get_page (request, vault, error);

  if (reply != NULL)
    hab_reply_set_header (reply, "Vary", "Accept");
  return reply;
}

static void
add_to_statistics (const HabGop *gop, gpointer data)
{
  hab_gop_statistics_add (data, gop);
}

/* What a chart of all GOPs needs, without all GOPs. */
static HabReply *
get_statistics (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = hab_gops_find_video (request, vault, error);
  g_autoptr (HabGopStatistics) statistics = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint64 total, count, bins;
  HabReply *reply;

  if (input == NULL ||
      !hab_request_get_number (request, "bins", 1, MAX_BINS, DEFAULT_BINS,
          &bins, error) ||
      !hab_catalog_count_gops (vault->catalog, input->id, &total, error))
    return NULL;
  statistics = hab_gop_statistics_new (total, bins);
  if (!for_each_gop (vault->catalog, input->id, 0, G_MAXUINT64,
          add_to_statistics, statistics, &count, error))
    return NULL;
  json_builder_begin_object (builder);
  hab_gop_statistics_to_json (statistics, builder);
  json_builder_end_object (builder);
  reply = hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder));
  hab_reply_set_header (reply, "Cache-Control", "no-cache");
  return reply;
}

/* --- one GOP ---------------------------------------------------------- */

/* "3" or "3-7"; 404 for anything else. */
static gboolean
read_gops (HabRequest *request, guint64 *first, guint64 *last, GError **error)
{
  const gchar *text = hab_request_get_param (request, 1);
  const gchar *dash = strchr (text, '-');
  g_autofree gchar *begin =
      dash != NULL ? g_strndup (text, dash - text) : g_strdup (text);
  const gchar *end = dash != NULL ? dash + 1 : text;

  if (g_ascii_string_to_unsigned (begin, 10, 0, G_MAXINT64 - 1, first, NULL) &&
      g_ascii_string_to_unsigned (end, 10, *first, G_MAXINT64 - 1, last, NULL))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
      "GOPs are numbered from 0: ask for one, as in 3.mp4, or for some that "
      "follow each other, as in 3-7.mp4");
  return FALSE;
}

gboolean
hab_gops_read_number (HabRequest *request, guint64 *gop, GError **error)
{
  if (g_ascii_string_to_unsigned (hab_request_get_param (request, 1), 10, 0,
          G_MAXINT64 - 1, gop, NULL))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
      "GOPs are numbered from 0: ask for one, as in 3.jpg or 3/frames.json");
  return FALSE;
}

gboolean
hab_gops_check (HabCatalog *catalog, gint64 input_id, guint64 last,
    GError **error)
{
  guint64 count;

  if (!hab_catalog_count_gops (catalog, input_id, &count, error))
    return FALSE;
  if (last < count)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
      "This video has %" G_GUINT64_FORMAT " GOPs, numbered from 0", count);
  return FALSE;
}

static HabReply *
get_gop (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input = hab_gops_find_video (request, vault, error);
  guint64 first, last;
  GString *text;
  HabGop gop;

  if (input == NULL || !read_gops (request, &first, &last, error) ||
      !hab_gops_check (vault->catalog, input->id, last, error) ||
      !hab_catalog_get_gop (vault->catalog, input->id, first, &gop, error))
    return NULL;
  text = g_string_new (NULL);
  hab_gop_json_append (text, &gop);
  return hab_reply_new_json_text (SOUP_STATUS_OK, text);
}

/* --- GOPs as a file --------------------------------------------------- */

typedef struct
{
  HabRequest *request;
  HabFilterChain *chain;
  gchar *storage;
  HabCutRange range;
} CutRequest;

static void
cut_request_end (CutRequest *self, HabReply *reply, GError *error)
{
  hab_request_answer (self->request, reply, error);
  hab_request_unref (self->request);
  hab_filter_chain_free (self->chain);
  g_free (self->storage);
  g_clear_pointer (&self->range.gops, g_array_unref);
  g_free (self);
}

static HabCutter *
cut_request_get_cutter (CutRequest *self)
{
  return hab_request_get_context (self->request)->cutter;
}

/* In a thread of the store. */
static gpointer
look_up (HabVault *vault, gpointer data, GError **error)
{
  CutRequest *self = data;
  HabCutRange *range = &self->range;
  g_autoptr (HabInput) input =
      hab_gops_find_video (self->request, vault, error);

  if (input == NULL ||
      !read_gops (self->request, &range->first, &range->last, error) ||
      !hab_gops_check (vault->catalog, input->id, range->last, error))
    return NULL;
  if (range->last - range->first < MAX_KNOWN) {
    range->gops = hab_catalog_list_gops (vault->catalog, input->id,
        range->first, range->last - range->first + 1, error);
    if (range->gops == NULL)
      return NULL;
  }
  self->storage = g_strdup (input->storage);
  return NULL;
}

static void
on_cut (GObject *source, GAsyncResult *result, gpointer data)
{
  CutRequest *self = data;
  GError *error = NULL;
  HabReply *reply = NULL;
  int fd = hab_cutter_get_finish (cut_request_get_cutter (self), result,
      &error);

  if (fd >= 0)
    reply = hab_reply_new_file (fd, "video/mp4", &error);
  if (reply != NULL)
    hab_reply_set_header (reply, "Cache-Control", "no-cache");
  cut_request_end (self, reply, error);
}

static void
cut_request_start (CutRequest *self)
{
  HabCutter *cutter = cut_request_get_cutter (self);
  const gchar *request_id = hab_request_get_request_id (self->request);
  GCancellable *left = hab_request_get_cancellable (self->request);

  if (hab_filter_chain_is_empty (self->chain))
    hab_cutter_get_async (cutter, self->storage, &self->range, request_id,
        left, on_cut, self);
  else
    hab_cutter_get_filtered_async (cutter, self->storage, &self->range,
        self->chain, request_id, left, on_cut, self);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  CutRequest *self = data;
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (self->storage == NULL)
    cut_request_end (self, NULL, error);
  else
    cut_request_start (self);
}

/* Each parameter of the query is a filter. */
static gboolean
read_filters (HabRequest *request, HabFilterChain *chain, GError **error)
{
  const gchar *query = hab_request_get_query_string (request);
  GUriParamsIter iter;
  gboolean fine = TRUE;

  g_uri_params_iter_init (&iter, query != NULL ? query : "", -1, "&",
      G_URI_PARAMS_WWW_FORM);
  while (fine) {
    g_autofree gchar *name = NULL, *value = NULL;
    g_autoptr (GError) failure = NULL;

    if (!g_uri_params_iter_next (&iter, &name, &value, &failure)) {
      if (failure == NULL)
        return TRUE;
      hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
          "A filter is written as NAME=VALUE, several with & between them");
      return FALSE;
    }
    fine = hab_filter_chain_add (chain, name, value, error);
  }
  return FALSE;
}

static void
get_cut (HabRequest *request)
{
  CutRequest *self = g_new0 (CutRequest, 1);
  GError *error = NULL;

  self->request = hab_request_ref (request);
  self->chain = hab_filter_chain_new ();
  if (read_filters (request, self->chain, &error))
    hab_store_read_async (hab_request_get_context (request)->store, look_up,
        self, NULL, on_looked_up, self);
  else
    cut_request_end (self, NULL, error);
}

const HabRoute hab_gops_routes[] = {
  { "GET", "/videos/{}/group-of-pictures.json", HAB_BODY_NONE, 0,
      list_iframes, NULL },
  { "GET", "/videos/{}/group-of-pictures", HAB_BODY_NONE, 0, get_gops, NULL },
  { "GET", "/videos/{}/group-of-pictures/{}.mp4", HAB_BODY_NONE, 0, NULL,
      get_cut },
  { "GET", "/videos/{}/group-of-pictures/statistics.json", HAB_BODY_NONE, 0,
      get_statistics, NULL },
  { "GET", "/videos/{}/group-of-pictures/{}.json", HAB_BODY_NONE, 0, get_gop,
      NULL },
  { NULL }
};
