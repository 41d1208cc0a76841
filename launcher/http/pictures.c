/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Pictures of inputs: the poster, and one of each GOP. */

#include "cutter.h"
#include "gops.h"
#include "problem.h"
#include "resources.h"

#define MIN_WIDTH 16
#define MAX_WIDTH 3840
#define POSTER_WIDTH 640
#define GOP_WIDTH 320
/* GOPs whose pictures are made before they are asked for, of somebody who goes
 * along the video. */
#define AHEAD 12

typedef struct
{
  HabRequest *request;
  gchar *storage; /* NULL until it was found */
  GArray *gops;   /* of HabGop */
  GArray *ahead;  /* of HabGop: those behind it, or NULL */
  guint64 max_width;
} Picture;

static void
picture_end (Picture *self, HabReply *reply, GError *error)
{
  hab_request_answer (self->request, reply, error);
  hab_request_unref (self->request);
  g_array_unref (self->gops);
  g_clear_pointer (&self->ahead, g_array_unref);
  g_free (self->storage);
  g_free (self);
}

static HabCutter *
picture_get_cutter (Picture *self)
{
  return hab_request_get_context (self->request)->cutter;
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer data)
{
  Picture *self = data;
  GError *error = NULL;
  HabReply *reply = NULL;
  int fd = hab_cutter_get_finish (picture_get_cutter (self), result, &error);

  if (fd >= 0)
    reply = hab_reply_new_file (fd, "image/jpeg", &error);
  if (reply != NULL)
    hab_reply_set_header (reply, "Cache-Control", "no-cache");
  picture_end (self, reply, error);
}

/* self may be gone when what it asked for was there. */
static void
picture_make (Picture *self)
{
  HabCutter *cutter = picture_get_cutter (self);
  g_autoptr (GArray) ahead = g_steal_pointer (&self->ahead);
  g_autofree gchar *storage = g_strdup (self->storage);
  guint max_width = self->max_width;

  hab_cutter_get_picture_async (cutter, storage, self->gops, max_width,
      hab_request_get_request_id (self->request),
      hab_request_get_cancellable (self->request), on_made, self);
  if (ahead != NULL && ahead->len > 0)
    hab_cutter_expect_pictures (cutter, storage, ahead, max_width);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  Picture *self = data;
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (self->storage == NULL)
    picture_end (self, NULL, error);
  else
    picture_make (self);
}

static void
picture_get (HabRequest *request, HabStoreFunc look_up)
{
  const HabHttpContext *context = hab_request_get_context (request);
  Picture *self = g_new0 (Picture, 1);

  self->request = hab_request_ref (request);
  self->gops = g_array_new (FALSE, FALSE, sizeof (HabGop));
  hab_store_read_async (context->store, look_up, self, NULL,
      on_looked_up, self);
}

static gboolean
picture_read_width (Picture *self, guint fallback, GError **error)
{
  return hab_request_get_number (self->request, "width", MIN_WIDTH, MAX_WIDTH,
      fallback, &self->max_width, error);
}

/* --- the poster -------------------------------------------------------- */

static gboolean
picture_add_gop (Picture *self, HabCatalog *catalog, gint64 input_id,
    guint64 index, GError **error)
{
  HabGop gop;

  if (!hab_catalog_get_gop (catalog, input_id, index, &gop, error))
    return FALSE;
  g_array_append_val (self->gops, gop);
  return TRUE;
}

/* A tenth in, or where that is dark, later. */
static gboolean
choose_gops (Picture *self, HabCatalog *catalog, gint64 input_id,
    guint64 count, GError **error)
{
  const guint64 candidates[] = { count / 10, count / 4, count / 2,
    count / 4 * 3 };

  for (guint i = 0; i < G_N_ELEMENTS (candidates); i++)
    if ((i == 0 || candidates[i] > candidates[i - 1]) &&
        !picture_add_gop (self, catalog, input_id, candidates[i], error))
      return FALSE;
  return TRUE;
}

/* In a thread of the store. */
static gpointer
look_up_poster (HabVault *vault, gpointer data, GError **error)
{
  Picture *self = data;
  g_autoptr (HabInput) input = NULL;
  guint64 count;
  gint64 id;

  if (!picture_read_width (self, POSTER_WIDTH, error) ||
      !hab_request_get_id (self->request, 0, &id, error))
    return NULL;
  input = hab_request_show_input (self->request,
      hab_catalog_get_input (vault->catalog, id, error), error);
  if (input == NULL ||
      !hab_catalog_count_gops (vault->catalog, id, &count, error) ||
      !hab_gops_check (vault->catalog, id, 0, error) ||
      !choose_gops (self, vault->catalog, id, count, error))
    return NULL;
  self->storage = g_strdup (input->storage);
  return NULL;
}

static void
get_poster (HabRequest *request)
{
  picture_get (request, look_up_poster);
}

/* --- a GOP ------------------------------------------------------------- */

/* In a thread of the store. */
static gpointer
look_up_gop (HabVault *vault, gpointer data, GError **error)
{
  Picture *self = data;
  g_autoptr (HabInput) input =
      hab_gops_find_video (self->request, vault, error);
  guint64 gop;

  if (input == NULL || !picture_read_width (self, GOP_WIDTH, error) ||
      !hab_gops_read_number (self->request, &gop, error) ||
      !hab_gops_check (vault->catalog, input->id, gop, error) ||
      !picture_add_gop (self, vault->catalog, input->id, gop, error))
    return NULL;
  self->ahead = hab_catalog_list_gops (vault->catalog, input->id, gop + 1,
      AHEAD, error);
  if (self->ahead == NULL)
    return NULL;
  self->storage = g_strdup (input->storage);
  return NULL;
}

static void
get_gop_picture (HabRequest *request)
{
  picture_get (request, look_up_gop);
}

const HabRoute hab_pictures_routes[] = {
  { "GET", "/input_content/{}/poster", HAB_BODY_NONE, 0, NULL, get_poster },
  { "GET", "/videos/{}/group-of-pictures/{}.jpg", HAB_BODY_NONE, 0, NULL,
      get_gop_picture },
  { NULL }
};
