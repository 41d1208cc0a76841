// SPDX-License-Identifier: LGPL-2.1-or-later
// Somebody sets the day's clock while the service runs, and takes it back, or
// not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, makeClip, makeFolder, packageEnd, post, startService, until,
  workersOf,
} from './service.mjs';
import { begin, patch } from './tus.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
const library = process.env.SET_CLOCK_LIBRARY;
const options = { timeout: 60_000, skip: !library && 'a sanitizer is the first library itself' };

// service.set (wrong, gone): by how many seconds the day's clock is wrong, and
// how many more have gone by. Who lists packages notices it.
const start = async (t, args = []) => {
  const file = path.join(await makeFolder(t), 'clock');
  await fs.writeFile(file, Buffer.alloc(16));
  const service = await startService(t, { args, env: { LD_PRELOAD: library,
    SET_CLOCK: file, HABERDASH_CALLBACK_SECRET: 'a-secret-of-the-tests' } });
  const setting = await fs.open(file, 'r+');
  t.after(() => setting.close());
  service.set = async (wrong, gone = 0) => {
    const values = Buffer.alloc(16);
    values.writeBigInt64LE(BigInt(wrong));
    values.writeBigInt64LE(BigInt(gone), 8);
    await setting.write(values, 0, 16, 0);
    assert.equal((await get(service.api, '/packaged_content')).status, 200);
  };
  return service;
};

const SIGNED = '--signed-delivery';

const request = (service, input, more = {}) => post(service.api, '/packaged_content',
  { input_content_id: input, key: KEY, kid: KID, ...more });

const makePackage = async (service, input, more = {}) =>
  packageEnd(service, (await request(service, input, more)).json.packaged_content_id);

const metric = async (service, kind) => Number(new RegExp(
  `^haberdash_expired_total{kind="${kind}"} (.*)$`, 'm').exec((await get(service.api, '/metrics')).text)[1]);

for (const wrong of [-DAY, DAY])
  test(`set by ${wrong} seconds: callbacks and packages are tried again`, options, async (t) => {
    const answers = [500, 204];
    const receiver = http.createServer((_, response) => response.writeHead(answers.shift() ?? 204).end());
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    t.after(() => receiver.close());
    const host = `127.0.0.1:${receiver.address().port}`;
    const service = await start(t, [SIGNED, '--retry-delay', '2', '--callback-host', host]);
    const input = await addInput(service);
    const told = await makePackage(service, input, { callback_url: `http://${host}/` });
    await until(() => answers.length === 1, 'the first attempt');

    const made = await request(service, input);
    const id = made.json.packaged_content_id;
    await until(async () => {
      for (const pid of await workersOf(service.pid))
        process.kill(pid, 'SIGKILL');
      const { status, attempts } = (await get(service.api, `/packaged_content/${id}`)).json;
      return status === 'Ready' || (status === 'Queued' && attempts > 0);
    }, 'it waits for the next attempt');
    await service.set(wrong);
    await until(() => answers.length === 0, 'the next attempt');
    await until(async () => (await get(service.api,
      `/packaged_content/${told.packaged_content_id}`)).json.callback.status === 'delivered', 'told');
    assert.equal((await packageEnd(service, id)).status, 'Ready');
    assert.match(service.log, wrong < 0 ? /clock was set back by 86400 / : /clock was set forward by 86400 /);
  });

test('what is noted goes on evenly, and in its order', options, async (t) => {
  const service = await start(t, [SIGNED, '--jobs', '1']);
  const input = await addInput(service);
  for (const wrong of [-DAY, DAY, 0]) {
    await request(service, input);
    await service.set(wrong);
  }
  const items = [];
  for (const id of [1, 2, 3])
    items.push(await packageEnd(service, id));
  const times = items.flatMap(({ created_at: created, updated_at: updated }) => [created, updated])
    .map(Date.parse);
  assert.ok(Math.max(...times) - Math.min(...times) < HOUR * 1000, String(times));
  const ends = items.map(({ updated_at: updated }) => Date.parse(updated));
  assert.deepEqual(ends, [...ends].sort((a, b) => a - b));
});

const EXPIRY_INTERVAL = 600;

test('nothing expires for a change that is taken back, or one that has not lasted', options,
  async (t) => {
    const service = await start(t, [SIGNED, '--keep-inputs', '5h', '--keep-packages', '5h',
      '--upload-expiry', String(5 * HOUR)]);
    const old = await addInput(service, 'old.mp4');
    const item = await makePackage(service, await addInput(service));
    const file = new URL(item.url).pathname;
    const clip = await makeClip();
    const address = await begin(service, 'half.mp4', clip.length);
    const half = clip.length >> 1;
    assert.equal((await patch(service, address, 0, clip.subarray(0, half))).status, 204);
    await exec('sqlite3', [path.join(service.dataDir, 'catalog.sqlite'),
      `UPDATE inputs SET created_us = created_us - 48 * 3600 * 1000000 WHERE id = ${old}`]);

    await service.set(DAY);
    assert.equal((await get(service.delivery, file)).status, 200);
    await service.set(DAY, EXPIRY_INTERVAL + 1);
    await until(async () => await metric(service, 'inputs') === 1, 'the old one expires');
    assert.equal(await metric(service, 'packages'), 0);
    assert.equal((await get(service.delivery, file)).status, 200);
    assert.equal((await patch(service, address, half, clip.subarray(half))).status, 204);
    await service.set(0, EXPIRY_INTERVAL + 2);
    assert.equal((await get(service.delivery, file)).status, 200);

    // This one stays as it is.
    await service.set(DAY, EXPIRY_INTERVAL + 3);
    await service.set(DAY, 2 * EXPIRY_INTERVAL + HOUR);
    assert.equal((await get(service.delivery, file)).status, 403);
    await until(async () => await metric(service, 'packages') === 1, 'the package expires');
  });

test('what has expired stays so when the clock is set back', options, async (t) => {
  const service = await start(t, [SIGNED]);
  const item = await makePackage(service, await addInput(service));
  const file = new URL(item.url).pathname;
  assert.equal((await get(service.delivery, file)).status, 200);
  await service.set(0, DAY);
  assert.equal((await get(service.delivery, file)).status, 403);
  await service.set(-2 * DAY, DAY);
  assert.equal((await get(service.delivery, file)).status, 403);
});
