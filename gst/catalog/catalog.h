/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "keys.h"

G_BEGIN_DECLS

/* The catalog: what was put in, what is in it, what was made of it. SQLite,
 * one HabCatalog a connection, one connection a thread. Every function that
 * can fail says so by its return value and fills error (HAB_CATALOG_ERROR).
 * Structs that functions hand out are the caller's, freed by their _free. All
 * times of media are nanoseconds, all times of day microseconds since 1970 in
 * UTC, all strings UTF-8. */

#define HAB_CATALOG_ERROR (hab_catalog_error_quark ())
GQuark hab_catalog_error_quark (void);

typedef enum
{
  HAB_CATALOG_ERROR_FAILED,    /* anything else; the message has SQLite's */
  HAB_CATALOG_ERROR_NOT_FOUND,
  HAB_CATALOG_ERROR_EXISTS,    /* a name or code that is taken */
  HAB_CATALOG_ERROR_IN_USE,    /* a job still needs the row */
  HAB_CATALOG_ERROR_STATE,     /* the row's status does not allow it */
  HAB_CATALOG_ERROR_BUSY,      /* another process held the lock too long */
  HAB_CATALOG_ERROR_CORRUPT,
  HAB_CATALOG_ERROR_NEWER,     /* made by a later version of the program */
  HAB_CATALOG_ERROR_NO_SPACE,
} HabCatalogError;

typedef struct _HabCatalog HabCatalog;

/* Opens, creates where there is none, and migrates forward. */
HabCatalog *hab_catalog_open (const gchar *path, GError **error);
/* One that is there and of this version of the program; nothing is changed or
 * made, and changes fail. NOT_FOUND where there is none. */
HabCatalog *hab_catalog_open_for_reading (const gchar *path, GError **error);
void hab_catalog_close (HabCatalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCatalog, hab_catalog_close)

/* Transactions nest by counting; the outermost decides. */
gboolean hab_catalog_begin (HabCatalog *catalog, GError **error);
gboolean hab_catalog_commit (HabCatalog *catalog, GError **error);
void hab_catalog_rollback (HabCatalog *catalog);

/* What is read from here on is of one moment, until hab_catalog_rollback (). */
gboolean hab_catalog_begin_reading (HabCatalog *catalog, GError **error);
/* Whether anything that was read was damaged; it counts as such where another
 * connection found that. */
gboolean hab_catalog_is_damaged (HabCatalog *catalog);
void hab_catalog_set_damaged (HabCatalog *catalog);

/* --- statuses -------------------------------------------------------- */

/* The words are "Ingested", "Queued", "Fragmented", "Encrypted", "Ready",
 * "Failed", "Cancelled". */
typedef enum
{
  HAB_STATUS_INGESTED,
  HAB_STATUS_QUEUED,
  HAB_STATUS_FRAGMENTED,
  HAB_STATUS_ENCRYPTED,
  HAB_STATUS_READY,
  HAB_STATUS_FAILED,
  HAB_STATUS_CANCELLED,
  HAB_N_STATUSES
} HabStatus;

const gchar *hab_status_to_string (HabStatus status);
gboolean hab_status_from_string (const gchar *word, HabStatus *status);
gboolean hab_status_is_final (HabStatus status);

typedef struct
{
  HabStatus status;
  gint64 at_us;
} HabStatusChange;

/* --- input contents -------------------------------------------------- */

typedef enum
{
  HAB_SOURCE_UPLOAD,
  HAB_SOURCE_MEDIA_DIR, /* a file of the machine, in a folder that is offered */
} HabInputSource;

/* "upload", "media-dir" */
const gchar *hab_input_source_to_string (HabInputSource source);

/* Whether what it was made of is there; uploads always are present. */
typedef enum
{
  HAB_INPUT_PRESENT,
  HAB_INPUT_MISSING,  /* its file is not there now, and may come back */
  HAB_INPUT_REPLACED, /* its file has other bytes by now. In no list and found
                       * by no name; there as long as its packages need it */
} HabInputState;

typedef struct
{
  gint64 id;
  gchar *owner;       /* name of the API token that brought it; "" where none
                       * was asked for, for which NULL counts when it is added */
  gchar *name;        /* as the client gave it, one of each owner; never a
                       * path. Of a media folder, its name and the file's path
                       * in it */
  HabInputSource source;
  HabInputState state;
  gchar *storage;     /* ours; of an upload the name of its file in the folder
                       * of inputs */
  gint64 size_bytes;
  gchar *sha256;      /* of the bytes, 64 lower-case hex digits; NULL of a media
                       * folder, whose files nobody has hashed */
  gint64 duration_ns; /* -1 when unknown */
  gboolean indexed;   /* its GOPs and I-frames are in the catalog */
  gint64 created_us;
} HabInput;

void hab_input_free (HabInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabInput, hab_input_free)

typedef struct
{
  guint number;       /* the container's track id */
  gchar *kind;        /* "video", "audio", "text", "other" */
  gchar *codec;       /* RFC 6381, or NULL */
  gchar *caps;        /* GStreamer caps without buffers, or NULL */
  guint timescale;    /* ticks a second, 0 when unknown */
  gint width, height; /* 0 unless video */
  gint fps_n, fps_d;  /* 0/1 when variable or unknown */
  gint channels, rate;
  gint64 duration_ns; /* -1 when unknown */
  gchar *language;    /* ISO 639-2, or NULL */
} HabTrack;

void hab_track_clear (HabTrack *track);

typedef struct
{
  guint64 index;
  gchar kind[16];         /* see hab_random_access_to_string */
  gboolean closed;
  guint leading_pictures;
  guint64 frames;
  guint64 first_frame;    /* number in decode order, from 0 */
  gint64 pts_ns, dts_ns;  /* of its first access unit, -1 << 63 when unknown */
  gint64 duration_ns;
  guint64 bytes;
  gint64 first_byte;      /* smallest offset in the file, -1 when unknown */
  gint64 end_byte;        /* one past the largest; other tracks lie between */
} HabGop;

/* An I-frame as ffprobe shows it; times in ticks of the track's timescale. */
typedef struct
{
  guint64 coded_picture_number; /* in decode order, from 0 */
  gint64 pts, dts;              /* after the edit list; dts may be negative */
  gint64 duration;
  gint64 offset;                /* byte offset in the file, -1 unknown */
  guint64 size;                 /* bytes */
  gboolean key_frame;
  gint64 gop_index;             /* of the GOP it starts, -1 for none */
} HabIFrame;

/* Adds the row, its tracks (of HabTrack), GOPs (HabGop) and I-frames
 * (HabIFrame) of video track video_track_number in one transaction, with the
 * status Ingested. EXISTS where the name is taken. Returns the id, 0 on
 * failure. Arrays may be NULL; then it counts as not indexed. */
gint64 hab_catalog_add_input (HabCatalog *catalog, const HabInput *input,
    GArray *tracks, guint video_track_number, GArray *gops, GArray *iframes,
    GError **error);
HabInput *hab_catalog_get_input (HabCatalog *catalog, gint64 id, GError **error);
/* owner: NULL for the first that anybody brought. Those of media folders are
 * everybody's. */
HabInput *hab_catalog_find_input (HabCatalog *catalog, const gchar *owner,
    const gchar *name, GError **error);
/* (element-type HabInput): at most limit rows with an id above after, of all
 * owners. */
GPtrArray *hab_catalog_list_inputs (HabCatalog *catalog, gint64 after,
    guint limit, GError **error);
/* An indexed input of these bytes, whoever owns it, and its file's name; 0 and
 * NULL without an error where there is none. */
gint64 hab_catalog_find_input_by_sha256 (HabCatalog *catalog,
    const gchar *sha256, gchar **storage, GError **error);
/* Adds an input like that of this id, with all that is known of its tracks and
 * GOPs, but with input's owner, name and storage. EXISTS where the name is
 * taken. Returns its id, 0 on failure. */
gint64 hab_catalog_copy_input (HabCatalog *catalog, gint64 id,
    const HabInput *input, GError **error);
/* IN_USE while a package of it is not in a final status; packages that are
 * final lose their input but stay. */
gboolean hab_catalog_delete_input (HabCatalog *catalog, gint64 id,
    GError **error);
/* (element-type HabTrack) */
GArray *hab_catalog_list_tracks (HabCatalog *catalog, gint64 input_id,
    GError **error);
/* (element-type HabGop): by index, from first on. */
GArray *hab_catalog_list_gops (HabCatalog *catalog, gint64 input_id,
    guint64 first, guint limit, GError **error);
gboolean hab_catalog_get_gop (HabCatalog *catalog, gint64 input_id,
    guint64 index, HabGop *gop, GError **error);
gboolean hab_catalog_count_gops (HabCatalog *catalog, gint64 input_id,
    guint64 *count, GError **error);
/* (element-type HabIFrame): in decode order, those whose rank (0 for the
 * first I-frame) is at least first. */
GArray *hab_catalog_list_iframes (HabCatalog *catalog, gint64 input_id,
    guint64 first, guint limit, GError **error);
gboolean hab_catalog_count_iframes (HabCatalog *catalog, gint64 input_id,
    guint64 *count, GError **error);

/* --- inputs that are files of a media folder ------------------------- */

/* By which bytes are taken to be the same. */
typedef struct
{
  gint64 size_bytes;
  gint64 mtime_ns; /* since 1970 */
  guint64 inode;
} HabFileStamp;

typedef struct
{
  gint64 input_id;
  gchar *name, *storage; /* of its input */
  gchar *folder;         /* absolute path of the media folder */
  gchar *file;           /* path in it; UTF-8, without "." and ".." */
  HabFileStamp stamp;
  gboolean missing;
} HabFolderFile;

HabFolderFile *hab_folder_file_copy (const HabFolderFile *file);
void hab_folder_file_free (HabFolderFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabFolderFile, hab_folder_file_free)

/* (element-type HabFolderFile): all but those that were replaced. */
GPtrArray *hab_catalog_list_folder_files (HabCatalog *catalog, GError **error);
/* NOT_FOUND where the input is none of a media folder. */
HabFolderFile *hab_catalog_get_folder_file (HabCatalog *catalog,
    gint64 input_id, GError **error);
/* Adds file and its input, of which duration_ns and the rest are what
 * hab_catalog_add_input () takes. Returns the input's id, 0 on failure. */
gint64 hab_catalog_add_folder_file (HabCatalog *catalog,
    const HabFolderFile *file, gint64 duration_ns, GArray *tracks,
    guint video_track_number, GArray *gops, GArray *iframes, GError **error);
/* The same of a file that has the bytes of the input of this id. */
gint64 hab_catalog_copy_folder_file (HabCatalog *catalog, gint64 id,
    const HabFolderFile *file, GError **error);
/* NOT_FOUND where it is gone. */
gboolean hab_catalog_set_input_state (HabCatalog *catalog, gint64 id,
    HabInputState state, GError **error);
/* Sets its name and its file to those of file. EXISTS where the name is
 * taken, NOT_FOUND where it is gone. */
gboolean hab_catalog_move_folder_file (HabCatalog *catalog, gint64 id,
    const HabFolderFile *file, GError **error);
/* Deletes inputs that were replaced and that no package needs any more; adds
 * their storage (gchar *) to storages. */
gboolean hab_catalog_sweep_replaced_inputs (HabCatalog *catalog,
    GPtrArray *storages, GError **error);

/* --- uploads that can be resumed ------------------------------------- */

typedef struct
{
  gchar *id;         /* which is its file's name, too; nobody can guess it */
  gchar *owner;      /* of it and of the input that it becomes */
  gchar *name;       /* of that input */
  gint64 size_bytes; /* when it is whole */
  gint64 touched_us; /* when it was asked for, or became an input */
  gint64 input_id;   /* what it became, 0 until then */
} HabUploadRow;

void hab_upload_row_free (HabUploadRow *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabUploadRow, hab_upload_row_free)

gboolean hab_catalog_add_upload (HabCatalog *catalog,
    const HabUploadRow *upload, GError **error);
/* (element-type HabUploadRow): all, in no order. */
GPtrArray *hab_catalog_list_uploads (HabCatalog *catalog, GError **error);
/* It became an input, with which its row goes. */
gboolean hab_catalog_finish_upload (HabCatalog *catalog, const gchar *id,
    gint64 input_id, GError **error);
/* TRUE where there is none, too. */
gboolean hab_catalog_delete_upload (HabCatalog *catalog, const gchar *id,
    GError **error);

/* --- packages, which are the queue too ------------------------------- */

/* The content key of all tracks of a type. */
typedef struct
{
  guint8 kid[16];     /* zero where these tracks are in the clear */
  gchar *sealed_key;  /* text of seal.h, NULL where they are in the clear */
} HabPackageKey;

typedef struct
{
  gint64 id;
  gchar *owner;             /* as in HabInput, of who asked for it */
  gint64 input_id;          /* 0 when its input was deleted */
  gchar *input_name;        /* which the input had */
  gchar *code;              /* ^[A-Z0-9]{6,}$, never used again */
  HabStatus status;
  gchar *reason;            /* of Failed, Cancelled and of the attempt before
                             * one that is waited for; for a person */
  gint priority;            /* -10 to 10, the highest first */
  gint64 not_before_us;     /* when it is tried again, 0 unless it waits for
                             * that */
  gdouble progress;         /* 0 to 1 */
  gdouble speed;            /* seconds of media in a second; 0 unknown */
  gdouble bytes_per_second; /* of media; 0 unknown */
  gint64 expected_end_us;   /* 0 unknown */
  gchar *encrypt;           /* "video", "all", "none" */
  gint64 segment_duration_ns;
  gchar *options;           /* a JSON object with what else was asked for; NULL
                             * counts as "{}" when it is added */
  HabPackageKey keys[HAB_N_TRACK_TYPES]; /* by HabTrackType */
  gchar *url;               /* of the manifest; shown as NULL until Ready by
                             * the view */
  gchar *output_file_path;  /* the last finished file */
  gchar *notes;             /* a JSON array: what of the input is not in it, a
                             * sentence each */
  guint attempts;
  gchar *idempotency_key;   /* or NULL */
  gchar *request_sha256;    /* of the request that made it, or NULL */
  gchar *callback_url;      /* to be told of its end; set when it is added
                             * only, see HabCallback */
  gint64 created_us, updated_us;
} HabPackage;

void hab_package_free (HabPackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPackage, hab_package_free)

/* No wait is longer. What is due later than that was noted by a clock that was
 * set back since, and is due now. */
#define HAB_CATALOG_MAX_WAIT_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* Adds it as Queued, its status history begun. EXISTS where the code or the
 * idempotency key is taken, NOT_FOUND where the input is gone. */
gint64 hab_catalog_add_package (HabCatalog *catalog, const HabPackage *package,
    GError **error);
HabPackage *hab_catalog_get_package (HabCatalog *catalog, gint64 id,
    GError **error);
HabPackage *hab_catalog_find_package_by_code (HabCatalog *catalog,
    const gchar *code, GError **error);
HabPackage *hab_catalog_find_package_by_idempotency_key (HabCatalog *catalog,
    const gchar *key, GError **error);
/* (element-type HabPackage): at most limit rows with an id above after; owner
 * NULL for those of everybody. */
GPtrArray *hab_catalog_list_packages (HabCatalog *catalog, const gchar *owner,
    gint64 after, guint limit, GError **error);
/* (element-type HabPackage): all that have this KID for any of their tracks. */
GPtrArray *hab_catalog_list_packages_by_kid (HabCatalog *catalog,
    const guint8 kid[16], GError **error);
/* The package whose turn it is: of those that wait and need not wait any
 * longer one of the highest priority, of these the oldest. Its attempts are
 * counted up. NULL without an error when there is none. Stays Queued, but is
 * not handed out again until hab_catalog_requeue_package (),
 * hab_catalog_retry_package () or the next hab_catalog_recover (). */
HabPackage *hab_catalog_claim_package (HabCatalog *catalog, GError **error);
/* Records a stage that was reached, in the history too. STATE where the
 * package is already in a final status or the order would go backwards. */
gboolean hab_catalog_set_status (HabCatalog *catalog, gint64 package_id,
    HabStatus status, const gchar *reason, const gchar *output_file_path,
    GError **error);
/* The fraction never falls. STATE where the package is in a final status. */
typedef struct
{
  gdouble fraction;         /* 0 to 1 */
  gdouble speed;            /* as in HabPackage */
  gdouble bytes_per_second;
  gint64 expected_end_us;
} HabProgress;

gboolean hab_catalog_set_progress (HabCatalog *catalog, gint64 package_id,
    const HabProgress *progress, GError **error);
/* notes: see HabPackage. STATE where the package is in a final status. */
gboolean hab_catalog_set_notes (HabCatalog *catalog, gint64 package_id,
    const gchar *notes, GError **error);
/* STATE unless the package waits. */
gboolean hab_catalog_set_priority (HabCatalog *catalog, gint64 package_id,
    gint priority, GError **error);
/* Back to Queued, to be claimed again; recorded in the history. forgive: the
 * attempt does not count, for it was no fault of the package's that it ended. */
gboolean hab_catalog_requeue_package (HabCatalog *catalog, gint64 package_id,
    gboolean forgive, GError **error);
/* Back to Queued for another attempt, not before that time, for this reason. */
gboolean hab_catalog_retry_package (HabCatalog *catalog, gint64 package_id,
    gint64 not_before_us, const gchar *reason, GError **error);
/* When the next of the packages that wait for another attempt may be claimed;
 * 0 where none waits. */
gboolean hab_catalog_get_next_attempt (HabCatalog *catalog, gint64 *at_us,
    GError **error);
/* After a start: every package that a service that died had claimed waits
 * again, but those of which find_output (nullable) gives the path of the
 * finished manifest, (transfer full); these are Ready. Returns how many wait
 * again, -1 on failure. */
typedef gchar *(*HabFindOutputFunc) (const HabPackage *package,
    gpointer data);
gint hab_catalog_recover (HabCatalog *catalog, HabFindOutputFunc find_output,
    gpointer data, GError **error);
/* IN_USE while a job has it: it waits unclaimed, or its status is final. */
gboolean hab_catalog_delete_package (HabCatalog *catalog, gint64 id,
    GError **error);
/* (element-type HabStatusChange): oldest first, the input's Ingested not
 * among them. */
GArray *hab_catalog_list_history (HabCatalog *catalog, gint64 package_id,
    GError **error);

/* --- how much there is of what ---------------------------------------- */

typedef struct
{
  guint64 inputs;
  guint64 packages[HAB_N_STATUSES]; /* by their status */
  guint64 waiting;                  /* of the Queued: not handed out */
} HabStatistics;

gboolean hab_catalog_get_statistics (HabCatalog *catalog,
    HabStatistics *statistics, GError **error);

/* So much of the disk the catalog's log has for itself once it was asked for, so
 * that what changes no more can be noted when others have filled the disk: that
 * an input of 60,000 GOPs, or any package, is deleted. NO_SPACE where it is not
 * there. To be asked for again now and then. */
#define HAB_CATALOG_RESERVE_BYTES (8 << 20)
gboolean hab_catalog_reserve (HabCatalog *catalog, GError **error);

/* Whether something can be written now, of which another program may keep it,
 * and nothing that was read since the catalog was opened was damaged. */
gboolean hab_catalog_try (HabCatalog *catalog, GError **error);

/* --- retention -------------------------------------------------------- */

typedef struct
{
  gint64 id;
  gchar *storage;
  gint64 size_bytes;
  gint64 used_us; /* when it was added or a package of it was asked for */
} HabUnusedInput;

typedef enum
{
  HAB_SORT_ID,
  HAB_SORT_NAME,     /* letters A to Z count as a to z; of packages that of the input */
  HAB_SORT_DURATION, /* of inputs, as is the size */
  HAB_SORT_SIZE,
} HabSort;

/* Which rows of a list, and in which order. */
typedef struct
{
  const gchar *owner;  /* NULL: of everybody */
  const gchar *search; /* NULL, or a part of the name in letters of either case */
  const gchar *inputs; /* of packages: NULL, or a JSON array of the ids of their
                        * inputs; an empty one for those that have none any more */
  gint64 after;        /* only ids above this */
  HabSort sort;
  gboolean descending;
  guint64 offset;      /* how many rows to pass over, G_MAXINT64 at most */
  guint limit;
} HabListQuery;

/* (element-type HabInput). total: how many there are without after, offset and
 * limit. */
GPtrArray *hab_catalog_find_inputs (HabCatalog *catalog,
    const HabListQuery *query, guint64 *total, GError **error);
/* (element-type HabPackage): the same; sorted by id or name. */
GPtrArray *hab_catalog_find_packages (HabCatalog *catalog,
    const HabListQuery *query, guint64 *total, GError **error);

/* (element-type gchar *): what is kept of inputs is called by, but for those
 * that were replaced; in no order. */
GArray *hab_catalog_list_storages (HabCatalog *catalog, GError **error);
/* (element-type gchar *): the codes of the packages that are Ready. */
GArray *hab_catalog_list_ready_codes (HabCatalog *catalog, GError **error);

/* (element-type HabUnusedInput): the uploads without a package that is not
 * done, the longest unused first. total_bytes: of all uploads. */
GArray *hab_catalog_list_unused_inputs (HabCatalog *catalog,
    guint64 *total_bytes, GError **error);
/* (element-type HabPackage): those that ended before then, the oldest first. */
GPtrArray *hab_catalog_list_packages_before (HabCatalog *catalog,
    gint64 before_us, GError **error);

/* --- upkeep ----------------------------------------------------------- */

/* Adds a sentence (gchar *) to faults for whatever is wrong with the database
 * as such. FALSE where it cannot even be read. */
gboolean hab_catalog_check (HabCatalog *catalog, GPtrArray *faults,
    GError **error);
/* Writes it as it is now into a new file at path, while others use it. */
gboolean hab_catalog_copy (HabCatalog *catalog, const gchar *path,
    GError **error);
/* How many content keys need the master key. */
gboolean hab_catalog_count_sealed_keys (HabCatalog *catalog, guint64 *count,
    GError **error);

/* --- changes, for those who follow them ------------------------------ */

/* A package and the number of its last change of status. Numbers rise and are
 * never used again. */
typedef struct
{
  gint64 package_id;
  gint64 change;
} HabPackageChange;

/* The number of the last change of any package; 0 where there was none. */
gboolean hab_catalog_get_last_change (HabCatalog *catalog, gint64 *change,
    GError **error);
/* (element-type HabPackageChange): at most limit packages that changed behind
 * after, by the number of their last change. package_id 0 for all. */
GArray *hab_catalog_list_changes (HabCatalog *catalog, gint64 package_id,
    gint64 after, guint limit, GError **error);
/* (element-type HabPackageChange): at most limit packages without a final
 * status, in the same order; owner NULL for those of everybody. */
GArray *hab_catalog_list_unfinished (HabCatalog *catalog, const gchar *owner,
    guint limit, GError **error);

/* --- callbacks: who is to be told of a package's end ------------------ */

typedef enum
{
  HAB_CALLBACK_WAITING,
  HAB_CALLBACK_DELIVERED,
  HAB_CALLBACK_FAILED,
} HabCallbackStatus;

const gchar *hab_callback_status_to_string (HabCallbackStatus status);

typedef struct
{
  gint64 package_id;
  gchar *url;
  HabCallbackStatus status;
  guint attempts;
  gint64 due_us; /* of the next attempt; 0 until the package has ended */
  gchar *reason; /* why the last attempt failed, or NULL */
} HabCallback;

void hab_callback_free (HabCallback *callback);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCallback, hab_callback_free)

/* NOT_FOUND where nobody asked to be told. */
HabCallback *hab_catalog_get_callback (HabCatalog *catalog,
    gint64 package_id, GError **error);
/* The callback that is due for the longest, its attempts counted up and due
 * again after lease_us, should the service die meanwhile. NULL without an
 * error where none is due. */
HabCallback *hab_catalog_claim_callback (HabCatalog *catalog,
    gint64 lease_us, GError **error);
/* What became of an attempt; where it is still waiting, due_us is the next. A
 * package that was deleted meanwhile is no fault. */
gboolean hab_catalog_set_callback (HabCatalog *catalog, gint64 package_id,
    HabCallbackStatus status, gint64 due_us, const gchar *reason,
    GError **error);
/* When the next callback is due; 0 where none is. */
gboolean hab_catalog_get_next_callback (HabCatalog *catalog, gint64 *at_us,
    GError **error);

/* --- what catalogrecorder adds --------------------------------------- */

/* Inserts or replaces by (input, track number) and (input, index). What is
 * not known now but was before stays. NOT_FOUND where the input is gone. */
gboolean hab_catalog_put_track (HabCatalog *catalog, gint64 input_id,
    const HabTrack *track, GError **error);
gboolean hab_catalog_put_gop (HabCatalog *catalog, gint64 input_id,
    guint track_number, const HabGop *gop, GError **error);

G_END_DECLS
