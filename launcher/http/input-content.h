/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "json.h"

G_BEGIN_DECLS

/* The list of inputs, a page of it. In a thread of the store. */
HabReply *hab_input_content_list (HabRequest *request, HabVault *vault,
    GError **error);

G_END_DECLS
