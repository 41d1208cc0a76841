/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "serve-options.h"

#include "commands.h"
#include "serve-access.h"
#include "serve-network.h"
#include "serve-operation.h"
#include "serve-sandbox.h"
#include "serve-storage.h"

/* By theme. */
typedef struct
{
  HabServeNetwork network;
  HabServeAccess access;
  HabServeStorage storage;
  HabServeOperation operation;
  HabServeSandbox sandbox;
} Options;

static void
options_init (Options *self)
{
  hab_serve_network_init (&self->network);
  hab_serve_access_init (&self->access);
  hab_serve_storage_init (&self->storage);
  hab_serve_operation_init (&self->operation);
  hab_serve_sandbox_init (&self->sandbox);
}

static void
options_clear (Options *self)
{
  hab_serve_network_clear (&self->network);
  hab_serve_access_clear (&self->access);
  hab_serve_storage_clear (&self->storage);
  hab_serve_operation_clear (&self->operation);
  hab_serve_sandbox_clear (&self->sandbox);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
options_parse (Options *self, int *argc, char ***argv)
{
  g_autoptr (GArray) entries =
      g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  hab_serve_network_add_entries (&self->network, entries);
  hab_serve_access_add_entries (&self->access, entries);
  hab_serve_storage_add_entries (&self->storage, entries);
  hab_serve_operation_add_entries (&self->operation, entries);
  hab_serve_sandbox_add_entries (&self->sandbox, entries);
  return hab_cmd_parse (argc, argv, "",
      "Runs the service. When it is up it prints one line: \"ready\" and the "
      "addresses of the API and of delivery.",
      "Examples:\n"
      "  haberdash serve --data-dir /var/lib/haberdash --media-dir /srv/films",
      (const GOptionEntry *) entries->data, 0);
}

gboolean
hab_serve_options_parse (int *argc, char ***argv, HabTokens **tokens,
    HabSettings *settings)
{
  g_auto (Options) options = { 0 };

  options_init (&options);
  return options_parse (&options, argc, argv) &&
      hab_serve_access_apply (&options.access, tokens, settings) &&
      hab_serve_network_apply (&options.network, *tokens != NULL, settings) &&
      hab_serve_storage_apply (&options.storage, settings) &&
      hab_serve_operation_apply (&options.operation, settings) &&
      hab_serve_sandbox_apply (&options.sandbox);
}
