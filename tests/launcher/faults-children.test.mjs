// SPDX-License-Identifier: LGPL-2.1-or-later
// Children that are killed, as the kernel does where memory runs out, that are
// stopped, and that stand still by themselves.

import assert from 'node:assert/strict';
import test from 'node:test';

import { useHostile } from './hostile.mjs';
import {
  KEY, KID, addInput, get, isAlive, isEmpty, packageEnd, post, startService, until,
} from './service.mjs';

const hostile = useHostile();

const ARGS = ['--jobs', '1', '--retry-delay', '0.1', '--stall-timeout', '1'];
// One that does its work on a busy machine has said something after that long.
const PATIENT = [...ARGS.slice(0, 4), '--stall-timeout', '6'];

const start = async (t, args = ARGS) => {
  const service = await startService(t, { args, env: hostile.env });
  service.input = await addInput(service);
  return service;
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
  assert.equal(stayingOf(service).length, 3);
  await allGone(service);
  assert.ok(await isEmpty(service, 'work'));
});
