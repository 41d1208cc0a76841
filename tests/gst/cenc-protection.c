/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cenc-protection.h"

static const guint8 kid[16] = { 1 }, iv[16] = { 2 };

static void
append (GArray *ranges, guint clear, guint encrypted)
{
  HabSubsample range = { clear, encrypted };

  g_array_append_val (ranges, range);
}

/* 100 bytes with times, and a meta of two ranges where clear is above 0. */
static GstBuffer *
buffer_new (guint clear)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE,
      sizeof (HabSubsample));
  g_autoptr (GstBuffer) subsamples = NULL;
  GstStructure *structure;
  guint count;

  for (guint i = 0; i < 100; i++)
    gst_buffer_memset (buffer, i, i, 1);
  GST_BUFFER_PTS (buffer) = 5;
  GST_BUFFER_DTS (buffer) = 3;
  GST_BUFFER_DURATION (buffer) = 2;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (clear == 0)
    return buffer;

  append (ranges, clear, 40);
  append (ranges, 10, 50 - clear);
  subsamples = hab_protection_subsamples_new (ranges, &count);
  structure = hab_protection_template_new (kid, iv, hab_cbcs_video_pattern,
      FALSE);
  gst_structure_set (structure, "subsample_count", G_TYPE_UINT, count,
      "subsamples", GST_TYPE_BUFFER, subsamples, NULL);
  gst_buffer_add_protection_meta (buffer, structure);
  return buffer;
}

static void
assert_trimmed (GstBuffer *buffer, guint n)
{
  guint8 first;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 100 - n);
  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpuint (first, ==, n);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 5);
  g_assert_cmpuint (GST_BUFFER_DTS (buffer), ==, 3);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 2);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT));
}

static void
test_trim_clear (void)
{
  g_autoptr (GstBuffer) buffer = hab_protection_trim_start (buffer_new (0), 2);

  assert_trimmed (buffer, 2);
  g_assert_null (gst_buffer_get_protection_meta (buffer));
}

static void
test_trim_encrypted (void)
{
  static const guint8 expected[] = { 0, 7, 0, 0, 0, 40, 0, 10, 0, 0, 0, 41 };
  GstBuffer *whole = buffer_new (9);
  g_autoptr (GstBuffer) kept = gst_buffer_ref (whole);
  g_autoptr (GstBuffer) buffer = hab_protection_trim_start (whole, 2);
  HabProtection protection;
  guint8 entries[12];

  assert_trimmed (buffer, 2);
  g_assert_true (hab_protection_from_structure (
      gst_buffer_get_protection_meta (buffer)->info, &protection));
  g_assert_cmpuint (protection.n_subsamples, ==, 2);
  gst_buffer_extract (protection.subsamples, 0, entries, 12);
  g_assert_cmpmem (entries, 12, expected, 12);

  /* What others hold of the buffer is as it was. */
  g_assert_true (hab_protection_from_structure (
      gst_buffer_get_protection_meta (kept)->info, &protection));
  gst_buffer_extract (protection.subsamples, 0, entries, 2);
  g_assert_cmpuint (entries[1], ==, 9);
}

static void
test_trim_protected (void)
{
  g_assert_null (hab_protection_trim_start (buffer_new (1), 2));
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cenc-protection/trim-clear", test_trim_clear);
  g_test_add_func ("/cenc-protection/trim-encrypted", test_trim_encrypted);
  g_test_add_func ("/cenc-protection/trim-protected", test_trim_protected);
  return g_test_run ();
}
