/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ts-clock.h"

#define N_PACKETS 8

/* How a stream is built, and the clock that has to be found in it. */
typedef struct
{
  const gchar *name;
  gsize lead;     /* bytes in front of the first packet */
  gsize stride;   /* from packet to packet */
  guint at;       /* the packet that has the clock; N_PACKETS for none */
  guint8 length;  /* of its adaptation field */
  guint8 flags;   /* in it */
  guint64 clock;
  guint64 found;
} Case;

static const Case cases[] = {
  { "first-packet", 0, 188, 0, 7, 0x10, 63000, 63000 },
  { "later-packet", 0, 188, 5, 7, 0x50, 63000, 63000 },
  { "all-33-bits", 0, 188, 1, 183, 0x10, G_GUINT64_CONSTANT (0x1ffffffff),
      G_GUINT64_CONSTANT (0x1ffffffff) },
  { "blu-ray", 4, 192, 2, 7, 0x10, 5, 5 },
  { "with-check-bytes", 0, 204, 2, 7, 0x10, 5, 5 },
  { "begins-in-a-packet", 100, 188, 2, 7, 0x10, 5, 5 },
  { "none", 0, 188, N_PACKETS, 7, 0x10, 5, 0 },
  { "no-flag", 0, 188, 0, 7, 0x40, 5, 0 },
  { "field-too-short", 0, 188, 0, 6, 0x10, 5, 0 },
};

static void
put_clock (guint8 *packet, const Case *c)
{
  packet[3] |= 0x20;
  packet[4] = c->length;
  packet[5] = c->flags;
  packet[6] = c->clock >> 25;
  packet[7] = c->clock >> 17;
  packet[8] = c->clock >> 9;
  packet[9] = c->clock >> 1;
  packet[10] = (c->clock & 1) << 7;
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  gsize size = c->lead + N_PACKETS * c->stride;
  g_autofree guint8 *stream = g_malloc0 (size);

  for (guint i = 0; i < N_PACKETS; i++) {
    guint8 *packet = stream + c->lead + i * c->stride;

    packet[0] = 0x47;
    packet[3] = 0x10;
    if (i == c->at)
      put_clock (packet, c);
  }
  g_assert_cmpuint (hab_ts_clock_find_first (stream, size), ==, c->found);
}

/* Whatever is in the bytes and wherever they end: nothing beyond is read. */
static void
test_any_bytes (void)
{
  for (guint round = 0; round < 2000; round++) {
    gsize size = g_random_int_range (0, 600);
    g_autofree guint8 *exact = g_malloc (size);

    for (gsize i = 0; i < size; i++)
      exact[i] = g_random_boolean () ? 0x47 : g_random_int ();
    hab_ts_clock_find_first (exact, size);
  }
  g_assert_cmpuint (hab_ts_clock_find_first (NULL, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/ts-clock/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/ts-clock/any-bytes", test_any_bytes);
  return g_test_run ();
}
