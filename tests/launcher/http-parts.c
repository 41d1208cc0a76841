/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The pure parts of the HTTP side: ranges, who may ask, routes, dates
 * and headers of answers. */

#include "access.h"
#include "header-list.h"
#include "http-date.h"
#include "range.h"
#include "router.h"
#include "tus.h"

/* --- Range ------------------------------------------------------------ */

static void
test_range (void)
{
  static const struct
  {
    const gchar *header;
    guint64 size;
    HabRangeKind kind;
    guint64 start, length;
  } rows[] = {
    { NULL, 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=0-9", 100, HAB_RANGE_PART, 0, 10 },
    { "bytes=0-0", 100, HAB_RANGE_PART, 0, 1 },
    { "bytes=99-", 100, HAB_RANGE_PART, 99, 1 },
    { "bytes=10-1000", 100, HAB_RANGE_PART, 10, 90 },
    { "bytes=-1", 100, HAB_RANGE_PART, 99, 1 },
    { "bytes=-1000", 100, HAB_RANGE_PART, 0, 100 },
    { "Bytes=5-6 ", 100, HAB_RANGE_PART, 5, 2 },
    { "bytes=100-", 100, HAB_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=100-200", 100, HAB_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=-0", 100, HAB_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=0-", 0, HAB_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=-5", 0, HAB_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=9-0", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=0-1,5-6", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=-", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=a-b", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=1x-2", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=+1-2", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "items=0-9", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=99999999999999999999999-", 100, HAB_RANGE_WHOLE, 0, 0 },
    { "bytes=18446744073709551615-", 100, HAB_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=0-18446744073709551615", G_MAXUINT64, HAB_RANGE_PART, 0,
        G_MAXUINT64 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint64 start = 0, length = 0;
    HabRangeKind kind =
        hab_range_parse (rows[i].header, rows[i].size, &start, &length);

    g_test_message ("%s of %" G_GUINT64_FORMAT,
        rows[i].header != NULL ? rows[i].header : "(none)", rows[i].size);
    g_assert_cmpint (kind, ==, rows[i].kind);
    if (kind == HAB_RANGE_PART) {
      g_assert_cmpuint (start, ==, rows[i].start);
      g_assert_cmpuint (length, ==, rows[i].length);
    }
  }
}

static void
test_if_range (void)
{
  const gint64 modified = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */

  g_assert_true (hab_range_if_range (NULL, "\"a\"", modified));
  g_assert_true (hab_range_if_range ("\"a\"", "\"a\"", modified));
  g_assert_false (hab_range_if_range ("\"b\"", "\"a\"", modified));
  g_assert_false (hab_range_if_range ("W/\"a\"", "\"a\"", modified));
  g_assert_true (hab_range_if_range ("Sun, 06 Nov 1994 08:49:37 GMT", "\"a\"",
      modified));
  g_assert_false (hab_range_if_range ("Sun, 06 Nov 1994 08:49:38 GMT",
      "\"a\"", modified));
  g_assert_false (hab_range_if_range ("yesterday", "\"a\"", modified));
}

static void
test_none_match (void)
{
  g_assert_false (hab_range_none_match (NULL, "\"a\""));
  g_assert_true (hab_range_none_match ("\"a\"", "\"a\""));
  g_assert_true (hab_range_none_match ("W/\"a\"", "\"a\""));
  g_assert_true (hab_range_none_match ("\"b\", \"a\"", "\"a\""));
  g_assert_true (hab_range_none_match ("*", "\"a\""));
  g_assert_false (hab_range_none_match ("\"b\"", "\"a\""));
}

/* --- access ----------------------------------------------------------- */

static void
test_host (void)
{
  static const gchar *const names[] = { "video.example", NULL };
  static const struct
  {
    const gchar *host;
    gboolean on_loopback, elsewhere;
  } rows[] = {
    { "localhost", TRUE, TRUE },
    { "LOCALHOST:5000", TRUE, TRUE },
    { "127.0.0.1:5000", TRUE, TRUE },
    { "127.0.0.2", TRUE, TRUE },
    { "127.0.0.1:65535", TRUE, TRUE },
    { "127.0.0.1:65536", FALSE, FALSE },
    { "127.0.0.1:123456", FALSE, FALSE },
    { "127.0.0.1:-1", FALSE, FALSE },
    { "127.0.0.1:80x", FALSE, FALSE },
    { "127.1", FALSE, FALSE },
    { "[::1]:5000", TRUE, TRUE },
    { "video.example:80", TRUE, TRUE },
    { "Video.Example", TRUE, TRUE },
    { "192.0.2.7:5000", FALSE, TRUE },
    { "[2001:db8::1]", FALSE, TRUE },
    { "evil.example", FALSE, FALSE },
    { "localhost.evil.example", FALSE, FALSE },
    { "127.0.0.1.evil.example", FALSE, FALSE },
    { "video.example.evil", FALSE, FALSE },
    { "evil@localhost", FALSE, FALSE },
    { "localhost?x", FALSE, FALSE },
    { "localhost#x", FALSE, FALSE },
    { "", FALSE, FALSE },
    { NULL, FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%s", rows[i].host != NULL ? rows[i].host : "(none)");
    g_assert_cmpint (hab_access_host_is_known (rows[i].host, TRUE, names), ==,
        rows[i].on_loopback);
    g_assert_cmpint (hab_access_host_is_known (rows[i].host, FALSE, names),
        ==, rows[i].elsewhere);
  }
}

static void
test_origin (void)
{
  static const struct
  {
    const gchar *origin, *fetch_site, *host, *public_url;
    gboolean own;
  } rows[] = {
    { NULL, NULL, "localhost:5000", NULL, TRUE },
    { "http://localhost:5000", NULL, "localhost:5000", NULL, TRUE },
    { "http://LOCALHOST:5000", "same-origin", "localhost:5000", NULL, TRUE },
    { "http://localhost:3000", NULL, "localhost:5000", NULL, FALSE },
    { "http://localhost:50001", NULL, "localhost:5000", NULL, FALSE },
    { "http://evil.example", NULL, "localhost:5000", NULL, FALSE },
    { "null", NULL, "localhost:5000", NULL, FALSE },
    { "", NULL, "localhost:5000", NULL, FALSE },
    { NULL, "none", "localhost:5000", NULL, TRUE },
    { NULL, "cross-site", "localhost:5000", NULL, FALSE },
    { NULL, "same-site", "localhost:5000", NULL, FALSE },
    { "http://localhost:5000", "cross-site", "localhost:5000", NULL, FALSE },
    { "https://video.example", "same-origin", "10.0.0.1:5000",
        "https://video.example", TRUE },
    { "https://video.example", "same-origin", "10.0.0.1:5000",
        "https://video.example/haberdash", TRUE },
    { "https://video.exam", NULL, "10.0.0.1:5000", "https://video.example",
        FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("row %u", i);
    g_assert_cmpint (hab_access_origin_is_own (rows[i].origin,
        rows[i].fetch_site, rows[i].host, rows[i].public_url), ==,
        rows[i].own);
  }
}

static void
test_accept (void)
{
  static const struct
  {
    const gchar *accept;
    gboolean html;
  } rows[] = {
    { NULL, FALSE },
    { "*/*", FALSE },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        TRUE },
    { "application/json", FALSE },
    { "application/json, text/html;q=0.5", FALSE },
    { "application/json;q=0.5, text/html", TRUE },
    { "application/json, text/plain, */*", FALSE },
    { "text/html;q=0", FALSE },
    { "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%s", rows[i].accept != NULL ? rows[i].accept : "(none)");
    g_assert_cmpint (hab_access_prefers_html (rows[i].accept), ==,
        rows[i].html);
  }
}

/* --- routes ----------------------------------------------------------- */

static void
test_split (void)
{
  static const struct
  {
    const gchar *path, *joined; /* components with | between; NULL: refused */
  } rows[] = {
    { "/", "|" },
    { "/a/b", "|a|b" },
    { "/a/", "|a|" },
    { "/a%2Fb/c", "|a/b|c" },
    { "/%C3%A9", "|\xc3\xa9" },
    { "/a%20b", "|a b" },
    { "/../x", "|..|x" },
    { "/%2e%2e/x", "|..|x" },
    { "/%00", NULL },
    { "/%0a", NULL },
    { "/%zz", NULL },
    { "/%", NULL },
    { "/%ff", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (GStrv) components = hab_router_split (rows[i].path);
    g_autofree gchar *joined =
        components != NULL ? g_strjoinv ("|", components) : NULL;

    g_assert_cmpstr (joined, ==, rows[i].joined);
  }
}

static void
test_match (void)
{
  static const struct
  {
    const gchar *pattern, *path, *params; /* NULL: no match */
  } rows[] = {
    { "/", "/", "" },
    { "/", "/a", NULL },
    { "/videos/", "/videos/", "" },
    { "/videos/", "/videos", NULL },
    { "/videos/", "/videos/a", NULL },
    { "/a/{}", "/a/b", "b" },
    { "/a/{}", "/a/", NULL },
    { "/a/{}", "/a/b/c", NULL },
    { "/a/{}", "/a", NULL },
    { "/a/{}/g/{}.mp4", "/a/x%2Fy/g/3-7.mp4", "x/y|3-7" },
    { "/a/{}/g/{}.mp4", "/a/x/g/.mp4", NULL },
    { "/a/{}/g/{}.mp4", "/a/x/g/3.mp5", NULL },
    { "/{}/dash/**", "/CODE/dash/v/1.m4s", "CODE|v/1.m4s" },
    { "/{}/dash/**", "/CODE/dash/", "CODE|" },
    { "/{}/dash/**", "/CODE/dash", NULL },
    { "/assets/**", "/assets/a.js", "a.js" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GPtrArray) params = g_ptr_array_new_with_free_func (g_free);
    g_auto (GStrv) components = hab_router_split (rows[i].path);
    gboolean matches =
        hab_router_match (rows[i].pattern, components, params);
    g_autofree gchar *joined = NULL;

    g_test_message ("%s %s", rows[i].pattern, rows[i].path);
    g_assert_cmpint (matches, ==, rows[i].params != NULL);
    if (!matches)
      continue;
    g_ptr_array_add (params, NULL);
    joined = g_strjoinv ("|", (gchar **) params->pdata);
    g_assert_cmpstr (joined, ==, rows[i].params);
  }
}

static void
test_find (void)
{
  static const HabRoute routes[] = {
    { "GET", "/a/{}", 0, 0, NULL, NULL },
    { "DELETE", "/a/{}", 0, 0, NULL, NULL },
    { NULL }
  };
  static const HabRoute *const tables[] = { routes, NULL };
  g_autoptr (GPtrArray) params = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) components = hab_router_split ("/a/1");
  g_auto (GStrv) unknown = hab_router_split ("/b");
  g_autofree gchar *allow = NULL;

  g_assert_true (hab_router_find (tables, "GET", components, params, &allow) ==
      &routes[0]);
  g_assert_true (hab_router_find (tables, "HEAD", components, params,
                     &allow) == &routes[0]);
  g_assert_true (hab_router_find (tables, "DELETE", components, params,
                     &allow) == &routes[1]);
  g_assert_cmpstr (g_ptr_array_index (params, 0), ==, "1");
  g_assert_null (hab_router_find (tables, "PUT", components, params, &allow));
  g_assert_cmpstr (allow, ==, "GET, HEAD, DELETE");
  g_clear_pointer (&allow, g_free);
  g_assert_null (hab_router_find (tables, "GET", unknown, params, &allow));
  g_assert_null (allow);
}

/* --- tus -------------------------------------------------------------- */

static void
test_tus_number (void)
{
  static const struct
  {
    const gchar *header;
    gboolean right;
    guint64 number;
  } rows[] = {
    { "0", TRUE, 0 },
    { "73400320", TRUE, 73400320 },
    { "9223372036854775807", TRUE, G_MAXINT64 },
    { "9223372036854775808", FALSE, 0 },
    { "-1", FALSE, 0 },
    { "+1", FALSE, 0 },
    { " 1", FALSE, 0 },
    { "1 ", FALSE, 0 },
    { "0x10", FALSE, 0 },
    { "", FALSE, 0 },
    { NULL, FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    guint64 number;

    g_assert_cmpint (hab_tus_parse_number ("Upload-Length", rows[i].header,
        &number, &error), ==, rows[i].right);
    if (rows[i].right)
      g_assert_cmpuint (number, ==, rows[i].number);
    else
      g_assert_error (error, HAB_TUS_ERROR, HAB_TUS_ERROR_MALFORMED);
  }
}

static void
test_tus_metadata (void)
{
  static const struct
  {
    const gchar *header, *value; /* value NULL: absent, or malformed */
    gboolean malformed;
  } rows[] = {
    { "filename YS5tcDQ=", "a.mp4", FALSE },
    { "filetype dmlkZW8=,filename YS5tcDQ=", "a.mp4", FALSE },
    { "empty, filename YS5tcDQ= ,more YQ==", "a.mp4", FALSE },
    { "filename", "", FALSE },
    { "filename ", "", FALSE },
    { NULL, NULL, FALSE },
    { "", NULL, FALSE },
    { "filenames YS5tcDQ=", NULL, FALSE },
    { "FILENAME YS5tcDQ=", NULL, FALSE },
    { "x filename YS5tcDQ=", NULL, FALSE },
    { "filename YS5tcDQ", NULL, TRUE },
    { "filename YS5tcDQ==", NULL, TRUE },
    { "filename a.mp4", NULL, TRUE },
    { "filename YS5t cDQ=", NULL, TRUE },
    { "filename YQBi", NULL, TRUE }, /* a NUL */
    { "filename ====", NULL, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *value =
        hab_tus_parse_metadata (rows[i].header, "filename", &error);

    g_test_message ("%s", rows[i].header != NULL ? rows[i].header : "(none)");
    g_assert_cmpstr (value, ==, rows[i].value);
    g_assert_cmpint (error != NULL, ==, rows[i].malformed);
  }
}

static void
test_tus_checksum (void)
{
  /* of "abc" */
  static const gchar *const right[] = {
    "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
    "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
  };
  static const gchar *const malformed[] = {
    "", "sha1", "sha1 ", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0",
    "md5 kAFQmDzST7DWlj99KOF/cg==", "sha1  qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
    "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
  };

  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    for (guint length = 2; length <= 3; length++) {
      g_autoptr (HabTusChecksum) checksum =
          hab_tus_checksum_new (right[i], NULL);

      hab_tus_checksum_update (checksum, (const guint8 *) "a", 1);
      hab_tus_checksum_update (checksum, (const guint8 *) "bc", length - 1);
      g_assert_cmpint (hab_tus_checksum_matches (checksum), ==, length == 3);
    }
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (hab_tus_checksum_new (malformed[i], &error));
    g_assert_error (error, HAB_TUS_ERROR, HAB_TUS_ERROR_MALFORMED);
  }
}

/* --- dates and headers ------------------------------------------------ */

static void
check_date (gint64 seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (seconds);
  g_autofree gchar *expected =
      soup_date_time_to_string (date, SOUP_DATE_HTTP);
  gchar text[HAB_HTTP_DATE_SIZE];

  hab_http_date_format (seconds, text);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_date (void)
{
  static const gint64 rows[] = { 0, -1, 951782399, 951782400, 1709164800,
    1735689599, 1735689600, G_MAXINT32, G_MAXUINT32,
    G_GINT64_CONSTANT (253402300799) };
  gchar text[HAB_HTTP_DATE_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_date (rows[i]);
  for (guint i = 0; i < 1000; i++)
    check_date (g_test_rand_int ());
  hab_http_date_format (G_MAXINT64, text);
  g_assert_cmpstr (text, ==, "Fri, 31 Dec 9999 23:59:59 GMT");
  hab_http_date_format (G_MININT64, text);
  g_assert_cmpstr (text, ==, "Mon, 01 Jan 0001 00:00:00 GMT");
}

static void
append_header (const gchar *name, const gchar *value, gpointer text)
{
  g_string_append_printf (text, "%s=%s;", name, value);
}

static void
assert_headers (HabHeaderList *list, const gchar *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  hab_header_list_foreach (list, append_header, text);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_header_list (void)
{
  g_autoptr (HabHeaderList) list = hab_header_list_new ();
  g_autoptr (HabHeaderList) other = hab_header_list_new ();

  assert_headers (list, "");
  hab_header_list_set (list, "A", "1");
  hab_header_list_set (list, "B", "2");
  hab_header_list_set (list, "a", "3");
  assert_headers (list, "B=2;a=3;");
  hab_header_list_remove (list, "C");
  hab_header_list_remove (list, "b");
  assert_headers (list, "a=3;");
  hab_header_list_set (other, "A", "4");
  hab_header_list_set (other, "D", "5");
  hab_header_list_add_missing (list, other);
  assert_headers (list, "a=3;D=5;");
  assert_headers (other, "A=4;D=5;");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/range/parse", test_range);
  g_test_add_func ("/range/if-range", test_if_range);
  g_test_add_func ("/range/none-match", test_none_match);
  g_test_add_func ("/access/host", test_host);
  g_test_add_func ("/access/origin", test_origin);
  g_test_add_func ("/access/accept", test_accept);
  g_test_add_func ("/router/split", test_split);
  g_test_add_func ("/router/match", test_match);
  g_test_add_func ("/router/find", test_find);
  g_test_add_func ("/http-date/format", test_date);
  g_test_add_func ("/header-list/set", test_header_list);
  g_test_add_func ("/tus/number", test_tus_number);
  g_test_add_func ("/tus/metadata", test_tus_metadata);
  g_test_add_func ("/tus/checksum", test_tus_checksum);
  return g_test_run ();
}
