/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fragment.h"

#include <string.h>

#define F HAB_MP4_FOURCC

#define TFHD_BASE_DATA_OFFSET 0x1
#define TFHD_ENTRY 0x2
#define TFHD_DURATION 0x8
#define TFHD_SIZE 0x10
#define TFHD_FLAGS 0x20
#define TRUN_DATA_OFFSET 0x1
#define TRUN_FIRST_FLAGS 0x4
#define TRUN_DURATION 0x100
#define TRUN_SIZE 0x200
#define TRUN_FLAGS 0x400
#define TRUN_COMPOSITION 0x800
#define SENC_SUBSAMPLES 0x2
#define SAMPLE_IS_NON_SYNC 0x10000
/* Group indices from here on are those of the fragment's own sgpd. */
#define OWN_GROUPS 0x10000

/* Of one fragment. */
#define MAX_SAMPLES 1000000

typedef struct
{
  HabFragment *fragment;
  const HabMediaFile *file;
  const HabFileBox *moof;
  const HabInitSegment *init;
  HabReport *report;

  guint64 base; /* what offsets count from */
  guint32 default_duration, default_size, default_flags;
  guint64 next; /* where the next run begins unless it says so */
  gint64 dts;
} Reader;

void
hab_fragment_init (HabFragment *fragment)
{
  memset (fragment, 0, sizeof *fragment);
  fragment->samples = g_array_new (FALSE, TRUE, sizeof (HabFragmentSample));
  fragment->subsamples = g_array_new (FALSE, TRUE, sizeof (HabSubsample));
}

void
hab_fragment_clear (HabFragment *fragment)
{
  g_array_unref (fragment->samples);
  g_array_unref (fragment->subsamples);
}

static gboolean
complain (Reader *self, const HabMp4Box *at, const gchar *check,
    const gchar *what)
{
  hab_report_error (self->report, check, self->file->name,
      hab_media_file_tell (self->file, at->data), "%s", what);
  return FALSE;
}

static gboolean
read_full (const HabMp4Box *box, GstByteReader *reader, guint8 *version,
    guint32 *flags)
{
  hab_mp4_box_read (box, reader);
  return gst_byte_reader_get_uint8 (reader, version) &&
      gst_byte_reader_get_uint24_be (reader, flags);
}

/* Nothing, where the flag is not there. */
static gboolean
get_if (GstByteReader *reader, gboolean there, guint32 *number)
{
  return !there || gst_byte_reader_get_uint32_be (reader, number);
}

/* --- tfhd, tfdt, trun ------------------------------------------------ */

static gboolean
read_tfhd (Reader *self, const HabMp4Box *tfhd)
{
  GstByteReader reader;
  guint8 version;
  guint32 flags, id, entry = self->init->default_entry;

  self->default_duration = self->init->default_duration;
  self->default_size = self->init->default_size;
  self->default_flags = self->init->default_flags;
  if (!read_full (tfhd, &reader, &version, &flags) ||
      !gst_byte_reader_get_uint32_be (&reader, &id) ||
      (flags & TFHD_BASE_DATA_OFFSET &&
          !gst_byte_reader_get_uint64_be (&reader, &self->base)) ||
      !get_if (&reader, flags & TFHD_ENTRY, &entry) ||
      !get_if (&reader, flags & TFHD_DURATION, &self->default_duration) ||
      !get_if (&reader, flags & TFHD_SIZE, &self->default_size) ||
      !get_if (&reader, flags & TFHD_FLAGS, &self->default_flags))
    return complain (self, tfhd, "fragment", "tfhd is malformed");
  if (id != self->init->track_id)
    hab_report_error (self->report, "fragment", self->file->name,
        hab_media_file_tell (self->file, tfhd->data),
        "the fragment is of track %u, the init segment has track %u", id,
        self->init->track_id);
  if (entry == 0 || entry > self->init->entries->len)
    return complain (self, tfhd, "fragment",
        "the fragment names a sample entry that there is none of");
  self->fragment->entry = entry - 1;
  self->fragment->protection = g_array_index (self->init->entries,
      HabInitEntry, entry - 1).protection;
  return id == self->init->track_id;
}

static gboolean
read_tfdt (Reader *self, const HabMp4Box *tfdt)
{
  GstByteReader reader;
  guint8 version;
  guint64 *decode_time = &self->fragment->decode_time;

  if (!hab_mp4_box_read_full (tfdt, &reader, &version) ||
      !hab_mp4_get_by_version (&reader, version, decode_time))
    return complain (self, tfdt, "fragment", "tfdt is malformed");
  if (*decode_time > G_MAXINT64 / 4)
    return complain (self, tfdt, "tfdt", "tfdt is beyond any time");
  self->dts = *decode_time;
  return TRUE;
}

static gboolean
read_sample (Reader *self, GstByteReader *reader, guint8 version,
    guint32 flags, guint32 sample_flags)
{
  HabFragmentSample sample = {
    .offset = self->next,
    .size = self->default_size,
    .duration = self->default_duration,
  };
  guint32 composition = 0;

  if (!get_if (reader, flags & TRUN_DURATION, &sample.duration) ||
      !get_if (reader, flags & TRUN_SIZE, &sample.size) ||
      !get_if (reader, flags & TRUN_FLAGS, &sample_flags) ||
      !get_if (reader, flags & TRUN_COMPOSITION, &composition))
    return FALSE;
  sample.sync = (sample_flags & SAMPLE_IS_NON_SYNC) == 0;
  sample.dts = self->dts;
  sample.cts = self->dts +
      (version == 0 ? (gint64) composition : (gint32) composition);
  g_array_append_val (self->fragment->samples, sample);
  self->dts += sample.duration;
  self->next += sample.size;
  return TRUE;
}

static gboolean
read_trun (Reader *self, const HabMp4Box *trun)
{
  GstByteReader reader;
  guint8 version;
  guint32 flags, count, first_flags;
  gint32 offset = 0;

  if (!read_full (trun, &reader, &version, &flags) ||
      !gst_byte_reader_get_uint32_be (&reader, &count) ||
      (flags & TRUN_DATA_OFFSET &&
          !gst_byte_reader_get_int32_be (&reader, &offset)) ||
      !get_if (&reader, flags & TRUN_FIRST_FLAGS, &first_flags))
    return complain (self, trun, "fragment", "trun is malformed");
  if (self->fragment->samples->len + (guint64) count > MAX_SAMPLES)
    return complain (self, trun, "fragment", "trun has far too many samples");
  if (flags & TRUN_DATA_OFFSET) {
    if (offset < 0 && (guint64) - (gint64) offset > self->base)
      return complain (self, trun, "fragment",
          "the data offset of trun is before the file");
    self->next = self->base + offset;
  }
  for (guint i = 0; i < count; i++) {
    gboolean first = i == 0 && flags & TRUN_FIRST_FLAGS;

    if (!read_sample (self, &reader, version, flags,
            first ? first_flags : self->default_flags))
      return complain (self, trun, "fragment",
          "trun ends before its last sample");
  }
  if (gst_byte_reader_get_remaining (&reader) > 0)
    complain (self, trun, "fragment", "trun has bytes behind its last sample");
  return TRUE;
}

/* --- protection ------------------------------------------------------ */

/* Takes what senc has of one sample. *size: of that. */
static gboolean
read_auxiliary (Reader *self, GstByteReader *reader, gboolean subsamples,
    HabFragmentSample *sample)
{
  const guint8 *iv;
  guint16 count;

  if (!gst_byte_reader_get_data (reader, self->fragment->protection.iv_size,
          &iv))
    return FALSE;
  memcpy (sample->iv, iv, self->fragment->protection.iv_size);
  sample->first_subsample = self->fragment->subsamples->len;
  if (!subsamples)
    return TRUE;
  if (!gst_byte_reader_get_uint16_be (reader, &count) ||
      gst_byte_reader_get_remaining (reader) < 6u * count)
    return FALSE;
  sample->n_subsamples = count;
  for (guint i = 0; i < count; i++) {
    HabSubsample subsample;

    subsample.clear_bytes = gst_byte_reader_get_uint16_be_unchecked (reader);
    subsample.protected_bytes =
        gst_byte_reader_get_uint32_be_unchecked (reader);
    g_array_append_val (self->fragment->subsamples, subsample);
  }
  return TRUE;
}

/* sizes: of the entries, for saiz. *first: the first entry. */
static gboolean
read_senc (Reader *self, const HabMp4Box *senc, GArray *sizes,
    const guint8 **first)
{
  GArray *samples = self->fragment->samples;
  GstByteReader reader;
  guint8 version;
  guint32 flags, count;

  if (!read_full (senc, &reader, &version, &flags) ||
      !gst_byte_reader_get_uint32_be (&reader, &count))
    return complain (self, senc, "senc", "senc is malformed");
  if (count != samples->len) {
    hab_report_error (self->report, "senc", self->file->name,
        hab_media_file_tell (self->file, senc->data),
        "senc is of %u samples, trun of %u", count, samples->len);
    return FALSE;
  }
  *first = reader.data + gst_byte_reader_get_pos (&reader);
  for (guint i = 0; i < count; i++) {
    guint before = gst_byte_reader_get_pos (&reader);
    guint size;

    if (!read_auxiliary (self, &reader, flags & SENC_SUBSAMPLES,
            &g_array_index (samples, HabFragmentSample, i)))
      return complain (self, senc, "senc", "senc ends before its last sample");
    size = gst_byte_reader_get_pos (&reader) - before;
    g_array_append_val (sizes, size);
  }
  if (gst_byte_reader_get_remaining (&reader) > 0)
    complain (self, senc, "senc", "senc has bytes behind its last sample");
  self->fragment->has_auxiliary = TRUE;
  return TRUE;
}

static void
check_saiz (Reader *self, const HabMp4Box *saiz, const GArray *sizes)
{
  GstByteReader reader;
  guint8 version, all, one;
  guint32 flags, count;

  if (!read_full (saiz, &reader, &version, &flags) ||
      (flags & 1 && !gst_byte_reader_skip (&reader, 8)) ||
      !gst_byte_reader_get_uint8 (&reader, &all) ||
      !gst_byte_reader_get_uint32_be (&reader, &count)) {
    complain (self, saiz, "saiz", "saiz is malformed");
    return;
  }
  if (count > sizes->len) {
    complain (self, saiz, "saiz", "saiz is of more samples than senc");
    return;
  }
  for (guint i = 0; i < count; i++) {
    one = all;
    if (all == 0 && !gst_byte_reader_get_uint8 (&reader, &one)) {
      complain (self, saiz, "saiz", "saiz ends before its last sample");
      return;
    }
    if (one != g_array_index (sizes, guint, i)) {
      hab_report_error (self->report, "saiz", self->file->name,
          hab_media_file_tell (self->file, saiz->data),
          "sample %u has %u bytes of auxiliary information by saiz, %u in "
          "senc", i, one, g_array_index (sizes, guint, i));
      return;
    }
  }
}

static void
check_saio (Reader *self, const HabMp4Box *saio, const guint8 *first)
{
  GstByteReader reader;
  guint8 version;
  guint32 flags, count;
  guint64 offset;
  guint64 there = hab_media_file_tell (self->file, first);

  if (!read_full (saio, &reader, &version, &flags) ||
      (flags & 1 && !gst_byte_reader_skip (&reader, 8)) ||
      !gst_byte_reader_get_uint32_be (&reader, &count) || count == 0 ||
      !hab_mp4_get_by_version (&reader, version, &offset)) {
    complain (self, saio, "saio", "saio is malformed");
    return;
  }
  if (self->base + offset != there)
    hab_report_error (self->report, "saio", self->file->name,
        hab_media_file_tell (self->file, saio->data),
        "saio leads to byte %" G_GUINT64_FORMAT ", the entries of senc are at "
        "byte %" G_GUINT64_FORMAT, self->base + offset, there);
}

static gboolean
is_group (const HabMp4Box *box, GstByteReader *reader, guint8 *version)
{
  guint32 type;

  return hab_mp4_box_read_full (box, reader, version) &&
      gst_byte_reader_get_uint32_be (reader, &type) &&
      type == F ('s', 'e', 'i', 'g');
}

/* The first description of the fragment's own group. */
static gboolean
read_sgpd (Reader *self, const HabMp4Box *sgpd)
{
  GstByteReader reader;
  guint8 version;
  guint32 length = 0, count;
  HabSampleProtection protection = { 0 };

  if (!is_group (sgpd, &reader, &version))
    return TRUE;
  if (version == 0 || !gst_byte_reader_get_uint32_be (&reader, &length) ||
      (version >= 2 && !gst_byte_reader_skip (&reader, 4)) ||
      !gst_byte_reader_get_uint32_be (&reader, &count) || count == 0 ||
      (length == 0 && !gst_byte_reader_skip (&reader, 4)) ||
      !gst_byte_reader_skip (&reader, 1) ||
      !hab_sample_protection_read (&reader, TRUE, &protection))
    return complain (self, sgpd, "seig", "the sample group seig is malformed");
  self->fragment->protection = protection;
  return TRUE;
}

/* Whether the fragment's samples are all of its own group 1. */
static gboolean
is_of_own_group (Reader *self, const HabMp4Box *sbgp, gboolean *own)
{
  GstByteReader reader;
  guint8 version;
  guint32 entries, count, index;

  *own = FALSE;
  if (!is_group (sbgp, &reader, &version))
    return TRUE;
  if ((version == 1 && !gst_byte_reader_skip (&reader, 4)) ||
      !gst_byte_reader_get_uint32_be (&reader, &entries))
    return complain (self, sbgp, "seig", "sbgp is malformed");
  if (entries == 0)
    return TRUE;
  if (!gst_byte_reader_get_uint32_be (&reader, &count) ||
      !gst_byte_reader_get_uint32_be (&reader, &index))
    return complain (self, sbgp, "seig", "sbgp is malformed");
  if (index == 0 && entries == 1)
    return TRUE;
  if (entries != 1 || index != OWN_GROUPS + 1 ||
      count != self->fragment->samples->len)
    return complain (self, sbgp, "seig",
        "sbgp does not put all samples of the fragment into its first group");
  *own = TRUE;
  return TRUE;
}

static gboolean
read_groups (Reader *self, const HabMp4Box *traf)
{
  HabMp4Box sbgp, sgpd;
  gboolean own;

  if (!hab_mp4_box_find (traf, F ('s', 'b', 'g', 'p'), &sbgp))
    return TRUE;
  if (!is_of_own_group (self, &sbgp, &own))
    return FALSE;
  if (!own)
    return TRUE;
  if (!hab_mp4_box_find (traf, F ('s', 'g', 'p', 'd'), &sgpd))
    return complain (self, &sbgp, "seig", "there is no sgpd beside sbgp");
  return read_sgpd (self, &sgpd);
}

static gboolean
check_protection (Reader *self, const HabMp4Box *traf)
{
  const HabSampleProtection *protection = &self->fragment->protection;
  g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (guint));
  HabMp4Box senc, saiz, saio;
  const guint8 *first = NULL;

  if (!read_groups (self, traf))
    return FALSE;
  if (!hab_mp4_box_find (traf, F ('s', 'e', 'n', 'c'), &senc)) {
    if (protection->encrypted && protection->iv_size > 0)
      return complain (self, traf, "senc",
          "there is no senc, where each sample has an IV of its own");
    return TRUE;
  }
  if (!protection->encrypted)
    return complain (self, &senc, "senc",
        "there is a senc, but the sample entry is in the clear");
  if (!read_senc (self, &senc, sizes, &first))
    return FALSE;
  if (hab_mp4_box_find (traf, F ('s', 'a', 'i', 'z'), &saiz))
    check_saiz (self, &saiz, sizes);
  if (hab_mp4_box_find (traf, F ('s', 'a', 'i', 'o'), &saio))
    check_saio (self, &saio, first);
  else if (hab_mp4_box_find (traf, F ('s', 'a', 'i', 'z'), &saiz))
    complain (self, traf, "saio", "there is a saiz without a saio");
  return TRUE;
}

/* --- the whole ------------------------------------------------------- */

static gboolean
read_runs (Reader *self, const HabMp4Box *traf)
{
  GstByteReader reader;
  HabMp4Box box;

  hab_mp4_box_read (traf, &reader);
  while (hab_mp4_box_next (&reader, &box))
    if (box.type == F ('t', 'r', 'u', 'n') && !read_trun (self, &box))
      return FALSE;
  if (!hab_mp4_boxes_end_well (&reader))
    return complain (self, traf, "fragment",
        "the boxes in traf do not fit into it");
  if (self->fragment->samples->len == 0)
    return complain (self, traf, "fragment", "there is no sample in it");
  return TRUE;
}

static gboolean
read_moof (Reader *self)
{
  const HabMp4Box *moof = &self->moof->box;
  HabMp4Box mfhd, traf, tfhd, tfdt;
  GstByteReader reader;
  guint8 version;

  if (!hab_mp4_box_find (moof, F ('m', 'f', 'h', 'd'), &mfhd) ||
      !hab_mp4_box_read_full (&mfhd, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &self->fragment->sequence))
    return complain (self, moof, "fragment", "there is no mfhd in moof");
  if (!hab_mp4_box_find (moof, F ('t', 'r', 'a', 'f'), &traf))
    return complain (self, moof, "fragment", "there is no traf in moof");
  if (!hab_mp4_box_find (&traf, F ('t', 'f', 'h', 'd'), &tfhd))
    return complain (self, &traf, "fragment", "there is no tfhd in traf");
  if (!hab_mp4_box_find (&traf, F ('t', 'f', 'd', 't'), &tfdt))
    return complain (self, &traf, "fragment", "there is no tfdt in traf");
  return read_tfhd (self, &tfhd) && read_tfdt (self, &tfdt) &&
      read_runs (self, &traf) && check_protection (self, &traf);
}

gboolean
hab_fragment_read (HabFragment *fragment, const HabMediaFile *file,
    const HabFileBox *moof, const HabInitSegment *init, HabReport *report)
{
  Reader self = {
    .fragment = fragment,
    .file = file,
    .moof = moof,
    .init = init,
    .report = report,
    .base = moof->offset,
  };

  g_array_set_size (fragment->samples, 0);
  g_array_set_size (fragment->subsamples, 0);
  fragment->offset = moof->offset;
  fragment->has_auxiliary = FALSE;
  self.next = moof->offset + moof->size + 8;
  return read_moof (&self);
}
