// SPDX-License-Identifier: LGPL-2.1-or-later
// The matrix: every input (container × codecs) in the clear and encrypted, as
// MPEG-DASH in segments, as MPEG-DASH of one file a track, and each of them as
// HLS, before programs that are not ours.
//
// HABERDASH_MATRIX=full packages each input in all ways. Without it each one is
// packaged in one of them, by turns, so that every container, stream, and way
// comes up. HABERDASH_SHARD=1/4 takes every fourth input, from the second on;
// HABERDASH_ONLY=words those with the words in their names.

import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { readInit } from './support/manifest.mjs';
import { containers, inputs, makeInput } from './support/media.mjs';
import { protection } from './support/mp4.mjs';
import { decryptAllByShaka, exists, packageByProgram }
  from './support/package.mjs';
import { KEY, makeFolder, run, writeKey } from './support/run.mjs';
import {
  assertSamePayload, assertSameTimes, deliver, digestsBehind, probe,
  shiftBetween,
} from './support/samples.mjs';
import { sounds, videos } from './support/streams.mjs';

const folder = await makeFolder();
const schemaCheck = fileURLToPath(
  new URL('../../../shared/tools/validate-mpd', import.meta.url));
const haveSchema = await exists(schemaCheck);

const KINDS = { video: 'v', audio: 'a' };

// --- what the input has --------------------------------------------------------

// ffprobe's parsers would not know what to do with what is encrypted.
const UNPARSED = ['-fflags', '+noparse'];

// Samples that no cut-off block hides: in shorter ones nothing may be encrypted.
const ENOUGH = { video: 300, audio: 16 };

const formOf = (name, kind) => {
  const { container, video, sound } = inputs[name];
  const codec = kind === 'video' ? videos[video].codec : sounds[sound]?.codec;
  return containers[container].forms?.[codec];
};

const withDigests = async (samples, name, kind, file, options) => {
  const form = formOf(name, kind);
  if (!form)
    return samples;
  const digests = await digestsBehind(form, file, KINDS[kind], options);
  assert.equal(digests.length, samples.length);
  return samples.map((sample, i) => ({ ...sample, ...digests[i] }));
};

const withTimes = (samples, { noDts, onlyDts }) => samples.map((sample) => ({
  ...sample,
  ...(noDts ? { dts: null } : {}),
  ...(onlyDts ? { pts: sample.dts } : {}),
}));

// What has to come out, by kind.
const wantedOf = async (name, file) => {
  const { container, sound } = inputs[name];
  const wanted = {};
  for (const kind of sound ? ['video', 'audio'] : ['video']) {
    wanted[kind] = withTimes(await withDigests(
      await probe(file, KINDS[kind]), name, kind, file), containers[container]);
  }
  return wanted;
};

// --- the judges ------------------------------------------------------------------

const checkSpans = (set, duration) => {
  for (const [i, span] of set.spans.entries()) {
    const previous = set.spans[i - 1];
    if (previous)
      assert.equal(span.start, previous.start + previous.duration, 'no gap');
  }
  const { start, duration: length } = set.spans.at(-1);
  const end = (start + length - set.spans[0].start) / set.timescale;
  assert.ok(Math.abs(end - duration) < 0.2,
    `${set.kind} ends at ${end}, the manifest says ${duration}`);
};

// Wherever the container's times begin.
const checkStart = (sets, start = 0) => {
  const starts = sets.map((set) => set.spans[0].start / set.timescale);
  assert.equal(Math.min(...starts), start);
  assert.ok(Math.max(...starts) < 0.1, `starts at ${starts}`);
};

const checkManifest = async ({ name, layout, encrypted, wanted }, result) => {
  const { manifest, mpd } = result;
  const { container, video, sound } = inputs[name];
  if (haveSchema)
    await run(schemaCheck, [manifest]);
  assert.equal(mpd.type, 'static');
  assert.match(mpd.profiles, layout === 'files' ? /on-demand/ : /live/);
  assert.deepEqual(mpd.sets.map((set) => set.kind), Object.keys(wanted));
  if (videos[video].mime && container === 'MP4')
    assert.match(mpd.video.codecs, videos[video].mime);
  if (sound) {
    assert.equal(mpd.audio.codecs, sounds[sound].mime);
    assert.deepEqual(mpd.audio.channels, sounds[sound].channels);
  }
  if (layout === 'segments')
    checkStart(mpd.sets, inputs[name].start);
  for (const set of mpd.sets) {
    assert.equal(set.protections > 0, encrypted.has(set.kind), set.kind);
    if (encrypted.has(set.kind))
      assert.equal(set.defaultKid.replaceAll('-', ''), KEY.kid);
    for (const file of set.file ? [set.file] : [set.init, ...set.segments])
      assert.ok((await stat(file)).size > 0, `${file} is there`);
    if (layout === 'segments')
      checkSpans(set, mpd.duration);
  }
};

const checkBoxes = async ({ encrypted }, { mpd }) => {
  for (const set of mpd.sets) {
    const { constantIv, ...tenc } = protection(await readInit(set)) ?? {};
    const video = set.kind === 'video';
    assert.deepEqual(tenc, encrypted.has(set.kind) ? {
      scheme: 'cbcs',
      schemeVersion: 0x10000,
      version: 1,
      crypt: video ? 1 : 0,
      skip: video ? 9 : 0,
      isProtected: 1,
      ivSize: 0,
      kid: KEY.kid,
      constantIvSize: 16,
    } : {}, `protection of the ${set.kind}`);
  }
};

// The difference of the times that all samples of a kind have.
const checkSamples = async ({ name, wanted, mpd }, kind, who, file, options) => {
  const { tick = 0 } = containers[inputs[name].container];
  const got = await withDigests(await probe(file, KINDS[kind], options), name,
    kind, file, options);
  assertSamePayload(got, wanted[kind], `${who}, ${kind}`);
  assertSameTimes(got, wanted[kind], tick + 1 / mpd[kind].timescale,
    `${who}, ${kind}`);
  return shiftBetween(got, wanted[kind]);
};

// A manifest or a playlist, of which all tracks have one zero.
const checkPresentation = async (cell, who, file, options) => {
  const { tick = 0 } = containers[inputs[cell.name].container];
  const shifts = [];
  for (const kind of Object.keys(cell.wanted))
    shifts.push(await checkSamples(cell, kind, who, file, options));
  assert.ok(Math.max(...shifts) - Math.min(...shifts) <= tick + 1e-3,
    `${who}: sound and picture are moved by ${shifts}`);
};

// Shaka Packager 3.4.2 does not know MP3 in MP4.
const checkByShaka = async (cell, { tracks: { ...tracks } }) => {
  if (sounds[inputs[cell.name].sound]?.codec === 'mp3')
    delete tracks.audio;
  const clear = await decryptAllByShaka(tracks);
  for (const [kind, file] of Object.entries(clear))
    await checkSamples(cell, kind, 'Shaka Packager', file);
};

const checkByFfmpeg = (cell, { manifest }) =>
  checkPresentation(cell, 'ffmpeg', manifest, cell.encrypted.size > 0 ?
    ['-cenc_decryption_key', KEY.key] : []);

// Without a key the samples are there and of no use.
const checkSecret = async ({ name, wanted }, kind, playlist) => {
  const got = await probe(playlist, KINDS[kind], UNPARSED);
  assert.equal(got.length, wanted[kind].length, `HLS, ${kind}`);
  for (const [i, sample] of got.entries()) {
    if (!formOf(name, kind))
      assert.equal(sample.size, wanted[kind][i].size);
    if (sample.size > ENOUGH[kind] && !formOf(name, kind))
      assert.notEqual(sample.digest, wanted[kind][i].digest,
        `HLS, ${kind}: sample ${i} is not encrypted`);
  }
};

const checkPlaylists = async (cell, { playlist }) => {
  if (cell.encrypted.size === 0)
    await checkPresentation(cell, 'HLS', playlist);
  for (const kind of cell.encrypted)
    await checkSecret(cell, kind, playlist);
};

const checkByOwnDecryptor = async ({ wanted, encrypted, name }, result) => {
  const keyFile = await writeKey(folder, KEY.key);
  for (const kind of encrypted) {
    if (formOf(name, kind))
      continue;
    const got = await deliver(result.tracks[kind],
      `qtdemux ! cbcsdec key-file=${keyFile}`);
    assertSamePayload(got, wanted[kind], `cbcsdec, ${kind}`);
  }
};

// Decoding can begin at every segment.
const checkSegmentStarts = async ({ layout }, { mpd: { video } }) => {
  for (const segment of layout === 'segments' ? video.segments : []) {
    const file = path.join(folder, 'one-segment.mp4');
    await writeFile(file, Buffer.concat(
      [await readFile(video.init), await readFile(segment)]));
    const [first] = await probe(file, 'v', UNPARSED);
    assert.ok(first.key, `${segment} starts with a key frame`);
  }
};

const checks = [
  checkManifest, checkBoxes, checkByShaka, checkByFfmpeg, checkPlaylists,
  checkByOwnDecryptor, checkSegmentStarts,
];

// --- the cells --------------------------------------------------------------------

const CLEAR_ONLY = { vp9: 'VP9', mp3: 'MP3' };

const check = async (name, encrypt, layout) => {
  const file = await makeInput(name);
  const out = path.join(folder, 'out');
  await rm(out, { recursive: true, force: true });
  const result = await packageByProgram(file, out,
    { encrypt, layout, hls: true });
  const wanted = await wantedOf(name, file);
  const encrypted = new Set(Object.keys(wanted).filter((kind) =>
    encrypt === 'all' || encrypt === kind));
  for (const one of checks)
    await one({ name, layout, encrypted, wanted, mpd: result.mpd }, result);
};

const checkRefused = async (name, encrypt, what) => {
  const out = path.join(folder, 'refused');
  await assert.rejects(
    packageByProgram(await makeInput(name), out, { encrypt, hls: true }),
    new RegExp(`The stream cannot be encrypted: .*${what}`));
  assert.equal(await exists(path.join(out, 'stream.mpd')), false);
  assert.equal(await exists(path.join(out, 'stream.m3u8')), false);
};

const ways = ['cbcs', 'clear'].flatMap((protect) =>
  ['segments', 'files'].map((layout) => ({ protect, layout })));

const full = process.env.HABERDASH_MATRIX === 'full';
const [shard, shards] = (process.env.HABERDASH_SHARD ?? '0/1').split('/')
  .map(Number);

const only = process.env.HABERDASH_ONLY ?? '';

const define = (name, { protect, layout }) => {
  const { video, sound } = inputs[name];
  const label = `${name}: ${protect}, ${layout}`;
  if (protect === 'clear') {
    test(label, () => check(name, 'none', layout));
  } else if (CLEAR_ONLY[videos[video].codec]) {
    test(`${label}: refused`, () => checkRefused(name, 'video', 'VP9'));
  } else if (CLEAR_ONLY[sounds[sound]?.codec]) {
    test(`${label}: refused`, () => checkRefused(name, 'all', 'MP3'));
    test(`${label}: the video`, () => check(name, 'video', layout));
  } else {
    test(label, () => check(name, sound ? 'all' : 'video', layout));
  }
};

for (const [i, name] of Object.keys(inputs).entries()) {
  if (i % shards !== shard || !name.includes(only))
    continue;
  for (const [j, way] of ways.entries()) {
    if (full || (i + Math.floor(i / ways.length)) % ways.length === j)
      define(name, way);
  }
}
