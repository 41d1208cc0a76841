/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The content key of an element, from its write-only property or, where that
 * is unset, from its key file. FALSE with error set where neither is given or
 * the one that is cannot be read; the error never quotes a key. */
gboolean hab_cenc_key_load (const gchar *key, const gchar *key_file,
    guint8 out[16], GError **error);

/* Frees the text of a key and leaves nothing of it in memory. */
void hab_cenc_key_free (gchar *key);

G_END_DECLS
