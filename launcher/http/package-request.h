/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-types.h"

G_BEGIN_DECLS

/* What POST /packaged_content asks for, checked. Holds a content key. */
typedef struct _HabPackageRequest HabPackageRequest;

HabPackageRequest *hab_package_request_read (HabRequest *request,
    GError **error);
void hab_package_request_free (HabPackageRequest *wanted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPackageRequest, hab_package_request_free)

/* What PATCH /packaged_content/N asks for. */
gboolean hab_package_request_read_patch (HabRequest *request, gint *priority,
    GError **error);

/* In the store's thread: adds the package as Queued, its key sealed. Where
 * the same Idempotency-Key was used before, nothing is added. Returns the
 * package's id, 0 on failure. */
gint64 hab_package_request_add (HabPackageRequest *wanted, HabVault *vault,
    GError **error);

G_END_DECLS
