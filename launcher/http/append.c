/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "append.h"

#include <libsoup/soup.h>

#include "inflow.h"
#include "problem.h"
#include "tus-request.h"

#define CHECKSUM_MISMATCH 460

struct _HabAppend
{
  HabRequest *request; /* not counted: the request owns the append */
  HabResumable *upload;
  HabInflow *inflow;
  HabTusChecksum *checksum; /* or NULL */
  guint64 start;
  gboolean ended;
};

/* --- what the headers tell -------------------------------------------- */

static gboolean
check_type (HabRequest *request, GError **error)
{
  const gchar *type = soup_message_headers_get_content_type (
      hab_request_get_headers (request), NULL);

  if (g_strcmp0 (type, "application/offset+octet-stream") == 0)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
      "Send the bytes as application/offset+octet-stream");
  return FALSE;
}

static gboolean
fail_too_long (HabAppend *self, GError **error)
{
  hab_http_error_set (error, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
      "The upload was announced with %" G_GUINT64_FORMAT " bytes; this is "
      "more", hab_resumable_get_size (self->upload));
  return FALSE;
}

static gboolean
append_check_place (HabAppend *self, GError **error)
{
  guint64 offset = hab_resumable_get_offset (self->upload);
  guint64 size = hab_resumable_get_size (self->upload);

  if (!hab_tus_parse_number ("Upload-Offset",
          hab_request_get_header (self->request, "Upload-Offset"),
          &self->start, error))
    return FALSE;
  if (self->start != offset) {
    hab_http_error_set (error, SOUP_STATUS_CONFLICT,
        "Of this upload %" G_GUINT64_FORMAT " bytes are there; go on with the "
        "one behind", offset);
    return FALSE;
  }
  return hab_inflow_get_announced (self->request) <= size - offset ||
      fail_too_long (self, error);
}

static gboolean
append_read_checksum (HabAppend *self, GError **error)
{
  const gchar *header =
      hab_request_get_header (self->request, "Upload-Checksum");

  if (header != NULL)
    self->checksum = hab_tus_checksum_new (header, error);
  return header == NULL || self->checksum != NULL;
}

/* --- the body --------------------------------------------------------- */

/* Bytes that were promised a checksum are kept only when it is right. */
static void
append_end (HabAppend *self, gboolean right)
{
  HabSpool *spool;

  if (self->ended)
    return;
  self->ended = TRUE;
  spool = hab_inflow_steal_spool (self->inflow);
  if (spool != NULL)
    hab_resumable_end (self->upload, spool, right ? G_MAXUINT64 : self->start);
}

static void
on_interrupt (gpointer data)
{
  HabAppend *self = data;
  GError *error = NULL;

  append_end (self, self->checksum == NULL);
  hab_http_error_set (&error, SOUP_STATUS_CONFLICT,
      "Another request goes on with this upload");
  hab_request_refuse (self->request, error);
}

static gboolean
append_open (HabAppend *self, GError **error)
{
  HabSpool *spool;

  self->inflow = hab_inflow_new (self->request, error);
  if (self->inflow == NULL)
    return FALSE;
  spool = hab_resumable_begin (self->upload, on_interrupt, self, error);
  if (spool != NULL)
    hab_inflow_set_spool (self->inflow, spool);
  return spool != NULL;
}

static void
append_free (gpointer data)
{
  HabAppend *self = data;

  g_clear_pointer (&self->inflow, hab_inflow_free);
  g_clear_pointer (&self->checksum, hab_tus_checksum_free);
  g_clear_pointer (&self->upload, hab_resumable_unref);
  g_free (self);
}

HabAppend *
hab_append_new (HabRequest *request, GError **error)
{
  HabResumable *upload = NULL;
  HabAppend *self;

  if (!hab_tus_check_version (request, error) ||
      !check_type (request, error) ||
      (upload = hab_tus_find_upload (request, error)) == NULL)
    return NULL;
  self = g_new0 (HabAppend, 1);
  self->request = request;
  self->upload = hab_resumable_ref (upload);
  if (append_check_place (self, error) && append_read_checksum (self, error) &&
      append_open (self, error))
    return self;
  append_free (self);
  return NULL;
}

static gboolean
append_take (HabAppend *self, const guint8 *bytes, gsize size, GError **error)
{
  HabSpool *spool = hab_inflow_get_spool (self->inflow);

  if (size > hab_resumable_get_size (self->upload) -
          hab_spool_get_size (spool))
    return fail_too_long (self, error);
  if (self->checksum != NULL)
    hab_tus_checksum_update (self->checksum, bytes, size);
  return hab_inflow_append (self->inflow, bytes, size, error);
}

static gboolean
append_feed (gpointer data, const guint8 *bytes, gsize size, GError **error)
{
  HabAppend *self = data;

  if (self->ended)
    return TRUE;
  if (!append_take (self, bytes, size, error)) {
    append_end (self, self->checksum == NULL);
    return FALSE;
  }
  hab_inflow_go_on (self->inflow);
  return TRUE;
}

static void
append_stop (gpointer data)
{
  HabAppend *self = data;

  append_end (self, self->checksum == NULL);
}

const HabBodyReader hab_append_reader = {
  .feed = append_feed,
  .stop = append_stop,
  .free = append_free,
};

gboolean
hab_append_finish (HabAppend *self, GError **error)
{
  gboolean right = self->checksum == NULL ||
      hab_tus_checksum_matches (self->checksum);

  append_end (self, right);
  if (!right)
    hab_http_error_set (error, CHECKSUM_MISMATCH,
        "The bytes are not those of Upload-Checksum and were dropped; send "
        "them again");
  return right;
}

HabResumable *
hab_append_get_upload (HabAppend *self)
{
  return self->upload;
}
