/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jail.h"
#include "ladder.h"
#include "package.h"
#include "progress-printer.h"

G_BEGIN_DECLS

/* The command line of haberdash package. */
typedef struct
{
  HabPackageConfig config; /* all but manifest; points into the rest */
  gchar *folder;
  HabProgressStyle progress;
  gboolean json, quiet;
  HabJailMode sandbox;

  /*< private >*/
  gchar *kid, *audio_kid, *key_file, *audio_key_file, *new_key, *iv;
  gchar *encrypt, *license_url, *hls_key_url, *hls_key_format;
  gchar *tracks, *languages, *progress_word, *ladder, *encoder, *pssh,
      *sandbox_word;
  gdouble segment_duration, clear_lead; /* seconds */
  gboolean single_file, hls;
  gchar **texts, **track_list, **language_list;
  gchar *input;
  HabLadder *rungs; /* that ladder names, or NULL */
  guint8 iv_bytes[HAB_KEY_SIZE];
  gboolean key_written; /* new_key is there now, and was not before */
} HabPackageArguments;

/* FALSE after saying what is wrong. */
gboolean hab_package_arguments_parse (HabPackageArguments *arguments,
    int argc, char **argv);

/* The files that are named, but for keys: what is read and what is written. */
void hab_package_arguments_allow (const HabPackageArguments *arguments,
    HabJail *jail);

/* Reads the keys into config, or draws them and writes them to a file of their
 * own. Sets HAB_KEY_ERROR. */
gboolean hab_package_arguments_load_keys (HabPackageArguments *arguments,
    GError **error);

/* A file of new keys of which there will be no package is taken away. */
void hab_package_arguments_withdraw_keys (HabPackageArguments *arguments);

/* Leaves no key in memory. */
void hab_package_arguments_clear (HabPackageArguments *arguments);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabPackageArguments,
    hab_package_arguments_clear)

G_END_DECLS
