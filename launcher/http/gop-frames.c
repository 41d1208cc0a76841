/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The frames of one GOP. */

#include "cutter.h"
#include "gops.h"
#include "resources.h"

typedef struct
{
  HabRequest *request;
  gchar *storage; /* NULL until it was found */
  HabGop gop;
} Frames;

static void
frames_end (Frames *self, HabReply *reply, GError *error)
{
  hab_request_answer (self->request, reply, error);
  hab_request_unref (self->request);
  g_free (self->storage);
  g_free (self);
}

static HabCutter *
frames_get_cutter (Frames *self)
{
  return hab_request_get_context (self->request)->cutter;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Frames *self = data;
  GError *error = NULL;
  HabReply *reply = NULL;
  int fd = hab_cutter_get_finish (frames_get_cutter (self), result, &error);

  if (fd >= 0)
    reply = hab_reply_new_file (fd, "application/json", &error);
  if (reply != NULL)
    hab_reply_set_header (reply, "Cache-Control", "no-cache");
  frames_end (self, reply, error);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  Frames *self = data;
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (self->storage == NULL)
    frames_end (self, NULL, error);
  else
    hab_cutter_get_frames_async (frames_get_cutter (self), self->storage,
        &self->gop, hab_request_get_request_id (self->request),
        hab_request_get_cancellable (self->request), on_read, self);
}

/* In a thread of the store. */
static gpointer
look_up (HabVault *vault, gpointer data, GError **error)
{
  Frames *self = data;
  g_autoptr (HabInput) input =
      hab_gops_find_video (self->request, vault, error);
  guint64 index;

  if (input != NULL && hab_gops_read_number (self->request, &index, error) &&
      hab_gops_check (vault->catalog, input->id, index, error) &&
      hab_catalog_get_gop (vault->catalog, input->id, index, &self->gop,
          error))
    self->storage = g_strdup (input->storage);
  return NULL;
}

static void
get_frames (HabRequest *request)
{
  const HabHttpContext *context = hab_request_get_context (request);
  Frames *self = g_new0 (Frames, 1);

  self->request = hab_request_ref (request);
  hab_store_read_async (context->store, look_up, self, NULL, on_looked_up,
      self);
}

const HabRoute hab_gop_frames_routes[] = {
  { "GET", "/videos/{}/group-of-pictures/{}/frames.json", HAB_BODY_NONE, 0,
      NULL, get_frames },
  { NULL }
};
