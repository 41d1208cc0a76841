/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "content-keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE_SIZE (64 * 1024)

/* Of the longest form, that of a UUID. */
#define MAX_KEY_TEXT 36

typedef struct
{
  gboolean has_kid; /* FALSE: of every id that has none of its own */
  guint8 kid[HAB_KEY_SIZE];
  guint8 key[HAB_KEY_SIZE];
} Entry;

/* Entries stay where they are, so that no copy of a key is left behind. */
struct _HabContentKeys
{
  GPtrArray *entries;
};

/* --- the set ------------------------------------------------------------ */

static void
free_entry (gpointer entry)
{
  hab_key_wipe (entry, sizeof (Entry));
  g_free (entry);
}

HabContentKeys *
hab_content_keys_new (void)
{
  HabContentKeys *keys = g_new (HabContentKeys, 1);

  keys->entries = g_ptr_array_new_with_free_func (free_entry);
  return keys;
}

void
hab_content_keys_free (HabContentKeys *keys)
{
  if (keys == NULL)
    return;
  g_ptr_array_unref (keys->entries);
  g_free (keys);
}

static gboolean
is_entry_of (const Entry *entry, const guint8 *kid)
{
  return kid ? entry->has_kid && memcmp (entry->kid, kid, HAB_KEY_SIZE) == 0 :
               !entry->has_kid;
}

static Entry *
find_entry (const HabContentKeys *keys, const guint8 *kid)
{
  for (guint i = 0; i < keys->entries->len; i++) {
    if (is_entry_of (keys->entries->pdata[i], kid))
      return keys->entries->pdata[i];
  }
  return NULL;
}

static Entry *
add_entry (HabContentKeys *keys, const guint8 *kid)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->has_kid = kid != NULL;
  if (kid)
    memcpy (entry->kid, kid, HAB_KEY_SIZE);
  g_ptr_array_add (keys->entries, entry);
  return entry;
}

void
hab_content_keys_set (HabContentKeys *keys, const guint8 *kid,
    const guint8 key[HAB_KEY_SIZE])
{
  Entry *entry = find_entry (keys, kid);

  if (entry == NULL)
    entry = add_entry (keys, kid);
  memcpy (entry->key, key, HAB_KEY_SIZE);
}

void
hab_content_keys_merge (HabContentKeys *keys, const HabContentKeys *other)
{
  for (guint i = 0; i < other->entries->len; i++) {
    const Entry *entry = other->entries->pdata[i];

    hab_content_keys_set (keys, entry->has_kid ? entry->kid : NULL, entry->key);
  }
}

const guint8 *
hab_content_keys_find (const HabContentKeys *keys, const guint8 *kid)
{
  const Entry *entry = find_entry (keys, kid);

  if (entry == NULL && kid)
    entry = find_entry (keys, NULL);
  if (entry == NULL && kid == NULL && keys->entries->len == 1)
    entry = keys->entries->pdata[0];
  return entry ? entry->key : NULL;
}

/* --- files --------------------------------------------------------------- */

/* What cannot be a key becomes an empty text, which the parser refuses. */
static gboolean
parse_part (const gchar *text, gsize length, guint8 value[HAB_KEY_SIZE],
    GError **error)
{
  gchar part[MAX_KEY_TEXT + 1] = "";
  gboolean valid;

  /* A zero byte would hide what is behind it. */
  if (length <= MAX_KEY_TEXT && memchr (text, '\0', length) == NULL)
    memcpy (part, text, length);
  valid = hab_key_parse (part, value, error);
  hab_key_wipe (part, sizeof part);
  return valid;
}

/* KID:KEY, or nothing. */
static gboolean
parse_pair (HabContentKeys *keys, const gchar *line, gsize length,
    GError **error)
{
  const gchar *colon = memchr (line, ':', length);
  guint8 kid[HAB_KEY_SIZE], key[HAB_KEY_SIZE];
  gboolean valid;

  if (length == 0 || line[0] == '#')
    return TRUE;
  if (colon == NULL) {
    g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM,
        "not KID:KEY");
    return FALSE;
  }
  valid = parse_part (line, colon - line, kid, error) &&
      parse_part (colon + 1, line + length - (colon + 1), key, error);
  if (valid)
    hab_content_keys_set (keys, kid, key);
  hab_key_wipe (key, sizeof key);
  return valid;
}

/* Length of the line at text, *next behind its end. */
static gsize
line_length (const gchar *text, const gchar *end, const gchar **next)
{
  const gchar *feed = memchr (text, '\n', end - text);
  gsize length = (feed ? feed : end) - text;

  *next = feed ? feed + 1 : end;
  return feed && length > 0 && text[length - 1] == '\r' ? length - 1 : length;
}

static gboolean
parse_pairs (HabContentKeys *keys, const gchar *text, const gchar *end,
    GError **error)
{
  guint number = 1;

  for (const gchar *next; text < end; text = next, number++) {
    gsize length = line_length (text, end, &next);

    if (!parse_pair (keys, text, length, error)) {
      g_prefix_error (error, "line %u: ", number);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
parse_lone_key (HabContentKeys *keys, const gchar *line, gsize length,
    const guint8 *kid, GError **error)
{
  guint8 key[HAB_KEY_SIZE];
  gboolean valid = parse_part (line, length, key, error);

  if (valid)
    hab_content_keys_set (keys, kid, key);
  else
    g_prefix_error (error, "first line: ");
  hab_key_wipe (key, sizeof key);
  return valid;
}

static gboolean
is_lone_key (const gchar *line, gsize length)
{
  return memchr (line, ':', length) == NULL &&
      (length == 0 || line[0] != '#');
}

static gboolean
parse_text (HabContentKeys *keys, const gchar *text, gsize size,
    const guint8 *kid, GError **error)
{
  g_autoptr (HabContentKeys) found = hab_content_keys_new ();
  const gchar *next;
  gsize length = line_length (text, text + size, &next);
  gboolean valid = is_lone_key (text, length) ?
      parse_lone_key (found, text, length, kid, error) :
      parse_pairs (found, text, text + size, error);

  if (valid)
    hab_content_keys_merge (keys, found);
  return valid;
}

gboolean
hab_content_keys_parse (HabContentKeys *keys, const gchar *text,
    const guint8 *kid, GError **error)
{
  return parse_text (keys, text, strlen (text), kid, error);
}

/* A key alone is taken as soon as its line is there: who writes a pipe may
 * keep it open. */
static gboolean
is_enough (const gchar *text, gsize size)
{
  const gchar *end = memchr (text, '\n', size);

  return end && is_lone_key (text, end - text);
}

/* The length, -1 with errno set. */
static gssize
read_all (gint fd, gchar *text, gsize size)
{
  gsize length = 0;

  while (length < size && !is_enough (text, length)) {
    gssize n = read (fd, text + length, size - length);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    length += n;
  }
  return length;
}

static gboolean
parse_fd (HabContentKeys *keys, gint fd, gchar *text, const guint8 *kid,
    GError **error)
{
  gssize size = read_all (fd, text, MAX_FILE_SIZE + 1);

  if (size < 0) {
    g_set_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE, "cannot read: %s",
        g_strerror (errno));
    return FALSE;
  }
  if (size > MAX_FILE_SIZE) {
    g_set_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE,
        "longer than %d bytes", MAX_FILE_SIZE);
    return FALSE;
  }
  return parse_text (keys, text, size, kid, error);
}

gboolean
hab_content_keys_read_file (HabContentKeys *keys, const gchar *path,
    const guint8 *kid, GError **error)
{
  gint fd = open (path, O_RDONLY | O_CLOEXEC);
  gchar *text;
  gboolean valid;

  if (fd < 0) {
    g_set_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE,
        "cannot open key file %s: %s", path, g_strerror (errno));
    return FALSE;
  }
  text = g_malloc (MAX_FILE_SIZE + 1);
  valid = parse_fd (keys, fd, text, kid, error);
  if (!valid)
    g_prefix_error (error, "key file %s: ", path);
  hab_key_wipe (text, MAX_FILE_SIZE + 1);
  g_free (text);
  close (fd);
  return valid;
}

static gboolean
copy_key (const HabContentKeys *keys, const guint8 kid[HAB_KEY_SIZE],
    guint8 key[HAB_KEY_SIZE], GError **error)
{
  const guint8 *found = hab_content_keys_find (keys, kid);
  g_autofree gchar *uuid = NULL;

  if (found) {
    memcpy (key, found, HAB_KEY_SIZE);
    return TRUE;
  }
  uuid = hab_key_to_uuid (kid);
  g_set_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM,
      "no key for key id %s", uuid);
  return FALSE;
}

gboolean
hab_key_parse_for (const gchar *text, const guint8 kid[HAB_KEY_SIZE],
    guint8 key[HAB_KEY_SIZE], GError **error)
{
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();

  return hab_content_keys_parse (keys, text, kid, error) &&
      copy_key (keys, kid, key, error);
}

gboolean
hab_key_read_file (const gchar *path, const guint8 kid[HAB_KEY_SIZE],
    guint8 key[HAB_KEY_SIZE], GError **error)
{
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();

  if (!hab_content_keys_read_file (keys, path, kid, error))
    return FALSE;
  if (copy_key (keys, kid, key, error))
    return TRUE;
  g_prefix_error (error, "key file %s: ", path);
  return FALSE;
}
