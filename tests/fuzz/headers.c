/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The headers of requests, each a line: Range, If-Range, If-None-Match, those of
 * tus, and what proxies say. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callback-rules.h"
#include "forwarded.h"
#include "fuzz.h"
#include "range.h"
#include "tus.h"

static void
check_range (const gchar *header, guint64 size)
{
  guint64 start = 0, length = 0;

  if (hab_range_parse (header, size, &start, &length) != HAB_RANGE_PART)
    return;
  g_assert_cmpuint (length, >, 0);
  g_assert_cmpuint (start, <, size);
  g_assert_cmpuint (length, <=, size - start);
}

static void
check_metadata (const gchar *header)
{
  g_autoptr (GError) error = NULL, failure = NULL;
  g_autofree gchar *value =
      hab_tus_parse_metadata (header, "filename", &error);
  g_autofree gchar *text = NULL, *again = NULL;

  if (value == NULL)
    return;
  g_assert_no_error (error);
  text = hab_tus_format_metadata ("filename", value);
  again = hab_tus_parse_metadata (text, "filename", &failure);
  g_assert_no_error (failure);
  g_assert_cmpstr (again, ==, value);
}

static void
check_tus (const gchar *header)
{
  g_autoptr (GError) error = NULL, failure = NULL;
  HabTusChecksum *checksum = hab_tus_checksum_new (header, &error);
  guint64 number;

  g_assert_true ((checksum == NULL) == (error != NULL));
  if (checksum != NULL) {
    hab_tus_checksum_update (checksum, (const guint8 *) header, 1);
    hab_tus_checksum_matches (checksum);
    hab_tus_checksum_free (checksum);
  }
  if (!hab_tus_parse_number ("Upload-Offset", header, &number, &failure))
    g_assert_nonnull (failure);
  check_metadata (header);
}

static void
check_forwarded (const HabForwardedHeaders *headers, const gchar *network)
{
  g_autoptr (GInetAddress) peer = g_inet_address_new_from_string ("10.0.0.1");
  g_autoptr (GPtrArray) networks = g_ptr_array_new_with_free_func (
      g_object_unref);
  g_auto (HabArrival) arrival = { 0 };
  GInetAddressMask *mask = hab_forwarded_parse_network (network);

  if (mask != NULL)
    g_ptr_array_add (networks, mask);
  g_ptr_array_add (networks, hab_forwarded_parse_network ("10.0.0.0/8"));
  hab_forwarded_read (headers, peer, networks, &arrival);
  if (arrival.host != NULL)
    g_assert_true (hab_forwarded_is_authority (arrival.host));
}

static void
check_callback (const gchar *text)
{
  const gchar *const hosts[] = { "example.com", text, NULL };

  hab_callback_host_is_valid (text);
  if (hab_callback_host_is_valid (text))
    hab_callback_url_check ("https://example.com/", hosts);
  hab_callback_url_check (text, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  guint64 file_size = fuzz_take_number (&input, 8);
  g_autofree gchar *first = fuzz_take_line (&input);
  g_autofree gchar *second = fuzz_take_line (&input);
  g_autofree gchar *third = fuzz_take_line (&input);
  g_autofree gchar *fourth = fuzz_take_line (&input);
  const HabForwardedHeaders forwarded = { .forwarded = first };
  const HabForwardedHeaders x = { NULL, first, second, third };
  const HabForwardedHeaders both = { first, second, third, fourth };

  check_range (first, file_size);
  hab_range_if_range (first, second, file_size);
  hab_range_none_match (first, second);
  check_tus (first);
  check_forwarded (&forwarded, second);
  check_forwarded (&x, fourth);
  check_forwarded (&both, "127.0.0.0/8");
  check_callback (first);
  return 0;
}
