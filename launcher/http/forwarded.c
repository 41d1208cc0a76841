/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "forwarded.h"

#include <string.h>

#define DIGITS "0123456789"
#define ALPHANUMERICS \
  DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define TOKEN_CHARS ALPHANUMERICS "!#$%&'*+-.^_`|~"
#define BLANKS " \t"
#define MAX_NAME_LENGTH 253

/* What one proxy says. */
typedef struct
{
  GInetAddress *address; /* who asked it; NULL where it does not tell */
  const gchar *scheme;
  gchar *host;
} Hop;

static void
hop_free (gpointer data)
{
  Hop *self = data;

  g_clear_object (&self->address);
  g_free (self->host);
  g_free (self);
}

void
hab_arrival_clear (HabArrival *self)
{
  g_clear_object (&self->client);
  g_clear_pointer (&self->host, g_free);
  self->scheme = NULL;
}

/* --- values ----------------------------------------------------------- */

static gboolean
consists_of (const gchar *text, const gchar *chars)
{
  return *text != '\0' && text[strspn (text, chars)] == '\0';
}

static GInetAddress *
unmap (GInetAddress *address)
{
  static const guint8 prefix[12] = { [10] = 0xff, [11] = 0xff };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6 ||
      memcmp (bytes, prefix, sizeof prefix) != 0)
    return g_object_ref (address);
  return g_inet_address_new_from_bytes (bytes + sizeof prefix,
      G_SOCKET_FAMILY_IPV4);
}

/* (nullable): no zones, which are of one machine alone. */
static GInetAddress *
parse_address (const gchar *text, GSocketFamily family)
{
  g_autoptr (GInetAddress) address = NULL;

  if (!consists_of (text, DIGITS "ABCDEFabcdef:."))
    return NULL;
  address = g_inet_address_new_from_string (text);
  return address != NULL && g_inet_address_get_family (address) == family
      ? unmap (address)
      : NULL;
}

static gboolean
is_port (const gchar *text)
{
  guint64 port;

  return consists_of (text, DIGITS) &&
      g_ascii_string_to_unsigned (text, 10, 1, 65535, &port, NULL);
}

/* An identifier that a proxy made up, _ and more. */
static gboolean
is_obfuscated (const gchar *text)
{
  return text[0] == '_' && consists_of (text + 1, ALPHANUMERICS "._-");
}

/* What follows the name or address: nothing, or a port. */
static gboolean
is_port_of_node (const gchar *text)
{
  return *text == '\0' ||
      (*text == ':' && (is_port (text + 1) || is_obfuscated (text + 1)));
}

/* address: stays NULL where who it is is not told. bare: an IPv6 address may
 * be without brackets. */
static gboolean
parse_node (const gchar *text, gboolean bare, GInetAddress **address)
{
  const gchar *end = text[0] == '[' ? strchr (text, ']') : NULL;
  g_autofree gchar *name = NULL;

  if (end != NULL) {
    name = g_strndup (text + 1, end - text - 1);
    *address = parse_address (name, G_SOCKET_FAMILY_IPV6);
    return *address != NULL && is_port_of_node (end + 1);
  }
  if (bare && (*address = parse_address (text, G_SOCKET_FAMILY_IPV6)) != NULL)
    return TRUE;
  end = text + strcspn (text, ":");
  name = g_strndup (text, end - text);
  *address = parse_address (name, G_SOCKET_FAMILY_IPV4);
  return (*address != NULL || is_obfuscated (name) ||
             g_ascii_strcasecmp (name, "unknown") == 0) &&
      is_port_of_node (end);
}

static gboolean
parse_scheme (const gchar *text, const gchar **scheme)
{
  if (g_ascii_strcasecmp (text, "https") == 0)
    *scheme = "https";
  else if (g_ascii_strcasecmp (text, "http") == 0)
    *scheme = "http";
  else
    return FALSE;
  return TRUE;
}

static gboolean
is_name (const gchar *text)
{
  return strlen (text) <= MAX_NAME_LENGTH && g_ascii_isalnum (text[0]) &&
      consists_of (text, ALPHANUMERICS ".-_");
}

gboolean
hab_forwarded_is_authority (const gchar *text)
{
  const gchar *end = text[0] == '[' ? strchr (text, ']') : NULL;
  g_autofree gchar *name = NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (end != NULL) {
    name = g_strndup (text + 1, end - text - 1);
    address = parse_address (name, G_SOCKET_FAMILY_IPV6);
    end++;
  } else {
    end = text + strcspn (text, ":");
    name = g_strndup (text, end - text);
  }
  return (address != NULL || (text[0] != '[' && is_name (name))) &&
      (*end == '\0' || (*end == ':' && is_port (end + 1)));
}

static gboolean
parse_host (const gchar *text, gchar **host)
{
  if (!hab_forwarded_is_authority (text))
    return FALSE;
  *host = g_strdup (text);
  return TRUE;
}

/* --- Forwarded -------------------------------------------------------- */

static void
skip_blanks (const gchar **at)
{
  *at += strspn (*at, BLANKS);
}

/* (nullable) (transfer full): what stands there, which at is moved behind. */
static gchar *
take_token (const gchar **at)
{
  gsize length = strspn (*at, TOKEN_CHARS);
  gchar *token = length > 0 ? g_strndup (*at, length) : NULL;

  *at += length;
  return token;
}

/* The same, behind the quote that opens it. */
static gchar *
take_quoted (const gchar **at)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const gchar *c = *at;

  for (; *c != '"'; c++) {
    if (*c == '\\')
      c++;
    if (*c == '\0')
      return NULL;
    g_string_append_c (text, *c);
  }
  *at = c + 1;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gchar *
take_value (const gchar **at)
{
  if (**at != '"')
    return take_token (at);
  (*at)++;
  return take_quoted (at);
}

/* Parameters that are not known may say anything, even twice. */
static gboolean
hop_take (Hop *self, const gchar *name, const gchar *value, guint *seen)
{
  static const gchar *const names[] = { "for", "proto", "host" };
  guint i = 0;

  while (i < G_N_ELEMENTS (names) && g_ascii_strcasecmp (name, names[i]) != 0)
    i++;
  if (i == G_N_ELEMENTS (names))
    return TRUE;
  if ((*seen & 1u << i) != 0)
    return FALSE;
  *seen |= 1u << i;
  return i == 0 ? parse_node (value, FALSE, &self->address)
      : i == 1 ? parse_scheme (value, &self->scheme)
               : parse_host (value, &self->host);
}

static gboolean
take_pair (const gchar **at, Hop *hop, guint *seen)
{
  g_autofree gchar *name = take_token (at);
  g_autofree gchar *value = NULL;

  if (name == NULL || **at != '=')
    return FALSE;
  (*at)++;
  value = take_value (at);
  return value != NULL && hop_take (hop, name, value, seen);
}

/* Up to the comma or the end; pairs with semicolons between, each of which may
 * be absent. */
static gboolean
take_hop (const gchar **at, Hop *hop)
{
  guint seen = 0;

  for (;;) {
    skip_blanks (at);
    if (strchr (";,", **at) == NULL && !take_pair (at, hop, &seen))
      return FALSE;
    skip_blanks (at);
    if (**at == ',' || **at == '\0')
      return TRUE;
    if (**at != ';')
      return FALSE;
    (*at)++;
  }
}

/* (nullable) (transfer full) (element-type Hop) */
static GPtrArray *
parse_forwarded (const gchar *text)
{
  g_autoptr (GPtrArray) hops = g_ptr_array_new_with_free_func (hop_free);

  for (;;) {
    Hop *hop = g_new0 (Hop, 1);

    g_ptr_array_add (hops, hop);
    if (!take_hop (&text, hop))
      return NULL;
    if (*text == '\0')
      return g_steal_pointer (&hops);
    text++;
  }
}

/* --- X-Forwarded-… ---------------------------------------------------- */

static gchar **
split_list (const gchar *text)
{
  gchar **items = g_strsplit (text != NULL ? text : "", ",", -1);

  for (gchar **item = items; *item != NULL; item++)
    g_strstrip (*item);
  return items;
}

/* (nullable): what a header says of the n-th hop; one value says it of all. */
static const gchar *
get_item (gchar **items, guint n)
{
  return g_strv_length (items) > 1 ? items[n] : items[0];
}

static gboolean
hop_read_items (Hop *self, const gchar *node, const gchar *scheme,
    const gchar *host)
{
  return (node == NULL || parse_node (node, TRUE, &self->address)) &&
      (scheme == NULL || parse_scheme (scheme, &self->scheme)) &&
      (host == NULL || parse_host (host, &self->host));
}

/* As of parse_forwarded (). */
static GPtrArray *
parse_x_forwarded (const HabForwardedHeaders *headers)
{
  g_autoptr (GPtrArray) hops = g_ptr_array_new_with_free_func (hop_free);
  g_auto (GStrv) nodes = split_list (headers->x_for);
  g_auto (GStrv) schemes = split_list (headers->x_proto);
  g_auto (GStrv) hosts = split_list (headers->x_host);
  guint n = MAX (g_strv_length (nodes), 1);
  guint n_schemes = g_strv_length (schemes), n_hosts = g_strv_length (hosts);

  if ((n_schemes > 1 && n_schemes != n) || (n_hosts > 1 && n_hosts != n))
    return NULL;
  for (guint i = 0; i < n; i++) {
    Hop *hop = g_new0 (Hop, 1);

    g_ptr_array_add (hops, hop);
    if (!hop_read_items (hop, nodes[i], get_item (schemes, i),
            get_item (hosts, i)))
      return NULL;
  }
  return g_steal_pointer (&hops);
}

/* --- who is believed -------------------------------------------------- */

/* GLib takes any number of bits for those of an IPv6 address, and a larger one
 * than fits. */
GInetAddressMask *
hab_forwarded_parse_network (const gchar *text)
{
  const gchar *slash = strchr (text, '/');
  guint64 bits;

  if (slash != NULL && (!consists_of (slash + 1, DIGITS) ||
                           !g_ascii_string_to_unsigned (slash + 1, 10, 0, 128,
                               &bits, NULL)))
    return NULL;
  return g_inet_address_mask_new_from_string (text, NULL);
}

/* networks: (element-type GInetAddressMask). NULL is in none. */
static gboolean
is_trusted (GPtrArray *networks, GInetAddress *address)
{
  for (guint i = 0; address != NULL && networks != NULL && i < networks->len;
       i++)
    if (g_inet_address_mask_matches (g_ptr_array_index (networks, i), address))
      return TRUE;
  return FALSE;
}

/* The client is whom the outermost of the trusted proxies tells of; what that
 * one does not say is not known. */
static void
walk (GPtrArray *hops, GInetAddress *peer, GPtrArray *networks,
    HabArrival *arrival)
{
  GInetAddress *client = peer;
  const Hop *told = NULL;

  for (guint i = hops->len; i > 0; i--) {
    const Hop *hop = g_ptr_array_index (hops, i - 1);

    if (!is_trusted (networks, client))
      break;
    told = hop;
    if (hop->address == NULL)
      break;
    client = hop->address;
  }
  g_set_object (&arrival->client, client);
  arrival->scheme = told != NULL ? told->scheme : NULL;
  g_free (arrival->host);
  arrival->host = told != NULL ? g_strdup (told->host) : NULL;
}

static gboolean
is_same (const HabArrival *a, const HabArrival *b)
{
  return g_inet_address_equal (a->client, b->client) &&
      a->scheme == b->scheme && g_strcmp0 (a->host, b->host) == 0;
}

/* A proxy that sets one kind hands on what a client sends of the other. */
static gboolean
read_both (GPtrArray *hops, GPtrArray *x_hops, GInetAddress *peer,
    GPtrArray *networks, HabArrival *arrival)
{
  g_auto (HabArrival) other = { 0 };

  walk (hops, peer, networks, arrival);
  walk (x_hops, peer, networks, &other);
  return is_same (arrival, &other);
}

static gboolean
read_headers (const HabForwardedHeaders *headers, GInetAddress *peer,
    GPtrArray *networks, HabArrival *arrival)
{
  gboolean has_x = headers->x_for != NULL || headers->x_proto != NULL ||
      headers->x_host != NULL;
  g_autoptr (GPtrArray) hops = headers->forwarded != NULL
      ? parse_forwarded (headers->forwarded)
      : NULL;
  g_autoptr (GPtrArray) x_hops = has_x ? parse_x_forwarded (headers) : NULL;

  if ((headers->forwarded != NULL && hops == NULL) ||
      (has_x && x_hops == NULL))
    return FALSE;
  if (hops != NULL && x_hops != NULL)
    return read_both (hops, x_hops, peer, networks, arrival);
  if (hops != NULL || x_hops != NULL)
    walk (hops != NULL ? hops : x_hops, peer, networks, arrival);
  return TRUE;
}

gboolean
hab_forwarded_read (const HabForwardedHeaders *headers, GInetAddress *peer,
    GPtrArray *networks, HabArrival *arrival)
{
  gboolean fine = TRUE;

  hab_arrival_clear (arrival);
  g_set_object (&arrival->client, peer);
  if (!is_trusted (networks, peer))
    return TRUE;
  fine = read_headers (headers, peer, networks, arrival);
  if (!fine) {
    hab_arrival_clear (arrival);
    arrival->client = g_object_ref (peer);
  }
  return fine;
}
