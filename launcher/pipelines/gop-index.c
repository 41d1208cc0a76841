/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-index.h"

HabGopIndex *
hab_gop_index_new (void)
{
  HabGopIndex *self = g_new0 (HabGopIndex, 1);

  self->tracks = g_array_new (FALSE, FALSE, sizeof (HabTrack));
  g_array_set_clear_func (self->tracks, (GDestroyNotify) hab_track_clear);
  self->gops = g_array_new (FALSE, FALSE, sizeof (HabGop));
  self->iframes = g_array_new (FALSE, FALSE, sizeof (HabIFrame));
  return self;
}

void
hab_gop_index_free (HabGopIndex *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->tracks);
  g_array_unref (self->gops);
  g_array_unref (self->iframes);
  g_free (self);
}
