// SPDX-License-Identifier: LGPL-2.1-or-later
// Posters and pictures of GOPs, held against the frames that ffmpeg decodes.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  addInput, exec, get, isEmpty, makeFolder, problem, send, startService, until, upload,
} from './service.mjs';

const ffmpeg = (args) => exec('ffmpeg', ['-nostdin', '-v', 'error', ...args],
  { encoding: 'buffer', maxBuffer: 1 << 26 });

const makeVideo = async (folder, name, options) => {
  const file = path.join(folder, name);
  await ffmpeg([...options, file]);
  return fs.readFile(file);
};

const asPixels = async (file, n, size) => (await ffmpeg(['-i', file,
  '-vf', `select=eq(n\\,${n}),scale=${size}:flags=bilinear`, '-frames:v', '1',
  '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'])).stdout;

const sizeOf = async (file) => (await exec('ffprobe', ['-v', 'error', '-show_entries',
  'stream=codec_name,width,height', '-of', 'csv=p=0', file])).stdout.trim();

// Asserts that a JPEG shows frame number n of a file.
const compare = async (folder, jpeg, file, n, size) => {
  const picture = path.join(folder, `picture-${Math.random()}.jpg`);
  await fs.writeFile(picture, jpeg);
  assert.equal(await sizeOf(picture), `mjpeg,${size.replace(':', ',')}`);
  const shown = await asPixels(picture, 0, size);
  const frame = await asPixels(file, n, size);
  assert.equal(shown.length, frame.length);
  let sum = 0;
  for (let i = 0; i < shown.length; i++)
    sum += Math.abs(shown[i] - frame[i]);
  assert.ok(sum / shown.length < 6, `${file} ${n}: ${sum / shown.length} apart`);
};

test('a picture of each GOP', async (t) => {
  const service = await startService(t);
  const folder = await makeFolder(t);
  const bytes = await makeVideo(folder, 'clip.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25',
    '-t', '3', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2']);
  await upload(service, 'a.mp4', bytes);
  for (const [gop, query, size] of [[0, '', '320:180'], [2, '', '320:180'], [1, '?width=160', '160:90'],
    [1, '?width=3840', '320:180']]) {
    const answer = await get(service.api, `/videos/a.mp4/group-of-pictures/${gop}.jpg${query}`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'image/jpeg');
    await compare(folder, answer.body, path.join(folder, 'clip.mp4'), gop * 25, size);
  }
  const target = '/videos/a.mp4/group-of-pictures/0.jpg';
  const { etag } = (await get(service.api, target)).headers;
  assert.equal((await get(service.api, target, { 'If-None-Match': etag })).status, 304);
  assert.equal((await send(service.api, 'HEAD', target)).status, 200);
  for (const [status, asked] of [[404, '3.jpg'], [404, '0-1.jpg'], [404, 'x.jpg'], [404, '-1.jpg'],
    [400, '0.jpg?width=15'], [400, '0.jpg?width=3841'], [400, '0.jpg?width=x']])
    problem(assert, await get(service.api, `/videos/a.mp4/group-of-pictures/${asked}`), status);
  problem(assert, await get(service.api, '/videos/none.mp4/group-of-pictures/0.jpg'), 404);

  const many = await Promise.all(Array.from({ length: 6 }, () => get(service.api, `${target}?width=100`)));
  assert.equal(new Set(many.map(({ headers }) => headers.etag)).size, 1);
  await until(() => isEmpty(service, 'work'), 'the child ends');
  await send(service.api, 'DELETE', '/input_content/1');
  assert.ok(await isEmpty(service, 'cuts'));
});

test('of every codec, of pixels that are not square, and of a picture to be turned', async (t) => {
  const service = await startService(t);
  const folder = await makeFolder(t);
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10', '-t', '2'];
  await makeVideo(folder, 'h264.mp4', [...source, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10']);
  const rows = [
    ['h265.mp4', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'keyint=10:log-level=none',
      '-tag:v', 'hvc1'], '320:180'],
    ['av1.mp4', ['-c:v', 'libaom-av1', '-cpu-used', '8', '-g', '10', '-usage', 'realtime'], '320:180'],
    ['vp9.mp4', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10'], '320:180'],
    ['h264.ts', ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10'], '320:180'],
    ['sar.mp4', ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-vf', 'setsar=2/1'], '320:90'],
  ];
  await ffmpeg(['-i', path.join(folder, 'h264.mp4'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90',
    path.join(folder, 'turned.mp4')]);
  const turned = await upload(service, 'turned.mp4', await fs.readFile(path.join(folder, 'turned.mp4')));
  assert.equal(turned.status, 201);
  for (const [width, size] of [[320, '180:320'], [90, '90:160']]) {
    const answer = await get(service.api, `/videos/turned.mp4/group-of-pictures/1.jpg?width=${width}`);
    await compare(folder, answer.body, path.join(folder, 'turned.mp4'), 10, size);
  }
  for (const [name, options, size] of rows) {
    const made = await upload(service, name, await makeVideo(folder, name, [...source, ...options]));
    assert.equal(made.status, 201, made.text);
    const answer = await get(service.api, `/videos/${name}/group-of-pictures/1.jpg`);
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    await compare(folder, answer.body, path.join(folder, name), 10, size);
  }
});

test('a poster is no black picture where there is another', async (t) => {
  const service = await startService(t);
  const folder = await makeFolder(t);
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '10'];
  const late = await makeVideo(folder, 'late.mp4', ['-f', 'lavfi', '-i',
    'color=black:size=320x180:rate=10:duration=4', '-f', 'lavfi', '-i',
    'testsrc2=size=320x180:rate=10:duration=6', '-filter_complex', '[0][1]concat', ...encode]);
  const black = await makeVideo(folder, 'black.mp4', ['-f', 'lavfi', '-i',
    'color=black:size=320x180:rate=10:duration=3', ...encode]);
  await upload(service, 'late.mp4', late);
  await upload(service, 'black.mp4', black);
  await addInput(service, 'light.mp4');
  const poster = (id, query = '') => get(service.api, `/input_content/${id}/poster${query}`);

  // of ten GOPs number 1 and 2 are black, 5 is not
  await compare(folder, (await poster(1)).body, path.join(folder, 'late.mp4'), 50, '320:180');
  await compare(folder, (await poster(1, '?width=160')).body, path.join(folder, 'late.mp4'), 50, '160:90');
  assert.equal((await poster(2)).status, 200);
  const light = await poster(3);
  assert.equal(light.headers['content-type'], 'image/jpeg');
  assert.ok(light.headers.etag);
  problem(assert, await poster(4), 404);
  problem(assert, await poster('x'), 404);
  problem(assert, await poster(1, '?width=0'), 400);
});
