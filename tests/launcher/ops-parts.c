/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of the log, ids of requests, metrics. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "log.h"
#include "metrics.h"
#include "request-id.h"

static const struct
{
  const gchar *value, *text, *json;
} values[] = {
  { "plain", "v=plain", "\"v\":\"plain\"" },
  { "", "v=\"\"", "\"v\":\"\"" },
  { "two words", "v=\"two words\"", "\"v\":\"two words\"" },
  { "a=b", "v=\"a=b\"", "\"v\":\"a=b\"" },
  { "say \"no\"", "v=\"say \\\"no\\\"\"", "\"v\":\"say \\\"no\\\"\"" },
  { "C:\\x", "v=\"C:\\\\x\"", "\"v\":\"C:\\\\x\"" },
  { "two\nlines", "v=\"two\\nlines\"", "\"v\":\"two\\nlines\"" },
  { "\x1b[31m\x7f", "v=\"\\u001b[31m\\u007f\"",
      "\"v\":\"\\u001b[31m\\u007f\"" },
  { "grün", "v=grün", "\"v\":\"grün\"" },
  { "\xff", "v=\xef\xbf\xbd", "\"v\":\"\xef\xbf\xbd\"" },
};

static void
test_lines (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    const HabLogField field = { "v", values[i].value };
    g_autofree gchar *text = hab_log_format_line (HAB_LOG_TEXT, "T",
        G_LOG_LEVEL_INFO, "m", &field, 1);
    g_autofree gchar *json = hab_log_format_line (HAB_LOG_JSON, NULL,
        G_LOG_LEVEL_WARNING, "m", &field, 1);
    g_autofree gchar *wanted_text =
        g_strdup_printf ("time=T level=info message=m %s\n", values[i].text);
    g_autofree gchar *wanted_json = g_strdup_printf (
        "{\"level\":\"warning\",\"message\":\"m\",%s}\n", values[i].json);

    g_assert_cmpstr (text, ==, wanted_text);
    g_assert_cmpstr (json, ==, wanted_json);
  }
}

static void
test_long_value (void)
{
  g_autofree gchar *value = g_strnfill (1 << 20, 'x');
  const HabLogField field = { "v", value };
  g_autofree gchar *line = hab_log_format_line (HAB_LOG_TEXT, NULL,
      G_LOG_LEVEL_INFO, "m", &field, 1);

  g_assert_cmpuint (strlen (line), <, 4096);
}

static void
test_request_ids (void)
{
  static const gchar *const kept[] = {
    "1", "a-b_c.d:e", "0192f0c1-7e2b-7000-8000-000000000000"
  };
  static const gchar *const replaced[] = {
    NULL, "", "a b", "a\"", "a/b", "\xc3\xa4", "a\r\nb"
  };
  g_autofree gchar *longest = g_strnfill (128, 'x');
  g_autofree gchar *too_long = g_strnfill (129, 'x');
  g_autofree gchar *same = hab_request_id_choose (longest);
  g_autofree gchar *other = hab_request_id_choose (too_long);

  g_assert_cmpstr (same, ==, longest);
  g_assert_true (g_uuid_string_is_valid (other));
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++) {
    g_autofree gchar *id = hab_request_id_choose (kept[i]);

    g_assert_cmpstr (id, ==, kept[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (replaced); i++) {
    g_autofree gchar *id = hab_request_id_choose (replaced[i]);

    g_assert_true (g_uuid_string_is_valid (id));
  }
}

static void
test_metrics (void)
{
  g_autoptr (HabMetrics) metrics = hab_metrics_new ();
  g_autofree gchar *label =
      hab_metrics_labels ("result", "a\"b\\c\nd", "x", "y", NULL);
  g_autofree gchar *text = NULL;

  g_assert_cmpstr (label, ==, "result=\"a\\\"b\\\\c\\nd\",x=\"y\"");
  hab_metrics_set (metrics, HAB_METRIC_INPUTS, NULL, 3);
  hab_metrics_add (metrics, HAB_METRIC_HTTP_SENT, label, 1);
  hab_metrics_add (metrics, HAB_METRIC_HTTP_SENT, label, 1.5);
  text = hab_metrics_format (metrics);
  g_assert_nonnull (strstr (text, "\nhaberdash_inputs 3\n"));
  g_assert_nonnull (strstr (text,
      "# TYPE haberdash_http_sent_bytes_total counter\n"
      "haberdash_http_sent_bytes_total{result=\"a\\\"b\\\\c\\nd\",x=\"y\"} "
      "2.5\n"));
  g_assert_null (strstr (text, "haberdash_packages"));
}

static void
test_histogram (void)
{
  static const gdouble seconds[] = { 0, 0.001, 0.0011, 400 };
  g_autoptr (HabMetrics) metrics = hab_metrics_new ();
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
    hab_metrics_observe (metrics, HAB_METRIC_HTTP_DURATION, NULL, seconds[i]);
  text = hab_metrics_format (metrics);
  g_assert_nonnull (strstr (text, "_bucket{le=\"0.001\"} 2\n"));
  g_assert_nonnull (strstr (text, "_bucket{le=\"0.0025\"} 3\n"));
  g_assert_nonnull (strstr (text, "_bucket{le=\"300\"} 3\n"));
  g_assert_nonnull (strstr (text, "_bucket{le=\"+Inf\"} 4\n"));
  g_assert_nonnull (strstr (text, "_count 4\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/lines", test_lines);
  g_test_add_func ("/log/long-value", test_long_value);
  g_test_add_func ("/request-id/choose", test_request_ids);
  g_test_add_func ("/metrics/labels-and-values", test_metrics);
  g_test_add_func ("/metrics/histogram", test_histogram);
  return g_test_run ();
}
