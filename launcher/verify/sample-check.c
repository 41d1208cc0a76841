/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sample-check.h"

#include <string.h>

#include "key-evidence.h"

#define CBCS HAB_MP4_FOURCC ('c', 'b', 'c', 's')

/* Audio: more than a stream of an odd kind may have, less than noise has. */
#define MIN_EVIDENCE 8
#define MAX_IMPLAUSIBLE 16 /* one in so many */

/* For each sample entry. */
typedef struct
{
  HabCodecParser *parser; /* NULL: nothing to parse */
  guint length_size;      /* of NAL units; 0: none, or not known */
  gboolean cabac;
  guint channels;
} EntryState;

struct _HabSampleCheck
{
  const HabInitSegment *init;
  const HabContentKeys *keys;
  HabReport *report;
  EntryState *entries;

  guint8 kid[16]; /* of cipher */
  HabCbcsCipher *cipher;
  GHashTable *missing; /* key ids that were told of, in hex */
  gboolean scheme_told;

  GByteArray *clear; /* the sample, decrypted as far as possible */
  GArray *ranges;    /* of HabSubsample: what the codec says */
  guint64 n_encrypted, n_decrypted;
  guint64 n_evidence, n_implausible;
};

typedef struct
{
  const HabMediaFile *file;
  const HabFragment *fragment;
  const HabFragmentSample *sample;
  guint index;
  const HabInitEntry *entry;
  EntryState *state;
  gboolean decrypted;
} Sample;

/* --- set up ---------------------------------------------------------- */

static guint
get_length_size (const HabInitEntry *entry)
{
  gsize at;

  if (!entry->codec->nal_units)
    return 0;
  at = strcmp (entry->codec->media_type, "video/x-h264") == 0 ? 4 : 21;
  return entry->entry.codec_data_size > at ?
      (entry->entry.codec_data[at] & 3) + 1 : 0;
}

static void
init_entry (HabSampleCheck *self, const HabInitEntry *entry, EntryState *state)
{
  const HabMp4SampleEntry *description = &entry->entry;
  const HabCodec *codec = entry->codec;
  HabAudioFormat format = { 0 };

  if (codec == NULL || description->codec_data == NULL)
    return;
  if (codec->parse_format != NULL &&
      codec->parse_format (description->codec_data,
          description->codec_data_size, &format, NULL))
    state->channels = format.channels;
  state->length_size = get_length_size (entry);
  state->cabac = codec->nal_units &&
      (strcmp (codec->media_type, "video/x-h265") == 0 ||
          hab_key_evidence_avc_has_cabac (description->codec_data,
              description->codec_data_size));
  if (codec->whole_sample || codec->parser_new == NULL)
    return;
  state->parser = hab_codec_parser_new (codec);
  if (!codec->parse_codec_data (state->parser, description->codec_data,
          description->codec_data_size, NULL)) {
    hab_codec_parser_free (state->parser);
    state->parser = NULL;
  }
}

HabSampleCheck *
hab_sample_check_new (const HabInitSegment *init, const HabContentKeys *keys,
    HabReport *report)
{
  HabSampleCheck *self = g_new0 (HabSampleCheck, 1);

  self->init = init;
  self->keys = keys;
  self->report = report;
  self->missing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  self->clear = g_byte_array_new ();
  self->ranges = g_array_new (FALSE, FALSE, sizeof (HabSubsample));
  self->entries = g_new0 (EntryState, init->entries->len);
  for (guint i = 0; i < init->entries->len; i++)
    init_entry (self, &g_array_index (init->entries, HabInitEntry, i),
        &self->entries[i]);
  return self;
}

void
hab_sample_check_free (HabSampleCheck *self)
{
  for (guint i = 0; i < self->init->entries->len; i++)
    hab_codec_parser_free (self->entries[i].parser);
  g_free (self->entries);
  g_clear_pointer (&self->cipher, hab_cbcs_cipher_free);
  g_hash_table_unref (self->missing);
  g_byte_array_unref (self->clear);
  g_array_unref (self->ranges);
  g_free (self);
}

guint64
hab_sample_check_get_encrypted (const HabSampleCheck *self)
{
  return self->n_encrypted;
}

guint64
hab_sample_check_get_decrypted (const HabSampleCheck *self)
{
  return self->n_decrypted;
}

G_GNUC_PRINTF (4, 5)
static void
complain (HabSampleCheck *self, const Sample *sample, const gchar *check,
    const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  hab_report_error (self->report, check, sample->file->name,
      sample->sample->offset, "sample %u of the fragment at %" G_GUINT64_FORMAT
      ": %s", sample->index, sample->fragment->offset, text);
}

/* --- decrypting ------------------------------------------------------ */

/* (nullable) */
static const HabSubsample *
get_subsamples (const Sample *sample)
{
  return sample->sample->n_subsamples == 0 ? NULL :
      &g_array_index (sample->fragment->subsamples, HabSubsample,
          sample->sample->first_subsample);
}

static gboolean
check_coverage (HabSampleCheck *self, const Sample *sample)
{
  const HabSubsample *subsamples = get_subsamples (sample);
  guint64 sum = 0;

  if (subsamples == NULL)
    return TRUE;
  for (guint i = 0; i < sample->sample->n_subsamples; i++)
    sum += (guint64) subsamples[i].clear_bytes + subsamples[i].protected_bytes;
  if (sum == sample->sample->size)
    return TRUE;
  complain (self, sample, "subsamples", "its subsamples cover %"
      G_GUINT64_FORMAT " of %u bytes", sum, sample->sample->size);
  return FALSE;
}

/* FALSE where there is no key, which is told of once. */
static gboolean
find_cipher (HabSampleCheck *self, const Sample *sample)
{
  const guint8 *kid = sample->fragment->protection.kid;
  const guint8 *key;
  g_autofree gchar *hex = NULL;

  if (self->cipher != NULL && memcmp (self->kid, kid, 16) == 0)
    return TRUE;
  if (self->keys == NULL)
    return FALSE;
  key = hab_content_keys_find (self->keys, kid);
  if (key != NULL) {
    g_clear_pointer (&self->cipher, hab_cbcs_cipher_free);
    self->cipher = hab_cbcs_cipher_new (key);
    memcpy (self->kid, kid, 16);
    return TRUE;
  }
  hex = hab_key_to_hex (kid);
  if (g_hash_table_add (self->missing, g_strdup (hex)))
    hab_report_warning (self->report, "key", sample->file->name,
        sample->fragment->offset, "there is no key for the key id %s", hex);
  return FALSE;
}

static void
decrypt (HabSampleCheck *self, const Sample *sample)
{
  const HabSampleProtection *protection = &sample->fragment->protection;
  const HabSubsample *subsamples = get_subsamples (sample);
  const guint8 *iv = protection->iv_size > 0 ? sample->sample->iv :
      protection->constant_iv;
  HabCbcsPattern pattern = protection->pattern;
  guint8 *data = self->clear->data;

  /* Of an empty sample there is no memory. */
  if (self->clear->len == 0)
    return;
  if (subsamples == NULL)
    hab_cbcs_cipher_decrypt (self->cipher, iv, pattern, data,
        sample->sample->size);
  for (guint i = 0; i < sample->sample->n_subsamples; i++) {
    data += subsamples[i].clear_bytes;
    hab_cbcs_cipher_decrypt (self->cipher, iv, pattern, data,
        subsamples[i].protected_bytes);
    data += subsamples[i].protected_bytes;
  }
}

static gboolean
is_cbcs (HabSampleCheck *self, const Sample *sample)
{
  gchar type[5];

  if (sample->entry->scheme == CBCS)
    return TRUE;
  if (!self->scheme_told)
    hab_report_warning (self->report, "scheme", sample->file->name, -1,
        "the scheme %s is not looked into: of the samples only their sizes "
        "and times are checked",
        hab_mp4_fourcc_to_string (sample->entry->scheme, type));
  self->scheme_told = TRUE;
  return FALSE;
}

/* --- pictures -------------------------------------------------------- */

static void
check_picture (HabSampleCheck *self, const Sample *sample)
{
  HabAccessUnitInfo info = { HAB_RANDOM_ACCESS_NONE };
  g_autoptr (GError) error = NULL;

  if (!hab_codec_parser_parse_access_unit (sample->state->parser,
          self->clear->data, self->clear->len, &info, &error))
    complain (self, sample, "picture", "%s", error->message);
  else if (sample->sample->sync && info.random_access == HAB_RANDOM_ACCESS_NONE)
    complain (self, sample, "sync",
        "it is marked as a sync sample, and decoding cannot start there");
}

/* The next run of protected bytes of entries from *next on, which begin at
 * *at. */
static gboolean
next_range (const HabSubsample *entries, guint n, guint *next, guint64 *at,
    guint64 *start, guint64 *end)
{
  while (*next < n) {
    const HabSubsample *entry = &entries[(*next)++];

    *start = *at + entry->clear_bytes;
    *end = *start + entry->protected_bytes;
    *at = *end;
    if (*end > *start)
      return TRUE;
  }
  return FALSE;
}

static void
compare_ranges (HabSampleCheck *self, const Sample *sample)
{
  const HabSubsample *theirs = get_subsamples (sample);
  const HabSubsample *ours = (const HabSubsample *) self->ranges->data;
  guint their_next = 0, our_next = 0;
  guint64 their_at = 0, our_at = 0;
  guint64 start, end, their_start, their_end;
  gboolean more, their_more;

  do {
    more = next_range (ours, self->ranges->len, &our_next, &our_at, &start,
        &end);
    their_more = next_range (theirs, sample->sample->n_subsamples,
        &their_next, &their_at, &their_start, &their_end);
    if (more && their_more && (start != their_start || end != their_end)) {
      complain (self, sample, "ranges", "bytes %" G_GUINT64_FORMAT " to %"
          G_GUINT64_FORMAT " are protected, which has to be %" G_GUINT64_FORMAT
          " to %" G_GUINT64_FORMAT "%s", their_start, their_end, start, end,
          their_start < start ? ": that is in a header" : "");
      return;
    }
  } while (more && their_more);
  if (more != their_more)
    complain (self, sample, "ranges", more ?
        "bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        " are in the clear and have to be protected" :
        "bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        " are protected and have to be in the clear",
        more ? start : their_start, more ? end : their_end);
}

static void
check_ranges (HabSampleCheck *self, const Sample *sample)
{
  const HabCodec *codec = sample->entry->codec;
  g_autoptr (GError) error = NULL;

  if (codec->clear_only != NULL || codec->parse_ranges == NULL)
    return;
  if (get_subsamples (sample) == NULL) {
    complain (self, sample, "ranges",
        "it is encrypted as a whole, with its headers");
    return;
  }
  g_array_set_size (self->ranges, 0);
  if (codec->parse_ranges (sample->state->parser, self->clear->data,
          self->clear->len, self->ranges, &error))
    compare_ranges (self, sample);
  else
    complain (self, sample, "ranges", "%s", error->message);
}

/* --- the key --------------------------------------------------------- */

static void
collect_of_slices (HabSampleCheck *self, const Sample *sample)
{
  guint64 at = 0;

  for (guint i = 0; i < self->ranges->len; i++) {
    const HabSubsample *range =
        &g_array_index (self->ranges, HabSubsample, i);

    at += range->clear_bytes;
    if (range->protected_bytes >= HAB_CBCS_BLOCK && at < self->clear->len) {
      self->n_evidence++;
      self->n_implausible +=
          !hab_key_evidence_of_slice (self->clear->data[at]);
    }
    at += range->protected_bytes;
  }
}

static void
collect_evidence (HabSampleCheck *self, const Sample *sample)
{
  gboolean plausible;

  if (sample->entry->codec->whole_sample) {
    if (self->clear->len >= HAB_CBCS_BLOCK &&
        hab_key_evidence_of_audio (sample->entry->codec,
            sample->state->channels, self->clear->data, self->clear->len,
            &plausible)) {
      self->n_evidence++;
      self->n_implausible += !plausible;
    }
    return;
  }
  if (sample->state->length_size > 0)
    self->n_implausible += !hab_key_evidence_of_nal_units (
        sample->state->length_size, self->clear->data, self->clear->len);
  if (sample->state->cabac)
    collect_of_slices (self, sample);
}

void
hab_sample_check_finish (HabSampleCheck *self, const gchar *name)
{
  gboolean audio = self->init->handler == HAB_MP4_FOURCC ('s', 'o', 'u', 'n');
  gboolean wrong = audio ?
      self->n_evidence >= MIN_EVIDENCE &&
          self->n_implausible * MAX_IMPLAUSIBLE > self->n_evidence :
      self->n_implausible > 0;

  if (wrong)
    hab_report_error (self->report, "key", name, -1,
        "what is decrypted with the key is no media: the key is wrong, or the "
        "samples are damaged");
}

/* --- one sample ------------------------------------------------------ */

static void
check_encrypted (HabSampleCheck *self, Sample *sample)
{
  self->n_encrypted++;
  if (!check_coverage (self, sample) || !is_cbcs (self, sample))
    return;
  if (find_cipher (self, sample)) {
    decrypt (self, sample);
    self->n_decrypted++;
    sample->decrypted = TRUE;
  }
  g_array_set_size (self->ranges, 0);
  if (sample->state->parser != NULL) {
    check_picture (self, sample);
    check_ranges (self, sample);
  }
  if (sample->decrypted && sample->entry->codec != NULL)
    collect_evidence (self, sample);
}

void
hab_sample_check_take (HabSampleCheck *self, const HabMediaFile *file,
    const HabFragment *fragment, guint index)
{
  Sample sample = { .file = file, .fragment = fragment, .index = index };
  g_autoptr (GError) error = NULL;

  sample.sample =
      &g_array_index (fragment->samples, HabFragmentSample, index);
  sample.entry = &g_array_index (self->init->entries, HabInitEntry,
      fragment->entry);
  sample.state = &self->entries[fragment->entry];
  if (!hab_media_file_read (file, sample.sample->offset, sample.sample->size,
          self->clear, &error)) {
    hab_report_error (self->report, "mdat", file->name, sample.sample->offset,
        "%s", error->message);
    return;
  }
  if (fragment->protection.encrypted)
    check_encrypted (self, &sample);
  else if (sample.state->parser != NULL)
    check_picture (self, &sample);
}
