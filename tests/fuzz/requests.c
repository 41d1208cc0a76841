/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first line is a query, the second a number in a path, the rest the body
 * of a request for a package. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "gops.h"
#include "json.h"
#include "key-request.h"
#include "list-request.h"
#include "option-request.h"
#include "request.h"
#include "upload.h"

static const HabRoute route = {
  .method = "POST", .pattern = "/{}/{}", .body = HAB_BODY_JSON
};

static const gchar *const sorts[] = { "id", "name", "size", NULL };

/* param: (transfer full) */
static HabRequest *
new_request (const gchar *query, gchar *param)
{
  g_autoptr (SoupServerMessage) message =
      g_object_new (SOUP_TYPE_SERVER_MESSAGE, NULL);
  HabRequest *request = hab_request_new (NULL, HAB_LISTENER_API, message);
  GPtrArray *params = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (params, g_strdup ("film.mp4"));
  g_ptr_array_add (params, param);
  hab_request_set_route (request, &route, params, soup_form_decode (query));
  return request;
}

static HabRequest *
take_request (FuzzInput *input)
{
  g_autofree gchar *query = fuzz_make_valid (fuzz_take_line (input));
  HabRequest *request = new_request (query,
      fuzz_make_valid (fuzz_take_line (input)));

  g_byte_array_append (hab_request_get_body (request), input->data,
      input->size);
  return request;
}

/* The next part of a list is one of the same list, further on. */
static void
ask_next (const HabListRequest *list, HabRequest *request)
{
  const HabListQuery *query = &list->query;
  const gint64 last = 7;
  gboolean by_id = query->sort == HAB_SORT_ID && !query->descending;
  g_autofree gchar *text =
      hab_list_request_write_next (list, request, query->limit, last);
  g_autoptr (HabRequest) following = new_request (text, g_strdup (""));
  g_auto (HabListRequest) next = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (strcspn (text, "<> \"\r\n"), ==, strlen (text));
  if (query->offset + query->limit > G_MAXINT64)
    return;
  g_assert_true (hab_list_request_read (&next, following, sorts, &error));
  g_assert_cmpuint (next.query.limit, ==, query->limit);
  g_assert_cmpint (next.query.sort, ==, query->sort);
  g_assert_cmpint (next.query.descending, ==, query->descending);
  g_assert_cmpstr (next.query.search, ==, query->search);
  g_assert_cmpstr (next.query.inputs, ==, query->inputs);
  g_assert_cmpint (next.query.after, ==, by_id ? last : query->after);
  g_assert_cmpuint (next.query.offset, ==,
      by_id ? 0 : query->offset + query->limit);
}

static void
read_query (HabRequest *request)
{
  g_auto (HabListRequest) list = { 0 };
  g_autoptr (GError) error = NULL, failure = NULL;
  guint64 gop;

  if (hab_list_request_read (&list, request, sorts, &error))
    ask_next (&list, request);
  else
    g_assert_nonnull (error);
  if (!hab_gops_read_number (request, &gop, &failure))
    g_assert_nonnull (failure);
}

/* What a file may be called has no place in it. */
static void
read_name (HabRequest *request)
{
  const gchar *name = hab_request_get_param (request, 1);
  g_autoptr (GError) error = NULL;

  if (!hab_upload_check_name (name, &error)) {
    g_assert_nonnull (error);
    return;
  }
  g_assert_cmpuint (strlen (name), <=, 255);
  g_assert_null (strchr (name, '/'));
  g_assert_cmpstr (name, !=, "..");
}

/* What is kept of a request is an object again. */
static void
read_options (JsonObject *object, HabEncrypt encrypt)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *options =
      hab_option_request_read (object, encrypt, &error);
  g_autoptr (JsonNode) node = NULL;

  g_assert_true ((options == NULL) == (error != NULL));
  if (options == NULL)
    return;
  node = json_from_string (options, NULL);
  g_assert_true (node != NULL && JSON_NODE_HOLDS_OBJECT (node));
}

static void
read_keys (JsonObject *object, HabEncrypt encrypt)
{
  HabKeyRequest keys = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;

  if (hab_key_request_read (&keys, object, encrypt, &error))
    text = hab_key_request_describe (&keys);
  else
    g_assert_nonnull (error);
  hab_key_request_wipe (&keys);
}

/* A body with two values, of which one would be lost. */
static void
read_twice (HabRequest *request)
{
  GByteArray *body = hab_request_get_body (request);
  g_autofree guint8 *copy = g_memdup2 (body->data, body->len);
  g_autoptr (JsonNode) both = NULL;

  g_byte_array_append (body, copy, body->len);
  both = hab_json_read_body (request, NULL);
  g_assert_null (both);
}

static void
read_body (HabRequest *request, HabEncrypt encrypt)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = hab_json_read_body (request, &error);

  g_assert_true ((root == NULL) == (error != NULL));
  if (root == NULL)
    return;
  read_twice (request);
  read_options (json_node_get_object (root), encrypt);
  read_keys (json_node_get_object (root), encrypt);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  HabEncrypt encrypt = fuzz_take_u8 (&input) % 3;
  g_autoptr (HabRequest) request = take_request (&input);

  read_query (request);
  read_name (request);
  read_body (request, encrypt);
  return 0;
}
