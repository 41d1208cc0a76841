/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/xmlwriter.h>

#include "presentation.h"

G_BEGIN_DECLS

/* The ContentProtection elements of an encrypted representation; none of a
 * clear one. license_url: address of a ClearKey licence service, or NULL. */
void hab_mpd_write_protection (xmlTextWriter *xml,
    const HabRepresentation *rep, const gchar *license_url);

/* Whether those of the first representation are true for the whole set. */
gboolean hab_mpd_one_protection (const HabAdaptationSet *set);

G_END_DECLS
