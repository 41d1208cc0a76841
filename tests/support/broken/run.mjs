// SPDX-License-Identifier: LGPL-2.1-or-later
// A number of broken files through a service of their own, several at once. What
// became of them is for tests to judge.
//
// HABERDASH_FILES says how many, HABERDASH_SEED and HABERDASH_FIRST which;
// HABERDASH_KEEP names a folder for those of which something is to be told.

import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { get, isEmpty, startService, until, workersOf } from '../../launcher/service.mjs';
import { Corpus } from './corpus.mjs';
import { Drive } from './drive.mjs';

const AT_ONCE = 6;
// A number of the table of ways: steps of it go through all of them.
const STRIDE = 131;

const describe = ({ name, way, step, what }) => `${name} (${way}): ${step}: ${what}`;

// What is to be told of a file is told at once where it is kept, too.
const keeper = (folder) => async (file, told) => {
  if (!folder)
    return;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, file.name), file.bytes);
  await appendFile(path.join(folder, 'findings'), `${describe(told)}\n`);
};

// What GStreamer 1.22.0 as Debian 12 has it calls critical of broken files, and
// goes on.
const KNOWN = [
  /_gst_util_uint64_scale_int: assertion 'denom > 0'/, // qtdemux: a segment index with a timescale of 0
  /gst_matroska_track_init_(video|audio)_context\): should not be reached/, // matroskademux: the kind of a track
  /gst_element_message_full_with_details: assertion 'GST_IS_ELEMENT/, // matroskademux: an error of nobody
  // qtdemux: goes on with caps that could not be made of a sample entry
  /gst_mini_object_(copy|unref): assertion 'mini_object != NULL'/,
  /gst_caps_get_structure: assertion 'GST_IS_CAPS|gst_structure_(set_value|get_int|has_name): assertion 'structure != NULL'/,
  /gst_buffer_resize_range: assertion 'size >= -1'/, // qtdemux: a sample of Opus
  /gst_flow_combiner_update_pad_flow: assertion 'pad != NULL'/, // avidemux: chunks of no stream
  // qtdemux: an esds of AAC in the entry of another codec
  /gst_codec_utils_aac_caps_set_level_and_profile: assertion/,
  /gst_value_collect_fraction|denominator for `GstFraction'/, // avidemux: absurd dimensions
];

// What came to grief once: film, way, seed.
const FOUND = [
  // Both ended without a word, and held up their reader until it was ended.
  ['h264-flac.mkv', 'ebml, track: codec', 35],
  ['text.vtt', 'text, NULs', 1],
  // An av1C without anything in it ended whoever cut the film by a signal.
  ['av1-opus.mp4', 'mp4, av1C spoiled', 8],
  // Asked for the level of AAC in what was not AAC.
  ['h264-aac.mp4', 'mp4, sound entry: another codec', 16],
  // A duration below 0 was 500.
  ['hevc-aac-dash.mp4', 'mp4, sidx: timescale and times', 159],
  // Pictures of a size that cannot be written as MP4 were 500.
  ['hevc-aac-dash.mp4', 'mp4, video entry: absurd dimensions', 2],
];

// Nothing is left over, and the service is the same as before.
const checkService = async (service) => {
  await until(async () => (await workersOf(service.pid)).length === 0, 'no child is left');
  const health = await get(service.api, '/healthz');
  assert.equal(health.status, 200, health.text);
  process.kill(service.pid, 0);
  for (const folder of ['work', 'incoming', 'inputs', 'packages'])
    await until(() => isEmpty(service, folder), `${folder}/ is empty`);
};

export const runCorpus = async (t, count) => {
  const seed = Number(process.env.HABERDASH_SEED ?? 1);
  const total = Number(process.env.HABERDASH_FILES ?? count);
  const first = Number(process.env.HABERDASH_FIRST ?? 0);
  t.diagnostic(`HABERDASH_SEED=${seed} HABERDASH_FIRST=${first} HABERDASH_FILES=${total}`);
  const corpus = await Corpus.make(seed);
  const service = await startService(t, { faults: true, env: { G_DEBUG: '' },
    args: ['--jobs', '4', '--retry-delay', '0.1', '--stall-timeout', '60'] });
  const drive = new Drive(service, keeper(process.env.HABERDASH_KEEP));
  let next = -FOUND.length;
  const take = (i) => (i < 0 ? corpus.make(...FOUND.at(i)) : corpus.file((first + i) * STRIDE));
  const work = async () => {
    while (next < total)
      await drive.send(take(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  const critical = service.log.split('\n').filter((line) => /level"?[=:]"?(critical|error)/.test(line));
  const unknown = critical.filter((line) => !KNOWN.some((known) => known.test(line)));
  for (const [what, times] of [...drive.counts].sort())
    t.diagnostic(`${times} ${what}`);
  for (const crash of drive.crashes)
    t.diagnostic(`a child crashed: ${describe(crash)}`);
  t.diagnostic(`${critical.length - unknown.length} lines of libraries' own that are known to be critical`);
  await checkService(service);
  assert.deepEqual(drive.findings.map(describe), []);
  assert.deepEqual(unknown, []);
  assert.deepEqual(drive.crashes.map(describe), []);
  return drive;
};
