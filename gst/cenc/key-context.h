/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "content-keys.h"

G_BEGIN_DECLS

/* Content keys that come by a GstContext of this type. Its structure has a
 * field for each key: the name is the key id, in one of the forms of
 * hab_key_parse (), the value a GstMemory of 16 bytes. GStreamer writes the
 * structures of contexts into its log; a GstMemory comes out there as NULL,
 * where a GBytes, a GstBuffer or a string would come out as the key. */
#define HAB_KEY_CONTEXT "drm-content-keys"

/* The context by which an element says which protection system it is for. */
#define HAB_SYSTEM_CONTEXT "drm-preferred-decryption-system-id"

/* Adds the keys of a context. Fields that hold none are left out, with a
 * warning in the log. FALSE where the context is of another type. */
gboolean hab_key_context_read (GstContext *context, HabContentKeys *keys);

/* Asks what pad is linked to for a context with keys; the answer, if there is
 * one, comes by the element's set_context. */
void hab_key_context_query (GstElement *element, GstPad *pad);

/* Asks the application: posts need-context with a field "kid", a string of 32
 * hex digits. kid may be NULL, and the field missing then. The answer comes by
 * set_context, before this returns, from a bin above or a synchronous handler
 * of the bus. */
void hab_key_context_ask (GstElement *element, const guint8 *kid);

/* Answers a query for HAB_SYSTEM_CONTEXT with system; FALSE where the query is
 * another. */
gboolean hab_key_context_answer_system (GstQuery *query, const gchar *system);

G_END_DECLS
