/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes ISO BMFF boxes (ISO/IEC 14496-12) into memory. A box is begun, filled
 * and ended; its size is put in at the end, so boxes nest by calling. */
typedef struct
{
  GByteArray *bytes;
  guint open[16]; /* offsets of the boxes that are not ended */
  guint depth;
} HabBoxWriter;

void hab_box_writer_init (HabBoxWriter *writer);
void hab_box_writer_clear (HabBoxWriter *writer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabBoxWriter, hab_box_writer_clear)

/* (transfer full): everything written; the writer is empty afterwards. */
GBytes *hab_box_writer_steal (HabBoxWriter *writer);
/* Bytes written so far: the offset of what comes next. */
guint hab_box_writer_tell (const HabBoxWriter *writer);

void hab_box_begin (HabBoxWriter *writer, const gchar *type);
void hab_box_begin_full (HabBoxWriter *writer, const gchar *type,
    guint8 version, guint32 flags);
void hab_box_end (HabBoxWriter *writer);

void hab_box_put_u8 (HabBoxWriter *writer, guint8 value);
void hab_box_put_u16 (HabBoxWriter *writer, guint16 value);
void hab_box_put_u24 (HabBoxWriter *writer, guint32 value);
void hab_box_put_u32 (HabBoxWriter *writer, guint32 value);
void hab_box_put_u64 (HabBoxWriter *writer, guint64 value);
void hab_box_put_zeros (HabBoxWriter *writer, guint count);
void hab_box_put_fourcc (HabBoxWriter *writer, const gchar *type);
void hab_box_put_data (HabBoxWriter *writer, gconstpointer data, gsize size);
/* With its final NUL. */
void hab_box_put_string (HabBoxWriter *writer, const gchar *text);

/* Overwrites 32 bits that were written before. */
void hab_box_patch_u32 (HabBoxWriter *writer, guint offset, guint32 value);

G_END_DECLS
