/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

/* Units are in the names: _ns nanoseconds, _us microseconds since 1970 in UTC,
 * _bytes. What is not known is NULL. owner: the name of the API token by which it
 * was made; '' where none was asked for. */

/* Inputs are uploads, or files of a media folder: nobody has hashed these, they
 * come and go, and one that was replaced leaves its name to the next. Of
 * media_files, folder is its absolute path, file the path in it. How much of an
 * upload is there that can be resumed, its file knows. */
#define INPUTS \
  "CREATE TABLE inputs (" \
  "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
  "  owner TEXT NOT NULL DEFAULT ''," \
  "  name TEXT NOT NULL CHECK (name <> '')," \
  "  source TEXT NOT NULL DEFAULT 'upload'" \
  "    CHECK (source IN ('upload', 'media-dir'))," \
  "  state TEXT NOT NULL DEFAULT 'present'" \
  "    CHECK (state IN ('present', 'missing', 'replaced'))," \
  "  storage TEXT NOT NULL UNIQUE CHECK (storage <> '')," \
  "  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0)," \
  "  sha256 TEXT" \
  "    CHECK (length (sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*')," \
  "  duration_ns INTEGER CHECK (duration_ns >= 0)," \
  "  video_track_number INTEGER," \
  "  indexed INTEGER NOT NULL CHECK (indexed IN (0, 1))," \
  "  created_us INTEGER NOT NULL," \
  "  CHECK (source <> 'upload' OR (sha256 IS NOT NULL AND state = 'present'))" \
  ") STRICT;" \
  "CREATE UNIQUE INDEX inputs_by_owner_and_name ON inputs (owner, name, source)" \
  "  WHERE state <> 'replaced';" \
  "CREATE INDEX inputs_by_name ON inputs (name);" \
  "CREATE INDEX inputs_by_sha256 ON inputs (sha256);" \
  "CREATE INDEX inputs_replaced ON inputs (id) WHERE state = 'replaced';" \
  "CREATE TABLE media_files (" \
  "  input_id INTEGER PRIMARY KEY REFERENCES inputs (id) ON DELETE CASCADE," \
  "  folder TEXT NOT NULL," \
  "  file TEXT NOT NULL," \
  "  mtime_ns INTEGER NOT NULL," \
  "  inode INTEGER NOT NULL" \
  ") STRICT;" \
  "CREATE TABLE uploads (" \
  "  id TEXT NOT NULL PRIMARY KEY," \
  "  owner TEXT NOT NULL," \
  "  name TEXT NOT NULL," \
  "  size_bytes INTEGER NOT NULL CHECK (size_bytes > 0)," \
  "  touched_us INTEGER NOT NULL," \
  "  input_id INTEGER REFERENCES inputs (id) ON DELETE CASCADE" \
  ") STRICT, WITHOUT ROWID;" \
  "CREATE INDEX uploads_by_input ON uploads (input_id);" \
  "CREATE TABLE input_history (" \
  "  id INTEGER PRIMARY KEY," \
  "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE," \
  "  status TEXT NOT NULL CHECK (status IN ('Ingested'))," \
  "  at_us INTEGER NOT NULL" \
  ") STRICT;" \
  "CREATE INDEX input_history_by_input ON input_history (input_id);"

/* number: of GOPs and I-frames from 0, none left out, in decode order. Times of
 * I-frames are in ticks of the track. */
#define CONTENTS_OF_INPUTS \
  "CREATE TABLE tracks (" \
  "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE," \
  "  number INTEGER NOT NULL," \
  "  kind TEXT NOT NULL CHECK (kind IN ('video', 'audio', 'text', 'other'))," \
  "  codec TEXT," \
  "  caps TEXT," \
  "  timescale INTEGER NOT NULL," \
  "  width INTEGER NOT NULL," \
  "  height INTEGER NOT NULL," \
  "  fps_n INTEGER NOT NULL," \
  "  fps_d INTEGER NOT NULL," \
  "  channels INTEGER NOT NULL," \
  "  rate INTEGER NOT NULL," \
  "  duration_ns INTEGER CHECK (duration_ns >= 0)," \
  "  language TEXT," \
  "  PRIMARY KEY (input_id, number)" \
  ") STRICT, WITHOUT ROWID;" \
  "CREATE TABLE gops (" \
  "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE," \
  "  number INTEGER NOT NULL CHECK (number >= 0)," \
  "  track_number INTEGER NOT NULL," \
  "  kind TEXT NOT NULL," \
  "  closed INTEGER NOT NULL CHECK (closed IN (0, 1))," \
  "  leading_pictures INTEGER NOT NULL," \
  "  frames INTEGER NOT NULL," \
  "  first_frame INTEGER NOT NULL," \
  "  pts_ns INTEGER," \
  "  dts_ns INTEGER," \
  "  duration_ns INTEGER NOT NULL," \
  "  size_bytes INTEGER NOT NULL," \
  "  first_byte INTEGER," \
  "  end_byte INTEGER," \
  "  PRIMARY KEY (input_id, number)" \
  ") STRICT, WITHOUT ROWID;" \
  "CREATE TABLE iframes (" \
  "  input_id INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE," \
  "  number INTEGER NOT NULL CHECK (number >= 0)," \
  "  coded_picture_number INTEGER NOT NULL," \
  "  pts INTEGER NOT NULL," \
  "  dts INTEGER NOT NULL," \
  "  duration INTEGER NOT NULL," \
  "  offset_bytes INTEGER," \
  "  size_bytes INTEGER NOT NULL," \
  "  key_frame INTEGER NOT NULL CHECK (key_frame IN (0, 1))," \
  "  gop_number INTEGER," \
  "  PRIMARY KEY (input_id, number)" \
  ") STRICT, WITHOUT ROWID;"

/* codes has every code that was ever given out. input_name and
 * video_track_number are what the input had when the package was asked for: they
 * outlive it. A claimed package belongs to a job until its status is final.
 * options: a JSON object, see the service's package-options.h. not_before_us: of
 * the next attempt. speed: seconds of media done in a second. notes: a JSON array of
 * sentences about what is not in the package. */
#define PACKAGES \
  "CREATE TABLE codes (" \
  "  code TEXT NOT NULL PRIMARY KEY" \
  "    CHECK (length (code) >= 6 AND code NOT GLOB '*[^A-Z0-9]*')" \
  ") STRICT, WITHOUT ROWID;" \
  "CREATE TABLE packages (" \
  "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
  "  owner TEXT NOT NULL DEFAULT ''," \
  "  input_id INTEGER REFERENCES inputs (id) ON DELETE SET NULL," \
  "  input_name TEXT NOT NULL," \
  "  video_track_number INTEGER," \
  "  code TEXT NOT NULL UNIQUE REFERENCES codes (code)," \
  "  status TEXT NOT NULL CHECK (status IN ('Queued', 'Fragmented'," \
  "    'Encrypted', 'Ready', 'Failed', 'Cancelled'))," \
  "  claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1))," \
  "  reason TEXT," \
  "  priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10)," \
  "  not_before_us INTEGER," \
  "  progress REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1)," \
  "  speed REAL," \
  "  bytes_per_second REAL," \
  "  expected_end_us INTEGER," \
  "  encrypt TEXT NOT NULL CHECK (encrypt IN ('video', 'all', 'none'))," \
  "  segment_duration_ns INTEGER NOT NULL CHECK (segment_duration_ns > 0)," \
  "  options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid (options))," \
  "  url TEXT," \
  "  output_file_path TEXT," \
  "  notes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid (notes))," \
  "  attempts INTEGER NOT NULL DEFAULT 0," \
  "  idempotency_key TEXT UNIQUE," \
  "  request_sha256 TEXT," \
  "  created_us INTEGER NOT NULL," \
  "  updated_us INTEGER NOT NULL" \
  ") STRICT;" \
  "CREATE INDEX packages_by_input ON packages (input_id, owner, input_name);" \
  "CREATE INDEX packages_waiting ON packages (priority DESC, id)" \
  "  WHERE status = 'Queued' AND claimed = 0;" \
  "CREATE INDEX packages_unfinished ON packages (id)" \
  "  WHERE status NOT IN ('Ready', 'Failed', 'Cancelled');"

/* A key of each type of tracks that is encrypted. The history's ids are what
 * followers of changes go on behind, so none may be used twice. A callback is due
 * once its package has ended. */
#define WHAT_BELONGS_TO_PACKAGES \
  "CREATE TABLE package_keys (" \
  "  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE," \
  "  tracks TEXT NOT NULL CHECK (tracks IN ('video', 'audio'))," \
  "  kid TEXT NOT NULL CHECK (length (kid) = 22)," \
  "  sealed_key TEXT NOT NULL CHECK (sealed_key GLOB 'hab1:*')," \
  "  PRIMARY KEY (package_id, tracks)" \
  ") STRICT, WITHOUT ROWID;" \
  "CREATE INDEX package_keys_by_kid ON package_keys (kid);" \
  "CREATE TABLE package_history (" \
  "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
  "  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE," \
  "  status TEXT NOT NULL," \
  "  at_us INTEGER NOT NULL" \
  ") STRICT;" \
  "CREATE INDEX package_history_by_package ON package_history (package_id);" \
  "CREATE TABLE callbacks (" \
  "  package_id INTEGER PRIMARY KEY" \
  "    REFERENCES packages (id) ON DELETE CASCADE," \
  "  url TEXT NOT NULL," \
  "  status TEXT NOT NULL DEFAULT 'waiting'" \
  "    CHECK (status IN ('waiting', 'delivered', 'failed'))," \
  "  attempts INTEGER NOT NULL DEFAULT 0," \
  "  due_us INTEGER," \
  "  reason TEXT" \
  ") STRICT;" \
  "CREATE INDEX callbacks_due ON callbacks (due_us)" \
  "  WHERE status = 'waiting' AND due_us IS NOT NULL;"

/* For people with the sqlite3 shell and for programs that know the nine
 * columns of the service that this one takes the place of. */
#define UPLOADED_VIDEOS \
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
  "WHERE NOT EXISTS (SELECT 1 FROM packages WHERE input_id = inputs.id)" \
  "  AND state <> 'replaced';"

static const gchar tables[] =
    "PRAGMA application_id = 0x48616244;"
    INPUTS CONTENTS_OF_INPUTS PACKAGES WHAT_BELONGS_TO_PACKAGES
    UPLOADED_VIDEOS;

/* For catalog-lists.c: which rows a list has, in the order of names or of what
 * else it is sorted by, and whether who asks may see them. For what counts packages
 * by their status, or wants all that are Ready. */
static const gchar list_indices[] =
    "CREATE INDEX packages_listed"
    "  ON packages (input_name COLLATE NOCASE, id, owner);"
    "CREATE INDEX packages_by_owner ON packages (owner, id, input_name);"
    "CREATE INDEX packages_by_status ON packages (status, claimed, code);"
    "CREATE INDEX inputs_listed"
    "  ON inputs (name COLLATE NOCASE, id, owner, source, state);"
    "CREATE INDEX inputs_by_duration"
    "  ON inputs (duration_ns, id, name, owner, source, state);"
    "CREATE INDEX inputs_by_size"
    "  ON inputs (size_bytes, id, name, owner, source, state);";

const gchar *const hab_catalog_migrations[] = { tables, list_indices };
const guint hab_catalog_n_migrations = G_N_ELEMENTS (hab_catalog_migrations);
