/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"
#include "spool.h"

G_BEGIN_DECLS

/* Uploads that can be resumed: a file in uploads/ that grows by one append
 * after the other, over restarts of the service, until it is whole and becomes
 * an input content, or until nobody has sent anything for too long. Main
 * thread. */
typedef struct _HabPartials HabPartials;
typedef struct _HabPartial HabPartial;

/* Finds what an earlier service left, and removes what nobody knows. */
HabPartials *hab_partials_new (const HabJobsContext *context, GError **error);
void hab_partials_free (HabPartials *partials);
/* Goes on with what is whole already. */
void hab_partials_start (HabPartials *partials);

/* A new one, in which nothing is yet, of owner. name is checked, size_bytes at
 * least 1. */
void hab_partials_create_async (HabPartials *partials, const gchar *owner,
    const gchar *name, guint64 size_bytes, GAsyncReadyCallback callback,
    gpointer user_data);
/* (transfer full) */
HabPartial *hab_partials_create_finish (GAsyncResult *result, GError **error);
/* (transfer none): NULL where there is none. */
HabPartial *hab_partials_find (HabPartials *partials, const gchar *id);

HabPartial *hab_partial_ref (HabPartial *partial);
void hab_partial_unref (HabPartial *partial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPartial, hab_partial_unref)

const gchar *hab_partial_get_id (HabPartial *partial);
const gchar *hab_partial_get_owner (HabPartial *partial);
const gchar *hab_partial_get_name (HabPartial *partial);
guint64 hab_partial_get_size (HabPartial *partial);
/* Bytes that are there. */
guint64 hab_partial_get_offset (HabPartial *partial);
/* Of the input content that it became, 0 until then. */
gint64 hab_partial_get_input_id (HabPartial *partial);
/* In microseconds since 1970. */
gint64 hab_partial_get_expiry (HabPartial *partial);
/* "waiting" for bytes, "receiving" them, "reading" what is in the file,
 * "done". */
const gchar *hab_partial_get_state (HabPartial *partial);

/* Begins an append behind the bytes that are there. NULL with
 * G_IO_ERROR_BUSY while another one is on its way, or it is being read.
 * interrupt: somebody else wants to know or to go on; it has to end the
 * append. */
HabSpool *hab_partial_begin (HabPartial *partial,
    void (*interrupt) (gpointer data), gpointer data, GError **error);
/* The append has ended. Takes spool. What is behind max_bytes is dropped. */
void hab_partial_end (HabPartial *partial, HabSpool *spool,
    guint64 max_bytes);

/* Ends an append that is on its way, and waits until what came is stored and,
 * where it is whole, until it is an input content. One that cannot become one
 * is gone then. */
void hab_partial_settle_async (HabPartial *partial,
    GAsyncReadyCallback callback, gpointer user_data);
gboolean hab_partial_settle_finish (GAsyncResult *result, GError **error);

/* Removes it; the input content that it became stays. G_IO_ERROR_BUSY while
 * it is being read. */
void hab_partial_remove_async (HabPartial *partial,
    GAsyncReadyCallback callback, gpointer user_data);
gboolean hab_partial_remove_finish (GAsyncResult *result, GError **error);

G_END_DECLS
