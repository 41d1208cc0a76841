/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "seal.h"

#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* hab1:<base64url of nonce, cipher text, tag>
 *
 * The nonce is random: with 96 bits and a package's key at a time there are
 * far fewer than the 2^32 texts up to which that is safe under one key. */

#define PREFIX "hab1:"
#define NONCE_SIZE GCM_IV_SIZE
#define TAG_SIZE GCM_DIGEST_SIZE
#define OVERHEAD (NONCE_SIZE + TAG_SIZE)

struct _HabSeal
{
  guint8 key[AES256_KEY_SIZE];
};

G_DEFINE_QUARK (hab-seal-error-quark, hab_seal_error)

static gboolean
set_file_error (const gchar *what, const gchar *path, gint saved_errno,
    GError **error)
{
  g_set_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE,
      "cannot %s master key file %s: %s", what, path, g_strerror (saved_errno));
  return FALSE;
}

/* Without random numbers nothing can be sealed: better no program than a weak
 * key. Requests of this size are never cut short. */
static void
fill_random (gpointer data, gsize size)
{
  if (getrandom (data, size, 0) != (gssize) size)
    g_error ("cannot get random bytes: %s", g_strerror (errno));
}

/* --- the master key file --------------------------------------------- */

static gboolean
write_all (gint fd, const guint8 *data, gsize size)
{
  while (size > 0) {
    gssize n = write (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    data += n;
    size -= n;
  }
  return TRUE;
}

static gboolean
sync_folder_of (const gchar *path)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  gint fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean done;

  if (fd < 0)
    return FALSE;
  done = fsync (fd) == 0;
  close (fd);

  return done;
}

static gboolean
write_key (gint fd, const guint8 *key, gsize size)
{
  gboolean done = write_all (fd, key, size) && fsync (fd) == 0;
  gint saved_errno = errno;

  if (close (fd) != 0 && done)
    return FALSE;
  if (!done)
    errno = saved_errno;

  return done;
}

/* Under its name the file is whole from the start, and link () keeps one that
 * another process made in the meantime. */
static gboolean
create_file (const gchar *path, GError **error)
{
  g_autofree gchar *temporary = g_strconcat (path, ".XXXXXX", NULL);
  guint8 key[AES256_KEY_SIZE];
  gint fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  gboolean done;
  gint saved_errno;

  if (fd < 0)
    return set_file_error ("make", path, errno, error);

  fill_random (key, sizeof (key));
  done = write_key (fd, key, sizeof (key)) &&
      (link (temporary, path) == 0 || errno == EEXIST);
  saved_errno = errno;
  hab_key_wipe (key, sizeof (key));
  g_unlink (temporary);

  if (!done)
    return set_file_error ("make", path, saved_errno, error);
  if (!sync_folder_of (path))
    return set_file_error ("make durable", path, errno, error);
  return TRUE;
}

/* forbidden: bits of the mode that the file may not have. */
static gboolean
check_file (gint fd, const gchar *path, mode_t forbidden, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) != 0)
    return set_file_error ("read", path, errno, error);

  if (!S_ISREG (st.st_mode) || st.st_size != AES256_KEY_SIZE) {
    g_set_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE,
        "master key file %s is not a file of %d bytes: restore it from a "
        "backup", path, AES256_KEY_SIZE);
    return FALSE;
  }
  if (st.st_mode & forbidden) {
    g_set_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE,
        "others than its %s may use master key file %s: chmod it to %s",
        forbidden & S_IRGRP ? "owner" : "owner and group", path,
        forbidden & S_IRGRP ? "0600" : "0440");
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_all (gint fd, guint8 *data, gsize size)
{
  while (size > 0) {
    gssize n = read (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      if (n == 0)
        errno = EIO;
      return FALSE;
    }
    data += n;
    size -= n;
  }
  return TRUE;
}

/* Takes fd. */
static HabSeal *
read_key (gint fd, const gchar *path, mode_t forbidden, GError **error)
{
  g_autoptr (HabSeal) seal = NULL;
  gboolean done;

  if (fd < 0) {
    set_file_error ("open", path, errno, error);
    return NULL;
  }
  seal = g_new0 (HabSeal, 1);
  done = check_file (fd, path, forbidden, error);
  if (done && !read_all (fd, seal->key, sizeof (seal->key)))
    done = set_file_error ("read", path, errno, error);
  close (fd);

  return done ? g_steal_pointer (&seal) : NULL;
}

HabSeal *
hab_seal_new (const gchar *path, gboolean create, GError **error)
{
  gint fd;

  g_return_val_if_fail (path != NULL, NULL);

  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && create) {
    if (!create_file (path, error))
      return NULL;
    fd = open (path, O_RDONLY | O_CLOEXEC);
  }
  return read_key (fd, path, S_IRWXG | S_IRWXO, error);
}

HabSeal *
hab_seal_new_from_credential (const gchar *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  return read_key (open (path, O_RDONLY | O_CLOEXEC), path,
      S_IWGRP | S_IXGRP | S_IRWXO, error);
}

void
hab_seal_free (HabSeal *seal)
{
  if (!seal)
    return;

  hab_key_wipe (seal, sizeof (*seal));
  g_free (seal);
}

/* --- sealed texts ---------------------------------------------------- */

static gchar *
encode (const guint8 *data, gsize size)
{
  g_autofree gchar *text = g_base64_encode (data, size);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';

  return g_strconcat (PREFIX, text, NULL);
}

/* (nullable): what the text stands for. */
static guint8 *
decode (const gchar *text, gsize *size)
{
  g_autofree gchar *standard = NULL;
  g_autofree gchar *again = NULL;
  g_autofree guint8 *data = NULL;

  if (!g_str_has_prefix (text, PREFIX))
    return NULL;

  standard = g_strconcat (text + strlen (PREFIX), "==", NULL);
  g_strdelimit (standard, "-", '+');
  g_strdelimit (standard, "_", '/');
  standard[strlen (standard) / 4 * 4] = '\0';
  data = g_base64_decode (standard, size);

  /* The decoder skips what it does not know: only what it would be written
   * as is taken. */
  again = encode (data, *size);
  if (strcmp (again, text) != 0)
    return NULL;

  return g_steal_pointer (&data);
}

static void
start (HabSeal *seal, const gchar *context, const guint8 *nonce,
    struct gcm_aes256_ctx *gcm)
{
  gcm_aes256_set_key (gcm, seal->key);
  gcm_aes256_set_iv (gcm, NONCE_SIZE, nonce);
  gcm_aes256_update (gcm, strlen (context), (const guint8 *) context);
}

gchar *
hab_seal_close (HabSeal *seal, const gchar *context, const guint8 *data,
    gsize size)
{
  g_autofree guint8 *sealed = g_malloc (size + OVERHEAD);
  struct gcm_aes256_ctx gcm;

  g_return_val_if_fail (seal != NULL, NULL);
  g_return_val_if_fail (context != NULL, NULL);

  fill_random (sealed, NONCE_SIZE);
  start (seal, context, sealed, &gcm);
  gcm_aes256_encrypt (&gcm, size, sealed + NONCE_SIZE, data);
  gcm_aes256_digest (&gcm, TAG_SIZE, sealed + NONCE_SIZE + size);
  hab_key_wipe (&gcm, sizeof (gcm));

  return encode (sealed, size + OVERHEAD);
}

gboolean
hab_seal_open (HabSeal *seal, const gchar *context, const gchar *text,
    guint8 *data, gsize size, GError **error)
{
  g_autofree guint8 *sealed = NULL;
  struct gcm_aes256_ctx gcm;
  guint8 tag[TAG_SIZE];
  gsize sealed_size = 0;
  gboolean valid;

  g_return_val_if_fail (seal != NULL, FALSE);
  g_return_val_if_fail (context != NULL, FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  sealed = decode (text, &sealed_size);
  if (!sealed || sealed_size < OVERHEAD || sealed_size - OVERHEAD != size) {
    g_set_error_literal (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_OPEN,
        "not a sealed key");
    return FALSE;
  }

  start (seal, context, sealed, &gcm);
  gcm_aes256_decrypt (&gcm, size, data, sealed + NONCE_SIZE);
  gcm_aes256_digest (&gcm, TAG_SIZE, tag);
  valid = memeql_sec (tag, sealed + NONCE_SIZE + size, TAG_SIZE);
  hab_key_wipe (&gcm, sizeof (gcm));

  if (!valid) {
    hab_key_wipe (data, size);
    g_set_error_literal (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_OPEN,
        "the sealed key was changed or sealed under another master key");
  }
  return valid;
}

/* --- keys of other uses ---------------------------------------------- */

void
hab_seal_derive (HabSeal *seal, const gchar *use, guint8 key[32])
{
  struct hmac_sha256_ctx hmac;

  hmac_sha256_set_key (&hmac, sizeof (seal->key), seal->key);
  hmac_sha256_update (&hmac, strlen (use), (const guint8 *) use);
  hmac_sha256_digest (&hmac, SHA256_DIGEST_SIZE, key);
  hab_key_wipe (&hmac, sizeof (hmac));
}
