/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What the header of an MP4 file says and GStreamer 1.22 does not. */
typedef struct _HabMovieFacts HabMovieFacts;

/* Of a file of another kind there are none. HAB_MEDIA_ERROR where the file is cut
 * off or its fragments are no boxes: a demuxer takes the end of the file for the
 * end of the stream, and what is made of it would look whole. Whatever else may
 * be wrong with a file is the demuxer's to say. */
HabMovieFacts *hab_movie_facts_read (const gchar *path, GError **error);
void hab_movie_facts_free (HabMovieFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMovieFacts, hab_movie_facts_free)

/* (transfer none) (nullable): the language of that track, ISO 639-2 or BCP 47.
 * qtdemux tells it when pads are linked already. */
const gchar *hab_movie_facts_get_language (const HabMovieFacts *facts,
    guint track);

/* Makes the tags that come through pad, of that track, tell its language. */
void hab_movie_facts_mend_tags (const HabMovieFacts *facts, guint track,
    GstPad *pad);

G_END_DECLS
