/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <nettle/sha2.h>

G_BEGIN_DECLS

/* 64 hex digits; hash begins anew. */
gchar *hab_sha256_to_text (struct sha256_ctx *hash);

/* The SHA-256 of a file, read from its start in a thread. Takes fd. */
void hab_file_hash_async (int fd, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
/* 64 hex digits. */
gchar *hab_file_hash_finish (GAsyncResult *result, GError **error);

G_END_DECLS
