/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The init segment, boxes as in ISO/IEC 14496-12, those of protection in
 * ISO/IEC 23001-7:
 *
 *   ftyp
 *   moov
 *     mvhd
 *     trak
 *       tkhd
 *       edts { elst }           where media_time is not 0
 *       mdia
 *         mdhd, hdlr, elng     the latter where a language has a region
 *         minf
 *           vmhd or smhd
 *           dinf { dref { url } }
 *           stbl
 *             stsd { encv { avcC, pasp ..., sinf { frma, schm, schi { tenc } } },
 *                    avc1 { avcC, pasp ... } }    either or both
 *             stts, stsc, stsz, stco    empty
 *     mvex { trex }
 *     pssh ...
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-track.h"

#define TRACK_ID 1

/* 16.16 fixed point. */
#define FIXED_1 0x00010000

HabCmafTrack *
hab_cmaf_track_new (void)
{
  HabCmafTrack *track = g_new0 (HabCmafTrack, 1);

  track->pssh = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  return track;
}

void
hab_cmaf_track_free (HabCmafTrack *track)
{
  if (track == NULL)
    return;
  g_free (track->stream_format);
  g_free (track->language_tag);
  g_clear_pointer (&track->codec_data, g_bytes_unref);
  g_ptr_array_unref (track->pssh);
  g_free (track);
}

static gboolean
is_video (const HabCmafTrack *track)
{
  return track->codec->kind == HAB_MEDIA_VIDEO;
}

static void
write_ftyp (HabBoxWriter *writer)
{
  hab_box_begin (writer, "ftyp");
  hab_box_put_fourcc (writer, "iso6");
  hab_box_put_u32 (writer, 0);
  hab_box_put_fourcc (writer, "iso6");
  hab_box_put_fourcc (writer, "cmfc");
  hab_box_put_fourcc (writer, "dash");
  hab_box_put_fourcc (writer, "mp41");
  hab_box_end (writer);
}

static void
write_mvhd (HabBoxWriter *writer, const HabCmafTrack *track)
{
  const HabCmafPicture unturned = { 0 };

  hab_box_begin_full (writer, "mvhd", 0, 0);
  hab_box_put_u32 (writer, 0); /* creation_time */
  hab_box_put_u32 (writer, 0); /* modification_time */
  hab_box_put_u32 (writer, track->timescale);
  hab_box_put_u32 (writer, 0); /* duration: that of the fragments */
  hab_box_put_u32 (writer, FIXED_1); /* rate */
  hab_box_put_u16 (writer, 0x0100);  /* volume */
  hab_box_put_zeros (writer, 10);
  hab_cmaf_picture_write_matrix (writer, &unturned);
  hab_box_put_zeros (writer, 24);
  hab_box_put_u32 (writer, TRACK_ID + 1); /* next_track_ID */
  hab_box_end (writer);
}

static void
write_tkhd (HabBoxWriter *writer, const HabCmafTrack *track)
{
  const guint32 enabled_in_movie = 3;

  hab_box_begin_full (writer, "tkhd", 0, enabled_in_movie);
  hab_box_put_u32 (writer, 0); /* creation_time */
  hab_box_put_u32 (writer, 0); /* modification_time */
  hab_box_put_u32 (writer, TRACK_ID);
  hab_box_put_u32 (writer, 0);
  hab_box_put_u32 (writer, 0); /* duration */
  hab_box_put_zeros (writer, 8);
  hab_box_put_u16 (writer, 0); /* layer */
  hab_box_put_u16 (writer, 0); /* alternate_group */
  hab_box_put_u16 (writer, is_video (track) ? 0 : 0x0100); /* volume */
  hab_box_put_u16 (writer, 0);
  hab_cmaf_picture_write_matrix (writer, &track->picture);
  hab_box_put_u32 (writer,
      hab_cmaf_picture_display_width (&track->picture) << 16);
  hab_box_put_u32 (writer, track->picture.height << 16);
  hab_box_end (writer);
}

/* Decoding times cannot be negative in the file, so what is shown at 0 may
 * lie later in it. A duration of 0 means: all that follows (8.6.6). */
static void
write_edts (HabBoxWriter *writer, const HabCmafTrack *track)
{
  if (track->media_time == 0)
    return;
  hab_box_begin (writer, "edts");
  hab_box_begin_full (writer, "elst", 1, 0);
  hab_box_put_u32 (writer, 1);
  hab_box_put_u64 (writer, 0);
  hab_box_put_u64 (writer, track->media_time);
  hab_box_put_u16 (writer, 1); /* media_rate */
  hab_box_put_u16 (writer, 0);
  hab_box_end (writer);
  hab_box_end (writer);
}

/* Three letters of five bits each (8.4.2). */
static guint16
packed_language (const HabCmafTrack *track)
{
  const gchar *language = track->language[0] ? track->language : "und";
  guint16 packed = 0;

  for (guint i = 0; i < 3; i++)
    packed = packed << 5 | ((language[i] - 0x60) & 0x1f);
  return packed;
}

static void
write_mdhd (HabBoxWriter *writer, const HabCmafTrack *track)
{
  hab_box_begin_full (writer, "mdhd", 0, 0);
  hab_box_put_u32 (writer, 0); /* creation_time */
  hab_box_put_u32 (writer, 0); /* modification_time */
  hab_box_put_u32 (writer, track->timescale);
  hab_box_put_u32 (writer, 0); /* duration */
  hab_box_put_u16 (writer, packed_language (track));
  hab_box_put_u16 (writer, 0);
  hab_box_end (writer);
}

/* What three letters cannot say (8.4.6). */
static void
write_elng (HabBoxWriter *writer, const HabCmafTrack *track)
{
  if (track->language_tag == NULL)
    return;
  hab_box_begin_full (writer, "elng", 0, 0);
  hab_box_put_string (writer, track->language_tag);
  hab_box_end (writer);
}

static void
write_hdlr (HabBoxWriter *writer, const HabCmafTrack *track)
{
  hab_box_begin_full (writer, "hdlr", 0, 0);
  hab_box_put_u32 (writer, 0);
  hab_box_put_fourcc (writer, is_video (track) ? "vide" : "soun");
  hab_box_put_zeros (writer, 12);
  hab_box_put_string (writer, is_video (track) ? "video" : "sound");
  hab_box_end (writer);
}

static void
write_media_header (HabBoxWriter *writer, const HabCmafTrack *track)
{
  if (is_video (track)) {
    hab_box_begin_full (writer, "vmhd", 0, 1);
    hab_box_put_zeros (writer, 8);
  } else {
    hab_box_begin_full (writer, "smhd", 0, 0);
    hab_box_put_zeros (writer, 4);
  }
  hab_box_end (writer);
}

static void
write_dinf (HabBoxWriter *writer)
{
  const guint32 in_this_file = 1;

  hab_box_begin (writer, "dinf");
  hab_box_begin_full (writer, "dref", 0, 0);
  hab_box_put_u32 (writer, 1);
  hab_box_begin_full (writer, "url ", 0, in_this_file);
  hab_box_end (writer);
  hab_box_end (writer);
  hab_box_end (writer);
}

void
hab_cmaf_track_put_key (HabBoxWriter *writer, const HabCmafTrack *track,
    const guint8 kid[16])
{
  hab_box_put_u8 (writer, 0);
  hab_box_put_u8 (writer,
      track->pattern.crypt_byte_block << 4 | track->pattern.skip_byte_block);
  hab_box_put_u8 (writer, 1); /* isProtected */
  hab_box_put_u8 (writer, 0); /* Per_Sample_IV_Size */
  hab_box_put_data (writer, kid, 16);
  hab_box_put_u8 (writer, 16); /* constant_IV_size */
  hab_box_put_data (writer, track->iv, 16);
}

static void
write_tenc (HabBoxWriter *writer, const HabCmafTrack *track)
{
  hab_box_begin_full (writer, "tenc", 1, 0);
  hab_cmaf_track_put_key (writer, track, track->kid);
  hab_box_end (writer);
}

static void
write_sinf (HabBoxWriter *writer, const HabCmafTrack *track)
{
  hab_box_begin (writer, "sinf");
  hab_box_begin (writer, "frma");
  hab_box_put_fourcc (writer,
      track->codec->sample_entry (track->stream_format));
  hab_box_end (writer);
  hab_box_begin_full (writer, "schm", 0, 0);
  hab_box_put_fourcc (writer, "cbcs");
  hab_box_put_u32 (writer, 0x00010000);
  hab_box_end (writer);
  hab_box_begin (writer, "schi");
  write_tenc (writer, track);
  hab_box_end (writer);
  hab_box_end (writer);
}

static void
write_visual_fields (HabBoxWriter *writer, const HabCmafTrack *track)
{
  const guint32 dpi_72 = 0x00480000;

  hab_box_put_zeros (writer, 16);
  hab_box_put_u16 (writer, track->picture.width);
  hab_box_put_u16 (writer, track->picture.height);
  hab_box_put_u32 (writer, dpi_72);
  hab_box_put_u32 (writer, dpi_72);
  hab_box_put_u32 (writer, 0);
  hab_box_put_u16 (writer, 1);      /* frame_count */
  hab_box_put_zeros (writer, 32);   /* compressorname */
  hab_box_put_u16 (writer, 0x0018); /* depth */
  hab_box_put_u16 (writer, 0xffff);
}

/* The field has 16 bits. A rate that does not fit stands in the codec's own
 * box, and here the largest division of it by a power of two that does. */
static guint32
entry_rate (guint32 rate)
{
  while (rate > G_MAXUINT16)
    rate /= 2;
  return rate;
}

static void
write_audio_fields (HabBoxWriter *writer, const HabCmafTrack *track)
{
  hab_box_put_zeros (writer, 8);
  hab_box_put_u16 (writer, track->audio.channels);
  hab_box_put_u16 (writer, track->audio.sample_bits);
  hab_box_put_u32 (writer, 0);
  hab_box_put_u32 (writer, entry_rate (track->audio.rate) << 16);
}

static gboolean
write_sample_entry (HabBoxWriter *writer, const HabCmafTrack *track,
    gboolean encrypted, GError **error)
{
  const gchar *clear_type = track->codec->sample_entry (track->stream_format);
  const gchar *encrypted_type = is_video (track) ? "encv" : "enca";
  gsize size = 0;
  const guint8 *codec_data = track->codec_data ?
      g_bytes_get_data (track->codec_data, &size) :
      NULL;

  hab_box_begin (writer, encrypted ? encrypted_type : clear_type);
  hab_box_put_zeros (writer, 6);
  hab_box_put_u16 (writer, 1); /* data_reference_index */
  if (is_video (track))
    write_visual_fields (writer, track);
  else
    write_audio_fields (writer, track);
  if (!track->codec->write_config (writer, codec_data, size, error))
    return FALSE;
  if (is_video (track))
    hab_cmaf_picture_write_boxes (writer, &track->picture);
  if (encrypted)
    write_sinf (writer, track);
  hab_box_end (writer);
  return TRUE;
}

/* In the order of HAB_CMAF_ENTRY_... */
static gboolean
write_stsd (HabBoxWriter *writer, const HabCmafTrack *track, GError **error)
{
  gboolean both = track->encrypted && track->clear_lead;

  hab_box_begin_full (writer, "stsd", 0, 0);
  hab_box_put_u32 (writer, both ? 2 : 1);
  if (!write_sample_entry (writer, track, track->encrypted, error) ||
      (both && !write_sample_entry (writer, track, FALSE, error)))
    return FALSE;
  hab_box_end (writer);
  return TRUE;
}

static void
write_empty_table (HabBoxWriter *writer, const gchar *type, guint zeros)
{
  hab_box_begin_full (writer, type, 0, 0);
  hab_box_put_zeros (writer, zeros);
  hab_box_end (writer);
}

static gboolean
write_stbl (HabBoxWriter *writer, const HabCmafTrack *track, GError **error)
{
  hab_box_begin (writer, "stbl");
  if (!write_stsd (writer, track, error))
    return FALSE;
  write_empty_table (writer, "stts", 4);
  write_empty_table (writer, "stsc", 4);
  write_empty_table (writer, "stsz", 8);
  write_empty_table (writer, "stco", 4);
  hab_box_end (writer);
  return TRUE;
}

static gboolean
write_trak (HabBoxWriter *writer, const HabCmafTrack *track, GError **error)
{
  hab_box_begin (writer, "trak");
  write_tkhd (writer, track);
  write_edts (writer, track);
  hab_box_begin (writer, "mdia");
  write_mdhd (writer, track);
  write_hdlr (writer, track);
  write_elng (writer, track);
  hab_box_begin (writer, "minf");
  write_media_header (writer, track);
  write_dinf (writer);
  if (!write_stbl (writer, track, error))
    return FALSE;
  hab_box_end (writer);
  hab_box_end (writer);
  hab_box_end (writer);
  return TRUE;
}

static void
write_mvex (HabBoxWriter *writer)
{
  hab_box_begin (writer, "mvex");
  hab_box_begin_full (writer, "trex", 0, 0);
  hab_box_put_u32 (writer, TRACK_ID);
  hab_box_put_u32 (writer, HAB_CMAF_ENTRY_ENCRYPTED); /* or the only one */
  hab_box_put_zeros (writer, 12);
  hab_box_end (writer);
  hab_box_end (writer);
}

static void
write_pssh (HabBoxWriter *writer, const HabCmafTrack *track)
{
  for (guint i = 0; i < track->pssh->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (track->pssh->pdata[i], &size);

    hab_box_put_data (writer, data, size);
  }
}

GBytes *
hab_cmaf_track_init_segment (const HabCmafTrack *track, GError **error)
{
  g_auto (HabBoxWriter) writer = { 0 };

  hab_box_writer_init (&writer);
  write_ftyp (&writer);
  hab_box_begin (&writer, "moov");
  write_mvhd (&writer, track);
  if (!write_trak (&writer, track, error))
    return NULL;
  write_mvex (&writer);
  if (track->encrypted)
    write_pssh (&writer, track);
  hab_box_end (&writer);
  return hab_box_writer_steal (&writer);
}
