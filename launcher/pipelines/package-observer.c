/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-observer.h"

void
hab_package_observer_tell_progress (const HabPackageObserver *self,
    const HabPackageProgress *progress)
{
  if (self && self->progress)
    self->progress (progress, self->data);
}

void
hab_package_observer_tell_stage (const HabPackageObserver *self,
    const gchar *stage, const gchar *file)
{
  if (self && self->stage)
    self->stage (stage, file, self->data);
}

void
hab_package_observer_tell_rendition (const HabPackageObserver *self,
    const HabPackageRendition *rendition)
{
  if (self && self->rendition)
    self->rendition (rendition, self->data);
}

void
hab_package_observer_tell_segment (const HabPackageObserver *self,
    const HabPackageSegment *segment)
{
  if (self && self->segment)
    self->segment (segment, self->data);
}

void
hab_package_observer_tell_note (const HabPackageObserver *self,
    const gchar *note)
{
  if (self && self->note)
    self->note (note, self->data);
}
