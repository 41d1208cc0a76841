/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

#include "keys.h"

G_BEGIN_DECLS

/* Errors of media work, in the terms of the person who brought the file. */
#define HAB_MEDIA_ERROR (hab_media_error_quark ())
GQuark hab_media_error_quark (void);

typedef enum
{
  HAB_MEDIA_ERROR_FAILED,
  HAB_MEDIA_ERROR_NOT_MEDIA,   /* not a file that can be processed */
  HAB_MEDIA_ERROR_NO_VIDEO,    /* no video track in it */
  HAB_MEDIA_ERROR_UNSUPPORTED, /* a codec or container that is not handled */
  HAB_MEDIA_ERROR_NOT_FOUND,   /* no such GOP */
  HAB_MEDIA_ERROR_NO_SPACE,
  HAB_MEDIA_ERROR_IO,
  HAB_MEDIA_ERROR_NO_TABLE,    /* no table of samples: it has to be demuxed */
  HAB_MEDIA_ERROR_NOT_ALLOWED, /* asked for what does not fit this video */
  HAB_MEDIA_ERROR_LIMIT,       /* needs or does more than media work may */
  HAB_MEDIA_ERROR_NOT_INSTALLED, /* an element is missing: no file's fault */

  /* of a child that did the work */
  HAB_MEDIA_ERROR_CRASHED,     /* ended without a last word */
  HAB_MEDIA_ERROR_TIMED_OUT,
  HAB_MEDIA_ERROR_CANCELLED,   /* was stopped */
} HabMediaError;

/* Sets what an error message of a pipeline says. */
void hab_media_error_take_message (GstMessage *message, GError **error);

/* (transfer none): a new element in bin. NULL where it is not installed: then
 * error, which must not be NULL, becomes HAB_MEDIA_ERROR_NOT_INSTALLED, unless it
 * is set already, so that who adds several need look but once. */
GstElement *hab_media_add_element (GstBin *bin, const gchar *factory,
    GError **error);

typedef enum
{
  HAB_ENCRYPT_VIDEO,
  HAB_ENCRYPT_ALL,
  HAB_ENCRYPT_NONE,
} HabEncrypt;

const gchar *hab_encrypt_to_string (HabEncrypt encrypt);
gboolean hab_encrypt_from_string (const gchar *word, HabEncrypt *encrypt);
/* Whether the tracks of this type are encrypted then. */
gboolean hab_encrypt_covers (HabEncrypt encrypt, HabTrackType type);

G_END_DECLS
