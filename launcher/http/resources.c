/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "resources.h"

const HabRoute *const hab_api_routes[] = {
  hab_static_content_routes,
  hab_sign_in_routes,
  hab_input_content_routes,
  hab_uploads_routes,
  hab_package_events_routes,
  hab_packaged_content_routes,
  hab_key_export_routes,
  hab_viewer_tokens_routes,
  hab_videos_routes,
  hab_gops_routes,
  hab_gop_frames_routes,
  hab_pictures_routes,
  hab_filters_routes,
  hab_license_routes,
  hab_health_routes,
  hab_metrics_routes,
  hab_openapi_api_routes,
  NULL
};

const HabRoute *const hab_delivery_routes[] = {
  hab_delivery_content_routes,
  hab_health_routes,
  hab_openapi_delivery_routes,
  NULL
};
