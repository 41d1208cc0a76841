/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

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

/* Who is told what becomes of a package, in the thread that called
 * hab_package_run (). A function may be NULL. */
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

/* For what makes packages; observer: (nullable). */
void hab_package_observer_tell_progress (const HabPackageObserver *observer,
    const HabPackageProgress *progress);
void hab_package_observer_tell_stage (const HabPackageObserver *observer,
    const gchar *stage, const gchar *file);
void hab_package_observer_tell_rendition (const HabPackageObserver *observer,
    const HabPackageRendition *rendition);
void hab_package_observer_tell_segment (const HabPackageObserver *observer,
    const HabPackageSegment *segment);
void hab_package_observer_tell_note (const HabPackageObserver *observer,
    const gchar *note);

G_END_DECLS
