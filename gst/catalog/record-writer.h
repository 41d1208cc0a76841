/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"

G_BEGIN_DECLS

/* A thread that stores records while the thread that makes them goes on: in a
 * catalog, in batches of one transaction each, or as JSON objects, one a line,
 * on a file descriptor. */

typedef enum
{
  HAB_RECORD_TRACK,
  HAB_RECORD_GOP,
  HAB_RECORD_STAGE,
} HabRecordKind;

typedef struct
{
  HabRecordKind kind;
  guint track_number;
  union
  {
    HabTrack track;
    HabGop gop;
    HabStatus stage;
  };
} HabRecord;

void hab_record_free (HabRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabRecord, hab_record_free)

/* How many records may wait. */
#define HAB_RECORD_WRITER_LIMIT 32768

typedef struct _HabRecordWriter HabRecordWriter;

/* Ids are 0 where there is no row to fill; records for it are left out. */
HabRecordWriter *hab_record_writer_new_for_catalog (const gchar *path,
    gint64 input_id, gint64 package_id, GError **error);
/* fd stays the caller's and must stay open until _free (). */
HabRecordWriter *hab_record_writer_new_for_fd (gint fd, GError **error);

/* Writes what is waiting, unless cancelled. */
void hab_record_writer_free (HabRecordWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabRecordWriter, hab_record_writer_free)

/* Never waits for the disk. Of more records than the limit the writer takes
 * none and fails: records with holes would look like those of another file. */
void hab_record_writer_push (HabRecordWriter *writer, HabRecord *record);

/* Cheap: one atomic read. */
gboolean hab_record_writer_has_failed (HabRecordWriter *writer);
GError *hab_record_writer_dup_error (HabRecordWriter *writer);

/* Waits until everything pushed is stored. FALSE if that failed or was
 * cancelled; the error, if there is one, says which. */
gboolean hab_record_writer_flush (HabRecordWriter *writer);

/* From any thread: ends a wait for a reader that does not read. */
void hab_record_writer_cancel (HabRecordWriter *writer);

guint64 hab_record_writer_get_written (HabRecordWriter *writer);

G_END_DECLS
