/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "adaptation-sets.h"

#include <string.h>

/* Video of 1280x720, or 48 kHz stereo, with segments of 4 s. */
typedef struct
{
  gint set;
  HabMediaKind kind;
  const gchar *codecs, *language, *label, *kid;
  HabRole role;
  guint width, height, rate;
  guint8 transfer;
  guint offset_ms; /* of its second segment */
  gboolean placed;
} Row;

static HabRepresentation *
rep_new (const Row *row, guint i)
{
  const HabSegment segments[] = {
    { .time = 0, .duration = 4000 + row->offset_ms },
    { .time = 4000 + row->offset_ms, .duration = 4000 },
  };
  g_autofree gchar *id = g_strdup_printf ("track_%u", i);
  HabRepresentation *rep = hab_representation_new (id, row->kind);

  rep->codecs = g_strdup (row->codecs ? row->codecs : "avc1.64001f");
  rep->content.language = g_strdup (row->language);
  rep->content.label = g_strdup (row->label);
  rep->content.role = row->role;
  rep->default_kid = g_strdup (row->kid);
  rep->set = row->set;
  rep->placed = row->placed;
  rep->timescale = 1000;
  rep->width = row->width ? row->width : 1280;
  rep->height = row->height ? row->height : 720;
  rep->transfer = row->transfer;
  rep->rate = row->rate ? row->rate : 48000;
  rep->channels = 2;
  g_array_append_vals (rep->segments, segments, G_N_ELEMENTS (segments));
  return rep;
}

/* As "0: track_0 track_1; 1: track_2 [switch 0];". */
static gchar *
describe (const HabPresentation *presentation)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < presentation->sets->len; i++) {
    HabAdaptationSet *set = hab_presentation_get (presentation, i);

    g_string_append_printf (text, "%s%u:", i > 0 ? " " : "", set->id);
    for (guint j = 0; j < set->representations->len; j++)
      g_string_append_printf (text, " %s", hab_adaptation_set_get (set, j)->id);
    for (guint j = 0; j < set->switchable->len; j++)
      g_string_append_printf (text, " [switch %u]",
          g_array_index (set->switchable, guint, j));
    if (set->overlapping)
      g_string_append (text, " [overlapping]");
    g_string_append_c (text, ';');
  }
  return g_string_free (text, FALSE);
}

static GPtrArray *
reps_new (const Row *rows)
{
  GPtrArray *reps = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_representation_free);

  for (guint i = 0; rows[i].set != -2; i++)
    g_ptr_array_add (reps, rep_new (&rows[i], i));
  return reps;
}

#define END { .set = -2 }
#define VIDEO .set = -1, .kind = HAB_MEDIA_VIDEO
#define AUDIO .set = -1, .kind = HAB_MEDIA_AUDIO, .codecs = "mp4a.40.2"

static const struct
{
  const gchar *name;
  Row rows[5];
  const gchar *sets;  /* NULL: refused */
  const gchar *words; /* in the error, or in the note */
} cases[] = {
  { "ladder",
      { { VIDEO }, { VIDEO, .width = 640, .height = 360 },
          { VIDEO, .width = 426, .height = 240, .codecs = "avc1.42c015" },
          { AUDIO }, END },
      "0: track_0 track_1 track_2; 1: track_3;", NULL },
  { "codecs",
      { { VIDEO }, { VIDEO, .codecs = "hvc1.1.6.L93.B0" },
          { VIDEO, .codecs = "avc3.64001f" }, END },
      "0: track_0; 1: track_1; 2: track_2;", NULL },
  { "aspect", { { VIDEO }, { VIDEO, .width = 640, .height = 480 }, END },
      "0: track_0; 1: track_1;", NULL },
  { "dynamic-range",
      { { VIDEO, .transfer = 1 }, { VIDEO, .transfer = 16 },
          { VIDEO, .transfer = 6 }, END },
      "0: track_0 track_2; 1: track_1;", NULL },
  { "clear-and-encrypted", { { VIDEO }, { VIDEO, .kid = "a" }, END },
      "0: track_0; 1: track_1;", NULL },
  { "two-keys",
      { { VIDEO, .kid = "a" }, { VIDEO, .kid = "b" }, { VIDEO, .kid = "a" },
          END },
      "0: track_0 track_2 [switch 1]; 1: track_1 [switch 0];", NULL },
  { "two-keys-apart",
      { { VIDEO, .kid = "a" }, { VIDEO, .kid = "b", .offset_ms = 40 }, END },
      "0: track_0; 1: track_1;", NULL },
  { "languages",
      { { AUDIO, .language = "en" }, { AUDIO, .language = "de" },
          { AUDIO, .language = "en" }, END },
      "0: track_0 track_2; 1: track_1;", NULL },
  { "unknown-language", { { AUDIO }, { AUDIO }, END },
      "0: track_0; 1: track_1;", NULL },
  { "role-and-label",
      { { AUDIO, .language = "en" },
          { AUDIO, .language = "en", .role = HAB_ROLE_COMMENTARY },
          { AUDIO, .language = "en", .label = "Cinema" }, END },
      "0: track_0; 1: track_1; 2: track_2;", NULL },
  { "sampling-rate",
      { { AUDIO, .language = "en" },
          { AUDIO, .language = "en", .rate = 44100 }, END },
      "0: track_0; 1: track_1;", NULL },
  { "rounded", { { VIDEO }, { VIDEO, .offset_ms = 1 }, END },
      "0: track_0 track_1;", NULL },
  { "not-aligned", { { VIDEO }, { VIDEO, .offset_ms = 40 }, END },
      "0: track_0; 1: track_1;",
      "segment 2 of track_0 begins at 4.000000 s, that of track_1 at "
      "4.040000 s" },
  { "text",
      { { .set = -1, .kind = HAB_MEDIA_TEXT, .language = "en" },
          { .set = -1, .kind = HAB_MEDIA_TEXT, .language = "en" }, END },
      "0: track_0; 1: track_1;", NULL },
  { "asked-text",
      { { .set = 0, .kind = HAB_MEDIA_TEXT },
          { .set = 0, .kind = HAB_MEDIA_TEXT }, END },
      NULL, "players do not switch" },
  { "asked",
      { { VIDEO, .label = "A" }, { .set = 0, .kind = HAB_MEDIA_VIDEO },
          { .set = 0, .codecs = "hvc1.1.6.L93.B0" }, END },
      "1: track_0; 0: track_1 track_2;", NULL },
  { "asked-with-two-keys",
      { { .set = 7, .kid = "a" }, { .set = 7, .kid = "b" }, END },
      "7: track_0 track_1;", NULL },
  { "asked-apart", { { .set = 1 }, { .set = 2 }, END },
      "1: track_0; 2: track_1;", NULL },
  { "asked-not-aligned", { { .set = 0 }, { .set = 0, .offset_ms = 40 }, END },
      NULL,
      "segment 2 of track_0 begins at 4.000000 s, that of track_1 at "
      "4.040000 s" },
  { "placed-not-aligned",
      { { .set = 0, .placed = TRUE },
          { .set = 0, .placed = TRUE, .offset_ms = 40 }, END },
      "0: track_0 track_1 [overlapping];",
      "segment 2 of track_0 begins at 4.000000 s, that of track_1 at "
      "4.040000 s" },
  { "asked-kinds",
      { { .set = 0 }, { .set = 0, .kind = HAB_MEDIA_AUDIO }, END },
      NULL, "different kinds" },
  { "asked-languages",
      { { .set = 0, .language = "en" }, { .set = 0, .language = "de" }, END },
      NULL, "different languages" },
  { "asked-roles",
      { { .set = 0, .role = HAB_ROLE_MAIN }, { .set = 0 },
          { .set = 0, .role = HAB_ROLE_DUB }, END },
      NULL, "different roles" },
};

static void
test_case (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autoptr (GPtrArray) reps = reps_new (cases[i].rows);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *sets = NULL;
  gboolean arranged = hab_presentation_arrange (presentation, reps, notes,
      &error);

  if (cases[i].sets == NULL) {
    g_assert_false (arranged);
    g_assert_nonnull (strstr (error->message, cases[i].words));
    return;
  }
  g_assert_no_error (error);
  sets = describe (presentation);
  g_assert_cmpstr (sets, ==, cases[i].sets);
  g_assert_cmpuint (notes->len, ==, cases[i].words ? 1 : 0);
  if (cases[i].words)
    g_assert_nonnull (strstr (notes->pdata[0], cases[i].words));
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strconcat ("/adaptation-sets/", cases[i].name,
        NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
  }
  return g_test_run ();
}
