/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "codec.h"

G_BEGIN_DECLS

/* The cipher of scheme cbcs (ISO/IEC 23001-7, 10.4): AES-128-CBC over a
 * pattern of 16-byte blocks, the constant IV again at the start of each
 * protected range, the chain going over the skipped blocks. A last block that
 * is not whole stays clear. */

#define HAB_CBCS_BLOCK 16

/* Blocks of a pattern that are encrypted, and that are left clear after them.
 * 0:0 encrypts every block, as for audio. */
typedef struct
{
  guint crypt_byte_block;
  guint skip_byte_block;
} HabCbcsPattern;

extern const HabCbcsPattern hab_cbcs_video_pattern; /* 1:9 */
extern const HabCbcsPattern hab_cbcs_audio_pattern; /* 0:0 */

typedef struct _HabCbcsCipher HabCbcsCipher;

HabCbcsCipher *hab_cbcs_cipher_new (const guint8 key[16]);
/* Wipes the key schedule. */
void hab_cbcs_cipher_free (HabCbcsCipher *cipher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCbcsCipher, hab_cbcs_cipher_free)

/* One protected range, in place. */
void hab_cbcs_cipher_encrypt (const HabCbcsCipher *cipher, const guint8 iv[16],
    HabCbcsPattern pattern, guint8 *data, gsize size);
void hab_cbcs_cipher_decrypt (const HabCbcsCipher *cipher, const guint8 iv[16],
    HabCbcsPattern pattern, guint8 *data, gsize size);

G_END_DECLS
