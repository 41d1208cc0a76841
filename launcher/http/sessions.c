/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sessions.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "keys.h"

#define ID_SIZE 32
#define MAX_SESSIONS 1000

struct _HabSessions
{
  GHashTable *by_digest; /* of the id, GBytes -> Session */
};

typedef struct
{
  guint8 token_digest[HAB_TOKEN_DIGEST_SIZE];
  gint64 ends_us;
} Session;

HabSessions *
hab_sessions_new (void)
{
  HabSessions *self = g_new0 (HabSessions, 1);

  self->by_digest = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
      (GDestroyNotify) g_bytes_unref, g_free);
  return self;
}

void
hab_sessions_free (HabSessions *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->by_digest);
  g_free (self);
}

static GBytes *
digest_id (const gchar *id)
{
  guint8 digest[HAB_TOKEN_DIGEST_SIZE];

  hab_token_digest (id, digest);
  return g_bytes_new (digest, sizeof digest);
}

static gchar *
make_id (void)
{
  guint8 random[ID_SIZE];
  gchar *id;

  if (getrandom (random, sizeof random, 0) != sizeof random)
    g_error ("cannot get random bytes: %s", g_strerror (errno));
  id = g_base64_encode (random, sizeof random);
  hab_key_wipe (random, sizeof random);
  g_strdelimit (id, "+", '-');
  g_strdelimit (id, "/", '_');
  id[strcspn (id, "=")] = '\0';
  return id;
}

/* Removes those that have ended, and tells which ends next. */
static GBytes *
sweep (HabSessions *self, gint64 now_us)
{
  GBytes *next = NULL;
  gint64 next_us = G_MAXINT64;
  GHashTableIter iter;
  gpointer digest, value;

  g_hash_table_iter_init (&iter, self->by_digest);
  while (g_hash_table_iter_next (&iter, &digest, &value)) {
    Session *session = value;

    if (session->ends_us <= now_us)
      g_hash_table_iter_remove (&iter);
    else if (session->ends_us < next_us) {
      next = digest;
      next_us = session->ends_us;
    }
  }
  return next;
}

gchar *
hab_sessions_open (HabSessions *self,
    const guint8 token_digest[HAB_TOKEN_DIGEST_SIZE], gint64 now_us)
{
  Session *session = g_new0 (Session, 1);
  GBytes *next = sweep (self, now_us);
  gchar *id = make_id ();

  if (g_hash_table_size (self->by_digest) >= MAX_SESSIONS)
    g_hash_table_remove (self->by_digest, next);
  memcpy (session->token_digest, token_digest, sizeof session->token_digest);
  session->ends_us = now_us + (gint64) HAB_SESSION_SECONDS * G_USEC_PER_SEC;
  g_hash_table_insert (self->by_digest, digest_id (id), session);
  return id;
}

const guint8 *
hab_sessions_find (HabSessions *self, const gchar *id, gint64 now_us)
{
  g_autoptr (GBytes) digest = digest_id (id);
  Session *session = g_hash_table_lookup (self->by_digest, digest);

  return session != NULL && session->ends_us > now_us
      ? session->token_digest
      : NULL;
}

void
hab_sessions_close (HabSessions *self, const gchar *id)
{
  g_autoptr (GBytes) digest = digest_id (id);

  g_hash_table_remove (self->by_digest, digest);
}
