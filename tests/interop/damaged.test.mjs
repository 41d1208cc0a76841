// SPDX-License-Identifier: LGPL-2.1-or-later
// What cannot be taken: an end with a reason, no hang, and nothing half-written.

import assert from 'node:assert/strict';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { containers, inputs, makeInput, makeReorderedAvi }
  from './support/media.mjs';
import { exists } from './support/package.mjs';
import { ffmpeg, makeFolder, run } from './support/run.mjs';
import { probe } from './support/samples.mjs';

const folder = await makeFolder();

const inContainer = (container) => makeInput(Object.keys(inputs)
  .find((name) => inputs[name].container === container));

const refused = async (input, reason) => {
  const out = path.join(folder, 'refused');
  const file = path.join(folder, 'refused.mp4');
  for (const args of [['gops', input], ['slice', input, '0', file],
    ['package', input, out, '--hls', '--encrypt', 'none']]) {
    await assert.rejects(run('haberdash', args, { limit: 20_000 }), reason,
      args[0]);
  }
  assert.equal(await exists(out), false);
};

test('B-frames in AVI, which has no times for them', async () => {
  await refused(await makeReorderedAvi(), /B-frames/);
});

test('Matroska without video', async () => {
  const input = path.join(folder, 'sound.mkv');
  await ffmpeg('-f', 'lavfi', '-i', 'sine', '-t', '1', '-c:a', 'aac', input);
  await refused(input, /no video/);
});

test('nothing but noise, with the start of a container', async () => {
  const noise = Buffer.alloc(4096);
  for (let i = 0, x = 1; i < noise.length; i++) {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    noise[i] = x >> 16;
  }
  for (const name of ['Matroska', 'MPEG-TS', 'FLV', 'AVI', 'fragmented MP4']) {
    const start = (await readFile(await inContainer(name))).subarray(0, 32);
    const input = path.join(folder, 'noise');
    await writeFile(input, Buffer.concat([start, noise]));
    await refused(input, /status 65/);
  }
});

// What is told of a file that is cut off is whole GOPs and pictures of it.
const checkCutOff = async (container) => {
  const input = await inContainer(container);
  const { size } = await stat(input);
  const copy = path.join(folder, `cut-off.${containers[container].ending}`);
  const whole = (await probe(input, 'v')).length;
  for (const part of [0.5, 0.9, 0.05, 0.001]) {
    await writeFile(copy, await readFile(input));
    await truncate(copy, Math.floor(size * part));
    const gops = await run('haberdash', ['gops', '--json', copy],
      { limit: 20_000 }).catch((error) => {
      assert.match(error.message, /status 65/);
      return '[]';
    });
    const frames = JSON.parse(gops).reduce((sum, gop) => sum + gop.frames, 0);
    assert.ok(frames < whole, `${frames} of ${whole} at ${part}`);
  }
};

for (const container of Object.keys(containers))
  test(`${container}: cut off`, () => checkCutOff(container));

// --- streams that begin late ---------------------------------------------------

// Three GOPs of 25 pictures, with sound.
let made;
const makeWhole = () => (made ??= (async () => {
  const whole = path.join(folder, 'whole.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25',
    '-f', 'lavfi', '-i', 'sine', '-t', '3', '-c:v', 'libx264', '-g', '25',
    '-c:a', 'aac', whole);
  return whole;
})());

// The demuxer of FLV finds a stream with its first sample.
test('FLV whose sound begins before its pictures', async () => {
  const whole = await makeWhole();
  const input = path.join(folder, 'late.flv');
  const out = path.join(folder, 'late');
  const gop = path.join(folder, 'late-gop.mp4');
  await ffmpeg('-itsoffset', '0.5', '-i', whole, '-i', whole, '-map', '0:v',
    '-map', '1:a', '-c', 'copy', input);
  const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
  assert.deepEqual(gops.map(({ frames }) => frames), [25, 25, 25]);
  await run('haberdash', ['slice', input, '1', gop]);
  assert.equal((await probe(gop, 'v')).length, 25);
  // The second time there is a presentation already.
  for (let i = 0; i < 2; i++) {
    await run('haberdash', ['package', input, out, '--encrypt', 'none']);
    await run('haberdash', ['verify', out]);
  }
  assert.equal((await probe(path.join(out, 'stream.mpd'), 'v')).length, 75);
  assert.equal((await probe(path.join(out, 'stream.mpd'), 'a')).length,
    (await probe(input, 'a')).length);
});

test('FLV without video', async () => {
  const input = path.join(folder, 'sound.flv');
  await ffmpeg('-i', await makeWhole(), '-map', '0:a', '-c', 'copy', input);
  await refused(input, /no video/);
});

// The first 10 pictures are gone, with the key frame that the others of their GOP
// need.
const makeHeadless = async (ending) => {
  const file = path.join(folder, `headless.${ending}`);
  await ffmpeg('-i', await makeWhole(), '-c', 'copy', '-copyinkf', '-bsf:v',
    "noise=amount=0:drop='lt(n,10)'", file);
  return file;
};

for (const ending of ['mp4', 'mkv', 'flv']) {
  test(`${ending} that begins in the middle of a GOP`, async () => {
    const input = await makeHeadless(ending);
    const out = path.join(folder, `headless-${ending}`);
    const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
    assert.deepEqual(gops.map(({ kind, frames }) => [kind, frames]),
      [['none', 15], ['idr', 25], ['idr', 25]]);
    const { notes } = JSON.parse(await run('haberdash', ['package', input, out,
      '--encrypt', 'none', '--json']));
    assert.equal(notes.length, 1);
    assert.match(notes[0], /begins with 15 pictures that cannot be decoded/);
    await run('haberdash', ['verify', out]);
    const segment = path.join(folder, `headless-${ending}.mp4`);
    const parts = ['init.mp4', '1.m4s'].map((name) =>
      readFile(path.join(out, 'video_0', name)));
    await writeFile(segment, Buffer.concat(await Promise.all(parts)));
    const [first] = await probe(segment, 'v');
    assert.ok(Math.abs(first.pts - gops[1].pts_time) < 0.001, first.pts);
    assert.ok(first.key);
    await ffmpeg('-xerror', '-i', segment, '-f', 'null', '-');
  });
}
