/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "frame-list.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "json-build.h"

typedef struct
{
  FILE *output;
  const gchar *separator;
} FrameList;

static void
add_time (JsonBuilder *builder, const gchar *name, gint64 ns)
{
  hab_json_add_double (builder, name, ns / 1e9);
}

static void
build_frame (JsonBuilder *builder, const HabGopFrame *frame)
{
  const gchar type[2] = { frame->picture_type, '\0' };

  json_builder_begin_object (builder);
  hab_json_add_int (builder, "coded_picture_number", frame->number);
  hab_json_add_text (builder, "pict_type", type);
  hab_json_add_bool (builder, "key_frame", frame->key_frame);
  add_time (builder, "pts_time", frame->pts_ns);
  add_time (builder, "dts_time", frame->dts_ns);
  add_time (builder, "duration", frame->duration_ns);
  hab_json_add_int (builder, "size", frame->size);
  if (frame->offset >= 0)
    hab_json_add_int (builder, "offset", frame->offset);
  json_builder_end_object (builder);
}

static void
write_frame (const HabGopFrame *frame, gpointer data)
{
  FrameList *self = data;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  build_frame (builder, frame);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  fprintf (self->output, "%s\n%s", self->separator, text);
  self->separator = ",";
}

static gboolean
fail (int reason, GError **error)
{
  g_set_error (error, HAB_MEDIA_ERROR,
      reason == ENOSPC ? HAB_MEDIA_ERROR_NO_SPACE : HAB_MEDIA_ERROR_IO,
      "the frames cannot be written: %s", g_strerror (reason));
  return FALSE;
}

/* What stdio held back may be what did not fit. */
static gboolean
close_output (FILE *output, GError **error)
{
  gboolean failed = fflush (output) != 0;
  int reason = errno;

  failed |= ferror (output) != 0;
  fclose (output);
  return failed ? fail (reason, error) : TRUE;
}

/* Behind the last frame. */
static void
end_list (FrameList *self)
{
  fprintf (self->output, "%s\n]\n", *self->separator == '[' ? "[" : "");
}

gboolean
hab_frame_list_print_all (const gchar *input, FILE *output, GError **error)
{
  FrameList self = { output, "[" };

  if (!hab_gop_frames_read_all (input, write_frame, &self, error))
    return FALSE;
  end_list (&self);
  return TRUE;
}

gboolean
hab_frame_list_write (const gchar *input, const HabGopFramesRange *range,
    const gchar *output, GError **error)
{
  FrameList self = { g_fopen (output, "we"), "[" };

  if (self.output == NULL)
    return fail (errno, error);
  if (hab_gop_frames_read (input, range, write_frame, &self, error)) {
    end_list (&self);
    return close_output (self.output, error);
  }
  fclose (self.output);
  return FALSE;
}
