/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls-text.h"

/* Playlists have no control characters in them (RFC 8216, 4.1). */
void
hab_hls_append_quoted (GString *text, const gchar *value)
{
  g_string_append_c (text, '"');
  for (; *value; value = g_utf8_next_char (value)) {
    gunichar character = g_utf8_get_char (value);

    if (character != '"' && !g_unichar_iscntrl (character))
      g_string_append_unichar (text, character);
  }
  g_string_append_c (text, '"');
}

guint64
hab_hls_i_frame_bandwidth (const HabRepresentation *rep)
{
  gdouble peak = 0;

  for (guint i = 0; i < rep->segments->len; i++) {
    const HabSegment *segment = hab_representation_get_segment (rep, i);

    peak = MAX (peak, 8.0 * segment->key_frame_size * rep->timescale /
        MAX (segment->duration, 1));
  }
  return (guint64) peak;
}
