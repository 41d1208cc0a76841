/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* GET /filters: the table of filters, of which pages make a form. */

#include "json.h"
#include "request.h"
#include "resources.h"
#include "video-filter.h"

static void
add_field (JsonBuilder *builder, const HabFilterField *field)
{
  const gchar separator[] = { field->separator, '\0' };

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "name", field->name);
  hab_json_add_text (builder, "title", field->title);
  hab_json_add_text (builder, "unit", field->unit);
  hab_json_add_int (builder, "minimum", field->minimum);
  hab_json_add_int (builder, "maximum", field->maximum);
  hab_json_add_int (builder, "step", field->step);
  hab_json_add_text (builder, "separator", separator);
  if (field->fallback > 0)
    hab_json_add_int (builder, "default", field->fallback);
  else
    hab_json_add_null (builder, "default");
  json_builder_end_object (builder);
}

static void
add_filter (JsonBuilder *builder, const HabVideoFilter *filter)
{
  g_autofree gchar *syntax = hab_video_filter_get_syntax (filter);
  g_autofree gchar *pattern = hab_video_filter_get_pattern (filter);
  g_autofree gchar *allowed = hab_video_filter_get_allowed (filter);

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "name", filter->name);
  hab_json_add_text (builder, "title", filter->title);
  hab_json_add_text (builder, "description", filter->description);
  hab_json_add_text (builder, "syntax", syntax);
  hab_json_add_text (builder, "pattern", pattern);
  hab_json_add_text (builder, "example", filter->example);
  hab_json_add_text (builder, "allowed", allowed);
  json_builder_set_member_name (builder, "fields");
  json_builder_begin_array (builder);
  for (const HabFilterField *field = filter->fields; field->name != NULL;
       field++)
    add_field (builder, field);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
list_filters (HabRequest *request)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  HabReply *reply;

  json_builder_begin_array (builder);
  for (const HabVideoFilter *filter = hab_video_filters; filter->name != NULL;
       filter++)
    add_filter (builder, filter);
  json_builder_end_array (builder);
  reply = hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder));
  /* A later version of the program has another one. */
  hab_reply_set_header (reply, "Cache-Control", "no-cache");
  hab_request_reply (request, reply);
}

const HabRoute hab_filters_routes[] = {
  { "GET", "/filters", HAB_BODY_NONE, 0, NULL, list_filters },
  { NULL }
};
