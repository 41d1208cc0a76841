/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The boxes of segments as `haberdash verify` reads them: init segment, segment
 * index, fragments, and samples with a key. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mman.h>
#include <unistd.h>

#include "fragment.h"
#include "fuzz.h"
#include "sample-check.h"
#include "segment-index.h"

#define MAX_SAMPLES 500

typedef struct
{
  HabMediaFile *file;
  HabContentKeys *keys;
  HabReport *report;
  HabInitSegment *init;
} Reader;

static void
check_fragment (Reader *self, const HabFileBox *moof)
{
  g_auto (HabFragment) fragment;
  HabSampleCheck *check;

  hab_fragment_init (&fragment);
  if (!hab_fragment_read (&fragment, self->file, moof, self->init,
          self->report))
    return;
  check = hab_sample_check_new (self->init, self->keys, self->report);
  for (guint i = 0; i < MIN (fragment.samples->len, MAX_SAMPLES); i++) {
    const HabFragmentSample *sample =
        &g_array_index (fragment.samples, HabFragmentSample, i);

    g_assert_cmpuint (sample->first_subsample + sample->n_subsamples, <=,
        fragment.subsamples->len);
    if (sample->offset <= self->file->size &&
        sample->size <= self->file->size - sample->offset)
      hab_sample_check_take (check, self->file, &fragment, i);
  }
  hab_sample_check_finish (check, "a");
  hab_sample_check_free (check);
}

static void
read_box (Reader *self, HabFileBox *box)
{
  guint32 timescale;
  GArray *segments;

  if (box->box.type == HAB_MP4_FOURCC ('m', 'd', 'a', 't') ||
      !hab_media_file_load (self->file, box, NULL))
    return;
  if (box->box.type == HAB_MP4_FOURCC ('m', 'o', 'o', 'v') &&
      self->init == NULL)
    self->init = hab_init_segment_read (self->file, box, self->report);
  else if (box->box.type == HAB_MP4_FOURCC ('m', 'o', 'o', 'f') &&
      self->init != NULL)
    check_fragment (self, box);
  else if (box->box.type == HAB_MP4_FOURCC ('s', 'i', 'd', 'x')) {
    segments = hab_segment_index_read (self->file, box, self->file->size,
        &timescale, self->report);
    g_clear_pointer (&segments, g_array_unref);
  }
}

static void
read_boxes (Reader *self)
{
  g_autoptr (GError) error = NULL;
  HabFileBox box;
  guint64 at = 0;

  while (hab_media_file_next (self->file, &at, self->file->size, &box, &error))
    read_box (self, &box);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static const guint8 key[HAB_KEY_SIZE] = { 1 };
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  g_autofree gchar *name = g_strdup_printf ("%d", fd);
  Reader reader = { .report = hab_report_new () };

  g_assert_cmpint (write (fd, data, size), ==, size);
  reader.file = hab_media_file_open ("/proc/self/fd", name, NULL);
  reader.keys = hab_content_keys_new ();
  hab_content_keys_set (reader.keys, NULL, key);
  read_boxes (&reader);
  g_clear_pointer (&reader.init, hab_init_segment_free);
  hab_content_keys_free (reader.keys);
  hab_report_free (reader.report);
  hab_media_file_free (reader.file);
  close (fd);
  return 0;
}
