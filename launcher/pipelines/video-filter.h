/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What can be done to the pictures of GOPs while they are encoded anew: one row
 * of the table in video-filter.c each. Whoever asks writes NAME=VALUE; a value
 * is a few whole numbers and what stands between them, so that nothing of it
 * but numbers gets any further.
 *
 * Everything but hab_filter_chain_build () is pure. */

#define HAB_FILTER_MAX_FIELDS 4

/* A number of a value. */
typedef struct
{
  const gchar *name;    /* as a program calls it */
  const gchar *symbol;  /* as the syntax does */
  const gchar *title;   /* as a form does */
  const gchar *unit;    /* or NULL */
  guint minimum, maximum;
  guint step;           /* from minimum on */
  guint fallback;       /* where it may be left out; 0: it may not */
  gchar separator;      /* in front of it; 0 in front of the first */
} HabFilterField;

/* What pictures are like somewhere in a chain. */
typedef struct
{
  guint width, height;
  guint par_n, par_d; /* of a pixel: its width by its height */
  guint fps_n, fps_d; /* pictures a second, on average */
} HabFilterPicture;

/* Elements, one linked behind the other. */
typedef struct
{
  GstBin *bin;
  GstElement *last; /* what the next one is linked to */
  GError *error;    /* (transfer full): why that is not so, or NULL */
} HabFilterLine;

/* (transfer none) (nullable): a new element, linked behind the others. Once
 * error is set nothing is added any more. */
GstElement *hab_filter_line_add (HabFilterLine *line, const gchar *factory);
/* The same for a capsfilter. Takes caps. */
void hab_filter_line_add_caps (HabFilterLine *line, GstCaps *caps);

typedef struct _HabVideoFilter HabVideoFilter;

struct _HabVideoFilter
{
  const gchar *name;
  const gchar *title;
  const gchar *description;
  const gchar *example; /* of a value; of any video of 320 by 180 or more */
  const gchar *limit;   /* what must be so beside the ranges of fields */
  HabFilterField fields[HAB_FILTER_MAX_FIELDS + 1]; /* no name at the end */

  /* What becomes of picture. FALSE with error set, in words for who asked,
   * where the values do not fit it. */
  gboolean (*apply) (const guint *values, HabFilterPicture *picture,
      GError **error);
  /* Adds what does it to pictures that are like before. */
  void (*build) (HabFilterLine *line, const guint *values,
      const HabFilterPicture *before);
};

/* In the order in which they are applied, whatever order they are asked for
 * in. Without a name at the end. */
extern const HabVideoFilter hab_video_filters[];

/* How a value is written, as in "X,Y,W,H"; "90|180|270" where there are few;
 * a part that may be left out in brackets. (transfer full) */
gchar *hab_video_filter_get_syntax (const HabVideoFilter *filter);
/* The same as a regular expression (ECMAScript, PCRE). (transfer full) */
gchar *hab_video_filter_get_pattern (const HabVideoFilter *filter);
/* A sentence: the ranges of its numbers and its limit. (transfer full) */
gchar *hab_video_filter_get_allowed (const HabVideoFilter *filter);

/* Filters with their values. */
typedef struct _HabFilterChain HabFilterChain;

HabFilterChain *hab_filter_chain_new (void);
void hab_filter_chain_free (HabFilterChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabFilterChain, hab_filter_chain_free)

gboolean hab_filter_chain_is_empty (const HabFilterChain *chain);

/* FALSE with HAB_MEDIA_ERROR_NOT_ALLOWED, which names the filter and what is
 * allowed, where there is no such filter, it is there already, or the value is
 * none of its. */
gboolean hab_filter_chain_add (HabFilterChain *chain, const gchar *name,
    const gchar *value, GError **error);
/* The same for NAME=VALUE. */
gboolean hab_filter_chain_add_pair (HabFilterChain *chain, const gchar *pair,
    GError **error);

/* (transfer full): NAME=VALUE of each in the order of the table. Chains that do
 * the same have the same. */
GStrv hab_filter_chain_to_pairs (const HabFilterChain *chain);

/* What becomes of picture, which must be something that can be encoded. FALSE
 * with HAB_MEDIA_ERROR_NOT_ALLOWED where a filter does not fit it. */
gboolean hab_filter_chain_apply (const HabFilterChain *chain,
    HabFilterPicture *picture, GError **error);

/* Adds the elements for pictures that are like picture, which the chain was
 * applied to without an error. */
void hab_filter_chain_build (const HabFilterChain *chain, HabFilterLine *line,
    const HabFilterPicture *picture);

G_END_DECLS
