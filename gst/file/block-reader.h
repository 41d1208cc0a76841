/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Reads pieces of a file out of blocks of it. Of one caller at a time; the buffers
 * may outlive it. */
typedef struct _HabBlockReader HabBlockReader;

/* fd must outlive it. */
HabBlockReader *hab_block_reader_new (gint fd);
void hab_block_reader_free (HabBlockReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabBlockReader, hab_block_reader_free)

/* size bytes at offset, less at the end of the file, in memory that may be written
 * to. GST_FLOW_EOS where there is none; GST_FLOW_ERROR with errno set. */
GstFlowReturn hab_block_reader_read (HabBlockReader *reader, guint64 offset,
    guint size, GstBuffer **buffer);

G_END_DECLS
