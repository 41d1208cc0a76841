/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties of all elements: what they promise about themselves. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "rig.h"

#define UNITS 7

typedef void (*PropertyTest) (Rig *rig, GObject *object, GParamSpec *pspec);

/* Those that the class has itself, and not a base class of GStreamer's. */
static gboolean
is_ours (GParamSpec *pspec)
{
  return !g_str_has_prefix (g_type_name (pspec->owner_type), "GstBase") &&
      pspec->owner_type != GST_TYPE_OBJECT &&
      pspec->owner_type != GST_TYPE_BIN && pspec->owner_type != GST_TYPE_PAD &&
      pspec->owner_type != GST_TYPE_GHOST_PAD;
}

static guint
for_each_of (Rig *rig, GObject *object, PropertyTest test)
{
  guint n, tested = 0;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (
      G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++) {
    if (!is_ours (pspecs[i]))
      continue;
    g_test_message ("%s", pspecs[i]->name);
    test (rig, object, pspecs[i]);
    tested++;
  }
  return tested;
}

/* Those of the element, and of the pad that was requested. */
static void
for_each (const RigElement *row, const SampleStream *stream, PropertyTest test)
{
  g_autoptr (Rig) rig = NULL;
  g_autoptr (GstPad) pad = NULL;

  /* They do not depend on what flows. */
  if (stream != &sample_streams[0])
    return;
  rig = rig_new (row, stream);
  g_assert_cmpuint (for_each_of (rig, G_OBJECT (rig->element), test), >, 0);
  if ((row->traits & RIG_SINK) == 0)
    return;
  pad = gst_pad_get_peer (rig->h->srcpad);
  for_each_of (rig, G_OBJECT (pad), test);
}

/* --- values --------------------------------------------------------------------------- */

/* (transfer full): something else than the default that the property takes. */
static void
other_value (GParamSpec *pspec, GValue *value)
{
  g_value_init (value, pspec->value_type);
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type)) {
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (value, !G_PARAM_SPEC_BOOLEAN (pspec)->default_value);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, G_PARAM_SPEC_UINT (pspec)->minimum + 1);
      break;
    case G_TYPE_INT:
      g_value_set_int (value, G_PARAM_SPEC_INT (pspec)->minimum + 2);
      break;
    case G_TYPE_UINT64:
      g_value_set_uint64 (value, G_PARAM_SPEC_UINT64 (pspec)->minimum + 1);
      break;
    case G_TYPE_INT64:
      g_value_set_int64 (value, G_PARAM_SPEC_INT64 (pspec)->minimum + 1);
      break;
    case G_TYPE_STRING:
      g_value_set_static_string (value, "00112233445566778899aabbccddeeff");
      break;
    default:
      g_param_value_set_default (pspec, value);
  }
}

static void
assert_value (GObject *object, GParamSpec *pspec, const GValue *wanted)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if ((pspec->flags & G_PARAM_READABLE) == 0)
    return;
  g_object_get_property (object, pspec->name, &value);
  g_assert_cmpint (g_param_values_cmp (pspec, &value, wanted), ==, 0);
}

static gboolean
is_set_by_rig (Rig *rig, GParamSpec *pspec)
{
  static const gchar *const names[] = { "kid", "key", "location", NULL };

  return g_strv_contains (names, pspec->name);
}

/* --- what they say ---------------------------------------------------------------------- */

static gboolean
ends_with (const gchar *name, const gchar *const *endings)
{
  for (; *endings; endings++) {
    if (g_str_has_suffix (name, *endings))
      return TRUE;
  }
  return FALSE;
}

/* A number that measures something says in what. */
static void
assert_described (Rig *rig, GObject *object, GParamSpec *pspec)
{
  static const gchar *const times[] = { "-duration", "-lead", "-delay", "-time",
    "-depth", "-window", "-latency", NULL };
  static const gchar *const sizes[] = { "-bytes", "-size", NULL };
  const gchar *blurb = g_param_spec_get_blurb (pspec);
  GType type = G_TYPE_FUNDAMENTAL (pspec->value_type);
  gboolean number = type == G_TYPE_UINT64 || type == G_TYPE_INT64 ||
      type == G_TYPE_UINT || type == G_TYPE_INT;

  g_assert_nonnull (blurb);
  g_assert_cmpuint (strlen (blurb), >, 20);
  g_assert_cmpuint (strlen (g_param_spec_get_nick (pspec)), >, 0);
  if (number && ends_with (pspec->name, times))
    g_assert_true (strstr (blurb, "anoseconds"));
  if (number && ends_with (pspec->name, sizes))
    g_assert_true (strstr (blurb, "ytes"));
}

static void
test_described (const RigElement *row, const SampleStream *stream)
{
  for_each (row, stream, assert_described);
}

/* --- what they take ----------------------------------------------------------------------- */

static void
assert_default (Rig *rig, GObject *object, GParamSpec *pspec)
{
  if (!is_set_by_rig (rig, pspec) && G_TYPE_IS_VALUE_TYPE (pspec->value_type) &&
      pspec->flags & G_PARAM_WRITABLE)
    assert_value (object, pspec, g_param_spec_get_default_value (pspec));
}

static void
test_defaults (const RigElement *row, const SampleStream *stream)
{
  for_each (row, stream, assert_default);
}

static void
set_and_get (Rig *rig, GObject *object, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if ((pspec->flags & G_PARAM_WRITABLE) == 0)
    return;
  gst_element_set_state (rig->element, GST_STATE_NULL);
  other_value (pspec, &value);
  g_object_set_property (object, pspec->name, &value);
  assert_value (object, pspec, &value);
  g_object_set_property (object, pspec->name,
      g_param_spec_get_default_value (pspec));
  assert_value (object, pspec, g_param_spec_get_default_value (pspec));
}

static void
test_set_and_get (const RigElement *row, const SampleStream *stream)
{
  for_each (row, stream, set_and_get);
}

/* Beyond the range, where it is smaller than that of the type. */
static gboolean
beyond (GParamSpec *pspec, GValue *value)
{
  g_value_init (value, pspec->value_type);
  if (G_IS_PARAM_SPEC_UINT64 (pspec))
    g_value_set_uint64 (value, G_MAXUINT64);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, G_MAXUINT);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    g_value_set_int64 (value, G_MININT64);
  else if (G_IS_PARAM_SPEC_INT (pspec))
    g_value_set_int (value, G_MININT);
  else
    return FALSE;
  return !g_param_value_is_valid (pspec, value);
}

static void
refuse_beyond (Rig *rig, GObject *object, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (!beyond (pspec, &value))
    return;
  gst_element_set_state (rig->element, GST_STATE_NULL);
  g_test_expect_message ("GLib-GObject", G_LOG_LEVEL_WARNING,
      "*out of range*");
  g_object_set_property (object, pspec->name, &value);
  g_test_assert_expected_messages ();
  assert_default (rig, object, pspec);
}

static void
test_range (const RigElement *row, const SampleStream *stream)
{
  for_each (row, stream, refuse_beyond);
}

/* --- secrets --------------------------------------------------------------------------------- */

static void
assert_secret (Rig *rig, GObject *object, GParamSpec *pspec)
{
  if (strcmp (pspec->name, "key") == 0)
    g_assert_cmpint (pspec->flags & G_PARAM_READWRITE, ==, G_PARAM_WRITABLE);
}

static void
test_secrets (const RigElement *row, const SampleStream *stream)
{
  for_each (row, stream, assert_secret);
}

/* --- when they count ---------------------------------------------------------------------------- */

/* What can be set in NULL and READY only changes nothing of a stream that runs,
 * with or without a word. */
static void
set_late (Rig *rig, GObject *object, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if ((pspec->flags & G_PARAM_WRITABLE) == 0)
    return;
  g_assert_true (pspec->flags & (GST_PARAM_MUTABLE_READY |
      GST_PARAM_MUTABLE_PAUSED | GST_PARAM_MUTABLE_PLAYING));
  other_value (pspec, &value);
  g_object_set_property (object, pspec->name, &value);
}

static void
ignore (const gchar *domain, GLogLevelFlags level, const gchar *text,
    gpointer data)
{
}

static void
test_set_while_running (const RigElement *row, const SampleStream *stream)
{
  g_autoptr (Rig) rig = rig_new (row, stream);
  guint handler;
  GLogLevelFlags fatal;

  if (stream != &sample_streams[0])
    return;
  rig_begin_stream (rig);
  rig_push_units (rig, 2);
  fatal = g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
  handler = g_log_set_handler (NULL, G_LOG_LEVEL_WARNING, ignore, NULL);
  for_each_of (rig, G_OBJECT (rig->element), set_late);
  g_log_remove_handler (NULL, handler);
  g_log_set_always_fatal (fatal);
  rig_push_units (rig, UNITS - 2);
  g_assert_true (rig_end (rig));
  rig_assert_payload (rig, 0, UNITS);
}

static const RigTest tests[] = {
  { "properties/described", test_described, RIG_ANY, RIG_NONE },
  { "properties/defaults", test_defaults, RIG_ANY, RIG_NONE },
  { "properties/set-and-get", test_set_and_get, RIG_ANY, RIG_NONE },
  { "properties/range", test_range, RIG_ANY, RIG_NONE },
  { "properties/secrets", test_secrets, RIG_ENCRYPTS | RIG_DECRYPTS, RIG_NONE },
  { "properties/set-while-running", test_set_while_running, RIG_ANY,
      RIG_NONE },
};

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  rig_add_tests (tests, G_N_ELEMENTS (tests));
  return g_test_run ();
}
