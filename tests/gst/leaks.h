/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* (transfer full) (nullable): what is alive of GStreamer's objects, where the
 * environment has GST_TRACERS=leaks. */
static inline GstStructure *
live_objects (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstStructure *objects = NULL;

  for (GList *l = tracers; l && objects == NULL; l = l->next) {
    if (g_signal_lookup ("get-live-objects", G_OBJECT_TYPE (l->data)))
      g_signal_emit_by_name (l->data, "get-live-objects", &objects);
  }
  g_list_free_full (tracers, gst_object_unref);
  return objects;
}

static inline guint
count_live_objects (void)
{
  g_autoptr (GstStructure) objects = live_objects ();
  const GValue *list;
  guint n;

  g_assert_nonnull (objects);
  list = gst_structure_get_value (objects, "live-objects-list");
  n = gst_value_list_get_size (list);
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *text = gst_value_serialize (
        gst_value_list_get_value (list, i));

    g_test_message ("alive: %.200s", text);
  }
  return n;
}

/* No object of GStreamer's that somebody owns is left. */
static inline void
assert_no_leaks (void)
{
  g_assert_cmpuint (count_live_objects (), ==, 0);
}

/* Like g_test_run (), and nothing that the tests made may be left. Without the
 * tracer, as when a test runs by hand, nothing is known of that. */
static inline int
run_tests (void)
{
  int status = g_test_run ();
  GstStructure *objects = live_objects ();

  if (objects != NULL && status == 0)
    assert_no_leaks ();
  g_clear_pointer (&objects, gst_structure_free);
  return status;
}
