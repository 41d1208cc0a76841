/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Part of all names: to be changed when what is made of an input changes, so that
 * what an earlier version of the program made is not taken for it. */
#define VERSION "1"

/* Of a file that is on the disk with all its bytes; children may not change the
 * mode of theirs. */
#define STORED_MODE 0400

/* A file takes up whole ones, however small it is. */
#define BLOCK 4096

#define NS_PER_SECOND G_GINT64_CONSTANT (1000000000)

typedef struct
{
  gchar *name;
  guint64 bytes;
  gint64 used_ns;
  GList link; /* of uses */
} Entry;

struct _HabCache
{
  HabDataDir *dir;
  GThreadPool *storing; /* of gchar *: names of what may be in memory alone */

  GMutex lock; /* protects what follows */
  GHashTable *entries; /* name -> Entry */
  GQueue uses;         /* of Entry: the one used last first */
  gint64 last_used_ns; /* no two uses have the same time */
  GHashTable *making;  /* name -> whether its input is gone */
  HabCacheStatistics statistics;
};

static void store (gpointer name, gpointer cache);

static void
entry_free (gpointer data)
{
  g_free (((Entry *) data)->name);
  g_free (data);
}

/* --- names ------------------------------------------------------------- */

gchar *
hab_cache_make_name (const gchar *owner, const gchar *what)
{
  return g_strconcat (owner, "." VERSION ".", what, NULL);
}

gchar *
hab_cache_get_owner (const gchar *name)
{
  const gchar *behind = strchr (name, '.');

  return behind != NULL && g_str_has_prefix (behind, "." VERSION ".")
      ? g_strndup (name, behind - name)
      : NULL;
}

static gboolean
is_of (const gchar *name, const gchar *owner)
{
  gsize length = strlen (owner);

  return strncmp (name, owner, length) == 0 && name[length] == '.';
}

/* --- entries ----------------------------------------------------------- */

static guint64
get_room (const struct stat *info)
{
  return ((guint64) info->st_size + BLOCK - 1) / BLOCK * BLOCK;
}

/* Takes nothing; in front of all others. */
static Entry *
cache_add (HabCache *self, const gchar *name, guint64 bytes, gint64 used_ns)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->name = g_strdup (name);
  entry->bytes = bytes;
  entry->used_ns = used_ns;
  entry->link.data = entry;
  g_hash_table_insert (self->entries, entry->name, entry);
  g_queue_push_head_link (&self->uses, &entry->link);
  self->statistics.bytes += bytes;
  self->statistics.files++;
  return entry;
}

static void
cache_drop (HabCache *self, Entry *entry)
{
  hab_data_dir_remove (self->dir, HAB_FOLDER_CUTS, entry->name);
  self->statistics.bytes -= entry->bytes;
  self->statistics.files--;
  g_queue_unlink (&self->uses, &entry->link);
  g_hash_table_remove (self->entries, entry->name);
}

static void
cache_trim (HabCache *self)
{
  while (self->statistics.bytes > self->statistics.max_bytes) {
    cache_drop (self, g_queue_peek_tail (&self->uses));
    self->statistics.evictions++;
  }
}

/* A clock that was set back does not turn the order round. */
static gint64
cache_now (HabCache *self)
{
  self->last_used_ns =
      MAX (g_get_real_time () * 1000, self->last_used_ns + 1);
  return self->last_used_ns;
}

/* File systems are mounted so that reading does not set it, and backups read all
 * files; what is written tells the version of a file, so that is left alone. */
static void
write_use (int fd, gint64 used_ns)
{
  const struct timespec times[] = {
    { .tv_sec = used_ns / NS_PER_SECOND, .tv_nsec = used_ns % NS_PER_SECOND },
    { .tv_nsec = UTIME_OMIT },
  };

  futimens (fd, times);
}

/* --- what an earlier service left -------------------------------------- */

static gint
compare_uses (gconstpointer a, gconstpointer b)
{
  const Entry *one = *(const Entry *const *) a;
  const Entry *other = *(const Entry *const *) b;

  return (one->used_ns > other->used_ns) - (one->used_ns < other->used_ns);
}

static Entry *
read_entry (HabCache *self, const gchar *name, GHashTable *owners)
{
  g_autofree gchar *owner = hab_cache_get_owner (name);
  struct stat info;
  Entry *entry;

  if (owner == NULL || !g_hash_table_contains (owners, owner) ||
      fstatat (hab_data_dir_get_fd (self->dir, HAB_FOLDER_CUTS), name, &info,
          AT_SYMLINK_NOFOLLOW) < 0 ||
      !S_ISREG (info.st_mode) || info.st_size == 0 ||
      (info.st_mode & ALLPERMS) != STORED_MODE)
    return NULL;
  entry = g_new0 (Entry, 1);
  entry->name = g_strdup (name);
  entry->bytes = get_room (&info);
  entry->used_ns =
      info.st_atim.tv_sec * NS_PER_SECOND + info.st_atim.tv_nsec;
  return entry;
}

typedef struct
{
  HabCache *cache;
  GHashTable *owners;
  GPtrArray *found; /* of Entry */
} Loading;

static gboolean
take_up (const gchar *name, gpointer data)
{
  Loading *loading = data;
  Entry *entry = read_entry (loading->cache, name, loading->owners);

  if (entry != NULL)
    g_ptr_array_add (loading->found, entry);
  return entry != NULL;
}

static void
cache_load (HabCache *self, GHashTable *owners)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (entry_free);
  Loading loading = { self, owners, found };

  hab_data_dir_sweep (self->dir, HAB_FOLDER_CUTS, take_up, &loading);
  g_ptr_array_sort (found, compare_uses);
  for (guint i = 0; i < found->len; i++) {
    const Entry *entry = g_ptr_array_index (found, i);

    cache_add (self, entry->name, entry->bytes, entry->used_ns);
    self->last_used_ns = entry->used_ns;
  }
  cache_trim (self);
}

HabCache *
hab_cache_new (HabDataDir *dir, guint64 max_bytes, GHashTable *owners)
{
  HabCache *self = g_new0 (HabCache, 1);

  self->dir = dir;
  self->statistics.max_bytes = max_bytes;
  g_mutex_init (&self->lock);
  g_queue_init (&self->uses);
  self->storing = g_thread_pool_new (store, self, 1, FALSE, NULL);
  self->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->making = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  cache_load (self, owners);
  return self;
}

void
hab_cache_free (HabCache *self)
{
  g_thread_pool_free (self->storing, FALSE, TRUE);
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->making);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* --- using ------------------------------------------------------------- */

/* Whoever removed it by hand is taken at their word. */
static int
cache_use (HabCache *self, Entry *entry)
{
  int fd = hab_data_dir_open_file (self->dir, HAB_FOLDER_CUTS, entry->name,
      O_RDONLY, NULL);

  if (fd < 0) {
    cache_drop (self, entry);
    return -1;
  }
  entry->used_ns = cache_now (self);
  write_use (fd, entry->used_ns);
  g_queue_unlink (&self->uses, &entry->link);
  g_queue_push_head_link (&self->uses, &entry->link);
  self->statistics.hits++;
  return fd;
}

int
hab_cache_open (HabCache *self, const gchar *name)
{
  Entry *entry;
  int fd;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->entries, name);
  fd = entry != NULL ? cache_use (self, entry) : -1;
  g_mutex_unlock (&self->lock);
  return fd;
}

gboolean
hab_cache_has (HabCache *self, const gchar *name)
{
  gboolean there;

  g_mutex_lock (&self->lock);
  there = g_hash_table_contains (self->entries, name);
  g_mutex_unlock (&self->lock);
  return there;
}

void
hab_cache_share (HabCache *self)
{
  g_mutex_lock (&self->lock);
  self->statistics.shared++;
  g_mutex_unlock (&self->lock);
}

/* --- making ------------------------------------------------------------ */

void
hab_cache_begin (HabCache *self, const gchar *name)
{
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->making, g_strdup (name), GINT_TO_POINTER (FALSE));
  self->statistics.misses++;
  g_mutex_unlock (&self->lock);
}

/* Whether name is still wanted. */
static gboolean
cache_end_making (HabCache *self, const gchar *name)
{
  gpointer gone = NULL;

  g_hash_table_lookup_extended (self->making, name, NULL, &gone);
  g_hash_table_remove (self->making, name);
  return !GPOINTER_TO_INT (gone);
}

/* Not the durable move of packages: a name that is lost with the power is a file
 * that is made again. */
static gboolean
cache_take (HabCache *self, const gchar *name, const gchar *draft, int fd)
{
  struct stat info;
  Entry *old = g_hash_table_lookup (self->entries, name);
  gint64 used_ns = cache_now (self);

  if (fstat (fd, &info) < 0 ||
      get_room (&info) > self->statistics.max_bytes)
    return FALSE;
  write_use (fd, used_ns);
  if (old != NULL)
    cache_drop (self, old);
  if (renameat (hab_data_dir_get_fd (self->dir, HAB_FOLDER_WORK), draft,
          hab_data_dir_get_fd (self->dir, HAB_FOLDER_CUTS), name) < 0)
    return FALSE;
  cache_add (self, name, get_room (&info), used_ns);
  cache_trim (self);
  return TRUE;
}

static void
cache_drop_name (HabCache *self, const gchar *name)
{
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->entries, name);
  if (entry != NULL)
    cache_drop (self, entry);
  g_mutex_unlock (&self->lock);
}

/* In a thread of its own: who asked for it has it already. A power cut before the
 * end leaves a file that the next start removes. Takes item. */
static void
store (gpointer item, gpointer cache)
{
  HabCache *self = cache;
  g_autofree gchar *name = item;
  int fd = hab_data_dir_open_file (self->dir, HAB_FOLDER_CUTS, name, O_RDONLY,
      NULL);

  /* There was no more room for it by now, or its input is gone. */
  if (fd < 0)
    return;
  if (fdatasync (fd) < 0 || fchmod (fd, STORED_MODE) < 0) {
    g_warning ("What was made cannot be stored: %s", g_strerror (errno));
    cache_drop_name (self, name);
  }
  close (fd);
}

gboolean
hab_cache_keep (HabCache *self, const gchar *name, const gchar *draft,
    GError **error)
{
  int fd = hab_data_dir_open_file (self->dir, HAB_FOLDER_WORK, draft, O_RDONLY,
      error);

  g_mutex_lock (&self->lock);
  if (cache_end_making (self, name) && fd >= 0 &&
      cache_take (self, name, draft, fd))
    g_thread_pool_push (self->storing, g_strdup (name), NULL);
  else
    hab_data_dir_remove (self->dir, HAB_FOLDER_WORK, draft);
  g_mutex_unlock (&self->lock);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

void
hab_cache_give_up (HabCache *self, const gchar *name)
{
  g_mutex_lock (&self->lock);
  cache_end_making (self, name);
  g_mutex_unlock (&self->lock);
}

/* --- forgetting -------------------------------------------------------- */

void
hab_cache_forget (HabCache *self, const gchar *owner)
{
  GHashTableIter iter;
  gpointer name;
  GList *next;

  g_mutex_lock (&self->lock);
  for (GList *item = self->uses.head; item != NULL; item = next) {
    Entry *entry = item->data;

    next = item->next;
    if (is_of (entry->name, owner))
      cache_drop (self, entry);
  }
  g_hash_table_iter_init (&iter, self->making);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (is_of (name, owner))
      g_hash_table_iter_replace (&iter, GINT_TO_POINTER (TRUE));
  g_mutex_unlock (&self->lock);
}

void
hab_cache_get_statistics (HabCache *self, HabCacheStatistics *statistics)
{
  g_mutex_lock (&self->lock);
  *statistics = self->statistics;
  g_mutex_unlock (&self->lock);
}

/* --- files that are what they are called ------------------------------- */

#define BOX_HEADER 8
#define LONG_BOX_HEADER 16

/* The size of the box at a place; 0 where there is none. */
static guint64
read_box_size (int fd, goffset at)
{
  guint32 size;
  guint64 long_size;

  if (pread (fd, &size, sizeof size, at) != sizeof size)
    return 0;
  size = GUINT32_FROM_BE (size);
  if (size != 1)
    return size >= BOX_HEADER ? size : 0;
  if (pread (fd, &long_size, sizeof long_size, at + BOX_HEADER) !=
      sizeof long_size)
    return 0;
  long_size = GUINT64_FROM_BE (long_size);
  return long_size >= LONG_BOX_HEADER ? long_size : 0;
}

/* Boxes, one behind the other, to the end. */
static gboolean
is_mp4 (int fd, goffset size)
{
  gchar type[4];
  guint64 at = 0, box;

  if (pread (fd, type, sizeof type, 4) != sizeof type ||
      memcmp (type, "ftyp", 4) != 0)
    return FALSE;
  while (at < (guint64) size) {
    box = read_box_size (fd, at);
    if (box == 0 || box > size - at)
      return FALSE;
    at += box;
  }
  return TRUE;
}

static gboolean
has_ends (int fd, goffset size, const gchar *first, const gchar *last)
{
  gchar begin[2], end[2];

  return size >= 4 && pread (fd, begin, 2, 0) == 2 &&
      pread (fd, end, 2, size - 2) == 2 &&
      memcmp (begin, first, strlen (first)) == 0 && memcmp (end, last, 2) == 0;
}

static gboolean
is_jpeg (int fd, goffset size)
{
  return has_ends (fd, size, "\xff\xd8", "\xff\xd9");
}

static gboolean
is_json (int fd, goffset size)
{
  return has_ends (fd, size, "[", "]\n");
}

static const struct
{
  const gchar *suffix, *type;
  gboolean (*is) (int fd, goffset size);
} types[] = {
  { ".mp4", "MP4", is_mp4 },
  { ".jpg", "JPEG", is_jpeg },
  { ".json", "JSON", is_json },
};

gboolean
hab_cache_check_file (int fd, const gchar *name, GError **error)
{
  struct stat info = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (!g_str_has_suffix (name, types[i].suffix))
      continue;
    if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) &&
        types[i].is (fd, info.st_size))
      return TRUE;
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "it is no whole %s file", types[i].type);
    return FALSE;
  }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "it is of no type that is kept");
  return FALSE;
}
