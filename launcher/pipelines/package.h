/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"

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
  guint64 segment_duration_ns;
  gboolean durable;             /* fsync what is promised */
  gint records_fd;              /* for catalogrecorder, or -1 */
} HabPackageConfig;

typedef struct
{
  gdouble fraction;    /* 0 to 1; 0 where the duration is not known */
  gint64 position_ns;  /* running time of what was packaged */
  guint64 bytes;       /* of media, all tracks */
} HabPackageProgress;

/* Called in the thread that called hab_package_run (). */
typedef struct
{
  void (*progress) (const HabPackageProgress *progress, gpointer data);
  /* stage: "Fragmented", "Encrypted", "Ready"; file: relative to the
   * manifest */
  void (*stage) (const gchar *stage, const gchar *file, gpointer data);
  /* Something that is not in the package, as a sentence. */
  void (*note) (const gchar *note, gpointer data);
  gpointer data;
} HabPackageObserver;

/* Runs to the end. HAB_MEDIA_ERROR or G_IO_ERROR_CANCELLED. */
gboolean hab_package_run (const HabPackageConfig *config,
    const HabPackageObserver *observer, GCancellable *cancellable,
    GError **error);

G_END_DECLS
