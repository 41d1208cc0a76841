/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "access.h"
#include "callback-rules.h"
#include "commands.h"
#include "forwarded.h"
#include "keys.h"
#include "log.h"
#include "reload.h"
#include "service-manager.h"
#include "service.h"
#include "tls-files.h"
#include "signer.h"
#include "store.h"
#include "video-encoder.h"

typedef struct
{
  gchar *address, *data_dir, *token_file, *public_url, *public_delivery_url;
  gchar **allowed_hosts, **callback_hosts, **trusted_proxies;
  gchar *callback_secret_file, *encoder;
  gint port, delivery_port, jobs, upload_expiry;
  gint64 max_upload;
  gchar *keep_inputs, *keep_packages;
  gint64 max_inputs_size, cache_size;
  gdouble retry_delay, stop_timeout;
  gchar *log_format, *log_level;
  gchar *tls_certificate, *tls_key;
  gchar **cors_origins;
  gdouble rate_limit;
  gboolean signed_delivery;
  gint viewer_token_lifetime;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->address);
  g_free (options->data_dir);
  g_free (options->token_file);
  g_free (options->public_url);
  g_free (options->public_delivery_url);
  g_strfreev (options->allowed_hosts);
  g_strfreev (options->callback_hosts);
  g_strfreev (options->trusted_proxies);
  g_free (options->callback_secret_file);
  g_free (options->tls_certificate);
  g_free (options->tls_key);
  g_strfreev (options->cors_origins);
  g_free (options->keep_inputs);
  g_free (options->keep_packages);
  g_free (options->log_format);
  g_free (options->log_level);
  g_free (options->encoder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

#define API_TOKENS "HABERDASH_API_TOKENS"
#define CALLBACK_SECRET "HABERDASH_CALLBACK_SECRET"

/* --- options to settings ---------------------------------------------- */

static gboolean
usage_error (const gchar *what)
{
  g_printerr ("%s: %s\n", g_get_prgname (), what);
  return FALSE;
}

/* Who can reach the service is decided by the sockets where it was handed
 * some: one beyond loopback counts as --address does. */
static void
find_open_address (GPtrArray *sockets, HabSettings *settings)
{
  for (guint i = 0; sockets != NULL && i < sockets->len; i++) {
    g_autoptr (GSocketAddress) local =
        g_socket_get_local_address (g_ptr_array_index (sockets, i), NULL);
    GInetAddress *inet = G_IS_INET_SOCKET_ADDRESS (local)
        ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local))
        : NULL;

    if (inet != NULL && !g_inet_address_get_is_loopback (inet))
      g_set_object (&settings->address, inet);
  }
}

static gboolean
read_sockets (const Options *options, HabSettings *settings)
{
  g_autoptr (GError) error = NULL;

  settings->api_sockets = hab_service_manager_take_sockets ("api", &error);
  if (error == NULL)
    settings->delivery_sockets =
        hab_service_manager_take_sockets ("delivery", &error);
  if (error != NULL)
    return usage_error (error->message);
  if (options->address != NULL &&
      (settings->api_sockets != NULL || settings->delivery_sockets != NULL))
    return usage_error ("--address is not for sockets that a service manager "
                        "opened; its unit names their addresses");
  find_open_address (settings->api_sockets, settings);
  find_open_address (settings->delivery_sockets, settings);
  return TRUE;
}

static gboolean
read_address (const Options *options, const HabTokens *tokens,
    HabSettings *settings)
{
  if (options->address != NULL &&
      !g_str_equal (options->address, "localhost")) {
    settings->address = g_inet_address_new_from_string (options->address);
    if (settings->address == NULL)
      return usage_error ("--address must be an IPv4 or IPv6 address");
  }
  if (hab_settings_is_loopback (settings) || tokens != NULL)
    return TRUE;
  return usage_error ("an address that others can reach needs "
                      "--api-token-file, a file with a token of at least 16 "
                      "characters, or tokens in the environment as "
                      API_TOKENS);
}

static gboolean
check_secret (const gchar *secret, const gchar *name)
{
  if (strlen (secret) >= 16 && strpbrk (secret, " \t\r\n") == NULL)
    return TRUE;
  g_printerr ("%s: %s must have at least 16 characters and no blanks\n",
      g_get_prgname (), name);
  return FALSE;
}

/* Nothing where path is NULL. */
static gboolean
read_secret_file (const gchar *path, gchar **secret)
{
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return TRUE;
  if (!g_file_get_contents (path, secret, NULL, &error))
    return usage_error (error->message);
  g_strstrip (*secret);
  return TRUE;
}

/* (nullable): a secret of the environment, which is the children's too and
 * shows in /proc: it is taken out, and what it was is overwritten. */
static gchar *
take_from_environment (const gchar *name)
{
  gchar *value = (gchar *) g_getenv (name);
  gchar *secret = g_strdup (value);

  if (value != NULL)
    hab_key_wipe (value, strlen (value));
  g_unsetenv (name);
  return secret;
}

/* A file's are read again on SIGHUP. */
static gboolean
read_tokens (Options *options, HabTokens **tokens, HabSettings *settings)
{
  g_autofree gchar *text = take_from_environment (API_TOKENS);
  g_autoptr (GError) error = NULL;

  if (options->token_file != NULL) {
    settings->token_file = g_canonicalize_filename (options->token_file, NULL);
    *tokens = hab_tokens_load (settings->token_file, &error);
  } else if (text != NULL)
    *tokens = hab_tokens_parse (text, &error);
  if (text != NULL)
    hab_key_wipe (text, strlen (text));
  return error == NULL || usage_error (error->message);
}

static gboolean
check_callback_hosts (gchar **hosts)
{
  for (; *hosts != NULL; hosts++) {
    if (hab_callback_host_is_valid (*hosts))
      continue;
    g_printerr ("%s: --callback-host must be HOST or HOST:PORT, not %s\n",
        g_get_prgname (), *hosts);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_callbacks (Options *options, HabSettings *settings)
{
  g_autofree gchar *secret = take_from_environment (CALLBACK_SECRET);

  if (!read_secret_file (options->callback_secret_file,
          &settings->callback_secret))
    return FALSE;
  if (settings->callback_secret == NULL)
    settings->callback_secret = g_steal_pointer (&secret);
  if (options->callback_hosts == NULL)
    return TRUE;
  if (!check_callback_hosts (options->callback_hosts))
    return FALSE;
  if (settings->callback_secret == NULL)
    return usage_error ("--callback-host needs --callback-secret-file, or the "
                        "secret in the environment as " CALLBACK_SECRET);
  settings->callback_hosts = g_steal_pointer (&options->callback_hosts);
  return check_secret (settings->callback_secret, "the callbacks' secret");
}

static gboolean
read_url (const gchar *text, const gchar *option, gchar **url)
{
  g_autoptr (GUri) uri = NULL;

  if (text == NULL)
    return TRUE;
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL ||
      (g_strcmp0 (g_uri_get_scheme (uri), "http") != 0 &&
          g_strcmp0 (g_uri_get_scheme (uri), "https") != 0)) {
    g_printerr ("%s: %s must be an http or https address\n", g_get_prgname (),
        option);
    return FALSE;
  }
  *url = g_strdup (text);
  while (g_str_has_suffix (*url, "/"))
    (*url)[strlen (*url) - 1] = '\0';
  return TRUE;
}

static gboolean
read_trusted_proxies (const Options *options, HabSettings *settings)
{
  if (options->trusted_proxies == NULL)
    return TRUE;
  settings->trusted_proxies = g_ptr_array_new_with_free_func (g_object_unref);
  for (gchar **text = options->trusted_proxies; *text != NULL; text++) {
    GInetAddressMask *mask = hab_forwarded_parse_network (*text);

    if (mask == NULL) {
      g_printerr ("%s: --trusted-proxy must be ADDRESS or ADDRESS/BITS, the "
                  "address of a network, not %s\n", g_get_prgname (), *text);
      return FALSE;
    }
    g_ptr_array_add (settings->trusted_proxies, mask);
  }
  return TRUE;
}

static gboolean
read_tls (const Options *options, HabSettings *settings)
{
  if (options->tls_certificate == NULL && options->tls_key == NULL)
    return TRUE;
  if (options->tls_certificate == NULL || options->tls_key == NULL)
    return usage_error ("--tls-certificate and --tls-key need each other");
  settings->tls_certificate =
      g_canonicalize_filename (options->tls_certificate, NULL);
  settings->tls_key = g_canonicalize_filename (options->tls_key, NULL);
  return TRUE;
}

static gboolean
read_cors_origins (Options *options, HabSettings *settings)
{
  for (gchar **origin = options->cors_origins;
       origin != NULL && *origin != NULL; origin++) {
    if (hab_access_is_origin (*origin))
      continue;
    g_printerr ("%s: --cors-origin must be SCHEME://HOST[:PORT], not %s\n",
        g_get_prgname (), *origin);
    return FALSE;
  }
  settings->cors_origins = g_steal_pointer (&options->cors_origins);
  return TRUE;
}

static gboolean
check_numbers (const Options *options)
{
  if (options->port < 0 || options->port > 65535 ||
      options->delivery_port < 0 || options->delivery_port > 65535)
    return usage_error ("a port is 0 to 65535");
  if (options->jobs < 1 || options->jobs > 1024)
    return usage_error ("--jobs must be 1 to 1024");
  if (!(options->retry_delay > 0 && options->retry_delay <= 600))
    return usage_error ("--retry-delay must be more than 0 and at most 600 "
                        "seconds");
  if (!(options->stop_timeout >= 0 && options->stop_timeout <= 86400))
    return usage_error ("--stop-timeout must be 0 to 86400 seconds");
  if (!(options->rate_limit >= 0 && options->rate_limit <= 1e6))
    return usage_error ("--rate-limit must be 0 to 1000000 requests a second");
  if (options->viewer_token_lifetime < 1 ||
      options->viewer_token_lifetime > HAB_SIGNER_MAX_SECONDS)
    return usage_error ("--viewer-token-lifetime must be 1 to 31536000");
  if (options->max_upload < 1)
    return usage_error ("--max-upload must be at least 1");
  if (hab_video_encoder_find (options->encoder) == NULL)
    return usage_error ("--encoder must be openh264 or x264");
  if (options->upload_expiry < 1)
    return usage_error ("--upload-expiry must be at least 1 second");
  return TRUE;
}

/* A whole number and s, m, h or d. */
static gboolean
read_age (const gchar *text, const gchar *option, gint64 *seconds)
{
  static const struct { gchar unit; gint64 seconds; } units[] = {
    { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }
  };
  gsize length = text != NULL ? strlen (text) : 0;
  g_autofree gchar *digits = g_strndup (text, length > 0 ? length - 1 : 0);
  guint64 number;

  if (text == NULL)
    return TRUE;
  for (guint i = 0; length > 1 && i < G_N_ELEMENTS (units); i++)
    if (text[length - 1] == units[i].unit &&
        g_ascii_string_to_unsigned (digits, 10, 1, 1000000, &number, NULL)) {
      *seconds = number * units[i].seconds;
      return TRUE;
    }
  g_printerr ("%s: %s must be a number and s, m, h or d, such as 30d\n",
      g_get_prgname (), option);
  return FALSE;
}

static gboolean
read_retention (const Options *options, HabSettings *settings)
{
  if (options->max_inputs_size < 0 || options->cache_size < 0)
    return usage_error ("a size cannot be less than 0");
  settings->max_inputs_size = options->max_inputs_size;
  settings->cache_size = options->cache_size;
  return read_age (options->keep_inputs, "--keep-inputs",
             &settings->keep_inputs) &&
      read_age (options->keep_packages, "--keep-packages",
          &settings->keep_packages);
}

static gboolean
read_log (const Options *options)
{
  HabLogFormat format = HAB_LOG_TEXT;
  GLogLevelFlags lowest = G_LOG_LEVEL_INFO;

  if (options->log_format != NULL &&
      !hab_log_format_from_string (options->log_format, &format))
    return usage_error ("--log-format must be text or json");
  if (options->log_level != NULL &&
      !hab_log_level_from_string (options->log_level, &lowest))
    return usage_error ("--log-level must be error, warning, notice, info or "
                        "debug");
  hab_log_init (format, lowest);
  return TRUE;
}

static gboolean
read_settings (Options *options, HabTokens **tokens, HabSettings *settings)
{
  if (!check_numbers (options) || !read_tokens (options, tokens, settings) ||
      !read_sockets (options, settings) ||
      !read_address (options, *tokens, settings) ||
      !read_callbacks (options, settings) ||
      !read_trusted_proxies (options, settings) ||
      !read_tls (options, settings) ||
      !read_cors_origins (options, settings) ||
      !read_url (options->public_url, "--public-url", &settings->public_url) ||
      !read_url (options->public_delivery_url, "--public-delivery-url",
          &settings->public_delivery_url) ||
      !read_retention (options, settings) || !read_log (options))
    return FALSE;
  settings->port = options->port;
  settings->delivery_port = options->delivery_port;
  settings->jobs = options->jobs;
  settings->encoder = g_steal_pointer (&options->encoder);
  settings->retry_delay = options->retry_delay;
  settings->stop_timeout = options->stop_timeout;
  settings->max_upload = options->max_upload;
  settings->upload_expiry = options->upload_expiry;
  settings->rate_limit = options->rate_limit;
  settings->signed_delivery = options->signed_delivery;
  settings->viewer_token_lifetime = options->viewer_token_lifetime;
  settings->allowed_hosts = g_steal_pointer (&options->allowed_hosts);
  settings->data_dir = options->data_dir != NULL
      ? g_canonicalize_filename (options->data_dir, NULL)
      : g_build_filename (g_get_user_data_dir (), "haberdash", NULL);
  return TRUE;
}

/* --- running ---------------------------------------------------------- */

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
  g_auto (Options) options = {
    .port = HAB_DEFAULT_PORT,
    .delivery_port = HAB_DEFAULT_DELIVERY_PORT,
    .jobs = g_get_num_processors (),
    .max_upload = HAB_DEFAULT_MAX_UPLOAD,
    .upload_expiry = HAB_DEFAULT_UPLOAD_EXPIRY,
    .cache_size = HAB_DEFAULT_CACHE_SIZE,
    .retry_delay = HAB_DEFAULT_RETRY_DELAY,
    .viewer_token_lifetime = HAB_DEFAULT_VIEWER_TOKEN_LIFETIME,
  };
  const GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address,
        "address to listen on; loopback (127.0.0.1 and ::1) by default",
        "ADDRESS" },
    { "port", 0, 0, G_OPTION_ARG_INT, &options.port,
        "port of the API and pages, 5000 by default; 0 for a free one",
        "PORT" },
    { "delivery-port", 0, 0, G_OPTION_ARG_INT, &options.delivery_port,
        "port of delivery, 8080 by default; 0 for a free one", "PORT" },
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.data_dir,
        "folder for all that is kept; ~/.local/share/haberdash by default",
        "DIR" },
    { "jobs", 0, 0, G_OPTION_ARG_INT, &options.jobs,
        "packages made at the same time; as many as processors by default",
        "N" },
    { "encoder", 0, 0, G_OPTION_ARG_STRING, &options.encoder,
        "encoder of packages with a ladder: openh264 (the default) or x264, "
        "where it is installed", "NAME" },
    { "retry-delay", 0, 0, G_OPTION_ARG_DOUBLE, &options.retry_delay,
        "time before a package that failed for a cause that can pass is tried "
        "again, 10 by default; doubles with each attempt", "SECONDS" },
    { "keep-inputs", 0, 0, G_OPTION_ARG_STRING, &options.keep_inputs,
        "remove inputs of which no package was asked for so long, such as 30d; "
        "never by default", "AGE" },
    { "keep-packages", 0, 0, G_OPTION_ARG_STRING, &options.keep_packages,
        "remove packages that ended so long ago; never by default", "AGE" },
    { "max-inputs-size", 0, 0, G_OPTION_ARG_INT64, &options.max_inputs_size,
        "remove the inputs that were not used for the longest while all have "
        "more bytes; 0, the default, for any size", "BYTES" },
    { "cache-size", 0, 0, G_OPTION_ARG_INT64, &options.cache_size,
        "bytes of cut GOPs that are kept, 1 GiB by default", "BYTES" },
    { "stop-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options.stop_timeout,
        "how long a stop waits for packages that are being made before they "
        "go back to the queue, 0 by default", "SECONDS" },
    { "log-format", 0, 0, G_OPTION_ARG_STRING, &options.log_format,
        "text (logfmt, the default) or json", "FORMAT" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, &options.log_level,
        "the least that is logged: error, warning, notice, info (the default) "
        "or debug", "LEVEL" },
    { "max-upload", 0, 0, G_OPTION_ARG_INT64, &options.max_upload,
        "largest file that is taken; 64 GiB by default", "BYTES" },
    { "upload-expiry", 0, 0, G_OPTION_ARG_INT, &options.upload_expiry,
        "time after which an upload that nobody goes on with is dropped; a day "
        "by default", "SECONDS" },
    { "api-token-file", 0, 0, G_OPTION_ARG_FILENAME, &options.token_file,
        "file with the tokens that the API asks for, a line NAME TOKEN for "
        "each; needed where others can reach it", "FILE" },
    { "public-url", 0, 0, G_OPTION_ARG_STRING, &options.public_url,
        "address of the API where something stands before it", "URL" },
    { "public-delivery-url", 0, 0, G_OPTION_ARG_STRING,
        &options.public_delivery_url, "the same of delivery", "URL" },
    { "trusted-proxy", 0, 0, G_OPTION_ARG_STRING_ARRAY,
        &options.trusted_proxies,
        "a proxy, or a network of them, of which Forwarded and X-Forwarded-For, "
        "-Proto and -Host are believed", "ADDRESS[/BITS]" },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &options.tls_certificate,
        "PEM file with the certificate by which both listeners speak TLS, and "
        "what leads to its authority", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options.tls_key,
        "PEM file with its private key", "FILE" },
    { "cors-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.cors_origins,
        "an origin whose pages may play what is delivered; every one by "
        "default", "ORIGIN" },
    { "rate-limit", 0, 0, G_OPTION_ARG_DOUBLE, &options.rate_limit,
        "how many requests a second one token, or without one an address, may "
        "make of each listener; 0, the default, for any number", "N" },
    { "signed-delivery", 0, 0, G_OPTION_ARG_NONE, &options.signed_delivery,
        "deliver files at signed addresses only, which expire", NULL },
    { "viewer-token-lifetime", 0, 0, G_OPTION_ARG_INT,
        &options.viewer_token_lifetime,
        "how long signed addresses and viewer tokens are good for, 21600 by "
        "default", "SECONDS" },
    { "allow-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.allowed_hosts,
        "a further name as which the service may be asked for", "NAME" },
    { "callback-host", 0, 0, G_OPTION_ARG_STRING_ARRAY,
        &options.callback_hosts,
        "a host whose addresses may be told of the end of packages; none by "
        "default", "HOST[:PORT]" },
    { "callback-secret-file", 0, 0, G_OPTION_ARG_FILENAME,
        &options.callback_secret_file,
        "file with the secret that signs callbacks; else it is taken from "
        "HABERDASH_CALLBACK_SECRET in the environment", "FILE" },
    G_OPTION_ENTRY_NULL
  };

  if (!hab_cmd_parse (&argc, &argv, "",
          "Runs the service. When it is up it prints one line: \"ready\" and "
          "the addresses of the API and of delivery.",
          "Examples:\n"
          "  haberdash serve --port 0 --delivery-port 0 --data-dir /srv/films",
          entries, 0) ||
      !read_settings (&options, &tokens, &settings))
    return HAB_EXIT_USAGE;
  /* Told by the call that failed. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  /* What the service keeps is nobody else's to read, the catalog too. */
  umask (0077);
  raise_file_limit ();
  return serve (&settings, g_steal_pointer (&tokens));
}
