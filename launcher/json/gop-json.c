/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-json.h"

#include "json-text.h"

void
hab_gop_json_append (GString *text, const HabGop *gop)
{
  hab_json_text_open (text, NULL, '{');
  hab_json_text_add_int (text, "index", gop->index);
  hab_json_text_add_string (text, "kind", gop->kind);
  hab_json_text_add_bool (text, "closed", gop->closed);
  hab_json_text_add_int (text, "leading_pictures", gop->leading_pictures);
  hab_json_text_add_int (text, "frames", gop->frames);
  hab_json_text_add_int (text, "first_frame", gop->first_frame);
  if (gop->pts_ns != G_MININT64)
    hab_json_text_add_seconds (text, "pts_time", gop->pts_ns);
  if (gop->dts_ns != G_MININT64)
    hab_json_text_add_seconds (text, "dts_time", gop->dts_ns);
  hab_json_text_add_duration (text, "duration", gop->duration_ns);
  hab_json_text_add_int (text, "size", gop->bytes);
  if (gop->first_byte >= 0) {
    hab_json_text_add_int (text, "first_byte", gop->first_byte);
    hab_json_text_add_int (text, "end_byte", gop->end_byte);
  }
  hab_json_text_close (text, '}');
}
