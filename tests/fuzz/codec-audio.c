/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codec data and first samples of the audio codecs, which one the first byte
 * says. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec.h"
#include "fuzz.h"

/* (nullable) */
static const HabCodec *
choose (guint number)
{
  guint n;
  const HabCodec *const *codecs = hab_codec_list (&n);
  const HabCodec *codec = codecs[number % n];

  return codec->kind == HAB_MEDIA_AUDIO ? codec : NULL;
}

static void
describe (const HabCodec *codec, const guint8 *data, gsize size)
{
  g_auto (HabBoxWriter) writer;
  g_autoptr (GError) error = NULL, failure = NULL, refusal = NULL;
  g_autofree gchar *name = codec->mime_codec (NULL, data, size, &error);
  HabAudioFormat format = { 0 };

  g_assert_true ((name == NULL) == (error != NULL));
  hab_box_writer_init (&writer);
  if (!codec->write_config (&writer, data, size, &failure))
    g_assert_nonnull (failure);
  if (codec->parse_format != NULL &&
      !codec->parse_format (data, size, &format, &refusal))
    g_assert_nonnull (refusal);
}

/* What is made of a sample can be read. */
static void
make (const HabCodec *codec, const GstStructure *caps, const guint8 *sample,
    gsize size, guint64 lead)
{
  const HabCodecStart start = { caps, sample, size, lead };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) made = codec->make_codec_data (&start, &error);

  g_assert_true ((made == NULL) == (error != NULL));
  if (made != NULL)
    describe (codec, g_bytes_get_data (made, NULL), g_bytes_get_size (made));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  const HabCodec *codec = choose (fuzz_take_u8 (&input));
  guint64 lead = fuzz_take_number (&input, 4) * 1000;
  guint rate = fuzz_take_number (&input, 3);
  guint channels = fuzz_take_u8 (&input);
  g_autoptr (GstStructure) caps = NULL;
  gsize n_data, n_sample;
  g_autofree guint8 *codec_data = fuzz_take_block (&input, &n_data);
  g_autofree guint8 *sample = fuzz_take_block (&input, &n_sample);

  if (codec == NULL)
    return 0;
  caps = gst_structure_new (codec->media_type, "rate", G_TYPE_INT, rate,
      "channels", G_TYPE_INT, channels, NULL);
  describe (codec, codec_data, n_data);
  if (codec->make_codec_data != NULL)
    make (codec, caps, sample, n_sample, lead);
  if (codec->removable_start != NULL)
    g_assert_cmpuint (codec->removable_start (sample, n_sample), <=, n_sample);
  return 0;
}
