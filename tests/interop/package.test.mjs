// SPDX-License-Identifier: LGPL-2.1-or-later
// What is packaged, by each way to do it, judged by programs that are not ours: Shaka
// Packager, ffmpeg, GStreamer's own demuxer, the DASH schema.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeMedia, media } from './support/media.mjs';
import {
  find, protectedRanges, protection, sampleLength, subsamples,
} from './support/mp4.mjs';
import {
  decryptByShaka, encryptByShaka, exists, routes,
} from './support/package.mjs';
import { KEY, makeFolder, run, writeKey } from './support/run.mjs';
import {
  assertSamePayload, assertSameTimes, deliver, probe,
} from './support/samples.mjs';

const folder = await makeFolder();
const schemaCheck = fileURLToPath(
  new URL('../../../shared/tools/validate-mpd', import.meta.url));

// Everything about one input, made once, when the first test asks for it.
const made = new Map();
const once = (key, make) => {
  if (!made.has(key))
    made.set(key, make());
  return made.get(key);
};
const inputOf = (name) => once(`input ${name}`, () => makeMedia(name, folder));
const packageOf = (name, route, all = false) =>
  once(`package ${name} ${route} ${all}`,
    async () => routes[route](await inputOf(name), folder, all));
const videoOf = (name) => once(`video ${name}`,
  async () => probe(await inputOf(name), 'v'));
// All of it; of a line, what its demuxer gives.
const audioOf = (name, route) => once(`audio ${name} ${route}`,
  async () => route === 'program' ? probe(await inputOf(name), 'a') :
    deliver(await inputOf(name), 'qtdemux name=d d.audio_0'));

const seconds = (iso) => {
  const [, h = 0, m = 0, s = 0] =
    /^PT(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?$/.exec(iso);
  return Number(h) * 3600 + Number(m) * 60 + Number(s);
};

const checkSet = async (set, duration) => {
  for (const file of [set.init, ...set.segments])
    assert.ok((await stat(file)).size > 0, `${file} is there`);
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

const checkManifest = async (name, route) => {
  const { manifest, mpd } = await packageOf(name, route);
  if (await exists(schemaCheck))
    await run(schemaCheck, [manifest]);
  assert.equal(mpd.type, 'static');
  assert.ok(mpd.video, 'a video set');
  assert.equal(Boolean(mpd.audio), media[name].sound, 'an audio set');
  assert.equal(mpd.sets.length, media[name].sound ? 2 : 1);

  const pictures = await videoOf(name);
  const times = pictures.map((picture) => picture.pts);
  const length = Math.max(...times) - Math.min(...times);
  assert.ok(Math.abs(seconds(mpd.duration) - length) < 0.3, mpd.duration);
  for (const set of mpd.sets)
    await checkSet(set, seconds(mpd.duration));

  assert.match(mpd.video.codecs, /^avc[13]\.[0-9A-Fa-f]{6}$/);
  assert.ok(mpd.video.protections > 0);
  assert.equal(mpd.video.defaultKid.replaceAll('-', '').toLowerCase(), KEY.kid);
  if (mpd.audio)
    assert.equal(mpd.audio.protections, 0);
};

const checkSegmentStarts = async (name, route) => {
  const { mpd } = await packageOf(name, route);
  const init = await readFile(mpd.video.init);
  for (const segment of mpd.video.segments) {
    const file = path.join(folder, 'one-segment.mp4');
    await writeFile(file, Buffer.concat([init, await readFile(segment)]));
    const flags = await run('ffprobe', ['-v', 'error', '-select_streams', 'v',
      '-read_intervals', '%+#1', '-show_entries', 'packet=flags',
      '-of', 'csv=p=0', file]);
    assert.match(flags, /^K/, `${segment} starts with a key frame`);
  }
};

const checkBoxes = async (name, route) => {
  const { mpd, tracks } = await packageOf(name, route);
  const { constantIv, ...tenc } = protection(await readFile(mpd.video.init));
  assert.notEqual(Number(`0x${constantIv}`), 0, 'an IV by chance');
  assert.deepEqual(tenc, {
    scheme: 'cbcs',
    schemeVersion: 0x10000,
    version: 1,
    crypt: 1,
    skip: 9,
    isProtected: 1,
    ivSize: 0,
    kid: KEY.kid,
    constantIvSize: 16,
  });

  const track = await readFile(tracks.video);
  const runs = find(track, 'traf').length;
  for (const type of ['senc', 'saiz', 'saio'])
    assert.equal(find(track, type).length, runs, `a ${type} in each traf`);
  for (const { body } of find(track, 'saio'))
    assert.equal(body.readUInt32BE((body[3] & 1) ? 12 : 4), 1, 'one offset');

  if (mpd.audio) {
    const audio = await readFile(tracks.audio);
    assert.equal(protection(audio), null);
    assert.equal(find(audio, 'senc').length, 0);
  }
};

const ticks = (set) => 1 / set.timescale;

const checkShakaDecrypts = async (name, route) => {
  const { mpd, tracks } = await packageOf(name, route);
  const clear = await probe(await decryptByShaka(tracks.video, 'video'), 'v');
  const wanted = await videoOf(name);
  assertSamePayload(clear, wanted);
  assertSameTimes(clear, wanted, ticks(mpd.video));
};

const checkFfmpegDecrypts = async (name, route) => {
  const { manifest, mpd } = await packageOf(name, route);
  const wanted = await videoOf(name);
  const clear = await probe(manifest, 'v', ['-cenc_decryption_key', KEY.key]);
  assertSamePayload(clear, wanted);
  assertSameTimes(clear, wanted, ticks(mpd.video));

  // Its other way in, one file; of several joined it decrypts the first only.
  const file = path.join(folder, 'first-segment.mp4');
  const parts = [mpd.video.init, mpd.video.segments[0]];
  await writeFile(file,
    Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  const first = await probe(file, 'v', ['-decryption_key', KEY.key]);
  assertSamePayload(first, wanted.slice(0, first.length));
};

const checkOwnDecryptor = async (name, route) => {
  const { mpd, tracks } = await packageOf(name, route);
  const keyFile = await writeKey(folder, KEY.key);
  const clear = await deliver(tracks.video,
    `qtdemux ! cbcsdec key-file=${keyFile}`);
  const wanted = await videoOf(name);
  assertSamePayload(clear, wanted);
  assertSameTimes(clear, wanted, ticks(mpd.video));
};

// Shaka Packager counts slice headers on its own. With the same IV not only
// the ranges but all encrypted bytes have to be the same.
const checkSameAsShaka = async (name, route) => {
  const { manifest, tracks } = await packageOf(name, route);
  const { constantIv } = protection(await readFile(tracks.video));
  const theirs = await encryptByShaka(await inputOf(name), folder, constantIv);
  const [our, their] = await Promise.all([tracks.video, theirs].map(
    async (file) => subsamples(await readFile(file))));
  const wanted = await videoOf(name);
  assert.equal(our.length, wanted.length, 'a senc entry for each sample');
  for (const [i, pairs] of our.entries()) {
    assert.equal(sampleLength(pairs), wanted[i].size, `length of sample ${i}`);
    assert.deepEqual(protectedRanges(pairs), protectedRanges(their[i]),
      `protected bytes of sample ${i}`);
  }
  assertSamePayload(await probe(manifest, 'v'), await probe(theirs, 'v'));
};

const checkNeedsKey = async (name, route) => {
  const { manifest } = await packageOf(name, route);
  const wanted = await videoOf(name);
  const without = await probe(manifest, 'v');
  const wrong = await probe(manifest, 'v', ['-cenc_decryption_key', KEY.wrong]);
  for (const samples of [without, wrong]) {
    assert.equal(samples.length, wanted.length);
    for (const [i, sample] of samples.entries()) {
      // A slice of less than one block has nothing to encrypt.
      if (sample.size > 200)
        assert.notEqual(sample.digest, wanted[i].digest, `sample ${i}`);
    }
  }
};

const checkClearSound = async (name, route) => {
  const { manifest, mpd } = await packageOf(name, route);
  const wanted = await audioOf(name, route);
  const sound = await probe(manifest, 'a');
  assertSamePayload(sound, wanted);
  assertSameTimes(sound, wanted, ticks(mpd.audio));
};

const checks = {
  'the manifest is valid and complete': checkManifest,
  'segments start with a key frame': checkSegmentStarts,
  'the boxes say cbcs': checkBoxes,
  'Shaka Packager gives back every access unit': checkShakaDecrypts,
  'ffmpeg gives back every access unit': checkFfmpegDecrypts,
  'qtdemux and cbcsdec give back every access unit': checkOwnDecryptor,
  'the bytes are those that Shaka Packager encrypts': checkSameAsShaka,
  'no picture without the key or with a wrong one': checkNeedsKey,
  'the sound is in the clear': checkClearSound,
};

for (const route of ['qtdemux line', 'program']) {
  for (const name of Object.keys(media)) {
    for (const [what, check] of Object.entries(checks)) {
      if (check === checkClearSound && !media[name].sound)
        continue;
      test(`${route}: ${name}: ${what}`, () => check(name, route));
    }
  }
}

// parsebin brings h264parse, which writes the parameter sets into the first
// access unit. All others are the input's.
const checkParsebin = async (name) => {
  const route = 'parsebin line';
  await checkManifest(name, route);
  const { manifest, mpd } = await packageOf(name, route);
  const wanted = await videoOf(name);
  const clear = await probe(manifest, 'v', ['-cenc_decryption_key', KEY.key]);
  assert.ok(clear[0].size >= wanted[0].size);
  assertSamePayload(clear.slice(1), wanted.slice(1));
  assertSameTimes(clear, wanted, ticks(mpd.video));
  if (media[name].sound)
    await checkClearSound(name, route);
};

for (const name of Object.keys(media)) {
  test(`parsebin line: ${name}`,
    { skip: media[name].noParsebin ?? false }, () => checkParsebin(name));
}

const checkEncryptedSound = async (name, route) => {
  const { manifest, mpd, tracks } = await packageOf(name, route, true);
  const wanted = await audioOf(name, route);
  const tenc = protection(await readFile(mpd.audio.init));
  assert.deepEqual([tenc.version, tenc.crypt, tenc.skip, tenc.ivSize],
    [1, 0, 0, 0]);
  assert.ok(mpd.audio.protections > 0);

  const keyFile = await writeKey(folder, KEY.key);
  const judges = {
    shaka: await probe(await decryptByShaka(tracks.audio, 'audio'), 'a'),
    ffmpeg: await probe(manifest, 'a', ['-cenc_decryption_key', KEY.key]),
    cbcsdec: await deliver(tracks.audio,
      `qtdemux ! cbcsdec key-file=${keyFile}`),
  };
  for (const samples of Object.values(judges)) {
    assertSamePayload(samples, wanted);
    assertSameTimes(samples, wanted, ticks(mpd.audio));
  }

  const without = await probe(manifest, 'a');
  for (const [i, sample] of without.entries()) {
    if (sample.size >= 16)
      assert.notEqual(sample.digest, wanted[i].digest, `frame ${i}`);
  }
};

for (const route of Object.keys(routes)) {
  test(`${route}: encrypted sound comes back`,
    () => checkEncryptedSound('B-frames', route));
}
