/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cbcs-cipher.h"

#include <string.h>

#include <nettle/aes.h>
#include <nettle/cbc.h>

#include "keys.h"

/* Blocks gathered for one call of the cipher: enough to keep its pipelines
 * full, small enough for the first-level cache. */
#define BATCH_BLOCKS 256

struct _HabCbcsCipher
{
  struct aes128_ctx encrypt;
  struct aes128_ctx decrypt;
};

typedef void (*RunFunc) (const HabCbcsCipher *cipher, guint8 *iv, guint8 *data,
    gsize size);

const HabCbcsPattern hab_cbcs_video_pattern = { 1, 9 };
const HabCbcsPattern hab_cbcs_audio_pattern = { 0, 0 };

HabCbcsCipher *
hab_cbcs_cipher_new (const guint8 key[16])
{
  HabCbcsCipher *cipher = g_new (HabCbcsCipher, 1);

  aes128_set_encrypt_key (&cipher->encrypt, key);
  aes128_invert_key (&cipher->decrypt, &cipher->encrypt);
  return cipher;
}

void
hab_cbcs_cipher_free (HabCbcsCipher *cipher)
{
  if (cipher == NULL)
    return;
  hab_key_wipe (cipher, sizeof *cipher);
  g_free (cipher);
}

static void
run_encrypt (const HabCbcsCipher *cipher, guint8 *iv, guint8 *data, gsize size)
{
  cbc_aes128_encrypt (&cipher->encrypt, iv, size, data, data);
}

static void
run_decrypt (const HabCbcsCipher *cipher, guint8 *iv, guint8 *data, gsize size)
{
  cbc_decrypt (&cipher->decrypt, (nettle_cipher_func *) aes128_decrypt,
      HAB_CBCS_BLOCK, iv, size, data, data);
}

/* Where in a range the pattern is. */
typedef struct
{
  guint8 *next, *end; /* the next block to encrypt, behind the last whole one */
  guint left;         /* blocks to encrypt before some are skipped */
} Place;

/* Copies the pattern's encrypted blocks, from the place on, into batch, or back.
 * Returns how many bytes. The place is moved behind them. */
static gsize
copy_blocks (Place *place, HabCbcsPattern pattern, guint8 *batch, gboolean back)
{
  const gsize skip = pattern.skip_byte_block * HAB_CBCS_BLOCK;
  gsize size = 0;

  while (place->next < place->end && size < BATCH_BLOCKS * HAB_CBCS_BLOCK) {
    if (back)
      memcpy (place->next, batch + size, HAB_CBCS_BLOCK);
    else
      memcpy (batch + size, place->next, HAB_CBCS_BLOCK);
    size += HAB_CBCS_BLOCK;
    place->next += HAB_CBCS_BLOCK;
    if (--place->left == 0) {
      place->left = pattern.crypt_byte_block;
      place->next += MIN (skip, (gsize) (place->end - place->next));
    }
  }
  return size;
}

/* Gathers the blocks that lie apart, so that the cipher runs over many of
 * them at a time. */
static void
run_pattern (const HabCbcsCipher *cipher, RunFunc run, guint8 *iv,
    HabCbcsPattern pattern, guint8 *data, gsize n_blocks)
{
  guint8 batch[BATCH_BLOCKS * HAB_CBCS_BLOCK];
  Place place = { data, data + n_blocks * HAB_CBCS_BLOCK,
    pattern.crypt_byte_block };

  while (place.next < place.end) {
    Place first = place;
    gsize size = copy_blocks (&place, pattern, batch, FALSE);

    run (cipher, iv, batch, size);
    copy_blocks (&first, pattern, batch, TRUE);
  }
}

static void
run_range (const HabCbcsCipher *cipher, RunFunc run, const guint8 iv[16],
    HabCbcsPattern pattern, guint8 *data, gsize size)
{
  guint8 chain[HAB_CBCS_BLOCK];
  gsize n_blocks = size / HAB_CBCS_BLOCK;

  memcpy (chain, iv, sizeof chain);
  if (pattern.crypt_byte_block == 0 || pattern.skip_byte_block == 0)
    run (cipher, chain, data, n_blocks * HAB_CBCS_BLOCK);
  else
    run_pattern (cipher, run, chain, pattern, data, n_blocks);
}

void
hab_cbcs_cipher_encrypt (const HabCbcsCipher *cipher, const guint8 iv[16],
    HabCbcsPattern pattern, guint8 *data, gsize size)
{
  run_range (cipher, run_encrypt, iv, pattern, data, size);
}

void
hab_cbcs_cipher_decrypt (const HabCbcsCipher *cipher, const guint8 iv[16],
    HabCbcsPattern pattern, guint8 *data, gsize size)
{
  run_range (cipher, run_decrypt, iv, pattern, data, size);
}
