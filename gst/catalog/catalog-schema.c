/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

/* Units are in the names: _ns nanoseconds, _us microseconds since 1970 in UTC,
 * _bytes. What is not known is NULL. */
static const gchar tables[] =
    "PRAGMA application_id = 0x48616244;"

    "CREATE TABLE inputs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  name TEXT NOT NULL UNIQUE CHECK (name <> ''),"
    "  storage TEXT NOT NULL UNIQUE CHECK (storage <> ''),"
    "  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),"
    "  sha256 TEXT NOT NULL"
    "    CHECK (length (sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),"
    "  duration_ns INTEGER CHECK (duration_ns >= 0),"
    "  video_track_number INTEGER,"
    "  indexed INTEGER NOT NULL CHECK (indexed IN (0, 1)),"
    "  created_us INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE input_history ("
    "  id INTEGER PRIMARY KEY,"
    "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE,"
    "  status TEXT NOT NULL CHECK (status IN ('Ingested')),"
    "  at_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX input_history_by_input ON input_history (input_id);"

    "CREATE TABLE tracks ("
    "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL,"
    "  kind TEXT NOT NULL CHECK (kind IN ('video', 'audio', 'text', 'other')),"
    "  codec TEXT,"
    "  caps TEXT,"
    "  timescale INTEGER NOT NULL,"
    "  width INTEGER NOT NULL,"
    "  height INTEGER NOT NULL,"
    "  fps_n INTEGER NOT NULL,"
    "  fps_d INTEGER NOT NULL,"
    "  channels INTEGER NOT NULL,"
    "  rate INTEGER NOT NULL,"
    "  duration_ns INTEGER CHECK (duration_ns >= 0),"
    "  language TEXT,"
    "  PRIMARY KEY (input_id, number)"
    ") STRICT, WITHOUT ROWID;"

    /* number: from 0, in decode order */
    "CREATE TABLE gops ("
    "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL CHECK (number >= 0),"
    "  track_number INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  closed INTEGER NOT NULL CHECK (closed IN (0, 1)),"
    "  leading_pictures INTEGER NOT NULL,"
    "  frames INTEGER NOT NULL,"
    "  first_frame INTEGER NOT NULL,"
    "  pts_ns INTEGER,"
    "  dts_ns INTEGER,"
    "  duration_ns INTEGER NOT NULL,"
    "  size_bytes INTEGER NOT NULL,"
    "  first_byte INTEGER,"
    "  end_byte INTEGER,"
    "  PRIMARY KEY (input_id, number)"
    ") STRICT, WITHOUT ROWID;"

    /* number: from 0, in decode order; times in ticks of the track */
    "CREATE TABLE iframes ("
    "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL CHECK (number >= 0),"
    "  coded_picture_number INTEGER NOT NULL,"
    "  pts INTEGER NOT NULL,"
    "  dts INTEGER NOT NULL,"
    "  duration INTEGER NOT NULL,"
    "  offset_bytes INTEGER,"
    "  size_bytes INTEGER NOT NULL,"
    "  key_frame INTEGER NOT NULL CHECK (key_frame IN (0, 1)),"
    "  gop_number INTEGER,"
    "  PRIMARY KEY (input_id, number)"
    ") STRICT, WITHOUT ROWID;"

    /* Every code that was ever given out. */
    "CREATE TABLE codes ("
    "  code TEXT NOT NULL PRIMARY KEY"
    "    CHECK (length (code) >= 6 AND code NOT GLOB '*[^A-Z0-9]*')"
    ") STRICT, WITHOUT ROWID;"

    /* input_name and video_track_number are what the input had when the
     * package was asked for: they outlive it. A claimed package belongs to a
     * job until its status is final. */
    "CREATE TABLE packages ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  input_id INTEGER REFERENCES inputs (id) ON DELETE SET NULL,"
    "  input_name TEXT NOT NULL,"
    "  video_track_number INTEGER,"
    "  code TEXT NOT NULL UNIQUE REFERENCES codes (code),"
    "  status TEXT NOT NULL CHECK (status IN ('Queued', 'Fragmented',"
    "    'Encrypted', 'Ready', 'Failed', 'Cancelled')),"
    "  claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),"
    "  reason TEXT,"
    "  progress REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),"
    "  encrypt TEXT NOT NULL CHECK (encrypt IN ('video', 'all', 'none')),"
    "  segment_duration_ns INTEGER NOT NULL CHECK (segment_duration_ns > 0),"
    "  kid TEXT CHECK (length (kid) = 22),"
    "  sealed_key TEXT CHECK (sealed_key GLOB 'hab1:*'),"
    "  url TEXT,"
    "  output_file_path TEXT,"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  idempotency_key TEXT UNIQUE,"
    "  request_sha256 TEXT,"
    "  created_us INTEGER NOT NULL,"
    "  updated_us INTEGER NOT NULL,"
    "  CHECK ((kid IS NULL) = (encrypt = 'none')),"
    "  CHECK ((sealed_key IS NULL) = (encrypt = 'none'))"
    ") STRICT;"
    "CREATE INDEX packages_by_input ON packages (input_id);"
    "CREATE INDEX packages_by_kid ON packages (kid);"
    "CREATE INDEX packages_waiting ON packages (id)"
    "  WHERE status = 'Queued' AND claimed = 0;"

    "CREATE TABLE package_history ("
    "  id INTEGER PRIMARY KEY,"
    "  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE,"
    "  status TEXT NOT NULL,"
    "  at_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX package_history_by_package ON package_history (package_id);";

/* For people with the sqlite3 shell and for programs that know the nine
 * columns of the service that this one takes the place of. */
#define UPLOADED_VIDEOS \
  "CREATE VIEW uploaded_videos (" \
  "  input_content_id, input_content_origin, video_track_number, status," \
  "  output_file_path, video_key, kid, packaged_content_id, url) AS " \
  "SELECT input_id, input_name, video_track_number, status," \
  "  output_file_path, sealed_key, kid, id," \
  "  CASE status WHEN 'Ready' THEN url END " \
  "FROM packages " \
  "UNION ALL " \
  "SELECT id, name, video_track_number, 'Ingested'," \
  "  NULL, NULL, NULL, NULL, NULL " \
  "FROM inputs " \
  "WHERE NOT EXISTS (SELECT 1 FROM packages WHERE input_id = inputs.id);"

static const gchar uploaded_videos[] = UPLOADED_VIDEOS;

/* What the queue needs beside the order of ids. options: a JSON object, see
 * the service's package-options.h. not_before_us: of the next attempt. speed:
 * seconds of media done in a second. The history's ids are what followers of
 * changes go on behind, so none may be used twice. A callback is due once its
 * package has ended. */
static const gchar queue[] =
    "ALTER TABLE packages ADD COLUMN priority INTEGER NOT NULL DEFAULT 0"
    "  CHECK (priority BETWEEN -10 AND 10);"
    "ALTER TABLE packages ADD COLUMN options TEXT NOT NULL DEFAULT '{}'"
    "  CHECK (json_valid (options));"
    "ALTER TABLE packages ADD COLUMN not_before_us INTEGER;"
    "ALTER TABLE packages ADD COLUMN speed REAL;"
    "ALTER TABLE packages ADD COLUMN bytes_per_second REAL;"
    "ALTER TABLE packages ADD COLUMN expected_end_us INTEGER;"
    "DROP INDEX packages_waiting;"
    "CREATE INDEX packages_waiting ON packages (priority DESC, id)"
    "  WHERE status = 'Queued' AND claimed = 0;"
    "CREATE INDEX packages_unfinished ON packages (id)"
    "  WHERE status NOT IN ('Ready', 'Failed', 'Cancelled');"

    "CREATE TABLE changes ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE,"
    "  status TEXT NOT NULL,"
    "  at_us INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO changes SELECT id, package_id, status, at_us"
    "  FROM package_history;"
    "DROP TABLE package_history;"
    "ALTER TABLE changes RENAME TO package_history;"
    "CREATE INDEX package_history_by_package ON package_history (package_id);"

    "CREATE TABLE callbacks ("
    "  package_id INTEGER PRIMARY KEY"
    "    REFERENCES packages (id) ON DELETE CASCADE,"
    "  url TEXT NOT NULL,"
    "  status TEXT NOT NULL DEFAULT 'waiting'"
    "    CHECK (status IN ('waiting', 'delivered', 'failed')),"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  due_us INTEGER,"
    "  reason TEXT"
    ") STRICT;"
    "CREATE INDEX callbacks_due ON callbacks (due_us)"
    "  WHERE status = 'waiting' AND due_us IS NOT NULL;";

/* notes: a JSON array of sentences about what is not in the package. */
static const gchar notes[] =
    "ALTER TABLE packages ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'"
    "  CHECK (json_valid (notes));";

/* owner: the name of the API token by which it was made; '' where none was
 * asked for. A name of an input is one owner's, so the table is made anew, its
 * ids going on where they were; the view would be in the way. */
static const gchar owners[] =
    "DROP VIEW uploaded_videos;"
    "CREATE TABLE owned_inputs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  owner TEXT NOT NULL DEFAULT '',"
    "  name TEXT NOT NULL CHECK (name <> ''),"
    "  storage TEXT NOT NULL UNIQUE CHECK (storage <> ''),"
    "  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),"
    "  sha256 TEXT NOT NULL"
    "    CHECK (length (sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),"
    "  duration_ns INTEGER CHECK (duration_ns >= 0),"
    "  video_track_number INTEGER,"
    "  indexed INTEGER NOT NULL CHECK (indexed IN (0, 1)),"
    "  created_us INTEGER NOT NULL,"
    "  UNIQUE (owner, name)"
    ") STRICT;"
    "INSERT INTO owned_inputs SELECT id, '', name, storage, size_bytes,"
    "  sha256, duration_ns, video_track_number, indexed, created_us"
    "  FROM inputs;"
    "DELETE FROM sqlite_sequence WHERE name = 'owned_inputs';"
    "INSERT INTO sqlite_sequence (name, seq)"
    "  SELECT 'owned_inputs', seq FROM sqlite_sequence WHERE name = 'inputs';"
    "DROP TABLE inputs;"
    "ALTER TABLE owned_inputs RENAME TO inputs;"
    "CREATE INDEX inputs_by_name ON inputs (name);"
    "ALTER TABLE packages ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
    UPLOADED_VIDEOS;

/* The same with the key of video tracks; without the semicolon. */
#define UPLOADED_VIDEOS_OF_KEYS \
  "CREATE VIEW uploaded_videos (" \
  "  input_content_id, input_content_origin, video_track_number, status," \
  "  output_file_path, video_key, kid, packaged_content_id, url) AS " \
  "SELECT input_id, input_name, video_track_number, status," \
  "  output_file_path, sealed_key, kid, id," \
  "  CASE status WHEN 'Ready' THEN url END " \
  "FROM packages LEFT JOIN package_keys" \
  "  ON package_id = packages.id AND tracks = 'video' " \
  "UNION ALL " \
  "SELECT id, name, video_track_number, 'Ingested'," \
  "  NULL, NULL, NULL, NULL, NULL " \
  "FROM inputs " \
  "WHERE NOT EXISTS (SELECT 1 FROM packages WHERE input_id = inputs.id)"

/* A key of each type of tracks that is encrypted. The columns that held the
 * one key of a package are part of its rules, so the table is made anew, its
 * ids going on where they were; the view would be in the way. */
static const gchar package_keys[] =
    "CREATE TABLE package_keys ("
    "  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE,"
    "  tracks TEXT NOT NULL CHECK (tracks IN ('video', 'audio')),"
    "  kid TEXT NOT NULL CHECK (length (kid) = 22),"
    "  sealed_key TEXT NOT NULL CHECK (sealed_key GLOB 'hab1:*'),"
    "  PRIMARY KEY (package_id, tracks)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO package_keys SELECT id, 'video', kid, sealed_key"
    "  FROM packages WHERE encrypt <> 'none';"
    "INSERT INTO package_keys SELECT id, 'audio', kid, sealed_key"
    "  FROM packages WHERE encrypt = 'all';"
    "CREATE INDEX package_keys_by_kid ON package_keys (kid);"

    "DROP VIEW uploaded_videos;"
    "CREATE TABLE new_packages ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  input_id INTEGER REFERENCES inputs (id) ON DELETE SET NULL,"
    "  input_name TEXT NOT NULL,"
    "  video_track_number INTEGER,"
    "  code TEXT NOT NULL UNIQUE REFERENCES codes (code),"
    "  status TEXT NOT NULL CHECK (status IN ('Queued', 'Fragmented',"
    "    'Encrypted', 'Ready', 'Failed', 'Cancelled')),"
    "  claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),"
    "  reason TEXT,"
    "  progress REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),"
    "  encrypt TEXT NOT NULL CHECK (encrypt IN ('video', 'all', 'none')),"
    "  segment_duration_ns INTEGER NOT NULL CHECK (segment_duration_ns > 0),"
    "  url TEXT,"
    "  output_file_path TEXT,"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  idempotency_key TEXT UNIQUE,"
    "  request_sha256 TEXT,"
    "  created_us INTEGER NOT NULL,"
    "  updated_us INTEGER NOT NULL,"
    "  priority INTEGER NOT NULL DEFAULT 0"
    "    CHECK (priority BETWEEN -10 AND 10),"
    "  options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid (options)),"
    "  not_before_us INTEGER,"
    "  speed REAL,"
    "  bytes_per_second REAL,"
    "  expected_end_us INTEGER,"
    "  notes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid (notes)),"
    "  owner TEXT NOT NULL DEFAULT ''"
    ") STRICT;"
    "INSERT INTO new_packages SELECT id, input_id, input_name,"
    "  video_track_number, code, status, claimed, reason, progress, encrypt,"
    "  segment_duration_ns, url, output_file_path, attempts,"
    "  idempotency_key, request_sha256, created_us, updated_us, priority,"
    "  options, not_before_us, speed, bytes_per_second, expected_end_us, notes,"
    "  owner FROM packages;"
    "DELETE FROM sqlite_sequence WHERE name = 'new_packages';"
    "INSERT INTO sqlite_sequence (name, seq)"
    "  SELECT 'new_packages', seq FROM sqlite_sequence WHERE name = 'packages';"
    "DROP TABLE packages;"
    "ALTER TABLE new_packages RENAME TO packages;"
    "CREATE INDEX packages_by_input ON packages (input_id);"
    "CREATE INDEX packages_waiting ON packages (priority DESC, id)"
    "  WHERE status = 'Queued' AND claimed = 0;"
    "CREATE INDEX packages_unfinished ON packages (id)"
    "  WHERE status NOT IN ('Ready', 'Failed', 'Cancelled');"

    UPLOADED_VIDEOS_OF_KEYS ";";

/* Uploads that can be resumed. How much of one is there, its file knows. */
static const gchar uploads[] =
    "CREATE TABLE uploads ("
    "  id TEXT NOT NULL PRIMARY KEY,"
    "  owner TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),"
    "  touched_us INTEGER NOT NULL,"
    "  input_id INTEGER REFERENCES inputs (id) ON DELETE CASCADE"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX uploads_by_input ON uploads (input_id);"
    "CREATE INDEX inputs_by_sha256 ON inputs (sha256);";

/* Inputs that are files of a media folder: nobody has hashed them, they come
 * and go, and one that was replaced leaves its name to the next. That is part of
 * the table's rules, so it is made anew as for owners. folder: its absolute
 * path; file: the path in it; size_bytes is the input's. */
static const gchar media_files[] =
    "DROP VIEW uploaded_videos;"
    "CREATE TABLE new_inputs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  owner TEXT NOT NULL DEFAULT '',"
    "  name TEXT NOT NULL CHECK (name <> ''),"
    "  source TEXT NOT NULL DEFAULT 'upload'"
    "    CHECK (source IN ('upload', 'media-dir')),"
    "  state TEXT NOT NULL DEFAULT 'present'"
    "    CHECK (state IN ('present', 'missing', 'replaced')),"
    "  storage TEXT NOT NULL UNIQUE CHECK (storage <> ''),"
    "  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),"
    "  sha256 TEXT"
    "    CHECK (length (sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),"
    "  duration_ns INTEGER CHECK (duration_ns >= 0),"
    "  video_track_number INTEGER,"
    "  indexed INTEGER NOT NULL CHECK (indexed IN (0, 1)),"
    "  created_us INTEGER NOT NULL,"
    "  CHECK (source <> 'upload' OR (sha256 IS NOT NULL AND state = 'present'))"
    ") STRICT;"
    "INSERT INTO new_inputs SELECT id, owner, name, 'upload', 'present',"
    "  storage, size_bytes, sha256, duration_ns, video_track_number, indexed,"
    "  created_us FROM inputs;"
    "DELETE FROM sqlite_sequence WHERE name = 'new_inputs';"
    "INSERT INTO sqlite_sequence (name, seq)"
    "  SELECT 'new_inputs', seq FROM sqlite_sequence WHERE name = 'inputs';"
    "DROP TABLE inputs;"
    "ALTER TABLE new_inputs RENAME TO inputs;"
    "CREATE UNIQUE INDEX inputs_by_owner_and_name ON inputs (owner, name, source)"
    "  WHERE state <> 'replaced';"
    "CREATE INDEX inputs_by_name ON inputs (name);"
    "CREATE INDEX inputs_by_sha256 ON inputs (sha256);"
    "CREATE INDEX inputs_replaced ON inputs (id) WHERE state = 'replaced';"

    "CREATE TABLE media_files ("
    "  input_id INTEGER PRIMARY KEY REFERENCES inputs (id) ON DELETE CASCADE,"
    "  folder TEXT NOT NULL,"
    "  file TEXT NOT NULL,"
    "  mtime_ns INTEGER NOT NULL,"
    "  inode INTEGER NOT NULL"
    ") STRICT;"

    UPLOADED_VIDEOS_OF_KEYS
    " AND state <> 'replaced';";

const gchar *const hab_catalog_migrations[] = { tables, uploaded_videos,
  queue, notes, owners, package_keys, uploads, media_files };
const guint hab_catalog_n_migrations = G_N_ELEMENTS (hab_catalog_migrations);
