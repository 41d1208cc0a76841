/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"

#include <gst/gst.h>
#include <libxml/xmlerror.h>
#include <signal.h>
#include <stdlib.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);

static void
ignore_xml_error (void *data, const char *format, ...)
{
}

static void
ignore_debug (const gchar *domain, GLogLevelFlags level, const gchar *message,
    gpointer data)
{
}

/* libFuzzer keeps the input of what aborts; GLib stops at a break point. */
static void
on_trap (int number)
{
  abort ();
}

/* What GLib finds critical is a finding; what warns of bad input is not, and
 * there would be a lot of it. */
int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  signal (SIGTRAP, on_trap);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  /* It says what it was fed, in bytes that are no text. */
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, ignore_debug, NULL);
  xmlSetGenericErrorFunc (NULL, ignore_xml_error);
  return 0;
}
