/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "commands.h"
#include "reload.h"
#include "serve-options.h"
#include "service-manager.h"
#include "service.h"
#include "store.h"
#include "tls-files.h"

typedef struct
{
  GMainLoop *loop;
  HabService *service;
} Server;

static void
on_stopped (gpointer data)
{
  Server *server = data;

  g_main_loop_quit (server->loop);
}

static gboolean
on_signal (gpointer data)
{
  Server *server = data;

  g_message ("stops");
  hab_service_manager_notify ("STOPPING=1");
  hab_service_stop (server->service, on_stopped, server);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_reload (gpointer data)
{
  Server *server = data;

  hab_reload (server->service);
  return G_SOURCE_CONTINUE;
}

/* The one line on the standard output, for people and programs. */
static void
tell_addresses (HabService *service)
{
  const HabSettings *settings = hab_service_get_settings (service);
  g_autofree gchar *host = settings->address != NULL
      ? g_inet_address_to_string (settings->address)
      : g_strdup ("127.0.0.1");
  g_autofree gchar *api = hab_service_build_api_url (service, host);
  g_autofree gchar *delivery = hab_service_build_delivery_url (service, host);

  printf ("ready api=%s/ delivery=%s/\n", api, delivery);
  fflush (stdout);
}

/* A connection is a file, and many viewers are many. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static HabExit
fail (GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  return error->domain == HAB_CATALOG_ERROR ||
          error->domain == HAB_SEAL_ERROR ||
          g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE)
      ? HAB_EXIT_CONFIG
      : HAB_EXIT_UNAVAILABLE;
}

/* (nullable): nothing is wrong without one, unless error is set. */
static GTlsCertificate *
load_certificate (const HabSettings *settings, GError **error)
{
  if (settings->tls_certificate == NULL)
    return NULL;
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return hab_tls_files_load (settings->tls_certificate, settings->tls_key,
        error);
  g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE,
      "there is no TLS here: install glib-networking");
  return NULL;
}

/* Takes tokens. */
static HabExit
serve (const HabSettings *settings, HabTokens *tokens)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GTlsCertificate) certificate = load_certificate (settings, &error);
  g_autoptr (HabService) service =
      error == NULL ? hab_service_new (settings, &error) : NULL;
  Server server = { loop, service };

  if (service == NULL) {
    hab_tokens_free (tokens);
    return fail (error);
  }
  hab_service_set_tokens (service, tokens);
  if (certificate != NULL)
    hab_service_set_certificate (service, certificate);
  if (!hab_service_start (service, &error))
    return fail (error);
  g_unix_signal_add (SIGTERM, on_signal, &server);
  g_unix_signal_add (SIGINT, on_signal, &server);
  g_unix_signal_add (SIGHUP, on_reload, &server);
  tell_addresses (service);
  hab_service_manager_notify ("READY=1");
  g_main_loop_run (loop);
  return HAB_EXIT_OK;
}

HabExit
hab_cmd_serve (int argc, char **argv)
{
  g_auto (HabSettings) settings = { 0 };
  g_autoptr (HabTokens) tokens = NULL;

  if (!hab_serve_options_parse (&argc, &argv, &tokens, &settings))
    return HAB_EXIT_USAGE;
  /* Told by the call that failed. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  /* What the service keeps is nobody else's to read, the catalog too. */
  umask (0077);
  raise_file_limit ();
  return serve (&settings, g_steal_pointer (&tokens));
}
