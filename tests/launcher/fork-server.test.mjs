// SPDX-License-Identifier: LGPL-2.1-or-later
// Children that are forked from a process that has GStreamer loaded: one for each
// task, and what becomes of tasks when that process ends or a child crashes.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  addInput, exec, forkServersOf, get, isEmpty, makeFolder, packageEnd, post, send, signal, startService, until,
  workersOf,
} from './service.mjs';

const GOPS = '/videos/clip.mp4/group-of-pictures';
const DEBUG = ['--log-level', 'debug'];

// [process, whether it was forked] of each child so far.
const begunIn = (service) =>
  [...service.log.matchAll(/message="child begins" worker=(\d+) forked=(\w+)/g)]
    .map(([, pid, forked]) => [Number(pid), forked === 'yes']);
const readyIn = (service) => service.log.split('children can be forked').length - 1;
const ready = (service, times = 1) =>
  until(() => readyIn(service) >= times, `fork server ${times} is ready`);

const start = async (t, args = []) => {
  const service = await startService(t, { args: [...DEBUG, ...args] });
  if (!args.includes('--no-fork-server'))
    await ready(service);
  await addInput(service);
  return service;
};

const cut = async (service, what) => {
  const answer = await get(service.api, `${GOPS}/${what}`);
  assert.equal(answer.status, 200, `${what}: ${answer.text.slice(0, 300)}`);
  return answer.body;
};

const decode = async (t, body) => {
  const file = path.join(await makeFolder(t), 'gop.mp4');
  await fs.writeFile(file, body);
  const { stdout } = await exec('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-i', file, '-f', 'framemd5', '-']);
  return stdout;
};

test('each task has a child of its own, which makes what any other makes', async (t) => {
  const forking = await start(t);
  const other = await start(t, ['--no-fork-server']);
  assert.deepEqual(await forkServersOf(other.pid), []);
  for (const what of ['0.mp4', '3.mp4', '1-2.mp4', '1.mp4?rotate=90'])
    assert.equal(await decode(t, await cut(forking, what)), await decode(t, await cut(other, what)), what);
  assert.deepEqual(await cut(forking, '2.jpg'), await cut(other, '2.jpg'));
  const begun = begunIn(forking);
  assert.ok(begun.length >= 6, forking.log);
  assert.ok(begun.every(([, forked]) => forked), forking.log);
  assert.equal(new Set(begun.map(([pid]) => pid)).size, begun.length);
  assert.ok(begunIn(other).length >= 6 && begunIn(other).every(([, forked]) => !forked));
  assert.equal(await other.end(), 0);
  assert.equal(await forking.end(), 0);
});

test('it dies while it waits: another one is started, and who asks meanwhile is served', async (t) => {
  const service = await start(t);
  const [first] = await forkServersOf(service.pid);
  signal(first, 'SIGKILL');
  await until(() => /fork server \d+: ended by signal 9/.test(service.log), 'it is seen to have ended');
  await cut(service, '0.mp4');
  assert.equal(begunIn(service).at(-1)[1], false);
  await ready(service, 2);
  await cut(service, '1.mp4');
  assert.equal(begunIn(service).at(-1)[1], true);
  assert.notDeepEqual(await forkServersOf(service.pid), [first]);
});

test('it dies with what it was asked for: nothing is lost, nothing done twice', async (t) => {
  const service = await start(t);
  const before = begunIn(service).length;
  const [first] = await forkServersOf(service.pid);
  signal(first, 'SIGSTOP');
  const asked = [0, 1, 2].map((gop) => get(service.api, `${GOPS}/${gop}.mp4`));
  asked.push(post(service.api, '/packaged_content', { input_content_id: 1, encrypt: 'none' }));
  await until(async () => {
    const { text } = await get(service.api, '/metrics');
    const counts = [...text.matchAll(/^haberdash_children{.*} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0) === asked.length;
  }, 'all have been asked for');
  assert.equal(begunIn(service).length, before);
  signal(first, 'SIGKILL');
  for (const { status, text } of await Promise.all(asked))
    assert.ok([200, 202].includes(status), text.slice(0, 300));
  assert.equal((await packageEnd(service, 1)).status, 'Ready');
  await until(() => begunIn(service).length >= before + asked.length, 'all have begun');
  assert.equal(begunIn(service).length, before + asked.length);
  await until(() => isEmpty(service, 'work'), 'nothing is left of it');
});

test('it stands still: it is ended, and who waits for it is served', async (t) => {
  const service = await start(t);
  const [first] = await forkServersOf(service.pid);
  signal(first, 'SIGSTOP');
  await cut(service, '0.mp4');
  assert.equal(begunIn(service).at(-1)[1], false);
  assert.match(service.log, /stands still and is ended/);
  await ready(service, 2);
  await cut(service, '1.mp4');
  assert.equal(begunIn(service).at(-1)[1], true);
});

test('a child crashes: its task alone fails, and others come from another process', async (t) => {
  const service = await start(t);
  const [first] = await forkServersOf(service.pid);
  // One that is hit when it has said that it is done has done it.
  let answer = { status: 200 };
  for (let width = 640; answer.status === 200; width += 2) {
    const asked = get(service.api, `${GOPS}/0-3.mp4?scale=${width}x360&rotate=90`);
    await until(async () => (await workersOf(service.pid)).some((pid) => signal(pid, 'SIGKILL')), 'a child is hit');
    answer = await asked;
  }
  assert.equal(answer.status, 422, answer.text.slice(0, 300));
  assert.match(answer.text, /crashed/);
  await ready(service, 2);
  await until(async () => !(await forkServersOf(service.pid)).includes(first), 'the first one ends');
  await cut(service, '2.mp4');
  assert.equal(begunIn(service).at(-1)[1], true);
});

test('a stop ends it, also where it stands still', async (t) => {
  const service = await start(t);
  const [pid] = await forkServersOf(service.pid);
  signal(pid, 'SIGSTOP');
  assert.equal(await service.end('SIGTERM'), 0);
  assert.ok(!signal(pid, 0));
});

test('the id of a request is in the lines of the child that is forked for it', async (t) => {
  const service = await start(t);
  const answer = await send(service.api, 'GET', `${GOPS}/0.mp4`, { headers: { 'X-Request-Id': 'one-two' } });
  assert.equal(answer.status, 200);
  await until(() => /message="task begins".*task=cut.*request_id=one-two/.test(service.log), service.log);
});
