/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The pure parts of the queue. */

#include "backoff.h"
#include "callback-rules.h"
#include "feed.h"
#include "media-failure.h"
#include "package-options.h"
#include "rate.h"

static void
test_backoff (void)
{
  static const struct
  {
    gdouble first;
    guint attempts;
    gdouble seconds;
  } rows[] = {
    { 10, 0, 10 },
    { 10, 1, 10 },
    { 10, 2, 20 },
    { 10, 4, 80 },
    { 10, 7, 600 },
    { 10, 40, 600 },
    { 10, G_MAXUINT, 600 },
    { 0.5, 3, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (
        hab_backoff_get_delay (rows[i].first, rows[i].attempts, 600), ==,
        rows[i].seconds * G_USEC_PER_SEC);
}

/* --- rate -------------------------------------------------------------- */

static HabRateSample
sample_at (gdouble seconds, gdouble fraction)
{
  /* of 100 s of media and 1 MB */
  HabRateSample sample = {
    .at_us = 5000000 + seconds * 1e6,
    .fraction = fraction,
    .media_ns = fraction * 100e9,
    .bytes = fraction * 1e6,
  };

  return sample;
}

static gboolean
add_at (HabRate *rate, gdouble seconds, gdouble fraction)
{
  HabRateSample sample = sample_at (seconds, fraction);

  return hab_rate_add (rate, &sample);
}

static void
test_rate_steady (void)
{
  HabRate rate = { 0 };

  g_assert_true (add_at (&rate, 0, 0.1));
  g_assert_cmpfloat (rate.media_per_second, ==, 0);
  g_assert_cmpint (rate.left_us, ==, -1);
  for (guint i = 1; i <= 8; i++)
    g_assert_true (add_at (&rate, i, 0.1 + i / 10.0));
  g_assert_cmpfloat_with_epsilon (rate.media_per_second, 10, 1e-6);
  g_assert_cmpfloat_with_epsilon (rate.bytes_per_second, 1e5, 1);
  g_assert_cmpint (ABS (rate.left_us - 1000000), <, 100);
}

/* A change of pace shows, but not at once. */
static void
test_rate_changes (void)
{
  HabRate rate = { 0 };
  gdouble before;

  add_at (&rate, 0, 0.1);
  add_at (&rate, 1, 0.2);
  add_at (&rate, 2, 0.21);
  before = rate.media_per_second;
  g_assert_cmpfloat (before, <, 10);
  g_assert_cmpfloat (before, >, 1);
  add_at (&rate, 3, 0.22);
  g_assert_cmpfloat (rate.media_per_second, <, before);
}

static void
test_rate_no_news (void)
{
  HabRate rate = { 0 };
  HabRateSample unknown = { .at_us = 9000000, .media_ns = 5, .bytes = 7 };

  g_assert_false (add_at (&rate, 0, 0));
  g_assert_true (add_at (&rate, 0, 0.1));
  g_assert_false (add_at (&rate, 0.1, 0.2)); /* a moment ago */
  g_assert_false (add_at (&rate, 5, 0.1));   /* no further */
  g_assert_false (add_at (&rate, 5, 0.05));
  g_assert_true (add_at (&rate, 5, 0.2));

  /* Without a duration there is a rate, but no end. */
  rate = (HabRate) { 0 };
  g_assert_true (hab_rate_add (&rate, &unknown));
  unknown.at_us += 1000000;
  unknown.media_ns += 2000000000;
  g_assert_true (hab_rate_add (&rate, &unknown));
  g_assert_cmpfloat_with_epsilon (rate.media_per_second, 2, 1e-6);
  g_assert_cmpint (rate.left_us, ==, -1);
}

/* --- what a failure means ---------------------------------------------- */

static void
test_failures (void)
{
  static const struct
  {
    HabMediaError code;
    guint status;
    gboolean passes;
  } rows[] = {
    { HAB_MEDIA_ERROR_FAILED, 500, FALSE },
    { HAB_MEDIA_ERROR_NOT_MEDIA, 422, FALSE },
    { HAB_MEDIA_ERROR_NO_VIDEO, 422, FALSE },
    { HAB_MEDIA_ERROR_UNSUPPORTED, 422, FALSE },
    { HAB_MEDIA_ERROR_NOT_FOUND, 404, FALSE },
    { HAB_MEDIA_ERROR_NO_SPACE, 507, TRUE },
    { HAB_MEDIA_ERROR_IO, 500, TRUE },
    { HAB_MEDIA_ERROR_NO_TABLE, 500, FALSE },
    { HAB_MEDIA_ERROR_NOT_ALLOWED, 400, FALSE },
    { HAB_MEDIA_ERROR_LIMIT, 422, FALSE },
    { HAB_MEDIA_ERROR_NOT_INSTALLED, 500, FALSE },
    { HAB_MEDIA_ERROR_CRASHED, 422, TRUE },
    { HAB_MEDIA_ERROR_TIMED_OUT, 422, TRUE },
    { HAB_MEDIA_ERROR_CANCELLED, 503, FALSE },
  };
  g_autoptr (GError) other =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x");
  g_autoptr (GError) full =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "x");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error =
        g_error_new_literal (HAB_MEDIA_ERROR, rows[i].code, "x");
    HabMediaError back =
        hab_media_failure_from_word (hab_media_failure_to_word (error));

    g_assert_cmpuint (hab_media_failure_get_http_status (error), ==,
        rows[i].status);
    g_assert_cmpint (hab_media_failure_get_retries (error) > 0, ==,
        rows[i].passes);
    /* A worker cannot say that it crashed or was stopped. */
    g_assert_cmpint (back, ==, rows[i].code < HAB_MEDIA_ERROR_CRASHED
            ? rows[i].code
            : HAB_MEDIA_ERROR_FAILED);
  }
  g_assert_cmpint (hab_media_failure_from_word (NULL), ==,
      HAB_MEDIA_ERROR_FAILED);
  g_assert_cmpint (hab_media_failure_from_word ("?"), ==,
      HAB_MEDIA_ERROR_FAILED);
  g_assert_cmpuint (hab_media_failure_get_http_status (other), ==, 500);
  g_assert_cmpuint (hab_media_failure_get_http_status (full), ==, 507);
  g_assert_cmpuint (hab_media_failure_get_retries (full), >, 0);
}

static void
test_options (void)
{
  static const gchar *const nothing[] = { "{}", "[]", "x", "",
    "{\"hls\":\"yes\"}", "{\"hls\":[]}", "{\"hls\":null}",
    "{\"hls\":false}" };

  g_assert_true (hab_package_options_has ("{\"hls\":true}", "hls"));
  g_assert_false (hab_package_options_has ("{\"hls\":true}", "on_demand"));
  for (guint i = 0; i < G_N_ELEMENTS (nothing); i++)
    g_assert_false (hab_package_options_has (nothing[i], "hls"));
}

static void
test_option_values (void)
{
  static const struct
  {
    const gchar *name, *asked, *by_default;
  } rows[] = {
    { "hls", "true", "false" },
    { "clear_lead", "2.5", "0.0" },
    { "pssh", "[\"AAAA\",\"BBBB\"]", "[]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *text =
        g_strdup_printf ("{\"%s\":%s}", rows[i].name, rows[i].asked);
    const HabPackageOption *option = hab_package_options;
    g_autoptr (JsonNode) asked = NULL;
    g_autoptr (JsonNode) absent = NULL;
    g_autofree gchar *asked_text = NULL;
    g_autofree gchar *absent_text = NULL;

    while (g_strcmp0 (option->name, rows[i].name) != 0)
      g_assert_nonnull ((option++)->name);
    asked = hab_package_options_get (text, option);
    absent = hab_package_options_get ("{}", option);
    asked_text = json_to_string (asked, FALSE);
    absent_text = json_to_string (absent, FALSE);
    g_assert_cmpstr (asked_text, ==, rows[i].asked);
    g_assert_cmpstr (absent_text, ==, rows[i].by_default);
  }
}

/* --- feed ---------------------------------------------------------------- */

typedef struct
{
  HabFeed *feed;
  guint id, other; /* forgets other when it is called */
  guint n;
  gint64 last;
  const gchar *owner; /* of what was removed */
} Follower;

static void
on_change (gint64 package_id, HabChange change, gpointer data)
{
  Follower *self = data;

  self->n++;
  self->last = package_id;
  self->owner = hab_feed_get_removed_owner (self->feed);
  if (self->other != 0)
    hab_feed_unfollow (self->feed, self->other);
}

static void
test_feed (void)
{
  HabFeed *feed = hab_feed_new ();
  Follower all = { .feed = feed }, one = { .feed = feed };

  all.id = hab_feed_follow (feed, 0, on_change, &all);
  one.id = hab_feed_follow (feed, 7, on_change, &one);
  hab_feed_tell (feed, 7, HAB_CHANGE_STATUS);
  hab_feed_tell (feed, 8, HAB_CHANGE_STATUS);
  g_assert_cmpuint (all.n, ==, 2);
  g_assert_cmpint (all.last, ==, 8);
  g_assert_cmpuint (one.n, ==, 1);

  /* Each forgets the other: whoever is called first is the only one. */
  all.other = one.id;
  one.other = all.id;
  hab_feed_tell (feed, 7, HAB_CHANGE_END);
  g_assert_cmpuint (all.n + one.n, ==, 4);
  g_assert_null (hab_feed_get_removed_owner (feed));
  hab_feed_tell_removed (feed, 7, "ann");
  g_assert_cmpstr (all.n > one.n ? all.owner : one.owner, ==, "ann");
  g_assert_null (hab_feed_get_removed_owner (feed));
  hab_feed_free (feed);
}

/* --- callbacks ------------------------------------------------------------ */

static void
test_callback_hosts (void)
{
  static const gchar *const fine[] = { "localhost", "hooks.example:8443",
    "192.0.2.7:80", "[::1]:9000", "[2001:db8::1]" };
  static const gchar *const wrong[] = { "", ":80", "a b", "host:", "host:x",
    "host:99999", "http://host", "host/path", "user@host", "host?x",
    "host#x" };

  for (guint i = 0; i < G_N_ELEMENTS (fine); i++) {
    g_test_message ("%s", fine[i]);
    g_assert_true (hab_callback_host_is_valid (fine[i]));
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_test_message ("%s", wrong[i]);
    g_assert_false (hab_callback_host_is_valid (wrong[i]));
  }
}

static void
test_callback_urls (void)
{
  static const gchar *const hosts[] = { "plain.example", "Port.example:8080",
    "[::1]:9000", "127.0.0.1:81", NULL };
  static const struct
  {
    const gchar *url;
    HabCallbackUrl verdict;
  } rows[] = {
    { "http://plain.example/done?x=1", HAB_CALLBACK_URL_ALLOWED },
    { "https://plain.example/", HAB_CALLBACK_URL_ALLOWED },
    { "HTTP://PLAIN.example", HAB_CALLBACK_URL_ALLOWED },
    { "http://plain.example:80/", HAB_CALLBACK_URL_ALLOWED },
    { "http://plain.example:443/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://plain.example:8080/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://port.example:8080/", HAB_CALLBACK_URL_ALLOWED },
    { "https://port.example:8080/", HAB_CALLBACK_URL_ALLOWED },
    { "http://port.example/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://[::1]:9000/", HAB_CALLBACK_URL_ALLOWED },
    { "http://127.0.0.1:81/", HAB_CALLBACK_URL_ALLOWED },
    { "http://127.0.0.1/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://127.1:81/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://plain.example.evil.example/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://evil.example/plain.example", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://plain.example.:80/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://evil.example#@plain.example/", HAB_CALLBACK_URL_NOT_ALLOWED },
    { "http://plain.example@evil.example/", HAB_CALLBACK_URL_MALFORMED },
    { "http://user:word@plain.example/", HAB_CALLBACK_URL_MALFORMED },
    { "ftp://plain.example/", HAB_CALLBACK_URL_MALFORMED },
    { "file:///etc/passwd", HAB_CALLBACK_URL_MALFORMED },
    { "plain.example", HAB_CALLBACK_URL_MALFORMED },
    { "http://plain.example/a b", HAB_CALLBACK_URL_MALFORMED },
    { "http://plain.example/\r\nX: y", HAB_CALLBACK_URL_MALFORMED },
    { "http:///x", HAB_CALLBACK_URL_MALFORMED },
    { "http://plain.example:port/", HAB_CALLBACK_URL_MALFORMED },
    { "", HAB_CALLBACK_URL_MALFORMED },
  };
  g_autofree gchar *path = g_strnfill (3000, 'x');
  g_autofree gchar *long_url =
      g_strconcat ("http://plain.example/", path, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%s", rows[i].url);
    g_assert_cmpint (hab_callback_url_check (rows[i].url, hosts), ==,
        rows[i].verdict);
  }
  g_assert_cmpint (hab_callback_url_check (long_url, hosts), ==,
      HAB_CALLBACK_URL_MALFORMED);
  g_assert_cmpint (hab_callback_url_check (rows[0].url, NULL), ==,
      HAB_CALLBACK_URL_NOT_ALLOWED);
}

/* printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'a secret of tests' */
static void
test_callback_signature (void)
{
  g_autofree gchar *signature =
      hab_callback_sign ("a secret of tests", 1700000000, "{\"a\":1}");

  g_assert_cmpstr (signature, ==, "t=1700000000,v1="
      "f60c2f63763cd2b77f39b6b468a90fcc99dc6617c5bc26475d5d57fe709a1c41");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue/backoff", test_backoff);
  g_test_add_func ("/queue/rate/steady", test_rate_steady);
  g_test_add_func ("/queue/rate/changes", test_rate_changes);
  g_test_add_func ("/queue/rate/no-news", test_rate_no_news);
  g_test_add_func ("/queue/failures", test_failures);
  g_test_add_func ("/queue/options", test_options);
  g_test_add_func ("/queue/options-values", test_option_values);
  g_test_add_func ("/queue/feed", test_feed);
  g_test_add_func ("/callback/hosts", test_callback_hosts);
  g_test_add_func ("/callback/urls", test_callback_urls);
  g_test_add_func ("/callback/signature", test_callback_signature);
  return g_test_run ();
}
