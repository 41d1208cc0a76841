/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "nal-walk.h"

#include <string.h>

#include "ranges.h"

static guint32
get_length (const guint8 *data, guint length_size)
{
  guint32 length = 0;

  for (guint i = 0; i < length_size; i++)
    length = length << 8 | data[i];
  return length;
}

static gboolean
malformed_length (GError **error)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "a NAL unit is longer than its access unit");
  return FALSE;
}

gboolean
hab_nal_walk_next (HabNalWalk *walk, HabNalUnit *unit, gboolean *end,
    GError **error)
{
  do {
    gsize left = walk->size - walk->next;
    const guint8 *data;

    *end = left == 0;
    if (*end)
      return TRUE;
    if (left < walk->length_size)
      return malformed_length (error);

    unit->offset = walk->next;
    data = walk->read (unit->offset, MIN (left, walk->length_size + walk->peek),
        walk->read_data, error);
    if (data == NULL)
      return FALSE;
    unit->data = data + walk->length_size;
    unit->size = get_length (data, walk->length_size);
    if (unit->size > left - walk->length_size)
      return malformed_length (error);
    walk->next += walk->length_size + unit->size;
  } while (unit->size == 0);
  return TRUE;
}

gboolean
hab_nal_walk_read (const HabNalWalk *walk, HabNalUnit *unit, gsize size,
    GError **error)
{
  const guint8 *data = walk->read (unit->offset,
      walk->length_size + MIN (size, unit->size), walk->read_data, error);

  if (data == NULL)
    return FALSE;
  unit->data = data + walk->length_size;
  return TRUE;
}

/* --- ranges ------------------------------------------------------------- */

static const guint8 *
read_memory (gsize offset, gsize want, gpointer data, GError **error)
{
  return (const guint8 *) data + offset;
}

gboolean
hab_nal_parse_ranges (guint length_size, const guint8 *data, gsize size,
    HabNalClearBytes clear_bytes, gpointer parser, GArray *ranges,
    GError **error)
{
  HabNalWalk walk = { .length_size = length_size, .size = size,
    .read = read_memory, .read_data = (gpointer) data };
  gsize counted = 0;
  HabNalUnit unit;
  gboolean end;

  while (hab_nal_walk_next (&walk, &unit, &end, error)) {
    gsize clear;

    if (end) {
      if (counted < size) /* empty NAL units at the end */
        hab_ranges_append (ranges, size - counted, 0);
      return TRUE;
    }
    clear = clear_bytes (parser, &unit, error);
    if (clear == 0)
      return FALSE;
    clear = MIN (clear, unit.size);
    /* With them the length field, and empty NAL units before this one. */
    hab_ranges_append (ranges, unit.offset - counted + length_size + clear,
        unit.size - clear);
    counted = walk.next;
  }
  return FALSE;
}

/* --- picture types ------------------------------------------------------- */

gchar
hab_picture_type_least_independent (gchar a, gchar b)
{
  static const gchar order[] = "IPB";

  if (a == 0)
    return b;
  return strchr (order, a) > strchr (order, b) ? a : b;
}

gboolean
hab_nal_parse_access_unit (HabNalWalk *walk, HabNalInspect inspect,
    gpointer parser, HabAccessUnitInfo *info, GError **error)
{
  HabNalUnit unit;
  gboolean end;

  *info = (HabAccessUnitInfo){ HAB_RANDOM_ACCESS_NONE };
  while (hab_nal_walk_next (walk, &unit, &end, error)) {
    if (end)
      return TRUE;
    if (!inspect (parser, walk, &unit, info, error))
      return FALSE;
  }
  return FALSE;
}
