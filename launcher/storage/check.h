/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "data-dir.h"
#include "seal.h"

G_BEGIN_DECLS

/* The catalog against the disk. */

typedef enum
{
  HAB_REPAIR_NONE,           /* nothing can be done from here */
  HAB_REPAIR_REMOVE_FILE,    /* nobody knows it */
  HAB_REPAIR_FORGET_INPUT,   /* its file is gone */
  HAB_REPAIR_FORGET_PACKAGE, /* its files are gone */
} HabRepair;

typedef struct
{
  gchar *text;      /* a sentence, which names what it is about */
  HabRepair repair;
  gint64 id;        /* of the input or package */
  HabFolder folder; /* of the file */
  gchar *name;
} HabFault;

typedef struct
{
  const gchar *data_dir;
  HabCatalog *catalog;
  HabSeal *seal; /* NULL: there is none, which is a fault where it is needed */
  gboolean deep; /* read all files: hashes, and packages sample by sample */
  gboolean alone; /* without media folders, of which a backup has no files */
} HabCheck;

/* (element-type HabFault), owned by the caller. NULL with error set where the
 * catalog or a folder cannot be read. */
GPtrArray *hab_check_run (const HabCheck *check, GError **error);

/* catalog: one that can be changed; dir: so that no service runs. */
gboolean hab_check_repair (const HabFault *fault, HabCatalog *catalog,
    HabDataDir *dir, GError **error);

G_END_DECLS
