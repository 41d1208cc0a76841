/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mp4-movie.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mp4-edit-list.h"

/* A moov box of 256 MiB describes about 20 million samples: days of video. */
#define MAX_MOOV_SIZE (256 * 1024 * 1024)

/* Boxes before moov. Without a bound a file full of empty ones would be read
 * 8 bytes at a time. */
#define MAX_TOP_LEVEL_BOXES 65536
/* All boxes: two for each fragment. */
#define MAX_CHECKED_BOXES (4 * 1024 * 1024)

/* Samples of one size need no table, so the moov box does not bound how many
 * there are. This is a week of video. */
#define MAX_VIDEO_SAMPLES (1 << 24)
#define MAX_TRACKS 128

#define FOURCC HAB_MP4_FOURCC

struct _HabMp4Movie
{
  int fd;        /* -1 when bytes is set */
  GBytes *bytes; /* the whole file in memory, or NULL */
  guint64 size;

  guint8 *moov;
  gpointer map;  /* that moov is in, or NULL */
  gsize map_size;
  gboolean known; /* it is to be mapped, and samples' places were checked */
  guint32 timescale;
  gboolean fragmented;
  GArray *tracks; /* of HabMp4Track, pointing into moov */
};

/* --- the file ---------------------------------------------------------- */

static gboolean
read_fd (int fd, guint64 offset, guint8 *data, gsize size, GError **error)
{
  while (size > 0) {
    gssize got = pread (fd, data, size, offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_IO,
          "cannot read the file: %s", g_strerror (errno));
      return FALSE;
    }
    if (got == 0) {
      g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
          "the file became shorter while it was read");
      return FALSE;
    }
    data += got;
    offset += got;
    size -= got;
  }
  return TRUE;
}

gboolean
hab_mp4_movie_read (const HabMp4Movie *movie, guint64 offset, gpointer data,
    gsize size, GError **error)
{
  if (offset > movie->size || size > movie->size - offset) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "the file ends too early");
    return FALSE;
  }
  if (movie->bytes == NULL)
    return read_fd (movie->fd, offset, data, size, error);
  memcpy (data, (const guint8 *) g_bytes_get_data (movie->bytes, NULL) + offset,
      size);
  return TRUE;
}

/* --- finding moov ------------------------------------------------------ */

typedef struct
{
  guint32 type;
  guint64 size;     /* header included */
  guint header_size;
} TopLevelBox;

static gboolean
is_known_first_box (guint32 type)
{
  static const guint32 known[] = {
    FOURCC ('f', 't', 'y', 'p'), FOURCC ('m', 'o', 'o', 'v'),
    FOURCC ('m', 'd', 'a', 't'), FOURCC ('f', 'r', 'e', 'e'),
    FOURCC ('s', 'k', 'i', 'p'), FOURCC ('w', 'i', 'd', 'e'),
    FOURCC ('p', 'n', 'o', 't'), FOURCC ('s', 't', 'y', 'p'),
    FOURCC ('u', 'u', 'i', 'd')
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (known[i] == type)
      return TRUE;
  }
  return FALSE;
}

static gboolean
cut_off (GError **error, const TopLevelBox *box, guint64 missing)
{
  gchar type[5];

  g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
      "the file is cut off in its %s box (%" G_GUINT64_FORMAT
      " bytes are missing)",
      hab_mp4_fourcc_to_string (box->type, type), missing);
  return FALSE;
}

static gboolean
not_mp4 (GError **error)
{
  g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_NOT_MP4,
      "not an MP4 or MOV file");
  return FALSE;
}

static gboolean
read_top_level (const HabMp4Movie *movie, guint64 offset, TopLevelBox *box,
    GError **error)
{
  guint8 header[16];
  guint64 left = movie->size - offset;

  if (left < 8 && offset == 0)
    return not_mp4 (error);
  if (left < 8) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "the file is cut off between its boxes");
    return FALSE;
  }
  if (!hab_mp4_movie_read (movie, offset, header, MIN (left, 16), error))
    return FALSE;

  box->size = GST_READ_UINT32_BE (header);
  box->type = GST_READ_UINT32_BE (header + 4);
  box->header_size = 8;
  if (offset == 0 && !is_known_first_box (box->type))
    return not_mp4 (error);
  if (box->size == 1) {
    if (left < 16)
      return cut_off (error, box, 16 - left);
    box->size = GST_READ_UINT64_BE (header + 8);
    box->header_size = 16;
  } else if (box->size == 0) {
    box->size = left;
  }

  if (box->size > left)
    return cut_off (error, box, box->size - left);
  if (box->size < box->header_size)
    return not_mp4 (error);
  return TRUE;
}

gboolean
hab_mp4_movie_check_boxes (const HabMp4Movie *movie, GError **error)
{
  guint64 offset = 0;

  for (guint i = 0; offset < movie->size && i < MAX_CHECKED_BOXES; i++) {
    g_autoptr (GError) cause = NULL;
    TopLevelBox box;

    if (read_top_level (movie, offset, &box, &cause)) {
      offset += box.size;
    } else if (g_error_matches (cause, HAB_MP4_ERROR, HAB_MP4_ERROR_NOT_MP4)) {
      g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_MALFORMED,
          "the file is damaged at byte %" G_GUINT64_FORMAT
          ": a box is shorter than its header", offset);
      return FALSE;
    } else {
      break;
    }
  }
  return TRUE;
}

static gboolean
map_moov (HabMp4Movie *movie, guint64 offset, gsize size)
{
  gsize before = offset % sysconf (_SC_PAGESIZE);
  gpointer map = mmap (NULL, before + size, PROT_READ, MAP_PRIVATE, movie->fd,
      offset - before);

  if (map == MAP_FAILED)
    return FALSE;
  movie->map = map;
  movie->map_size = before + size;
  movie->moov = (guint8 *) map + before;
  return TRUE;
}

/* The moov box without its header, into movie->moov. */
static gboolean
read_moov (HabMp4Movie *movie, guint64 offset, gsize size, GError **error)
{
  if (size <= MAX_MOOV_SIZE && size > 0 && movie->known &&
      map_moov (movie, offset, size))
    return TRUE;
  if (size > MAX_MOOV_SIZE || (movie->moov = g_try_malloc (size + 1)) == NULL) {
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_UNSUPPORTED,
        "the moov box is larger than %u MiB", MAX_MOOV_SIZE >> 20);
    return FALSE;
  }
  return hab_mp4_movie_read (movie, offset, movie->moov, size, error);
}

/* Finds the moov box, wherever it is. */
static gboolean
load_moov (HabMp4Movie *movie, HabMp4Box *moov, GError **error)
{
  guint64 offset = 0;
  TopLevelBox box;

  if (movie->size == 0) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_NOT_MP4,
        "the file is empty");
    return FALSE;
  }
  for (guint i = 0; offset < movie->size && i < MAX_TOP_LEVEL_BOXES; i++) {
    if (!read_top_level (movie, offset, &box, error))
      return FALSE;
    if (box.type == FOURCC ('m', 'o', 'o', 'v'))
      break;
    offset += box.size;
    box.type = 0;
  }
  if (offset >= movie->size || box.type != FOURCC ('m', 'o', 'o', 'v')) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
        "the file has no moov box: it is cut off, or its recording was never "
        "finished");
    return FALSE;
  }

  moov->type = box.type;
  moov->size = box.size - box.header_size;
  if (!read_moov (movie, offset + box.header_size, moov->size, error))
    return FALSE;
  moov->data = movie->moov;
  return TRUE;
}

/* --- tracks ------------------------------------------------------------ */

static gboolean
malformed (GError **error, const gchar *what)
{
  g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_MALFORMED,
      "the moov box is damaged: %s", what);
  return FALSE;
}

/* Skips the two times that tkhd, mdhd and mvhd begin with. */
static gboolean
read_after_times (const HabMp4Box *box, GstByteReader *reader, guint8 *version)
{
  return hab_mp4_box_read_full (box, reader, version) &&
      gst_byte_reader_skip (reader, *version == 1 ? 16 : 8);
}

/* Between the track's number and the matrix, beside the duration: layer, group,
 * volume, and what is reserved. */
#define BEFORE_MATRIX 20

static gboolean
parse_track_header (HabMp4Track *track, const HabMp4Box *tkhd)
{
  GstByteReader reader;
  guint8 version;
  const guint8 *matrix;

  if (!read_after_times (tkhd, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &track->id) || track->id == 0)
    return FALSE;
  if (gst_byte_reader_skip (&reader,
          BEFORE_MATRIX + (version == 1 ? 8 : 4)) &&
      gst_byte_reader_get_data (&reader, HAB_MP4_MATRIX_SIZE, &matrix))
    memcpy (track->matrix, matrix, HAB_MP4_MATRIX_SIZE);
  return TRUE;
}

/* Three letters of 5 bits. Smaller values are QuickTime's own language codes;
 * those have no letters. */
static void
unpack_language (guint16 packed, gchar language[4])
{
  if (packed < 0x400 || packed == 0x7fff)
    return;
  for (guint i = 0; i < 3; i++) {
    guint letter = packed >> (10 - 5 * i) & 0x1f;

    if (letter < 1 || letter > 26) {
      language[0] = '\0';
      return;
    }
    language[i] = 0x60 + letter;
  }
  if (g_str_equal (language, "und"))
    language[0] = '\0';
}

static gboolean
parse_media_header (HabMp4Track *track, const HabMp4Box *mdhd)
{
  GstByteReader reader;
  guint8 version;
  guint16 language;

  if (!read_after_times (mdhd, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &track->timescale) ||
      track->timescale == 0 ||
      !hab_mp4_get_by_version (&reader, version, &track->duration) ||
      !gst_byte_reader_get_uint16_be (&reader, &language))
    return FALSE;
  unpack_language (language, track->language);
  return TRUE;
}

/* What is no tag, or longer than any that is in use, counts as none. */
static void
parse_extended_language (HabMp4Track *track, const HabMp4Box *elng)
{
  GstByteReader reader;
  const gchar *tag;
  guint8 version;

  if (!hab_mp4_box_read_full (elng, &reader, &version) ||
      !gst_byte_reader_get_string_utf8 (&reader, &tag) ||
      strlen (tag) >= sizeof track->extended_language ||
      strspn (tag, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-") != strlen (tag))
    return;
  strcpy (track->extended_language, tag);
}

static gboolean
parse_handler (HabMp4Track *track, const HabMp4Box *hdlr)
{
  GstByteReader reader;
  guint8 version;

  /* QuickTime's component type (mhlr) stands where ISO has zero. */
  return hab_mp4_box_read_full (hdlr, &reader, &version) &&
      gst_byte_reader_skip (&reader, 4) &&
      gst_byte_reader_get_uint32_be (&reader, &track->handler);
}

/* --- moov -------------------------------------------------------------- */

static gboolean
parse_media (HabMp4Track *track, const HabMp4Box *mdia, GError **error)
{
  HabMp4Box box, stbl, stsd;

  if (!hab_mp4_box_find (mdia, FOURCC ('m', 'd', 'h', 'd'), &box) ||
      !parse_media_header (track, &box))
    return malformed (error, "a track has no media header (mdhd)");
  if (!hab_mp4_box_find (mdia, FOURCC ('h', 'd', 'l', 'r'), &box) ||
      !parse_handler (track, &box))
    return malformed (error, "a track has no handler (hdlr)");
  if (hab_mp4_box_find (mdia, FOURCC ('e', 'l', 'n', 'g'), &box))
    parse_extended_language (track, &box);

  /* What else there may be (time code, hints, text) need not make sense. */
  if (track->handler != HAB_MP4_HANDLER_VIDEO &&
      track->handler != HAB_MP4_HANDLER_AUDIO)
    return TRUE;

  if (!hab_mp4_box_find (mdia, FOURCC ('m', 'i', 'n', 'f'), &box) ||
      !hab_mp4_box_find (&box, FOURCC ('s', 't', 'b', 'l'), &stbl) ||
      !hab_mp4_box_find (&stbl, FOURCC ('s', 't', 's', 'd'), &stsd))
    return malformed (error, "a track has no sample table (stbl)");
  return hab_mp4_sample_entry_parse (&track->entry, &stsd, track->handler,
             error) &&
      hab_mp4_sample_table_parse (&track->table, &stbl, error);
}

static gboolean
check_track (const HabMp4Movie *movie, const HabMp4Track *track,
    GError **error)
{
  if (movie->tracks->len == MAX_TRACKS ||
      (track->handler == HAB_MP4_HANDLER_VIDEO &&
          track->table.n_samples > MAX_VIDEO_SAMPLES)) {
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_UNSUPPORTED,
        "the file has more than %u tracks or more than %u video frames",
        MAX_TRACKS, MAX_VIDEO_SAMPLES);
    return FALSE;
  }
  return movie->known || hab_mp4_sample_table_check_extents (&track->table,
      movie->size, error);
}

static gboolean
parse_track (HabMp4Movie *movie, const HabMp4Box *trak, GError **error)
{
  HabMp4Track track = { 0 };
  HabMp4Box box;

  if (!hab_mp4_box_find (trak, FOURCC ('t', 'k', 'h', 'd'), &box) ||
      !parse_track_header (&track, &box))
    return malformed (error, "a track has no header (tkhd)");
  if (!hab_mp4_box_find (trak, FOURCC ('m', 'd', 'i', 'a'), &box))
    return malformed (error, "a track has no media (mdia)");
  if (!parse_media (&track, &box, error) ||
      !check_track (movie, &track, error))
    return FALSE;

  if (!hab_mp4_edit_list_apply (&track, movie->timescale, trak))
    return malformed (error, "an edit list (elst) makes no sense");
  g_array_append_val (movie->tracks, track);
  return TRUE;
}

static gboolean
parse_movie_header (HabMp4Movie *movie, const HabMp4Box *mvhd)
{
  GstByteReader reader;
  guint8 version;

  return read_after_times (mvhd, &reader, &version) &&
      gst_byte_reader_get_uint32_be (&reader, &movie->timescale);
}

static gboolean
parse_moov (HabMp4Movie *movie, const HabMp4Box *moov, GError **error)
{
  GstByteReader reader;
  HabMp4Box box;

  if (hab_mp4_box_find (moov, FOURCC ('c', 'm', 'o', 'v'), &box)) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_UNSUPPORTED,
        "the file has a compressed moov box; write it again without");
    return FALSE;
  }
  movie->fragmented =
      hab_mp4_box_find (moov, FOURCC ('m', 'v', 'e', 'x'), &box);
  if (!hab_mp4_box_find (moov, FOURCC ('m', 'v', 'h', 'd'), &box) ||
      !parse_movie_header (movie, &box))
    return malformed (error, "it has no header (mvhd)");

  hab_mp4_box_read (moov, &reader);
  while (hab_mp4_box_next (&reader, &box)) {
    if (box.type == FOURCC ('t', 'r', 'a', 'k') &&
        !parse_track (movie, &box, error))
      return FALSE;
  }
  if (!hab_mp4_boxes_end_well (&reader))
    return malformed (error, "a box is longer than it");
  return TRUE;
}

static HabMp4Movie *
open_movie (HabMp4Movie *movie, GError **error)
{
  HabMp4Box moov;

  movie->tracks = g_array_new (FALSE, FALSE, sizeof (HabMp4Track));
  if (load_moov (movie, &moov, error) && parse_moov (movie, &moov, error))
    return movie;
  hab_mp4_movie_free (movie);
  return NULL;
}

static HabMp4Movie *
open_file (int fd, gboolean known, GError **error)
{
  HabMp4Movie *movie;
  struct stat st;

  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode)) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_IO,
        "not a regular file");
    return NULL;
  }
  movie = g_new0 (HabMp4Movie, 1);
  movie->fd = fd;
  movie->size = st.st_size;
  movie->known = known;
  return open_movie (movie, error);
}

HabMp4Movie *
hab_mp4_movie_open_fd (int fd, GError **error)
{
  return open_file (fd, FALSE, error);
}

HabMp4Movie *
hab_mp4_movie_map_fd (int fd, GError **error)
{
  return open_file (fd, TRUE, error);
}

HabMp4Movie *
hab_mp4_movie_open_bytes (GBytes *bytes, GError **error)
{
  HabMp4Movie *movie = g_new0 (HabMp4Movie, 1);

  movie->fd = -1;
  movie->bytes = g_bytes_ref (bytes);
  movie->size = g_bytes_get_size (bytes);
  return open_movie (movie, error);
}

void
hab_mp4_movie_free (HabMp4Movie *movie)
{
  if (movie == NULL)
    return;
  g_clear_pointer (&movie->bytes, g_bytes_unref);
  g_array_unref (movie->tracks);
  if (movie->map != NULL)
    munmap (movie->map, movie->map_size);
  else
    g_free (movie->moov);
  g_free (movie);
}

guint64
hab_mp4_movie_get_size (const HabMp4Movie *movie)
{
  return movie->size;
}

gboolean
hab_mp4_movie_is_fragmented (const HabMp4Movie *movie)
{
  return movie->fragmented;
}

guint
hab_mp4_movie_get_n_tracks (const HabMp4Movie *movie)
{
  return movie->tracks->len;
}

const HabMp4Track *
hab_mp4_movie_get_track (const HabMp4Movie *movie, guint i)
{
  return &g_array_index (movie->tracks, HabMp4Track, i);
}
