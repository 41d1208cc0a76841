/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What proxies say of a request, and who of them is believed. */

#include "forwarded.h"

/* Trusted: 10.0.0.0/8, fd00::/8 and 192.0.2.1. */
static GPtrArray *
make_networks (void)
{
  static const gchar *const texts[] = { "10.0.0.0/8", "fd00::/8", "192.0.2.1" };
  GPtrArray *networks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_ptr_array_add (networks, hab_forwarded_parse_network (texts[i]));
  return networks;
}

/* The arrival as CLIENT SCHEME HOST, with - for what is not known. */
static gchar *
read_arrival (const HabForwardedHeaders *headers, const gchar *peer,
    gboolean *fine)
{
  g_autoptr (GPtrArray) networks = make_networks ();
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (peer);
  g_auto (HabArrival) arrival = { 0 };
  g_autofree gchar *client = NULL;

  *fine = hab_forwarded_read (headers, address, networks, &arrival);
  client = g_inet_address_to_string (arrival.client);
  return g_strdup_printf ("%s %s %s", client,
      arrival.scheme != NULL ? arrival.scheme : "-",
      arrival.host != NULL ? arrival.host : "-");
}

static void
check (HabForwardedHeaders headers, const gchar *peer, const gchar *expected)
{
  gboolean fine;
  g_autofree gchar *found = read_arrival (&headers, peer, &fine);

  g_test_message ("%s | %s | %s | %s",
      headers.forwarded != NULL ? headers.forwarded : "",
      headers.x_for != NULL ? headers.x_for : "",
      headers.x_proto != NULL ? headers.x_proto : "",
      headers.x_host != NULL ? headers.x_host : "");
  g_assert_cmpstr (found, ==, expected != NULL ? expected : "10.0.0.1 - -");
  g_assert_cmpint (fine, ==, expected != NULL);
}

/* --- Forwarded, from 10.0.0.1; NULL: ignored -------------------------- */

static const struct
{
  const gchar *text, *expected;
} forwarded_rows[] = {
  { "for=198.51.100.7", "198.51.100.7 - -" },
  { "For=198.51.100.7;Proto=HTTPS;Host=example.org",
      "198.51.100.7 https example.org" },
  { "for=198.51.100.7 ; proto=http ;; by=10.0.0.1", "198.51.100.7 http -" },
  { "for=\"198.51.100.7:4711\"", "198.51.100.7 - -" },
  { "for=\"[2001:db8::7]\"", "2001:db8::7 - -" },
  { "for=\"[2001:db8::7]:4711\";host=\"[2001:db8::1]:8443\"",
      "2001:db8::7 - [2001:db8::1]:8443" },
  { "for=\"[::ffff:198.51.100.7]\"", "198.51.100.7 - -" },
  { "for=\"198.5\\1.100.7\";host=\"example.org:8443\"",
      "198.51.100.7 - example.org:8443" },
  { "for=198.51.100.7;secret=\"a, b; c=\\\"d\\\"\"", "198.51.100.7 - -" },
  { "for=198.51.100.7;x=1;x=2", "198.51.100.7 - -" },
  /* nobody whom one could name */
  { "for=unknown;proto=https", "10.0.0.1 https -" },
  { "for=_hidden;host=example.org", "10.0.0.1 - example.org" },
  { "for=\"_hidden:_port\"", "10.0.0.1 - -" },
  { "proto=https;host=example.org", "10.0.0.1 https example.org" },
  { "", "10.0.0.1 - -" },
  /* several hops, from the last to the first */
  { "for=198.51.100.7;proto=https;host=example.org, for=10.1.1.1;proto=http",
      "198.51.100.7 https example.org" },
  { "for=203.0.113.9;host=made.up, for=198.51.100.7;host=example.org",
      "198.51.100.7 - example.org" },
  { "for=203.0.113.9;proto=https, for=198.51.100.7", "198.51.100.7 - -" },
  { "for=203.0.113.9, for=unknown;proto=http", "10.0.0.1 http -" },
  { "for=10.9.9.9;proto=https, for=\"[fd00::1]\", for=192.0.2.1",
      "10.9.9.9 https -" },
  { "for=203.0.113.9,", "10.0.0.1 - -" },
  /* mistakes, wherever they stand */
  { "for", NULL },
  { "for=", NULL },
  { "=198.51.100.7", NULL },
  { "for =198.51.100.7", NULL },
  { "for= 198.51.100.7", NULL },
  { "for=198.51.100.7 proto=https", NULL },
  { "for=198.51.100.7;for=203.0.113.9", NULL },
  { "proto=http;proto=https;for=198.51.100.7", NULL },
  { "for=198.51.100", NULL },
  { "for=198.51.100.256", NULL },
  { "for=127.1", NULL },
  { "for=0x7f000001", NULL },
  { "for=2001:db8::7", NULL },
  { "for=\"2001:db8::7\"", NULL },
  { "for=[2001:db8::7]", NULL },
  { "for=\"[198.51.100.7]\"", NULL },
  { "for=\"[2001:db8::7\"", NULL },
  { "for=\"[fe80::1%eth0]\"", NULL },
  { "for=\"198.51.100.7:\"", NULL },
  { "for=\"198.51.100.7:0\"", NULL },
  { "for=\"198.51.100.7:65536\"", NULL },
  { "for=_", NULL },
  { "for=example.org", NULL },
  { "for=\"198.51.100.7", NULL },
  { "for=\"198.51.100.7, for=203.0.113.9", NULL },
  { "for=\"198.51.100.7\\", NULL },
  { "for=198.51.100.7;proto=ftp", NULL },
  { "for=198.51.100.7;proto=\"https, http\"", NULL },
  { "for=198.51.100.7;host=\"user@example.org\"", NULL },
  { "for=198.51.100.7;host=\"example.org/path\"", NULL },
  { "for=198.51.100.7;host=\"\"", NULL },
  { "nonsense, for=198.51.100.7", NULL },
};

static void
test_forwarded (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (forwarded_rows); i++)
    check ((HabForwardedHeaders) { forwarded_rows[i].text, NULL, NULL, NULL },
        "10.0.0.1", forwarded_rows[i].expected);
}

/* --- X-Forwarded-…, from 10.0.0.1 ------------------------------------- */

static const struct
{
  const gchar *nodes, *schemes, *hosts, *expected;
} x_rows[] = {
  { "198.51.100.7", NULL, NULL, "198.51.100.7 - -" },
  { "198.51.100.7", "https", "example.org", "198.51.100.7 https example.org" },
  { "2001:db8::7", "HTTP", "example.org:80", "2001:db8::7 http example.org:80" },
  { "[2001:db8::7]:99", NULL, NULL, "2001:db8::7 - -" },
  { "198.51.100.7:99", NULL, NULL, "198.51.100.7 - -" },
  { "::ffff:198.51.100.7", NULL, NULL, "198.51.100.7 - -" },
  { "unknown", "https", NULL, "10.0.0.1 https -" },
  { NULL, "https", "example.org", "10.0.0.1 https example.org" },
  { "", "https", NULL, "10.0.0.1 https -" },
  /* several hops */
  { "203.0.113.9, 198.51.100.7", "https", NULL, "198.51.100.7 https -" },
  { "203.0.113.9,198.51.100.7 , 10.1.1.1", NULL, "example.org",
      "198.51.100.7 - example.org" },
  { "203.0.113.9, 198.51.100.7, 10.1.1.1", "https, http, https",
      "made.up, example.org, inner", "198.51.100.7 http example.org" },
  /* mistakes */
  { "198.51.100.7, ", NULL, NULL, NULL },
  { "nobody", NULL, NULL, NULL },
  { "nobody, 198.51.100.7", NULL, NULL, NULL },
  { "198.51.100.7", "gopher", NULL, NULL },
  { "198.51.100.7", "https, http", NULL, NULL },
  { "198.51.100.7", NULL, "a, b", NULL },
  { NULL, "https, http", NULL, NULL },
  { "1.1.1.1, 2.2.2.2, 3.3.3.3", "https, http", NULL, NULL },
  { "198.51.100.7", NULL, "example.org/", NULL },
  { "198.51.100.7", NULL, "example.org\\@evil", NULL },
};

static void
test_x_forwarded (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (x_rows); i++)
    check ((HabForwardedHeaders) { NULL, x_rows[i].nodes, x_rows[i].schemes,
               x_rows[i].hosts }, "10.0.0.1", x_rows[i].expected);
}

/* --- who is believed -------------------------------------------------- */

static void
test_both (void)
{
  check ((HabForwardedHeaders) { "for=198.51.100.7;proto=https",
             "198.51.100.7", "https", NULL }, "10.0.0.1",
      "198.51.100.7 https -");
  check ((HabForwardedHeaders) { "for=203.0.113.9", "198.51.100.7", NULL,
             NULL }, "10.0.0.1", NULL);
  check ((HabForwardedHeaders) { "for=198.51.100.7;host=made.up",
             "198.51.100.7", NULL, NULL }, "10.0.0.1", NULL);
  check ((HabForwardedHeaders) { "for=198.51.100.7", "198.51.100.7", "https",
             NULL }, "10.0.0.1", NULL);
  check ((HabForwardedHeaders) { "nonsense", "198.51.100.7", NULL, NULL },
      "10.0.0.1", NULL);
}

static void
test_trust (void)
{
  static const gchar *const strangers[] = { "11.0.0.1", "192.0.2.2", "fe00::1",
    "127.0.0.1" };
  static const gchar *const friends[] = { "10.255.0.1", "192.0.2.1",
    "fdff::1" };
  const HabForwardedHeaders headers = { "for=198.51.100.7;host=example.org",
    NULL, NULL, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (strangers); i++) {
    g_autofree gchar *expected = g_strdup_printf ("%s - -", strangers[i]);

    check (headers, strangers[i], expected);
  }
  for (guint i = 0; i < G_N_ELEMENTS (friends); i++)
    check (headers, friends[i], "198.51.100.7 - example.org");
}

static void
test_nobody (void)
{
  const HabForwardedHeaders headers = { "for=198.51.100.7", NULL, NULL, NULL };
  g_autoptr (GPtrArray) networks = make_networks ();
  g_autoptr (GInetAddress) peer = g_inet_address_new_from_string ("10.0.0.1");
  g_auto (HabArrival) arrival = { 0 };

  g_assert_true (hab_forwarded_read (&headers, NULL, networks, &arrival));
  g_assert_null (arrival.client);
  g_assert_true (hab_forwarded_read (&headers, peer, NULL, &arrival));
  g_assert_true (g_inet_address_equal (arrival.client, peer));
}

static void
test_networks (void)
{
  static const gchar *const fine[] = { "10.0.0.0/8", "0.0.0.0/0", "::1",
    "2001:db8::/32", "::1/128", "127.0.0.1/32" };
  static const gchar *const wrong[] = { "", "/", "/8", "proxy.example", "127.1",
    "127.0.0.1:80", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-0",
    "10.0.0.0/ 8", "10.0.0.0/8/8", "0.0.0.0/4294967296", "::/129", "[::1]" };

  for (guint i = 0; i < G_N_ELEMENTS (fine); i++) {
    g_autoptr (GInetAddressMask) mask = hab_forwarded_parse_network (fine[i]);

    g_assert_nonnull (mask);
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_test_message ("%s", wrong[i]);
    g_assert_null (hab_forwarded_parse_network (wrong[i]));
  }
}

static void
test_authority (void)
{
  static const struct
  {
    const gchar *text;
    gboolean fine;
  } rows[] = {
    { "example.org", TRUE }, { "EXAMPLE.org:1", TRUE }, { "a_b-c", TRUE },
    { "192.0.2.1:65535", TRUE }, { "[::1]", TRUE }, { "[::1]:80", TRUE },
    { "", FALSE }, { ":80", FALSE }, { "a:", FALSE }, { "a:b", FALSE },
    { "a:0", FALSE }, { "a:65536", FALSE }, { "a:80:80", FALSE },
    { "a b", FALSE }, { "a\tb", FALSE }, { "a\r\nb", FALSE }, { "a/b", FALSE },
    { "a?b", FALSE }, { "a#b", FALSE }, { "a@b", FALSE }, { "a%20b", FALSE },
    { "a\"b", FALSE }, { "a<b", FALSE }, { "a,b", FALSE }, { ".a", FALSE },
    { "-a", FALSE }, { "::1", FALSE }, { "[::1", FALSE }, { "[]", FALSE },
    { "[a]", FALSE }, { "[192.0.2.1]", FALSE }, { "[::1]a", FALSE },
    { "b\xc3\xbc" "cher.example", FALSE },
  };
  g_autofree gchar *label = g_strnfill (254, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%s", rows[i].text);
    g_assert_cmpint (hab_forwarded_is_authority (rows[i].text), ==,
        rows[i].fine);
  }
  g_assert_false (hab_forwarded_is_authority (label));
  g_assert_true (hab_forwarded_is_authority (label + 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/forwarded/standard", test_forwarded);
  g_test_add_func ("/forwarded/x-forwarded", test_x_forwarded);
  g_test_add_func ("/forwarded/both", test_both);
  g_test_add_func ("/forwarded/trust", test_trust);
  g_test_add_func ("/forwarded/nobody", test_nobody);
  g_test_add_func ("/forwarded/networks", test_networks);
  g_test_add_func ("/forwarded/authority", test_authority);
  return g_test_run ();
}
