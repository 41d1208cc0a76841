/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-types.h"

G_BEGIN_DECLS

/* The resources, one file each: their rows of the table. */
extern const HabRoute hab_static_content_routes[];
extern const HabRoute hab_sign_in_routes[];
extern const HabRoute hab_input_content_routes[];
extern const HabRoute hab_uploads_routes[];
extern const HabRoute hab_packaged_content_routes[];
extern const HabRoute hab_viewer_tokens_routes[];
extern const HabRoute hab_package_events_routes[];
extern const HabRoute hab_key_export_routes[];
extern const HabRoute hab_videos_routes[];
extern const HabRoute hab_gops_routes[];
extern const HabRoute hab_gop_frames_routes[];
extern const HabRoute hab_pictures_routes[];
extern const HabRoute hab_filters_routes[];
extern const HabRoute hab_license_routes[];
extern const HabRoute hab_health_routes[];
extern const HabRoute hab_metrics_routes[];
extern const HabRoute hab_openapi_api_routes[];
extern const HabRoute hab_openapi_delivery_routes[];
extern const HabRoute hab_delivery_content_routes[];

/* What each listener serves; NULL at the end. */
extern const HabRoute *const hab_api_routes[];
extern const HabRoute *const hab_delivery_routes[];

G_END_DECLS
