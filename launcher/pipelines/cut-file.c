/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cut-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "media.h"

/* Of mp4mux's tables a sample: stts, ctts, stsz, stss, stco and stsc entries
 * when none of them can be joined with the one before. */
#define MOOV_BYTES_PER_SAMPLE 44
#define MOOV_BYTES_FIXED 2048

/* What mp4mux's reserved-bytes-per-sec takes at most. */
#define MAX_RESERVED_PER_SECOND 10000

/* So many bytes for each of so many seconds is how mp4mux wants to be told. */
void
hab_cut_file_reserve (GstElement *mux, guint64 n_frames, gsize extra)
{
  guint64 bytes =
      MOOV_BYTES_FIXED + extra + n_frames * MOOV_BYTES_PER_SAMPLE;
  guint64 seconds = bytes / MAX_RESERVED_PER_SECOND + 1;

  g_object_set (mux, "reserved-max-duration", seconds * GST_SECOND,
      "reserved-bytes-per-sec", (guint) (bytes / seconds) + 1, NULL);
}

/* --- the matrix -------------------------------------------------------- */

#define BOX_HEADER 8

/* Moves *offset from the first box of some that follow each other to what is in
 * the first of this type. */
static gboolean
find_box (int fd, goffset *offset, const gchar *type)
{
  guint8 header[BOX_HEADER];
  guint32 size;

  while (pread (fd, header, sizeof header, *offset) == sizeof header) {
    size = GST_READ_UINT32_BE (header);
    if (memcmp (header + 4, type, 4) == 0) {
      *offset += BOX_HEADER;
      return TRUE;
    }
    if (size < BOX_HEADER)
      return FALSE;
    *offset += size;
  }
  return FALSE;
}

/* Of the matrix in tkhd: behind version and flags, two times, the track's number
 * and a reserved one, the duration, and 16 bytes of others. */
static goffset
get_matrix_offset (guint8 version)
{
  return version == 1 ? 4 + 8 + 8 + 4 + 4 + 8 + 16
                      : 4 + 4 + 4 + 4 + 4 + 4 + 16;
}

static gboolean
write_matrix (int fd, const guint8 matrix[HAB_MP4_MATRIX_SIZE])
{
  goffset at = 0;
  guint8 version;

  return find_box (fd, &at, "moov") && find_box (fd, &at, "trak") &&
      find_box (fd, &at, "tkhd") && pread (fd, &version, 1, at) == 1 &&
      pwrite (fd, matrix, HAB_MP4_MATRIX_SIZE,
          at + get_matrix_offset (version)) == HAB_MP4_MATRIX_SIZE;
}

gboolean
hab_cut_file_set_matrix (const gchar *path,
    const guint8 matrix[HAB_MP4_MATRIX_SIZE], GError **error)
{
  int fd = open (path, O_RDWR | O_CLOEXEC);
  gboolean written = fd >= 0 && write_matrix (fd, matrix);

  if (fd >= 0)
    close (fd);
  if (!written)
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO,
        "how the video is to be shown cannot be written");
  return written;
}
