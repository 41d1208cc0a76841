/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "delivery-address.h"

#include <string.h>

#include "clock.h"

/* Lists that are asked for again and again give the same addresses for so
 * long, which caches and players take for the same. */
#define GRAIN_SECONDS 60

void
hab_delivery_address_clear (HabDeliveryAddress *address)
{
  g_clear_pointer (&address->url, g_free);
}

void
hab_delivery_address_set_signer (HabDeliveryAddress *address,
    const HabSettings *settings, const HabSigner *signer)
{
  address->signer = settings->signed_delivery ? signer : NULL;
  address->lifetime = settings->viewer_token_lifetime;
}

gchar *
hab_delivery_address_build_with (const HabDeliveryAddress *address,
    const gchar *token, const gchar *code, const gchar *path)
{
  return g_strdup_printf ("%s%s%s/%s/%s", address->url,
      token != NULL ? "/" : "", token != NULL ? token : "", code, path);
}

gchar *
hab_delivery_address_build (const HabDeliveryAddress *address,
    const gchar *code, const gchar *path)
{
  gint64 until = hab_clock_now () / G_USEC_PER_SEC + address->lifetime;
  g_autofree gchar *token = NULL;

  if (address->signer != NULL)
    token = hab_signer_sign (address->signer, code,
        (until / GRAIN_SECONDS + 1) * GRAIN_SECONDS);
  return hab_delivery_address_build_with (address, token, code, path);
}

void
hab_delivery_address_init_of_package (HabDeliveryAddress *address,
    const HabPackage *package)
{
  const HabDeliveryAddress here = { .url = (gchar *) "" };
  g_autofree gchar *tail = hab_delivery_address_build_with (&here, NULL,
      package->code, HAB_PATH_MANIFEST);
  gsize length = strlen (package->url);

  if (g_str_has_suffix (package->url, tail))
    length -= strlen (tail);
  *address = (HabDeliveryAddress) { .url = g_strndup (package->url, length) };
}
