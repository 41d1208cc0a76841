/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"
#include "spool.h"

G_BEGIN_DECLS

/* An upload that can be resumed: a file in uploads/ that grows by one append
 * after the other, over restarts of the service, until it is whole and becomes
 * an input content. How much of it is there is the file's size. Counted:
 * requests have one that was removed meanwhile. Main thread. */
typedef struct _HabResumable HabResumable;

HabResumable *hab_resumable_ref (HabResumable *upload);
void hab_resumable_unref (HabResumable *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabResumable, hab_resumable_unref)

const gchar *hab_resumable_get_id (HabResumable *upload);
const gchar *hab_resumable_get_owner (HabResumable *upload);
const gchar *hab_resumable_get_name (HabResumable *upload);
guint64 hab_resumable_get_size (HabResumable *upload);
/* Bytes that are there. */
guint64 hab_resumable_get_offset (HabResumable *upload);
/* Of the input content that it became, 0 until then. */
gint64 hab_resumable_get_input_id (HabResumable *upload);
/* In microseconds since 1970. */
gint64 hab_resumable_get_expiry (HabResumable *upload);
/* "waiting" for bytes, "receiving" them, "reading" what is in the file,
 * "done". */
const gchar *hab_resumable_get_state (HabResumable *upload);

/* Begins an append behind the bytes that are there. NULL with
 * G_IO_ERROR_BUSY while another one is on its way, or it is being read.
 * interrupt: somebody else wants to know or to go on; it has to end the
 * append. */
HabSpool *hab_resumable_begin (HabResumable *upload,
    void (*interrupt) (gpointer data), gpointer data, GError **error);
/* The append has ended. Takes spool. What is behind max_bytes is dropped. */
void hab_resumable_end (HabResumable *upload, HabSpool *spool,
    guint64 max_bytes);

/* Ends an append that is on its way, and waits until what came is stored and,
 * where it is whole, until it is an input content. One that cannot become one
 * is gone then. */
void hab_resumable_settle_async (HabResumable *upload,
    GAsyncReadyCallback callback, gpointer user_data);
gboolean hab_resumable_settle_finish (GAsyncResult *result, GError **error);

/* Removes it; the input content that it became stays. G_IO_ERROR_BUSY while
 * it is being read. */
void hab_resumable_remove_async (HabResumable *upload,
    GAsyncReadyCallback callback, gpointer user_data);
gboolean hab_resumable_remove_finish (GAsyncResult *result, GError **error);

/* --- for those who keep them all --------------------------------------- */

/* It is gone: forget it. */
typedef void (*HabResumableGone) (HabResumable *upload, gpointer data);

/* row: what is known of it, copied. Its file is made by others. */
HabResumable *hab_resumable_new (const HabJobsContext *context,
    const HabUploadRow *row, HabResumableGone gone, gpointer data);
/* In the store's thread: the catalog has it from now on. */
gboolean hab_resumable_store (HabResumable *upload, HabVault *vault,
    GError **error);
/* Finds out how much of it an earlier service received. FALSE where its file is
 * not there, or longer than it may be. */
gboolean hab_resumable_recover (HabResumable *upload);
/* All bytes are there, and it is no input content yet. */
gboolean hab_resumable_is_whole (HabResumable *upload);
/* Nobody has sent anything for too long. */
gboolean hab_resumable_has_expired (HabResumable *upload);
/* Removes it at once, whoever uses it: its file and its row. */
void hab_resumable_drop (HabResumable *upload);

G_END_DECLS
