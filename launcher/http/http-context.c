/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "http-context.h"

gchar *
hab_http_context_build_url (const HabHttpContext *self,
    HabListenerKind listener, const gchar *scheme, const gchar *host)
{
  const HabSettings *settings = self->settings;
  const gchar *public_url = listener == HAB_LISTENER_API
      ? settings->public_url
      : settings->public_delivery_url;

  if (public_url != NULL)
    return g_strdup (public_url);
  if (scheme == NULL)
    scheme = settings->tls_certificate != NULL ? "https" : "http";
  return g_uri_join (G_URI_FLAGS_NONE, scheme, NULL, host,
      self->ports[listener], "", NULL, NULL);
}
