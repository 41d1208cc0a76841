/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "json-build.h"

void
hab_json_add_text (JsonBuilder *builder, const gchar *name, const gchar *text)
{
  json_builder_set_member_name (builder, name);
  if (text != NULL)
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

void
hab_json_add_int (JsonBuilder *builder, const gchar *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

void
hab_json_add_double (JsonBuilder *builder, const gchar *name, gdouble number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, number);
}

void
hab_json_add_bool (JsonBuilder *builder, const gchar *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

void
hab_json_add_null (JsonBuilder *builder, const gchar *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_null_value (builder);
}

void
hab_json_add_time (JsonBuilder *builder, const gchar *name, gint64 us)
{
  g_autoptr (GDateTime) second =
      g_date_time_new_from_unix_utc (us / G_USEC_PER_SEC);
  g_autofree gchar *start = g_date_time_format (second, "%Y-%m-%dT%H:%M:%S");
  g_autofree gchar *text = g_strdup_printf ("%s.%03dZ", start,
      (int) (us % G_USEC_PER_SEC / 1000));

  hab_json_add_text (builder, name, text);
}

void
hab_json_add_seconds (JsonBuilder *builder, const gchar *name, gint64 ns)
{
  if (ns < 0)
    hab_json_add_null (builder, name);
  else
    hab_json_add_double (builder, name, ns / 1e9);
}
