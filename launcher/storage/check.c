/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "delivery-address.h"
#include "input-files.h"
#include "keys.h"
#include "package-keys.h"
#include "verify.h"

#define PAGE 500
#define HASH_BLOCK_SIZE (1 << 20)

typedef struct
{
  const HabCheck *check;
  GPtrArray *faults;
  GHashTable *known[HAB_N_FOLDERS]; /* names that the catalog has; of cuts/,
                                     * whose they may be */
} Run;

static void
fault_free (gpointer data)
{
  HabFault *fault = data;

  g_free (fault->text);
  g_free (fault->name);
  g_free (fault);
}

/* Takes text. */
static HabFault *
run_add (Run *self, HabRepair repair, gint64 id, gchar *text)
{
  HabFault *fault = g_new0 (HabFault, 1);

  fault->text = text;
  fault->repair = repair;
  fault->id = id;
  g_ptr_array_add (self->faults, fault);
  return fault;
}

static gchar *
build_path (Run *self, const gchar *folder, const gchar *name)
{
  return g_build_filename (self->check->data_dir, folder, name, NULL);
}

/* --- inputs ----------------------------------------------------------- */

/* (nullable): lower-case hex digits. */
static gchar *
hash_file (const gchar *path)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *block = g_malloc (HASH_BLOCK_SIZE);
  FILE *file = g_fopen (path, "rbe");
  gboolean whole;
  gsize count;

  if (file == NULL)
    return NULL;
  while ((count = fread (block, 1, HASH_BLOCK_SIZE, file)) > 0)
    g_checksum_update (checksum, block, count);
  whole = !ferror (file);
  fclose (file);
  return whole ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

static void
check_hash (Run *self, const HabInput *input, const gchar *path)
{
  g_autofree gchar *sha256 = hash_file (path);

  if (sha256 == NULL)
    run_add (self, HAB_REPAIR_NONE, input->id, g_strdup_printf (
        "input content %" G_GINT64_FORMAT " (%s): inputs/%s cannot be read",
        input->id, input->name, input->storage));
  else if (!g_str_equal (sha256, input->sha256))
    run_add (self, HAB_REPAIR_NONE, input->id, g_strdup_printf (
        "input content %" G_GINT64_FORMAT " (%s): inputs/%s has other bytes "
        "than were uploaded; delete it and upload it again",
        input->id, input->name, input->storage));
}

/* Nothing of a media folder is forgotten by a repair: the folder may just not
 * be mounted. What the service has noticed is told, too, for it stays so until
 * somebody does something. */
static gboolean
check_folder_file (Run *self, const HabInput *input, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabFolderFile) file = NULL;
  int fd;

  if (self->check->alone)
    return TRUE;
  file = hab_catalog_get_folder_file (self->check->catalog, input->id, error);
  if (file == NULL)
    return FALSE;
  file->missing = FALSE;
  fd = hab_folder_file_open (file, &failure);
  if (fd >= 0)
    close (fd);
  else
    run_add (self, HAB_REPAIR_NONE, input->id, g_strdup_printf (
        "input content %" G_GINT64_FORMAT " (%s): its file %s/%s %s",
        input->id, input->name, file->folder, file->file,
        g_error_matches (failure, HAB_INPUT_FILE_ERROR,
            HAB_INPUT_FILE_ERROR_MISSING)
            ? "is missing; put it back, or delete the input content"
            : "has changed; it becomes a new one when the service looks"));
  return TRUE;
}

static void
check_upload (Run *self, const HabInput *input)
{
  g_autofree gchar *path = build_path (self, "inputs", input->storage);
  struct stat info;

  g_hash_table_add (self->known[HAB_FOLDER_INPUTS],
      g_strdup (input->storage));
  if (lstat (path, &info) < 0 || !S_ISREG (info.st_mode))
    run_add (self, HAB_REPAIR_FORGET_INPUT, input->id, g_strdup_printf (
        "input content %" G_GINT64_FORMAT " (%s): its file inputs/%s is "
        "missing", input->id, input->name, input->storage));
  else if (info.st_size != input->size_bytes)
    run_add (self, HAB_REPAIR_NONE, input->id, g_strdup_printf (
        "input content %" G_GINT64_FORMAT " (%s): inputs/%s has %"
        G_GINT64_FORMAT " bytes instead of %" G_GINT64_FORMAT
        "; delete it and upload it again", input->id, input->name,
        input->storage, (gint64) info.st_size, input->size_bytes));
  else if (self->check->deep)
    check_hash (self, input, path);
}

static gboolean
check_inputs (Run *self, GError **error)
{
  gint64 after = 0;
  guint found;

  do {
    g_autoptr (GPtrArray) inputs = hab_catalog_list_inputs (
        self->check->catalog, after, PAGE, error);

    if (inputs == NULL)
      return FALSE;
    found = inputs->len;
    for (guint i = 0; i < found; i++) {
      const HabInput *input = g_ptr_array_index (inputs, i);

      g_hash_table_add (self->known[HAB_FOLDER_CUTS],
          g_strdup (input->storage));
      after = input->id;
      if (input->source == HAB_SOURCE_UPLOAD)
        check_upload (self, input);
      else if (!check_folder_file (self, input, error))
        return FALSE;
    }
  } while (found == PAGE);
  return TRUE;
}

/* --- packages --------------------------------------------------------- */

static void
check_package_keys (Run *self, const HabPackage *package)
{
  HabContentKey keys[HAB_N_TRACK_TYPES];
  g_autoptr (GError) error = NULL;

  if (!hab_package_is_encrypted (package) || self->check->seal == NULL)
    return;
  if (!hab_package_open_keys (package, self->check->seal, keys, &error))
    run_add (self, HAB_REPAIR_NONE, package->id, g_strdup_printf (
        "package %" G_GINT64_FORMAT " (%s): its content key does not open: %s",
        package->id, package->code, error->message));
  hab_key_wipe (keys, sizeof keys);
}

/* What is not as a standard has it is told by the command verify; here it is
 * what is missing or damaged. */
static void
verify_package (Run *self, const HabPackage *package, const gchar *manifest)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabVerification) verification =
      hab_verify (manifest, NULL, &error);

  if (verification == NULL) {
    run_add (self, HAB_REPAIR_NONE, package->id, g_strdup_printf (
        "package %" G_GINT64_FORMAT " (%s): %s", package->id, package->code,
        error->message));
    return;
  }
  for (guint i = 0; i < verification->report->findings->len; i++) {
    const HabFinding *finding = verification->report->findings->pdata[i];

    if (finding->severity == HAB_SEVERITY_ERROR)
      run_add (self, HAB_REPAIR_NONE, package->id, g_strdup_printf (
          "package %" G_GINT64_FORMAT " (%s): %s: %s", package->id,
          package->code, finding->file, finding->message));
  }
}

static void
check_files (Run *self, const HabPackage *package)
{
  g_autofree gchar *folder = build_path (self, "packages", package->code);
  g_autofree gchar *manifest =
      g_build_filename (folder, HAB_PATH_MANIFEST, NULL);

  g_hash_table_add (self->known[HAB_FOLDER_PACKAGES],
      g_strdup (package->code));
  if (!g_file_test (manifest, G_FILE_TEST_IS_REGULAR))
    run_add (self, HAB_REPAIR_FORGET_PACKAGE, package->id, g_strdup_printf (
        "package %" G_GINT64_FORMAT " (%s): its manifest packages/%s/"
        HAB_PATH_MANIFEST " is missing; ask for it again", package->id, package->code,
        package->code));
  else if (self->check->deep)
    verify_package (self, package, manifest);
}

static gboolean
check_packages (Run *self, GError **error)
{
  gint64 after = 0;
  guint found;

  do {
    g_autoptr (GPtrArray) packages = hab_catalog_list_packages (
        self->check->catalog, NULL, after, PAGE, error);

    if (packages == NULL)
      return FALSE;
    found = packages->len;
    for (guint i = 0; i < found; i++) {
      const HabPackage *package = g_ptr_array_index (packages, i);

      check_package_keys (self, package);
      if (package->status == HAB_STATUS_READY)
        check_files (self, package);
      after = package->id;
    }
  } while (found == PAGE);
  return TRUE;
}

static gboolean
check_master_key (Run *self, GError **error)
{
  guint64 count;

  if (!hab_catalog_count_sealed_keys (self->check->catalog, &count, error))
    return FALSE;
  if (count > 0 && self->check->seal == NULL)
    run_add (self, HAB_REPAIR_NONE, 0, g_strdup_printf (
        "the master key is missing, and %" G_GUINT64_FORMAT " content keys "
        "open with nothing else; restore it from a backup", count));
  return TRUE;
}

/* --- files that nobody knows ------------------------------------------ */

/* Names as they were before the catalog was read: what came meanwhile is in
 * the catalog by then. A backup has no cuts/. */
static GPtrArray *
list_names (Run *self, HabFolder folder, GError **error)
{
  g_autofree gchar *path =
      build_path (self, hab_data_dir_get_folder_name (folder), NULL);
  g_autoptr (GError) failure = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &failure);
  GPtrArray *names;
  const gchar *name;

  if (dir == NULL && !(folder == HAB_FOLDER_CUTS &&
                         g_error_matches (failure, G_FILE_ERROR,
                             G_FILE_ERROR_NOENT))) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  names = g_ptr_array_new_with_free_func (g_free);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  return names;
}

static void
check_unknown (Run *self, HabFolder folder, GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++) {
    const gchar *name = g_ptr_array_index (names, i);
    HabFault *fault;

    if (g_hash_table_contains (self->known[folder], name))
      continue;
    fault = run_add (self, HAB_REPAIR_REMOVE_FILE, 0, g_strdup_printf (
        "%s/%s belongs to nothing in the catalog",
        hab_data_dir_get_folder_name (folder), name));
    fault->folder = folder;
    fault->name = g_strdup (name);
  }
}

/* --- what was made of inputs ------------------------------------------- */

/* (nullable) (transfer full): what is wrong with a file of the cache. One that
 * went meanwhile is none. */
static gchar *
find_cache_fault (Run *self, const gchar *name)
{
  g_autofree gchar *owner = hab_cache_get_owner (name);
  g_autofree gchar *path = build_path (self, "cuts", name);
  g_autoptr (GError) error = NULL;
  int fd;

  if (owner == NULL ||
      !g_hash_table_contains (self->known[HAB_FOLDER_CUTS], owner))
    return g_strdup ("belongs to nothing in the catalog");
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return errno == ENOENT ? NULL : g_strdup (g_strerror (errno));
  hab_cache_check_file (fd, name, &error);
  close (fd);
  return error != NULL ? g_strdup (error->message) : NULL;
}

static void
check_cache (Run *self, GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++) {
    const gchar *name = g_ptr_array_index (names, i);
    g_autofree gchar *text = find_cache_fault (self, name);
    HabFault *fault;

    if (text == NULL)
      continue;
    fault = run_add (self, HAB_REPAIR_REMOVE_FILE, 0,
        g_strdup_printf ("cuts/%s: %s", name, text));
    fault->folder = HAB_FOLDER_CUTS;
    fault->name = g_strdup (name);
  }
}

/* --- all of it -------------------------------------------------------- */

static gboolean
check_database (Run *self, GError **error)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  if (!hab_catalog_check (self->check->catalog, texts, error))
    return FALSE;
  for (guint i = 0; i < texts->len; i++)
    run_add (self, HAB_REPAIR_NONE, 0, g_strdup_printf (
        "catalog.sqlite: %s; restore a backup",
        (const gchar *) g_ptr_array_index (texts, i)));
  return TRUE;
}

static gboolean
run (Run *self, GError **error)
{
  g_autoptr (GPtrArray) inputs = list_names (self, HAB_FOLDER_INPUTS, error);
  g_autoptr (GPtrArray) packages = inputs != NULL
      ? list_names (self, HAB_FOLDER_PACKAGES, error)
      : NULL;
  g_autoptr (GPtrArray) cuts = packages != NULL
      ? list_names (self, HAB_FOLDER_CUTS, error)
      : NULL;

  if (cuts == NULL || !check_database (self, error) ||
      !check_master_key (self, error) || !check_inputs (self, error) ||
      !check_packages (self, error))
    return FALSE;
  check_unknown (self, HAB_FOLDER_INPUTS, inputs);
  check_unknown (self, HAB_FOLDER_PACKAGES, packages);
  check_cache (self, cuts);
  return TRUE;
}

GPtrArray *
hab_check_run (const HabCheck *check, GError **error)
{
  Run self = { .check = check };
  gboolean done;

  self.faults = g_ptr_array_new_with_free_func (fault_free);
  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    self.known[i] =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  done = run (&self, error);
  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    g_hash_table_unref (self.known[i]);
  if (!done)
    g_clear_pointer (&self.faults, g_ptr_array_unref);
  return self.faults;
}

gboolean
hab_check_repair (const HabFault *fault, HabCatalog *catalog, HabDataDir *dir,
    GError **error)
{
  switch (fault->repair) {
    case HAB_REPAIR_REMOVE_FILE:
      hab_data_dir_remove (dir, fault->folder, fault->name);
      return TRUE;
    case HAB_REPAIR_FORGET_INPUT:
      return hab_catalog_delete_input (catalog, fault->id, error);
    case HAB_REPAIR_FORGET_PACKAGE:
      return hab_catalog_delete_package (catalog, fault->id, error);
    case HAB_REPAIR_NONE:
      break;
  }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this cannot be repaired here");
  return FALSE;
}
