/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codec data, first samples and header packets of the audio codecs, which one the
 * first byte says. */

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

/* As caps have bytes and numbers: (array) < ... >. */
static void
append_taken (GValue *array, GValue *value)
{
  gst_value_array_append_and_take_value (array, value);
}

static void
set_array (GstStructure *caps, const gchar *name, GValue *array)
{
  if (gst_value_array_get_size (array) > 0)
    gst_structure_set_value (caps, name, array);
  g_value_unset (array);
}

/* Header packets, until one is empty. */
static void
set_headers (GstStructure *caps, FuzzInput *input)
{
  GValue headers = G_VALUE_INIT;
  gsize n;

  g_value_init (&headers, GST_TYPE_ARRAY);
  for (;;) {
    g_autofree guint8 *data = fuzz_take_block (input, &n);
    GValue header = G_VALUE_INIT;

    if (n == 0)
      break;
    g_value_init (&header, GST_TYPE_BUFFER);
    gst_value_take_buffer (&header, gst_buffer_new_memdup (data, n));
    append_taken (&headers, &header);
  }
  set_array (caps, "streamheader", &headers);
}

/* What demuxers say of Opus in fields. */
static void
set_mapping (GstStructure *caps, FuzzInput *input)
{
  gint family = fuzz_take_u8 (input), streams = fuzz_take_u8 (input),
       coupled = fuzz_take_u8 (input);
  GValue mapping = G_VALUE_INIT;

  gst_structure_set (caps, "channel-mapping-family", G_TYPE_INT, family,
      "stream-count", G_TYPE_INT, streams, "coupled-count", G_TYPE_INT,
      coupled, NULL);
  g_value_init (&mapping, GST_TYPE_ARRAY);
  for (guint n = fuzz_take_u8 (input); n > 0; n--) {
    GValue index = G_VALUE_INIT;

    g_value_init (&index, G_TYPE_INT);
    g_value_set_int (&index, fuzz_take_u8 (input));
    append_taken (&mapping, &index);
  }
  set_array (caps, "channel-mapping", &mapping);
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
  set_headers (caps, &input);
  if (input.size > 0)
    set_mapping (caps, &input);
  describe (codec, codec_data, n_data);
  if (codec->make_codec_data != NULL)
    make (codec, caps, sample, n_sample, lead);
  if (codec->removable_start != NULL)
    g_assert_cmpuint (codec->removable_start (sample, n_sample), <=, n_sample);
  return 0;
}
