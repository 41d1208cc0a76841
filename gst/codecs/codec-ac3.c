/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* AC-3 (ETSI TS 102 366, ATSC A/52). A sample is one syncframe. codec_data is
 * the payload of a dac3 box (Annex F.4), which holds fields of the syncframe's
 * header (4.3, 4.4):
 *
 *   fscod 2, bsid 5, bsmod 3, acmod 3, lfeon 1, bit_rate_code 5, reserved 5 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <gst/base/gstbitreader.h>

#include "dolby.h"

#define DAC3_SIZE 3

/* Of frmsizecod: 19 bit rates, each in two sizes. */
#define N_FRAME_SIZES 38

typedef struct
{
  guint8 fscod, frmsizecod, bsid, bsmod, acmod, lfeon;
} Ac3Header;

static const gchar *
ac3_sample_entry (const gchar *stream_format)
{
  return "ac-3";
}

/* --- making codec_data --------------------------------------------------------- */

/* Mixing levels, of which acmod says whether they are there. */
static guint
mixing_bits (guint acmod)
{
  guint bits = 0;

  if (acmod & 1 && acmod != 1)
    bits += 2; /* cmixlev */
  if (acmod & 4)
    bits += 2; /* surmixlev */
  if (acmod == 2)
    bits += 2; /* dsurmod */
  return bits;
}

static gboolean
read_header (const guint8 *data, gsize size, Ac3Header *header)
{
  GstBitReader bits;
  guint16 sync;

  if (size > G_MAXUINT / 8)
    return FALSE;
  gst_bit_reader_init (&bits, data, size);
  return gst_bit_reader_get_bits_uint16 (&bits, &sync, 16) &&
      sync == HAB_DOLBY_SYNC_WORD && gst_bit_reader_skip (&bits, 16) &&
      gst_bit_reader_get_bits_uint8 (&bits, &header->fscod, 2) &&
      gst_bit_reader_get_bits_uint8 (&bits, &header->frmsizecod, 6) &&
      gst_bit_reader_get_bits_uint8 (&bits, &header->bsid, 5) &&
      gst_bit_reader_get_bits_uint8 (&bits, &header->bsmod, 3) &&
      gst_bit_reader_get_bits_uint8 (&bits, &header->acmod, 3) &&
      gst_bit_reader_skip (&bits, mixing_bits (header->acmod)) &&
      gst_bit_reader_get_bits_uint8 (&bits, &header->lfeon, 1) &&
      header->fscod < 3 && header->frmsizecod < N_FRAME_SIZES &&
      header->bsid < HAB_DOLBY_BSID_EAC3;
}

static GBytes *
ac3_make_codec_data (const HabCodecStart *start, GError **error)
{
  Ac3Header header;
  guint32 fields;
  guint8 codec_data[DAC3_SIZE];

  if (start->sample == NULL ||
      !read_header (start->sample, start->size, &header)) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        start->sample ? "the first sample does not begin with an AC-3 header" :
                        "encrypted AC-3 needs caps with codec_data");
    return NULL;
  }
  fields = (guint32) header.fscod << 22 | header.bsid << 17 |
      header.bsmod << 14 | header.acmod << 11 | header.lfeon << 10 |
      header.frmsizecod >> 1 << 5;
  GST_WRITE_UINT24_BE (codec_data, fields);
  return g_bytes_new (codec_data, sizeof codec_data);
}

/* --- reading it ------------------------------------------------------------------ */

static gboolean
ac3_parse_format (const guint8 *codec_data, gsize size,
    HabAudioFormat *format, GError **error)
{
  guint32 fields = size >= DAC3_SIZE ? GST_READ_UINT24_BE (codec_data) : 0;
  guint fscod = fields >> 22;

  if (size < DAC3_SIZE || fscod == 3) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "the configuration of AC-3 (dac3) is missing or malformed");
    return FALSE;
  }
  *format = hab_dolby_format (fscod,
      hab_dolby_map (fields >> 11 & 7, fields >> 10 & 1));
  return TRUE;
}

static gboolean
ac3_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  HabAudioFormat format;

  if (!ac3_parse_format (codec_data, size, &format, error))
    return FALSE;
  hab_box_begin (writer, "dac3");
  hab_box_put_data (writer, codec_data, DAC3_SIZE);
  hab_box_end (writer);
  return TRUE;
}

static gchar *
ac3_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  return g_strdup ("ac-3");
}

const HabCodec hab_codec_ac3 = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/x-ac3",
  .caps = "audio/x-ac3, framed = (boolean) true",
  .whole_sample = TRUE,
  .sample_entry = ac3_sample_entry,
  .make_codec_data = ac3_make_codec_data,
  .parse_format = ac3_parse_format,
  .write_config = ac3_write_config,
  .mime_codec = ac3_mime_codec,
};
