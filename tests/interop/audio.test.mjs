// SPDX-License-Identifier: LGPL-2.1-or-later
// Audio codecs beside one small video: what is packaged, in the clear and
// encrypted, judged by ffmpeg, Shaka Packager and GStreamer's own demuxer.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { find, protection } from './support/mp4.mjs';
import { decryptByShaka, routes } from './support/package.mjs';
import { ffmpeg, KEY, makeFolder, run, writeKey } from './support/run.mjs';
import {
  assertSamePayload, assertSameTimes, deliver, probe,
} from './support/samples.mjs';

const MPEG = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';
const CICP = 'urn:mpeg:mpegB:cicp:ChannelConfiguration';
const DOLBY = 'tag:dolby.com,2014:dash:audio_channel_configuration:2011';

// encode: ffmpeg's options; channels: [scheme, value] in the manifest; box:
// the configuration that has to be the one of the input.
const sounds = {
  'AAC stereo': {
    encode: ['-c:a', 'aac', '-ac', '2'],
    name: 'aac', rate: 48000, count: 2,
    codecs: 'mp4a.40.2', channels: [MPEG, '2'],
  },
  'AAC 5.1 at 44.1 kHz': {
    encode: ['-c:a', 'aac', '-ac', '6', '-ar', '44100'],
    name: 'aac', rate: 44100, count: 6,
    codecs: 'mp4a.40.2', channels: [MPEG, '6'],
  },
  'Opus stereo': {
    encode: ['-c:a', 'libopus', '-ac', '2'],
    name: 'opus', rate: 48000, count: 2,
    codecs: 'opus', channels: [MPEG, '2'], box: 'dOps',
  },
  'Opus of long and short packets': {
    encode: ['-c:a', 'libopus', '-ac', '1', '-frame_duration', '60',
      '-application', 'lowdelay'],
    name: 'opus', rate: 48000, count: 1,
    codecs: 'opus', channels: [MPEG, '1'], box: 'dOps',
  },
  'Opus 5.1': {
    encode: ['-c:a', 'libopus', '-ac', '6'],
    name: 'opus', rate: 48000, count: 6,
    codecs: 'opus', channels: [MPEG, '6'], box: 'dOps',
  },
  'Opus 7.1': {
    encode: ['-c:a', 'libopus', '-af', 'aformat=channel_layouts=7.1',
      '-mapping_family', '1'],
    name: 'opus', rate: 48000, count: 8,
    codecs: 'opus', channels: [CICP, '12'], box: 'dOps',
  },
  'AC-3 5.1': {
    encode: ['-c:a', 'ac3', '-ac', '6'],
    name: 'ac3', rate: 48000, count: 6,
    codecs: 'ac-3', channels: [DOLBY, 'F801'], box: 'dac3',
  },
  'AC-3 stereo at 44.1 kHz': {
    encode: ['-c:a', 'ac3', '-ac', '2', '-ar', '44100'],
    name: 'ac3', rate: 44100, count: 2,
    codecs: 'ac-3', channels: [DOLBY, 'A000'], box: 'dac3',
  },
  'E-AC-3 5.1': {
    encode: ['-c:a', 'eac3', '-ac', '6'],
    name: 'eac3', rate: 48000, count: 6,
    codecs: 'ec-3', channels: [DOLBY, 'F801'], box: 'dec3',
  },
  'E-AC-3 mono at 32 kHz': {
    encode: ['-c:a', 'eac3', '-ac', '1', '-ar', '32000'],
    name: 'eac3', rate: 32000, count: 1,
    codecs: 'ec-3', channels: [DOLBY, '4000'], box: 'dec3',
  },
  'FLAC stereo': {
    encode: ['-c:a', 'flac', '-ac', '2'],
    name: 'flac', rate: 48000, count: 2,
    codecs: 'flac', channels: [MPEG, '2'], box: 'dfLa',
  },
  'FLAC of 24 bits at 96 kHz': {
    encode: ['-c:a', 'flac', '-ac', '2', '-ar', '96000', '-sample_fmt', 's32'],
    name: 'flac', rate: 96000, count: 2,
    codecs: 'flac', channels: [MPEG, '2'], box: 'dfLa',
  },
  'MP3 stereo': {
    encode: ['-c:a', 'libmp3lame', '-ac', '2'],
    name: 'mp3', rate: 48000, count: 2,
    codecs: 'mp4a.6B', channels: [MPEG, '2'], clearOnly: true,
  },
  'MP3 mono at 22.05 kHz': {
    encode: ['-c:a', 'libmp3lame', '-ac', '1', '-ar', '22050'],
    name: 'mp3', rate: 22050, count: 1,
    codecs: 'mp4a.69', channels: [MPEG, '1'], clearOnly: true,
  },
};

const folder = await makeFolder();
const made = new Map();
const once = (key, make) => {
  if (!made.has(key))
    made.set(key, make());
  return made.get(key);
};

const inputOf = (name) => once(`input ${name}`, async () => {
  const file = path.join(folder, `${name.replaceAll(/\W/g, '-')}.mp4`);
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25',
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '5',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50',
    ...sounds[name].encode, '-strict', '-2', file);
  return file;
});
const packageOf = (name, route, all = false) =>
  once(`package ${name} ${route} ${all}`,
    async () => routes[route](await inputOf(name), folder, all));
const wantedOf = (name) => once(`wanted ${name}`,
  async () => probe(await inputOf(name), 'a'));

// The encoder delay, not only the distances: what is heard at 0 is the same.
const assertSameStart = async (name, track, tick) => {
  const [wanted] = await probe(await inputOf(name), 'a');
  const [got] = await probe(track, 'a');
  assert.ok(Math.abs(got.pts - wanted.pts) <= tick + 2e-6,
    `begins at ${got.pts}, the input at ${wanted.pts}`);
};

const checkManifest = async (name) => {
  const { mpd: { audio } } = await packageOf(name, 'program');
  assert.equal(audio.codecs, sounds[name].codecs);
  assert.deepEqual([audio.channels.scheme, audio.channels.value],
    sounds[name].channels);
};

const checkDescription = async (name) => {
  const { tracks, mpd: { audio } } = await packageOf(name, 'program');
  const text = await run('ffprobe', ['-v', 'error', '-show_entries',
    'stream=codec_name,sample_rate,channels', '-of', 'json', tracks.audio]);
  const [stream] = JSON.parse(text).streams;
  assert.equal(stream.codec_name, sounds[name].name);
  assert.equal(Number(stream.sample_rate), sounds[name].rate);
  assert.equal(stream.channels, sounds[name].count);

  const { box } = sounds[name];
  if (!box)
    return;
  const [[ours], [theirs]] = await Promise.all(
    [audio.init, await inputOf(name)].map(
      async (file) => find(await readFile(file), box)));
  assert.equal(ours.body.toString('hex'), theirs.body.toString('hex'));
};

const checkClear = async (name) => {
  const { manifest, mpd, tracks } = await packageOf(name, 'program');
  const tick = 1 / mpd.audio.timescale;
  const wanted = await wantedOf(name);
  const sound = await probe(manifest, 'a');
  assert.equal(protection(await readFile(mpd.audio.init)), null);
  assertSamePayload(sound, wanted);
  assertSameTimes(sound, wanted, tick);
  await assertSameStart(name, tracks.audio, tick);
};

const decode = async (file) => {
  const output = `${file}.pcm`;
  await ffmpeg('-xerror', '-i', file, '-map', '0:a', '-f', 's16le', output);
  const samples = await readFile(output);
  await rm(output);
  return samples;
};

// In files of fragments ffmpeg does not cut off what an edit list does, but it
// cuts off what dOps does.
const checkDecoded = async (name) => {
  const { tracks } = await packageOf(name, 'program');
  const { rate, count } = sounds[name];
  const [{ pts }] = await probe(tracks.audio, 'a');
  const ours = await decode(tracks.audio);
  const theirs = await decode(await inputOf(name));
  const delay = name.startsWith('Opus') ? 0 : Math.round(-pts * rate);
  const heard = ours.subarray(delay * count * 2);
  const length = Math.min(heard.length, theirs.length);
  assert.ok(length > 4.8 * rate * count * 2, `${length} bytes`);
  assert.ok(heard.subarray(0, length).equals(theirs.subarray(0, length)));
};

const checkEncrypted = async (name) => {
  const { manifest, mpd, tracks } = await packageOf(name, 'program', true);
  const tick = 1 / mpd.audio.timescale;
  const wanted = await wantedOf(name);
  const { version, crypt, skip, ivSize } =
    protection(await readFile(mpd.audio.init));
  assert.deepEqual([version, crypt, skip, ivSize], [1, 0, 0, 0]);

  const keyFile = await writeKey(folder, KEY.key);
  const judges = {
    shaka: await probe(await decryptByShaka(tracks.audio, 'audio'), 'a'),
    ffmpeg: await probe(manifest, 'a', ['-cenc_decryption_key', KEY.key]),
    cbcsdec: await deliver(tracks.audio,
      `qtdemux ! cbcsdec key-file=${keyFile}`),
  };
  for (const samples of Object.values(judges)) {
    assertSamePayload(samples, wanted);
    assertSameTimes(samples, wanted, tick);
  }
  await assertSameStart(name, tracks.audio, tick);

  const without = await deliver(tracks.audio, 'qtdemux');
  assert.equal(without.length, wanted.length);
  for (const [i, sample] of without.entries()) {
    if (sample.size >= 16)
      assert.notEqual(sample.digest, wanted[i].digest, `frame ${i}`);
  }
};

const checkRefused = (name) => assert.rejects(
  packageOf(name, 'program', true),
  /The stream cannot be encrypted: no standard says how MP3 is encrypted/);

for (const [name, { clearOnly = false }] of Object.entries(sounds)) {
  test(`${name}: the manifest`, () => checkManifest(name));
  test(`${name}: the sample entry`, () => checkDescription(name));
  test(`${name}: every frame, in the clear`, () => checkClear(name));
  test(`${name}: it sounds as the input does`, () => checkDecoded(name));
  if (clearOnly)
    test(`${name}: encryption is refused`, () => checkRefused(name));
  else
    test(`${name}: every frame, encrypted`, () => checkEncrypted(name));
}
