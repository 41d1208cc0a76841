/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mpd-document.h"
#include "report.h"

G_BEGIN_DECLS

/* An MPD of any packager's, name in folder. Findings go into report; NULL where
 * nothing of it can be read. */
HabMpdDocument *hab_mpd_document_read (const gchar *folder,
    const gchar *name, HabReport *report);

G_END_DECLS
