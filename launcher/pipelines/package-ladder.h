/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder-source.h"
#include "package-config.h"
#include "package-observer.h"
#include "video-encoder.h"

G_BEGIN_DECLS

/* The ladder of a package: what it is made of, what is made, and by what. */
typedef struct
{
  HabLadderSource source;
  HabLadderPlan *plan;
  const HabVideoEncoder *encoder;
} HabPackageLadder;

/* Of a config that has one. Reads the input. Errors are HAB_MEDIA_ERROR. */
HabPackageLadder *hab_package_ladder_new (const HabPackageConfig *config,
    GError **error);
void hab_package_ladder_free (HabPackageLadder *ladder);

/* (transfer full): the track of the package in which a rung is; the original is
 * in video_0. */
gchar *hab_package_ladder_name (const HabPackageLadder *ladder, guint rung);

/* observer: (nullable) */
void hab_package_ladder_tell (const HabPackageLadder *ladder,
    const HabPackageObserver *observer);

G_END_DECLS
