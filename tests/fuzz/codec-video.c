/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codec data and access units of the codec whose media type the build defines:
 * what is protected is all there, does not reach behind the end, and is what it
 * was when encrypted and decrypted. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cbcs-cipher.h"
#include "codec.h"
#include "fuzz.h"

static const guint8 key[16] = "sixteen octets.";

static void
crypt_ranges (const HabCbcsCipher *cipher, GArray *ranges, guint8 *data,
    gboolean encrypt)
{
  for (guint i = 0; i < ranges->len; i++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, i);

    data += range->clear_bytes;
    if (encrypt)
      hab_cbcs_cipher_encrypt (cipher, key, hab_cbcs_video_pattern, data,
          range->protected_bytes);
    else
      hab_cbcs_cipher_decrypt (cipher, key, hab_cbcs_video_pattern, data,
          range->protected_bytes);
    data += range->protected_bytes;
  }
}

static void
check_ranges (GArray *ranges, const guint8 *unit, gsize size)
{
  g_autoptr (HabCbcsCipher) cipher = hab_cbcs_cipher_new (key);
  g_autofree guint8 *copy = g_memdup2 (unit, size);
  guint64 sum = 0;

  for (guint i = 0; i < ranges->len; i++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, i);

    sum += (guint64) range->clear_bytes + range->protected_bytes;
  }
  g_assert_cmpuint (sum, ==, size);
  crypt_ranges (cipher, ranges, copy, TRUE);
  crypt_ranges (cipher, ranges, copy, FALSE);
  g_assert_cmpmem (copy, size, unit, size);
}

static void
parse_unit (HabCodecParser *parser, const guint8 *unit, gsize size)
{
  g_autoptr (GArray) ranges =
      g_array_new (FALSE, FALSE, sizeof (HabSubsample));
  g_autoptr (GError) error = NULL, failure = NULL;
  HabAccessUnitInfo info;

  if (!hab_codec_parser_parse_access_unit (parser, unit, size, &info, &error))
    g_assert_nonnull (error);
  if (parser->codec->parse_ranges == NULL)
    return;
  if (parser->codec->parse_ranges (parser, unit, size, ranges, &failure))
    check_ranges (ranges, unit, size);
  else
    g_assert_nonnull (failure);
}

static void
describe (const HabCodec *codec, const guint8 *data, gsize size)
{
  g_auto (HabBoxWriter) writer;
  g_autoptr (GError) error = NULL, failure = NULL;
  g_autofree gchar *name = codec->mime_codec (NULL, data, size, &error);

  g_assert_true ((name == NULL) == (error != NULL));
  hab_box_writer_init (&writer);
  if (!codec->write_config (&writer, data, size, &failure))
    g_assert_nonnull (failure);
}

/* What is made of a first access unit is what files can be made of. */
static void
begin_with (const HabCodec *codec, const guint8 *unit, gsize size)
{
  g_autoptr (GstStructure) caps = gst_structure_new ("x", "framerate",
      GST_TYPE_FRACTION, 25, 1, NULL);
  const HabCodecStart start = { .caps = caps, .sample = unit, .size = size };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) made = codec->make_codec_data (&start, &error);
  gsize made_size;
  const guint8 *data;

  g_assert_true ((made == NULL) == (error != NULL));
  if (made == NULL)
    return;
  data = g_bytes_get_data (made, &made_size);
  describe (codec, data, made_size);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  const HabCodec *codec = hab_codec_find (FUZZ_MEDIA_TYPE, 0);
  g_autoptr (HabCodecParser) parser = hab_codec_parser_new (codec);
  FuzzInput input = { data, size };
  gsize n;
  g_autofree guint8 *codec_data = fuzz_take_block (&input, &n);
  g_autoptr (GError) error = NULL;

  if (n > 0) {
    describe (codec, codec_data, n);
    if (!codec->parse_codec_data (parser, codec_data, n, &error))
      g_assert_nonnull (error);
  }
  while (input.size > 0) {
    g_autofree guint8 *unit = fuzz_take_block (&input, &n);

    parse_unit (parser, unit, n);
    if (codec->make_codec_data != NULL)
      begin_with (codec, unit, n);
    if (codec->describe_light != NULL) {
      g_autoptr (GstStructure) caps = gst_structure_new_empty ("x");

      codec->describe_light (unit, n, caps);
    }
  }
  return 0;
}
