/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/tree.h>

#include "mpd-document.h"
#include "report.h"

G_BEGIN_DECLS

/* Of which one in an MPD something is said. */
typedef enum
{
  HAB_MPD_ROOT,
  HAB_MPD_PERIOD,
  HAB_MPD_ADAPTATION_SET,
  HAB_MPD_REPRESENTATION,
  HAB_MPD_N_LEVELS,
} HabMpdLevel;

/* Where in the document a reader is, and what holds there: what is said further
 * in counts, and what is not said there is what is said further out. */
typedef struct
{
  HabReport *report;
  HabMpdDocument *document;
  xmlNode *levels[HAB_MPD_N_LEVELS]; /* those that the reader is in */
  gdouble period_duration;           /* seconds, -1: not known */
  gchar *base;                       /* of all BaseURL; NULL: the folder */
} HabMpdScope;

/* What is wrong with the document. check: as of hab_report_error (). */
#define hab_mpd_scope_error(scope, check, ...) \
  hab_report_error ((scope)->report, check, (scope)->document->name, -1, \
      __VA_ARGS__)

/* --- one element ------------------------------------------------------- */

gboolean hab_mpd_is_element (const xmlNode *node, const gchar *name);
/* (nullable): the first of its children that is called so. parent:
 * (nullable) */
xmlNode *hab_mpd_find_child (xmlNode *parent, const gchar *name);
/* (transfer full) (nullable): an attribute. node: (nullable) */
gchar *hab_mpd_get_text (xmlNode *node, const gchar *name);
/* (transfer full) (nullable): all text in an element or an attribute. node:
 * (nullable) */
gchar *hab_mpd_get_content (xmlNode *node);
/* TRUE where the attribute is there and is a number up to max; one that is none
 * is an error of the document. */
gboolean hab_mpd_scope_get_number (HabMpdScope *scope, xmlNode *node,
    const gchar *name, guint64 max, guint64 *number);

/* --- what is inherited ------------------------------------------------- */

/* (transfer full) (nullable): an attribute that a Representation and its
 * AdaptationSet have in common (5.3.7). */
gchar *hab_mpd_scope_get_common (HabMpdScope *scope, const gchar *name);
/* (nullable): the innermost element of that name, or a child of it. */
xmlNode *hab_mpd_scope_find (HabMpdScope *scope, const gchar *element,
    const gchar *child);
/* (transfer full) (nullable): an attribute of the innermost element of that
 * name which has it. */
gchar *hab_mpd_scope_get_inherited (HabMpdScope *scope, const gchar *element,
    const gchar *attribute);
/* The same as a number. */
guint64 hab_mpd_scope_get_inherited_number (HabMpdScope *scope,
    const gchar *element, const gchar *attribute, guint64 otherwise);

/* --- addresses --------------------------------------------------------- */

/* Finds out base. FALSE where a BaseURL leads elsewhere, which is reported. */
gboolean hab_mpd_scope_find_base (HabMpdScope *scope);
/* Fills bytes with what is at url, or the base itself where that is NULL.
 * range: (nullable) "first-last", which bytes of it. FALSE where that is no
 * file beside the manifest or no range, which is reported. */
gboolean hab_mpd_scope_locate (HabMpdScope *scope, const gchar *url,
    const gchar *range, HabMpdBytes *bytes);

G_END_DECLS
