/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a jail must know of a build that looks for its own faults, which is one
 * with -Db_sanitize=address or thread: all of that is here. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAB_IS_SANITIZED 1
#else
#define HAB_IS_SANITIZED 0
#endif

/* The tables of a sanitizer are more than any limit of memory. */
#define HAB_CAN_LIMIT_MEMORY (!HAB_IS_SANITIZED)

/* Leaks are looked for by another process that looks into this one when it ends:
 * not from now on. Nothing in any other build. */
void hab_sanitizer_leave_leaks (void);
