/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

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
void hab_catalog_close (HabCatalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCatalog, hab_catalog_close)

/* Transactions nest by counting; the outermost decides. */
gboolean hab_catalog_begin (HabCatalog *catalog, GError **error);
gboolean hab_catalog_commit (HabCatalog *catalog, GError **error);
void hab_catalog_rollback (HabCatalog *catalog);

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

typedef struct
{
  gint64 id;
  gchar *name;        /* as the client gave it, unique; never a path */
  gchar *storage;     /* name of the file in the folder of inputs; ours */
  gint64 size_bytes;
  gchar *sha256;      /* of the bytes, 64 lower-case hex digits */
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

void hab_track_free (HabTrack *track);
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
HabInput *hab_catalog_find_input (HabCatalog *catalog, const gchar *name,
    GError **error);
/* (element-type HabInput): at most limit rows with an id above after. */
GPtrArray *hab_catalog_list_inputs (HabCatalog *catalog, gint64 after,
    guint limit, GError **error);
/* IN_USE while a package of it is not in a final status; packages that are
 * final lose their input but stay. */
gboolean hab_catalog_delete_input (HabCatalog *catalog, gint64 id,
    GError **error);
/* (element-type HabStatusChange): oldest first. */
GArray *hab_catalog_list_input_history (HabCatalog *catalog, gint64 input_id,
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

/* --- packages, which are the queue too ------------------------------- */

typedef struct
{
  gint64 id;
  gint64 input_id;          /* 0 when its input was deleted */
  gchar *code;              /* ^[A-Z0-9]{6,}$, never used again */
  HabStatus status;
  gchar *reason;            /* of Failed and Cancelled, for a person */
  gdouble progress;         /* 0 to 1 */
  gchar *encrypt;           /* "video", "all", "none" */
  gint64 segment_duration_ns;
  guint8 kid[16];           /* zero where nothing is encrypted */
  gchar *sealed_key;        /* text of seal.h, NULL where none */
  gchar *url;               /* of the manifest; shown as NULL until Ready by
                             * the view */
  gchar *output_file_path;  /* the last finished file */
  guint attempts;
  gchar *idempotency_key;   /* or NULL */
  gchar *request_sha256;    /* of the request that made it, or NULL */
  gint64 created_us, updated_us;
} HabPackage;

void hab_package_free (HabPackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPackage, hab_package_free)

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
/* (element-type HabPackage): at most limit rows with an id above after;
 * input_id 0 for those of every input. */
GPtrArray *hab_catalog_list_packages (HabCatalog *catalog, gint64 after,
    guint limit, gint64 input_id, GError **error);
/* (element-type HabPackage): all with this KID. */
GPtrArray *hab_catalog_list_packages_by_kid (HabCatalog *catalog,
    const guint8 kid[16], GError **error);
/* The oldest package that waits, its attempts counted up; NULL without an
 * error when there is none. Stays Queued, but is not handed out again until
 * hab_catalog_requeue_package () or the next hab_catalog_recover (). */
HabPackage *hab_catalog_claim_package (HabCatalog *catalog, GError **error);
/* Records a stage that was reached, in the history too. STATE where the
 * package is already in a final status or the order would go backwards. */
gboolean hab_catalog_set_status (HabCatalog *catalog, gint64 package_id,
    HabStatus status, const gchar *reason, const gchar *output_file_path,
    GError **error);
/* Never falls. STATE where the package is in a final status. */
gboolean hab_catalog_set_progress (HabCatalog *catalog, gint64 package_id,
    gdouble progress, GError **error);
/* Back to Queued, to be claimed again; recorded in the history. forgive: the
 * attempt does not count, for it was no fault of the package's that it ended. */
gboolean hab_catalog_requeue_package (HabCatalog *catalog, gint64 package_id,
    gboolean forgive, GError **error);
/* After a start: every package that a service that died had claimed waits
 * again. Returns how many, -1 on failure. */
gint hab_catalog_recover (HabCatalog *catalog, GError **error);
/* IN_USE while a job has it: it waits unclaimed, or its status is final. */
gboolean hab_catalog_delete_package (HabCatalog *catalog, gint64 id,
    GError **error);
/* (element-type HabStatusChange): oldest first, the input's Ingested not
 * among them. */
GArray *hab_catalog_list_history (HabCatalog *catalog, gint64 package_id,
    GError **error);

/* --- what catalogrecorder adds --------------------------------------- */

/* Inserts or replaces by (input, track number) and (input, index). What is
 * not known now but was before stays. NOT_FOUND where the input is gone. */
gboolean hab_catalog_put_track (HabCatalog *catalog, gint64 input_id,
    const HabTrack *track, GError **error);
gboolean hab_catalog_put_gop (HabCatalog *catalog, gint64 input_id,
    guint track_number, const HabGop *gop, GError **error);

G_END_DECLS
