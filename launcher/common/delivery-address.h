/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "settings.h"
#include "signer.h"

G_BEGIN_DECLS

/* What a package has, by the same path in its folder and at delivery; behind
 * its code. */
#define HAB_PATH_MEDIA "dash"
#define HAB_NAME_MANIFEST "stream.mpd"
#define HAB_PATH_MANIFEST HAB_PATH_MEDIA "/" HAB_NAME_MANIFEST
#define HAB_PATH_PLAYLIST HAB_PATH_MEDIA "/stream.m3u8"
/* At delivery alone. */
#define HAB_PATH_LICENSE "license/clearkey"
#define HAB_PATH_KEY "license/key"

/* Where packages are delivered, as one client reaches it. */
typedef struct
{
  gchar *url;              /* of the listener, without a slash at the end */
  const HabSigner *signer; /* NULL where addresses are not signed */
  guint lifetime;          /* of a signed address, in seconds, at least */
} HabDeliveryAddress;

void hab_delivery_address_clear (HabDeliveryAddress *address);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabDeliveryAddress,
    hab_delivery_address_clear)

/* What signs addresses from now on, where the settings say that delivery is
 * signed. signer: the caller's, must outlive address. */
void hab_delivery_address_set_signer (HabDeliveryAddress *address,
    const HabSettings *settings, const HabSigner *signer);

/* The address of what has this path in a package, such as HAB_PATH_MANIFEST;
 * signed, where addresses are. The same for up to a minute. (transfer full) */
gchar *hab_delivery_address_build (const HabDeliveryAddress *address,
    const gchar *code, const gchar *path);

/* The same by a given token; NULL for none. */
gchar *hab_delivery_address_build_with (const HabDeliveryAddress *address,
    const gchar *token, const gchar *code, const gchar *path);

/* As the client that asked for package reaches delivery: its url is the address
 * of its manifest there. Fills address, without what signs. */
void hab_delivery_address_init_of_package (HabDeliveryAddress *address,
    const HabPackage *package);

G_END_DECLS
