/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-ladder.h"

HabPackageLadder *
hab_package_ladder_new (const HabPackageConfig *config, GError **error)
{
  const HabVideoEncoder *encoder = hab_video_encoder_find (config->encoder);
  HabPackageLadder *self;
  HabLadderSource source;

  if (encoder == NULL) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "there is no encoder %s; openh264 and x264 are", config->encoder);
    return NULL;
  }
  if (!hab_ladder_source_read (&source, config->input,
          config->segment_duration_ns, &config->choice, error))
    return NULL;
  self = g_new0 (HabPackageLadder, 1);
  self->source = source;
  self->plan = hab_ladder_plan (config->ladder, &source);
  self->encoder = encoder;
  return self;
}

void
hab_package_ladder_free (HabPackageLadder *self)
{
  hab_ladder_plan_free (self->plan);
  g_free (self);
}

gchar *
hab_package_ladder_name (const HabPackageLadder *self, guint rung)
{
  return g_strdup_printf ("video_%u", rung + (self->plan->original ? 1 : 0));
}

static void
tell_rung (const HabPackageLadder *self, guint i,
    const HabPackageObserver *observer)
{
  const HabRung *rung = &g_array_index (self->plan->rungs, HabRung, i);
  g_autofree gchar *name = hab_package_ladder_name (self, i);
  const HabPackageRendition rendition = {
    .name = name,
    .width = hab_ladder_get_width (self->source.width, self->source.height,
        rung->height),
    .height = rung->height,
    .bitrate = rung->bitrate,
    .encoder = hab_video_encoder_get_factory (self->encoder),
  };

  hab_package_observer_tell_rendition (observer, &rendition);
}

void
hab_package_ladder_tell (const HabPackageLadder *self,
    const HabPackageObserver *observer)
{
  const HabPackageRendition original = {
    .name = "video_0",
    .width = self->source.width,
    .height = self->source.height,
    .bitrate = self->source.bitrate,
  };

  if (self->plan->original)
    hab_package_observer_tell_rendition (observer, &original);
  for (guint i = 0; i < self->plan->rungs->len; i++)
    tell_rung (self, i, observer);
}
