/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "box.h"

G_BEGIN_DECLS

/* What the elements must know of a codec, and nothing else knows: one file
 * and one row of the table in codec.c a codec. Pure functions over bytes and
 * caps, no pads, no elements. */

/* Why decoding can start at an access unit. */
typedef enum
{
  HAB_RANDOM_ACCESS_NONE,           /* it cannot */
  HAB_RANDOM_ACCESS_IDR,            /* H.264, H.265: IDR picture */
  HAB_RANDOM_ACCESS_CRA,            /* H.265: clean random access picture, or
                                     * broken link access (BLA) */
  HAB_RANDOM_ACCESS_RECOVERY_POINT, /* H.264: SEI with recovery_frame_cnt 0 */
  HAB_RANDOM_ACCESS_KEY_FRAME,      /* AV1, VP9 */
} HabRandomAccess;

/* The word for it that messages, records and JSON use: "idr", "cra",
 * "recovery-point", "key-frame", "none". */
const gchar *hab_random_access_to_string (HabRandomAccess kind);

/* Whether an access unit is shown before the random access point that it
 * follows in decoding order. */
typedef enum
{
  HAB_LEADING_UNKNOWN,   /* the codec does not say; its time does */
  HAB_LEADING_NO,
  HAB_LEADING_DECODABLE, /* yes, and it refers to nothing before that point
                          * (H.265: RADL) */
  HAB_LEADING_DEPENDENT, /* yes, and it may refer to what is before
                          * (H.265: RASL) */
} HabLeading;

/* What an access unit is to a GOP. */
typedef struct
{
  HabRandomAccess random_access;
  gchar picture_type; /* 'I', 'P' or 'B'; of several slices the least
                       * independent one says; 0 for no picture at all */
  HabLeading leading;
} HabAccessUnitInfo;

/* A run of bytes in an access unit: clear_bytes in the clear, then
 * protected_bytes that encryption covers (ISO/IEC 23001-7 subsample). Unlike
 * the box's field, clear_bytes is not cut to 16 bits here. */
typedef struct
{
  guint32 clear_bytes;
  guint32 protected_bytes;
} HabSubsample;

typedef enum
{
  HAB_CODEC_ERROR_MALFORMED,   /* the bytes contradict themselves */
  HAB_CODEC_ERROR_UNSUPPORTED, /* valid, but not handled here */
} HabCodecError;

#define HAB_CODEC_ERROR (hab_codec_error_quark ())
GQuark hab_codec_error_quark (void);

typedef struct _HabCodec HabCodec;

/* The beginning of a stream, for codecs whose caps alone do not say all that
 * a file must. */
typedef struct
{
  const GstStructure *caps; /* of the stream in the clear, or with its fields */
  const guint8 *sample;     /* the first one; NULL where it is encrypted */
  gsize size;
  guint64 lead_ns; /* how long before 0 it begins, which is the encoder delay */
} HabCodecStart;

/* What a decoder gives. */
typedef struct
{
  guint rate; /* Hz */
  guint channels;
  guint sample_bits; /* of a sample, as the sample entry has it */
  guint layout;      /* ChannelConfiguration of ISO/IEC 23091-3; 0 for none */
  guint16 dolby_map; /* of Dolby's codecs, the channel map of ETSI TS 102 366,
                      * E.1.3.1.8: the most significant bit is left; else 0 */
} HabAudioFormat;

/* Reads an access unit that need not be in memory: at least want bytes of it
 * from offset on, fewer only where it ends. The bytes are valid until the next
 * call. NULL with error set when reading fails. */
typedef const guint8 *(*HabAccessUnitRead) (gsize offset, gsize want,
    gpointer data, GError **error);

/* A parser keeps what a stream's later access units depend on (parameter
 * sets). One stream, one thread. */
typedef struct
{
  const HabCodec *codec;
} HabCodecParser;

typedef enum
{
  HAB_MEDIA_VIDEO,
  HAB_MEDIA_AUDIO,
  HAB_MEDIA_TEXT, /* no codec is of this kind */
} HabMediaKind;

struct _HabCodec
{
  HabMediaKind kind;

  /* As in caps: media type and, for audio/mpeg, mpegversion (else 0). */
  const gchar *media_type;
  gint mpegversion;

  /* The caps that the elements take of this codec, as a string. */
  const gchar *caps;

  /* Video: GStreamer's element that parses it, which is asked what its headers
   * say and has to stand in front of a decoder. */
  const gchar *gst_parser;

  /* Access units are NAL units, which also come as a byte stream (Annex B of
   * ITU-T H.264 and H.265). */
  gboolean nal_units;

  /* Four-character code of the ISO BMFF sample entry for the caps'
   * stream-format (which may be NULL). */
  const gchar *(*sample_entry) (const gchar *stream_format);

  /* The words for why cbcs cannot protect this codec; NULL where it can.
   * Where they are set, parse_ranges may be NULL; everything else is as in
   * other codecs of the kind. */
  const gchar *clear_only;

  /* (transfer full): the codec_data of caps that have none. The member is NULL
   * for codecs that need none then (H.264 with parameter sets in band) or
   * whose caps always have it. */
  GBytes *(*make_codec_data) (const HabCodecStart *start, GError **error);

  /* Audio: what codec_data says of the sound. */
  gboolean (*parse_format) (const guint8 *codec_data, gsize size,
      HabAudioFormat *format, GError **error);

  /* How many bytes a file leaves out at the start of an access unit whose first
   * size bytes, up to 16, are at data; in the clear also where it is encrypted.
   * NULL for codecs that files store as they are. */
  gsize (*removable_start) (const guint8 *data, gsize size);

  /* Appends the boxes that describe the codec in the sample entry. codec_data
   * is that of the caps, of codecs whose caps have none the payload of their
   * own box in ISO BMFF. */
  gboolean (*write_config) (HabBoxWriter *writer, const guint8 *codec_data,
      gsize size, GError **error);

  /* RFC 6381 codecs string. (transfer full), NULL with error set where
   * codec_data is not what it should be. */
  gchar *(*mime_codec) (const gchar *stream_format, const guint8 *codec_data,
      gsize size, GError **error);

  /* Sets in caps what an access unit says of its light: mastering-display-info
   * and content-light-level. The member is NULL for codecs of which GStreamer's
   * parsers do. */
  void (*describe_light) (const guint8 *data, gsize size, GstStructure *caps);

  /* TRUE where the sample is one protected range (all audio codecs). */
  gboolean whole_sample;

  /* NULL where whole_sample is set. */
  HabCodecParser *(*parser_new) (const HabCodec *codec);
  void (*parser_free) (HabCodecParser *parser);

  /* The stream's out-of-band parameter sets, as in caps' codec_data. May come
   * again in mid-stream. */
  gboolean (*parse_codec_data) (HabCodecParser *parser, const guint8 *data,
      gsize size, GError **error);

  /* What the access unit of size bytes is, from as few of its bytes as the
   * question needs: parameter sets, SEI, the start of each slice. */
  gboolean (*parse_access_unit) (HabCodecParser *parser, gsize size,
      HabAccessUnitRead read, gpointer read_data, HabAccessUnitInfo *info,
      GError **error);

  /* Appends to ranges (of HabSubsample) what encryption covers of the access
   * unit: together exactly size bytes. */
  gboolean (*parse_ranges) (HabCodecParser *parser, const guint8 *data,
      gsize size, GArray *ranges, GError **error);
};

/* (nullable): the codec of caps with this media type, for audio/mpeg the one
 * of mpegversion. */
const HabCodec *hab_codec_find (const gchar *media_type, gint mpegversion);

/* (nullable): the codec of caps, also of encrypted ones (application/x-cenc
 * with original-media-type) and of those that a parser has not made up its mind
 * about. Of several structures the first one counts. */
const HabCodec *hab_codec_of_caps (const GstCaps *caps);

/* Whether caps have codec_data that a file can be made of. Demuxers put other
 * things there, too: qtdemux 1.22.0 leaves out the first bytes of AV1's, and
 * avidemux gives the end of the header of MP3. */
gboolean hab_codec_has_codec_data (const HabCodec *codec,
    const GstStructure *caps);

/* (transfer none): every codec there is. */
const HabCodec *const *hab_codec_list (guint *n_codecs);

HabCodecParser *hab_codec_parser_new (const HabCodec *codec);
void hab_codec_parser_free (HabCodecParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCodecParser, hab_codec_parser_free)

/* parse_access_unit for bytes in memory. */
gboolean hab_codec_parser_parse_access_unit (HabCodecParser *parser,
    const guint8 *data, gsize size, HabAccessUnitInfo *info, GError **error);

G_END_DECLS
