/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pure parts of haberdash verify, and which tracks are chosen. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <unistd.h>

#include "folder.h"
#include "key-evidence.h"
#include "media-file.h"
#include "mpd-address.h"
#include "mpd-reader.h"
#include "track-choice.h"

static void
test_resolve (void)
{
  static const struct
  {
    const gchar *base, *url, *path; /* path NULL: it is elsewhere */
  } rows[] = {
    { NULL, "a.mp4", "a.mp4" },
    { NULL, "a/./b//c.mp4", "a/b/c.mp4" },
    { "v/", "1.m4s", "v/1.m4s" },
    { "v/list.m3u8", "../a/1.m4s?token#x", "a/1.m4s" },
    { NULL, "a%20b.mp4", "a b.mp4" },
    { NULL, "v/", "v/" },
    { NULL, "../x", NULL },
    { "v/", "../../x", NULL },
    { NULL, "%2e%2e/x", NULL },
    { NULL, "/etc/passwd", NULL },
    { NULL, "%2Fetc/passwd", NULL },
    { NULL, "https://x.example/a.mp4", NULL },
    { NULL, "file:a.mp4", NULL },
    { NULL, "a%00b", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = hab_mpd_resolve (rows[i].base, rows[i].url);

    g_assert_cmpstr (path, ==, rows[i].path);
  }
}

static void
test_duration (void)
{
  static const struct
  {
    const gchar *text;
    gdouble seconds;
  } rows[] = {
    { "PT4S", 4 }, { "PT1H2M3.5S", 3723.5 }, { "P1DT1S", 86401 },
    { "PT0S", 0 }, { "4", -1 }, { "PT4", -1 }, { "PT-4S", -1 },
    { "PTnanS", -1 }, { "", -1 }, { NULL, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpfloat (hab_mpd_parse_duration (rows[i].text), ==,
        rows[i].seconds);
}

static void
test_template (void)
{
  static const struct
  {
    const gchar *pattern, *filled;
  } rows[] = {
    { "$Number$.m4s", "7.m4s" }, { "$Number%05d$.m4s", "00007.m4s" },
    { "$RepresentationID$/$Time$-$Bandwidth$", "v/900-64" },
    { "$$$Number$", "$7" }, { "plain", "plain" }, { "$Number", NULL },
    { "$Other$", NULL }, { "$Number%5d$", NULL }, { "$Number%s$", NULL },
    { "$Number%0999d$", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *filled =
        hab_mpd_fill_template (rows[i].pattern, "v", 64, 7, 900);

    g_assert_cmpstr (filled, ==, rows[i].filled);
  }
}

static void
test_nal_evidence (void)
{
  static const struct
  {
    guint8 data[8];
    gboolean plausible;
  } rows[] = {
    { { 0, 0, 0, 4, 0x65, 1, 2, 3 }, TRUE },
    { { 0, 0, 0, 4, 0, 0, 3, 1 }, TRUE },
    { { 0, 0, 0, 4, 0x65, 0, 0, 0 }, TRUE },  /* zeros at the end */
    { { 0, 0, 0, 4, 0x65, 0, 0, 1 }, FALSE },
    { { 0, 0, 0, 4, 0, 0, 2, 9 }, FALSE },
    { { 0, 0, 0, 5, 0x65, 1, 2, 3 }, FALSE }, /* longer than there is */
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (hab_key_evidence_of_nal_units (4, rows[i].data,
        sizeof rows[i].data), ==, rows[i].plausible);
}

static void
test_choice (void)
{
  static const gchar *const tracks[] = { "video", "3", NULL };
  static const gchar *const languages[] = { "en", "por-BR", "und", NULL };
  const HabTrackChoice all = { NULL, NULL };
  const HabTrackChoice by_track = { tracks, NULL };
  const HabTrackChoice by_language = { NULL, languages };

  g_assert_true (hab_track_choice_takes (&all, HAB_MEDIA_TEXT, 9, NULL));
  g_assert_true (hab_track_choice_takes (&by_track, HAB_MEDIA_VIDEO, 1, "x"));
  g_assert_true (hab_track_choice_takes (&by_track, HAB_MEDIA_AUDIO, 3, "x"));
  g_assert_false (hab_track_choice_takes (&by_track, HAB_MEDIA_AUDIO, 2, "x"));
  for (guint i = 0; i < 5; i++) {
    static const gchar *const taken[] = { "en", "eng", "en-GB", "pt-BR", NULL };

    g_assert_true (hab_track_choice_takes (&by_language, HAB_MEDIA_AUDIO, 2,
        taken[i]));
  }
  g_assert_false (hab_track_choice_takes (&by_language, HAB_MEDIA_AUDIO, 2,
      "pt"));
  g_assert_false (hab_track_choice_takes (&by_language, HAB_MEDIA_TEXT, 2,
      "enm"));
}

/* --- files that change meanwhile ---------------------------------------- */

#define FREE_SIZE 8192

/* A free box, an mdat that is empty, and a moof that is cut off, in folder. */
static HabMediaFile *
make_file (const gchar *folder, gchar **path)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  HabMediaFile *file;

  g_byte_array_append (bytes, (const guint8 *) "\0\0\x20\0free", 8);
  g_byte_array_set_size (bytes, FREE_SIZE);
  memset (bytes->data + 8, 0x5a, FREE_SIZE - 8);
  g_byte_array_append (bytes, (const guint8 *) "\0\0\0\x08mdat", 8);
  g_byte_array_append (bytes, (const guint8 *) "\0\0\0\x09moof", 8);
  *path = g_build_filename (folder, "a.mp4", NULL);
  g_file_set_contents (*path, (const gchar *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  file = hab_media_file_open (folder, "a.mp4", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (file->size, ==, FREE_SIZE + 16);
  return file;
}

static void
test_boxes (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("hab-verify-XXXXXX", NULL);
  g_autofree gchar *path = NULL;
  g_autoptr (HabMediaFile) file = make_file (folder, &path);
  g_autoptr (GError) error = NULL;
  HabFileBox box;
  guint64 at = 0;

  g_assert_true (hab_media_file_next (file, &at, file->size, &box, &error));
  g_assert_null (box.box.data);
  g_assert_true (hab_media_file_load (file, &box, &error));
  g_assert_cmpuint (box.box.size, ==, FREE_SIZE - 8);
  g_assert_cmpuint (box.box.data[FREE_SIZE - 9], ==, 0x5a);
  g_assert_cmpint (hab_media_file_tell (file, box.box.data + 2), ==, 10);
  g_assert_true (hab_media_file_next (file, &at, file->size, &box, &error));
  g_assert_cmpuint (box.offset, ==, FREE_SIZE);
  g_assert_cmpuint (box.box.size, ==, 0);
  g_assert_no_error (error);
  g_assert_false (hab_media_file_next (file, &at, file->size, &box, &error));
  g_assert_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED);
  remove_all (folder);
}

static void
test_shrinks (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("hab-verify-XXXXXX", NULL);
  g_autofree gchar *path = NULL;
  g_autoptr (HabMediaFile) file = make_file (folder, &path);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  HabFileBox box;
  guint64 at = 0;

  g_assert_true (hab_media_file_next (file, &at, file->size, &box, &error));
  g_assert_cmpint (truncate (path, 100), ==, 0);
  g_assert_false (hab_media_file_load (file, &box, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (hab_media_file_next (file, &at, file->size, &box, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (hab_media_file_read (file, 90, 20, bytes, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_IO);
  g_clear_error (&error);
  g_assert_true (hab_media_file_read (file, 90, 10, bytes, &error));
  g_assert_cmpuint (bytes->len, ==, 10);
  remove_all (folder);
}

static void
test_no_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hab_media_file_open ("/", "dev", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (hab_media_file_open ("/dev", "null", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

/* A thousand million seconds of segments, in a folder of one file. */
static void
test_endless (gconstpointer template)
{
  g_autofree gchar *folder = g_dir_make_tmp ("hab-verify-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "a.mpd", NULL);
  g_autofree gchar *text = g_strdup_printf (
      "<MPD mediaPresentationDuration=\"PT1000000000S\"><Period>"
      "<AdaptationSet><Representation id=\"v\" bandwidth=\"1\">%s"
      "</Representation></AdaptationSet></Period></MPD>",
      (const gchar *) template);
  g_autoptr (HabReport) report = hab_report_new ();
  g_autoptr (HabMpdDocument) document = NULL;
  const HabMpdTrack *track;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  document = hab_mpd_document_read (folder, "a.mpd", report);
  g_assert_nonnull (document);
  track = document->tracks->pdata[0];
  g_assert_cmpuint (track->segments->len, ==, 2);
  g_assert_cmpuint (report->n_errors, >, 0);
  remove_all (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verify/resolve", test_resolve);
  g_test_add_func ("/verify/duration", test_duration);
  g_test_add_func ("/verify/template", test_template);
  g_test_add_func ("/verify/nal-evidence", test_nal_evidence);
  g_test_add_func ("/verify/boxes", test_boxes);
  g_test_add_data_func ("/verify/endless",
      "<SegmentTemplate media=\"$Number$.m4s\" timescale=\"1\" "
      "duration=\"1\"/>", test_endless);
  g_test_add_data_func ("/verify/endless-timeline",
      "<SegmentTemplate media=\"$Time$.m4s\" timescale=\"1\">"
      "<SegmentTimeline><S t=\"0\" d=\"1\" r=\"-1\"/></SegmentTimeline>"
      "</SegmentTemplate>", test_endless);
  g_test_add_func ("/verify/shrinks", test_shrinks);
  g_test_add_func ("/verify/no-file", test_no_file);
  g_test_add_func ("/tracks/choice", test_choice);
  return g_test_run ();
}
