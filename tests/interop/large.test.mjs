// SPDX-License-Identifier: LGPL-2.1-or-later
// Files of more than 4 GiB: offsets that need 64 bits are read as they are.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { makeLarge } from './support/large.mjs';
import { ffmpeg, makeFolder, run } from './support/run.mjs';
import { assertSamePayload, probe } from './support/samples.mjs';

const folder = await makeFolder();
const small = path.join(folder, 'small.mp4');
const large = path.join(folder, 'large.mp4');

await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-f', 'lavfi',
  '-i', 'sine=sample_rate=48000', '-t', '6', '-c:v', 'libx264', '-pix_fmt',
  'yuv420p', '-x264-params', 'keyint=25:bframes=2', '-c:a', 'aac', small);
await makeLarge(small, large);

test('the file is what it is meant to be', async () => {
  const { size, blocks } = await stat(large);
  assert.ok(size > 2 ** 32);
  assert.ok(blocks * 512 < 2 ** 24, 'the hole takes no room');
  assertSamePayload(await probe(large, 'v'), await probe(small, 'v'));
});

test('its GOPs are where they are', async () => {
  const [got, wanted] = await Promise.all([large, small].map(
    async (file) => JSON.parse(await run('haberdash', ['gops', '--json', file]))));
  assert.equal(got.length, 6);
  const shifts = got.map((gop, i) => gop.first_byte - wanted[i].first_byte);
  assert.ok(shifts.some((shift) => shift < 2 ** 20));
  assert.ok(shifts.some((shift) => shift > 2 ** 32));
  for (const [i, gop] of got.entries()) {
    assert.equal(gop.frames, wanted[i].frames);
    assert.equal(gop.pts_time, wanted[i].pts_time);
    assert.ok(gop.first_byte + gop.size <= gop.end_byte);
  }
});

test('a GOP behind 4 GiB is cut out', async () => {
  const [ours, theirs] = await Promise.all([large, small].map(async (file) => {
    const out = `${file}.5.mp4`;
    await run('haberdash', ['slice', file, '5', out]);
    return probe(out, 'v');
  }));
  assert.equal(ours.length, 25);
  assertSamePayload(ours, theirs);
});

test('it is packaged', async () => {
  const out = path.join(folder, 'out');
  await run('haberdash', ['package', large, out, '--encrypt', 'none']);
  const manifest = path.join(out, 'stream.mpd');
  assertSamePayload(await probe(manifest, 'v'), await probe(small, 'v'));
  const wanted = await probe(small, 'a');
  assertSamePayload(await probe(manifest, 'a'), wanted);
});
