// SPDX-License-Identifier: LGPL-2.1-or-later
// Sound as a decoder finds it in a package: its description and what is heard.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { inputs, makeInput } from './support/media.mjs';
import { find } from './support/mp4.mjs';
import { packageByProgram } from './support/package.mjs';
import { ffmpeg, makeFolder, run } from './support/run.mjs';
import { probe } from './support/samples.mjs';
import { sounds } from './support/streams.mjs';

// The configuration that has to be the one of the input.
const BOXES = {
  opus: 'dOps', ac3: 'dac3', eac3: 'dec3', flac: 'dfLa',
};

const folder = await makeFolder();

const made = new Map();
const packageOf = (name) => {
  if (!made.has(name))
    made.set(name, makeInput(name).then((input) => packageByProgram(input,
      path.join(folder, String(made.size)), { encrypt: 'none' })));
  return made.get(name);
};

const checkDescription = async (name) => {
  const { tracks, mpd: { audio } } = await packageOf(name);
  const { codec, rate, count } = sounds[inputs[name].sound];
  const text = await run('ffprobe', ['-v', 'error', '-show_entries',
    'stream=codec_name,sample_rate,channels', '-of', 'json', tracks.audio]);
  const [stream] = JSON.parse(text).streams;
  assert.equal(stream.codec_name, codec);
  assert.equal(Number(stream.sample_rate), rate);
  assert.equal(stream.channels, count);

  if (!BOXES[codec])
    return;
  const [[ours], [theirs]] = await Promise.all(
    [audio.init, await makeInput(name)].map(
      async (file) => find(await readFile(file), BOXES[codec])));
  assert.equal(ours.body.toString('hex'), theirs.body.toString('hex'));
};

// The encoder delay, not only the distances: what is heard at 0 is the same.
const checkStart = async (name) => {
  const { tracks, mpd } = await packageOf(name);
  const [wanted] = await probe(await makeInput(name), 'a');
  const [got] = await probe(tracks.audio, 'a');
  assert.ok(Math.abs(got.pts - wanted.pts) <= 1 / mpd.audio.timescale + 2e-6,
    `begins at ${got.pts}, the input at ${wanted.pts}`);
};

const decode = async (file) => {
  const output = `${file}.${process.pid}.pcm`;
  await ffmpeg('-xerror', '-i', file, '-map', '0:a', '-f', 's16le', output);
  const samples = await readFile(output);
  await rm(output);
  return samples;
};

// In files of fragments ffmpeg does not cut off what an edit list does, but it
// cuts off what dOps does.
const checkDecoded = async (name) => {
  const { tracks } = await packageOf(name);
  const { codec, rate, count } = sounds[inputs[name].sound];
  const [{ pts }] = await probe(tracks.audio, 'a');
  const ours = await decode(tracks.audio);
  const theirs = await decode(await makeInput(name));
  const delay = codec === 'opus' ? 0 : Math.round(-pts * rate);
  const heard = ours.subarray(delay * count * 2);
  const length = Math.min(heard.length, theirs.length);
  assert.ok(length > 1.9 * rate * count * 2, `${length} bytes`);
  assert.ok(heard.subarray(0, length).equals(theirs.subarray(0, length)));
};

for (const [name, { container, sound, file }] of Object.entries(inputs)) {
  if (container !== 'MP4' || !sound || file)
    continue;
  test(`${name}: the sample entry`, () => checkDescription(name));
  test(`${name}: the start`, () => checkStart(name));
  test(`${name}: it sounds as the input does`, () => checkDecoded(name));
}
