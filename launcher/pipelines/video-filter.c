/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "video-filter.h"

#include <string.h>

#include "media.h"

/* Of a side, for the encoders; and level 5.2 of H.264 has no larger pictures. */
#define MIN_SIDE 16
#define MAX_SIDE 3840
#define MAX_PIXELS (3840 * 2160)
/* Of what is decoded. */
#define MAX_SOURCE_SIDE 8192

#define MIN_RATE 1
#define MAX_RATE 120

static void
set_not_allowed (GError **error, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_ALLOWED,
        format, args);
  va_end (args);
}

/* --- lines of elements ------------------------------------------------- */

GstElement *
hab_filter_line_add (HabFilterLine *line, const gchar *factory)
{
  GstElement *element;

  if (line->error != NULL)
    return NULL;
  element = hab_media_add_element (line->bin, factory, &line->error);
  if (element != NULL && !gst_element_link (line->last, element))
    g_set_error (&line->error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "%s does not take such pictures", factory);
  if (line->error != NULL)
    return NULL;
  line->last = element;
  return element;
}

void
hab_filter_line_add_caps (HabFilterLine *line, GstCaps *caps)
{
  GstElement *filter = hab_filter_line_add (line, "capsfilter");

  if (filter != NULL)
    g_object_set (filter, "caps", caps, NULL);
  gst_caps_unref (caps);
}

/* --- crop -------------------------------------------------------------- */

enum { CROP_X, CROP_Y, CROP_WIDTH, CROP_HEIGHT };

static gboolean
apply_crop (const guint *values, HabFilterPicture *picture, GError **error)
{
  if (values[CROP_X] + values[CROP_WIDTH] > picture->width ||
      values[CROP_Y] + values[CROP_HEIGHT] > picture->height) {
    set_not_allowed (error, "crop must lie inside of the picture, which has "
        "%u by %u pixels: X + W at most %u, Y + H at most %u", picture->width,
        picture->height, picture->width, picture->height);
    return FALSE;
  }
  picture->width = values[CROP_WIDTH];
  picture->height = values[CROP_HEIGHT];
  return TRUE;
}

static void
build_crop (HabFilterLine *line, const guint *values,
    const HabFilterPicture *before)
{
  GstElement *crop = hab_filter_line_add (line, "videocrop");

  if (crop != NULL)
    g_object_set (crop, "left", values[CROP_X], "top", values[CROP_Y],
        "right", before->width - values[CROP_X] - values[CROP_WIDTH],
        "bottom", before->height - values[CROP_Y] - values[CROP_HEIGHT], NULL);
}

/* --- grayscale --------------------------------------------------------- */

static gboolean
apply_nothing (const guint *values, HabFilterPicture *picture, GError **error)
{
  return TRUE;
}

static void
build_grayscale (HabFilterLine *line, const guint *values,
    const HabFilterPicture *before)
{
  GstElement *balance = hab_filter_line_add (line, "videobalance");

  if (balance != NULL)
    g_object_set (balance, "saturation", 0.0, NULL);
}

/* --- scale ------------------------------------------------------------- */

enum { SCALE_WIDTH, SCALE_HEIGHT };

static gboolean
apply_scale (const guint *values, HabFilterPicture *picture, GError **error)
{
  if (values[SCALE_WIDTH] * values[SCALE_HEIGHT] > MAX_PIXELS) {
    set_not_allowed (error, "scale must make no more than %u pixels, as "
        "3840x2160 has", MAX_PIXELS);
    return FALSE;
  }
  picture->width = values[SCALE_WIDTH];
  picture->height = values[SCALE_HEIGHT];
  picture->par_n = picture->par_d = 1;
  return TRUE;
}

static void
build_scale (HabFilterLine *line, const guint *values,
    const HabFilterPicture *before)
{
  GstElement *scale = hab_filter_line_add (line, "videoscale");

  if (scale != NULL)
    g_object_set (scale, "add-borders", FALSE, NULL);
  hab_filter_line_add_caps (line, gst_caps_new_simple ("video/x-raw",
      "width", G_TYPE_INT, (gint) values[SCALE_WIDTH],
      "height", G_TYPE_INT, (gint) values[SCALE_HEIGHT],
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL));
}

/* --- rotate ------------------------------------------------------------ */

static gboolean
apply_rotate (const guint *values, HabFilterPicture *picture, GError **error)
{
  const HabFilterPicture before = *picture;

  if (values[0] == 180)
    return TRUE;
  picture->width = before.height;
  picture->height = before.width;
  picture->par_n = before.par_d;
  picture->par_d = before.par_n;
  return TRUE;
}

static void
build_rotate (HabFilterLine *line, const guint *values,
    const HabFilterPicture *before)
{
  static const gchar *const directions[] = { "90r", "180", "90l" };
  GstElement *flip = hab_filter_line_add (line, "videoflip");

  if (flip != NULL)
    gst_util_set_object_arg (G_OBJECT (flip), "video-direction",
        directions[values[0] / 90 - 1]);
}

/* --- fps --------------------------------------------------------------- */

enum { FPS_N, FPS_D };

static gboolean
apply_fps (const guint *values, HabFilterPicture *picture, GError **error)
{
  if (values[FPS_N] < MIN_RATE * values[FPS_D] ||
      values[FPS_N] > MAX_RATE * values[FPS_D]) {
    set_not_allowed (error, "fps must be from %u to %u pictures a second",
        MIN_RATE, MAX_RATE);
    return FALSE;
  }
  picture->fps_n = values[FPS_N];
  picture->fps_d = values[FPS_D];
  return TRUE;
}

static void
build_fps (HabFilterLine *line, const guint *values,
    const HabFilterPicture *before)
{
  hab_filter_line_add (line, "videorate");
  hab_filter_line_add_caps (line, gst_caps_new_simple ("video/x-raw",
      "framerate", GST_TYPE_FRACTION, (gint) values[FPS_N],
      (gint) values[FPS_D], NULL));
}

/* --- the table --------------------------------------------------------- */

/* Even where 4:2:0 has one sample of colour for two pixels. */
#define PLACE(name, symbol, title, separator)                              \
  { name, symbol, title, "pixels", 0, MAX_SOURCE_SIDE - MIN_SIDE, 2, 0,    \
      separator }
#define SIDE(name, symbol, title, maximum, separator)                      \
  { name, symbol, title, "pixels", MIN_SIDE, maximum, 2, 0, separator }

const HabVideoFilter hab_video_filters[] = {
  { "crop", "Crop",
      "Keeps a rectangle of the picture: where its left upper corner is, and "
      "its size.",
      "0,0,160,90", "the rectangle inside of the picture",
      {
          PLACE ("x", "X", "Left", 0),
          PLACE ("y", "Y", "Top", ','),
          SIDE ("width", "W", "Width", MAX_SOURCE_SIDE, ','),
          SIDE ("height", "H", "Height", MAX_SOURCE_SIDE, ','),
      },
      apply_crop, build_crop },
  { "grayscale", "Shades of grey", "Takes the colour away.", "1", NULL,
      { { "on", "1", "On", NULL, 1, 1, 1, 0, 0 } },
      apply_nothing, build_grayscale },
  { "scale", "Scale",
      "Makes the picture of this size, in square pixels, whatever shape it "
      "had.",
      "160x90", "no more pixels than 3840x2160",
      {
          SIDE ("width", "W", "Width", MAX_SIDE, 0),
          SIDE ("height", "H", "Height", MAX_SIDE, 'x'),
      },
      apply_scale, build_scale },
  { "rotate", "Rotate", "Turns the picture clockwise.", "90", NULL,
      { { "degrees", "DEGREES", "Degrees", "degrees", 90, 270, 90, 0, 0 } },
      apply_rotate, build_rotate },
  { "fps", "Frame rate",
      "Shows so many pictures a second, N / D, by leaving out some or showing "
      "some again; the speed stays.",
      "12", "N / D from 1 to 120",
      {
          { "n", "N", "Pictures", NULL, 1, 120120, 1, 0, 0 },
          { "d", "D", "in so many seconds", "seconds", 1, 1001, 1, 1, '/' },
      },
      apply_fps, build_fps },
  { NULL }
};

static const HabVideoFilter *
find_filter (const gchar *name)
{
  for (const HabVideoFilter *filter = hab_video_filters; filter->name != NULL;
       filter++)
    if (g_str_equal (filter->name, name))
      return filter;
  return NULL;
}

/* --- what is said of a filter ------------------------------------------ */

#define FEW 4

/* How many numbers a field has. */
static guint
count_choices (const HabFilterField *field)
{
  return (field->maximum - field->minimum) / field->step + 1;
}

static void
append_choices (GString *text, const HabFilterField *field,
    const gchar *separator)
{
  for (guint i = 0; i < count_choices (field); i++)
    g_string_append_printf (text, "%s%u", i > 0 ? separator : "",
        field->minimum + i * field->step);
}

gchar *
hab_video_filter_get_syntax (const HabVideoFilter *filter)
{
  GString *text = g_string_new (NULL);

  for (const HabFilterField *field = filter->fields; field->name != NULL;
       field++) {
    if (field->fallback > 0)
      g_string_append_c (text, '[');
    if (field->separator != 0)
      g_string_append_c (text, field->separator);
    if (count_choices (field) <= FEW)
      append_choices (text, field, "|");
    else
      g_string_append (text, field->symbol);
    if (field->fallback > 0)
      g_string_append_c (text, ']');
  }
  return g_string_free (text, FALSE);
}

static void
append_pattern (GString *text, const HabFilterField *field)
{
  if (field->separator != 0)
    g_string_append_c (text, field->separator);
  if (count_choices (field) <= FEW) {
    g_string_append (text, "(?:");
    append_choices (text, field, "|");
    g_string_append_c (text, ')');
  } else {
    g_string_append (text, "[0-9]{1,6}");
  }
}

gchar *
hab_video_filter_get_pattern (const HabVideoFilter *filter)
{
  GString *text = g_string_new ("^");

  for (const HabFilterField *field = filter->fields; field->name != NULL;
       field++) {
    if (field->fallback > 0)
      g_string_append (text, "(?:");
    append_pattern (text, field);
    if (field->fallback > 0)
      g_string_append (text, ")?");
  }
  g_string_append_c (text, '$');
  return g_string_free (text, FALSE);
}

static void
append_range (GString *text, const HabFilterField *field)
{
  if (count_choices (field) <= FEW)
    append_choices (text, field, " or ");
  else
    g_string_append_printf (text, "%s from %u to %u%s", field->symbol,
        field->minimum, field->maximum, field->step == 2 ? ", even" : "");
}

gchar *
hab_video_filter_get_allowed (const HabVideoFilter *filter)
{
  GString *text = g_string_new (NULL);

  for (const HabFilterField *field = filter->fields; field->name != NULL;
       field++) {
    if (text->len > 0)
      g_string_append (text, "; ");
    append_range (text, field);
  }
  if (filter->limit != NULL)
    g_string_append_printf (text, "; %s", filter->limit);
  return g_string_free (text, FALSE);
}

/* --- values ------------------------------------------------------------ */

/* A number without a sign, moved over. */
static gboolean
read_number (const gchar **text, const HabFilterField *field, guint *number)
{
  const gchar *at = *text;
  guint value = 0;

  while (g_ascii_isdigit (*at) && value <= field->maximum)
    value = 10 * value + g_ascii_digit_value (*at++);
  if (at == *text || value < field->minimum || value > field->maximum ||
      (value - field->minimum) % field->step != 0)
    return FALSE;
  *text = at;
  *number = value;
  return TRUE;
}

static gboolean
read_value (const gchar *text, const HabVideoFilter *filter, guint *values)
{
  for (guint i = 0; filter->fields[i].name != NULL; i++) {
    const HabFilterField *field = &filter->fields[i];

    values[i] = field->fallback;
    if (*text == '\0' && field->fallback > 0)
      continue;
    if (field->separator != 0 && *text++ != field->separator)
      return FALSE;
    if (!read_number (&text, field, &values[i]))
      return FALSE;
  }
  return *text == '\0';
}

static void
append_value (GString *text, const HabVideoFilter *filter,
    const guint *values)
{
  for (guint i = 0; filter->fields[i].name != NULL; i++) {
    if (filter->fields[i].separator != 0)
      g_string_append_c (text, filter->fields[i].separator);
    g_string_append_printf (text, "%u", values[i]);
  }
}

/* --- chains ------------------------------------------------------------ */

typedef struct
{
  gboolean there;
  guint values[HAB_FILTER_MAX_FIELDS];
} Link;

struct _HabFilterChain
{
  Link links[G_N_ELEMENTS (hab_video_filters) - 1]; /* as in the table */
};

HabFilterChain *
hab_filter_chain_new (void)
{
  return g_new0 (HabFilterChain, 1);
}

void
hab_filter_chain_free (HabFilterChain *self)
{
  g_free (self);
}

gboolean
hab_filter_chain_is_empty (const HabFilterChain *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->links); i++)
    if (self->links[i].there)
      return FALSE;
  return TRUE;
}

static void
set_unknown (GError **error, const gchar *name)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const HabVideoFilter *filter = hab_video_filters; filter->name != NULL;
       filter++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
        filter->name);
  set_not_allowed (error, "There is no filter \"%s\"; there are %s", name,
      names->str);
}

static void
set_wrong_value (GError **error, const HabVideoFilter *filter)
{
  g_autofree gchar *syntax = hab_video_filter_get_syntax (filter);
  g_autofree gchar *allowed = hab_video_filter_get_allowed (filter);

  set_not_allowed (error, "%s must be %s: %s", filter->name, syntax, allowed);
}

gboolean
hab_filter_chain_add (HabFilterChain *self, const gchar *name,
    const gchar *value, GError **error)
{
  const HabVideoFilter *filter = find_filter (name);
  Link *link;

  if (filter == NULL) {
    set_unknown (error, name);
    return FALSE;
  }
  link = &self->links[filter - hab_video_filters];
  if (link->there) {
    set_not_allowed (error, "%s must be given once", filter->name);
    return FALSE;
  }
  link->there = read_value (value, filter, link->values);
  if (!link->there)
    set_wrong_value (error, filter);
  return link->there;
}

gboolean
hab_filter_chain_add_pair (HabFilterChain *self, const gchar *pair,
    GError **error)
{
  g_auto (GStrv) parts = g_strsplit (pair, "=", 2);

  if (parts[0] == NULL || parts[1] == NULL) {
    set_not_allowed (error, "A filter is written as NAME=VALUE");
    return FALSE;
  }
  return hab_filter_chain_add (self, parts[0], parts[1], error);
}

GStrv
hab_filter_chain_to_pairs (const HabFilterChain *self)
{
  g_autoptr (GStrvBuilder) pairs = g_strv_builder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (self->links); i++) {
    g_autoptr (GString) pair = g_string_new (hab_video_filters[i].name);

    if (!self->links[i].there)
      continue;
    g_string_append_c (pair, '=');
    append_value (pair, &hab_video_filters[i], self->links[i].values);
    g_strv_builder_add (pairs, pair->str);
  }
  return g_strv_builder_end (pairs);
}

static gboolean
check_size (const HabFilterPicture *picture, GError **error)
{
  if (picture->width >= MIN_SIDE && picture->height >= MIN_SIDE &&
      picture->width <= MAX_SIDE && picture->height <= MAX_SIDE &&
      picture->width * picture->height <= MAX_PIXELS)
    return TRUE;
  set_not_allowed (error, "The picture would have %u by %u pixels; crop or "
      "scale must make it %u to %u pixels wide and high, and no more than "
      "3840x2160", picture->width, picture->height, MIN_SIDE, MAX_SIDE);
  return FALSE;
}

gboolean
hab_filter_chain_apply (const HabFilterChain *self, HabFilterPicture *picture,
    GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->links); i++)
    if (self->links[i].there &&
        !hab_video_filters[i].apply (self->links[i].values, picture, error))
      return FALSE;
  return check_size (picture, error);
}

void
hab_filter_chain_build (const HabFilterChain *self, HabFilterLine *line,
    const HabFilterPicture *picture)
{
  HabFilterPicture before = *picture;

  for (guint i = 0; i < G_N_ELEMENTS (self->links); i++) {
    const guint *values = self->links[i].values;

    if (!self->links[i].there)
      continue;
    hab_video_filters[i].build (line, values, &before);
    hab_video_filters[i].apply (values, &before, NULL);
  }
}
