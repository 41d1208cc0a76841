/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-statistics.h"

#include "json-build.h"

/* What is told of the GOPs of a bin by one of their numbers. */
typedef struct
{
  guint64 least, most;
  guint64 most_index; /* of the GOP that has the most */
} Extent;

typedef struct
{
  guint64 first, last; /* indices */
  gint64 pts_ns;
  guint64 duration_ns, bytes;
  Extent size, length; /* bytes, ns */
} Bin;

struct _HabGopStatistics
{
  guint64 count; /* that was told */
  guint n_bins;
  guint64 frames, open, duration_ns, bytes;
  GArray *sizes, *lengths; /* of guint64, a value a GOP */
  GArray *bins;            /* of Bin */
};

HabGopStatistics *
hab_gop_statistics_new (guint64 count, guint n_bins)
{
  HabGopStatistics *self = g_new0 (HabGopStatistics, 1);

  self->count = count;
  self->n_bins = MIN (MAX (count, 1), MAX (n_bins, 1));
  self->sizes = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->lengths = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->bins = g_array_new (FALSE, TRUE, sizeof (Bin)); /* of zeros */
  return self;
}

void
hab_gop_statistics_free (HabGopStatistics *self)
{
  g_array_unref (self->sizes);
  g_array_unref (self->lengths);
  g_array_unref (self->bins);
  g_free (self);
}

/* --- adding ------------------------------------------------------------- */

static void
extent_add (Extent *self, guint64 value, guint64 index, gboolean first)
{
  if (first || value < self->least)
    self->least = value;
  if (first || value > self->most) {
    self->most = value;
    self->most_index = index;
  }
}

/* The n-th GOP's; without a product that does not fit. More than were told go
 * into the last bin. */
static guint
find_bin (const HabGopStatistics *self, guint64 n)
{
  guint64 bin = self->count > 0
      ? (guint64) ((gdouble) n * self->n_bins / self->count)
      : 0;

  return MIN (bin, self->n_bins - 1);
}

static void
bin_add (Bin *self, const HabGop *gop, guint64 length, gboolean first)
{
  if (first) {
    self->first = gop->index;
    self->pts_ns = gop->pts_ns;
  }
  self->last = gop->index;
  self->duration_ns += length;
  self->bytes += gop->bytes;
  extent_add (&self->size, gop->bytes, gop->index, first);
  extent_add (&self->length, length, gop->index, first);
}

void
hab_gop_statistics_add (HabGopStatistics *self, const HabGop *gop)
{
  guint64 length = MAX (gop->duration_ns, 0);
  guint bin = find_bin (self, self->sizes->len);
  gboolean first = self->bins->len <= bin;

  if (first)
    g_array_set_size (self->bins, bin + 1);
  bin_add (&g_array_index (self->bins, Bin, bin), gop, length, first);
  g_array_append_val (self->sizes, gop->bytes);
  g_array_append_val (self->lengths, length);
  self->frames += gop->frames;
  self->open += !gop->closed;
  self->duration_ns += length;
  self->bytes += gop->bytes;
}

/* --- as JSON ------------------------------------------------------------ */

typedef void (*AddValue) (JsonBuilder *builder, const gchar *name,
    guint64 value);

static void
add_bytes (JsonBuilder *builder, const gchar *name, guint64 bytes)
{
  hab_json_add_int (builder, name, bytes);
}

static void
add_seconds (JsonBuilder *builder, const gchar *name, guint64 ns)
{
  hab_json_add_seconds (builder, name, ns);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  guint64 one = *(const guint64 *) a, other = *(const guint64 *) b;

  return (one > other) - (one < other);
}

/* A quarter of all values is not above the first quartile. */
static void
add_quartiles (JsonBuilder *builder, const gchar *name, GArray *values,
    AddValue add)
{
  static const gchar *const names[] = {
    "smallest", "lower_quartile", "median", "upper_quartile", "largest"
  };

  if (values->len == 0)
    return;
  g_array_sort (values, compare);
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    add (builder, names[i],
        g_array_index (values, guint64,
            (guint64) (values->len - 1) * i / (G_N_ELEMENTS (names) - 1)));
  json_builder_end_object (builder);
}

static void
add_bin (JsonBuilder *builder, const Bin *bin)
{
  json_builder_begin_object (builder);
  hab_json_add_int (builder, "first", bin->first);
  hab_json_add_int (builder, "last", bin->last);
  if (bin->pts_ns != G_MININT64)
    hab_json_add_double (builder, "pts_time", bin->pts_ns / 1e9);
  hab_json_add_seconds (builder, "duration", bin->duration_ns);
  hab_json_add_int (builder, "size", bin->bytes);
  hab_json_add_int (builder, "smallest", bin->size.least);
  hab_json_add_int (builder, "largest", bin->size.most);
  hab_json_add_int (builder, "largest_index", bin->size.most_index);
  hab_json_add_seconds (builder, "shortest", bin->length.least);
  hab_json_add_seconds (builder, "longest", bin->length.most);
  hab_json_add_int (builder, "longest_index", bin->length.most_index);
  json_builder_end_object (builder);
}

void
hab_gop_statistics_to_json (HabGopStatistics *self, JsonBuilder *builder)
{
  hab_json_add_int (builder, "gops", self->sizes->len);
  hab_json_add_int (builder, "open", self->open);
  hab_json_add_int (builder, "frames", self->frames);
  hab_json_add_seconds (builder, "duration", self->duration_ns);
  hab_json_add_int (builder, "size", self->bytes);
  add_quartiles (builder, "sizes", self->sizes, add_bytes);
  add_quartiles (builder, "durations", self->lengths, add_seconds);
  json_builder_set_member_name (builder, "bins");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->bins->len; i++)
    add_bin (builder, &g_array_index (self->bins, Bin, i));
  json_builder_end_array (builder);
}
