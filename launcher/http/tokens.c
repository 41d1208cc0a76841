/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"

G_STATIC_ASSERT (HAB_TOKEN_DIGEST_SIZE == SHA256_DIGEST_SIZE);

#define MAX_NAME 64
#define MAX_FILE (1024 * 1024)
#define NAME_LETTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-"

struct _HabTokens
{
  GArray *list; /* of HabToken */
};

void
hab_token_digest (const gchar *token, guint8 digest[HAB_TOKEN_DIGEST_SIZE])
{
  struct sha256_ctx context;

  sha256_init (&context);
  sha256_update (&context, strlen (token), (const guint8 *) token);
  sha256_digest (&context, HAB_TOKEN_DIGEST_SIZE, digest);
}

static void
token_clear (gpointer data)
{
  HabToken *token = data;

  g_free (token->name);
}

static HabTokens *
tokens_new (void)
{
  HabTokens *self = g_new0 (HabTokens, 1);

  self->list = g_array_new (FALSE, TRUE, sizeof (HabToken));
  g_array_set_clear_func (self->list, token_clear);
  return self;
}

void
hab_tokens_free (HabTokens *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->list);
  g_free (self);
}

/* All are compared, whichever it is. */
const HabToken *
hab_tokens_find (HabTokens *self, const guint8 digest[HAB_TOKEN_DIGEST_SIZE])
{
  const HabToken *found = NULL;

  for (guint i = 0; i < self->list->len; i++) {
    const HabToken *token = &g_array_index (self->list, HabToken, i);

    if (memeql_sec (token->digest, digest, sizeof token->digest))
      found = token;
  }
  return found;
}

/* --- reading ---------------------------------------------------------- */

static gboolean
fail (GError **error, guint line, const gchar *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "API tokens, line %u: %s", line, what);
  return FALSE;
}

static gboolean
check_name (HabTokens *self, const gchar *name, guint line, GError **error)
{
  if (strlen (name) > MAX_NAME || strspn (name, NAME_LETTERS) != strlen (name))
    return fail (error, line,
        "a name has 1 to 64 letters, digits, dots, dashes and underscores");
  for (guint i = 0; i < self->list->len; i++)
    if (g_str_equal (g_array_index (self->list, HabToken, i).name, name))
      return fail (error, line, "the name is there already");
  return TRUE;
}

static gboolean
add_token (HabTokens *self, const gchar *name, const gchar *text,
    gboolean admin, guint line, GError **error)
{
  HabToken token = { .admin = admin };

  if (strlen (text) < HAB_TOKEN_MIN_LENGTH)
    return fail (error, line, "a token must have at least 16 characters");
  hab_token_digest (text, token.digest);
  if (hab_tokens_find (self, token.digest) != NULL)
    return fail (error, line, "the token is another name's already");
  token.name = g_strdup (name);
  g_array_append_val (self->list, token);
  return TRUE;
}

/* words: without empty ones. */
static gboolean
read_words (HabTokens *self, gchar **words, guint line, GError **error)
{
  gboolean admin = FALSE;
  guint count = g_strv_length (words);

  if (count == 1)
    return add_token (self, "", words[0], TRUE, line, error);
  if (count == 3)
    admin = g_str_equal (words[2], "admin");
  if (count > 3 || (count == 3 && !admin))
    return fail (error, line, "it must be NAME TOKEN or NAME TOKEN admin");
  return check_name (self, words[0], line, error) &&
      add_token (self, words[0], words[1], admin, line, error);
}

static GStrv
split_words (const gchar *line)
{
  g_auto (GStrv) pieces = g_strsplit_set (line, " \t\r", -1);
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv words;

  for (gchar **piece = pieces; *piece != NULL; piece++)
    if (**piece != '\0')
      g_strv_builder_add (builder, *piece);
  words = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return words;
}

static gboolean
check_list (HabTokens *self, GError **error)
{
  guint count = self->list->len;

  if (count == 0)
    return fail (error, 1, "there is no token");
  for (guint i = 0; i < count && count > 1; i++)
    if (*g_array_index (self->list, HabToken, i).name == '\0')
      return fail (error, i + 1,
          "where there are several tokens each needs a name: NAME TOKEN");
  return TRUE;
}

HabTokens *
hab_tokens_parse (const gchar *text, GError **error)
{
  g_autoptr (HabTokens) self = tokens_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) words = split_words (lines[i]);

    if (words[0] != NULL && words[0][0] != '#' &&
        !read_words (self, words, i + 1, error))
      return NULL;
  }
  return check_list (self, error) ? g_steal_pointer (&self) : NULL;
}

/* --- the file --------------------------------------------------------- */

static gboolean
fail_file (GError **error, const gchar *path, const gchar *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, what);
  return FALSE;
}

static gboolean
check_file (int fd, const gchar *path, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) < 0)
    return fail_file (error, path, g_strerror (errno));
  if (!S_ISREG (info.st_mode) || info.st_size > MAX_FILE)
    return fail_file (error, path, "not a file of tokens");
  if (info.st_mode & (S_IRWXO | S_IWGRP))
    return fail_file (error, path,
        "others may read or write these tokens: chmod it to 0600 or 0640");
  return TRUE;
}

/* (nullable): what is in it, with a zero behind. */
static gchar *
read_file (const gchar *path, GError **error)
{
  g_autofree gchar *text = g_malloc0 (MAX_FILE + 1);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gssize size = -1;

  if (fd < 0 || (check_file (fd, path, error) &&
                    (size = read (fd, text, MAX_FILE)) < 0))
    fail_file (error, path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return size >= 0 ? g_steal_pointer (&text) : NULL;
}

HabTokens *
hab_tokens_load (const gchar *path, GError **error)
{
  gchar *text = read_file (path, error);
  HabTokens *tokens;

  if (text == NULL)
    return NULL;
  tokens = hab_tokens_parse (text, error);
  hab_key_wipe (text, strlen (text));
  g_free (text);
  return tokens;
}
