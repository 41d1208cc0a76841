/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rows of the audio codecs. Known answers are what other encoders and
 * muxers write; what none at hand writes is put together bit by bit from the
 * standards' tables. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/base/gstbitwriter.h>

#include "codec.h"

/* --- helpers ---------------------------------------------------------------- */

/* Blanks are allowed. */
static GBytes *
from_hex (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex; hex++) {
    guint8 byte;

    if (*hex == ' ')
      continue;
    byte = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);
    g_byte_array_append (bytes, &byte, 1);
    hex++;
  }
  return g_byte_array_free_to_bytes (bytes);
}

static gchar *
to_hex (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  GString *hex = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_string_free (hex, FALSE);
}

static const HabCodec *
codec_of_caps (const GstStructure *caps)
{
  gint mpegversion = 0;
  const HabCodec *codec;

  gst_structure_get_int (caps, "mpegversion", &mpegversion);
  codec = hab_codec_find (gst_structure_get_name (caps), mpegversion);
  g_assert_nonnull (codec);
  return codec;
}

/* --- what codec_data says ------------------------------------------------------- */

typedef struct
{
  const gchar *name;
  const gchar *caps;
  const gchar *codec_data;
  const gchar *mime; /* NULL where codec_data is to be refused */
  guint rate, channels, layout;
  guint16 dolby_map;
} FormatCase;

#define AAC "audio/mpeg, mpegversion = 4"
#define MP3 "audio/mpeg, mpegversion = 1"

static const FormatCase format_cases[] = {
  { "aac/lc", AAC, "1210", "mp4a.40.2", 44100, 2, 2, 0 },
  { "aac/lc-no-sbr", AAC, "119056e500", "mp4a.40.2", 48000, 2, 2, 0 },
  { "aac/mono", AAC, "1188", "mp4a.40.2", 48000, 1, 1, 0 },
  { "aac/5.1", AAC, "11b056e500", "mp4a.40.2", 48000, 6, 6, 0 },
  { "aac/7.1-front", AAC, "11b856e500", "mp4a.40.2", 48000, 8, 7, 0 },
  { "aac/6.1", AAC, "11d8", "mp4a.40.2", 48000, 7, 11, 0 },
  { "aac/7.1-back", AAC, "11e0", "mp4a.40.2", 48000, 8, 12, 0 },
  { "aac/any-rate", AAC, "1780562210", "mp4a.40.2", 44100, 2, 2, 0 },
  { "aac/he-hierarchical", AAC, "2b920800", "mp4a.40.5", 44100, 2, 2, 0 },
  { "aac/he-compatible", AAC, "139056e5a0", "mp4a.40.5", 44100, 2, 2, 0 },
  { "aac/he-implicit", AAC, "1390", "mp4a.40.2", 22050, 2, 2, 0 },
  { "aac/he-v2-hierarchical", AAC, "eb8a0800", "mp4a.40.29", 44100, 2, 2, 0 },
  { "aac/he-v2-compatible", AAC, "138856e5a54880", "mp4a.40.29", 44100, 2, 2,
      0 },
  { "aac/extension-cut-off", AAC, "139056e5", "mp4a.40.2", 22050, 2, 2, 0 },
  /* program_config_element, as ffmpeg's encoder writes it */
  { "aac/quad", AAC,
      "118004c4040021100d4c61766335392e33372e31303056e500", "mp4a.40.2", 48000,
      4, 0, 0 },
  { "aac/2.1", AAC, "118004c4010020000d4c61766335392e33372e31303056e500",
      "mp4a.40.2", 48000, 3, 0, 0 },
  { "aac/hexagonal", AAC,
      "118004c808002008840d4c61766335392e33372e31303056e500", "mp4a.40.2",
      48000, 6, 0, 0 },
  { "aac/7.1-wide-program", AAC,
      "118004c848002000c6400d4c61766335392e33372e31303056e500", "mp4a.40.2",
      48000, 8, 0, 0 },
  { "aac/usac", AAC, "f94640", "mp4a.40.42", 48000, 2, 2, 0 },
  { "aac/empty", AAC, "", NULL, 0, 0, 0, 0 },
  { "aac/one-byte", AAC, "12", NULL, 0, 0, 0, 0 },
  { "aac/reserved-rate", AAC, "1690", NULL, 0, 0, 0, 0 },
  { "aac/rate-0", AAC, "1780000010", NULL, 0, 0, 0, 0 },
  { "aac/hierarchy-cut-off", AAC, "2b92", NULL, 0, 0, 0, 0 },
  { "aac/program-cut-off", AAC, "118004c404", NULL, 0, 0, 0, 0 },
  { "aac/comment-cut-off", AAC, "118004c4040021100d4c61", NULL, 0, 0, 0, 0 },

  { "opus/stereo", "audio/x-opus", "000201380000bb80000000", "opus", 48000, 2,
      2, 0 },
  { "opus/5.1", "audio/x-opus", "000601380000bb800000010402000401020305",
      "opus", 48000, 6, 6, 0 },
  { "opus/other-input-rate", "audio/x-opus", "000101380000ac44000000", "opus",
      48000, 1, 1, 0 },
  { "opus/short", "audio/x-opus", "000201380000bb800000", NULL, 0, 0, 0, 0 },
  { "opus/version-1", "audio/x-opus", "010201380000bb80000000", NULL, 0, 0, 0,
      0 },
  { "opus/family-0-of-3", "audio/x-opus", "000301380000bb80000000", NULL, 0, 0,
      0, 0 },
  { "opus/family-255", "audio/x-opus", "000201380000bb800000ff01010001", NULL,
      0, 0, 0, 0 },
  { "opus/no-mapping", "audio/x-opus", "000601380000bb800000010402", NULL, 0,
      0, 0, 0 },
  { "opus/mapping-beyond", "audio/x-opus",
      "000601380000bb800000010402000401020306", NULL, 0, 0, 0, 0 },

  { "flac/stereo", "audio/x-flac",
      "80000022120012000002a400051d0bb802f00004650059fe7b36f1277216714a9161595746aa",
      "flac", 48000, 2, 2, 0 },
  /* 96 kHz, 6 channels, 24 bits */
  { "flac/5.1", "audio/x-flac",
      "80000022100010000000000000001770 0b700000000000000000000000000000000000000000",
      "flac", 96000, 6, 6, 0 },
  { "flac/other-block", "audio/x-flac",
      "84000022120012000002a400051d0bb802f00004650059fe7b36f1277216714a9161595746aa",
      NULL, 0, 0, 0, 0 },
  { "flac/short", "audio/x-flac", "80000022120012000002a4", NULL, 0, 0, 0, 0 },
  { "flac/rate-0", "audio/x-flac",
      "80000022120012000002a400051d000002f00004650059fe7b36f1277216714a9161595746aa",
      NULL, 0, 0, 0, 0 },

  { "ac3/5.1", "audio/x-ac3", "103de0", "ac-3", 48000, 6, 0, 0xf801 },
  { "ac3/stereo", "audio/x-ac3", "101140", "ac-3", 48000, 2, 0, 0xa000 },
  { "ac3/short", "audio/x-ac3", "103d", NULL, 0, 0, 0, 0 },
  { "ac3/reserved-rate", "audio/x-ac3", "d03de0", NULL, 0, 0, 0, 0 },

  { "eac3/5.1", "audio/x-eac3", "0e00200f00", "ec-3", 48000, 6, 0, 0xf801 },
  { "eac3/7.1", "audio/x-eac3", "1200 20 0f 0202", "ec-3", 48000, 8, 0,
      0xfa01 },
  { "eac3/short", "audio/x-eac3", "0e0020", NULL, 0, 0, 0, 0 },
  { "eac3/chan-loc-cut-off", "audio/x-eac3", "0e00200f02", NULL, 0, 0, 0, 0 },

  { "mp3/stereo", MP3, "fffb9464", "mp4a.6B", 48000, 2, 2, 0 },
  { "mp3/lower-rate", MP3, "fff340c4", "mp4a.69", 22050, 1, 1, 0 },
  { "mp3/layer-2", MP3, "fffd9464", NULL, 0, 0, 0, 0 },
  { "mp3/no-sync", MP3, "49443303", NULL, 0, 0, 0, 0 },
  { "mp3/short", MP3, "fffb94", NULL, 0, 0, 0, 0 },
};

static void
assert_refused (const HabCodec *codec, GBytes *codec_data)
{
  g_autoptr (GError) error = NULL;
  g_auto (HabBoxWriter) writer = { 0 };
  HabAudioFormat format;
  gsize size;
  const guint8 *data = g_bytes_get_data (codec_data, &size);

  g_assert_false (codec->parse_format (data, size, &format, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == HAB_CODEC_ERROR);
  hab_box_writer_init (&writer);
  if (codec->mpegversion != 4) /* AAC's box only wraps it */
    g_assert_false (codec->write_config (&writer, data, size, NULL));
}

static void
test_format (gconstpointer data)
{
  const FormatCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstStructure) caps = gst_structure_from_string (c->caps, NULL);
  g_autoptr (GBytes) codec_data = from_hex (c->codec_data);
  g_auto (HabBoxWriter) writer = { 0 };
  g_autofree gchar *mime = NULL;
  const HabCodec *codec = codec_of_caps (caps);
  HabAudioFormat format;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (codec_data, &size);

  if (c->mime == NULL) {
    assert_refused (codec, codec_data);
    return;
  }
  g_assert_true (codec->parse_format (bytes, size, &format, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (format.rate, ==, c->rate);
  g_assert_cmpuint (format.channels, ==, c->channels);
  g_assert_cmpuint (format.layout, ==, c->layout);
  g_assert_cmphex (format.dolby_map, ==, c->dolby_map);

  mime = codec->mime_codec (NULL, bytes, size, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mime, ==, c->mime);
  hab_box_writer_init (&writer);
  g_assert_true (codec->write_config (&writer, bytes, size, &error));
  g_assert_no_error (error);
}

/* Whatever the bytes are, none behind them is read, which a sanitizer sees. */
static void
read_all (const HabCodec *codec, const guint8 *bytes, gsize size)
{
  g_autofree guint8 *exact = g_memdup2 (bytes, size);
  g_auto (HabBoxWriter) writer = { 0 };
  g_autofree gchar *mime = NULL;
  HabAudioFormat format;

  hab_box_writer_init (&writer);
  codec->parse_format (exact, size, &format, NULL);
  codec->write_config (&writer, exact, size, NULL);
  mime = codec->mime_codec (NULL, exact, size, NULL);
}

static void
test_damage (gconstpointer data)
{
  const FormatCase *c = data;
  g_autoptr (GstStructure) caps = gst_structure_from_string (c->caps, NULL);
  g_autoptr (GBytes) codec_data = from_hex (c->codec_data);
  const HabCodec *codec = codec_of_caps (caps);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (codec_data, &size);
  g_autofree guint8 *damaged = g_memdup2 (bytes, size);

  for (gsize cut = 0; cut < size; cut++)
    read_all (codec, bytes, cut);
  for (gsize bit = 0; bit < 8 * size; bit++) {
    damaged[bit / 8] ^= 1 << bit % 8;
    read_all (codec, damaged, size);
    damaged[bit / 8] ^= 1 << bit % 8;
  }
}

/* --- making codec_data ------------------------------------------------------------ */

typedef struct
{
  const gchar *name;
  const gchar *caps;
  const gchar *sample;     /* NULL where it is encrypted */
  guint64 lead_ns;
  const gchar *codec_data; /* NULL where none can be made */
} StartCase;

#define OPUS_HEAD "4f707573486561640102380180bb0000000000"
#define STREAM_INFO \
  "000022120012000002a400051d0bb802f00004650059fe7b36f1277216714a9161595746aa"

static const StartCase start_cases[] = {
  { "opus/fields", "audio/x-opus, rate=48000, channels=2, "
      "channel-mapping-family=0, stream-count=1, coupled-count=1", "fc",
      6500000, "000201380000bb80000000" },
  { "opus/fields-encrypted", "audio/x-opus, rate=48000, channels=2, "
      "channel-mapping-family=0", NULL, 6500000, "000201380000bb80000000" },
  { "opus/fields-5.1", "audio/x-opus, rate=48000, channels=6, "
      "channel-mapping-family=1, stream-count=4, coupled-count=2, "
      "channel-mapping=(int)<0, 4, 1, 2, 3, 5>", "fc", 6500000,
      "000601380000bb800000010402000401020305" },
  { "opus/no-delay", "audio/x-opus, rate=48000, channels=1", "fc", 0,
      "000100000000bb80000000" },
  { "opus/delay-beyond-16-bits", "audio/x-opus, rate=48000, channels=1", "fc",
      2 * GST_SECOND, "0001ffff0000bb80000000" },
  { "opus/head", "audio/x-opus, streamheader=(buffer)<" OPUS_HEAD ", 4f70>",
      "fc", 0, "000201380000bb80000000" },
  { "opus/head-of-version-16", "audio/x-opus, streamheader=(buffer)"
      "<4f707573486561641002380180bb0000000000>", "fc", 0, NULL },
  { "opus/head-cut-off", "audio/x-opus, streamheader=(buffer)<4f70757348656164>",
      "fc", 0, NULL },
  { "opus/nothing", "audio/x-opus", "fc", 0, NULL },
  { "opus/mapping-of-another-count", "audio/x-opus, channels=6, "
      "channel-mapping-family=1, stream-count=4, coupled-count=2, "
      "channel-mapping=(int)<0, 4>", "fc", 0, NULL },

  { "flac/qtdemux", "audio/x-flac, streamheader=(buffer)<664c6143, 80"
      STREAM_INFO ">", "fff8", 0, "80" STREAM_INFO },
  { "flac/flacparse", "audio/x-flac, streamheader=(buffer)<7f464c414301000002"
      "664c614300" STREAM_INFO ", 84000000>", "fff8", 0, "80" STREAM_INFO },
  { "flac/no-header", "audio/x-flac", "fff8", 0, NULL },
  { "flac/other-header", "audio/x-flac, streamheader=(buffer)<84000000>",
      "fff8", 0, NULL },

  /* The first bytes of ffmpeg's frames, and its own dac3. */
  { "ac3/5.1", "audio/x-ac3", "0b77b50b1e40ebf8", 0, "103de0" },
  { "ac3/stereo", "audio/x-ac3", "0b77fe95144043e1", 0, "101140" },
  { "ac3/4.0-of-32-kHz", "audio/x-ac3", "0b7731bb9c40aaf8", 0, "9029c0" },
  { "ac3/cut-off", "audio/x-ac3", "0b77b50b1e40", 0, NULL },
  { "ac3/encrypted", "audio/x-ac3", NULL, 0, NULL },
  { "ac3/eac3", "audio/x-ac3", "0b77037f3f87c00020f8", 0, NULL },
  { "ac3/empty", "audio/x-ac3", "", 0, NULL },

  { "eac3/cut-off", "audio/x-eac3", "0b77037f3f87c00020f8", 0, NULL },
  { "eac3/ac3", "audio/x-eac3", "0b77b50b1e40ebf8", 0, NULL },
  { "eac3/encrypted", "audio/x-eac3", NULL, 0, NULL },
  { "eac3/empty", "audio/x-eac3", "", 0, NULL },

  { "mp3/frame", MP3, "fffb946400000000", 0, "fffb9464" },
  { "mp3/layer-2", MP3, "fffd946400000000", 0, NULL },
  { "mp3/encrypted", MP3, NULL, 0, NULL },
};

static GBytes *
make (const gchar *caps_text, GBytes *sample, guint64 lead_ns, GError **error)
{
  g_autoptr (GstStructure) caps = gst_structure_from_string (caps_text, NULL);
  HabCodecStart start = { .caps = caps, .lead_ns = lead_ns };

  g_assert_nonnull (caps);
  if (sample)
    start.sample = g_bytes_get_data (sample, &start.size);
  return codec_of_caps (caps)->make_codec_data (&start, error);
}

static void
test_start (gconstpointer data)
{
  const StartCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) sample = c->sample ? from_hex (c->sample) : NULL;
  g_autoptr (GBytes) codec_data = make (c->caps, sample, c->lead_ns, &error);
  g_autofree gchar *hex = codec_data ? to_hex (codec_data) : NULL;

  g_assert_cmpstr (hex, ==, c->codec_data);
  g_assert_true ((error != NULL) == (codec_data == NULL));
}

/* --- E-AC-3, bit by bit (ETSI TS 102 366, E.1.2.2) --------------------------------- */

typedef struct
{
  guint strmtyp, substreamid, numblkscod, acmod, lfeon;
  gint bsmod;        /* -1: no infomdate */
  gint chanmap;      /* -1: no chanmape */
  gboolean mixing;   /* everything that mixmdate may have */
  guint complexity;  /* 0: no addbsie */
  guint size;        /* bytes */
} EFrame;

static void
put (GstBitWriter *bits, guint n, guint32 value)
{
  gboolean written = gst_bit_writer_put_bits_uint32 (bits, value, n);

  g_assert_true (written);
}

static void
put_program_mixing (GstBitWriter *bits, const EFrame *frame)
{
  put (bits, 1 + 6, 0x7f); /* pgmscle, pgmscl */
  if (frame->acmod == 0)
    put (bits, 1 + 6, 0x7f);
  put (bits, 1 + 6, 0x7f); /* extpgmscle */
  put (bits, 2, 3);        /* mixdef */
  put (bits, 5, 1);        /* mixdeflen */
  put (bits, 24, 0xffffff);
  if (frame->acmod < 2)
    put (bits, 1 + 14, 0x7fff);
  if (frame->acmod == 0)
    put (bits, 1 + 14, 0x7fff);
  put (bits, 1, 1); /* frmmixcfginfoe */
  if (frame->numblkscod == 0) {
    put (bits, 5, 31);
  } else {
    static const guint8 blocks[] = { 1, 2, 3, 6 };

    for (guint i = 0; i < blocks[frame->numblkscod]; i++)
      put (bits, i % 2 ? 1 : 6, i % 2 ? 0 : 0x3f);
  }
}

static void
put_mixing (GstBitWriter *bits, const EFrame *frame)
{
  put (bits, 1, frame->mixing);
  if (!frame->mixing)
    return;
  if (frame->acmod > 2)
    put (bits, 2, 3);
  if (frame->acmod & 1 && frame->acmod > 2)
    put (bits, 6, 63);
  if (frame->acmod & 4)
    put (bits, 6, 63);
  if (frame->lfeon)
    put (bits, 1 + 5, 63);
  if (frame->strmtyp == 0)
    put_program_mixing (bits, frame);
}

static void
put_information (GstBitWriter *bits, const EFrame *frame)
{
  put (bits, 1, frame->bsmod >= 0);
  if (frame->bsmod < 0)
    return;
  put (bits, 3, frame->bsmod);
  put (bits, 2, 3);
  if (frame->acmod == 2)
    put (bits, 4, 15);
  if (frame->acmod >= 6)
    put (bits, 2, 3);
  put (bits, 1 + 8, 0x1ff);
  if (frame->acmod == 0)
    put (bits, 1 + 8, 0x1ff);
  put (bits, 1, 1); /* sourcefscod */
}

static void
put_frame (GByteArray *sample, const EFrame *frame)
{
  GstBitWriter bits;
  guint start = sample->len, size;

  gst_bit_writer_init (&bits);
  put (&bits, 16, 0x0b77);
  put (&bits, 2, frame->strmtyp);
  put (&bits, 3, frame->substreamid);
  put (&bits, 11, frame->size / 2 - 1);
  put (&bits, 2, 0); /* 48 kHz */
  put (&bits, 2, frame->numblkscod);
  put (&bits, 3, frame->acmod);
  put (&bits, 1, frame->lfeon);
  put (&bits, 5, 16);
  put (&bits, 5, 31);
  put (&bits, 1 + 8, 0x1ff); /* compre, compr */
  if (frame->acmod == 0) {
    put (&bits, 5, 31);
    put (&bits, 1, 0);
  }
  if (frame->strmtyp == 1) {
    put (&bits, 1, frame->chanmap >= 0);
    if (frame->chanmap >= 0)
      put (&bits, 16, frame->chanmap);
  }
  put_mixing (&bits, frame);
  put_information (&bits, frame);
  if (frame->strmtyp == 0 && frame->numblkscod != 3)
    put (&bits, 1, 1); /* convsync */
  if (frame->strmtyp == 2 && frame->numblkscod != 3)
    put (&bits, 1, 0); /* blkid */
  if (frame->strmtyp == 2 && frame->numblkscod == 3)
    put (&bits, 6, 63); /* frmsizecod */
  put (&bits, 1, frame->complexity > 0);
  if (frame->complexity > 0) {
    put (&bits, 6, 1);
    put (&bits, 8, 1);
    put (&bits, 8, frame->complexity);
  }
  gst_bit_writer_align_bytes (&bits, 0);

  size = gst_bit_writer_get_size (&bits) / 8;
  g_assert_cmpuint (size, <=, frame->size);
  g_byte_array_append (sample, gst_bit_writer_get_data (&bits), size);
  gst_bit_writer_reset (&bits);
  g_byte_array_set_size (sample, start + frame->size);
  memset (sample->data + start + size, 0, frame->size - size);
}

typedef struct
{
  const gchar *name;
  EFrame frames[8];        /* up to one of size 0 */
  const gchar *codec_data; /* NULL where it is to be refused */
} EFrameCase;

static const EFrameCase eac3_cases[] = {
  /* 256 bytes in 32 ms are 64 kbit/s: 0x40 in 13 bits. */
  { "stereo", { { 0, 0, 3, 2, 0, -1, -1, FALSE, 0, 256 } }, "0200200400" },
  { "bsmod", { { 0, 0, 3, 2, 0, 5, -1, FALSE, 0, 256 } }, "0200205400" },
  { "mixing/stereo", { { 0, 0, 3, 2, 0, 5, -1, TRUE, 0, 256 } }, "0200205400" },
  { "mixing/mono", { { 0, 0, 3, 1, 1, 5, -1, TRUE, 0, 256 } }, "0200205300" },
  { "mixing/dual-mono", { { 0, 0, 3, 0, 0, 5, -1, TRUE, 0, 256 } },
      "0200205000" },
  { "mixing/5.1", { { 0, 0, 3, 7, 1, 5, -1, TRUE, 0, 256 } }, "0200205f00" },
  { "from-ac3", { { 2, 0, 3, 7, 1, 2, -1, FALSE, 0, 256 } }, "0200202f00" },
  { "objects", { { 0, 0, 3, 7, 1, 0, -1, TRUE, 16, 256 } },
      "0200200f000110" },
  /* Lrs/Rrs, the channels that make 7.1 of 5.1 */
  { "7.1", { { 0, 0, 3, 7, 1, -1, -1, FALSE, 0, 256 },
      { 1, 0, 3, 2, 0, -1, 0x0200, FALSE, 0, 128 } }, "0300200f0202" },
  { "7.1-mixing", { { 0, 0, 3, 7, 1, 0, -1, TRUE, 0, 256 },
      { 1, 0, 3, 2, 0, 0, 0x0200, TRUE, 16, 128 } }, "0300200f02020110" },
  /* Lc/Rc and LFE2, in two dependent substreams */
  { "two-dependent", { { 0, 0, 3, 7, 1, -1, -1, FALSE, 0, 256 },
      { 1, 0, 3, 2, 0, -1, 0x0400, FALSE, 0, 64 },
      { 1, 1, 3, 1, 0, -1, 0x0002, FALSE, 0, 64 } }, "0300200f0501" },
  { "two-programs", { { 0, 0, 3, 2, 0, -1, -1, FALSE, 0, 256 },
      { 0, 1, 3, 1, 0, 2, -1, FALSE, 0, 128 } }, "0301200400202200" },
  { "two-frames", { { 0, 0, 2, 2, 0, -1, -1, FALSE, 0, 128 },
      { 0, 0, 2, 2, 0, -1, -1, FALSE, 0, 128 } }, "0200200400" },
  { "six-frames-mixing", { { 0, 0, 0, 2, 0, 5, -1, TRUE, 0, 64 },
      { 0, 0, 0, 2, 0, 5, -1, TRUE, 0, 64 },
      { 0, 0, 0, 2, 0, 5, -1, TRUE, 0, 64 },
      { 0, 0, 0, 2, 0, 5, -1, TRUE, 0, 64 },
      { 0, 0, 0, 2, 0, 5, -1, TRUE, 0, 64 },
      { 0, 0, 0, 2, 0, 5, -1, TRUE, 0, 64 } }, "0300205400" },
  { "too-few-blocks", { { 0, 0, 2, 2, 0, -1, -1, FALSE, 0, 128 } }, NULL },
  { "dependent-first", { { 1, 0, 3, 2, 0, -1, 0x0200, FALSE, 0, 128 } }, NULL },
  { "reserved-type", { { 3, 0, 3, 2, 0, -1, -1, FALSE, 0, 128 } }, NULL },
};

static GByteArray *
make_eac3_sample (const EFrameCase *c)
{
  GByteArray *sample = g_byte_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (c->frames) && c->frames[i].size; i++)
    put_frame (sample, &c->frames[i]);
  return sample;
}

static void
test_eac3 (gconstpointer data)
{
  const EFrameCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) sample = g_byte_array_free_to_bytes (make_eac3_sample (c));
  g_autoptr (GBytes) codec_data = make ("audio/x-eac3", sample, 0, &error);
  g_autofree gchar *hex = codec_data ? to_hex (codec_data) : NULL;

  g_assert_cmpstr (hex, ==, c->codec_data);
}

/* No length of a sample reads beyond it, and none but the whole one does. */
static void
test_eac3_truncated (void)
{
  const EFrameCase *c = &eac3_cases[9];
  g_autoptr (GByteArray) whole = make_eac3_sample (c);

  for (guint bit = 0; bit < 8 * 64; bit++) {
    g_autoptr (GBytes) sample = g_bytes_new (whole->data, whole->len);
    g_autoptr (GBytes) codec_data = NULL;
    guint8 *bytes = (guint8 *) g_bytes_get_data (sample, NULL);

    bytes[bit / 8] ^= 1 << bit % 8;
    codec_data = make ("audio/x-eac3", sample, 0, NULL);
  }
  for (guint size = 0; size < whole->len; size++) {
    g_autoptr (GBytes) sample = g_bytes_new (whole->data, size);
    g_autoptr (GBytes) codec_data = make ("audio/x-eac3", sample, 0, NULL);

    /* Cut between its two frames it is a sample, of 5.1. */
    g_assert_true ((codec_data != NULL) == (size == 256));
  }
}

/* --- boxes -------------------------------------------------------------------------- */

typedef struct
{
  const gchar *caps;
  const gchar *entry;
  const gchar *codec_data;
  const gchar *box;
} BoxCase;

static const BoxCase box_cases[] = {
  { AAC, "mp4a", "1210",
      "00000033 65736473 00000000 03808080 22 0000 00 04808080 14 40 15 000000"
      "00000000 00000000 05808080 02 1210 06808080 01 02" },
  { MP3, "mp4a", "fffb9464",
      "0000002c 65736473 00000000 03808080 1b 0000 00 04808080 0d 6b 15 000000"
      "00000000 00000000 06808080 01 02" },
  { MP3, "mp4a", "fff340c4",
      "0000002c 65736473 00000000 03808080 1b 0000 00 04808080 0d 69 15 000000"
      "00000000 00000000 06808080 01 02" },
  { "audio/x-opus", "Opus", "000201380000bb80000000",
      "00000013 644f7073 000201380000bb80000000" },
  { "audio/x-flac", "fLaC", "80" STREAM_INFO,
      "00000032 64664c61 00000000 80" STREAM_INFO },
  { "audio/x-ac3", "ac-3", "103de0", "0000000b 64616333 103de0" },
  { "audio/x-eac3", "ec-3", "0e00200f00", "0000000d 64656333 0e00200f00" },
};

static void
test_box (gconstpointer data)
{
  const BoxCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstStructure) caps = gst_structure_from_string (c->caps, NULL);
  g_autoptr (GBytes) codec_data = from_hex (c->codec_data);
  g_autoptr (GBytes) wanted = from_hex (c->box);
  g_autoptr (GBytes) written = NULL;
  g_auto (HabBoxWriter) writer = { 0 };
  const HabCodec *codec = codec_of_caps (caps);
  g_autofree gchar *wanted_hex = to_hex (wanted), *hex = NULL;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (codec_data, &size);

  g_assert_cmpstr (codec->sample_entry (NULL), ==, c->entry);
  hab_box_writer_init (&writer);
  g_assert_true (codec->write_config (&writer, bytes, size, &error));
  written = hab_box_writer_steal (&writer);
  hex = to_hex (written);
  g_assert_cmpstr (hex, ==, wanted_hex);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (format_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/codec-audio/format/%s",
        format_cases[i].name);

    g_test_add_data_func (path, &format_cases[i], test_format);
  }
  for (guint i = 0; i < G_N_ELEMENTS (format_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/codec-audio/damage/%s",
        format_cases[i].name);

    g_test_add_data_func (path, &format_cases[i], test_damage);
  }
  for (guint i = 0; i < G_N_ELEMENTS (start_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/codec-audio/start/%s",
        start_cases[i].name);

    g_test_add_data_func (path, &start_cases[i], test_start);
  }
  for (guint i = 0; i < G_N_ELEMENTS (eac3_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/codec-audio/eac3/%s",
        eac3_cases[i].name);

    g_test_add_data_func (path, &eac3_cases[i], test_eac3);
  }
  g_test_add_func ("/codec-audio/eac3/truncated", test_eac3_truncated);
  for (guint i = 0; i < G_N_ELEMENTS (box_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/codec-audio/box/%u", i);

    g_test_add_data_func (path, &box_cases[i], test_box);
  }
  return g_test_run ();
}
