/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "playlist-check.h"

#include <math.h>
#include <string.h>

#include "media-file.h"
#include "mpd-address.h"

#define MAX_PLAYLISTS 1000
#define MAX_FILE (64 * 1024 * 1024)

/* How far EXTINF may be from the segment's duration, seconds. */
#define DURATION_SLACK 0.1

typedef struct
{
  HabVerifyContext *context;
  GHashTable *seen; /* names of playlists */
  GQueue *waiting;  /* of the same */
} Walk;

/* One playlist, line by line. */
typedef struct
{
  Walk *walk;
  gchar *name;
  guint line;
  gboolean is_media, ended, only_iframes, variant;
  gdouble target, duration; /* seconds; duration: of the segment to come */
  guint64 offset, size;     /* the same, size 0: the whole file */
  gboolean encrypted, has_key;
  guint n_without_key; /* segments that are encrypted */
  guint n_clear;       /* segments in the clear with a key */
} Playlist;

G_GNUC_PRINTF (3, 4)
static void
complain (Playlist *self, const gchar *check, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  hab_report_error (self->walk->context->report, check, self->name, -1,
      "line %u: %s", self->line, text);
}

/* (transfer full) (nullable): an attribute without its quotes. */
static gchar *
get_attribute (const gchar *list, const gchar *name)
{
  gsize length = strlen (name);

  while (*list != '\0') {
    gboolean found = strncmp (list, name, length) == 0 && list[length] == '=';
    const gchar *value = strchr (list, '=');
    gsize size;

    if (value == NULL)
      return NULL;
    value++;
    size = *value == '"' ? strcspn (value + 1, "\"") : strcspn (value, ",");
    if (*value == '"')
      value++;
    if (found)
      return g_strndup (value, size);
    list = value + size;
    list += strspn (list, "\",");
  }
  return NULL;
}

/* "size[@offset]" */
static gboolean
read_range (const gchar *text, guint64 *size, guint64 *offset)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", 2);

  return parts[0] != NULL &&
      g_ascii_string_to_unsigned (parts[0], 10, 1, G_MAXINT64, size, NULL) &&
      (parts[1] == NULL || g_ascii_string_to_unsigned (parts[1], 10, 0,
                               G_MAXINT64, offset, NULL));
}

/* (transfer full) (nullable): a file below the manifest's folder. */
static gchar *
resolve (Playlist *self, const gchar *uri)
{
  gchar *path = hab_mpd_resolve (self->name, uri);

  if (path == NULL)
    complain (self, "address", "%s is not a file beside the manifest", uri);
  return path;
}

static void
check_bytes (Playlist *self, const gchar *name, guint64 offset, guint64 size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabMediaFile) file =
      hab_media_file_open (self->walk->context->folder, name, &error);

  if (file == NULL)
    complain (self, "missing", "%s: %s", name, error->message);
  else if (offset > file->size || size > file->size - offset)
    complain (self, "range", "%s has %" G_GUINT64_FORMAT " bytes, not %"
        G_GUINT64_FORMAT, name, file->size, offset + size);
}

/* --- tags ------------------------------------------------------------ */

static void
read_map (Playlist *self, const gchar *list)
{
  g_autofree gchar *uri = get_attribute (list, "URI");
  g_autofree gchar *range = get_attribute (list, "BYTERANGE");
  g_autofree gchar *path = uri ? resolve (self, uri) : NULL;
  guint64 size = 0, offset = 0;

  if (uri == NULL)
    complain (self, "playlist", "EXT-X-MAP has no URI");
  else if (range != NULL && !read_range (range, &size, &offset))
    complain (self, "playlist", "BYTERANGE of EXT-X-MAP is malformed");
  else if (path != NULL)
    check_bytes (self, path, offset, size);
}

static void
read_key (Playlist *self, const gchar *list)
{
  g_autofree gchar *method = get_attribute (list, "METHOD");

  self->encrypted = g_strcmp0 (method, "NONE") != 0;
  self->has_key |= self->encrypted;
  if (method == NULL)
    complain (self, "playlist", "EXT-X-KEY has no METHOD");
  else if (self->encrypted && !g_str_has_prefix (method, "SAMPLE-AES"))
    complain (self, "playlist-key", "METHOD %s is none of fragmented MP4 with "
        "Common Encryption", method);
}

static void
read_range_tag (Playlist *self, const gchar *value)
{
  if (!read_range (value, &self->size, &self->offset))
    complain (self, "playlist", "EXT-X-BYTERANGE is malformed");
}

static void
read_duration (Playlist *self, const gchar *value)
{
  self->is_media = TRUE;
  self->duration = g_ascii_strtod (value, NULL);
  if (!(self->duration >= 0 && self->duration < 1e6))
    complain (self, "playlist", "EXTINF is no duration");
  else if (round (self->duration) > self->target)
    complain (self, "playlist", "EXTINF %.3f is above EXT-X-TARGETDURATION "
        "%.0f", self->duration, self->target);
}

static void
read_target (Playlist *self, const gchar *value)
{
  self->is_media = TRUE;
  self->target = g_ascii_strtod (value, NULL);
}

static void
take_playlist (Playlist *self, const gchar *uri)
{
  g_autofree gchar *path = resolve (self, uri);

  if (path != NULL && g_hash_table_size (self->walk->seen) < MAX_PLAYLISTS &&
      g_hash_table_add (self->walk->seen, g_strdup (path)))
    g_queue_push_tail (self->walk->waiting, g_steal_pointer (&path));
}

static void
read_rendition (Playlist *self, const gchar *list)
{
  g_autofree gchar *uri = get_attribute (list, "URI");

  if (uri != NULL)
    take_playlist (self, uri);
}

static void
read_variant (Playlist *self, const gchar *list)
{
  g_autofree gchar *bandwidth = get_attribute (list, "BANDWIDTH");

  self->variant = TRUE;
  if (bandwidth == NULL)
    complain (self, "playlist", "EXT-X-STREAM-INF has no BANDWIDTH");
}

static void
read_end (Playlist *self, const gchar *value)
{
  self->ended = TRUE;
}

static void
read_iframes_only (Playlist *self, const gchar *value)
{
  self->only_iframes = TRUE;
}

static const struct
{
  const gchar *tag;
  void (*read) (Playlist *self, const gchar *value);
} tags[] = {
  { "#EXTINF:", read_duration },
  { "#EXT-X-TARGETDURATION:", read_target },
  { "#EXT-X-BYTERANGE:", read_range_tag },
  { "#EXT-X-MAP:", read_map },
  { "#EXT-X-KEY:", read_key },
  { "#EXT-X-MEDIA:", read_rendition },
  { "#EXT-X-I-FRAME-STREAM-INF:", read_rendition },
  { "#EXT-X-STREAM-INF:", read_variant },
  { "#EXT-X-ENDLIST", read_end },
  { "#EXT-X-I-FRAMES-ONLY", read_iframes_only },
};

/* --- segments -------------------------------------------------------- */

static void
compare_facts (Playlist *self, const gchar *path,
    const HabSegmentFacts *facts)
{
  if (fabs (facts->duration - self->duration) > DURATION_SLACK)
    complain (self, "playlist-duration", "%s has %.3f s, not %.3f", path,
        facts->duration, self->duration);
  if (self->size > 0 && self->size != facts->size)
    complain (self, "range", "the segment of %s at %" G_GUINT64_FORMAT " has %"
        G_GUINT64_FORMAT " bytes, not %" G_GUINT64_FORMAT, path, self->offset,
        facts->size, self->size);
  if (facts->encrypted && !self->encrypted)
    self->n_without_key++;
  else if (self->encrypted && !facts->encrypted)
    self->n_clear++;
}

static void
take_segment (Playlist *self, const gchar *uri)
{
  g_autofree gchar *path = resolve (self, uri);
  g_autofree gchar *name = NULL;
  const HabSegmentFacts *facts;

  if (path == NULL)
    return;
  check_bytes (self, path, self->offset, self->size);
  name = hab_segment_name (path, self->offset);
  facts = g_hash_table_lookup (self->walk->context->segments, name);
  if (facts != NULL && !self->only_iframes)
    compare_facts (self, path, facts);
  self->offset = self->size > 0 ? self->offset + self->size : 0;
  self->size = 0;
}

/* --- the whole ------------------------------------------------------- */

static void
take_line (Playlist *self, const gchar *line)
{
  self->line++;
  if (*line == '\0')
    return;
  if (*line != '#') {
    if (self->variant)
      take_playlist (self, line);
    else
      take_segment (self, line);
    self->variant = FALSE;
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    if (g_str_has_prefix (line, tags[i].tag)) {
      tags[i].read (self, line + strlen (tags[i].tag));
      return;
    }
}

/* Players that are told the key by other means do without EXT-X-KEY. */
static void
finish (Playlist *self)
{
  HabReport *report = self->walk->context->report;

  if (self->is_media && !self->ended)
    hab_report_warning (report, "playlist", self->name, -1,
        "there is no EXT-X-ENDLIST");
  if (self->n_without_key > 0 && self->has_key)
    complain (self, "playlist-key",
        "%u segments are encrypted, and EXT-X-KEY comes too late, or ends too "
        "early, for them", self->n_without_key);
  else if (self->n_without_key > 0)
    hab_report_warning (report, "playlist-key", self->name, -1,
        "%u segments are encrypted, and there is no EXT-X-KEY in front of them",
        self->n_without_key);
  if (self->n_clear > 0)
    hab_report_warning (report, "playlist-key", self->name, -1,
        "%u segments are in the clear, and there is an EXT-X-KEY in front of "
        "them", self->n_clear);
}

/* Takes name. */
static void
check_playlist (Walk *walk, gchar *name)
{
  Playlist self = { .walk = walk, .name = name };
  g_autoptr (GError) error = NULL;
  g_autoptr (HabMediaFile) file =
      hab_media_file_open (walk->context->folder, name, &error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (GStrv) lines = NULL;
  const gchar *text;

  if (file == NULL || file->size > MAX_FILE ||
      !hab_media_file_read (file, 0, file->size, bytes, &error)) {
    complain (&self, "missing", "%s", error ? error->message : "too large");
    g_free (name);
    return;
  }
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  text = (const gchar *) bytes->data;
  lines = g_strsplit (text, "\n", -1);
  if (!g_str_has_prefix (text, "#EXTM3U"))
    complain (&self, "playlist", "it does not begin with #EXTM3U");
  for (guint i = 0; lines[i] != NULL; i++)
    take_line (&self, g_strchomp (lines[i]));
  finish (&self);
  g_free (name);
}

/* Those in the folder itself. */
static void
find_playlists (Walk *walk)
{
  g_autoptr (GDir) folder = g_dir_open (walk->context->folder, 0, NULL);
  const gchar *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_suffix (name, ".m3u8") &&
        g_hash_table_size (walk->seen) < MAX_PLAYLISTS &&
        g_hash_table_add (walk->seen, g_strdup (name)))
      g_queue_push_tail (walk->waiting, g_strdup (name));
}

guint
hab_playlists_check (HabVerifyContext *context)
{
  Walk walk = { .context = context };
  gchar *name;
  guint n = 0;

  walk.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  walk.waiting = g_queue_new ();
  find_playlists (&walk);
  while ((name = g_queue_pop_head (walk.waiting)) != NULL) {
    check_playlist (&walk, name);
    n++;
  }
  g_queue_free (walk.waiting);
  g_hash_table_unref (walk.seen);
  return n;
}
