/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether there is a filter for this processor and this kernel. */
gboolean hab_syscall_filter_is_there (void);
/* For all threads of the process. */
gboolean hab_syscall_filter_confine (GError **error);

G_END_DECLS
