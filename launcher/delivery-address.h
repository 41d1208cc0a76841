/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "settings.h"
#include "signer.h"

G_BEGIN_DECLS

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

/* The address of what has this path in a package, such as "dash/stream.mpd";
 * signed, where addresses are. The same for up to a minute. (transfer full) */
gchar *hab_delivery_address_build (const HabDeliveryAddress *address,
    const gchar *code, const gchar *path);

/* The same by a given token; NULL for none. */
gchar *hab_delivery_address_build_with (const HabDeliveryAddress *address,
    const gchar *token, const gchar *code, const gchar *path);

G_END_DECLS
