/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "keys.h"
#include "settings.h"

G_BEGIN_DECLS

/* What a child is told to make of a package: the job of the protocol in
 * docs/architecture.md. It holds the keys and is wiped when it is freed. */
GBytes *hab_work_order_new (const HabPackage *package,
    const HabContentKey *keys, const HabSettings *settings);

G_END_DECLS
