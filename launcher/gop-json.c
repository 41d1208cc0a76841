/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-json.h"

#include "json-build.h"

void
hab_gop_json_add (JsonBuilder *builder, const HabGop *gop)
{
  hab_json_add_int (builder, "index", gop->index);
  hab_json_add_text (builder, "kind", gop->kind);
  hab_json_add_bool (builder, "closed", gop->closed);
  hab_json_add_int (builder, "leading_pictures", gop->leading_pictures);
  hab_json_add_int (builder, "frames", gop->frames);
  hab_json_add_int (builder, "first_frame", gop->first_frame);
  if (gop->pts_ns != G_MININT64)
    hab_json_add_double (builder, "pts_time", gop->pts_ns / 1e9);
  if (gop->dts_ns != G_MININT64)
    hab_json_add_double (builder, "dts_time", gop->dts_ns / 1e9);
  hab_json_add_seconds (builder, "duration", gop->duration_ns);
  hab_json_add_int (builder, "size", gop->bytes);
  if (gop->first_byte >= 0) {
    hab_json_add_int (builder, "first_byte", gop->first_byte);
    hab_json_add_int (builder, "end_byte", gop->end_byte);
  }
}
