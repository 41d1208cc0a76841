/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The pure parts of who may ask: tokens, sessions,
 * viewer tokens. */

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "access.h"
#include "rate-limit.h"
#include "sessions.h"
#include "signer.h"
#include "tokens.h"

#define SESSION_US ((gint64) HAB_SESSION_SECONDS * G_USEC_PER_SEC)

static const HabToken *
find (HabTokens *tokens, const gchar *text)
{
  guint8 digest[HAB_TOKEN_DIGEST_SIZE];

  hab_token_digest (text, digest);
  return hab_tokens_find (tokens, digest);
}

/* --- tokens ----------------------------------------------------------- */

static void
test_tokens (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabTokens) named = hab_tokens_parse (
      "# who\n\nann  0123456789abcdef\r\n\tbob\tfedcba9876543210 admin\n",
      &error);
  g_autoptr (HabTokens) bare =
      hab_tokens_parse ("\n 0123456789abcdef \n", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (find (named, "0123456789abcdef")->name, ==, "ann");
  g_assert_false (find (named, "0123456789abcdef")->admin);
  g_assert_cmpstr (find (named, "fedcba9876543210")->name, ==, "bob");
  g_assert_true (find (named, "fedcba9876543210")->admin);
  g_assert_null (find (named, "0123456789abcde"));
  g_assert_null (find (named, "0123456789abcdef "));
  g_assert_null (find (named, "ann"));
  g_assert_null (find (named, ""));
  g_assert_cmpstr (find (bare, "0123456789abcdef")->name, ==, "");
  g_assert_true (find (bare, "0123456789abcdef")->admin);
}

static void
test_tokens_refused (void)
{
  static const gchar *const texts[] = {
    "", "\n# nothing\n", "short", "ann short",
    "ann 0123456789abcdef root",
    "ann 0123456789abcdef admin now",
    "a/n 0123456789abcdef",
    "ann 0123456789abcdef\nann fedcba9876543210",
    "ann 0123456789abcdef\nbob 0123456789abcdef",
    "ann 0123456789abcdef\nfedcba9876543210",
    "0123456789abcdef\nfedcba9876543210",
    "12345678901234567890123456789012345678901234567890123456789012345 "
    "0123456789abcdef",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", texts[i]);
    g_assert_null (hab_tokens_parse (texts[i], &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_assert_null (strstr (error->message, "0123456789abcdef"));
    g_assert_null (strstr (error->message, "fedcba9876543210"));
  }
}

static void
test_token_file (void)
{
  static const struct
  {
    guint mode;
    gboolean fine;
  } rows[] = { { 0600, TRUE }, { 0400, TRUE }, { 0640, TRUE }, { 0440, TRUE },
    { 0644, FALSE }, { 0604, FALSE }, { 0660, FALSE }, { 0602, FALSE } };
  g_autofree gchar *path =
      g_build_filename (g_get_tmp_dir (), "haberdash-tokens-XXXXXX", NULL);
  int fd = g_mkstemp (path);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "0123456789abcdef\n", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (HabTokens) tokens = NULL;

    g_assert_cmpint (g_chmod (path, rows[i].mode), ==, 0);
    tokens = hab_tokens_load (path, NULL);
    g_test_message ("%o", rows[i].mode);
    g_assert_cmpint (tokens != NULL, ==, rows[i].fine);
  }
  g_unlink (path);
  g_assert_null (hab_tokens_load (path, NULL));
  g_assert_null (hab_tokens_load ("/", NULL));
  g_assert_null (hab_tokens_load ("/dev/null", NULL));
}

/* --- sessions --------------------------------------------------------- */

static void
test_sessions (void)
{
  g_autoptr (HabSessions) sessions = hab_sessions_new ();
  const guint8 one[HAB_TOKEN_DIGEST_SIZE] = { 1 };
  const guint8 two[HAB_TOKEN_DIGEST_SIZE] = { 2 };
  g_autofree gchar *a = hab_sessions_open (sessions, one, 0);
  g_autofree gchar *b = hab_sessions_open (sessions, two, 5);

  g_assert_cmpuint (strlen (a), ==, 43); /* 256 bits */
  g_assert_cmpstr (a, !=, b);
  g_assert_cmpmem (hab_sessions_find (sessions, a, 9), sizeof one, one,
      sizeof one);
  g_assert_cmpmem (hab_sessions_find (sessions, b, 9), sizeof two, two,
      sizeof two);
  g_assert_null (hab_sessions_find (sessions, "", 9));
  g_assert_nonnull (hab_sessions_find (sessions, a, SESSION_US - 1));
  g_assert_null (hab_sessions_find (sessions, a, SESSION_US));
  g_assert_nonnull (hab_sessions_find (sessions, b, SESSION_US));
  hab_sessions_close (sessions, b);
  g_assert_null (hab_sessions_find (sessions, b, 9));
}

/* However many sign in, the newest are in. */
static void
test_many_sessions (void)
{
  g_autoptr (HabSessions) sessions = hab_sessions_new ();
  const guint8 token[HAB_TOKEN_DIGEST_SIZE] = { 0 };
  g_autofree gchar *first = hab_sessions_open (sessions, token, 0);
  g_autofree gchar *second = hab_sessions_open (sessions, token, 1);

  for (guint i = 2; i <= 1000; i++)
    g_free (hab_sessions_open (sessions, token, i));
  g_assert_null (hab_sessions_find (sessions, first, 9));
  g_assert_nonnull (hab_sessions_find (sessions, second, 9));
}

/* --- viewer tokens ---------------------------------------------------- */

static void
test_signer (void)
{
  const guint8 key[HAB_SIGNER_KEY_SIZE] = { 7 };
  const guint8 other_key[HAB_SIGNER_KEY_SIZE] = { 8 };
  g_autoptr (HabSigner) signer = hab_signer_new (key);
  g_autoptr (HabSigner) other = hab_signer_new (other_key);
  g_autofree gchar *token = hab_signer_sign (signer, "ABC234", 1000);
  gint64 expires = 0;

  g_assert_cmpint (hab_signer_check (signer, token, "ABC234", 999, &expires),
      ==, HAB_VIEWER_TOKEN_VALID);
  g_assert_cmpint (expires, ==, 1000);
  g_assert_cmpint (hab_signer_check (signer, token, "ABC234", 1000, NULL), ==,
      HAB_VIEWER_TOKEN_EXPIRED);
  g_assert_cmpint (hab_signer_check (signer, token, "ABC235", 999, NULL), ==,
      HAB_VIEWER_TOKEN_FORGED);
  g_assert_cmpint (hab_signer_check (other, token, "ABC234", 999, NULL), ==,
      HAB_VIEWER_TOKEN_FORGED);

  /* Each character counts. */
  for (gchar *at = token; *at != '\0'; at++) {
    gchar was = *at;

    *at = was == '1' ? '2' : '1';
    g_assert_cmpint (hab_signer_check (signer, token, "ABC234", 0, NULL), ==,
        HAB_VIEWER_TOKEN_FORGED);
    *at = was;
  }
}

static void
test_signer_nonsense (void)
{
  const guint8 key[HAB_SIGNER_KEY_SIZE] = { 7 };
  g_autoptr (HabSigner) signer = hab_signer_new (key);
  g_autofree gchar *token = hab_signer_sign (signer, "A", 1000);
  g_autofree gchar *longer = g_strconcat (token, "x", NULL);
  g_autofree gchar *zero = g_strconcat ("0", token, NULL);
  g_autofree gchar *sign = g_strconcat ("+", token, NULL);
  const gchar *const texts[] = { "", "-", "1000", "1000-", longer, zero, sign,
    "99999999999999999999-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_cmpint (hab_signer_check (signer, texts[i], "A", 0, NULL), ==,
        HAB_VIEWER_TOKEN_FORGED);
}

static void
test_hidden_tokens (void)
{
  const guint8 key[HAB_SIGNER_KEY_SIZE] = { 7 };
  g_autoptr (HabSigner) signer = hab_signer_new (key);
  g_autofree gchar *token = hab_signer_sign (signer, "A", 1000);
  g_autofree gchar *path = g_strdup_printf ("/%s/A/dash/1-2.m4s", token);
  g_autofree gchar *hidden = hab_signer_hide_tokens (path);
  g_autofree gchar *same = hab_signer_hide_tokens ("/A/dash/1-2.m4s");

  g_assert_cmpstr (hidden, ==, "/token/A/dash/1-2.m4s");
  g_assert_cmpstr (same, ==, "/A/dash/1-2.m4s");
}

/* --- rates ------------------------------------------------------------ */

static void
test_rate_limit (void)
{
  const gint64 second = G_USEC_PER_SEC;
  g_autoptr (HabRateLimit) limit = hab_rate_limit_new (2);
  g_autoptr (HabRateLimit) slow = hab_rate_limit_new (0.1);

  /* Two seconds' worth at once, then two a second. */
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (hab_rate_limit_take (limit, "a", 0), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "a", 0), ==, 1);
  g_assert_cmpuint (hab_rate_limit_take (limit, "b", 0), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "a", second / 2), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "a", second / 2), ==, 1);
  /* No more than that is saved up. */
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (hab_rate_limit_take (limit, "a", 100 * second), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "a", 100 * second), ==, 1);

  g_assert_cmpuint (hab_rate_limit_take (slow, "a", 0), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (slow, "a", 0), ==, 10);
  g_assert_cmpuint (hab_rate_limit_take (slow, "a", 9 * second), ==, 1);
  g_assert_cmpuint (hab_rate_limit_take (slow, "a", 10 * second), ==, 0);
}

/* Those for whom there is no place share one until there is. */
static void
test_rate_limit_of_many (void)
{
  const gint64 start = 100 * G_USEC_PER_SEC;
  g_autoptr (HabRateLimit) limit = hab_rate_limit_new (1);

  for (guint i = 0; i < 10000; i++) {
    g_autofree gchar *client = g_strdup_printf ("%u", i);

    g_assert_cmpuint (hab_rate_limit_take (limit, client, start), ==, 0);
  }
  g_assert_cmpuint (hab_rate_limit_take (limit, "new", start), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "newer", start), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "newest", start), ==, 1);
  g_assert_cmpuint (hab_rate_limit_take (limit, "0", start), ==, 0);
  g_assert_cmpuint (hab_rate_limit_take (limit, "newest",
      start + 5 * G_USEC_PER_SEC), ==, 0);
}

/* --- header texts ----------------------------------------------------- */

static void
test_bearer (void)
{
  g_assert_cmpstr (hab_access_get_bearer ("Bearer abc"), ==, "abc");
  g_assert_cmpstr (hab_access_get_bearer ("bearer abc d"), ==, "abc d");
  g_assert_cmpstr (hab_access_get_bearer ("Bearer "), ==, "");
  g_assert_null (hab_access_get_bearer ("Basic abc"));
  g_assert_null (hab_access_get_bearer ("abc"));
  g_assert_null (hab_access_get_bearer (NULL));
}

static void
test_cookie (void)
{
  static const struct
  {
    const gchar *cookies, *value;
  } rows[] = {
    { NULL, NULL },
    { "", NULL },
    { "s=1", "1" },
    { "a=2; s=1; s=3", "1" },
    { "a=2;s=1", "1" },
    { "as=1; ss=2; s", NULL },
    { "s=", "" },
    { "s=a=b", "a=b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *value = hab_access_find_cookie (rows[i].cookies, "s");

    g_assert_cmpstr (value, ==, rows[i].value);
  }
}

static void
test_local_path (void)
{
  static const gchar *const local[] = { "/", "/a/b.mp4?x=1#2", "/a%2F%2F" };
  static const gchar *const elsewhere[] = { "", "a", "//evil.example",
    "/\\evil.example", "\\\\evil.example", "http://evil.example", "/\t/evil",
    "/a b", "/\r\nX: y", "/\xc3\xa4" };

  for (guint i = 0; i < G_N_ELEMENTS (local); i++)
    g_assert_true (hab_access_is_local_path (local[i]));
  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    g_assert_false (hab_access_is_local_path (elsewhere[i]));
  g_assert_false (hab_access_is_local_path (NULL));
}

static void
test_is_origin (void)
{
  static const gchar *const origins[] = { "https://a.example",
    "http://localhost:3000", "http://[::1]:3000" };
  static const gchar *const others[] = { "", "*", "null", "a.example",
    "https://", "https://a.example/", "https://u@a.example",
    "https://a.example?x", "https://a.example#x" };

  for (guint i = 0; i < G_N_ELEMENTS (origins); i++)
    g_assert_true (hab_access_is_origin (origins[i]));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (hab_access_is_origin (others[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokens/parse", test_tokens);
  g_test_add_func ("/tokens/refused", test_tokens_refused);
  g_test_add_func ("/tokens/file", test_token_file);
  g_test_add_func ("/sessions/life", test_sessions);
  g_test_add_func ("/sessions/many", test_many_sessions);
  g_test_add_func ("/signer/check", test_signer);
  g_test_add_func ("/signer/nonsense", test_signer_nonsense);
  g_test_add_func ("/signer/hide", test_hidden_tokens);
  g_test_add_func ("/rate-limit/rate", test_rate_limit);
  g_test_add_func ("/rate-limit/many", test_rate_limit_of_many);
  g_test_add_func ("/access/bearer", test_bearer);
  g_test_add_func ("/access/cookie", test_cookie);
  g_test_add_func ("/access/is-origin", test_is_origin);
  g_test_add_func ("/access/local-path", test_local_path);
  return g_test_run ();
}
