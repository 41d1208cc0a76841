/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "init-segment.h"

#include <string.h>

#include "media-track.h"
#include "mp4-edit-list.h"
#include "mp4-movie.h"

#define F HAB_MP4_FOURCC

/* Of the sample entries' fixed part. */
#define VIDEO_FIXED 78
#define AUDIO_FIXED 28

#define MAX_ENTRIES 64

typedef struct
{
  const HabMediaFile *file;
  HabReport *report;
  HabInitSegment *init;
} Reader;

static void
entry_clear (HabInitEntry *entry)
{
  g_free (entry->copy);
}

void
hab_init_segment_free (HabInitSegment *init)
{
  g_array_unref (init->entries);
  g_ptr_array_unref (init->pssh);
  g_free (init);
}

/* what: a sentence. */
static gboolean
complain (Reader *self, const HabMp4Box *at, const gchar *what)
{
  hab_report_error (self->report, "init", self->file->name,
      hab_media_file_tell (self->file, at->data), "%s", what);
  return FALSE;
}

static gboolean
find (Reader *self, const HabMp4Box *parent, guint32 type, HabMp4Box *child)
{
  gchar inner[5], outer[5];

  if (hab_mp4_box_find (parent, type, child))
    return TRUE;
  hab_report_error (self->report, "init", self->file->name,
      hab_media_file_tell (self->file, parent->data), "there is no %s in %s",
      hab_mp4_fourcc_to_string (type, inner),
      hab_mp4_fourcc_to_string (parent->type, outer));
  return FALSE;
}

/* --- protection ------------------------------------------------------ */

gboolean
hab_sample_protection_read (GstByteReader *reader, gboolean has_pattern,
    HabSampleProtection *protection)
{
  guint8 pattern, encrypted;
  const guint8 *data;

  if (!gst_byte_reader_get_uint8 (reader, &pattern) ||
      !gst_byte_reader_get_uint8 (reader, &encrypted) ||
      !gst_byte_reader_get_uint8 (reader, &protection->iv_size) ||
      !gst_byte_reader_get_data (reader, 16, &data))
    return FALSE;
  memcpy (protection->kid, data, 16);
  protection->encrypted = encrypted == 1;
  if (has_pattern) {
    protection->pattern.crypt_byte_block = pattern >> 4;
    protection->pattern.skip_byte_block = pattern & 15;
  }
  if (protection->iv_size != 0 && protection->iv_size != 8 &&
      protection->iv_size != 16)
    return FALSE;
  if (!protection->encrypted || protection->iv_size != 0)
    return encrypted <= 1;
  if (!gst_byte_reader_get_uint8 (reader, &protection->constant_iv_size) ||
      (protection->constant_iv_size != 8 &&
          protection->constant_iv_size != 16) ||
      !gst_byte_reader_get_data (reader, protection->constant_iv_size, &data))
    return FALSE;
  memcpy (protection->constant_iv, data, protection->constant_iv_size);
  return TRUE;
}

static gboolean
read_tenc (Reader *self, const HabMp4Box *tenc, HabInitEntry *entry)
{
  GstByteReader reader;
  guint8 version;

  if (!hab_mp4_box_read_full (tenc, &reader, &version) ||
      !gst_byte_reader_skip (&reader, 1) ||
      !hab_sample_protection_read (&reader, version > 0, &entry->protection) ||
      gst_byte_reader_get_remaining (&reader) != 0)
    return complain (self, tenc, "tenc is malformed");
  if (entry->scheme == F ('c', 'b', 'c', 's') && version == 0)
    return complain (self, tenc, "tenc has no pattern (version 0), which cbcs "
        "needs");
  return TRUE;
}

static gboolean
read_sinf (Reader *self, const HabMp4Box *sinf, HabInitEntry *entry)
{
  HabMp4Box frma, schm, schi, tenc;
  GstByteReader reader;
  guint8 version;

  if (!find (self, sinf, F ('f', 'r', 'm', 'a'), &frma) ||
      !find (self, sinf, F ('s', 'c', 'h', 'm'), &schm) ||
      !find (self, sinf, F ('s', 'c', 'h', 'i'), &schi) ||
      !find (self, &schi, F ('t', 'e', 'n', 'c'), &tenc))
    return FALSE;
  hab_mp4_box_read (&frma, &reader);
  if (!gst_byte_reader_get_uint32_be (&reader, &entry->format))
    return complain (self, &frma, "frma is malformed");
  if (!hab_mp4_box_read_full (&schm, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &entry->scheme))
    return complain (self, &schm, "schm is malformed");
  return read_tenc (self, &tenc, entry);
}

static gboolean
read_protection (Reader *self, const HabMp4Box *box, HabInitEntry *entry)
{
  gsize fixed = box->type == F ('e', 'n', 'c', 'v') ? VIDEO_FIXED :
      AUDIO_FIXED;
  HabMp4Box children = { box->type, box->data + fixed, 0 };
  HabMp4Box sinf;

  if (box->size < fixed)
    return complain (self, box, "the sample entry is too short");
  children.size = box->size - fixed;
  return find (self, &children, F ('s', 'i', 'n', 'f'), &sinf) &&
      read_sinf (self, &sinf, entry);
}

/* --- sample entries -------------------------------------------------- */

/* Which form of the codec's caps the entry is. */
static void
find_codec (HabInitEntry *entry)
{
  static const gchar *const formats[] = {
    NULL, "avc", "avc3", "hvc1", "hev1", "raw", "obu-stream"
  };
  const HabMp4Track track = { .entry = entry->entry };
  gchar type[5];

  entry->codec = hab_media_track_get_codec (&track);
  hab_mp4_fourcc_to_string (entry->format, type);
  for (guint i = 0; entry->codec != NULL && i < G_N_ELEMENTS (formats); i++)
    if (g_strcmp0 (entry->codec->sample_entry (formats[i]), type) == 0)
      entry->stream_format = formats[i];
}

/* As an stsd with this entry only, by its name in the clear. */
static gboolean
read_description (Reader *self, const HabMp4Box *box, HabInitEntry *entry)
{
  gsize size = 8 + 8 + box->size;
  HabMp4Box stsd = { F ('s', 't', 's', 'd'), NULL, size };
  g_autoptr (GError) error = NULL;

  entry->copy = g_malloc0 (size);
  stsd.data = entry->copy;
  GST_WRITE_UINT32_BE (entry->copy + 4, 1);
  GST_WRITE_UINT32_BE (entry->copy + 8, size - 8);
  GST_WRITE_UINT32_BE (entry->copy + 12, entry->format);
  memcpy (entry->copy + 16, box->data, box->size);
  if (!hab_mp4_sample_entry_parse (&entry->entry, &stsd, self->init->handler,
          &error))
    return complain (self, box, error->message);
  find_codec (entry);
  return TRUE;
}

static gboolean
read_entry (Reader *self, const HabMp4Box *box)
{
  HabInitEntry entry = { .type = box->type, .format = box->type };

  if ((box->type == F ('e', 'n', 'c', 'v') ||
          box->type == F ('e', 'n', 'c', 'a')) &&
      !read_protection (self, box, &entry))
    return FALSE;
  if (!read_description (self, box, &entry)) {
    entry_clear (&entry);
    return FALSE;
  }
  g_array_append_val (self->init->entries, entry);
  return TRUE;
}

static gboolean
read_stsd (Reader *self, const HabMp4Box *stsd)
{
  GstByteReader reader;
  guint32 count;
  guint8 version;
  HabMp4Box box;

  if (!hab_mp4_box_read_full (stsd, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &count) || count == 0 ||
      count > MAX_ENTRIES)
    return complain (self, stsd, "stsd has no sample entry, or too many");
  for (guint i = 0; i < count; i++) {
    if (!hab_mp4_box_next (&reader, &box))
      return complain (self, stsd, "stsd ends inside of a sample entry");
    if (!read_entry (self, &box))
      return FALSE;
  }
  return TRUE;
}

/* --- the track ------------------------------------------------------- */

/* The number at where of a full box, by its version. */
static gboolean
read_u32_at (const HabMp4Box *box, guint where_v0, guint where_v1,
    guint32 *number)
{
  GstByteReader reader;
  guint8 version;

  return hab_mp4_box_read_full (box, &reader, &version) &&
      gst_byte_reader_skip (&reader, version == 1 ? where_v1 : where_v0) &&
      gst_byte_reader_get_uint32_be (&reader, number);
}

static void
read_edits (Reader *self, const HabMp4Box *elst, guint32 movie_timescale)
{
  HabMp4EditList edits = { FALSE };
  gint64 delay = 0;

  if (!hab_mp4_edit_list_read (&edits, elst)) {
    complain (self, elst, "elst is malformed");
    return;
  }
  if (!edits.present)
    return;
  if (movie_timescale > 0)
    delay = gst_util_uint64_scale (MIN (edits.delay, G_MAXINT32),
        self->init->timescale, movie_timescale);
  self->init->shift = edits.media_time - delay;
}

static gboolean
read_track (Reader *self, const HabMp4Box *trak, guint32 movie_timescale)
{
  HabMp4Box tkhd, mdia, mdhd, hdlr, minf, stbl, stsd, edts, elst;

  if (!find (self, trak, F ('t', 'k', 'h', 'd'), &tkhd) ||
      !find (self, trak, F ('m', 'd', 'i', 'a'), &mdia) ||
      !find (self, &mdia, F ('m', 'd', 'h', 'd'), &mdhd) ||
      !find (self, &mdia, F ('h', 'd', 'l', 'r'), &hdlr) ||
      !find (self, &mdia, F ('m', 'i', 'n', 'f'), &minf) ||
      !find (self, &minf, F ('s', 't', 'b', 'l'), &stbl) ||
      !find (self, &stbl, F ('s', 't', 's', 'd'), &stsd))
    return FALSE;
  if (!read_u32_at (&tkhd, 8, 16, &self->init->track_id) ||
      !read_u32_at (&hdlr, 4, 4, &self->init->handler))
    return complain (self, trak, "tkhd or hdlr is too short");
  if (!read_u32_at (&mdhd, 8, 16, &self->init->timescale) ||
      self->init->timescale == 0)
    return complain (self, &mdhd, "mdhd has no timescale");
  if (hab_mp4_box_find (trak, F ('e', 'd', 't', 's'), &edts) &&
      hab_mp4_box_find (&edts, F ('e', 'l', 's', 't'), &elst))
    read_edits (self, &elst, movie_timescale);
  return read_stsd (self, &stsd);
}

static gboolean
read_trex (Reader *self, const HabMp4Box *mvex)
{
  HabMp4Box trex;
  HabInitSegment *init = self->init;
  GstByteReader reader;
  guint8 version;
  guint32 id;

  if (!find (self, mvex, F ('t', 'r', 'e', 'x'), &trex))
    return FALSE;
  if (!hab_mp4_box_read_full (&trex, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &id) ||
      !gst_byte_reader_get_uint32_be (&reader, &init->default_entry) ||
      !gst_byte_reader_get_uint32_be (&reader, &init->default_duration) ||
      !gst_byte_reader_get_uint32_be (&reader, &init->default_size) ||
      !gst_byte_reader_get_uint32_be (&reader, &init->default_flags))
    return complain (self, &trex, "trex is malformed");
  if (id != init->track_id)
    return complain (self, &trex, "trex is of another track than tkhd");
  return TRUE;
}

static void
read_pssh (Reader *self, const HabMp4Box *moov)
{
  GstByteReader reader;
  HabMp4Box box;

  hab_mp4_box_read (moov, &reader);
  for (guint at = 0; hab_mp4_box_next (&reader, &box);
       at = gst_byte_reader_get_pos (&reader)) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = NULL;
    HabPssh *pssh;

    if (box.type != F ('p', 's', 's', 'h'))
      continue;
    bytes = g_bytes_new (moov->data + at,
        gst_byte_reader_get_pos (&reader) - at);
    pssh = hab_pssh_parse (bytes, &error);
    if (pssh != NULL)
      g_ptr_array_add (self->init->pssh, pssh);
    else
      hab_report_error (self->report, "pssh", self->file->name,
          hab_media_file_tell (self->file, box.data), "%s", error->message);
  }
  if (!hab_mp4_boxes_end_well (&reader))
    complain (self, moov, "the boxes in moov do not fit into it");
}

static gboolean
read_moov (Reader *self, const HabMp4Box *moov)
{
  HabMp4Box mvhd, trak, mvex;
  guint32 movie_timescale = 0;

  if (!find (self, moov, F ('m', 'v', 'h', 'd'), &mvhd) ||
      !find (self, moov, F ('t', 'r', 'a', 'k'), &trak) ||
      !find (self, moov, F ('m', 'v', 'e', 'x'), &mvex))
    return FALSE;
  read_u32_at (&mvhd, 8, 16, &movie_timescale);
  read_pssh (self, moov);
  return read_track (self, &trak, movie_timescale) && read_trex (self, &mvex);
}

HabInitSegment *
hab_init_segment_read (const HabMediaFile *file, const HabFileBox *moov,
    HabReport *report)
{
  g_autoptr (HabInitSegment) init = g_new0 (HabInitSegment, 1);
  Reader self = { file, report, init };

  init->entries = g_array_new (FALSE, TRUE, sizeof (HabInitEntry));
  g_array_set_clear_func (init->entries, (GDestroyNotify) entry_clear);
  init->pssh = g_ptr_array_new_with_free_func ((GDestroyNotify) hab_pssh_free);
  return read_moov (&self, &moov->box) ? g_steal_pointer (&init) : NULL;
}
