/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "codec.h"
#include "media-container.h"
#include "media.h"

G_BEGIN_DECLS

/* A file of any container as streams that the elements take: filesrc and
 * parsebin, and behind them what the container makes necessary. Of what is in
 * the file the first video track and every audio track are handed out that
 * the codec table knows, and text on demand.
 *
 * Streams are found in the demuxer's thread. Until the pipeline has posted its
 * end or an error everything here is that thread's but hab_media_input_new (),
 * hab_media_input_wait (), hab_media_input_play () and hab_media_input_free (). */
typedef struct _HabMediaInput HabMediaInput;

typedef struct
{
  guint number;          /* the container's, or where it has none a count */
  const HabCodec *codec; /* NULL for text, and where it is not handled */
  gboolean text;         /* that cencdashsink takes */
  gboolean unwanted;     /* somebody chose to leave it out */
  GstPad *source;        /* (owned): parsebin's */
  GstPad *pad;           /* (owned) (nullable): the one that was handed out */
  GBytes *codec_data;    /* (owned) (nullable): made of the first sample where
                          * its codec has to have one and its caps do not */
} HabMediaStream;

/* Links stream->pad to what it is for. FALSE with error, which is not NULL, set
 * (HAB_MEDIA_ERROR) where that cannot be done: HAB_MEDIA_ERROR_UNSUPPORTED where
 * it is for what is in the stream. Called in the demuxer's thread. */
typedef gboolean (*HabMediaInputFunc) (HabMediaInput *input,
    const HabMediaStream *stream, gpointer data, GError **error);

/* Adds its elements to bin, whose they are. on_stream: NULL to leave streams
 * without a peer, which ends the reading at the first samples.
 * HAB_MEDIA_ERROR_IO where there is no such file, or it must not be read. */
HabMediaInput *hab_media_input_new (GstBin *bin, const gchar *path,
    HabMediaInputFunc on_stream, gpointer data, GError **error);

/* Text that cencdashsink takes is handed out as well, to on_text. To be called
 * before the pipeline starts. */
void hab_media_input_take_text (HabMediaInput *input,
    HabMediaInputFunc on_text);

/* Whether the stream, which has been looked at but not handed out, is wanted. */
typedef gboolean (*HabMediaInputChoose) (HabMediaInput *input,
    const HabMediaStream *stream, gpointer data);

/* Without it every stream is. To be called before the pipeline starts; data is
 * that of hab_media_input_new (). */
void hab_media_input_choose (HabMediaInput *input, HabMediaInputChoose choose);

/* After the pipeline is at NULL. */
void hab_media_input_free (HabMediaInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMediaInput, hab_media_input_free)

/* (nullable): NULL where it is not known better. */
const HabContainer *hab_media_input_get_container (const HabMediaInput *input);

/* (element-type HabMediaStream) (transfer none): in the order of their
 * numbers once the pipeline has ended. */
GPtrArray *hab_media_input_get_streams (HabMediaInput *input);

/* Waits for the pipeline to post a message of these types, at most this long.
 * (transfer full): NULL where there is none yet, and with error set where there
 * will be none. */
GstMessage *hab_media_input_wait (HabMediaInput *input, GstBus *bus,
    GstClockTime timeout, GstMessageType types, GError **error);

/* Plays pipeline, which has the input in it, to its end. FALSE where that is not
 * reached, or hab_media_input_check () fails. */
gboolean hab_media_input_play (HabMediaInput *input, GstElement *pipeline,
    GError **error);

/* HAB_MEDIA_ERROR where no video was handed out, or a stream could not be. */
gboolean hab_media_input_check (const HabMediaInput *input, GError **error);

/* Why the pipeline posted this error: what hab_media_input_check () says, if
 * that is the cause. */
void hab_media_input_set_error (const HabMediaInput *input,
    GstMessage *message, GError **error);

G_END_DECLS
