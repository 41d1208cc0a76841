/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is wrong with a presentation: a list of findings. Pure. */

typedef enum
{
  HAB_SEVERITY_ERROR,   /* against a standard, or not what is announced */
  HAB_SEVERITY_WARNING, /* allowed, or could not be looked at */
} HabSeverity;

typedef struct
{
  HabSeverity severity;
  const gchar *check; /* static: the word for what was looked at */
  gchar *file;        /* relative to the manifest */
  gint64 offset;      /* in file; -1 where it has no place */
  gchar *message;
} HabFinding;

typedef struct
{
  GPtrArray *findings; /* of HabFinding */
  guint n_errors, n_warnings; /* also of what is not in findings */
  GHashTable *counts;  /* by check and file */
} HabReport;

HabReport *hab_report_new (void);
void hab_report_free (HabReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabReport, hab_report_free)

/* A file of which one check finds very much keeps the first few. */
void hab_report_error (HabReport *report, const gchar *check,
    const gchar *file, gint64 offset, const gchar *format, ...)
    G_GNUC_PRINTF (5, 6);
void hab_report_warning (HabReport *report, const gchar *check,
    const gchar *file, gint64 offset, const gchar *format, ...)
    G_GNUC_PRINTF (5, 6);

/* "error" or "warning". */
const gchar *hab_severity_to_string (HabSeverity severity);

G_END_DECLS
