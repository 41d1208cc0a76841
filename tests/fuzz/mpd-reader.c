/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An MPD of anybody's as `haberdash verify` reads it, and the addresses,
 * durations and templates that are in one. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "mpd-address.h"
#include "mpd-reader.h"

static void
read_document (const guint8 *data, gsize size)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  g_autofree gchar *name = g_strdup_printf ("%d", fd);
  g_autoptr (HabReport) report = hab_report_new ();
  g_autoptr (HabMpdDocument) document = NULL;

  g_assert_cmpint (write (fd, data, size), ==, size);
  document = hab_mpd_document_read ("/proc/self/fd", name, report);
  if (document == NULL)
    g_assert_cmpuint (report->n_errors, >, 0);
  close (fd);
}

/* Whatever is said in a document, it leads to no file elsewhere. */
static void
check_address (const gchar *base, const gchar *url)
{
  g_autofree gchar *path = hab_mpd_resolve (base, url);
  g_autofree gchar *canonical = NULL;

  if (path == NULL)
    return;
  canonical = g_canonicalize_filename (path, "/a/b");
  g_assert_true (g_str_has_prefix (canonical, "/a/b"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  g_autofree gchar *first = NULL, *second = NULL, *filled = NULL;

  read_document (data, size);
  first = fuzz_make_valid (fuzz_take_line (&input));
  second = fuzz_make_valid (fuzz_take_line (&input));
  check_address (first, second);
  check_address ("", first);
  hab_mpd_parse_duration (first);
  filled = hab_mpd_fill_template (first, second, 1, G_MAXUINT64, G_MAXUINT64);
  return 0;
}
