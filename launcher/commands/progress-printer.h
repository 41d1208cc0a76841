/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "package.h"

G_BEGIN_DECLS

/* How a package that is being made is shown on the standard error. */
typedef enum
{
  HAB_PROGRESS_AUTO, /* a bar on a terminal, else nothing */
  HAB_PROGRESS_NONE,
  HAB_PROGRESS_JSON, /* an object a line */
} HabProgressStyle;

gboolean hab_progress_style_from_string (const gchar *word,
    HabProgressStyle *style);

typedef struct
{
  HabProgressStyle style;
  gboolean quiet;    /* no notes either */
  gboolean terminal;
  gint64 started_us; /* of the monotonic clock */
  gboolean drawn;    /* a bar stands in the last line */
} HabProgressPrinter;

void hab_progress_printer_init (HabProgressPrinter *printer,
    HabProgressStyle style, gboolean quiet);
void hab_progress_printer_show (HabProgressPrinter *printer,
    const HabPackageProgress *now);
void hab_progress_printer_tell_stage (HabProgressPrinter *printer,
    const gchar *stage, const gchar *file);
void hab_progress_printer_tell_rendition (HabProgressPrinter *printer,
    const HabPackageRendition *rendition);
void hab_progress_printer_tell_note (HabProgressPrinter *printer,
    const gchar *note);
/* Leaves an empty line on a terminal. */
void hab_progress_printer_end (HabProgressPrinter *printer);

G_END_DECLS
