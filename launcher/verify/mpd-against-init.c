/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-against-init.h"

#include <string.h>

#include "keys.h"

#define MP4_PROTECTION "urn:mpeg:dash:mp4protection:2011"
#define UUID_PREFIX "urn:uuid:"

/* Of AV1 and H.265 the last parts may be left out. */
#define LEAST_PARTS 4

gchar *
hab_init_entry_get_codecs (const HabInitEntry *entry)
{
  if (entry->codec == NULL || entry->entry.codec_data == NULL)
    return NULL;
  return entry->codec->mime_codec (entry->stream_format,
      entry->entry.codec_data, entry->entry.codec_data_size, NULL);
}

static gboolean
are_same_codecs (const gchar *a, const gchar *b)
{
  g_auto (GStrv) ours = g_strsplit (a, ".", -1);
  g_auto (GStrv) theirs = g_strsplit (b, ".", -1);

  for (guint i = 0; i < LEAST_PARTS || (ours[i] && theirs[i]); i++) {
    if (ours[i] == NULL || theirs[i] == NULL)
      return ours[i] == theirs[i];
    if (g_ascii_strcasecmp (ours[i], theirs[i]) != 0)
      return FALSE;
  }
  return TRUE;
}

static void
check_codecs (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabInitEntry *entry, const gchar *file, HabReport *report)
{
  g_autofree gchar *codecs = hab_init_entry_get_codecs (entry);

  if (track->codecs == NULL)
    hab_report_error (report, "codecs", document->name, -1,
        "Representation %s has no codecs", track->id);
  else if (codecs != NULL && !are_same_codecs (codecs, track->codecs))
    hab_report_error (report, "codecs", document->name, -1,
        "Representation %s says %s, the sample entry in %s is %s", track->id,
        track->codecs, file, codecs);
}

static void
check_size (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabMp4SampleEntry *entry, HabReport *report)
{
  if (entry->width == 0 || track->width == 0 || track->height == 0)
    return;
  if (track->width != entry->width || track->height != entry->height)
    hab_report_error (report, "size", document->name, -1,
        "Representation %s says %u×%u, its sample entry %u×%u", track->id,
        track->width, track->height, entry->width, entry->height);
}

static void
check_mime_type (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabInitSegment *init, HabReport *report)
{
  const gchar *expected =
      init->handler == HAB_MP4_FOURCC ('v', 'i', 'd', 'e') ? "video/" :
      init->handler == HAB_MP4_FOURCC ('s', 'o', 'u', 'n') ? "audio/" : NULL;

  if (expected != NULL && !g_str_has_prefix (track->mime_type, expected))
    hab_report_error (report, "mime-type", document->name, -1,
        "Representation %s is %s by the MPD, its track is %s", track->id,
        track->mime_type, g_str_has_prefix (expected, "v") ? "video" : "audio");
}

/* --- protection ------------------------------------------------------ */

static const HabMpdProtection *
find_mp4_protection (const HabMpdTrack *track)
{
  for (guint i = 0; i < track->protections->len; i++) {
    const HabMpdProtection *protection = track->protections->pdata[i];

    if (g_str_equal (protection->scheme, MP4_PROTECTION))
      return protection;
  }
  return NULL;
}

static void
check_default_kid (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabMpdProtection *protection, const HabInitEntry *entry,
    HabReport *report)
{
  g_autofree gchar *uuid = hab_key_to_uuid (entry->protection.kid);
  guint8 kid[16];

  if (protection->default_kid == NULL)
    hab_report_error (report, "default_KID", document->name, -1,
        "Representation %s has no cenc:default_KID", track->id);
  else if (!hab_key_parse (protection->default_kid, kid, NULL) ||
      memcmp (kid, entry->protection.kid, 16) != 0)
    hab_report_error (report, "default_KID", document->name, -1,
        "Representation %s says %s, its tenc %s", track->id,
        protection->default_kid, uuid);
}

static void
check_protection (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabInitEntry *entry, HabReport *report)
{
  const HabMpdProtection *protection = find_mp4_protection (track);
  gchar scheme[5];

  if (entry->scheme == 0) {
    if (track->protections->len > 0)
      hab_report_error (report, "protection", document->name, -1,
          "Representation %s has ContentProtection, and its sample entry is in "
          "the clear", track->id);
    return;
  }
  if (protection == NULL) {
    hab_report_error (report, "protection", document->name, -1,
        "Representation %s is encrypted, and has no ContentProtection of "
        MP4_PROTECTION, track->id);
    return;
  }
  hab_mp4_fourcc_to_string (entry->scheme, scheme);
  if (g_strcmp0 (protection->value, scheme) != 0)
    hab_report_error (report, "scheme", document->name, -1,
        "Representation %s says %s, its sample entry %s", track->id,
        protection->value ? protection->value : "nothing", scheme);
  check_default_kid (document, track, protection, entry, report);
}

static HabPssh *
read_pssh (const gchar *base64, GError **error)
{
  gsize size;
  g_autofree guchar *data = g_base64_decode (base64, &size);
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_steal_pointer (&data), size);

  return hab_pssh_parse (bytes, error);
}

static void
check_pssh (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabMpdProtection *protection, const HabInitSegment *init,
    const gchar *file, HabReport *report)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabPssh) pssh = NULL;
  const HabPssh *own;

  if (protection->pssh == NULL)
    return;
  pssh = read_pssh (protection->pssh, &error);
  if (pssh == NULL) {
    hab_report_error (report, "pssh", document->name, -1,
        "Representation %s: %s", track->id, error->message);
    return;
  }
  if (!g_str_has_prefix (protection->scheme, UUID_PREFIX) ||
      g_ascii_strcasecmp (protection->scheme + strlen (UUID_PREFIX),
          pssh->system) != 0)
    hab_report_error (report, "pssh", document->name, -1,
        "Representation %s: the box is of %s, and stands below %s", track->id,
        pssh->system, protection->scheme);
  own = hab_pssh_find (init->pssh, pssh->system);
  if (own != NULL && !g_bytes_equal (own->box, pssh->box))
    hab_report_error (report, "pssh", document->name, -1,
        "Representation %s: the pssh box of %s is another one than in %s",
        track->id, pssh->system, file);
}

void
hab_mpd_check_init (const HabMpdDocument *document, const HabMpdTrack *track,
    const HabInitSegment *init, const gchar *file, HabReport *report)
{
  const HabInitEntry *entry = &g_array_index (init->entries, HabInitEntry, 0);

  check_mime_type (document, track, init, report);
  check_codecs (document, track, entry, file, report);
  check_size (document, track, &entry->entry, report);
  check_protection (document, track, entry, report);
  for (guint i = 0; i < track->protections->len; i++)
    check_pssh (document, track, track->protections->pdata[i], init, file,
        report);
}
