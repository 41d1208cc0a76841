/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-picture.h"

#include <string.h>

static gchar *
to_hex (GBytes *bytes)
{
  GString *text = g_string_new (NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%02x", data[i]);
  return g_string_free (text, FALSE);
}

/* --- boxes --------------------------------------------------------------- */

typedef struct
{
  const gchar *name;
  const gchar *caps; /* beside width and height */
  const gchar *hex;  /* of the boxes */
} Boxes;

static const Boxes boxes[] = {
  { "nothing", "", "" },
  { "square", "pixel-aspect-ratio=(fraction)1/1", "" },
  { "anamorphic", "pixel-aspect-ratio=(fraction)16/11",
      "00000010" "70617370" "00000010" "0000000b" },
  { "bt709", "colorimetry=(string)bt709",
      "00000013" "636f6c72" "6e636c78" "0001" "0001" "0001" "00" },
  { "full-range", "colorimetry=(string)1:3:5:1",
      "00000013" "636f6c72" "6e636c78" "0001" "0001" "0001" "80" },
  { "pq", "colorimetry=(string)bt2100-pq",
      "00000013" "636f6c72" "6e636c78" "0009" "0010" "0009" "00" },
  { "hlg", "colorimetry=(string)bt2100-hlg",
      "00000013" "636f6c72" "6e636c78" "0009" "0012" "0009" "00" },
  { "unknown-colour", "colorimetry=(string)octarine", "" },
  /* Caps have red first, the box green. */
  { "mastering", "mastering-display-info=(string)"
      "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50",
      "00000020" "6d646376" "33c286c4" "1d4c0bb8" "84d03e80" "3d134042"
      "00989680" "00000032" },
  { "broken-mastering", "mastering-display-info=(string)1:2:3", "" },
  { "light", "content-light-level=(string)1000:400",
      "0000000c" "636c6c69" "03e8" "0190" },
  { "top-first",
      "interlace-mode=(string)interleaved, field-order=(string)top-field-first",
      "0000000a" "6669656c" "0201" },
  { "bottom-first", "interlace-mode=(string)interleaved, "
      "field-order=(string)bottom-field-first",
      "0000000a" "6669656c" "0206" },
  { "progressive",
      "interlace-mode=(string)progressive, field-order=(string)top-field-first",
      "" },
  { "fields-in-an-unknown-order", "interlace-mode=(string)mixed", "" },
};

static void
test_boxes (gconstpointer data)
{
  const Boxes *row = data;
  g_autofree gchar *text = g_strdup_printf (
      "video/x-h264, width=(int)64, height=(int)48%s%s", *row->caps ? ", " : "",
      row->caps);
  g_autoptr (GstStructure) structure = gst_structure_from_string (text, NULL);
  g_auto (HabBoxWriter) writer = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autofree gchar *hex = NULL;
  HabCmafPicture picture = { 0 };

  g_assert_nonnull (structure);
  g_assert_true (hab_cmaf_picture_from_structure (&picture, structure));
  hab_box_writer_init (&writer);
  hab_cmaf_picture_write_boxes (&writer, &picture);
  bytes = hab_box_writer_steal (&writer);
  hex = to_hex (bytes);
  g_assert_cmpstr (hex, ==, row->hex);
}

static void
test_sizes (void)
{
  static const struct
  {
    gint width, height;
    gboolean usable;
  } sizes[] = {
    { 1, 1, TRUE }, { 65535, 65535, TRUE }, { 0, 48, FALSE },
    { 64, 0, FALSE }, { -64, 48, FALSE }, { 65536, 48, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GstStructure) structure = gst_structure_new ("video/x-h264",
        "width", G_TYPE_INT, sizes[i].width,
        "height", G_TYPE_INT, sizes[i].height, NULL);
    HabCmafPicture picture = { 0 };

    g_assert_true (hab_cmaf_picture_from_structure (&picture, structure) ==
        sizes[i].usable);
  }
}

/* --- the matrix ---------------------------------------------------------- */

typedef struct
{
  GstVideoOrientationMethod method;
  const gchar *image; /* what is seen of the corners, see corners */
} Turn;

/* A picture with corners of these names:  a b
 *                                         c d  */
static const Turn turns[] = {
  { GST_VIDEO_ORIENTATION_IDENTITY, "abcd" },
  { GST_VIDEO_ORIENTATION_90R, "cadb" },
  { GST_VIDEO_ORIENTATION_180, "dcba" },
  { GST_VIDEO_ORIENTATION_90L, "bdac" },
  { GST_VIDEO_ORIENTATION_HORIZ, "badc" },
  { GST_VIDEO_ORIENTATION_VERT, "cdab" },
  { GST_VIDEO_ORIENTATION_UL_LR, "acbd" },
  { GST_VIDEO_ORIENTATION_UR_LL, "dbca" },
  { GST_VIDEO_ORIENTATION_CUSTOM, "abcd" },
};

static gint
value_at (const guint8 *matrix, guint i)
{
  return (gint32) GST_READ_UINT32_BE (matrix + 4 * i) / 0x10000;
}

/* Where the matrix puts each corner of a picture of 64 x 48 that is shown 128
 * wide: all of it is right of and below the origin. */
static void
test_matrix (gconstpointer data)
{
  const Turn *turn = data;
  const gint width = 128, height = 48;
  HabCmafPicture picture = { .width = 64, .height = height, .par_n = 2,
    .par_d = 1, .orientation = turn->method };
  g_auto (HabBoxWriter) writer = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  gchar image[5] = "????";
  const guint8 *matrix;

  hab_box_writer_init (&writer);
  hab_cmaf_picture_write_matrix (&writer, &picture);
  bytes = hab_box_writer_steal (&writer);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 36);
  matrix = g_bytes_get_data (bytes, NULL);
  g_assert_cmpuint (GST_READ_UINT32_BE (matrix + 32), ==, 0x40000000);
  for (gint corner = 0; corner < 4; corner++) {
    gint x = corner % 2 * width, y = corner / 2 * height;
    gint shown_x = value_at (matrix, 0) * x + value_at (matrix, 3) * y +
        value_at (matrix, 6);
    gint shown_y = value_at (matrix, 1) * x + value_at (matrix, 4) * y +
        value_at (matrix, 7);

    g_assert_cmpint (shown_x, >=, 0);
    g_assert_cmpint (shown_y, >=, 0);
    image[(shown_x > 0) + 2 * (shown_y > 0)] = "abcd"[corner];
  }
  g_assert_cmpstr (image, ==, turn->image);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cmaf-picture/boxes/%s",
        boxes[i].name);

    g_test_add_data_func (path, &boxes[i], test_boxes);
  }
  g_test_add_func ("/cmaf-picture/sizes", test_sizes);
  for (guint i = 0; i < G_N_ELEMENTS (turns); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cmaf-picture/matrix/%u", i);

    g_test_add_data_func (path, &turns[i], test_matrix);
  }
  return g_test_run ();
}
