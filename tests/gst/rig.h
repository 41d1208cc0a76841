/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstharness.h>

#include "sample-streams.h"

/* One of our elements, a stream of some codec flowing through it, and what
 * came out at the other end as media, so that one test does for all. */

#define RIG_KID "a16e402b9056e371f36d348aa62bb749"
#define RIG_KEY "87237d20a19f58a740c05684e699b4aa"

typedef enum
{
  RIG_NONE = 0,
  RIG_CODECS = 1 << 0,      /* parses access units: damage is an error */
  RIG_ENCRYPTS = 1 << 1,
  RIG_DECRYPTS = 1 << 2,    /* its input is encrypted */
  RIG_WRITES_TRACK = 1 << 3, /* makes a file, so it needs times, a first sample
                              * and caps that stay */
  RIG_SINK = 1 << 4,
  RIG_ANY = 1 << 5,
} RigTraits;

typedef struct
{
  const gchar *element; /* factory */
  RigTraits traits;
} RigElement;

typedef struct
{
  const RigElement *row;
  const SampleStream *stream;
  GstElement *element;
  GstHarness *h;
  GstBus *bus;
  gchar *folder;     /* what cencdashsink writes, else NULL */
  GstHarness *other; /* encrypts what the element decrypts, or decrypts what it
                      * encrypted once that is looked at; else NULL */
  guint n_pushed;    /* since the start or the last flush */
} Rig;

/* A test of elements with one of these traits and none of those. */
typedef struct
{
  const gchar *name;
  void (*run) (const RigElement *row, const SampleStream *stream);
  RigTraits of;
  RigTraits not_of;
} RigTest;

/* Adds the tests, each for each element, which run it with each codec and look
 * for leaks behind it. The table stays the caller's. */
void rig_add_tests (const RigTest *tests, guint n_tests);

/* A rig in PLAYING, nothing pushed yet. */
Rig *rig_new (const RigElement *row, const SampleStream *stream);
void rig_free (Rig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)

/* (transfer full): the stream's caps; in the clear, whatever the element
 * takes. */
GstCaps *sample_caps (const SampleStream *stream);

gboolean sample_is_video (const SampleStream *stream);

/* Whether buffers without times are headers that the caps have already. */
gboolean sample_has_headers (const SampleStream *stream);

/* (transfer full): access unit i of a stream without end; in the clear. */
GstBuffer *sample_buffer (const SampleStream *stream, guint i);

/* (transfer full): the bytes that hex digits say. */
GBytes *sample_bytes (const gchar *hex);

/* Pushes stream-start, the caps (transfer full), encrypted where the element
 * takes that, and a segment from start on. Whether the caps are taken is told by
 * the next buffer. */
void rig_begin (Rig *rig, GstCaps *caps, GstClockTime start);

/* The same, the caps (nullable) as they are. */
void rig_begin_as_is (Rig *rig, GstCaps *caps, GstClockTime start);

/* The same, with the stream's own caps and a segment from 0 on. */
void rig_begin_stream (Rig *rig);

/* (transfer full) a buffer in the clear, pushed as the element takes it. */
GstFlowReturn rig_push (Rig *rig, GstBuffer *buffer);

/* Pushes the next n access units. */
void rig_push_units (Rig *rig, guint n);

void rig_flush (Rig *rig);

/* Pushes EOS. Whether the stream is then known as whole: EOS came out, or was
 * posted by a sink. */
gboolean rig_end (Rig *rig);

/* (transfer full): what has come out since the last call, or what is in the
 * files, in the clear and without what is around it. */
GBytes *rig_payload (Rig *rig);

/* That is access units first to first + n - 1. */
void rig_assert_payload (Rig *rig, guint first, guint n);

/* (transfer full) (nullable): the first error since the last call. */
GError *rig_take_error (Rig *rig);

/* That an error was posted where the flow says so and nowhere else. */
void rig_assert_told (Rig *rig, GstFlowReturn flow);
