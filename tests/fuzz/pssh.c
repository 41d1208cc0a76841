/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pssh box, and a list of them in base64. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "pssh-boxes.h"

static void
check_box (const HabPssh *pssh)
{
  g_autofree gchar *text = hab_pssh_to_base64 (pssh);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) again = hab_pssh_parse_list (text, &error);
  gsize size;

  hab_pssh_get_data (pssh, &size);
  g_assert_cmpuint (size, <, g_bytes_get_size (pssh->box));
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, 1);
  g_assert_true (hab_pssh_find (again, pssh->system) == again->pdata[0]);
  g_assert_true (
      g_bytes_equal (((HabPssh *) again->pdata[0])->box, pssh->box));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autofree gchar *text = fuzz_take_text (&input);
  g_autoptr (GError) error = NULL, failure = NULL;
  g_autoptr (HabPssh) pssh = hab_pssh_parse (bytes, &error);
  g_autoptr (GPtrArray) list = hab_pssh_parse_list (text, &failure);

  g_assert_true ((pssh == NULL) == (error != NULL));
  g_assert_true ((list == NULL) == (failure != NULL));
  if (pssh != NULL)
    check_box (pssh);
  for (guint i = 0; list != NULL && i < list->len; i++)
    check_box (list->pdata[i]);
  return 0;
}
