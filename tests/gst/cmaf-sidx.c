/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-sidx.h"

static void
test_bytes (void)
{
  static const guint8 expected[] = {
    0, 0, 0, 64, 's', 'i', 'd', 'x', 1, 0, 0, 0,
    0, 0, 0, 1,                      /* reference_ID */
    0, 0, 0x64, 0,                   /* timescale */
    0, 0, 0, 0, 0, 0, 4, 0,          /* earliest_presentation_time */
    0, 0, 0, 1, 0, 0, 0, 8,          /* first_offset */
    0, 0, 0, 2,                      /* reserved, reference_count */
    0, 0, 0x12, 0x34, 0, 1, 0x90, 0, 0x90, 0, 0, 0,
    0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0x90, 0, 0, 0,
  };
  static const HabCmafReference references[] = {
    { 0x1234, 102400 },
    { 0x7fffffff, 1 },
  };
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE,
      sizeof (HabCmafReference));
  g_autoptr (GBytes) box = NULL;
  gconstpointer data;
  gsize size;

  g_array_append_vals (array, references, 2);
  box = hab_cmaf_sidx_new (25600, 1024, G_GUINT64_CONSTANT (0x100000008),
      array);
  data = g_bytes_get_data (box, &size);
  g_assert_cmpmem (data, size, expected, sizeof expected);
  g_assert_cmpuint (size, ==, hab_cmaf_sidx_size (2));
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cmaf-sidx/bytes", test_bytes);
  return g_test_run ();
}
