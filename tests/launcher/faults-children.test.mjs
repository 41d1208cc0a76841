// SPDX-License-Identifier: LGPL-2.1-or-later
// Children that are killed, as the kernel does where memory runs out, that are
// stopped, and that stand still by themselves.

import assert from 'node:assert/strict';
import test from 'node:test';

import { useHostile } from './hostile.mjs';
import {
  KEY, KID, addInput, fragment, get, isAlive, isEmpty, makeClip, packageEnd, post, problem, startService, until, upload,
} from './service.mjs';

const hostile = useHostile();

const ARGS = ['--jobs', '1', '--retry-delay', '0.1', '--stall-timeout', '1'];
// One that does its work on a busy machine has said something after that long.
const PATIENT = [...ARGS.slice(0, 4), '--stall-timeout', '6'];

// What is in its input was read by a service that is more patient.
const start = async (t, args = ARGS, add = addInput) => {
  const before = await startService(t, { env: hostile.env });
  await hostile.tell();
  const input = await add(before);
  await before.end();
  const service = await startService(t, { args, env: hostile.env, dataDir: before.dataDir });
  return Object.assign(service, { input });
};

const startPackage = async (service) => (await post(service.api, '/packaged_content',
  { input_content_id: service.input, key: KEY, kid: KID })).json.packaged_content_id;

// Children that stay, by their ids.
const stayingOf = (service) =>
  [...service.log.matchAll(/^hostile: (\d+) stays$/gm)].map(([, pid]) => Number(pid));

const allGone = (service) => until(() => !stayingOf(service).some(isAlive), 'none of them is left');

// Its package, whose child is there and does nothing; the next does its work.
const withStaying = async (service) => {
  await hostile.tell('stay');
  const id = await startPackage(service);
  const [worker] = await until(() => stayingOf(service).length > 0 && stayingOf(service), 'one stays');
  await hostile.tell();
  return { id, worker };
};

test('one that is killed: the package is made at the next attempt', { timeout: 60_000 }, async (t) => {
  const service = await start(t, ARGS.slice(0, 4));
  const { id, worker } = await withStaying(service);
  process.kill(worker, 'SIGKILL');
  const item = await packageEnd(service, id);
  assert.equal(item.status, 'Ready', item.reason);
  assert.equal(item.attempts, 2);
  assert.match(service.log, /ended by signal 9/);
  assert.ok(await isEmpty(service, 'work'));
});

test('children that always crash', { timeout: 60_000 }, async (t) => {
  const service = await start(t, ARGS.slice(0, 4));
  await hostile.tell('crash');
  const item = await packageEnd(service, await startPackage(service));
  assert.equal(item.status, 'Failed');
  assert.equal(item.attempts, 3);
  assert.match(item.reason, /crash/);
  assert.match(service.log, /ended by signal 11/);
  assert.ok(await isEmpty(service, 'work'));
  await hostile.tell();
  assert.equal((await packageEnd(service, await startPackage(service))).status, 'Ready');
});

test('one that stands still is ended, stopped or not', { timeout: 60_000 }, async (t) => {
  for (const stop of [false, true]) {
    const service = await start(t, PATIENT);
    const { id, worker } = await withStaying(service);
    if (stop)
      process.kill(worker, 'SIGSTOP');
    const item = await packageEnd(service, id);
    assert.equal(item.status, 'Ready', item.reason);
    assert.ok(item.attempts >= 2, 'there was another attempt');
    await allGone(service);
    assert.ok(await isEmpty(service, 'work'));
  }
});

test('children that always stand still', { timeout: 90_000 }, async (t) => {
  const service = await start(t);
  await hostile.tell('stay');
  const id = await startPackage(service);
  assert.equal((await get(service.api, '/input_content')).status, 200);
  const item = await packageEnd(service, id);
  assert.equal(item.status, 'Failed');
  assert.equal(item.attempts, 3);
  assert.match(item.reason, /stood still for 1 second/);
  await allGone(service);
  assert.ok(await isEmpty(service, 'work'));
});

// A file without a table of samples is read by a demuxer, which stays.
test('one that stands still while somebody waits for it', { timeout: 90_000 }, async (t) => {
  const bytes = await fragment(t, await makeClip());
  const service = await start(t, ARGS, (before) => upload(before, 'clip.mp4', bytes));
  await hostile.tell('stay');
  // What the service has by its hash it reads no second time.
  const other = Buffer.concat([bytes, Buffer.from('\0\0\0\x08free', 'latin1')]);
  for (const answer of [await upload(service, 'other.mp4', other),
    await get(service.api, '/videos/clip.mp4/group-of-pictures/1.mp4'),
    await get(service.api, '/videos/clip.mp4/group-of-pictures/1.jpg')])
    assert.match(problem(assert, answer, 422).detail, /took too long \(--stall-timeout\)/);
  await allGone(service);
  assert.ok(await isEmpty(service, 'work'));
});
