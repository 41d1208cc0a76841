/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls-audio-groups.h"

#include <string.h>

/* A choice that a viewer has: the sets of one content, which differ in codec or
 * channels. */
typedef struct
{
  GPtrArray *sets; /* of const HabAdaptationSet */
} Choice;

static void
choice_free (Choice *choice)
{
  g_ptr_array_unref (choice->sets);
  g_free (choice);
}

/* Whether one can stand for the other: as good for every viewer who wanted the
 * same content. */
static gboolean
same_version (const HabAdaptationSet *a, const HabAdaptationSet *b)
{
  const HabRepresentation *of_a = hab_adaptation_set_get (a, 0);
  const HabRepresentation *of_b = hab_adaptation_set_get (b, 0);

  return g_strcmp0 (of_a->codecs, of_b->codecs) == 0 &&
      of_a->channels == of_b->channels;
}

/* Of two sets in a language that is not known, nobody knows what they are. */
static gboolean
same_choice (const HabAdaptationSet *a, const HabAdaptationSet *b)
{
  const HabContent *of_a = hab_adaptation_set_get_content (a);
  const HabContent *of_b = hab_adaptation_set_get_content (b);

  return of_a->language && g_strcmp0 (of_a->language, of_b->language) == 0 &&
      of_a->role == of_b->role && g_strcmp0 (of_a->label, of_b->label) == 0;
}

static gboolean
belongs (const Choice *choice, const HabAdaptationSet *set)
{
  for (guint i = 0; i < choice->sets->len; i++) {
    if (!same_choice (choice->sets->pdata[i], set) ||
        same_version (choice->sets->pdata[i], set))
      return FALSE;
  }
  return TRUE;
}

static Choice *
find_choice (GPtrArray *choices, const HabAdaptationSet *set)
{
  Choice *choice;

  for (guint i = 0; i < choices->len; i++) {
    if (belongs (choices->pdata[i], set))
      return choices->pdata[i];
  }
  choice = g_new0 (Choice, 1);
  choice->sets = g_ptr_array_new ();
  g_ptr_array_add (choices, choice);
  return choice;
}

static GPtrArray *
list_choices (const HabPresentation *presentation)
{
  GPtrArray *choices = g_ptr_array_new_with_free_func (
      (GDestroyNotify) choice_free);

  for (guint i = 0; i < presentation->sets->len; i++) {
    HabAdaptationSet *set = hab_presentation_get (presentation, i);

    if (hab_adaptation_set_get_content (set)->kind == HAB_MEDIA_AUDIO)
      g_ptr_array_add (find_choice (choices, set)->sets, set);
  }
  return choices;
}

static gint
compare_bandwidth (gconstpointer a, gconstpointer b)
{
  const HabRepresentation *of_a = *(const HabRepresentation *const *) a;
  const HabRepresentation *of_b = *(const HabRepresentation *const *) b;

  return (of_a->bandwidth > of_b->bandwidth) -
      (of_a->bandwidth < of_b->bandwidth);
}

/* Number rank of the set's representations by bit rate, or its last one. */
static const HabRepresentation *
by_rank (const HabAdaptationSet *set, guint rank)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (set->representations, NULL,
      NULL);

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, compare_bandwidth);
  return sorted->pdata[MIN (rank, sorted->len - 1)];
}

static const HabAdaptationSet *
pick_version (const Choice *choice, const HabAdaptationSet *version)
{
  for (guint i = 0; i < choice->sets->len; i++) {
    if (same_version (choice->sets->pdata[i], version))
      return choice->sets->pdata[i];
  }
  return choice->sets->pdata[0];
}

/* --- groups -------------------------------------------------------------- */

static void
group_free (HabHlsAudioGroup *group)
{
  g_free (group->id);
  g_array_unref (group->renditions);
  g_free (group);
}

const HabHlsRendition *
hab_hls_audio_group_get (const HabHlsAudioGroup *group, guint i)
{
  return &g_array_index (group->renditions, HabHlsRendition, i);
}

static HabHlsAudioGroup *
make_group (GPtrArray *choices, const HabAdaptationSet *version, guint rank)
{
  HabHlsAudioGroup *group = g_new0 (HabHlsAudioGroup, 1);

  group->renditions = g_array_new (FALSE, FALSE, sizeof (HabHlsRendition));
  for (guint i = 0; i < choices->len; i++) {
    const HabAdaptationSet *set = pick_version (choices->pdata[i], version);
    HabHlsRendition rendition = { set, by_rank (set, rank) };

    g_array_append_val (group->renditions, rendition);
  }
  return group;
}

static gboolean
same_group (const HabHlsAudioGroup *a, const HabHlsAudioGroup *b)
{
  for (guint i = 0; i < a->renditions->len; i++) {
    if (hab_hls_audio_group_get (a, i)->rep !=
        hab_hls_audio_group_get (b, i)->rep)
      return FALSE;
  }
  return TRUE;
}

static void
add_group (GPtrArray *groups, HabHlsAudioGroup *group)
{
  for (guint i = 0; i < groups->len; i++) {
    if (same_group (groups->pdata[i], group)) {
      group_free (group);
      return;
    }
  }
  g_ptr_array_add (groups, group);
}

/* As many as the largest of them has representations. */
static guint
count_ranks (GPtrArray *choices, const HabAdaptationSet *version)
{
  guint ranks = 0;

  for (guint i = 0; i < choices->len; i++)
    ranks = MAX (ranks, pick_version (choices->pdata[i],
        version)->representations->len);
  return ranks;
}

static void
add_groups_of_version (GPtrArray *groups, GPtrArray *choices,
    const HabAdaptationSet *version)
{
  guint ranks = count_ranks (choices, version);

  for (guint rank = 0; rank < ranks; rank++)
    add_group (groups, make_group (choices, version, rank));
}

static void
name_groups (GPtrArray *groups)
{
  for (guint i = 0; i < groups->len; i++) {
    HabHlsAudioGroup *group = groups->pdata[i];

    group->id = groups->len == 1 ? g_strdup ("audio") :
        g_strdup_printf ("audio-%u", i);
  }
}

GPtrArray *
hab_hls_audio_groups_new (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) choices = list_choices (presentation);
  GPtrArray *groups = g_ptr_array_new_with_free_func (
      (GDestroyNotify) group_free);

  for (guint i = 0; i < choices->len; i++) {
    const Choice *choice = choices->pdata[i];

    for (guint j = 0; j < choice->sets->len; j++)
      add_groups_of_version (groups, choices, choice->sets->pdata[j]);
  }
  name_groups (groups);
  return groups;
}
