/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "catalog.h"

G_BEGIN_DECLS

/* All GOPs of a video in as many numbers as a chart has room for, however many
 * they are. Pure. */
typedef struct _HabGopStatistics HabGopStatistics;

/* count: of the GOPs that will be added. They share at most n_bins bins, each
 * of as many GOPs as the others, or one fewer. */
HabGopStatistics *hab_gop_statistics_new (guint64 count, guint n_bins);
void hab_gop_statistics_free (HabGopStatistics *statistics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabGopStatistics, hab_gop_statistics_free)

/* In the order of their indices, from 0. */
void hab_gop_statistics_add (HabGopStatistics *statistics, const HabGop *gop);

/* Sums, quartiles and bins, as members of the object that is being built.
 * Bytes and seconds. Once, when all have been added. */
void hab_gop_statistics_to_json (HabGopStatistics *statistics,
    JsonBuilder *builder);

G_END_DECLS
