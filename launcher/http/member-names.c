/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "member-names.h"

#include <string.h>

#include "problem.h"

/* What is longer is no slip of anybody's. */
#define MAX_NAME 40
/* Of letters that are wrong, missing or too many. */
#define MAX_SLIPS 2

/* Words of the command line that are other ones here. */
static const struct
{
  const gchar *word, *name;
} other_words[] = {
  { "single_file", "on_demand" },
  { "key_id", "kid" },
  { "new_key", "generate_keys" },
};

/* As names are written here: small letters and underscores. */
static gchar *
normalize (const gchar *name)
{
  return g_strdelimit (g_ascii_strdown (name, -1), "- ", '_');
}

/* Levenshtein's distance; neither is longer than MAX_NAME. */
static guint
count_slips (const gchar *a, const gchar *b)
{
  guint row[MAX_NAME + 1];
  guint length = strlen (b);

  for (guint j = 0; j <= length; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1] != '\0'; i++) {
    guint diagonal = row[0];

    row[0] = i;
    for (guint j = 1; j <= length; j++) {
      guint replaced = diagonal + (a[i - 1] != b[j - 1]);

      diagonal = row[j];
      row[j] = MIN (replaced, MIN (row[j], row[j - 1]) + 1);
    }
  }
  return row[length];
}

static const gchar *
find_in (const gchar *name, const gchar *const *known)
{
  return g_strv_contains (known, name) ? name : NULL;
}

/* (nullable): the known one that was probably meant by name. */
static const gchar *
find_near (const gchar *name, const gchar *const *known)
{
  g_autofree gchar *word = NULL;
  const gchar *nearest = NULL;
  guint fewest = MAX_SLIPS + 1;

  if (strlen (name) > MAX_NAME)
    return NULL;
  word = normalize (name);
  for (guint i = 0; i < G_N_ELEMENTS (other_words); i++)
    if (g_str_equal (word, other_words[i].word))
      return find_in (other_words[i].name, known);
  for (; *known != NULL; known++) {
    guint slips = count_slips (word, *known);

    /* Of a short word as many would make any other. */
    if (slips < fewest && slips * 2 < strlen (*known)) {
      nearest = *known;
      fewest = slips;
    }
  }
  return nearest;
}

gboolean
hab_member_names_check (JsonObject *object, const gchar *prefix,
    const gchar *const *known, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *link = names; link != NULL; link = link->next) {
    const gchar *name = link->data;
    const gchar *near;

    if (g_strv_contains (known, name))
      continue;
    near = find_near (name, known);
    if (near != NULL)
      hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
          "There is no \"%s%s\"; probably \"%s%s\" is meant", prefix, name,
          prefix, near);
    else if (strlen (name) <= MAX_NAME)
      hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
          "There is no \"%s%s\"; leave it out", prefix, name);
    else
      hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
          "One of the names is none that there is; leave it out");
    return FALSE;
  }
  return TRUE;
}
