/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A file of subtitles of its own, beside the video's: SubRip, WebVTT and
 * whatever else subparse knows. */
typedef struct _HabTextInput HabTextInput;

/* Adds its elements to bin, whose they are. specification: a path, with ":" and
 * a BCP 47 language tag behind it where there is no file of that name. NULL
 * with error (HAB_MEDIA_ERROR) set where it cannot be read. */
HabTextInput *hab_text_input_new (GstBin *bin, const gchar *specification,
    GError **error);
void hab_text_input_free (HabTextInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabTextInput, hab_text_input_free)

/* Links it to sink, a pad of cencdashsink. It waits. */
gboolean hab_text_input_link (HabTextInput *input, GstPad *sink);

/* Told of each file of text that is in place, by the name of the pad that it
 * came from. */
void hab_text_input_take_segment (HabTextInput *input, const gchar *pad);
/* (transfer full) (nullable): what people should know of the file when all of it
 * has been read. */
gchar *hab_text_input_get_note (const HabTextInput *input);

/* Begins to read. Not before something else is linked to the same sink, which
 * would take the end of the text for that of everything. */
void hab_text_input_start (HabTextInput *input);

/* Where the error message is of this file, sets error to what is wrong with it
 * and returns TRUE. */
gboolean hab_text_input_set_error (const HabTextInput *input,
    GstMessage *message, GError **error);

G_END_DECLS
