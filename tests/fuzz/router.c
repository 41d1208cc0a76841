/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths of requests: decoded, and matched with a pattern that has every kind of
 * place in it. No component gets out that a file name must not have. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "router.h"

static const gchar *const patterns[] = {
  "/", "/videos/{}/gop-{}.mp4", "/videos/{}/gops/{}", "/{}/{}/**", "/a{}",
};

static void
match (const gchar *pattern, gchar **components)
{
  g_autoptr (GPtrArray) params = g_ptr_array_new_with_free_func (g_free);

  if (!hab_router_match (pattern, components, params))
    return;
  for (guint i = 0; i < params->len; i++)
    g_assert_nonnull (params->pdata[i]);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  g_autofree gchar *path = fuzz_take_text (&input);
  g_auto (GStrv) components = hab_router_split (path);

  if (components == NULL)
    return 0;
  for (gchar **component = components; *component != NULL; component++)
    g_assert_true (g_utf8_validate (*component, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    match (patterns[i], components);
  return 0;
}
