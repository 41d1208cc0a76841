/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

#include "folder.h"
#include "keys.h"
#include "seal.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHA256 \
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const guint8 kid[16] = {
  0xa1, 0x6e, 0x40, 0x2b, 0x90, 0x56, 0xe3, 0x71,
  0xf3, 0x6d, 0x34, 0x8a, 0xa6, 0x2b, 0xb7, 0x49
};

typedef struct
{
  gchar *dir;
  gchar *path;
  HabCatalog *catalog; /* NULL until open_catalog () */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("hab-catalog-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "catalog.db", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  hab_catalog_close (fixture->catalog);
  remove_all (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->dir);
}

static HabCatalog *
open_catalog (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->catalog, hab_catalog_close);
  fixture->catalog = hab_catalog_open (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (fixture->catalog);

  return fixture->catalog;
}

/* --- rows ------------------------------------------------------------ */

static GArray *
new_tracks (void)
{
  GArray *tracks = g_array_new (FALSE, TRUE, sizeof (HabTrack));
  HabTrack video = { .number = 2,
    .kind = (gchar *) "video",
    .codec = (gchar *) "avc1.64001F",
    .caps = (gchar *) "video/x-h264",
    .timescale = 12800,
    .width = 1280,
    .height = 720,
    .fps_n = 25,
    .fps_d = 1,
    .duration_ns = 4 * G_GINT64_CONSTANT (1000000000) };
  HabTrack audio = {
    .number = 3, .kind = (gchar *) "audio", .fps_d = 1, .channels = 2,
    .rate = 48000, .duration_ns = -1, .language = (gchar *) "deu"
  };

  g_array_append_val (tracks, video);
  g_array_append_val (tracks, audio);

  return tracks;
}

static HabGop
make_gop (guint64 index)
{
  HabGop gop = { .index = index,
    .kind = "recovery-point",
    .closed = index == 0,
    .leading_pictures = index,
    .frames = 50,
    .first_frame = 50 * index,
    .pts_ns = index * 2000000000,
    .dts_ns = (gint64) index * 2000000000 - 80000000,
    .duration_ns = 2000000000,
    .bytes = 1000,
    .first_byte = 48 + 1000 * index,
    .end_byte = 1048 + 1000 * index };

  return gop;
}

static gint64
try_add_input (HabCatalog *catalog, const gchar *name, GError **error)
{
  g_autofree gchar *storage = g_strdup_printf ("file-%s", name);
  g_autoptr (GArray) tracks = new_tracks ();
  g_autoptr (GArray) gops = g_array_new (FALSE, FALSE, sizeof (HabGop));
  g_autoptr (GArray) iframes = g_array_new (FALSE, FALSE, sizeof (HabIFrame));
  HabInput input = {
    .name = (gchar *) name, .storage = storage, .size_bytes = 123456,
    .sha256 = (gchar *) SHA256, .duration_ns = -1
  };

  for (guint i = 0; i < 5; i++) {
    HabGop gop = make_gop (i);
    HabIFrame iframe = { .coded_picture_number = 50 * i,
      .pts = 512 * i,
      .dts = (gint64) 512 * i - 1024,
      .duration = 512,
      .offset = i == 1 ? -1 : 48,
      .size = 7641,
      .key_frame = i != 2,
      .gop_index = i == 2 ? -1 : (gint64) i };
    g_array_append_val (gops, gop);
    g_array_append_val (iframes, iframe);
  }

  return hab_catalog_add_input (
      catalog, &input, tracks, 2, gops, iframes, error);
}

static gint64
add_input (HabCatalog *catalog, const gchar *name)
{
  g_autoptr (GError) error = NULL;
  gint64 id = try_add_input (catalog, name, &error);

  g_assert_no_error (error);
  g_assert_cmpint (id, >, 0);

  return id;
}

static HabPackage
make_package (gint64 input_id, const gchar *code)
{
  HabPackage package = {
    .input_id = input_id, .code = (gchar *) code, .encrypt = (gchar *) "video",
    .segment_duration_ns = 4000000000,
    .keys[HAB_TRACK_VIDEO].sealed_key = (gchar *) "hab1:AAAA",
    .url = (gchar *) "http://localhost:8080/X/dash/stream.mpd"
  };

  memcpy (package.keys[HAB_TRACK_VIDEO].kid, kid, sizeof (kid));
  return package;
}

static gint64
add_package (HabCatalog *catalog, gint64 input_id, const gchar *code)
{
  g_autoptr (GError) error = NULL;
  HabPackage package = make_package (input_id, code);
  gint64 id = hab_catalog_add_package (catalog, &package, &error);

  g_assert_no_error (error);
  g_assert_cmpint (id, >, 0);

  return id;
}

static void
set_status (HabCatalog *catalog, gint64 id, HabStatus status,
    const gchar *reason, const gchar *file)
{
  g_autoptr (GError) error = NULL;
  gboolean done =
      hab_catalog_set_status (catalog, id, status, reason, file, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

static gboolean
set_progress (HabCatalog *catalog, gint64 id, gdouble fraction,
    GError **error)
{
  const HabProgress progress = { .fraction = fraction };

  return hab_catalog_set_progress (catalog, id, &progress, error);
}

#define assert_error(error, c) \
  G_STMT_START \
  { \
    g_assert_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_##c); \
    g_clear_error (&error); \
  } \
  G_STMT_END

static gchar *
history_words (HabCatalog *catalog, gint64 id)
{
  g_autoptr (GArray) history = hab_catalog_list_history (catalog, id, NULL);
  GString *words = g_string_new (NULL);
  gint64 last_us = 0;

  for (guint i = 0; i < history->len; i++) {
    HabStatusChange *change = &g_array_index (history, HabStatusChange, i);

    g_assert_cmpint (change->at_us, >=, last_us);
    last_us = change->at_us;
    g_string_append_printf (words, "%s%s", i ? " " : "",
        hab_status_to_string (change->status));
  }
  return g_string_free (words, FALSE);
}

static void
assert_history (HabCatalog *catalog, gint64 id, const gchar *expected)
{
  g_autofree gchar *words = history_words (catalog, id);

  g_assert_cmpstr (words, ==, expected);
}

/* What the sqlite3 shell would show: a connection without anything of ours.
 * A line a row, columns separated by '|'. */
static gchar *
query (const gchar *path, const gchar *sql)
{
  GString *out = g_string_new (NULL);
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (
      sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW) {
    for (gint i = 0; i < sqlite3_column_count (statement); i++) {
      const gchar *text = (const gchar *) sqlite3_column_text (statement, i);

      g_string_append_printf (out, "%s%s", i ? "|" : "", text ? text : "NULL");
    }
    g_string_append_c (out, '\n');
  }
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);

  return g_string_free (out, FALSE);
}

static void
execute (const gchar *path, const gchar *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
assert_query (const gchar *path, const gchar *sql, const gchar *expected)
{
  g_autofree gchar *rows = query (path, sql);

  g_assert_cmpstr (rows, ==, expected);
}

/* --- opening --------------------------------------------------------- */

static void
test_open (Fixture *fixture, gconstpointer data)
{
  open_catalog (fixture);
  assert_query (fixture->path, "PRAGMA journal_mode", "wal\n");
  assert_query (fixture->path, "PRAGMA user_version", "2\n");
  assert_query (fixture->path,
      "SELECT count(*) FROM sqlite_schema "
      "WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
      "AND sql NOT LIKE '%STRICT%'",
      "0\n");

  /* Again, with something in it */
  add_input (fixture->catalog, "a.mp4");
  open_catalog (fixture);
  hab_input_free (
      hab_catalog_find_input (fixture->catalog, NULL, "a.mp4", NULL));
}

static void
test_migrate (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *file =
      g_build_filename (g_getenv ("HAB_TEST_DATA"), "catalog-1.sql", NULL);
  g_autofree gchar *sql = NULL;
  g_autoptr (HabInput) input = NULL;
  g_autoptr (HabPackage) package = NULL;
  g_autoptr (GError) error = NULL;
  HabPackage again = make_package (1, "GONE99");
  HabCatalog *catalog;
  HabGop gop;

  g_assert_true (g_file_get_contents (file, &sql, NULL, NULL));
  execute (fixture->path, sql);
  catalog = open_catalog (fixture);

  input = hab_catalog_get_input (catalog, 1, NULL);
  g_assert_cmpstr (input->name, ==, "old movie.mp4");
  g_assert_true (hab_catalog_get_gop (catalog, 1, 0, &gop, NULL));
  package = hab_catalog_find_package_by_code (catalog, "ABC123", NULL);
  g_assert_cmpint (package->id, ==, 73);
  assert_history (catalog, 73, "Queued Ready");
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    g_assert_cmpmem (package->keys[i].kid, 16, kid, 16);
    g_assert_cmpstr (package->keys[i].sealed_key, ==, "hab1:AAAA");
  }
  assert_query (fixture->path, "SELECT * FROM uploaded_videos ORDER BY 1",
      "1|old movie.mp4|1|Ready|stream.mpd|hab1:AAAA|oW5AK5BW43HzbTSKpiu3SQ|73|"
      "http://localhost:8080/ABC123/dash/stream.mpd\n"
      "3|clip.mov|NULL|Ingested|NULL|NULL|NULL|NULL|NULL\n");

  assert_query (fixture->path, "PRAGMA foreign_key_check", "");
  assert_query (fixture->path,
      "SELECT count(*) FROM sqlite_schema WHERE name = 'packages_listed'",
      "1\n");

  /* What was given out before is not given out again. */
  g_assert_cmpint (add_input (catalog, "new.mp4"), ==, 5);
  g_assert_cmpint (hab_catalog_add_package (catalog, &again, &error), ==, 0);
  assert_error (error, EXISTS);
}

/* Names and packages are each owner's own; who asks for no owner gets all. */
static void
test_owners (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  HabInput hers = { .owner = (gchar *) "her", .name = (gchar *) "a.mp4",
    .storage = (gchar *) "1", .sha256 = (gchar *) SHA256, .duration_ns = -1 };
  HabPackage package = make_package (1, "HERS01");
  gint64 first = add_input (catalog, "a.mp4"), second;
  g_autoptr (HabInput) found = NULL;
  g_autoptr (GPtrArray) all = NULL, packages = NULL;
  g_autoptr (GArray) changes = NULL;

  second = hab_catalog_add_input (catalog, &hers, NULL, 0, NULL, NULL, NULL);
  g_assert_cmpint (second, >, first);
  hers.storage = (gchar *) "2";
  g_assert_cmpint (hab_catalog_add_input (catalog, &hers, NULL, 0, NULL, NULL,
      NULL), ==, 0);
  found = hab_catalog_find_input (catalog, "her", "a.mp4", NULL);
  g_assert_cmpint (found->id, ==, second);
  g_assert_cmpstr (found->owner, ==, "her");
  g_assert_null (hab_catalog_find_input (catalog, "him", "a.mp4", NULL));
  all = hab_catalog_list_inputs (catalog, 0, 9, NULL);
  g_assert_cmpuint (all->len, ==, 2);

  package.owner = (gchar *) "her";
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, NULL), >, 0);
  packages = hab_catalog_list_packages (catalog, "her", 0, 9, NULL);
  g_assert_cmpuint (packages->len, ==, 1);
  g_ptr_array_unref (packages);
  packages = hab_catalog_list_packages (catalog, "him", 0, 9, NULL);
  g_assert_cmpuint (packages->len, ==, 0);
  changes = hab_catalog_list_unfinished (catalog, "him", 9, NULL);
  g_assert_cmpuint (changes->len, ==, 0);
}

static void
test_newer (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;
  g_autoptr (GError) error = NULL;
  gsize before_size, after_size;

  open_catalog (fixture);
  g_clear_pointer (&fixture->catalog, hab_catalog_close);
  execute (fixture->path,
      "PRAGMA journal_mode = DELETE; CREATE TABLE future (x); "
      "PRAGMA user_version = 1000");
  g_assert_true (
      g_file_get_contents (fixture->path, &before, &before_size, NULL));

  g_assert_null (hab_catalog_open (fixture->path, &error));
  g_assert_nonnull (strstr (error->message, fixture->path));
  assert_error (error, NEWER);
  g_assert_true (
      g_file_get_contents (fixture->path, &after, &after_size, NULL));
  g_assert_cmpmem (after, after_size, before, before_size);
}

static void
test_not_a_catalog (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *junk = g_strnfill (8192, 'x');
  g_autofree gchar *nowhere =
      g_build_filename (fixture->dir, "no", "catalog.db", NULL);
  g_autofree gchar *other = g_build_filename (fixture->dir, "other.db", NULL);
  g_autofree gchar *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_true (g_file_set_contents (fixture->path, junk, 8192, NULL));
  g_assert_null (hab_catalog_open (fixture->path, &error));
  assert_error (error, CORRUPT);
  g_assert_true (g_file_get_contents (fixture->path, &content, &size, NULL));
  g_assert_cmpmem (content, size, junk, 8192);

  g_assert_null (hab_catalog_open (nowhere, &error));
  assert_error (error, FAILED);

  execute (other, "CREATE TABLE theirs (x)");
  g_assert_null (hab_catalog_open (other, &error));
  assert_error (error, FAILED);
  assert_query (other, "SELECT name FROM sqlite_schema", "theirs\n");
}

/* Pages overwritten in the middle: the header still says a catalog. */
static void
test_corrupt_pages (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *content = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inputs = NULL;
  gsize size;

  open_catalog (fixture);
  add_input (fixture->catalog, "a.mp4");
  g_clear_pointer (&fixture->catalog, hab_catalog_close);

  g_assert_true (g_file_get_contents (fixture->path, &content, &size, NULL));
  g_assert_cmpuint (size, >, 8192);
  memset (content + 4096, 0xff, size - 4096);
  g_assert_true (g_file_set_contents (fixture->path, content, size, NULL));

  fixture->catalog = hab_catalog_open (fixture->path, &error);
  if (fixture->catalog)
    inputs = hab_catalog_list_inputs (fixture->catalog, 0, 10, &error);
  g_assert_null (inputs);
  assert_error (error, CORRUPT);
}

/* A limit on the pages does to SQLite what a full disk does. */
static void
test_no_space (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *big = g_strnfill (64 * 1024 * 1024, 'x');
  HabTrack track = { .number = 9,
    .kind = (gchar *) "other",
    .fps_d = 1,
    .duration_ns = -1,
    .caps = big };
  gint64 id = add_input (catalog, "a.mp4");
  sqlite3 *db = catalog->db;
  guint64 n_gops;

  sqlite3_exec (db, "PRAGMA max_page_count = 100", NULL, NULL, NULL);
  g_assert_true (hab_catalog_begin (catalog, NULL));
  g_assert_false (hab_catalog_put_track (catalog, id, &track, &error));
  assert_error (error, NO_SPACE);

  /* What still comes in this transaction is not stored alone. */
  if (sqlite3_get_autocommit (db)) {
    HabGop gop = make_gop (77);

    g_assert_false (hab_catalog_put_gop (catalog, id, 2, &gop, &error));
    assert_error (error, FAILED);
    g_assert_false (hab_catalog_commit (catalog, &error));
    assert_error (error, FAILED);
  } else {
    hab_catalog_rollback (catalog);
  }
  g_assert_true (hab_catalog_count_gops (catalog, id, &n_gops, NULL));
  g_assert_cmpuint (n_gops, ==, 5);
}

/* --- inputs ---------------------------------------------------------- */

static void
test_input (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 id = add_input (catalog, "a \"b\" <c>';--.mp4");
  g_autoptr (HabInput) input = hab_catalog_get_input (catalog, id, NULL);
  g_autoptr (HabInput) found =
      hab_catalog_find_input (catalog, NULL, "a \"b\" <c>';--.mp4", NULL);
  g_autoptr (GArray) tracks = hab_catalog_list_tracks (catalog, id, NULL);
  g_autoptr (GArray) gops = hab_catalog_list_gops (catalog, id, 3, 10, NULL);
  g_autoptr (GArray) iframes =
      hab_catalog_list_iframes (catalog, id, 1, 2, NULL);
  g_autoptr (GError) error = NULL;
  HabTrack *audio;
  HabIFrame *iframe;
  HabGop gop, expected = make_gop (4);
  guint64 count;

  g_assert_cmpint (found->id, ==, id);
  g_assert_cmpstr (input->sha256, ==, SHA256);
  g_assert_cmpint (input->size_bytes, ==, 123456);
  g_assert_cmpint (input->duration_ns, ==, -1);
  g_assert_true (input->indexed);
  g_assert_cmpint (input->created_us, >, 0);

  g_assert_cmpuint (tracks->len, ==, 2);
  audio = &g_array_index (tracks, HabTrack, 1);
  g_assert_cmpuint (audio->number, ==, 3);
  g_assert_cmpstr (audio->language, ==, "deu");
  g_assert_null (audio->codec);
  g_assert_cmpint (audio->duration_ns, ==, -1);

  g_assert_cmpuint (gops->len, ==, 2);
  gop = g_array_index (gops, HabGop, 1);
  g_assert_cmpuint (gop.index, ==, expected.index);
  g_assert_cmpstr (gop.kind, ==, expected.kind);
  g_assert_cmpint (gop.dts_ns, ==, expected.dts_ns);
  g_assert_cmpint (gop.end_byte, ==, expected.end_byte);
  g_assert_true (hab_catalog_get_gop (catalog, id, 0, &gop, NULL));
  g_assert_true (gop.closed);
  g_assert_cmpint (gop.dts_ns, ==, -80000000);
  g_assert_false (hab_catalog_get_gop (catalog, id, 5, &gop, &error));
  assert_error (error, NOT_FOUND);
  g_assert_false (hab_catalog_get_gop (catalog, id, G_MAXUINT64, &gop, &error));
  assert_error (error, NOT_FOUND);

  g_assert_cmpuint (iframes->len, ==, 2);
  iframe = &g_array_index (iframes, HabIFrame, 0);
  g_assert_cmpint (iframe->offset, ==, -1);
  g_assert_cmpint (iframe->dts, ==, -512);
  iframe = &g_array_index (iframes, HabIFrame, 1);
  g_assert_false (iframe->key_frame);
  g_assert_cmpint (iframe->gop_index, ==, -1);

  g_assert_true (hab_catalog_count_gops (catalog, id, &count, NULL));
  g_assert_cmpuint (count, ==, 5);
  g_assert_true (hab_catalog_count_iframes (catalog, id, &count, NULL));
  g_assert_cmpuint (count, ==, 5);

  assert_query (fixture->path, "SELECT status FROM input_history",
      "Ingested\n");
}

static void
test_input_errors (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inputs = NULL;
  gint64 id = add_input (catalog, "a.mp4"), other;

  g_assert_cmpint (try_add_input (catalog, "a.mp4", &error), ==, 0);
  assert_error (error, EXISTS);
  g_assert_cmpint (try_add_input (catalog, "", &error), ==, 0);
  assert_error (error, FAILED);
  g_assert_null (hab_catalog_get_input (catalog, 99, &error));
  assert_error (error, NOT_FOUND);
  g_assert_null (hab_catalog_find_input (catalog, NULL, "A.MP4", &error));
  assert_error (error, NOT_FOUND);
  g_assert_false (hab_catalog_delete_input (catalog, 99, &error));
  assert_error (error, NOT_FOUND);

  /* Nothing of a failure stays, an id is never used again. */
  g_assert_true (hab_catalog_delete_input (catalog, id, &error));
  assert_query (fixture->path,
      "SELECT (SELECT count(*) FROM tracks) + (SELECT count(*) FROM gops) "
      "+ (SELECT count(*) FROM iframes) + (SELECT count(*) FROM input_history)",
      "0\n");
  other = add_input (catalog, "a.mp4");
  g_assert_cmpint (other, >, id);

  add_input (catalog, "b.mp4");
  inputs = hab_catalog_list_inputs (catalog, other, 10, NULL);
  g_assert_cmpuint (inputs->len, ==, 1);
  g_assert_cmpstr (((HabInput *) inputs->pdata[0])->name, ==, "b.mp4");
}

/* --- packages -------------------------------------------------------- */

static void
test_package_errors (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4");
  gint64 id = add_package (catalog, input_id, "AAAAAA");
  HabPackage package = make_package (input_id, "AAAAAA");
  g_autoptr (GError) error = NULL;

  static const gchar *const bad_codes[] = { "", "AAAAA", "aaaaaa", "AAAAA/",
    "../../" };

  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, EXISTS);
  for (guint i = 0; i < G_N_ELEMENTS (bad_codes); i++) {
    package = make_package (input_id, bad_codes[i]);
    g_assert_cmpint (
        hab_catalog_add_package (catalog, &package, &error), ==, 0);
    assert_error (error, FAILED);
  }

  package = make_package (99, "BBBBBB");
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, NOT_FOUND);

  /* A key in the clear has no way in. */
  package = make_package (input_id, "BBBBBB");
  package.keys[HAB_TRACK_VIDEO].sealed_key = (gchar *) "87237d20a19f58a740c05684e699b4aa";
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, FAILED);
  package.keys[HAB_TRACK_VIDEO].sealed_key = NULL;
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, FAILED);

  /* The code that failed is free, that of a deleted package is not. */
  package = make_package (input_id, "BBBBBB");
  package.idempotency_key = (gchar *) "once";
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), >, id);
  package.code = (gchar *) "CCCCCC";
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, EXISTS);
  g_assert_true (hab_catalog_delete_package (catalog, id, NULL));
  package = make_package (input_id, "AAAAAA");
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, EXISTS);
  g_assert_false (hab_catalog_delete_package (catalog, id, &error));
  assert_error (error, NOT_FOUND);
}

static void
test_queue (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4");
  gint64 first = add_package (catalog, input_id, "AAAAAA");
  gint64 second = add_package (catalog, input_id, "BBBBBB");
  g_autoptr (HabPackage) a = hab_catalog_claim_package (catalog, NULL);
  g_autoptr (HabPackage) b = hab_catalog_claim_package (catalog, NULL);
  g_autoptr (HabPackage) after = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (a->id, ==, first);
  g_assert_cmpint (a->status, ==, HAB_STATUS_QUEUED);
  g_assert_cmpuint (a->attempts, ==, 1);
  g_assert_cmpmem (a->keys[HAB_TRACK_VIDEO].kid, 16, kid, 16);
  g_assert_cmpint (b->id, ==, second);
  g_assert_null (hab_catalog_claim_package (catalog, &error));
  g_assert_no_error (error);

  g_assert_false (hab_catalog_delete_package (catalog, first, &error));
  assert_error (error, IN_USE);
  g_assert_false (hab_catalog_delete_input (catalog, input_id, &error));
  assert_error (error, IN_USE);

  g_assert_true (set_progress (catalog, first, 0.5, NULL));
  g_assert_true (set_progress (catalog, first, 0.25, NULL));
  set_status (catalog, first, HAB_STATUS_FRAGMENTED, NULL, "video_0/init.mp4");
  set_status (catalog, first, HAB_STATUS_ENCRYPTED, NULL, NULL);
  g_assert_false (hab_catalog_set_status (catalog, first, HAB_STATUS_FRAGMENTED,
      NULL, NULL, &error));
  assert_error (error, STATE);
  g_assert_false (hab_catalog_set_status (catalog, first, HAB_STATUS_QUEUED,
      NULL, NULL, &error));
  assert_error (error, STATE);
  after = hab_catalog_get_package (catalog, first, NULL);
  g_assert_cmpfloat (after->progress, ==, 0.5);
  g_assert_cmpstr (after->output_file_path, ==, "video_0/init.mp4");

  g_assert_true (hab_catalog_set_notes (catalog, first, "[\"a\"]", NULL));
  g_assert_false (hab_catalog_set_notes (catalog, first, "no JSON", NULL));
  set_status (catalog, first, HAB_STATUS_READY, NULL, "stream.mpd");
  g_assert_false (hab_catalog_set_notes (catalog, first, "[]", &error));
  assert_error (error, STATE);
  g_assert_false (hab_catalog_set_status (catalog, first, HAB_STATUS_FAILED,
      "late", NULL, &error));
  assert_error (error, STATE);
  g_assert_false (set_progress (catalog, first, 0.9, &error));
  assert_error (error, STATE);
  g_assert_false (hab_catalog_requeue_package (catalog, first, FALSE, &error));
  assert_error (error, STATE);
  assert_history (catalog, first, "Queued Fragmented Encrypted Ready");

  set_status (catalog, second, HAB_STATUS_FAILED, "no video track in it", NULL);
  g_clear_pointer (&after, hab_package_free);
  after = hab_catalog_get_package (catalog, second, NULL);
  g_assert_cmpstr (after->reason, ==, "no video track in it");
  g_assert_true (hab_catalog_delete_input (catalog, input_id, NULL));
  g_clear_pointer (&after, hab_package_free);
  after = hab_catalog_get_package (catalog, first, NULL);
  g_assert_cmpint (after->input_id, ==, 0);
  g_assert_cmpfloat (after->progress, ==, 1);
}

static gint64
claim_id (HabCatalog *catalog)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabPackage) package = hab_catalog_claim_package (catalog, &error);

  g_assert_no_error (error);
  return package ? package->id : 0;
}

static void
test_priority (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const gchar *code;
    gint priority;
    guint turn; /* from 0 */
  } rows[] = {
    { "AAAAAA", 0, 2 },
    { "BBBBBB", -10, 4 },
    { "CCCCCC", 10, 0 },
    { "DDDDDD", 0, 3 },
    { "EEEEEE", 10, 1 },
  };
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4"), changed, ids[5];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    HabPackage package = make_package (input_id, rows[i].code);

    package.priority = rows[i].priority;
    ids[rows[i].turn] = hab_catalog_add_package (catalog, &package, &error);
    g_assert_no_error (error);
  }
  changed = add_package (catalog, input_id, "FFFFFF");
  g_assert_true (hab_catalog_set_priority (catalog, changed, 1, NULL));
  g_assert_cmpint (claim_id (catalog), ==, ids[0]);
  g_assert_cmpint (claim_id (catalog), ==, ids[1]);
  g_assert_cmpint (claim_id (catalog), ==, changed);
  for (guint i = 2; i < G_N_ELEMENTS (ids); i++)
    g_assert_cmpint (claim_id (catalog), ==, ids[i]);

  g_assert_false (hab_catalog_set_priority (catalog, changed, 2, &error));
  assert_error (error, STATE);
  g_assert_false (hab_catalog_set_priority (catalog, 99, 2, &error));
  assert_error (error, NOT_FOUND);
}

static void
test_retry (Fixture *fixture, gconstpointer data)
{
  const gint64 hour = G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC;
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4");
  gint64 first = add_package (catalog, input_id, "AAAAAA");
  gint64 second = add_package (catalog, input_id, "BBBBBB");
  gint64 later = g_get_real_time () + hour / 2, at_us;
  g_autoptr (HabPackage) waiting = NULL;

  g_assert_true (hab_catalog_get_next_attempt (catalog, &at_us, NULL));
  g_assert_cmpint (at_us, ==, 0);
  g_assert_cmpint (claim_id (catalog), ==, first);
  g_assert_true (
      hab_catalog_retry_package (catalog, first, later, "disk", NULL));
  waiting = hab_catalog_get_package (catalog, first, NULL);
  g_assert_cmpint (waiting->status, ==, HAB_STATUS_QUEUED);
  g_assert_cmpstr (waiting->reason, ==, "disk");
  g_assert_cmpuint (waiting->attempts, ==, 1);
  g_assert_cmpint (waiting->not_before_us, ==, later);
  g_assert_cmpstr (waiting->input_name, ==, "a.mp4");
  g_assert_cmpstr (waiting->options, ==, "{}");

  /* One that waits for its time keeps none behind it from being made, and a
   * restart does not make it sooner. */
  g_assert_cmpint (claim_id (catalog), ==, second);
  g_assert_cmpint (claim_id (catalog), ==, 0);
  g_assert_cmpint (hab_catalog_recover (catalog, NULL, NULL, NULL), ==, 1);
  g_assert_cmpint (claim_id (catalog), ==, second);
  g_assert_cmpint (claim_id (catalog), ==, 0);
  g_assert_true (hab_catalog_get_next_attempt (catalog, &at_us, NULL));
  g_assert_cmpint (at_us, ==, later);

  execute (fixture->path, "UPDATE packages SET not_before_us = 1 WHERE id = 1");
  g_assert_cmpint (claim_id (catalog), ==, first);

  /* Nothing waits that long: somebody set the clock back. */
  g_assert_true (
      hab_catalog_retry_package (catalog, first, later + hour, "disk", NULL));
  g_assert_cmpint (claim_id (catalog), ==, first);
  set_status (catalog, first, HAB_STATUS_CANCELLED, "on request", NULL);
  g_assert_false (
      hab_catalog_retry_package (catalog, first, later, "disk", NULL));
}

static gchar *
find_first (const HabPackage *package, gpointer code)
{
  return g_str_equal (package->code, code) ? g_strdup ("stream.mpd") : NULL;
}

/* What was whole when the service died is not made again. */
static void
test_recover_whole (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4");
  gint64 first = add_package (catalog, input_id, "AAAAAA");
  gint64 second = add_package (catalog, input_id, "BBBBBB");

  claim_id (catalog);
  claim_id (catalog);
  set_status (catalog, first, HAB_STATUS_FRAGMENTED, NULL, "video_0/init.mp4");
  g_assert_cmpint (hab_catalog_recover (catalog, find_first,
      (gpointer) "AAAAAA", NULL), ==, 1);
  assert_history (catalog, first, "Queued Fragmented Ready");
  assert_history (catalog, second, "Queued Queued");
  g_assert_cmpint (claim_id (catalog), ==, second);
}

static void
assert_changes (GArray *changes, const gchar *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < changes->len; i++) {
    HabPackageChange *change = &g_array_index (changes, HabPackageChange, i);

    g_string_append_printf (text, "%s%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
        i ? " " : "", change->package_id, change->change);
  }
  g_assert_cmpstr (text->str, ==, expected);
  g_array_unref (changes);
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4"), last;
  gint64 first, second;

  g_assert_true (hab_catalog_get_last_change (catalog, &last, NULL));
  g_assert_cmpint (last, ==, 0);
  first = add_package (catalog, input_id, "AAAAAA");
  second = add_package (catalog, input_id, "BBBBBB");
  set_status (catalog, first, HAB_STATUS_FRAGMENTED, NULL, NULL);
  assert_changes (hab_catalog_list_changes (catalog, 0, 0, 9, NULL), "2:2 1:3");
  assert_changes (hab_catalog_list_changes (catalog, 0, 0, 1, NULL), "2:2");
  assert_changes (hab_catalog_list_changes (catalog, 0, 2, 9, NULL), "1:3");
  assert_changes (hab_catalog_list_changes (catalog, 0, 3, 9, NULL), "");
  assert_changes (hab_catalog_list_changes (catalog, first, 1, 9, NULL), "1:3");
  assert_changes (hab_catalog_list_changes (catalog, first, 3, 9, NULL), "");
  assert_changes (hab_catalog_list_unfinished (catalog, NULL, 9, NULL), "2:2 1:3");

  /* Numbers are not used again, whatever is deleted. */
  set_status (catalog, second, HAB_STATUS_FAILED, "why", NULL);
  assert_changes (hab_catalog_list_unfinished (catalog, NULL, 9, NULL), "1:3");
  g_assert_true (hab_catalog_delete_package (catalog, second, NULL));
  add_package (catalog, input_id, "CCCCCC");
  assert_changes (hab_catalog_list_changes (catalog, 0, 3, 9, NULL), "3:5");
  g_assert_true (hab_catalog_get_last_change (catalog, &last, NULL));
  g_assert_cmpint (last, ==, 5);
}

static void
test_callbacks (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4"), id, at_us;
  HabPackage package = make_package (input_id, "AAAAAA");
  g_autoptr (HabCallback) callback = NULL;
  g_autoptr (GError) error = NULL;

  package.callback_url = (gchar *) "http://localhost/";
  id = hab_catalog_add_package (catalog, &package, NULL);
  add_package (catalog, input_id, "BBBBBB");
  g_assert_null (hab_catalog_claim_callback (catalog, 1000, &error));
  g_assert_no_error (error);
  g_assert_true (hab_catalog_get_next_callback (catalog, &at_us, NULL));
  g_assert_cmpint (at_us, ==, 0);
  g_assert_null (hab_catalog_get_callback (catalog, id + 1, &error));
  assert_error (error, NOT_FOUND);

  set_status (catalog, id, HAB_STATUS_FAILED, "why", NULL);
  g_assert_true (hab_catalog_get_next_callback (catalog, &at_us, NULL));
  g_assert_cmpint (at_us, >, 0);
  callback = hab_catalog_claim_callback (catalog, 600 * G_USEC_PER_SEC, NULL);
  g_assert_cmpint (callback->package_id, ==, id);
  g_assert_cmpstr (callback->url, ==, "http://localhost/");
  g_assert_cmpuint (callback->attempts, ==, 1);
  g_assert_null (hab_catalog_claim_callback (catalog, 1000, NULL));

  /* Another attempt is due at once. */
  g_assert_true (hab_catalog_set_callback (catalog, id, HAB_CALLBACK_WAITING,
      1, "status 500", NULL));
  g_clear_pointer (&callback, hab_callback_free);
  callback = hab_catalog_claim_callback (catalog, 600 * G_USEC_PER_SEC, NULL);
  g_assert_cmpuint (callback->attempts, ==, 2);
  g_assert_cmpstr (callback->reason, ==, "status 500");

  /* So it is where it is noted for a time that no attempt waits for. */
  g_assert_true (hab_catalog_set_callback (catalog, id, HAB_CALLBACK_WAITING,
      g_get_real_time () + HAB_CATALOG_MAX_WAIT_US * 2, "status 500", NULL));
  g_clear_pointer (&callback, hab_callback_free);
  callback = hab_catalog_claim_callback (catalog, 600 * G_USEC_PER_SEC, NULL);
  g_assert_cmpuint (callback->attempts, ==, 3);
  g_assert_true (hab_catalog_set_callback (catalog, id,
      HAB_CALLBACK_DELIVERED, 0, NULL, NULL));
  g_clear_pointer (&callback, hab_callback_free);
  callback = hab_catalog_get_callback (catalog, id, NULL);
  g_assert_cmpint (callback->status, ==, HAB_CALLBACK_DELIVERED);
  g_assert_cmpint (callback->due_us, ==, 0);

  g_assert_true (hab_catalog_delete_package (catalog, id, NULL));
  g_assert_true (hab_catalog_set_callback (catalog, id,
      HAB_CALLBACK_DELIVERED, 0, NULL, NULL));
}

/* In a child: takes all three packages, gets to different points with them
 * and dies in the middle of a transaction. Assertions end it in another way. */
static void
take_and_die (const gchar *path, gint64 first, gint64 second, gint64 third)
{
  HabCatalog *catalog = hab_catalog_open (path, NULL);

  for (guint i = 0; i < 3; i++)
    hab_package_free (hab_catalog_claim_package (catalog, NULL));
  set_status (catalog, first, HAB_STATUS_FRAGMENTED, NULL, "video_0/init.mp4");
  set_status (catalog, third, HAB_STATUS_CANCELLED, "by its owner", NULL);
  g_assert_true (hab_catalog_begin (catalog, NULL));
  set_status (catalog, second, HAB_STATUS_FRAGMENTED, NULL, NULL);
  kill (getpid (), SIGKILL);
}

static void
test_recover (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4");
  gint64 first = add_package (catalog, input_id, "AAAAAA");
  gint64 second = add_package (catalog, input_id, "BBBBBB");
  gint64 third = add_package (catalog, input_id, "CCCCCC");
  g_autoptr (HabPackage) again = NULL;
  pid_t pid;
  gint status;

  /* A connection does not go through fork (). */
  g_clear_pointer (&fixture->catalog, hab_catalog_close);
  pid = fork ();
  if (pid == 0) {
    take_and_die (fixture->path, first, second, third);
    _exit (1);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);

  catalog = open_catalog (fixture);
  assert_history (catalog, second, "Queued");
  g_assert_null (hab_catalog_claim_package (catalog, NULL));
  g_assert_cmpint (hab_catalog_recover (catalog, NULL, NULL, NULL), ==, 2);
  g_assert_cmpint (hab_catalog_recover (catalog, NULL, NULL, NULL), ==, 0);
  assert_history (catalog, first, "Queued Fragmented Queued");
  assert_history (catalog, second, "Queued Queued");
  assert_history (catalog, third, "Queued Cancelled");

  again = hab_catalog_claim_package (catalog, NULL);
  g_assert_cmpint (again->id, ==, first);
  g_assert_cmpint (again->status, ==, HAB_STATUS_QUEUED);
  g_assert_cmpuint (again->attempts, ==, 2);
  g_assert_cmpfloat (again->progress, ==, 0);
  g_assert_null (again->output_file_path);
  g_assert_true (hab_catalog_requeue_package (catalog, first, TRUE, NULL));
  hab_package_free (g_steal_pointer (&again));
  again = hab_catalog_claim_package (catalog, NULL);
  g_assert_cmpint (again->id, ==, first);
  g_assert_cmpuint (again->attempts, ==, 2);
  g_assert_true (hab_catalog_requeue_package (catalog, first, FALSE, NULL));
  hab_package_free (g_steal_pointer (&again));
  again = hab_catalog_claim_package (catalog, NULL);
  g_assert_cmpuint (again->attempts, ==, 3);
}

static void
test_lookups (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 a = add_input (catalog, "a.mp4"), b = add_input (catalog, "b.mp4");
  gint64 first = add_package (catalog, a, "AAAAAA");
  gint64 second = add_package (catalog, b, "BBBBBB");
  g_autoptr (GPtrArray) all =
      hab_catalog_list_packages (catalog, NULL, 0, 10, NULL);
  g_autoptr (GPtrArray) next =
      hab_catalog_list_packages (catalog, NULL, first, 1, NULL);
  g_autoptr (GPtrArray) by_kid =
      hab_catalog_list_packages_by_kid (catalog, kid, NULL);
  g_autoptr (HabPackage) by_code = NULL;
  g_autoptr (HabPackage) clear = NULL;
  g_autoptr (GError) error = NULL;
  HabPackage package = make_package (a, "CCCCCC");
  gint64 id;

  g_assert_cmpuint (all->len, ==, 2);
  g_assert_cmpuint (next->len, ==, 1);
  g_assert_cmpint (((HabPackage *) next->pdata[0])->id, ==, second);
  g_assert_cmpuint (by_kid->len, ==, 2);

  by_code = hab_catalog_find_package_by_code (catalog, "BBBBBB", NULL);
  g_assert_cmpint (by_code->id, ==, second);
  g_assert_null (hab_catalog_find_package_by_code (catalog, "ZZZZZZ", &error));
  assert_error (error, NOT_FOUND);

  package.encrypt = (gchar *) "none";
  package.keys[HAB_TRACK_VIDEO].sealed_key = NULL;
  package.idempotency_key = (gchar *) "k";
  id = hab_catalog_add_package (catalog, &package, &error);
  g_assert_no_error (error);
  clear = hab_catalog_find_package_by_idempotency_key (catalog, "k", NULL);
  g_assert_cmpint (clear->id, ==, id);
  g_assert_null (clear->keys[HAB_TRACK_VIDEO].sealed_key);
  g_assert_cmpuint (clear->keys[HAB_TRACK_VIDEO].kid[0], ==, 0);
}

/* --- the view -------------------------------------------------------- */

static void
test_view (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 a = add_input (catalog, "a.mp4"), gone;
  gint64 ready = add_package (catalog, a, "AAAAAA");
  HabPackage clear = make_package (a, "BBBBBB");
  gint64 last;

  clear.encrypt = (gchar *) "none";
  clear.keys[HAB_TRACK_VIDEO].sealed_key = NULL;
  hab_catalog_add_package (catalog, &clear, NULL);
  add_input (catalog, "alone.mp4");
  gone = add_input (catalog, "gone.mp4");
  last = add_package (catalog, gone, "CCCCCC");
  set_status (catalog, last, HAB_STATUS_FAILED, "why", NULL);
  g_assert_true (hab_catalog_delete_input (catalog, gone, NULL));

  set_status (catalog, ready, HAB_STATUS_READY, NULL, "stream.mpd");

  assert_query (fixture->path,
      "SELECT group_concat (name) FROM pragma_table_info ('uploaded_videos')",
      "input_content_id,input_content_origin,video_track_number,status,"
      "output_file_path,video_key,kid,packaged_content_id,url\n");
  assert_query (fixture->path,
      "SELECT * FROM uploaded_videos "
      "ORDER BY input_content_origin, packaged_content_id",
      "1|a.mp4|2|Ready|stream.mpd|hab1:AAAA|oW5AK5BW43HzbTSKpiu3SQ|1|"
      "http://localhost:8080/X/dash/stream.mpd\n"
      "1|a.mp4|2|Queued|NULL|NULL|NULL|2|NULL\n"
      "2|alone.mp4|2|Ingested|NULL|NULL|NULL|NULL|NULL\n"
      "NULL|gone.mp4|2|Failed|NULL|hab1:AAAA|oW5AK5BW43HzbTSKpiu3SQ|3|NULL\n");
}

/* --- connections and transactions ------------------------------------ */

static void
test_transactions (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  g_autoptr (HabCatalog) other = hab_catalog_open (fixture->path, NULL);
  gint64 id = add_input (catalog, "a.mp4");
  HabGop gop = make_gop (9);
  guint64 count;

  /* An inner part that is undone takes nothing else with it. */
  g_assert_true (hab_catalog_begin (catalog, NULL));
  add_input (catalog, "b.mp4");
  g_assert_true (hab_catalog_begin (catalog, NULL));
  g_assert_true (hab_catalog_put_gop (catalog, id, 2, &gop, NULL));
  hab_catalog_rollback (catalog);
  g_assert_cmpint (try_add_input (catalog, "b.mp4", NULL), ==, 0);
  g_assert_null (hab_catalog_find_input (other, NULL, "b.mp4", NULL));
  g_assert_true (hab_catalog_commit (catalog, NULL));
  hab_input_free (hab_catalog_find_input (other, NULL, "b.mp4", NULL));
  g_assert_true (hab_catalog_count_gops (catalog, id, &count, NULL));
  g_assert_cmpuint (count, ==, 5);

  /* The outermost decides. */
  g_assert_true (hab_catalog_begin (catalog, NULL));
  g_assert_true (hab_catalog_put_gop (catalog, id, 2, &gop, NULL));
  add_input (catalog, "c.mp4");
  hab_catalog_rollback (catalog);
  g_assert_null (hab_catalog_find_input (catalog, NULL, "c.mp4", NULL));
  g_assert_true (hab_catalog_count_gops (catalog, id, &count, NULL));
  g_assert_cmpuint (count, ==, 5);
}

#define N_PACKAGES 50

static gpointer
claim_all (gpointer path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabCatalog) catalog = hab_catalog_open (path, &error);
  guint n = 0;

  g_assert_no_error (error);
  while (TRUE) {
    g_autoptr (HabPackage) package =
        hab_catalog_claim_package (catalog, &error);

    g_assert_no_error (error);
    if (!package)
      return GUINT_TO_POINTER (n);
    set_status (catalog, package->id, HAB_STATUS_READY, NULL, NULL);
    n++;
  }
}

/* Two connections take from one queue: each package goes to one of them. */
static void
test_two_connections (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  gint64 input_id = add_input (catalog, "a.mp4");
  GThread *threads[2];
  guint n = 0;

  for (guint i = 0; i < N_PACKAGES; i++) {
    g_autofree gchar *code = g_strdup_printf ("CODE%02u", i);
    add_package (catalog, input_id, code);
  }
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new (NULL, claim_all, fixture->path);
  for (guint i = 0; i < 2; i++)
    n += GPOINTER_TO_UINT (g_thread_join (threads[i]));

  g_assert_cmpuint (n, ==, N_PACKAGES);
  assert_query (fixture->path,
      "SELECT min (attempts), max (attempts) FROM packages", "1|1\n");
}

static gpointer
open_only (gpointer path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabCatalog) catalog = hab_catalog_open (path, &error);

  g_assert_no_error (error);
  return NULL;
}

static void
test_created_by_many (Fixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < 10; round++) {
    g_autofree gchar *path = g_strdup_printf ("%s/%u.db", fixture->dir, round);
    GThread *threads[4];

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      threads[i] = g_thread_new (NULL, open_only, path);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      g_thread_join (threads[i]);
  }
}

/* --- keys ------------------------------------------------------------ */

static void
assert_absent (
    const gchar *data, gsize size, gconstpointer needle, gsize length)
{
  g_assert_null (memmem (data, size, needle, length));
}

static void
test_copy_has_no_key (Fixture *fixture, gconstpointer data)
{
  static const guint8 key[16] = {
    0x87, 0x23, 0x7d, 0x20, 0xa1, 0x9f, 0x58, 0xa7,
    0x40, 0xc0, 0x56, 0x84, 0xe6, 0x99, 0xb4, 0xaa
  };
  g_autofree gchar *master =
      g_build_filename (fixture->dir, "master.key", NULL);
  g_autoptr (HabSeal) seal = hab_seal_new (master, TRUE, NULL);
  g_autofree gchar *sealed = hab_seal_close (seal, "package key", key, 16);
  g_autofree gchar *hex = hab_key_to_hex (key);
  g_autofree gchar *base64url = hab_key_to_base64url (key);
  g_autofree gchar *wal = g_strconcat (fixture->path, "-wal", NULL);
  const gchar *files[] = { fixture->path, wal };
  HabCatalog *catalog = open_catalog (fixture);
  HabPackage package = make_package (add_input (catalog, "a.mp4"), "AAAAAA");
  g_autoptr (HabPackage) back = NULL;
  guint8 opened[16];

  package.keys[HAB_TRACK_VIDEO].sealed_key = sealed;
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, NULL), >, 0);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree gchar *content = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (files[i], &content, &size, NULL));
    assert_absent (content, size, key, 16);
    assert_absent (content, size, hex, 32);
    assert_absent (content, size, base64url, 22);
  }

  back = hab_catalog_find_package_by_code (catalog, "AAAAAA", NULL);
  g_assert_true (
      hab_seal_open (seal, "package key", back->keys[HAB_TRACK_VIDEO].sealed_key, opened, 16, NULL));
  g_assert_cmpmem (opened, 16, key, 16);
}

static void
test_two_keys (Fixture *fixture, gconstpointer data)
{
  static const guint8 other_kid[16] = { 1, 2, 3 };
  HabCatalog *catalog = open_catalog (fixture);
  HabPackage package = make_package (add_input (catalog, "a.mp4"), "AAAAAA");
  HabPackageKey *sound = &package.keys[HAB_TRACK_AUDIO];
  g_autoptr (HabPackage) back = NULL;
  g_autoptr (GPtrArray) by_kid = NULL;
  g_autoptr (GError) error = NULL;

  /* What is encrypted has a key. */
  package.encrypt = (gchar *) "all";
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), ==, 0);
  assert_error (error, FAILED);
  assert_query (fixture->path, "SELECT count(*) FROM packages", "0\n");

  memcpy (sound->kid, other_kid, sizeof sound->kid);
  sound->sealed_key = (gchar *) "hab1:BBBB";
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, NULL), >, 0);
  back = hab_catalog_claim_package (catalog, NULL);
  g_assert_cmpmem (back->keys[HAB_TRACK_VIDEO].kid, 16, kid, 16);
  g_assert_cmpstr (back->keys[HAB_TRACK_VIDEO].sealed_key, ==, "hab1:AAAA");
  g_assert_cmpmem (back->keys[HAB_TRACK_AUDIO].kid, 16, other_kid, 16);
  g_assert_cmpstr (back->keys[HAB_TRACK_AUDIO].sealed_key, ==, "hab1:BBBB");
  by_kid = hab_catalog_list_packages_by_kid (catalog, other_kid, NULL);
  g_assert_cmpuint (by_kid->len, ==, 1);
}

/* Not even sealed. */
static void
test_deleted_keys (Fixture *fixture, gconstpointer data)
{
  static const gchar sealed[] = "hab1:gone-for-good";
  HabCatalog *catalog = open_catalog (fixture);
  HabPackage package = make_package (add_input (catalog, "a.mp4"), "AAAAAA");
  g_autofree gchar *content = NULL;
  gsize size;
  gint64 id;

  package.keys[HAB_TRACK_VIDEO].sealed_key = (gchar *) sealed;
  id = hab_catalog_add_package (catalog, &package, NULL);
  g_assert_true (hab_catalog_delete_package (catalog, id, NULL));
  assert_query (fixture->path, "SELECT count(*) FROM package_keys", "0\n");
  g_clear_pointer (&fixture->catalog, hab_catalog_close);
  g_assert_true (g_file_get_contents (fixture->path, &content, &size, NULL));
  assert_absent (content, size, sealed, strlen (sealed));
}

static void
test_statuses (void)
{
  HabStatus status;

  for (guint i = HAB_STATUS_INGESTED; i <= HAB_STATUS_CANCELLED; i++) {
    g_assert_true (hab_status_from_string (hab_status_to_string (i), &status));
    g_assert_cmpint (status, ==, i);
    g_assert_cmpint (hab_status_is_final (i), ==, i >= HAB_STATUS_READY);
  }
  g_assert_false (hab_status_from_string ("ready", &status));
  g_assert_false (hab_status_from_string (NULL, &status));
}

/* --- uploads ----------------------------------------------------------- */

static void
test_uploads (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  HabUploadRow upload = { .id = (gchar *) "ab12", .owner = (gchar *) "ann",
    .name = (gchar *) "a.mp4", .size_bytes = 10, .touched_us = 5 };
  g_autoptr (GPtrArray) uploads = NULL;
  g_autoptr (GError) error = NULL;
  gint64 input_id = add_input (catalog, "a.mp4");
  const HabUploadRow *row;

  g_assert_true (hab_catalog_add_upload (catalog, &upload, &error));
  g_assert_false (hab_catalog_add_upload (catalog, &upload, &error));
  g_assert_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_EXISTS);
  g_clear_error (&error);
  uploads = hab_catalog_list_uploads (catalog, &error);
  g_assert_cmpuint (uploads->len, ==, 1);
  row = g_ptr_array_index (uploads, 0);
  g_assert_cmpstr (row->id, ==, "ab12");
  g_assert_cmpstr (row->owner, ==, "ann");
  g_assert_cmpstr (row->name, ==, "a.mp4");
  g_assert_cmpint (row->size_bytes, ==, 10);
  g_assert_cmpint (row->touched_us, ==, 5);
  g_assert_cmpint (row->input_id, ==, 0);

  g_assert_true (hab_catalog_finish_upload (catalog, "ab12", input_id, &error));
  assert_query (fixture->path,
      "SELECT input_id, touched_us > 5 FROM uploads", "1|1\n");
  g_assert_true (hab_catalog_delete_input (catalog, input_id, &error));
  assert_query (fixture->path, "SELECT count(*) FROM uploads", "0\n");
  g_assert_true (hab_catalog_add_upload (catalog, &upload, &error));
  g_assert_true (hab_catalog_delete_upload (catalog, "ab12", &error));
  g_assert_true (hab_catalog_delete_upload (catalog, "ab12", &error));
  assert_query (fixture->path, "SELECT count(*) FROM uploads", "0\n");
}

/* A file of a media folder: everybody's, without a hash; one that is replaced
 * leaves its name to the next and goes once no package needs it. */
static void
test_folder_files (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  HabFolderFile file = { .name = (gchar *) "films/a.mp4",
    .storage = (gchar *) "media-1", .folder = (gchar *) "/films",
    .file = (gchar *) "a.mp4", .stamp = { 12, -5, G_MAXUINT64 } };
  g_autoptr (GArray) tracks = new_tracks ();
  g_autoptr (GPtrArray) files = NULL, storages =
      g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) inputs = NULL;
  g_autoptr (HabFolderFile) read = NULL;
  g_autoptr (HabInput) input = NULL;
  g_autoptr (GError) error = NULL;
  HabPackage package;
  gint64 id, again, package_id;

  id = hab_catalog_add_folder_file (catalog, &file, -1, tracks, 2, NULL, NULL,
      &error);
  g_assert_no_error (error);
  read = hab_catalog_get_folder_file (catalog, id, &error);
  g_assert_cmpint (read->stamp.mtime_ns, ==, -5);
  g_assert_true (read->stamp.inode == G_MAXUINT64);
  g_assert_cmpstr (read->folder, ==, "/films");
  input = hab_catalog_find_input (catalog, "somebody", "films/a.mp4", &error);
  g_assert_cmpint (input->source, ==, HAB_SOURCE_MEDIA_DIR);
  g_assert_null (input->sha256);
  g_assert_cmpint (input->size_bytes, ==, 12);
  inputs = hab_catalog_list_inputs (catalog, 0, 9, &error);
  g_assert_cmpuint (inputs->len, ==, 1);

  /* Its name is taken until its file has other bytes. */
  file.storage = (gchar *) "media-2";
  g_assert_cmpint (hab_catalog_add_folder_file (catalog, &file, -1, tracks, 2,
      NULL, NULL, &error), ==, 0);
  assert_error (error, EXISTS);
  g_clear_error (&error);
  package = make_package (id, "WAITS1");
  package_id = hab_catalog_add_package (catalog, &package, &error);
  g_assert_true (hab_catalog_set_input_state (catalog, id, HAB_INPUT_MISSING,
      &error));
  g_assert_true (hab_catalog_set_input_state (catalog, id, HAB_INPUT_REPLACED,
      &error));
  again = hab_catalog_copy_folder_file (catalog, id, &file, &error);
  g_assert_no_error (error);
  files = hab_catalog_list_folder_files (catalog, &error);
  g_assert_cmpuint (files->len, ==, 1);
  g_assert_cmpint (((HabFolderFile *) files->pdata[0])->input_id, ==, again);

  g_assert_true (hab_catalog_sweep_replaced_inputs (catalog, storages,
      &error));
  g_assert_cmpuint (storages->len, ==, 0);
  g_assert_true (hab_catalog_set_status (catalog, package_id,
      HAB_STATUS_FAILED, "gone", NULL, &error));
  g_assert_true (hab_catalog_sweep_replaced_inputs (catalog, storages,
      &error));
  g_assert_cmpuint (storages->len, ==, 1);
  g_assert_cmpstr (storages->pdata[0], ==, "media-1");
  assert_query (fixture->path, "SELECT input_id IS NULL FROM packages", "1\n");

  file.name = (gchar *) "films/b.mp4";
  file.file = (gchar *) "b.mp4";
  g_assert_true (hab_catalog_move_folder_file (catalog, again, &file, &error));
  assert_query (fixture->path,
      "SELECT name, file, state FROM inputs JOIN media_files ON id = input_id",
      "films/b.mp4|b.mp4|present\n");
  g_assert_false (hab_catalog_move_folder_file (catalog, id, &file, &error));
  assert_error (error, NOT_FOUND);
}

static void
test_copied_input (Fixture *fixture, gconstpointer data)
{
  HabCatalog *catalog = open_catalog (fixture);
  HabInput input = { .owner = (gchar *) "ann", .name = (gchar *) "b.mp4",
    .storage = (gchar *) "file-b" };
  gint64 id = add_input (catalog, "a.mp4"), copy;
  g_autofree gchar *storage = NULL;
  g_autoptr (HabInput) found = NULL;
  g_autoptr (GError) error = NULL;
  guint64 n_gops, n_iframes;

  g_assert_cmpint (hab_catalog_find_input_by_sha256 (catalog, SHA256, &storage,
      &error), ==, id);
  g_assert_cmpstr (storage, ==, "file-a.mp4");
  copy = hab_catalog_copy_input (catalog, id, &input, &error);
  g_assert_no_error (error);
  found = hab_catalog_get_input (catalog, copy, &error);
  g_assert_cmpstr (found->owner, ==, "ann");
  g_assert_cmpstr (found->name, ==, "b.mp4");
  g_assert_cmpstr (found->storage, ==, "file-b");
  g_assert_cmpint (found->size_bytes, ==, 123456);
  g_assert_true (found->indexed);
  g_assert_true (hab_catalog_count_gops (catalog, copy, &n_gops, &error));
  g_assert_true (hab_catalog_count_iframes (catalog, copy, &n_iframes, &error));
  g_assert_cmpuint (n_gops, ==, 5);
  g_assert_cmpuint (n_iframes, ==, 5);
  assert_query (fixture->path, "SELECT input_id, count(*) FROM tracks "
      "GROUP BY input_id HAVING count(*) <> 2", "");

  g_assert_cmpint (hab_catalog_copy_input (catalog, id, &input, &error), ==, 0);
  g_assert_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_EXISTS);
  g_clear_error (&error);
  input.name = (gchar *) "c.mp4";
  g_assert_cmpint (hab_catalog_copy_input (catalog, 99, &input, &error), ==, 0);
  g_assert_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND);
  assert_query (fixture->path, "SELECT count(*) FROM inputs", "2\n");
}

#define ADD(path, func) \
  g_test_add ("/catalog/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("open", test_open);
  ADD ("migrate", test_migrate);
  ADD ("owners", test_owners);
  ADD ("newer", test_newer);
  ADD ("not-a-catalog", test_not_a_catalog);
  ADD ("corrupt-pages", test_corrupt_pages);
  ADD ("no-space", test_no_space);
  ADD ("input", test_input);
  ADD ("input-errors", test_input_errors);
  ADD ("package-errors", test_package_errors);
  ADD ("queue", test_queue);
  ADD ("priority", test_priority);
  ADD ("retry", test_retry);
  ADD ("recover", test_recover);
  ADD ("recover-whole", test_recover_whole);
  ADD ("changes", test_changes);
  ADD ("callbacks", test_callbacks);
  ADD ("lookups", test_lookups);
  ADD ("view", test_view);
  ADD ("transactions", test_transactions);
  ADD ("two-connections", test_two_connections);
  ADD ("created-by-many", test_created_by_many);
  ADD ("copy-has-no-key", test_copy_has_no_key);
  ADD ("two-keys", test_two_keys);
  ADD ("deleted-keys", test_deleted_keys);
  ADD ("uploads", test_uploads);
  ADD ("folder-files", test_folder_files);
  ADD ("copied-input", test_copied_input);
  g_test_add_func ("/catalog/statuses", test_statuses);

  return g_test_run ();
}
