/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <nettle/aes.h>

#include "cbcs-cipher.h"

static const guint8 key[16] = {
  0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09,
  0xcf, 0x4f, 0x3c
};
static const guint8 iv[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  14, 15 };

/* The rule in its plainest form: block by block, a whole block is encrypted
 * when its place in the pattern is below crypt, chained over the others. */
static void
encrypt_plainly (HabCbcsPattern pattern, guint8 *data, gsize size)
{
  guint period = pattern.crypt_byte_block + pattern.skip_byte_block;
  struct aes128_ctx aes;
  guint8 chain[16];

  aes128_set_encrypt_key (&aes, key);
  memcpy (chain, iv, 16);
  for (gsize block = 0; (block + 1) * 16 <= size; block++) {
    guint8 *at = data + block * 16;

    if (period > 0 && block % period >= pattern.crypt_byte_block)
      continue;
    for (guint i = 0; i < 16; i++)
      at[i] ^= chain[i];
    aes128_encrypt (&aes, 16, at, at);
    memcpy (chain, at, 16);
  }
}

static guint8 *
numbers (gsize size)
{
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = i * 7 + i / 251;
  return data;
}

static void
check_size (HabCbcsPattern pattern, gsize size)
{
  g_autoptr (HabCbcsCipher) cipher = hab_cbcs_cipher_new (key);
  g_autofree guint8 *clear = numbers (size);
  g_autofree guint8 *expected = g_memdup2 (clear, size + 1);
  g_autofree guint8 *actual = g_memdup2 (clear, size + 1);

  encrypt_plainly (pattern, expected, size);
  hab_cbcs_cipher_encrypt (cipher, iv, pattern, actual, size);
  g_assert_cmpmem (actual, size, expected, size);
  hab_cbcs_cipher_decrypt (cipher, iv, pattern, actual, size);
  g_assert_cmpmem (actual, size, clear, size);
}

static void
test_sizes (gconstpointer data)
{
  const HabCbcsPattern *pattern = data;
  static const gsize large[] = { 4095, 4096, 40960, 40961, 655360, 1000003 };

  for (gsize size = 0; size < 400; size++)
    check_size (*pattern, size);
  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    check_size (*pattern, large[i]);
}

/* NIST SP 800-38A, F.2.1 */
static void
test_known_answer (void)
{
  guint8 data[32] = {
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11,
    0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c,
    0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51
  };
  static const guint8 expected[32] = {
    0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b,
    0x12, 0xe9, 0x19, 0x7d, 0x50, 0x86, 0xcb, 0x9b, 0x50, 0x72, 0x19, 0xee,
    0x95, 0xdb, 0x11, 0x3a, 0x91, 0x76, 0x78, 0xb2
  };
  g_autoptr (HabCbcsCipher) cipher = hab_cbcs_cipher_new (key);

  hab_cbcs_cipher_encrypt (cipher, iv, hab_cbcs_audio_pattern, data, 32);
  g_assert_cmpmem (data, 32, expected, 32);
}

gint
main (gint argc, gchar **argv)
{
  static const HabCbcsPattern other = { 5, 5 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cbcs/known-answer", test_known_answer);
  g_test_add_data_func ("/cbcs/video", &hab_cbcs_video_pattern, test_sizes);
  g_test_add_data_func ("/cbcs/audio", &hab_cbcs_audio_pattern, test_sizes);
  g_test_add_data_func ("/cbcs/other", &other, test_sizes);
  return g_test_run ();
}
