/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "serve-network.h"

#include <string.h>

#include "access.h"
#include "commands.h"
#include "forwarded.h"
#include "service-manager.h"

void
hab_serve_network_init (HabServeNetwork *self)
{
  *self = (HabServeNetwork) {
    .port = HAB_DEFAULT_PORT,
    .delivery_port = HAB_DEFAULT_DELIVERY_PORT,
    .client_timeout = HAB_DEFAULT_CLIENT_TIMEOUT,
  };
}

void
hab_serve_network_clear (HabServeNetwork *self)
{
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->public_url, g_free);
  g_clear_pointer (&self->public_delivery_url, g_free);
  g_clear_pointer (&self->tls_certificate, g_free);
  g_clear_pointer (&self->tls_key, g_free);
  g_clear_pointer (&self->trusted_proxies, g_strfreev);
  g_clear_pointer (&self->allowed_hosts, g_strfreev);
  g_clear_pointer (&self->cors_origins, g_strfreev);
}

void
hab_serve_network_add_entries (HabServeNetwork *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &self->address,
        "address to listen on; loopback (127.0.0.1 and ::1) by default",
        "ADDRESS" },
    { "port", 0, 0, G_OPTION_ARG_INT, &self->port,
        "port of the API and pages, 5000 by default; 0 for a free one",
        "PORT" },
    { "delivery-port", 0, 0, G_OPTION_ARG_INT, &self->delivery_port,
        "port of delivery, 8080 by default; 0 for a free one", "PORT" },
    { "public-url", 0, 0, G_OPTION_ARG_STRING, &self->public_url,
        "address of the API where something stands before it; needs tokens",
        "URL" },
    { "public-delivery-url", 0, 0, G_OPTION_ARG_STRING,
        &self->public_delivery_url, "the same of delivery", "URL" },
    { "trusted-proxy", 0, 0, G_OPTION_ARG_STRING_ARRAY,
        &self->trusted_proxies,
        "a proxy, or a network of them, of which Forwarded and X-Forwarded-For, "
        "-Proto and -Host are believed; needs tokens", "ADDRESS[/BITS]" },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &self->tls_certificate,
        "PEM file with the certificate by which both listeners speak TLS, and "
        "what leads to its authority", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &self->tls_key,
        "PEM file with its private key", "FILE" },
    { "allow-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->allowed_hosts,
        "a further name as which the service may be asked for; needs tokens "
        "unless it is this machine's alone", "NAME" },
    { "cors-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->cors_origins,
        "an origin whose pages may play what is delivered; every one by "
        "default", "ORIGIN" },
    { "rate-limit", 0, 0, G_OPTION_ARG_DOUBLE, &self->rate_limit,
        "how many requests a second one token, or without one an address, may "
        "make of each listener; 0, the default, for any number", "N" },
    { "client-timeout", 0, 0, G_OPTION_ARG_INT, &self->client_timeout,
        "how long a client may ask for nothing, or neither send nor take "
        "what it began with, 60 by default", "SECONDS" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

/* --- options to settings ---------------------------------------------- */

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
read_sockets (const HabServeNetwork *self, HabSettings *settings)
{
  g_autoptr (GError) error = NULL;

  settings->api_sockets = hab_service_manager_take_sockets ("api", &error);
  if (error == NULL)
    settings->delivery_sockets =
        hab_service_manager_take_sockets ("delivery", &error);
  if (error != NULL)
    return hab_cmd_usage_error ("%s", error->message);
  if (self->address != NULL &&
      (settings->api_sockets != NULL || settings->delivery_sockets != NULL))
    return hab_cmd_usage_error ("--address is not for sockets that a service "
        "manager opened; its unit names their addresses");
  find_open_address (settings->api_sockets, settings);
  find_open_address (settings->delivery_sockets, settings);
  return TRUE;
}

static gboolean
read_address (const HabServeNetwork *self, HabSettings *settings)
{
  if (self->address != NULL && !g_str_equal (self->address, "localhost")) {
    settings->address = g_inet_address_new_from_string (self->address);
    if (settings->address == NULL)
      return hab_cmd_usage_error ("--address must be an IPv4 or IPv6 address");
  }
  return TRUE;
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
          g_strcmp0 (g_uri_get_scheme (uri), "https") != 0))
    return hab_cmd_usage_error ("%s must be an http or https address", option);
  *url = g_strdup (text);
  while (g_str_has_suffix (*url, "/"))
    (*url)[strlen (*url) - 1] = '\0';
  return TRUE;
}

static gboolean
read_trusted_proxies (const HabServeNetwork *self, HabSettings *settings)
{
  if (self->trusted_proxies == NULL)
    return TRUE;
  settings->trusted_proxies = g_ptr_array_new_with_free_func (g_object_unref);
  for (gchar **text = self->trusted_proxies; *text != NULL; text++) {
    GInetAddressMask *mask = hab_forwarded_parse_network (*text);

    if (mask == NULL)
      return hab_cmd_usage_error ("--trusted-proxy must be ADDRESS or "
          "ADDRESS/BITS, the address of a network, not %s", *text);
    g_ptr_array_add (settings->trusted_proxies, mask);
  }
  return TRUE;
}

static gboolean
read_tls (const HabServeNetwork *self, HabSettings *settings)
{
  if (self->tls_certificate == NULL && self->tls_key == NULL)
    return TRUE;
  if (self->tls_certificate == NULL || self->tls_key == NULL)
    return hab_cmd_usage_error ("--tls-certificate and --tls-key need each "
        "other");
  settings->tls_certificate =
      g_canonicalize_filename (self->tls_certificate, NULL);
  settings->tls_key = g_canonicalize_filename (self->tls_key, NULL);
  return TRUE;
}

static gboolean
read_cors_origins (HabServeNetwork *self, HabSettings *settings)
{
  for (gchar **origin = self->cors_origins;
       origin != NULL && *origin != NULL; origin++)
    if (!hab_access_is_origin (*origin))
      return hab_cmd_usage_error ("--cors-origin must be "
          "SCHEME://HOST[:PORT], not %s", *origin);
  settings->cors_origins = g_steal_pointer (&self->cors_origins);
  return TRUE;
}

static gboolean
check_port (const gchar *option, gint port)
{
  return (port >= 0 && port <= G_MAXUINT16) ||
      hab_cmd_usage_error ("%s must be 0 to 65535, not %d", option, port);
}

static gboolean
check_numbers (const HabServeNetwork *self)
{
  if (!check_port ("--port", self->port) ||
      !check_port ("--delivery-port", self->delivery_port))
    return FALSE;
  if (self->client_timeout < 1 || self->client_timeout > 3600)
    return hab_cmd_usage_error ("--client-timeout must be 1 to 3600 seconds");
  if (!(self->rate_limit >= 0 && self->rate_limit <= 1e6))
    return hab_cmd_usage_error ("--rate-limit must be 0 to 1000000 requests a "
        "second");
  return TRUE;
}

/* (nullable): by what others reach the API, be it through a proxy, all of whose
 * requests come from loopback; NULL where only this machine does. */
static const gchar *
find_opening (const HabServeNetwork *self, const HabSettings *settings)
{
  if (!hab_settings_is_loopback (settings))
    return "an address that others can reach";
  if (self->trusted_proxies != NULL)
    return "--trusted-proxy";
  if (self->public_url != NULL)
    return "--public-url";
  for (gchar **name = self->allowed_hosts; name != NULL && *name != NULL;
       name++)
    if (!hab_access_name_is_known (*name, TRUE, NULL))
      return "--allow-host with a name that others use";
  return NULL;
}

static gboolean
check_tokens (const HabServeNetwork *self, gboolean has_tokens,
    const HabSettings *settings)
{
  const gchar *opening = find_opening (self, settings);

  if (opening == NULL || has_tokens)
    return TRUE;
  return hab_cmd_usage_error ("%s needs --api-token-file, a file with a token "
      "of at least 16 characters, or tokens in the environment as "
      "HABERDASH_API_TOKENS: without, whoever reaches the API would be its "
      "owner", opening);
}

gboolean
hab_serve_network_apply (HabServeNetwork *self, gboolean has_tokens,
    HabSettings *settings)
{
  if (!check_numbers (self) || !read_sockets (self, settings) ||
      !read_address (self, settings) ||
      !read_trusted_proxies (self, settings) || !read_tls (self, settings) ||
      !read_cors_origins (self, settings) ||
      !read_url (self->public_url, "--public-url", &settings->public_url) ||
      !read_url (self->public_delivery_url, "--public-delivery-url",
          &settings->public_delivery_url) ||
      !check_tokens (self, has_tokens, settings))
    return FALSE;
  settings->port = self->port;
  settings->delivery_port = self->delivery_port;
  settings->rate_limit = self->rate_limit;
  settings->client_timeout = self->client_timeout;
  settings->allowed_hosts = g_steal_pointer (&self->allowed_hosts);
  return TRUE;
}
