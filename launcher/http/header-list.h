/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Header fields of an answer that is not sent yet. A SoupMessageHeaders looks every
 * name up in a table and has a copy of it; the few of an answer are written into
 * one once, and until then they are a list. */
typedef struct _HabHeaderList HabHeaderList;

HabHeaderList *hab_header_list_new (void);
void hab_header_list_free (HabHeaderList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabHeaderList, hab_header_list_free)

/* Instead of another value, if there is one. name: a literal. */
void hab_header_list_set (HabHeaderList *list, const gchar *name,
    const gchar *value);
void hab_header_list_remove (HabHeaderList *list, const gchar *name);
/* Those that other has and list has not. */
void hab_header_list_add_missing (HabHeaderList *list,
    const HabHeaderList *other);
void hab_header_list_foreach (const HabHeaderList *list,
    SoupMessageHeadersForeachFunc function, gpointer data);

G_END_DECLS
