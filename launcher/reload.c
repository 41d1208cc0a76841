/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "reload.h"

#include "service-manager.h"
#include "tls-files.h"

static void
reload_tokens (HabService *service, const HabSettings *settings)
{
  g_autoptr (GError) error = NULL;
  HabTokens *tokens;

  if (settings->token_file == NULL)
    return;
  tokens = hab_tokens_load (settings->token_file, &error);
  hab_service_tell_reload (service, "tokens", tokens != NULL);
  if (tokens != NULL) {
    hab_service_set_tokens (service, tokens);
    g_message ("reads the API tokens again");
  } else
    g_warning ("keeps the API tokens that it has: %s", error->message);
}

static void
reload_certificate (HabService *service, const HabSettings *settings)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  if (settings->tls_certificate == NULL)
    return;
  certificate = hab_tls_files_load (settings->tls_certificate,
      settings->tls_key, &error);
  hab_service_tell_reload (service, "certificate", certificate != NULL);
  if (certificate != NULL) {
    hab_service_set_certificate (service, certificate);
    g_message ("reads the TLS certificate again");
  } else
    g_warning ("keeps the TLS certificate that it has: %s", error->message);
}

void
hab_reload (HabService *service)
{
  const HabSettings *settings = hab_service_get_settings (service);
  g_autofree gchar *state = g_strdup_printf (
      "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
      g_get_monotonic_time ());

  hab_service_manager_notify (state);
  reload_tokens (service, settings);
  reload_certificate (service, settings);
  hab_service_manager_notify ("READY=1");
}
