/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cut-task.h"
#include "jobs-context.h"

G_BEGIN_DECLS

/* GOPs, their frames and pictures of them as files, made when somebody asks for
 * one and kept in the cache for the next one who asks. Main thread. */
typedef struct _HabCutter HabCutter;

HabCutter *hab_cutter_new (const HabJobsContext *context);
/* When nothing is being cut. */
void hab_cutter_free (HabCutter *cutter);

/* These GOPs of the input whose file has the name storage. Who asks
 * for what is being cut already gets the same file. request_id (nullable), here
 * and below, is in the log of what is done for this.
 *
 * cancellable (nullable), here and below: cancelled in the main thread when they
 * do not wait any more, which ends the work once nobody does. Then and when the
 * service stops the error is HAB_MEDIA_ERROR_CANCELLED. */
void hab_cutter_get_async (HabCutter *cutter, const gchar *storage,
    const HabCutRange *range, const gchar *request_id,
    GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
/* The same after their pictures went through the chain, which has at least one
 * filter. */
void hab_cutter_get_filtered_async (HabCutter *cutter, const gchar *storage,
    const HabCutRange *range, const HabFilterChain *chain,
    const gchar *request_id, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
/* The frames of a GOP as a JSON array. Where the video has no table of samples
 * they are read from the GOP as a file. */
void hab_cutter_get_frames_async (HabCutter *cutter, const gchar *storage,
    const HabGop *gop, const gchar *request_id, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
/* A picture as JPEG of the first frame of the first of these GOPs (HabGop) that
 * is not dark, or of the last; at most max_width pixels wide. The caller's
 * gops. */
void hab_cutter_get_picture_async (HabCutter *cutter, const gchar *storage,
    GArray *gops, guint max_width, const gchar *request_id,
    GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
/* The picture of the GOP before the first of these (HabGop), which follow each
 * other, was asked for. Where that of the one before it was, too, somebody goes
 * along the video: theirs are made before they are asked for, by the child that
 * runs anyway. */
void hab_cutter_expect_pictures (HabCutter *cutter, const gchar *storage,
    GArray *gops, guint max_width);
/* A descriptor for reading, the caller's; -1 on failure. */
int hab_cutter_get_finish (HabCutter *cutter, GAsyncResult *result,
    GError **error);

G_END_DECLS
