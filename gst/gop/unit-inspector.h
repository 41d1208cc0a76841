/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "codec.h"

G_BEGIN_DECLS

/* Says what the access units of a video stream are, as buffers bring them, in
 * any form that its caps can name. */
typedef struct _HabUnitInspector HabUnitInspector;

HabUnitInspector *hab_unit_inspector_new (void);
void hab_unit_inspector_free (HabUnitInspector *inspector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabUnitInspector, hab_unit_inspector_free)

/* Before the first buffer, and when they change: parameter sets stay known as
 * long as the codec does. FALSE where they are of no video codec that is known,
 * or with codec_data that cannot be read (HAB_CODEC_ERROR). */
gboolean hab_unit_inspector_set_caps (HabUnitInspector *inspector,
    const GstCaps *caps, GError **error);

/* The same of an event that passes, where it brings caps; whether they can be read
 * the access units behind it tell. */
void hab_unit_inspector_take_event (HabUnitInspector *inspector,
    GstEvent *event);

/* FALSE where the access unit is damaged, or there were no caps
 * (HAB_CODEC_ERROR); info is then that of one at which nothing starts. */
gboolean hab_unit_inspector_inspect (HabUnitInspector *inspector,
    GstBuffer *buffer, HabAccessUnitInfo *info, GError **error);

G_END_DECLS
