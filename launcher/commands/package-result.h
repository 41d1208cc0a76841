/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "package.h"

G_BEGIN_DECLS

/* What a package turned out to be, for machines: collected while it is made. */
typedef struct
{
  GPtrArray *tracks; /* in the order of their first segments */
  GPtrArray *notes;  /* of strings */
} HabPackageResult;

void hab_package_result_init (HabPackageResult *result);
void hab_package_result_clear (HabPackageResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabPackageResult, hab_package_result_clear)

void hab_package_result_add_segment (HabPackageResult *result,
    const HabPackageSegment *segment);
void hab_package_result_add_note (HabPackageResult *result,
    const gchar *note);

/* (transfer full): a JSON object, without keys. elapsed: seconds. */
gchar *hab_package_result_to_json (const HabPackageResult *result,
    const HabPackageConfig *config, gdouble elapsed);

G_END_DECLS
