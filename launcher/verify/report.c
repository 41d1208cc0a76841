/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "report.h"

/* Of one check in one file. */
#define MAX_ALIKE 5
#define MAX_FINDINGS 1000

static void
finding_free (HabFinding *finding)
{
  g_free (finding->file);
  g_free (finding->message);
  g_free (finding);
}

HabReport *
hab_report_new (void)
{
  HabReport *report = g_new0 (HabReport, 1);

  report->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify) finding_free);
  report->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  return report;
}

void
hab_report_free (HabReport *report)
{
  g_ptr_array_unref (report->findings);
  g_hash_table_unref (report->counts);
  g_free (report);
}

static guint
count (HabReport *report, const gchar *check, const gchar *file)
{
  gchar *key = g_strconcat (check, " ", file, NULL);
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (report->counts, key)) + 1;

  g_hash_table_insert (report->counts, key, GUINT_TO_POINTER (n));
  return n;
}

static void
add (HabReport *report, HabSeverity severity, const gchar *check,
    const gchar *file, gint64 offset, const gchar *format, va_list arguments)
{
  HabFinding *finding;

  if (severity == HAB_SEVERITY_ERROR)
    report->n_errors++;
  else
    report->n_warnings++;
  if (count (report, check, file) > MAX_ALIKE ||
      report->findings->len >= MAX_FINDINGS)
    return;
  finding = g_new0 (HabFinding, 1);
  finding->severity = severity;
  finding->check = check;
  finding->file = g_strdup (file);
  finding->offset = offset;
  finding->message = g_strdup_vprintf (format, arguments);
  g_ptr_array_add (report->findings, finding);
}

void
hab_report_error (HabReport *report, const gchar *check, const gchar *file,
    gint64 offset, const gchar *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  add (report, HAB_SEVERITY_ERROR, check, file, offset, format, arguments);
  va_end (arguments);
}

void
hab_report_warning (HabReport *report, const gchar *check, const gchar *file,
    gint64 offset, const gchar *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  add (report, HAB_SEVERITY_WARNING, check, file, offset, format, arguments);
  va_end (arguments);
}

const gchar *
hab_severity_to_string (HabSeverity severity)
{
  return severity == HAB_SEVERITY_ERROR ? "error" : "warning";
}
