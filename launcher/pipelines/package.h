/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "package-config.h"
#include "package-observer.h"

G_BEGIN_DECLS

/* Makes a package; runs to the end. observer: (nullable). HAB_MEDIA_ERROR or
 * G_IO_ERROR_CANCELLED. */
gboolean hab_package_run (const HabPackageConfig *config,
    const HabPackageObserver *observer, GCancellable *cancellable,
    GError **error);

G_END_DECLS
