/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* E-AC-3 (ETSI TS 102 366, Annex E). A sample is the syncframes of 1536 audio
 * samples: of each independent substream, and of the dependent ones that add
 * channels to it. codec_data is the payload of a dec3 box (Annex F.6):
 *
 *   data_rate 13, in kbit/s, num_ind_sub 3, one less than there are; of each
 *     fscod 2, bsid 5, reserved 1, asvc 1, bsmod 3, acmod 3, lfeon 1,
 *     reserved 3, num_dep_sub 4, chan_loc 9, or reserved 1 for no such
 *   where objects are coded (ETSI TS 103 420, 8.3)
 *     reserved 7, flag_ec3_extension_type_a 1, complexity_index_type_a 8 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <gst/base/gstbitreader.h>
#include <gst/base/gstbitwriter.h>

#include "dolby.h"

#define MAX_SUBSTREAMS 8
#define MAX_DATA_RATE 0x1fff

/* strmtyp */
#define STREAM_DEPENDENT 1
#define STREAM_FROM_AC3 2
#define STREAM_RESERVED 3

#define ALL_BLOCKS 3 /* numblkscod */

static const guint8 block_counts[4] = { 1, 2, 3, 6 };

/* Of a syncframe (E.1.2.2). */
typedef struct
{
  guint8 strmtyp, substreamid, fscod, numblkscod, acmod, lfeon, bsid, bsmod;
  guint16 chanmap;   /* of a dependent substream, or 0 */
  guint8 complexity; /* of objects, 0 for none */
  gsize size;
} Frame;

/* Of an independent substream and its dependent ones. */
typedef struct
{
  guint8 id, fscod, bsid, bsmod, acmod, lfeon;
  guint8 dependent; /* bit mask of substreamid */
  guint16 chan_loc;
  guint blocks;
} Substream;

typedef struct
{
  Substream substreams[MAX_SUBSTREAMS];
  guint n_substreams;
  guint8 complexity;
  gsize size;
} Sample;

static const gchar *
eac3_sample_entry (const gchar *stream_format)
{
  return "ec-3";
}

static gboolean
malformed (GError **error, const gchar *what)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      what);
  return FALSE;
}

/* --- a syncframe's header ---------------------------------------------------------- */

static gboolean
flag (GstBitReader *bits, gboolean *set)
{
  guint8 value;

  if (!gst_bit_reader_get_bits_uint8 (bits, &value, 1))
    return FALSE;
  *set = value;
  return TRUE;
}

static gboolean
skip_optional (GstBitReader *bits, guint n)
{
  gboolean present;

  return flag (bits, &present) && (!present || gst_bit_reader_skip (bits, n));
}

static gboolean
skip_mixing_definition (GstBitReader *bits)
{
  guint8 mixdef, length;

  if (!gst_bit_reader_get_bits_uint8 (bits, &mixdef, 2))
    return FALSE;
  switch (mixdef) {
    case 0:
      return TRUE;
    case 1:
      return gst_bit_reader_skip (bits, 5);
    case 2:
      return gst_bit_reader_skip (bits, 12);
    default:
      return gst_bit_reader_get_bits_uint8 (bits, &length, 5) &&
          gst_bit_reader_skip (bits, 8 * (length + 2u));
  }
}

static gboolean
skip_block_mixing (GstBitReader *bits, const Frame *frame)
{
  gboolean present;

  if (!flag (bits, &present) || !present)
    return TRUE;
  if (frame->numblkscod == 0)
    return gst_bit_reader_skip (bits, 5);
  for (guint i = 0; i < block_counts[frame->numblkscod]; i++) {
    if (!skip_optional (bits, 5))
      return FALSE;
  }
  return TRUE;
}

/* What only an independent substream has. */
static gboolean
skip_program_mixing (GstBitReader *bits, const Frame *frame)
{
  const gboolean dual_mono = frame->acmod == 0;

  return skip_optional (bits, 6) &&               /* pgmscl */
      (!dual_mono || skip_optional (bits, 6)) &&  /* pgmscl2 */
      skip_optional (bits, 6) &&                  /* extpgmscl */
      skip_mixing_definition (bits) &&
      (frame->acmod >= 2 || skip_optional (bits, 14)) && /* paninfo */
      (!dual_mono || skip_optional (bits, 14)) && /* paninfo2 */
      skip_block_mixing (bits, frame);
}

static gboolean
skip_mixing (GstBitReader *bits, const Frame *frame)
{
  gboolean present;
  guint n = 0;

  if (!flag (bits, &present))
    return FALSE;
  if (!present)
    return TRUE;
  if (frame->acmod > 2)
    n += 2; /* dmixmod */
  if (frame->acmod & 1 && frame->acmod > 2)
    n += 6; /* ltrtcmixlev, lorocmixlev */
  if (frame->acmod & 4)
    n += 6; /* ltrtsurmixlev, lorosurmixlev */
  return gst_bit_reader_skip (bits, n) &&
      (!frame->lfeon || skip_optional (bits, 5)) &&
      (frame->strmtyp != 0 || skip_program_mixing (bits, frame));
}

static gboolean
read_information (GstBitReader *bits, Frame *frame)
{
  gboolean present;

  if (!flag (bits, &present))
    return FALSE;
  if (!present)
    return TRUE;
  return gst_bit_reader_get_bits_uint8 (bits, &frame->bsmod, 3) &&
      gst_bit_reader_skip (bits, 2) && /* copyrightb, origbs */
      (frame->acmod != 2 || gst_bit_reader_skip (bits, 4)) &&
      (frame->acmod < 6 || gst_bit_reader_skip (bits, 2)) &&
      skip_optional (bits, 8) &&       /* audprodi */
      (frame->acmod != 0 || skip_optional (bits, 8)) &&
      (frame->fscod == 3 || gst_bit_reader_skip (bits, 1)); /* sourcefscod */
}

/* What else stands before the additional information. */
static gboolean
skip_conversion (GstBitReader *bits, const Frame *frame)
{
  gboolean from_block = TRUE;

  if (frame->strmtyp == 0 && frame->numblkscod != ALL_BLOCKS &&
      !gst_bit_reader_skip (bits, 1))
    return FALSE; /* convsync */
  if (frame->strmtyp != STREAM_FROM_AC3)
    return TRUE;
  if (frame->numblkscod != ALL_BLOCKS && !flag (bits, &from_block))
    return FALSE;
  return !from_block || gst_bit_reader_skip (bits, 6);
}

/* addbsi: in its first two bytes the extension that codes objects. */
static gboolean
read_additional (GstBitReader *bits, Frame *frame)
{
  gboolean present, objects;
  guint8 length;

  if (!flag (bits, &present))
    return FALSE;
  if (!present)
    return TRUE;
  if (!gst_bit_reader_get_bits_uint8 (bits, &length, 6))
    return FALSE;
  if (length == 0)
    return TRUE;
  return gst_bit_reader_skip (bits, 7) && flag (bits, &objects) &&
      (!objects ||
          gst_bit_reader_get_bits_uint8 (bits, &frame->complexity, 8));
}

static gboolean
read_fixed_part (GstBitReader *bits, Frame *frame)
{
  guint16 sync, frmsiz;

  if (!gst_bit_reader_get_bits_uint16 (bits, &sync, 16) ||
      sync != HAB_DOLBY_SYNC_WORD ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->strmtyp, 2) ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->substreamid, 3) ||
      !gst_bit_reader_get_bits_uint16 (bits, &frmsiz, 11) ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->fscod, 2) ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->numblkscod, 2) ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->acmod, 3) ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->lfeon, 1) ||
      !gst_bit_reader_get_bits_uint8 (bits, &frame->bsid, 5))
    return FALSE;
  frame->size = (frmsiz + 1) * 2;
  return frame->strmtyp != STREAM_RESERVED &&
      frame->bsid >= HAB_DOLBY_BSID_EAC3 && frame->bsid <= HAB_DOLBY_BSID_MAX;
}

static gboolean
read_channel_map (GstBitReader *bits, Frame *frame)
{
  gboolean present;

  if (frame->strmtyp != STREAM_DEPENDENT)
    return TRUE;
  return flag (bits, &present) &&
      (!present || gst_bit_reader_get_bits_uint16 (bits, &frame->chanmap, 16));
}

static gboolean
read_frame (const guint8 *data, gsize size, Frame *frame)
{
  GstBitReader bits;

  *frame = (Frame){ 0 };
  gst_bit_reader_init (&bits, data, MIN (size, 4096));
  return read_fixed_part (&bits, frame) && frame->size <= size &&
      gst_bit_reader_skip (&bits, 5) && skip_optional (&bits, 8) &&
      (frame->acmod != 0 ||
          (gst_bit_reader_skip (&bits, 5) && skip_optional (&bits, 8))) &&
      read_channel_map (&bits, frame) && skip_mixing (&bits, frame) &&
      read_information (&bits, frame) && skip_conversion (&bits, frame) &&
      read_additional (&bits, frame);
}

/* --- a sample ------------------------------------------------------------------- */

/* Rates of half the usual ones have no room in dec3. */
static gboolean
check_rate (const Frame *frame, GError **error)
{
  if (frame->fscod < 3)
    return TRUE;
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
      "E-AC-3 of less than 32 kHz is not supported");
  return FALSE;
}

static Substream *
find_substream (Sample *sample, guint id)
{
  for (guint i = 0; i < sample->n_substreams; i++) {
    if (sample->substreams[i].id == id)
      return &sample->substreams[i];
  }
  return NULL;
}

static void
add_independent (Sample *sample, const Frame *frame)
{
  Substream *substream = find_substream (sample, frame->substreamid);

  if (substream == NULL) {
    substream = &sample->substreams[sample->n_substreams++];
    *substream = (Substream){
      .id = frame->substreamid,
      .fscod = frame->fscod,
      .bsid = frame->bsid,
      .bsmod = frame->bsmod,
      .acmod = frame->acmod,
      .lfeon = frame->lfeon,
    };
  }
  substream->blocks += block_counts[frame->numblkscod];
}

/* chan_loc has from its least significant bit on what the map has from its
 * sixth on, and LFE2 as its ninth. */
static guint16
chan_loc_of (guint16 chanmap)
{
  guint16 chan_loc = chanmap & 0x0002 ? 1 << 8 : 0;

  for (guint i = 0; i < 8; i++) {
    if (chanmap & 0x0400 >> i)
      chan_loc |= 1 << i;
  }
  return chan_loc;
}

static guint16
map_of (guint16 chan_loc)
{
  guint16 map = chan_loc & 1 << 8 ? 0x0002 : 0;

  for (guint i = 0; i < 8; i++) {
    if (chan_loc & 1 << i)
      map |= 0x0400 >> i;
  }
  return map;
}

/* A dependent substream follows the independent one that it adds to. */
static gboolean
add_frame (Sample *sample, const Frame *frame, Substream **parent)
{
  if (frame->strmtyp != STREAM_DEPENDENT) {
    add_independent (sample, frame);
    *parent = find_substream (sample, frame->substreamid);
    sample->complexity = MAX (sample->complexity, frame->complexity);
    return TRUE;
  }
  if (*parent == NULL)
    return FALSE;
  (*parent)->dependent |= 1 << frame->substreamid;
  (*parent)->chan_loc |= chan_loc_of (frame->chanmap);
  sample->complexity = MAX (sample->complexity, frame->complexity);
  return TRUE;
}

static gboolean
read_sample (const guint8 *data, gsize size, Sample *sample, GError **error)
{
  Substream *parent = NULL;

  *sample = (Sample){ .size = size };
  while (size > 0) {
    Frame frame;

    if (!read_frame (data, size, &frame))
      return malformed (error, "the first sample is not one of E-AC-3");
    if (!check_rate (&frame, error))
      return FALSE;
    if (!add_frame (sample, &frame, &parent))
      return malformed (error,
          "the first sample begins with a dependent substream");
    data += frame.size;
    size -= frame.size;
  }
  if (sample->n_substreams == 0 || sample->substreams[0].blocks != 6) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "a sample of E-AC-3 has to hold six blocks");
    return FALSE;
  }
  return TRUE;
}

/* --- making codec_data --------------------------------------------------------- */

static guint
data_rate (const Sample *sample)
{
  guint64 rate = hab_dolby_rate (sample->substreams[0].fscod);

  return MIN (gst_util_uint64_scale_ceil (sample->size * 8, rate,
                  HAB_DOLBY_SAMPLES * 1000),
      MAX_DATA_RATE);
}

static void
put_substream (GstBitWriter *bits, const Substream *substream)
{
  guint dependent = 0;

  for (guint i = 0; i < 8; i++)
    dependent += substream->dependent >> i & 1;
  gst_bit_writer_put_bits_uint8 (bits, substream->fscod, 2);
  gst_bit_writer_put_bits_uint8 (bits, substream->bsid, 5);
  gst_bit_writer_put_bits_uint8 (bits, 0, 2); /* reserved, asvc */
  gst_bit_writer_put_bits_uint8 (bits, substream->bsmod, 3);
  gst_bit_writer_put_bits_uint8 (bits, substream->acmod, 3);
  gst_bit_writer_put_bits_uint8 (bits, substream->lfeon, 1);
  gst_bit_writer_put_bits_uint8 (bits, 0, 3);
  gst_bit_writer_put_bits_uint8 (bits, dependent, 4);
  if (dependent > 0)
    gst_bit_writer_put_bits_uint16 (bits, substream->chan_loc, 9);
  else
    gst_bit_writer_put_bits_uint8 (bits, 0, 1);
}

static GBytes *
eac3_make_codec_data (const HabCodecStart *start, GError **error)
{
  Sample sample;
  GstBitWriter bits;
  gsize size;

  if (start->sample == NULL) {
    malformed (error, "encrypted E-AC-3 needs caps with codec_data");
    return NULL;
  }
  if (!read_sample (start->sample, start->size, &sample, error))
    return NULL;

  gst_bit_writer_init (&bits);
  gst_bit_writer_put_bits_uint16 (&bits, data_rate (&sample), 13);
  gst_bit_writer_put_bits_uint8 (&bits, sample.n_substreams - 1, 3);
  for (guint i = 0; i < sample.n_substreams; i++)
    put_substream (&bits, &sample.substreams[i]);
  if (sample.complexity > 0) {
    gst_bit_writer_put_bits_uint8 (&bits, 1, 8);
    gst_bit_writer_put_bits_uint8 (&bits, sample.complexity, 8);
  }
  size = gst_bit_writer_get_size (&bits) / 8;
  return g_bytes_new_take (gst_bit_writer_reset_and_get_data (&bits), size);
}

/* --- reading it ------------------------------------------------------------------ */

/* The first program is the one that is played. */
static gboolean
eac3_parse_format (const guint8 *codec_data, gsize size,
    HabAudioFormat *format, GError **error)
{
  GstBitReader bits;
  guint8 fscod, acmod, lfeon, n_dependent;
  guint16 chan_loc = 0;

  gst_bit_reader_init (&bits, codec_data, MIN (size, 64));
  if (!gst_bit_reader_skip (&bits, 13 + 3) ||
      !gst_bit_reader_get_bits_uint8 (&bits, &fscod, 2) || fscod == 3 ||
      !gst_bit_reader_skip (&bits, 5 + 2 + 3) ||
      !gst_bit_reader_get_bits_uint8 (&bits, &acmod, 3) ||
      !gst_bit_reader_get_bits_uint8 (&bits, &lfeon, 1) ||
      !gst_bit_reader_skip (&bits, 3) ||
      !gst_bit_reader_get_bits_uint8 (&bits, &n_dependent, 4) ||
      (n_dependent > 0 &&
          !gst_bit_reader_get_bits_uint16 (&bits, &chan_loc, 9)))
    return malformed (error,
        "the configuration of E-AC-3 (dec3) is missing or malformed");
  *format = hab_dolby_format (fscod,
      hab_dolby_map (acmod, lfeon) | map_of (chan_loc));
  return TRUE;
}

static gboolean
eac3_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  HabAudioFormat format;

  if (!eac3_parse_format (codec_data, size, &format, error))
    return FALSE;
  hab_box_begin (writer, "dec3");
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

static gchar *
eac3_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  return g_strdup ("ec-3");
}

const HabCodec hab_codec_eac3 = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/x-eac3",
  .caps = "audio/x-eac3, framed = (boolean) true",
  .whole_sample = TRUE,
  .sample_entry = eac3_sample_entry,
  .make_codec_data = eac3_make_codec_data,
  .parse_format = eac3_parse_format,
  .write_config = eac3_write_config,
  .mime_codec = eac3_mime_codec,
};
