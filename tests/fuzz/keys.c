/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys and key ids in the forms that people write them in, and key files. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "content-keys.h"
#include "fuzz.h"

static void
check_form (const guint8 key[HAB_KEY_SIZE], gchar *text)
{
  g_autofree gchar *form = text;
  g_autoptr (GError) error = NULL;
  guint8 again[HAB_KEY_SIZE];

  g_assert_true (hab_key_parse (form, again, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (again, HAB_KEY_SIZE, key, HAB_KEY_SIZE);
}

static void
check_key (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  guint8 key[HAB_KEY_SIZE];

  if (hab_key_parse (text, key, &error)) {
    check_form (key, hab_key_to_hex (key));
    check_form (key, hab_key_to_uuid (key));
    check_form (key, hab_key_to_base64url (key));
  } else
    g_assert_nonnull (error);
}

static void
check_file (const gchar *text, const guint8 *kid)
{
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();
  g_autoptr (GError) error = NULL;

  if (!hab_content_keys_parse (keys, text, kid, &error)) {
    g_assert_nonnull (error);
    g_assert_null (hab_content_keys_find (keys, kid));
  }
  hab_content_keys_find (keys, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static const guint8 kid[HAB_KEY_SIZE] = { 1 };
  FuzzInput input = { data, size };
  g_autofree gchar *text = fuzz_take_text (&input);
  g_autoptr (GError) error = NULL;
  guint8 key[HAB_KEY_SIZE];

  check_key (text);
  check_file (text, NULL);
  check_file (text, kid);
  if (!hab_key_parse_for (text, kid, key, &error))
    g_assert_nonnull (error);
  return 0;
}
