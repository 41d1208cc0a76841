/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The table of filters, and values of them. No elements. */

#include <string.h>

#include "media.h"
#include "video-filter.h"

/* --- the table --------------------------------------------------------- */

static void
test_table (void)
{
  for (const HabVideoFilter *filter = hab_video_filters; filter->name != NULL;
       filter++) {
    g_autofree gchar *pattern = hab_video_filter_get_pattern (filter);
    g_autofree gchar *syntax = hab_video_filter_get_syntax (filter);
    g_autofree gchar *allowed = hab_video_filter_get_allowed (filter);
    g_autoptr (HabFilterChain) chain = hab_filter_chain_new ();
    g_autoptr (GError) error = NULL;
    HabFilterPicture picture = { 320, 180, 1, 1, 25, 1 };

    g_test_message ("%s=%s: %s", filter->name, syntax, allowed);
    g_assert_true (g_regex_match_simple (pattern, filter->example, 0, 0));
    g_assert_false (g_regex_match_simple (pattern, "", 0, 0));
    g_assert_cmpuint (strlen (syntax), >, 0);
    g_assert_nonnull (filter->apply);
    g_assert_nonnull (filter->build);
    g_assert_cmpint (filter->fields[0].separator, ==, 0);
    hab_filter_chain_add (chain, filter->name, filter->example, &error);
    g_assert_no_error (error);
    hab_filter_chain_apply (chain, &picture, &error);
    g_assert_no_error (error);
  }
}

static void
test_words (void)
{
  static const struct
  {
    const gchar *name, *syntax, *pattern;
  } rows[] = {
    { "crop", "X,Y,W,H", "^[0-9]{1,6},[0-9]{1,6},[0-9]{1,6},[0-9]{1,6}$" },
    { "grayscale", "1", "^(?:1)$" },
    { "scale", "WxH", "^[0-9]{1,6}x[0-9]{1,6}$" },
    { "rotate", "90|180|270", "^(?:90|180|270)$" },
    { "fps", "N[/D]", "^[0-9]{1,6}(?:/[0-9]{1,6})?$" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const HabVideoFilter *filter = &hab_video_filters[i];
    g_autofree gchar *pattern = hab_video_filter_get_pattern (filter);
    g_autofree gchar *syntax = hab_video_filter_get_syntax (filter);

    g_assert_cmpstr (filter->name, ==, rows[i].name);
    g_assert_cmpstr (syntax, ==, rows[i].syntax);
    g_assert_cmpstr (pattern, ==, rows[i].pattern);
  }
}

/* --- values ------------------------------------------------------------ */

/* wanted: what pairs are in the order of the table; NULL: not allowed, and
 * detail has this. */
static const struct
{
  const gchar *pairs, *wanted, *detail;
} values[] = {
  { "crop=0,0,16,16", "crop=0,0,16,16", NULL },
  { "crop=2,4,8192,8192", "crop=2,4,8192,8192", NULL },
  { "grayscale=1", "grayscale=1", NULL },
  { "scale=3840x2160", "scale=3840x2160", NULL },
  { "rotate=270", "rotate=270", NULL },
  { "fps=30", "fps=30/1", NULL },
  { "fps=30/1", "fps=30/1", NULL },
  { "fps=0030/01", "fps=30/1", NULL },
  { "fps=30000/1001", "fps=30000/1001", NULL },
  { "fps=5&rotate=90&grayscale=1&crop=0,0,32,32",
      "crop=0,0,32,32&grayscale=1&rotate=90&fps=5/1", NULL },

  { "blur=1", NULL, "crop, grayscale, scale, rotate, fps" },
  { "=1", NULL, "no filter \"\"" },
  { "Crop=0,0,16,16", NULL, "no filter" },
  { "crop", NULL, "NAME=VALUE" },
  { "rotate=90&rotate=90", NULL, "rotate must be given once" },
  { "crop=", NULL, "crop must be X,Y,W,H: X from 0 to 8176, even" },
  { "crop=0,0,16", NULL, "crop" },
  { "crop=0,0,16,16,", NULL, "crop" },
  { "crop=0,0,16,16,16", NULL, "crop" },
  { "crop=,0,16,16", NULL, "crop" },
  { "crop=0;0;16;16", NULL, "crop" },
  { "crop=-2,0,16,16", NULL, "crop" },
  { "crop=+2,0,16,16", NULL, "crop" },
  { "crop= 2,0,16,16", NULL, "crop" },
  { "crop=2.0,0,16,16", NULL, "crop" },
  { "crop=0x2,0,16,16", NULL, "crop" },
  { "crop=1,0,16,16", NULL, "even" },
  { "crop=0,0,17,16", NULL, "even" },
  { "crop=0,0,14,16", NULL, "from 16" },
  { "crop=0,0,8194,16", NULL, "to 8192" },
  { "crop=0,0,4294967312,16", NULL, "crop" },
  { "crop=0,0,18446744073709551632,16", NULL, "crop" },
  { "crop=0,0,16,16!fakesink", NULL, "crop" },
  { "grayscale=0", NULL, "grayscale must be 1" },
  { "grayscale=true", NULL, "grayscale" },
  { "grayscale=11", NULL, "grayscale" },
  { "scale=320", NULL, "scale" },
  { "scale=320X180", NULL, "scale must be WxH" },
  { "scale=321x180", NULL, "even" },
  { "scale=0x180", NULL, "scale" },
  { "scale=3842x180", NULL, "to 3840" },
  { "rotate=0", NULL, "90 or 180 or 270" },
  { "rotate=45", NULL, "rotate must be 90|180|270" },
  { "rotate=360", NULL, "rotate" },
  { "rotate=-90", NULL, "rotate" },
  { "fps=0", NULL, "fps" },
  { "fps=25/", NULL, "fps" },
  { "fps=25/0", NULL, "fps" },
  { "fps=/1", NULL, "fps" },
  { "fps=25.0", NULL, "fps" },
  { "fps=25/1002", NULL, "fps" },
  { "fps=120121", NULL, "fps" },
};

static gboolean
add_all (HabFilterChain *chain, const gchar *pairs, GError **error)
{
  g_auto (GStrv) list = g_strsplit (pairs, "&", -1);

  for (gchar **pair = list; *pair != NULL; pair++)
    if (!hab_filter_chain_add_pair (chain, *pair, error))
      return FALSE;
  return TRUE;
}

static void
test_values (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (HabFilterChain) chain = hab_filter_chain_new ();
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) pairs = NULL;
    g_autofree gchar *text = NULL;

    g_test_message ("%s", values[i].pairs);
    add_all (chain, values[i].pairs, &error);
    if (values[i].wanted == NULL) {
      g_assert_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_ALLOWED);
      g_assert_nonnull (strstr (error->message, values[i].detail));
      continue;
    }
    g_assert_no_error (error);
    g_assert_false (hab_filter_chain_is_empty (chain));
    pairs = hab_filter_chain_to_pairs (chain);
    text = g_strjoinv ("&", pairs);
    g_assert_cmpstr (text, ==, values[i].wanted);
  }
}

/* --- what becomes of a picture ------------------------------------------- */

/* width 0 of result: not allowed, and detail has this. */
static const struct
{
  const gchar *pairs;
  HabFilterPicture source, result;
  const gchar *detail;
} pictures[] = {
  { "crop=0,0,320,180", { 320, 180, 1, 1, 25, 1 }, { 320, 180, 1, 1, 25, 1 },
      NULL },
  { "crop=160,90,160,90", { 320, 180, 4, 3, 25, 1 }, { 160, 90, 4, 3, 25, 1 },
      NULL },
  { "scale=200x100", { 320, 180, 4, 3, 25, 1 }, { 200, 100, 1, 1, 25, 1 },
      NULL },
  { "rotate=90", { 320, 180, 4, 3, 25, 1 }, { 180, 320, 3, 4, 25, 1 }, NULL },
  { "rotate=180", { 320, 180, 4, 3, 25, 1 }, { 320, 180, 4, 3, 25, 1 }, NULL },
  { "rotate=270", { 320, 180, 4, 3, 25, 1 }, { 180, 320, 3, 4, 25, 1 }, NULL },
  { "fps=30000/1001", { 320, 180, 1, 1, 25, 1 },
      { 320, 180, 1, 1, 30000, 1001 }, NULL },
  /* cropped before it is turned, though it is asked for behind it */
  { "rotate=90&crop=0,0,320,16", { 320, 180, 1, 1, 25, 1 },
      { 16, 320, 1, 1, 25, 1 }, NULL },
  { "crop=0,0,3840,2160", { 7680, 4320, 1, 1, 25, 1 },
      { 3840, 2160, 1, 1, 25, 1 }, NULL },

  { "crop=162,0,160,90", { 320, 180, 1, 1, 25, 1 }, { 0 },
      "320 by 180 pixels: X + W at most 320, Y + H at most 180" },
  { "crop=0,92,160,90", { 320, 180, 1, 1, 25, 1 }, { 0 }, "crop" },
  { "crop=0,0,180,320", { 320, 180, 1, 1, 25, 1 }, { 0 }, "crop" },
  { "rotate=90&crop=0,0,180,320", { 320, 180, 1, 1, 25, 1 }, { 0 }, "crop" },
  { "scale=3840x3840", { 320, 180, 1, 1, 25, 1 }, { 0 }, "scale" },
  { "fps=1/2", { 320, 180, 1, 1, 25, 1 }, { 0 }, "1 to 120" },
  { "fps=121", { 320, 180, 1, 1, 25, 1 }, { 0 }, "1 to 120" },
  { "fps=120120/1000", { 320, 180, 1, 1, 25, 1 }, { 0 }, "1 to 120" },
  { "grayscale=1", { 7680, 4320, 1, 1, 25, 1 }, { 0 }, "crop or scale" },
  { "grayscale=1", { 8, 8, 1, 1, 25, 1 }, { 0 }, "16 to 3840" },
};

static void
test_pictures (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++) {
    g_autoptr (HabFilterChain) chain = hab_filter_chain_new ();
    g_autoptr (GError) error = NULL;
    HabFilterPicture picture = pictures[i].source;

    g_test_message ("%s", pictures[i].pairs);
    g_assert_true (add_all (chain, pictures[i].pairs, NULL));
    hab_filter_chain_apply (chain, &picture, &error);
    if (pictures[i].result.width == 0) {
      g_assert_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_ALLOWED);
      g_assert_nonnull (strstr (error->message, pictures[i].detail));
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpmem (&picture, sizeof picture, &pictures[i].result,
        sizeof picture);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filters/table", test_table);
  g_test_add_func ("/filters/words", test_words);
  g_test_add_func ("/filters/values", test_values);
  g_test_add_func ("/filters/pictures", test_pictures);
  return g_test_run ();
}
