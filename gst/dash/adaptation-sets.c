/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "adaptation-sets.h"

#include <string.h>

#include <gio/gio.h>

/* Percent by which aspect ratios of one content differ at most: the sizes of a
 * ladder are rounded. */
#define ASPECT_TOLERANCE 2

/* --- whether segments meet ----------------------------------------------- */

gboolean
hab_times_meet (GstClockTime a, GstClockTime b)
{
  return MAX (a, b) - MIN (a, b) <= HAB_ALIGNMENT_TOLERANCE;
}

static gchar *
seconds (GstClockTime time)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%06" G_GUINT64_FORMAT " s",
      time / GST_SECOND, time % GST_SECOND / GST_USECOND);
}

gchar *
hab_misalignment_to_string (const HabMisalignment *misalignment)
{
  g_autofree gchar *first = seconds (misalignment->first_start);
  g_autofree gchar *second = seconds (misalignment->second_start);

  return g_strdup_printf ("segment %u of %s begins at %s, that of %s at %s",
      misalignment->number, misalignment->first, first, misalignment->second,
      second);
}

/* In nanoseconds. */
static GstClockTime
start_of (const HabRepresentation *rep, guint number)
{
  return gst_util_uint64_scale_round (hab_representation_get_segment (rep,
      number - rep->first_number)->time, GST_SECOND, rep->timescale);
}

/* Of the segments that both have. */
static gboolean
segments_meet (const HabRepresentation *a, const HabRepresentation *b,
    HabMisalignment *misalignment)
{
  guint n = MAX (a->first_number, b->first_number);
  guint end = MIN (a->first_number + a->segments->len,
      b->first_number + b->segments->len);

  for (; n < end; n++) {
    GstClockTime start_a = start_of (a, n), start_b = start_of (b, n);

    if (hab_times_meet (start_a, start_b))
      continue;
    *misalignment = (HabMisalignment){ a->id, b->id, n, start_a, start_b };
    return FALSE;
  }
  return TRUE;
}

/* --- what is the same content -------------------------------------------- */

static gboolean
same_sample_entry (const gchar *a, const gchar *b)
{
  gsize length = strcspn (a, ".");

  return length == strcspn (b, ".") && strncmp (a, b, length) == 0;
}

static gboolean
same_aspect (const HabRepresentation *a, const HabRepresentation *b)
{
  guint aw, ah, bw, bh;
  guint64 left, right;

  if (!hab_representation_get_aspect (a, &aw, &ah) ||
      !hab_representation_get_aspect (b, &bw, &bh))
    return TRUE;
  left = (guint64) aw * bh;
  right = (guint64) bw * ah;
  return MAX (left, right) - MIN (left, right) <=
      MAX (left, right) / 100 * ASPECT_TOLERANCE;
}

static gboolean
same_video (const HabRepresentation *a, const HabRepresentation *b)
{
  return same_sample_entry (a->codecs, b->codecs) && same_aspect (a, b) &&
      hab_representation_get_range (a) == hab_representation_get_range (b);
}

/* Of two tracks in a language that is not known, nobody knows what they are. */
static gboolean
same_audio (const HabRepresentation *a, const HabRepresentation *b)
{
  return a->content.language && g_strcmp0 (a->codecs, b->codecs) == 0 &&
      a->channels == b->channels && a->arrangement == b->arrangement &&
      a->dolby_map == b->dolby_map && a->rate == b->rate;
}

/* But for the key. Of a text there is one version. */
static gboolean
same_content (const HabRepresentation *a, const HabRepresentation *b)
{
  const HabContent *of_a = &a->content, *of_b = &b->content;

  if (of_a->kind == HAB_MEDIA_TEXT || of_a->kind != of_b->kind ||
      of_a->role != of_b->role ||
      g_strcmp0 (of_a->language, of_b->language) != 0 ||
      g_strcmp0 (of_a->label, of_b->label) != 0)
    return FALSE;
  return of_a->kind == HAB_MEDIA_VIDEO ? same_video (a, b) :
      same_audio (a, b);
}

static gboolean
same_key (const HabRepresentation *a, const HabRepresentation *b)
{
  return g_strcmp0 (a->default_kid, b->default_kid) == 0;
}

/* --- notes --------------------------------------------------------------- */

static void
add_note (GPtrArray *notes, const gchar *what,
    const HabMisalignment *misalignment)
{
  g_autofree gchar *where = hab_misalignment_to_string (misalignment);

  if (notes)
    g_ptr_array_add (notes, g_strdup_printf ("%s and %s %s: %s",
        misalignment->first, misalignment->second, what, where));
}

/* --- sets that were asked for -------------------------------------------- */

static HabAdaptationSet *
find_asked (const HabPresentation *presentation, gint number)
{
  for (guint i = 0; i < presentation->sets->len; i++) {
    HabAdaptationSet *set = hab_presentation_get (presentation, i);

    if (hab_adaptation_set_get (set, 0)->set == number)
      return set;
  }
  return NULL;
}

/* What is not said of one may be said of the other. */
static gboolean
texts_agree (const gchar *a, const gchar *b)
{
  return a == NULL || b == NULL || g_strcmp0 (a, b) == 0;
}

static const gchar *
contradiction (const HabContent *a, const HabContent *b)
{
  if (a->kind != b->kind)
    return "are of different kinds";
  if (a->kind == HAB_MEDIA_TEXT)
    return "are text, between which players do not switch";
  if (!texts_agree (a->language, b->language))
    return "have different languages";
  if (!texts_agree (a->label, b->label))
    return "have different labels";
  if (a->role != b->role && a->role != HAB_ROLE_NONE &&
      b->role != HAB_ROLE_NONE)
    return "have different roles";
  return NULL;
}

static gboolean
may_join (const HabAdaptationSet *set, const HabRepresentation *rep,
    GError **error)
{
  const HabRepresentation *first = hab_adaptation_set_get (set, 0);
  const gchar *why = contradiction (&first->content, &rep->content);
  g_autofree gchar *where = NULL;
  HabMisalignment misalignment;

  if (why) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s and %s cannot be in one adaptation set: they %s", first->id,
        rep->id, why);
    return FALSE;
  }
  if (segments_meet (first, rep, &misalignment))
    return TRUE;
  where = hab_misalignment_to_string (&misalignment);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s and %s cannot be in one adaptation set: %s", first->id, rep->id,
      where);
  return FALSE;
}

/* What one says, the set says. */
static void
complete_content (HabContent *content, const HabContent *other)
{
  if (content->language == NULL)
    content->language = g_strdup (other->language);
  if (content->label == NULL)
    content->label = g_strdup (other->label);
  if (content->role == HAB_ROLE_NONE)
    content->role = other->role;
}

/* Players know already where it is: it stays there. */
static void
add_placed (HabAdaptationSet *set, HabRepresentation *rep, GPtrArray *notes)
{
  HabMisalignment misalignment;

  if (!segments_meet (hab_adaptation_set_get (set, 0), rep, &misalignment)) {
    set->overlapping = TRUE;
    add_note (notes, "are in one adaptation set and overlap", &misalignment);
  }
  hab_adaptation_set_add (set, rep);
}

/* Leaves rep to the caller where it returns FALSE. */
static gboolean
add_asked (HabPresentation *presentation, HabRepresentation *rep,
    GPtrArray *notes, GError **error)
{
  HabAdaptationSet *set = find_asked (presentation, rep->set);

  if (set == NULL) {
    hab_presentation_add (presentation, hab_adaptation_set_new (rep));
    return TRUE;
  }
  if (rep->placed) {
    add_placed (set, rep, notes);
    return TRUE;
  }
  if (!may_join (set, rep, error))
    return FALSE;
  complete_content (&hab_adaptation_set_get (set, 0)->content, &rep->content);
  hab_adaptation_set_add (set, rep);
  return TRUE;
}

/* --- sets by content ----------------------------------------------------- */

static HabAdaptationSet *
find_same (const HabPresentation *presentation, const HabRepresentation *rep,
    GPtrArray *notes)
{
  HabMisalignment misalignment;

  for (guint i = 0; i < presentation->sets->len; i++) {
    HabAdaptationSet *set = hab_presentation_get (presentation, i);
    const HabRepresentation *first = hab_adaptation_set_get (set, 0);

    if (first->set != HAB_SET_BY_CONTENT || !same_content (first, rep) ||
        !same_key (first, rep))
      continue;
    if (segments_meet (first, rep, &misalignment))
      return set;
    add_note (notes, "are not in one adaptation set", &misalignment);
  }
  return NULL;
}

static void
add_by_content (HabPresentation *presentation, HabRepresentation *rep,
    GPtrArray *notes)
{
  HabAdaptationSet *set = find_same (presentation, rep, notes);

  if (set)
    hab_adaptation_set_add (set, rep);
  else
    hab_presentation_add (presentation, hab_adaptation_set_new (rep));
}

/* --- all of them --------------------------------------------------------- */

static gboolean
is_taken (const HabPresentation *presentation, guint id)
{
  return find_asked (presentation, id) != NULL;
}

/* Numbers that were asked for stay, the others get the free ones in order. */
static void
number_sets (HabPresentation *presentation)
{
  guint next = 0;

  for (guint i = 0; i < presentation->sets->len; i++) {
    HabAdaptationSet *set = hab_presentation_get (presentation, i);
    gint asked = hab_adaptation_set_get (set, 0)->set;

    if (asked != HAB_SET_BY_CONTENT) {
      set->id = asked;
      continue;
    }
    while (is_taken (presentation, next))
      next++;
    set->id = next++;
  }
}

static gboolean
are_switchable (const HabAdaptationSet *a, const HabAdaptationSet *b)
{
  const HabRepresentation *of_a = hab_adaptation_set_get (a, 0);
  const HabRepresentation *of_b = hab_adaptation_set_get (b, 0);
  HabMisalignment ignored;

  return a != b && of_a->default_kid && of_b->default_kid &&
      !same_key (of_a, of_b) && same_content (of_a, of_b) &&
      segments_meet (of_a, of_b, &ignored);
}

static void
find_switchable (HabPresentation *presentation)
{
  for (guint i = 0; i < presentation->sets->len; i++) {
    HabAdaptationSet *set = hab_presentation_get (presentation, i);

    for (guint j = 0; j < presentation->sets->len; j++) {
      const HabAdaptationSet *other = hab_presentation_get (presentation, j);

      if (are_switchable (set, other))
        g_array_append_val (set->switchable, other->id);
    }
  }
}

gboolean
hab_presentation_arrange (HabPresentation *presentation,
    GPtrArray *representations, GPtrArray *notes, GError **error)
{
  while (representations->len > 0) {
    g_autoptr (HabRepresentation) rep = g_ptr_array_steal_index (
        representations, 0);

    if (rep->set == HAB_SET_BY_CONTENT)
      add_by_content (presentation, rep, notes);
    else if (!add_asked (presentation, rep, notes, error))
      return FALSE;
    g_steal_pointer (&rep);
  }
  number_sets (presentation);
  find_switchable (presentation);
  return TRUE;
}
