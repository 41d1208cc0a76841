/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cenc-protection.h"

#include <string.h>

#include "keys.h"

static const gchar *const protected_fields[] = {
  "original-media-type",
  "cipher-mode",
  "protection-system",
  "default-kid",
  "constant-iv",
  "crypt-byte-block",
  "skip-byte-block",
  "clear-lead",
};

/* --- reading a meta ----------------------------------------------------- */

/* Fields of a meta as quarks: every sample's are read several times, and a name
 * is hashed each time. */
typedef struct
{
  GQuark encrypted, kid, iv, crypt_byte_block, skip_byte_block;
  GQuark subsample_count, subsamples;
} Fields;

static gpointer
make_fields (gpointer data)
{
  Fields *fields = data;

  *fields = (Fields) {
    .encrypted = g_quark_from_static_string ("encrypted"),
    .kid = g_quark_from_static_string ("kid"),
    .iv = g_quark_from_static_string ("iv"),
    .crypt_byte_block = g_quark_from_static_string ("crypt_byte_block"),
    .skip_byte_block = g_quark_from_static_string ("skip_byte_block"),
    .subsample_count = g_quark_from_static_string ("subsample_count"),
    .subsamples = g_quark_from_static_string ("subsamples"),
  };
  return fields;
}

static const Fields *
get_fields (void)
{
  static GOnce once = G_ONCE_INIT;
  static Fields fields;

  return g_once (&once, make_fields, &fields);
}

static gboolean
get_boolean (const GstStructure *structure, GQuark field, gboolean *flag)
{
  const GValue *value = gst_structure_id_get_value (structure, field);

  if (value == NULL || !G_VALUE_HOLDS_BOOLEAN (value))
    return FALSE;
  *flag = g_value_get_boolean (value);
  return TRUE;
}

static gboolean
get_uint (const GstStructure *structure, GQuark field, guint *number)
{
  const GValue *value = gst_structure_id_get_value (structure, field);

  if (value == NULL || !G_VALUE_HOLDS_UINT (value))
    return FALSE;
  *number = g_value_get_uint (value);
  return TRUE;
}

static GstBuffer *
get_buffer (const GstStructure *structure, GQuark field)
{
  const GValue *value = gst_structure_id_get_value (structure, field);

  return value && G_VALUE_HOLDS (value, GST_TYPE_BUFFER) ?
             gst_value_get_buffer (value) :
             NULL;
}

/* An IV of 8 bytes has 8 zeros behind it (ISO/IEC 23001-7, 9.1). */
static gboolean
read_iv (const GstStructure *structure, guint8 iv[16])
{
  GstBuffer *buffer = get_buffer (structure, get_fields ()->iv);
  gsize size = buffer ? gst_buffer_get_size (buffer) : 0;

  memset (iv, 0, 16);
  return (size == 8 || size == 16) &&
      gst_buffer_extract (buffer, 0, iv, size) == size;
}

static gboolean
read_subsamples (const GstStructure *structure, HabProtection *protection)
{
  protection->has_subsamples = get_uint (structure,
      get_fields ()->subsample_count, &protection->n_subsamples);
  if (!protection->has_subsamples || protection->n_subsamples == 0)
    return TRUE;
  protection->subsamples =
      get_buffer (structure, get_fields ()->subsamples);
  return protection->subsamples &&
      gst_buffer_get_size (protection->subsamples) / HAB_SUBSAMPLE_ENTRY >=
      protection->n_subsamples;
}

gboolean
hab_protection_from_structure (const GstStructure *structure,
    HabProtection *protection)
{
  const Fields *fields = get_fields ();
  GstBuffer *kid = get_buffer (structure, fields->kid);

  memset (protection, 0, sizeof *protection);
  if (!get_boolean (structure, fields->encrypted, &protection->encrypted))
    return FALSE;
  if (!protection->encrypted)
    return TRUE;

  get_uint (structure, fields->crypt_byte_block,
      &protection->pattern.crypt_byte_block);
  get_uint (structure, fields->skip_byte_block,
      &protection->pattern.skip_byte_block);
  protection->has_kid = kid && gst_buffer_get_size (kid) == 16 &&
      gst_buffer_extract (kid, 0, protection->kid, 16) == 16;
  return protection->pattern.crypt_byte_block < 16 &&
      protection->pattern.skip_byte_block < 16 &&
      read_iv (structure, protection->iv) &&
      read_subsamples (structure, protection);
}

gboolean
hab_protection_is_encrypted (GstBuffer *buffer)
{
  GstProtectionMeta *meta = gst_buffer_get_protection_meta (buffer);
  gboolean encrypted;

  return meta &&
      get_boolean (meta->info, get_fields ()->encrypted, &encrypted) &&
      encrypted;
}

gboolean
hab_protection_get_kid (GstBuffer *buffer, guint8 kid[16])
{
  GstProtectionMeta *meta = gst_buffer_get_protection_meta (buffer);
  GstBuffer *field = meta ? get_buffer (meta->info, get_fields ()->kid) : NULL;

  return field && gst_buffer_get_size (field) == 16 &&
      gst_buffer_extract (field, 0, kid, 16) == 16;
}

/* --- making one ---------------------------------------------------------- */

static GstBuffer *
buffer_from (const guint8 data[16])
{
  return gst_buffer_new_memdup (data, 16);
}

GstStructure *
hab_protection_template_new (const guint8 kid[16], const guint8 iv[16],
    HabCbcsPattern pattern, gboolean whole_sample)
{
  g_autoptr (GstBuffer) kid_buffer = buffer_from (kid);
  g_autoptr (GstBuffer) iv_buffer = buffer_from (iv);
  GstStructure *structure = gst_structure_new ("application/x-cenc",
      "iv_size", G_TYPE_UINT, whole_sample ? 0 : 16,
      "encrypted", G_TYPE_BOOLEAN, TRUE,
      "kid", GST_TYPE_BUFFER, kid_buffer,
      "cipher-mode", G_TYPE_STRING, "cbcs",
      "iv", GST_TYPE_BUFFER, iv_buffer,
      "crypt_byte_block", G_TYPE_UINT, pattern.crypt_byte_block,
      "skip_byte_block", G_TYPE_UINT, pattern.skip_byte_block, NULL);

  if (whole_sample)
    gst_structure_set (structure, "constant_iv_size", G_TYPE_UINT, 16, NULL);
  return structure;
}

static guint
count_entries (GArray *ranges)
{
  guint count = 0;

  for (guint i = 0; i < ranges->len; i++) {
    guint32 clear = g_array_index (ranges, HabSubsample, i).clear_bytes;

    count += 1 + (clear == 0 ? 0 : (clear - 1) / G_MAXUINT16);
  }
  return count;
}

static guint8 *
put_entry (guint8 *entry, guint16 clear_bytes, guint32 protected_bytes)
{
  GST_WRITE_UINT16_BE (entry, clear_bytes);
  GST_WRITE_UINT32_BE (entry + 2, protected_bytes);
  return entry + HAB_SUBSAMPLE_ENTRY;
}

GstBuffer *
hab_protection_subsamples_new (GArray *ranges, guint *count)
{
  guint8 *entries, *entry;

  *count = count_entries (ranges);
  entries = entry = g_malloc (MAX (*count, 1) * HAB_SUBSAMPLE_ENTRY);
  for (guint i = 0; i < ranges->len; i++) {
    HabSubsample range = g_array_index (ranges, HabSubsample, i);

    for (; range.clear_bytes > G_MAXUINT16; range.clear_bytes -= G_MAXUINT16)
      entry = put_entry (entry, G_MAXUINT16, 0);
    entry = put_entry (entry, range.clear_bytes, range.protected_bytes);
  }
  return gst_buffer_new_wrapped (entries, *count * HAB_SUBSAMPLE_ENTRY);
}

/* (transfer full) (nullable): the meta's fields for a buffer that is n bytes
 * shorter at the start. */
static GstStructure *
trim_structure (const GstStructure *structure, gsize n)
{
  g_autoptr (GstBuffer) subsamples = NULL;
  GstStructure *trimmed;
  HabProtection protection;
  guint8 clear[2];

  if (!hab_protection_from_structure (structure, &protection) ||
      (protection.encrypted && protection.n_subsamples == 0))
    return NULL;
  trimmed = gst_structure_copy (structure);
  if (!protection.encrypted)
    return trimmed;

  subsamples = gst_buffer_copy_deep (protection.subsamples);
  gst_buffer_extract (subsamples, 0, clear, 2);
  if (GST_READ_UINT16_BE (clear) < n) {
    gst_structure_free (trimmed);
    return NULL;
  }
  GST_WRITE_UINT16_BE (clear, GST_READ_UINT16_BE (clear) - n);
  gst_buffer_fill (subsamples, 0, clear, 2);
  gst_structure_set (trimmed, "subsamples", GST_TYPE_BUFFER, subsamples, NULL);
  return trimmed;
}

GstBuffer *
hab_protection_trim_start (GstBuffer *buffer, gsize n)
{
  g_autoptr (GstBuffer) whole = buffer;
  GstProtectionMeta *meta = gst_buffer_get_protection_meta (whole);
  GstStructure *structure = NULL;
  GstBuffer *trimmed;

  if (meta && (structure = trim_structure (meta->info, n)) == NULL)
    return NULL;
  trimmed = gst_buffer_copy_region (whole,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_MEMORY, n, -1);
  GST_BUFFER_PTS (trimmed) = GST_BUFFER_PTS (whole);
  GST_BUFFER_DTS (trimmed) = GST_BUFFER_DTS (whole);
  GST_BUFFER_DURATION (trimmed) = GST_BUFFER_DURATION (whole);
  if (structure)
    gst_buffer_add_protection_meta (trimmed, structure);
  return trimmed;
}

/* --- caps ----------------------------------------------------------------- */

GstCaps *
hab_protection_caps_protect (const GstCaps *caps)
{
  GstCaps *result = gst_caps_copy (caps);

  for (guint i = 0; i < gst_caps_get_size (result); i++) {
    GstStructure *structure = gst_caps_get_structure (result, i);
    g_autofree gchar *original = g_strdup (gst_structure_get_name (structure));

    gst_structure_set_name (structure, "application/x-cenc");
    gst_structure_set (structure,
        "original-media-type", G_TYPE_STRING, original,
        "cipher-mode", G_TYPE_STRING, "cbcs", NULL);
  }
  return result;
}

/* Structures for the media types that the field may have: one or a list. */
static void
append_originals (GstCaps *result, const GstStructure *structure)
{
  const GValue *original = gst_structure_get_value (structure,
      "original-media-type");
  guint n = original && GST_VALUE_HOLDS_LIST (original) ?
      gst_value_list_get_size (original) :
      original != NULL;

  for (guint i = 0; i < n; i++) {
    const GValue *value = GST_VALUE_HOLDS_LIST (original) ?
        gst_value_list_get_value (original, i) :
        original;
    GstStructure *clear;

    if (!G_VALUE_HOLDS_STRING (value))
      continue;
    clear = gst_structure_copy (structure);
    gst_structure_set_name (clear, g_value_get_string (value));
    for (guint j = 0; j < G_N_ELEMENTS (protected_fields); j++)
      gst_structure_remove_field (clear, protected_fields[j]);
    gst_caps_append_structure (result, clear);
  }
}

GstCaps *
hab_protection_caps_unprotect (const GstCaps *caps)
{
  GstCaps *result;

  if (gst_caps_is_any (caps))
    return gst_caps_new_any ();

  result = gst_caps_new_empty ();
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    append_originals (result, gst_caps_get_structure (caps, i));
  return result;
}

static void
append_codec (GstCaps *caps, const HabCodec *codec)
{
  gst_caps_append (caps, gst_caps_from_string (codec->caps));
}

GstCaps *
hab_protection_clear_caps (void)
{
  GstCaps *result = gst_caps_new_empty ();
  guint n_codecs;
  const HabCodec *const *codecs = hab_codec_list (&n_codecs);

  for (guint i = 0; i < n_codecs; i++)
    append_codec (result, codecs[i]);
  return result;
}

GstCaps *
hab_protection_protected_caps (void)
{
  g_autoptr (GstCaps) clear = hab_protection_clear_caps ();

  return hab_protection_caps_protect (clear);
}

GstCaps *
hab_protection_kind_caps (HabMediaKind kind)
{
  GstCaps *result = gst_caps_new_empty ();
  g_autoptr (GstCaps) encrypted = NULL;
  guint n_codecs;
  const HabCodec *const *codecs = hab_codec_list (&n_codecs);

  for (guint i = 0; i < n_codecs; i++) {
    if (codecs[i]->kind == kind)
      append_codec (result, codecs[i]);
  }
  encrypted = hab_protection_caps_protect (result);
  gst_caps_append (result, g_steal_pointer (&encrypted));
  return result;
}
