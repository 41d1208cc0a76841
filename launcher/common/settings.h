/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the operator chose for `haberdash serve`. Set before the service
 * starts, constant afterwards, so that every thread may read it. */
typedef struct
{
  GInetAddress *address;      /* NULL: loopback, IPv4 and IPv6 */
  GPtrArray *api_sockets;     /* of GSocket: what a service manager opened, */
  GPtrArray *delivery_sockets; /* or NULL. Instead of address and port */
  guint port, delivery_port;  /* 0: any free one */
  gchar *data_dir;            /* absolute */
  GPtrArray *media_dirs;      /* of HabMediaDir: folders of the machine whose
                               * videos are inputs */
  gchar *encoder;             /* of ladders, see video-encoder.h, or NULL */
  guint jobs;                 /* packages made at the same time */
  gboolean fork_children;     /* of a process that has GStreamer loaded */
  gdouble retry_delay;        /* seconds before the second attempt */
  gint64 keep_inputs;         /* seconds, 0: for ever */
  gint64 keep_packages;       /* the same */
  guint64 max_inputs_size;    /* bytes of all inputs, 0: any */
  guint64 cache_size;         /* bytes of cuts/ */
  gdouble stop_timeout;       /* seconds that packages are waited for */
  guint stall_timeout;        /* seconds without progress of a package, and for
                               * all of what other children do */
  guint client_timeout;       /* seconds that a client may keep still */
  guint64 max_upload;         /* bytes of one file */
  guint upload_expiry;        /* seconds, of an upload that can be resumed */
  gchar *token_file;          /* read again on SIGHUP, or NULL */
  gchar *public_url;          /* without a slash at the end, or NULL */
  gchar *public_delivery_url; /* the same */
  GPtrArray *trusted_proxies; /* of GInetAddressMask, see forwarded.h; or NULL */
  gchar *tls_certificate;     /* file: both listeners speak TLS by it; or NULL */
  gchar *tls_key;             /* file; there with it. Read again on SIGHUP */
  gdouble rate_limit;         /* requests a second of one client; 0: any */
  gchar **cors_origins;       /* whose pages may play; NULL: every one's */
  gboolean signed_delivery;   /* files need a viewer token, too */
  guint viewer_token_lifetime; /* seconds, unless others are asked for */
  gchar **allowed_hosts;      /* further names in Host, or NULL */
  gchar **callback_hosts;     /* HOST or HOST:PORT that may be called, or NULL */
  gchar *callback_secret;     /* callbacks are signed with; there with hosts */
} HabSettings;

#define HAB_DEFAULT_PORT 5000
#define HAB_DEFAULT_DELIVERY_PORT 8080
#define HAB_DEFAULT_VIEWER_TOKEN_LIFETIME (6 * 60 * 60)
#define HAB_DEFAULT_CACHE_SIZE (G_GUINT64_CONSTANT (1) << 30)
#define HAB_DEFAULT_RETRY_DELAY 10.0
#define HAB_DEFAULT_STALL_TIMEOUT 300
#define HAB_DEFAULT_CLIENT_TIMEOUT 60
#define HAB_DEFAULT_UPLOAD_EXPIRY (24 * 60 * 60)
#define HAB_DEFAULT_MAX_UPLOAD (G_GUINT64_CONSTANT (64) << 30)

void hab_settings_clear (HabSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabSettings, hab_settings_clear)

/* Whether only programs on this machine can reach the listeners. */
gboolean hab_settings_is_loopback (const HabSettings *settings);
/* Whether others can reach delivery, if only by what stands before it. */
gboolean hab_settings_is_delivery_public (const HabSettings *settings);

G_END_DECLS
