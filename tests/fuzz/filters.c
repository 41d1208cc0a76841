/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters as query strings and command lines have them, each NAME=VALUE in a
 * line: what is understood reads the same when it is written again. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "ladder.h"
#include "video-filter.h"

static void
check_chain (const HabFilterChain *chain, HabFilterPicture picture)
{
  g_auto (GStrv) pairs = hab_filter_chain_to_pairs (chain), again = NULL;
  g_autoptr (HabFilterChain) copy = hab_filter_chain_new ();
  g_autoptr (GError) error = NULL, failure = NULL;

  for (gchar **pair = pairs; *pair != NULL; pair++)
    hab_filter_chain_add_pair (copy, *pair, &error);
  g_assert_no_error (error);
  again = hab_filter_chain_to_pairs (copy);
  g_assert_true (g_strv_equal ((const gchar *const *) pairs,
      (const gchar *const *) again));
  if (!hab_filter_chain_apply (chain, &picture, &failure)) {
    g_assert_nonnull (failure);
    return;
  }
  g_assert_cmpuint (picture.width, >, 0);
  g_assert_cmpuint (picture.height, >, 0);
}

static void
check_ladder (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabLadder) ladder = hab_ladder_parse (text, &error);

  g_assert_true ((ladder == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  const HabFilterPicture picture = {
    .width = fuzz_take_number (&input, 2) + 1,
    .height = fuzz_take_number (&input, 2) + 1,
    .par_n = 1, .par_d = 1,
    .fps_n = fuzz_take_u8 (&input) + 1, .fps_d = 1,
  };
  g_autoptr (HabFilterChain) chain = hab_filter_chain_new ();

  while (input.size > 0) {
    g_autofree gchar *line = fuzz_make_valid (fuzz_take_line (&input));
    g_autoptr (GError) error = NULL;

    if (!hab_filter_chain_add_pair (chain, line, &error))
      g_assert_nonnull (error);
    check_ladder (line);
  }
  check_chain (chain, picture);
  return 0;
}
