/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The W3C common system, ClearKey as DASH-IF names it, Widevine, PlayReady. */
#define HAB_SYSTEM_W3C_COMMON "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b"
#define HAB_SYSTEM_CLEARKEY "e2719d58-a985-b3c9-781a-b030af78d30e"
#define HAB_SYSTEM_WIDEVINE "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
#define HAB_SYSTEM_PLAYREADY "9a04f079-9840-4286-ab92-e65be0885f95"

/* A Protection System Specific Header box (ISO/IEC 23001-7, 8.1). */
typedef struct
{
  gchar *system; /* UUID, lower case */
  GBytes *box;   /* whole, with its size and type */
} HabPssh;

void hab_pssh_free (HabPssh *pssh);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPssh, hab_pssh_free)

/* (transfer full): the one box that data is. NULL with error (HAB_CODEC_ERROR)
 * set where it is none, or has anything behind it. */
HabPssh *hab_pssh_parse (GBytes *data, GError **error);

/* (transfer full) (element-type HabPssh): boxes in base64, separated by commas,
 * white space or both; NULL and the empty string have none. NULL with error
 * (HAB_CODEC_ERROR) set, which says which box is wrong, and where two are of
 * one system. */
GPtrArray *hab_pssh_parse_list (const gchar *text, GError **error);

/* (transfer full): version 1 box of the W3C common system with n_kids key ids,
 * one behind the other, and no data. */
HabPssh *hab_pssh_new_w3c_common (const guint8 *kids, guint n_kids);

/* The box of the system, or NULL. */
const HabPssh *hab_pssh_find (const GPtrArray *boxes, const gchar *system);

/* Whether two lists (of HabPssh) have the same boxes in the same order. */
gboolean hab_pssh_same (const GPtrArray *a, const GPtrArray *b);

/* (transfer full): the whole box. */
gchar *hab_pssh_to_base64 (const HabPssh *pssh);

/* (transfer none): the system's own data, which is what follows the KIDs. */
gconstpointer hab_pssh_get_data (const HabPssh *pssh, gsize *size);

G_END_DECLS
