// SPDX-License-Identifier: LGPL-2.1-or-later
// The queue: order, how many at once, progress, further attempts, reasons,
// what is left of packages that do not come to be.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, holdFirst, isEmpty, letGo, makeClip, makeFolder, packageEnd, post,
  problem, send, startService, until, upload, workersOf,
} from './service.mjs';

const wholeRequest = async (service, name) =>
  ({ input_content_id: await addInput(service, name), key: KEY, kid: KID });
const ask = async (service, request) => {
  const answer = await post(service.api, '/packaged_content', request);
  assert.equal(answer.status, 202, answer.text);
  return answer.json.packaged_content_id;
};
const one = async (service, id) => (await get(service.api, `/packaged_content/${id}`)).json;
const readyAt = (item) => item.history.at(-1).at;
const catalogOf = (dataDir) => path.join(dataDir, 'catalog.sqlite');
const sql = async (dataDir, text) => (await exec('sqlite3', [catalogOf(dataDir), text])).stdout.trim();

// begins and ends of packages, in their order.
const steps = (service, which) =>
  [...service.log.matchAll(new RegExp(`message="package (${which})"`, 'g'))].map(([, step]) => step);

test('many at once: all are made, a few at a time', async (t) => {
  const service = await startService(t, { args: ['--jobs', '3'] });
  const request = await wholeRequest(service);
  const ids = await Promise.all(Array.from({ length: 50 }, () => ask(service, { ...request, segment_duration: 60 })));
  assert.equal(new Set(ids).size, 50);
  for (const id of ids) {
    const item = await packageEnd(service, id);
    assert.equal(item.status, 'Ready', item.reason);
    assert.equal(item.attempts, 1);
  }
  await until(() => steps(service, 'ends').length === ids.length, 'the log has the last one');
  assert.equal(steps(service, 'begins').length, ids.length);
  let now = 0;
  for (const step of steps(service, 'begins|ends')) {
    now += step === 'begins' ? 1 : -1;
    assert.ok(now >= 0 && now <= 3, `${now} at a time`);
  }
  // asking again for the same gives a package of its own
  const list = (await get(service.api, '/packaged_content')).json;
  assert.equal(new Set(list.map(({ url }) => url)).size, 50);
});

test('the highest priority first, then the oldest', async (t) => {
  const service = await startService(t, { args: ['--jobs', '1'] });
  const request = await wholeRequest(service);
  const running = await holdFirst(service, request);
  const low = await ask(service, { ...request, priority: -3 });
  const plain = await ask(service, request);
  const high = await ask(service, { ...request, priority: 10 });
  const raised = await ask(service, request);
  const change = (id, body) => send(service.api, 'PATCH', `/packaged_content/${id}`,
    { body: JSON.stringify(body), headers: { 'Content-Type': 'application/merge-patch+json' } });
  const answer = await change(raised, { priority: 9 });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.priority, 9);
  problem(assert, await change(running, { priority: 1 }), 409);
  problem(assert, await change(99, { priority: 1 }), 404);
  for (const body of [{}, { priority: 11 }, { priority: 1.5 }, { priority: '1' }, { key: KEY }, { priority: 1, key: KEY }])
    problem(assert, await change(plain, body), 400);
  for (const priority of [-11, 11, 0.5, 'x', []])
    problem(assert, await post(service.api, '/packaged_content', { ...request, priority }), 400);
  await letGo(service);

  const order = [high, raised, plain, low];
  const ends = [];
  for (const id of order)
    ends.push(readyAt(await packageEnd(service, id)));
  assert.deepEqual(ends, [...ends].sort());
  problem(assert, await change(high, { priority: 0 }), 409);
});

test('options of a package', async (t) => {
  const service = await startService(t);
  const request = await wholeRequest(service);
  const made = await post(service.api, '/packaged_content', { ...request, hls: true, on_demand: true },
    { Prefer: 'wait=60', 'Idempotency-Key': 'a' });
  assert.equal(made.json.status, 'Ready', made.text);
  assert.equal(made.json.hls, true);
  assert.equal(made.json.on_demand, true);
  const file = async (target) => get(service.delivery, new URL(target, made.json.url).pathname);
  assert.match((await file('stream.m3u8')).text, /^#EXTM3U/);
  assert.equal(made.json.hls_url, made.json.url.replace(/mpd$/, 'm3u8'));
  assert.match((await file('stream.mpd')).text, /isoff-on-demand/);
  assert.equal((await file('video_0/track.mp4')).status, 200);
  assert.equal((await file('video_0/1.m4s')).status, 404);

  problem(assert, await post(service.api, '/packaged_content', { ...request, hls: true }, { 'Idempotency-Key': 'a' }), 422);
  const plain = await post(service.api, '/packaged_content', { ...request, hls: false }, { Prefer: 'wait=60' });
  assert.equal(plain.json.hls, false);
  assert.equal(plain.json.hls_url, null);
  assert.equal((await get(service.delivery, new URL(plain.json.url).pathname.replace('mpd', 'm3u8'))).status, 404);
  for (const options of [{ hls: 1 }, { hls: 'yes' }, { on_demand: [] }])
    problem(assert, await post(service.api, '/packaged_content', { ...request, ...options }), 400);
});

test('cancelled while it waits, runs, and waits for another attempt: nothing is left', async (t) => {
  const service = await startService(t, { args: ['--jobs', '1', '--retry-delay', '600'] });
  const request = await wholeRequest(service);
  const cancel = async (id) => (await post(service.api, `/packaged_content/${id}/cancel`, '')).json;

  const running = await holdFirst(service, request);
  const waiting = await ask(service, request);
  assert.equal((await cancel(waiting)).status, 'Cancelled');
  assert.ok(!await isEmpty(service, 'work'));
  assert.equal((await cancel(running)).status, 'Cancelled');
  await until(() => isEmpty(service, 'work'), 'work is empty');

  const retried = await holdFirst(service, request);
  for (const pid of await workersOf(service.pid))
    process.kill(pid, 'SIGKILL');
  const item = await until(async () => {
    const now = await one(service, retried);
    return now.next_attempt_at && now;
  }, 'it waits for another attempt');
  assert.equal(item.status, 'Queued');
  assert.equal(item.attempts, 1);
  assert.match(item.reason, /^clip\.mp4: .*crash/);
  assert.ok(Date.parse(item.next_attempt_at) > Date.now() + 300_000);
  assert.ok(await isEmpty(service, 'work'));
  const ended = await cancel(retried);
  assert.equal(ended.status, 'Cancelled');
  assert.equal(ended.next_attempt_at, null);
  await until(() => isEmpty(service, 'packages'), 'packages is empty');
  const history = (await one(service, running)).history.map(({ status }) => status);
  assert.deepEqual([history.at(0), history.at(-1)], ['Queued', 'Cancelled']);
  assert.ok(!history.includes('Ready'));
});

test('further attempts outlive the service', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir, args: ['--jobs', '1', '--retry-delay', '5'] });
  const id = await holdFirst(first, await wholeRequest(first));
  for (const pid of await workersOf(first.pid))
    process.kill(pid, 'SIGKILL');
  const item = await until(async () => {
    const now = await one(first, id);
    return now.next_attempt_at && now;
  }, 'it waits for another attempt');
  await first.end('SIGKILL');

  const second = await startService(t, { dataDir });
  const again = await one(second, id);
  assert.equal(again.next_attempt_at, item.next_attempt_at);
  assert.equal(again.attempts, 1);
  const ready = await packageEnd(second, id);
  assert.equal(ready.status, 'Ready');
  assert.equal(ready.attempts, 2);
  assert.equal(ready.reason, null);
  assert.ok(readyAt(ready) > item.next_attempt_at);
});

test('a package that was whole when the service died is not made again', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir });
  const made = await post(first.api, '/packaged_content', await wholeRequest(first), { Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready');
  await first.end();
  // as it is between the move of its folder and its last status
  await sql(dataDir, `UPDATE packages SET status = 'Encrypted', claimed = 1;
    DELETE FROM package_history WHERE status = 'Ready'`);
  const [code] = await fs.readdir(path.join(dataDir, 'packages'));
  const manifest = path.join(dataDir, 'packages', code, 'dash', 'stream.mpd');
  const before = (await fs.stat(manifest)).ino;

  const second = await startService(t, { dataDir });
  const item = await one(second, 1);
  assert.equal(item.status, 'Ready');
  assert.deepEqual(item.history.map(({ status }) => status), ['Queued', 'Fragmented', 'Encrypted', 'Ready']);
  assert.equal((await fs.stat(manifest)).ino, before);
  assert.equal((await get(second.delivery, new URL(item.url).pathname)).status, 200);
});

test('a reason names the file, the track and what to do', async (t) => {
  const service = await startService(t);
  const folder = await makeFolder(t);
  const make = async (name, ...options) => {
    await fs.writeFile(path.join(folder, 'clip.mp4'), await makeClip());
    await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', path.join(folder, 'clip.mp4'), ...options, path.join(folder, name)]);
    return (await upload(service, name, await fs.readFile(path.join(folder, name)))).json;
  };
  const request = { key: KEY, kid: KID, encrypt: 'all' };
  const end = async (input) => {
    const { json } = await post(service.api, '/packaged_content',
      { ...request, input_content_id: input.input_content_id }, { Prefer: 'wait=60' });
    assert.equal(json.status, 'Failed');
    // the same file would fail the same way
    assert.equal(json.attempts, 1);
    assert.equal(json.next_attempt_at, null);
    return json.reason;
  };
  assert.match(await end(await make('sound.mkv', '-c:v', 'copy', '-c:a', 'libmp3lame')),
    /^sound\.mkv: track 2 \(audio\): .*MP3.*convert it/);
  assert.match(await end(await make('vp9.webm', '-t', '1', '-c:v', 'libvpx-vp9', '-cpu-used', '8', '-deadline', 'realtime', '-an')),
    /^vp9\.webm: track 1 \(video\): .*VP9.*convert it/);
  // what is not in a package that is made is said, too
  const partly = await make('vorbis.mkv', '-c:v', 'copy', '-c:a', 'libvorbis');
  const made = await post(service.api, '/packaged_content',
    { ...request, input_content_id: partly.input_content_id }, { Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready');
  assert.equal(made.json.notes.length, 1);
  assert.match(made.json.notes[0], /track 2.*vorbis/i);
  const gone = await make('gone.mkv', '-c', 'copy', '-an');
  await sql(service.dataDir, `UPDATE inputs SET storage = 'nowhere' WHERE id = ${gone.input_content_id}`);
  assert.match(await end(gone), /^gone\.mkv: .*upload it again.*nowhere/);
});

test('a full disk is waited for', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-disk-'));
  try {
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', folder]);
  } catch {
    await fs.rmdir(folder);
    t.skip('mounts are not allowed here');
    return;
  }
  const dataDir = path.join(folder, 'data');
  const ballast = path.join(folder, 'ballast');
  const fill = (spare) => exec('bash', ['-c',
    'head -c "$(($(df --output=avail -B1 "$1" | tail -1) - $2))" /dev/zero >"$1/ballast"', '-', folder, `${spare}`]);
  const service = await startService(t, { dataDir, args: ['--jobs', '1', '--retry-delay', '0.3'] });
  t.after(async () => {
    await exec('umount', ['-l', folder]);
    await fs.rmdir(folder);
  });
  const request = await wholeRequest(service);

  // before it is begun
  await fill(8 << 20);
  const id = await ask(service, request);
  const item = await until(async () => {
    const now = await one(service, id);
    return now.attempts > 1 && now.next_attempt_at && now;
  }, 'it was tried twice');
  assert.equal(item.status, 'Queued');
  assert.match(item.reason, /^clip\.mp4: .*space.*remove/);
  await fs.rm(ballast);
  assert.equal((await packageEnd(service, id)).status, 'Ready');

  // while it is made: of a file of several megabytes
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25,noise=alls=80:allf=t',
    '-t', '8', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '5', path.join(folder, 'noise.mp4')]);
  const { input_content_id } = (await upload(service, 'noise.mp4', await fs.readFile(path.join(folder, 'noise.mp4')))).json;
  const held = await holdFirst(service, { ...request, input_content_id });
  await fill(1 << 20);
  await letGo(service);
  await until(async () => (await one(service, held)).next_attempt_at, 'it waits for another attempt');
  await fs.rm(ballast);
  const ready = await packageEnd(service, held);
  assert.equal(ready.status, 'Ready', ready.reason);
  assert.ok(ready.attempts > 1);
  assert.ok(await isEmpty(service, 'work'));
});
