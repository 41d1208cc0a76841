/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Columns that are read by their place: a list has each once, with what its
 * place is called and what it is in SQL, so that the two cannot differ. */
#define HAB_COLUMN_FIRST_NAME(place, sql) sql
#define HAB_COLUMN_NEXT_NAME(place, sql) ", " sql
#define HAB_COLUMN_NAMES(list) \
  list (HAB_COLUMN_FIRST_NAME, HAB_COLUMN_NEXT_NAME)
#define HAB_COLUMN_PLACE(place, sql) place,
/* Inside of an enum. */
#define HAB_COLUMN_PLACES(list) list (HAB_COLUMN_PLACE, HAB_COLUMN_PLACE)

/* Of packages, for statements that hab_catalog_read_package () reads. */
#define HAB_PACKAGE_KEY_COLUMN(column, tracks) \
  "(SELECT " column " FROM package_keys " \
  "WHERE package_id = packages.id AND tracks = '" tracks "')"
#define HAB_PACKAGE_LIST(first, next) \
  first (PACKAGE_ID, "id") \
  next (PACKAGE_OWNER, "owner") \
  next (PACKAGE_INPUT_ID, "input_id") \
  next (PACKAGE_INPUT_NAME, "input_name") \
  next (PACKAGE_CODE, "code") \
  next (PACKAGE_STATUS, "status") \
  next (PACKAGE_REASON, "reason") \
  next (PACKAGE_PRIORITY, "priority") \
  next (PACKAGE_NOT_BEFORE_US, "not_before_us") \
  next (PACKAGE_PROGRESS, "progress") \
  next (PACKAGE_SPEED, "speed") \
  next (PACKAGE_BYTES_PER_SECOND, "bytes_per_second") \
  next (PACKAGE_EXPECTED_END_US, "expected_end_us") \
  next (PACKAGE_ENCRYPT, "encrypt") \
  next (PACKAGE_SEGMENT_DURATION_NS, "segment_duration_ns") \
  next (PACKAGE_OPTIONS, "options") \
  next (PACKAGE_VIDEO_KID, HAB_PACKAGE_KEY_COLUMN ("kid", "video")) \
  next (PACKAGE_VIDEO_KEY, HAB_PACKAGE_KEY_COLUMN ("sealed_key", "video")) \
  next (PACKAGE_AUDIO_KID, HAB_PACKAGE_KEY_COLUMN ("kid", "audio")) \
  next (PACKAGE_AUDIO_KEY, HAB_PACKAGE_KEY_COLUMN ("sealed_key", "audio")) \
  next (PACKAGE_URL, "url") \
  next (PACKAGE_OUTPUT_FILE_PATH, "output_file_path") \
  next (PACKAGE_NOTES, "notes") \
  next (PACKAGE_ATTEMPTS, "attempts") \
  next (PACKAGE_IDEMPOTENCY_KEY, "idempotency_key") \
  next (PACKAGE_REQUEST_SHA256, "request_sha256") \
  next (PACKAGE_CREATED_US, "created_us") \
  next (PACKAGE_UPDATED_US, "updated_us")
#define HAB_PACKAGE_COLUMNS HAB_COLUMN_NAMES (HAB_PACKAGE_LIST)

/* Of the inputs that :owner, or everybody where that is NULL, may see. */
#define HAB_INPUT_IS_SEEN \
  "(:owner IS NULL OR owner = :owner OR source = 'media-dir')"

/* What belongs to an input, beside input_id and, of I-frames, number; of GOPs
 * track_number, too. */
#define HAB_TRACK_LIST(first, next) \
  first (TRACK_NUMBER, "number") \
  next (TRACK_KIND, "kind") \
  next (TRACK_CODEC, "codec") \
  next (TRACK_CAPS, "caps") \
  next (TRACK_TIMESCALE, "timescale") \
  next (TRACK_WIDTH, "width") \
  next (TRACK_HEIGHT, "height") \
  next (TRACK_FPS_N, "fps_n") \
  next (TRACK_FPS_D, "fps_d") \
  next (TRACK_CHANNELS, "channels") \
  next (TRACK_RATE, "rate") \
  next (TRACK_DURATION_NS, "duration_ns") \
  next (TRACK_LANGUAGE, "language")
#define HAB_TRACK_COLUMNS HAB_COLUMN_NAMES (HAB_TRACK_LIST)
#define HAB_GOP_LIST(first, next) \
  first (GOP_NUMBER, "number") \
  next (GOP_KIND, "kind") \
  next (GOP_CLOSED, "closed") \
  next (GOP_LEADING_PICTURES, "leading_pictures") \
  next (GOP_FRAMES, "frames") \
  next (GOP_FIRST_FRAME, "first_frame") \
  next (GOP_PTS_NS, "pts_ns") \
  next (GOP_DTS_NS, "dts_ns") \
  next (GOP_DURATION_NS, "duration_ns") \
  next (GOP_SIZE_BYTES, "size_bytes") \
  next (GOP_FIRST_BYTE, "first_byte") \
  next (GOP_END_BYTE, "end_byte")
#define HAB_GOP_COLUMNS HAB_COLUMN_NAMES (HAB_GOP_LIST)
#define HAB_IFRAME_LIST(first, next) \
  first (IFRAME_CODED_PICTURE_NUMBER, "coded_picture_number") \
  next (IFRAME_PTS, "pts") \
  next (IFRAME_DTS, "dts") \
  next (IFRAME_DURATION, "duration") \
  next (IFRAME_OFFSET_BYTES, "offset_bytes") \
  next (IFRAME_SIZE_BYTES, "size_bytes") \
  next (IFRAME_KEY_FRAME, "key_frame") \
  next (IFRAME_GOP_NUMBER, "gop_number")
#define HAB_IFRAME_COLUMNS HAB_COLUMN_NAMES (HAB_IFRAME_LIST)
