/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HAB_TYPE_SOCKET_OUTPUT hab_socket_output_get_type ()
/* Bytes to a socket, as GSocketConnection writes them, but for two things that it
 * can be told: which of them are a file's, and that more will follow at once.
 * Main thread. */
G_DECLARE_FINAL_TYPE (HabSocketOutput, hab_socket_output, HAB, SOCKET_OUTPUT,
    GOutputStream)

HabSocketOutput *hab_socket_output_new (GSocket *socket);

/* What is written from now on of the size bytes at address, which are a map of fd
 * from offset on, is sent from the file: the kernel hands pages over and copies
 * nothing. Another map takes its place. fd stays the caller's, who clears the map
 * before it is unmapped or fd is closed. */
void hab_socket_output_set_map (HabSocketOutput *output, gconstpointer address,
    gsize size, int fd, guint64 offset);
/* Nothing where another map has taken its place. */
void hab_socket_output_clear_map (HabSocketOutput *output,
    gconstpointer address);

/* What is written next, the headers of an answer, waits for what is written after
 * it, and both leave together: there must be more. */
void hab_socket_output_expect_more (HabSocketOutput *output);

G_END_DECLS
