/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "any-protection.h"

#include "boxes.h"

/* What is so little before a line is on it. */
#define TOLERANCE ((gint64) GST_MSECOND)

/* Behind flags of tfhd. */
#define TFHD_SAMPLE_ENTRY 2

/* In a fragment's own sgpd: the first group of the fragment itself. */
#define OWN_GROUP 0x10001

static const struct
{
  const gchar *kid, *key;
} keys[MAX_KIDS] = {
  { "a16e402b9056e371f36d348aa62bb749", "87237d20a19f58a740c05684e699b4aa" },
  { "00000000000000000000000000000001", "97237d20a19f58a740c05684e699b4ab" },
  { "ffffffffffffffffffffffffffffffff", "a7237d20a19f58a740c05684e699b4ac" },
  { "b16e402b9056e371f36d348aa62bb749", "b7237d20a19f58a740c05684e699b4ad" },
};

/* --- what is chosen ------------------------------------------------------ */

static GstClockTime
random_time (guint max_ms)
{
  return g_test_rand_int_range (1, max_ms) * GST_MSECOND +
      g_test_rand_int_range (0, GST_MSECOND);
}

void
protection_choose (Protection *self)
{
  gboolean rotates = g_test_rand_bit ();

  self->n_kids = rotates ? g_test_rand_int_range (2, MAX_KIDS + 1) : 1;
  for (guint i = 0; i < self->n_kids; i++)
    self->kids[i] = g_test_rand_int_range (0, MAX_KIDS);
  self->crypto_period = rotates ? random_time (2000) : 0;
  self->clear_lead = g_test_rand_bit () ? random_time (6000) : 0;
}

gboolean
protection_is_at_edge (const Protection *self, gint64 pts, GstClockTime tick)
{
  gint64 distance = pts + TOLERANCE - (gint64) self->clear_lead;

  return self->clear_lead > 0 && ABS (distance) <= (gint64) tick;
}

void
protection_write_keys (const gchar *path)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < MAX_KIDS; i++)
    g_string_append_printf (lines, "%s:%s\n", keys[i].kid, keys[i].key);
  g_assert_true (g_file_set_contents (path, lines->str, lines->len, NULL));
}

gchar *
protection_to_line (const Protection *self, const gchar *key_file)
{
  GString *line;

  if (self->n_kids == 0)
    return g_strdup ("");
  line = g_string_new ("cbcsenc kid=");
  for (guint i = 0; i < self->n_kids; i++)
    g_string_append_printf (line, "%s%s", i == 0 ? "" : ",",
        keys[self->kids[i]].kid);
  g_string_append_printf (line, " key-file=%s clear-lead=%" G_GUINT64_FORMAT
      " crypto-period=%" G_GUINT64_FORMAT " ! ", key_file, self->clear_lead,
      self->crypto_period);
  return g_string_free (line, FALSE);
}

/* --- which key counts when ----------------------------------------------- */

static void
read_kid (guint8 kid[KID_BYTES], const gchar *digits)
{
  for (guint i = 0; i < KID_BYTES; i++)
    kid[i] = g_ascii_xdigit_value (digits[2 * i]) << 4 |
        g_ascii_xdigit_value (digits[2 * i + 1]);
}

void
protection_follow (const Protection *self, SampleKey *key,
    gboolean random_access, gint64 pts)
{
  guint64 period = 0;

  if (!random_access || self->n_kids == 0)
    return;
  key->encrypted =
      key->encrypted || pts + TOLERANCE >= (gint64) self->clear_lead;
  if (self->crypto_period > 0)
    period = (MAX (pts, 0) + TOLERANCE) / self->crypto_period;
  read_kid (key->kid, keys[self->kids[period % self->n_kids]].kid);
}

/* --- what the boxes say -------------------------------------------------- */

/* The entry's defaults, which a group's description repeats but for the key
 * id: a version and flags, then what the two have in common. (nullable) */
static const guint8 *
find_tenc (const guint8 *file, gsize size, gsize *tenc_size)
{
  const guint8 *stsd = find_box (file, size, "moov/trak/mdia/minf/stbl/stsd", 0,
      tenc_size);
  const guint8 *found;

  g_assert_nonnull (stsd);
  found = memmem (stsd, *tenc_size, "tenc", 4);
  if (found == NULL)
    return NULL;
  *tenc_size = GST_READ_UINT32_BE (found - 4) - 8;
  return found + 4;
}

/* Of the group that all samples of the fragment are in; NULL: of none. */
static const guint8 *
find_group (const guint8 *moof, gsize moof_size, guint n_samples,
    gsize *entry_size)
{
  gsize size;
  const guint8 *sbgp = find_box (moof, moof_size, "traf/sbgp", 0, &size);
  const guint8 *sgpd = find_box (moof, moof_size, "traf/sgpd", 0, entry_size);

  g_assert_true ((sbgp == NULL) == (sgpd == NULL));
  if (sgpd == NULL)
    return NULL;
  g_assert_cmpuint (size, ==, 20);
  g_assert_cmpmem (sbgp + 4, 4, "seig", 4);
  g_assert_cmpuint (GST_READ_UINT32_BE (sbgp + 8), ==, 1);
  g_assert_cmpuint (GST_READ_UINT32_BE (sbgp + 12), ==, n_samples);
  g_assert_cmpuint (GST_READ_UINT32_BE (sbgp + 16), ==, OWN_GROUP);
  g_assert_cmpuint (sgpd[0], ==, 1);
  g_assert_cmpmem (sgpd + 4, 4, "seig", 4);
  g_assert_cmpuint (GST_READ_UINT32_BE (sgpd + 12), ==, 1);
  *entry_size -= 16;
  g_assert_cmpuint (GST_READ_UINT32_BE (sgpd + 8), ==, *entry_size);
  return sgpd + 16;
}

/* Reserved, pattern, isProtected, size of an IV for each sample, and the key
 * id, behind which the constant IV is. */
static void
read_key (SampleKey *key, const guint8 *description, gsize size,
    const guint8 *tenc, gsize tenc_size)
{
  const gsize kid_at = 4, behind = kid_at + KID_BYTES;

  g_assert_cmpuint (description[2], ==, 1);
  g_assert_cmpmem (description, kid_at, tenc + 4, kid_at);
  g_assert_cmpmem (description + behind, size - behind, tenc + 4 + behind,
      tenc_size - 4 - behind);
  memcpy (key->kid, description + kid_at, KID_BYTES);
}

/* The encrypted entry is the first one, where there are two. */
static gboolean
names_clear_entry (const guint8 *moof, gsize moof_size)
{
  gsize size;
  const guint8 *tfhd = find_box (moof, moof_size, "traf/tfhd", 0, &size);

  g_assert_nonnull (tfhd);
  return (GST_READ_UINT32_BE (tfhd) & TFHD_SAMPLE_ENTRY) &&
      GST_READ_UINT32_BE (tfhd + 8) == 2;
}

static void
append_fragment (GArray *found, const guint8 *moof, gsize moof_size,
    const guint8 *tenc, gsize tenc_size)
{
  gsize size, group_size;
  const guint8 *trun = find_box (moof, moof_size, "traf/trun", 0, &size);
  guint n = GST_READ_UINT32_BE (trun + 4);
  const guint8 *group = find_group (moof, moof_size, n, &group_size);
  gboolean encrypted = tenc && !names_clear_entry (moof, moof_size);
  gboolean listed = find_box (moof, moof_size, "traf/senc", 0, &size) != NULL;
  SampleKey key = { .encrypted = encrypted };

  g_assert_true (encrypted == listed);
  g_assert_true (encrypted || group == NULL);
  if (group)
    read_key (&key, group, group_size, tenc, tenc_size);
  else if (encrypted)
    read_key (&key, tenc + 4, tenc_size - 4, tenc, tenc_size);
  for (guint i = 0; i < n; i++)
    g_array_append_val (found, key);
}

GArray *
sample_keys_read (const guint8 *file, gsize size)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (SampleKey));
  gsize tenc_size, moof_size;
  const guint8 *tenc = find_tenc (file, size, &tenc_size), *moof;

  for (guint i = 0; (moof = find_box (file, size, "moof", i, &moof_size)); i++)
    append_fragment (found, moof, moof_size, tenc, tenc_size);
  return found;
}
