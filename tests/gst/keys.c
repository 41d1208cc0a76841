/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "keys.h"

#include <string.h>

/* All of it has 62 and 63 in base64, which the alphabets write differently. */
static const guint8 key_a[] = {
  0xfb, 0xff, 0xbf, 0x00, 0x01, 0x02, 0x03, 0x04,
  0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0xff, 0xfe
};
static const guint8 key_b[] = {
  0x87, 0x23, 0x7d, 0x20, 0xa1, 0x9f, 0x58, 0xa7,
  0x40, 0xc0, 0x56, 0x84, 0xe6, 0x99, 0xb4, 0xaa
};

static const struct
{
  const gchar *text;
  const guint8 *key; /* NULL where the text is to be refused */
} texts[] = {
  { "fbffbf000102030405060708090afffe", key_a },
  { "FBFFBF000102030405060708090AFFFE", key_a },
  { "fbffbf00-0102-0304-0506-0708090afffe", key_a },
  { "FBffBF00-0102-0304-0506-0708090AFFFE", key_a },
  { "+/+/AAECAwQFBgcICQr//g==", key_a },
  { "+/+/AAECAwQFBgcICQr//g", key_a },
  { "-_-_AAECAwQFBgcICQr__g==", key_a },
  { "-_-_AAECAwQFBgcICQr__g", key_a },
  { "hyN9IKGfWKdAwFaE5pm0qg", key_b },
  { "hyN9IKGfWKdAwFaE5pm0qg==", key_b },
  { "87237d20a19f58a740c05684e699b4aa", key_b },

  /* wrong lengths */
  { "", NULL },
  { "fb", NULL },
  { "fbffbf000102030405060708090afff", NULL },
  { "fbffbf000102030405060708090afffe0", NULL },
  { "fbffbf000102030405060708090afffe00", NULL },
  { "hyN9IKGfWKdAwFaE5pm0q", NULL },
  { "hyN9IKGfWKdAwFaE5pm0qgA", NULL },
  { "hyN9IKGfWKdAwFaE5pm0qg=", NULL },
  { "hyN9IKGfWKdAwFaE5pm0qg===", NULL },
  { "AAAAAAAAAAAAAAAAAAAAAAAA", NULL },
  { "AAAAAAAAAAAAAAAAAAAAAAA=", NULL },

  /* the last character's spare bits */
  { "hyN9IKGfWKdAwFaE5pm0qh", NULL },
  { "hyN9IKGfWKdAwFaE5pm0qv==", NULL },
  { "-_-_AAECAwQFBgcICQr__h", NULL },

  /* two alphabets in one text */
  { "+/-_AAECAwQFBgcICQr//g", NULL },

  /* junk */
  { "gbffbf000102030405060708090afffe", NULL },
  { "0xffbf000102030405060708090afffe", NULL },
  { "fbffbf000102030405060708090aff\xc3\xa9", NULL },
  { "fbffbf00-0102-0304-05060-708090afffe", NULL },
  { "fbffbf00a0102a0304a0506a0708090afffe", NULL },
  { "fbffbf00-0102-0304-0506-0708090aff-e", NULL },
  { "hyN9IKGfWKdAwFaE5pm0=g", NULL },
  { "hyN9IKGfWKdAw*aE5pm0qg", NULL },
  { "hyN9IKGfWKdAwFaE5pm0qg=A", NULL },

  /* white space */
  { " fbffbf000102030405060708090afffe", NULL },
  { "fbffbf000102030405060708090afffe\n", NULL },
  { "fbffbf0001020304 5060708090afffe", NULL },
  { " hyN9IKGfWKdAwFaE5pm0qg", NULL },
  { "hyN9IKGf WKdAwFaE5pm0q", NULL },
  { "hyN9IKGfWKdAwFaE5pm0qg\r\n", NULL },
};

static void
test_parse (void)
{
  static const guint8 untouched[HAB_KEY_SIZE] = { 0xa5, 0xa5 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    guint8 key[HAB_KEY_SIZE] = { 0xa5, 0xa5 };
    gboolean valid = hab_key_parse (texts[i].text, key, &error);

    g_test_message ("\"%s\"", texts[i].text);
    if (texts[i].key) {
      g_assert_no_error (error);
      g_assert_true (valid);
      g_assert_cmpmem (key, HAB_KEY_SIZE, texts[i].key, HAB_KEY_SIZE);
    } else {
      g_assert_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM);
      g_assert_false (valid);
      g_assert_cmpmem (key, HAB_KEY_SIZE, untouched, HAB_KEY_SIZE);
      if (texts[i].text[0])
        g_assert_null (strstr (error->message, texts[i].text));
    }
  }
}

/* Of 64 last characters 4 leave the spare bits at zero. */
static void
test_canonical_base64 (void)
{
  const gchar *alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  for (guint i = 0; i < 64; i++) {
    gchar text[] = "AAAAAAAAAAAAAAAAAAAAAA";
    guint8 key[HAB_KEY_SIZE];

    text[21] = alphabet[i];
    if (hab_key_parse (text, key, NULL)) {
      g_autofree gchar *back = hab_key_to_base64url (key);
      g_assert_cmpstr (back, ==, text);
      g_assert_cmpuint (i % 16, ==, 0);
    } else {
      g_assert_cmpuint (i % 16, !=, 0);
    }
  }
}

static void
test_format (void)
{
  g_autofree gchar *hex = hab_key_to_hex (key_a);
  g_autofree gchar *uuid = hab_key_to_uuid (key_a);
  g_autofree gchar *base64url = hab_key_to_base64url (key_a);

  g_assert_cmpstr (hex, ==, "fbffbf000102030405060708090afffe");
  g_assert_cmpstr (uuid, ==, "fbffbf00-0102-0304-0506-0708090afffe");
  g_assert_cmpstr (base64url, ==, "-_-_AAECAwQFBgcICQr__g");
}

#define HEX_B "87237d20a19f58a740c05684e699b4aa"
static void
test_wipe (void)
{
  static const guint8 zeros[64];
  guint8 data[64];

  memset (data, 0xff, sizeof (data));
  hab_key_wipe (data, sizeof (data));
  g_assert_cmpmem (data, sizeof (data), zeros, sizeof (zeros));
  hab_key_wipe (NULL, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/keys/parse", test_parse);
  g_test_add_func ("/keys/canonical-base64", test_canonical_base64);
  g_test_add_func ("/keys/format", test_format);
  g_test_add_func ("/keys/wipe", test_wipe);

  return g_test_run ();
}
