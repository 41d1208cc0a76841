/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"
#include "media.h"
#include "track-choice.h"

G_BEGIN_DECLS

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

typedef struct
{
  gdouble fraction;    /* 0 to 1; 0 where the duration is not known */
  gint64 position_ns;  /* running time of what was packaged */
  guint64 bytes;       /* of media, all tracks */
} HabPackageProgress;

/* One of several videos of a ladder. */
typedef struct
{
  const gchar *name;    /* of its folder, beside the manifest */
  guint width, height;
  guint64 bitrate;      /* bits per second that are aimed at, or measured */
  const gchar *encoder; /* the element; NULL for the video as it came */
} HabPackageRendition;

typedef struct
{
  const gchar *track;    /* the name of its folder: video_0, audio_0, text_0, … */
  const gchar *location; /* relative to the manifest */
  guint64 running_time, duration; /* ns */
  guint64 size;          /* bytes */
  const gchar *kid;      /* 32 hex digits, or NULL in the clear */
} HabPackageSegment;

/* Called in the thread that called hab_package_run (). */
typedef struct
{
  void (*progress) (const HabPackageProgress *progress, gpointer data);
  /* stage: "Fragmented", "Encrypted", "Ready"; file: relative to the
   * manifest */
  void (*stage) (const gchar *stage, const gchar *file, gpointer data);
  /* What will be made, before it begins. */
  void (*rendition) (const HabPackageRendition *rendition, gpointer data);
  /* A segment, or with single_file a fragment, that is written. */
  void (*segment) (const HabPackageSegment *segment, gpointer data);
  /* Something that is not in the package, as a sentence. */
  void (*note) (const gchar *note, gpointer data);
  gpointer data;
} HabPackageObserver;

/* Runs to the end. HAB_MEDIA_ERROR or G_IO_ERROR_CANCELLED. */
gboolean hab_package_run (const HabPackageConfig *config,
    const HabPackageObserver *observer, GCancellable *cancellable,
    GError **error);

G_END_DECLS
