/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-sidx.h"

#include "box.h"

#define FIXED_BYTES 40
#define REFERENCE_BYTES 12

/* starts_with_SAP, SAP_type 1 (Annex I), SAP_delta_time 0 */
#define STARTS_WITH_SAP_1 0x90000000

gsize
hab_cmaf_sidx_size (guint n_references)
{
  return FIXED_BYTES + (gsize) n_references * REFERENCE_BYTES;
}

GBytes *
hab_cmaf_sidx_new (guint32 timescale, guint64 earliest_time,
    guint64 first_offset, const GArray *references)
{
  g_auto (HabBoxWriter) writer = { 0 };

  g_return_val_if_fail (references->len <= HAB_CMAF_MAX_REFERENCES, NULL);

  hab_box_writer_init (&writer);
  hab_box_begin_full (&writer, "sidx", 1, 0);
  hab_box_put_u32 (&writer, 1); /* reference_ID: the track */
  hab_box_put_u32 (&writer, timescale);
  hab_box_put_u64 (&writer, earliest_time);
  hab_box_put_u64 (&writer, first_offset);
  hab_box_put_u16 (&writer, 0);
  hab_box_put_u16 (&writer, references->len);
  for (guint i = 0; i < references->len; i++) {
    const HabCmafReference *reference = &g_array_index (references,
        HabCmafReference, i);

    hab_box_put_u32 (&writer, reference->size & 0x7fffffff);
    hab_box_put_u32 (&writer, reference->duration);
    hab_box_put_u32 (&writer, STARTS_WITH_SAP_1);
  }
  hab_box_end (&writer);
  return hab_box_writer_steal (&writer);
}
