/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"
#include "media.h"
#include "track-choice.h"

G_BEGIN_DECLS

/* What a package is made of, and how. The strings and the rest behind pointers
 * stay the caller's. */
typedef struct
{
  const gchar *input;           /* path of the file to read */
  const gchar *manifest;        /* path of the manifest to write */
  HabEncrypt encrypt;
  HabContentKey keys[HAB_N_TRACK_TYPES]; /* of what encrypt covers, by
                                          * HabTrackType */
  const guint8 *iv;             /* of 16 bytes; NULL for a random one */
  const gchar *license_url;     /* for the manifest, or NULL */
  gboolean single_file;         /* each track one file: on-demand profile */
  gboolean hls;                 /* playlists, too */
  const gchar *hls_key_url;     /* for the playlists, or NULL */
  gboolean hls_clearkey;        /* their KEYFORMAT is org.w3.clearkey */
  const gchar *const *texts;    /* files of subtitles, as hab_text_input_new ()
                                 * takes them, or NULL */
  HabTrackChoice choice;        /* which tracks; of text, those of input */
  guint64 segment_duration_ns;
  guint64 clear_lead_ns;        /* what stays in the clear at the start */
  const gchar *pssh;            /* boxes of other systems, as cbcsenc takes
                                 * them, or NULL */
  const HabLadder *ladder;      /* the video in several sizes; NULL for one,
                                 * as it is */
  const gchar *encoder;         /* of these: see video-encoder.h; or NULL */
  guint threads;                /* that encode or decode; 0: as many as there
                                 * are processors */
  gboolean durable;             /* fsync what is promised */
  gint records_fd;              /* for catalogrecorder, or -1 */
} HabPackageConfig;

G_END_DECLS
