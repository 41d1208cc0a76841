// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory does not grow with the file: an upload and a package of 2 GB, once of
// many GOPs and once of one. Nor with the number of uploads.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';

import { childrenOf, exec, makeClip, startService } from '../launcher/service.mjs';
import {
  getJson, peakMemory, requestPackage, until, upload,
} from './client.mjs';

const LIMIT_MB = 64;
const SIZE = 2e9;
const LOOP_SECONDS = 20;
const BITS = 20e6;

const ffmpeg = (...args) =>
  exec('ffmpeg', ['-nostdin', '-v', 'fatal', '-y', ...args]);

// A short encoding without B-frames.
const makeLoop = (file, gop) => ffmpeg(
  '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25,noise=alls=12',
  '-t', `${LOOP_SECONDS}`, '-c:v', 'libx264', '-preset', 'ultrafast',
  '-g', `${gop}`, '-b:v', `${BITS}`, '-minrate', `${BITS}`,
  '-maxrate', `${BITS}`, '-bufsize', `${BITS}`,
  '-x264-params', 'nal-hrd=cbr:aud=0', '-f', 'h264', file);

// Where the first NAL of a picture that is no key frame starts.
const firstDelta = (stream) => {
  for (let at = 0; (at = stream.indexOf('\0\0\u0001', at, 'latin1')) >= 0; at += 3) {
    if ((stream[at + 3] & 31) === 1)
      return at;
  }
  throw new Error('only key frames');
};

// The loop again and again; for one GOP without its key frame, which leaves
// nonsense to look at, but one GOP.
const makeMovie = async (folder, oneGop) => {
  const loop = path.join(folder, 'loop.h264');
  const joined = path.join(folder, 'joined.h264');
  const movie = path.join(folder, 'movie.mp4');
  await makeLoop(loop, oneGop ? 9999 : 50);
  const stream = await readFile(loop);
  const again = oneGop ? stream.subarray(firstDelta(stream)) : stream;
  const file = await open(joined, 'w');
  await file.write(stream);
  for (let size = stream.length; size < SIZE; size += again.length)
    await file.write(again);
  await file.close();
  await ffmpeg('-f', 'h264', '-r', '25', '-i', joined, '-c', 'copy', movie);
  await Promise.all([loop, joined].map((name) => rm(name)));
  return movie;
};

// Looks at the service and its children until the work is done.
const watch = (pid) => {
  const peaks = new Map();
  let running = true;
  const look = async () => {
    for (const each of [pid, ...await childrenOf(pid)])
      peaks.set(each, Math.max(peaks.get(each) ?? 0, await peakMemory(each)));
  };
  const done = (async () => {
    while (running) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return async () => {
    running = false;
    await done;
    await look();
    return peaks;
  };
};

const checkPeaks = (t, service, peaks) => {
  for (const [pid, peak] of peaks) {
    const who = pid === service.pid ? 'the service' : 'a child';
    t.diagnostic(`${who}: ${peak.toFixed(1)} MB`);
    assert.ok(peak < LIMIT_MB, `${who} took ${peak} MB`);
  }
};

for (const oneGop of [false, true]) {
  const what = oneGop ? 'a single GOP' : 'many GOPs';
  test(`2 GB of ${what}`, { timeout: 900_000 }, async (t) => {
    const home = await mkdtemp(path.join(tmpdir(), 'haberdash-memory-'));
    t.after(() => rm(home, { recursive: true, force: true }));
    const movie = await makeMovie(home, oneGop);
    assert.ok((await stat(movie)).size >= SIZE);

    const service = await startService(t, { dataDir: path.join(home, 'data') });
    const stop = watch(service.pid);
    const { input_content_id } = await upload(service.api, movie, 'movie.mp4');
    const { packaged_content_id: id } = await requestPackage(service.api, {
      input_content_id,
      kid: randomBytes(16).toString('hex'),
      key: randomBytes(16).toString('hex'),
    });
    const ended = await until(async () => {
      const item = await getJson(`${service.api}/packaged_content/${id}`);
      return ['Ready', 'Failed'].includes(item.status) && item;
    }, 300_000, 'the package');
    const peaks = await stop();

    assert.equal(ended.status, 'Ready');
    assert.ok(peaks.size > 1, 'children were seen');
    checkPeaks(t, service, peaks);
  });
}

const UPLOADS = 20;
const UPLOAD_SIZE = 100e6;

// A clip with a box behind it that players skip: a hole, which curl sends as
// zeros, and some bytes of its own.
const makeUpload = async (file, clip) => {
  const box = randomBytes(64);
  box.writeUInt32BE(UPLOAD_SIZE - clip.length, 0);
  box.write('free', 4, 'latin1');
  const out = await open(file, 'w');
  await out.write(clip);
  await out.write(box);
  await out.truncate(UPLOAD_SIZE);
  await out.close();
};

test(`${UPLOADS} uploads at once, one of them slow`, { timeout: 900_000 }, async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), 'haberdash-memory-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const clip = await makeClip();
  const files = Array.from({ length: UPLOADS }, (_, i) => path.join(home, `${i}.mp4`));
  for (const file of files)
    await makeUpload(file, clip);

  const service = await startService(t, { dataDir: path.join(home, 'data') });
  const stop = watch(service.pid);
  await Promise.all(files.map((file, i) => exec('curl', ['-sS',
    '--fail-with-body', '--max-time', '600',
    ...i === 0 ? ['--limit-rate', '4M'] : [], '-F', `file=@${file}`,
    `${service.api}/input_content`])));
  const peaks = await stop();

  const inputs = await getJson(`${service.api}/input_content`);
  assert.deepEqual(inputs.map(({ size }) => size), files.map(() => UPLOAD_SIZE));
  assert.ok(peaks.size > 1, 'children were seen');
  checkPeaks(t, service, peaks);
});
