/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "cbcs-cipher.h"
#include "codec.h"

/* What holds for an access unit whatever is in it, where a test knows from
 * writing it which bytes must be in the clear: clear has 1 for these and 0 for
 * the others. */

/* The bytes of unit behind those that clear has: the first n are in the clear. */
static inline void
mark_bytes (GByteArray *clear, const GByteArray *unit, guint n)
{
  guint before = clear->len;

  g_byte_array_set_size (clear, unit->len);
  memset (clear->data + before, 0, unit->len - before);
  memset (clear->data + before, 1, n);
}

static inline void
mark_clear (GByteArray *clear, const GByteArray *unit)
{
  mark_bytes (clear, unit, unit->len - clear->len);
}

/* Nothing else is in the clear, and nothing else protected. */
static inline void
check_places (const GByteArray *clear, GArray *ranges)
{
  guint at = 0;

  for (guint i = 0; i < ranges->len; i++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, i);

    for (guint end = at + range->clear_bytes; at < end; at++)
      g_assert_cmpuint (clear->data[at], ==, 1);
    for (guint end = at + range->protected_bytes; at < end; at++)
      g_assert_cmpuint (clear->data[at], ==, 0);
  }
  g_assert_cmpuint (at, ==, clear->len);
}

static inline void
crypt_unit (const HabCbcsCipher *cipher, GArray *ranges, guint8 *data,
    gboolean encrypt)
{
  static const guint8 iv[16] = { 1, 2, 3 };

  for (guint i = 0; i < ranges->len; i++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, i);

    data += range->clear_bytes;
    (encrypt ? hab_cbcs_cipher_encrypt : hab_cbcs_cipher_decrypt) (cipher, iv,
        hab_cbcs_video_pattern, data, range->protected_bytes);
    data += range->protected_bytes;
  }
}

/* Headers stay as they are, what is encrypted is another, and it comes back. */
static inline void
check_encryption (const GByteArray *unit, const GByteArray *clear,
    GArray *ranges)
{
  static const guint8 key[16] = { 7 };
  g_autoptr (HabCbcsCipher) cipher = hab_cbcs_cipher_new (key);
  g_autofree guint8 *copy = g_memdup2 (unit->data, unit->len);

  crypt_unit (cipher, ranges, copy, TRUE);
  for (guint i = 0; i < unit->len; i++)
    if (clear->data[i])
      g_assert_cmpuint (copy[i], ==, unit->data[i]);
  for (guint i = 0, at = 0; i < ranges->len; i++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, i);

    at += range->clear_bytes;
    if (range->protected_bytes >= HAB_CBCS_BLOCK)
      g_assert_true (memcmp (copy + at, unit->data + at, HAB_CBCS_BLOCK) != 0);
    at += range->protected_bytes;
  }
  crypt_unit (cipher, ranges, copy, FALSE);
  g_assert_cmpmem (copy, unit->len, unit->data, unit->len);
}
