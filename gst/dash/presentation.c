/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "presentation.h"

static const gchar *const roles[HAB_N_ROLES] = {
  [HAB_ROLE_MAIN] = "main",
  [HAB_ROLE_ALTERNATE] = "alternate",
  [HAB_ROLE_SUPPLEMENTARY] = "supplementary",
  [HAB_ROLE_COMMENTARY] = "commentary",
  [HAB_ROLE_DUB] = "dub",
  [HAB_ROLE_DESCRIPTION] = "description",
  [HAB_ROLE_SIGN] = "sign",
  [HAB_ROLE_ENHANCED_AUDIO_INTELLIGIBILITY] =
      "enhanced-audio-intelligibility",
  [HAB_ROLE_EMERGENCY] = "emergency",
  [HAB_ROLE_CAPTION] = "caption",
  [HAB_ROLE_SUBTITLE] = "subtitle",
  [HAB_ROLE_FORCED_SUBTITLE] = "forced-subtitle",
};

const gchar *
hab_role_to_string (HabRole role)
{
  return role < HAB_N_ROLES ? roles[role] : NULL;
}

HabRepresentation *
hab_representation_new (const gchar *id, HabMediaKind kind)
{
  HabRepresentation *representation = g_new0 (HabRepresentation, 1);

  representation->id = g_strdup (id);
  representation->content.kind = kind;
  representation->first_number = 1;
  representation->set = HAB_SET_BY_CONTENT;
  representation->segments = g_array_new (FALSE, FALSE, sizeof (HabSegment));
  representation->pssh = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_pssh_free);
  return representation;
}

void
hab_representation_free (HabRepresentation *representation)
{
  if (representation == NULL)
    return;
  g_free (representation->id);
  g_free (representation->content.language);
  g_free (representation->content.label);
  g_free (representation->codecs);
  g_free (representation->default_kid);
  g_ptr_array_unref (representation->pssh);
  g_array_unref (representation->segments);
  g_free (representation);
}

const HabSegment *
hab_representation_get_segment (const HabRepresentation *representation,
    guint i)
{
  return &g_array_index (representation->segments, HabSegment, i);
}

guint64
hab_representation_to_ms (const HabRepresentation *representation,
    guint64 ticks)
{
  guint32 timescale = representation->timescale;

  return ticks / timescale * 1000 +
      (ticks % timescale * 1000 + timescale - 1) / timescale;
}

guint64
hab_representation_get_longest (const HabRepresentation *representation)
{
  guint64 longest = representation->longest;

  for (guint i = 0; i < representation->segments->len; i++)
    longest = MAX (longest,
        hab_representation_get_segment (representation, i)->duration);
  return longest;
}

HabVideoRange
hab_representation_get_range (const HabRepresentation *representation)
{
  switch (representation->transfer) {
    case 0:
    case 2: /* unspecified */
      return HAB_RANGE_UNKNOWN;
    case 16: /* SMPTE ST 2084 */
      return HAB_RANGE_PQ;
    case 18: /* ARIB STD-B67 */
      return HAB_RANGE_HLG;
    default:
      return HAB_RANGE_SDR;
  }
}

static guint64
greatest_common_divisor (guint64 a, guint64 b)
{
  while (b > 0) {
    guint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

gboolean
hab_representation_get_aspect (const HabRepresentation *representation,
    guint *width, guint *height)
{
  guint64 n = (guint64) representation->width *
      MAX (representation->sar_n, 1);
  guint64 d = (guint64) representation->height *
      MAX (representation->sar_d, 1);
  guint64 divisor = greatest_common_divisor (n, d);

  if (n == 0 || d == 0)
    return FALSE;
  *width = MIN (n / divisor, G_MAXUINT);
  *height = MIN (d / divisor, G_MAXUINT);
  return TRUE;
}

HabAdaptationSet *
hab_adaptation_set_new (HabRepresentation *representation)
{
  HabAdaptationSet *set = g_new0 (HabAdaptationSet, 1);

  set->representations = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_representation_free);
  set->switchable = g_array_new (FALSE, FALSE, sizeof (guint));
  hab_adaptation_set_add (set, representation);
  return set;
}

void
hab_adaptation_set_free (HabAdaptationSet *set)
{
  if (set == NULL)
    return;
  g_ptr_array_unref (set->representations);
  g_array_unref (set->switchable);
  g_free (set);
}

void
hab_adaptation_set_add (HabAdaptationSet *set,
    HabRepresentation *representation)
{
  g_ptr_array_add (set->representations, representation);
}

HabRepresentation *
hab_adaptation_set_get (const HabAdaptationSet *set, guint i)
{
  return set->representations->pdata[i];
}

const HabContent *
hab_adaptation_set_get_content (const HabAdaptationSet *set)
{
  return &hab_adaptation_set_get (set, 0)->content;
}

gchar *
hab_live_time_to_string (gint64 time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (
      time / G_USEC_PER_SEC);
  g_autofree gchar *seconds = g_date_time_format (date, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%03dZ", seconds,
      (gint) (time % G_USEC_PER_SEC / 1000));
}

HabPresentation *
hab_presentation_new (void)
{
  HabPresentation *presentation = g_new0 (HabPresentation, 1);

  presentation->sets = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_adaptation_set_free);
  return presentation;
}

void
hab_presentation_free (HabPresentation *presentation)
{
  if (presentation == NULL)
    return;
  g_ptr_array_unref (presentation->sets);
  g_free (presentation);
}

void
hab_presentation_add (HabPresentation *presentation, HabAdaptationSet *set)
{
  g_ptr_array_add (presentation->sets, set);
}

HabAdaptationSet *
hab_presentation_get (const HabPresentation *presentation, guint i)
{
  return presentation->sets->pdata[i];
}

GPtrArray *
hab_presentation_list (const HabPresentation *presentation)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < presentation->sets->len; i++)
    g_ptr_array_extend (list,
        hab_presentation_get (presentation, i)->representations, NULL, NULL);
  return list;
}

GPtrArray *
hab_presentation_list_timed (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) all = hab_presentation_list (presentation);
  g_autoptr (GPtrArray) timed = g_ptr_array_new ();

  for (guint i = 0; i < all->len; i++) {
    if (((HabRepresentation *) all->pdata[i])->content.kind != HAB_MEDIA_TEXT)
      g_ptr_array_add (timed, all->pdata[i]);
  }
  if (timed->len > 0)
    return g_steal_pointer (&timed);
  return g_steal_pointer (&all);
}

static guint64
end_ms (const HabRepresentation *representation)
{
  const HabSegment *last = hab_representation_get_segment (representation,
      representation->segments->len - 1);

  return hab_representation_to_ms (representation,
      last->time + last->duration);
}

guint64
hab_presentation_get_end (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) list = hab_presentation_list_timed (presentation);
  guint64 end = 0;

  for (guint i = 0; i < list->len; i++)
    end = MAX (end, end_ms (list->pdata[i]));
  return end;
}
