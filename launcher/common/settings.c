/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "settings.h"

void
hab_settings_clear (HabSettings *settings)
{
  g_clear_object (&settings->address);
  g_clear_pointer (&settings->api_sockets, g_ptr_array_unref);
  g_clear_pointer (&settings->delivery_sockets, g_ptr_array_unref);
  g_clear_pointer (&settings->data_dir, g_free);
  g_clear_pointer (&settings->media_dirs, g_ptr_array_unref);
  g_clear_pointer (&settings->token_file, g_free);
  g_clear_pointer (&settings->tls_certificate, g_free);
  g_clear_pointer (&settings->tls_key, g_free);
  g_clear_pointer (&settings->cors_origins, g_strfreev);
  g_clear_pointer (&settings->public_url, g_free);
  g_clear_pointer (&settings->public_delivery_url, g_free);
  g_clear_pointer (&settings->trusted_proxies, g_ptr_array_unref);
  g_clear_pointer (&settings->allowed_hosts, g_strfreev);
  g_clear_pointer (&settings->encoder, g_free);
  g_clear_pointer (&settings->callback_hosts, g_strfreev);
  g_clear_pointer (&settings->callback_secret, g_free);
}

gboolean
hab_settings_is_loopback (const HabSettings *settings)
{
  return settings->address == NULL ||
      g_inet_address_get_is_loopback (settings->address);
}

gboolean
hab_settings_is_delivery_public (const HabSettings *settings)
{
  return !hab_settings_is_loopback (settings) ||
      settings->public_delivery_url != NULL ||
      settings->trusted_proxies != NULL;
}
