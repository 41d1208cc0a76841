// SPDX-License-Identifier: LGPL-2.1-or-later
// The application of examples/: what it makes is a presentation, and where it
// fails there is none.

import assert from 'node:assert/strict';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { call, ffmpeg, KEY, makeFolder, run, writeKey } from './support/run.mjs';

const folder = await makeFolder();
const movie = path.join(folder, 'a movie ! with name=in.mp4');
const key = await writeKey(folder, KEY.key);
await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi',
  '-i', 'sine=frequency=440:sample_rate=48000', '-t', '6', '-c:v', 'libx264',
  '-pix_fmt', 'yuv420p', '-g', '25', '-c:a', 'aac', movie);

// The status, and what it said.
const packageIt = (input, manifest, kid = KEY.kid) =>
  call(process.env.EXAMPLE_PACKAGE, [input, manifest, kid, key]);
const isThere = (file) => access(file).then(() => true, () => false);

test('it packages, and says so', async () => {
  const manifest = path.join(folder, 'out', 'stream.mpd');
  const { status, stdout, stderr } = await packageIt(movie, manifest);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /stream\.mpd\n$/);
  assert.match(stderr, /video_0\/1\.m4s/);
  const keys = path.join(folder, 'keys.txt');
  await writeFile(keys, `${KEY.kid}:${KEY.key}\n`);
  const { tracks, valid } = JSON.parse(await run('haberdash',
    ['verify', manifest, '--key-file', keys, '--json']));
  assert.ok(valid);
  const video = tracks.find((track) => track.mime_type === 'video/mp4');
  assert.equal(video.samples, 150);
  assert.equal(video.decrypted_samples, 150);
  assert.equal(tracks.length, 2);
});

test('a file that is cut off leaves no manifest', async () => {
  const bytes = await readFile(movie);
  const broken = path.join(folder, 'broken.mp4');
  // Its table is at the end: there is none.
  await writeFile(broken, bytes.subarray(0, bytes.length / 2));
  const manifest = path.join(folder, 'broken', 'stream.mpd');
  const { status, stderr } = await packageIt(broken, manifest);
  assert.equal(status, 1);
  assert.ok(stderr.startsWith(`${broken}: `), stderr);
  assert.ok(!await isThere(manifest));
});

test('an error takes away what an earlier run left', async () => {
  const manifest = path.join(folder, 'old', 'stream.mpd');
  await mkdir(path.dirname(manifest));
  await writeFile(manifest, '<MPD/>');
  const { status, stderr } = await packageIt(path.join(folder, 'none.mp4'), manifest);
  assert.equal(status, 1);
  assert.match(stderr, /none\.mp4/);
  assert.ok(!await isThere(manifest));
});

test('a key that is none', async () => {
  const { status, stderr } = await packageIt(movie, path.join(folder, 'kid', 'stream.mpd'), 'no-kid');
  assert.equal(status, 1, stderr);
});
