// SPDX-License-Identifier: LGPL-2.1-or-later
// What the service removes by itself, and what it does not.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { addInput, exec, get, haberdash, KEY, KID, makeClip, packageEnd, post, startService, until }
  from './service.mjs';

const HOUR_US = 3600 * 1e6;
const sql = (service, text) =>
  exec('sqlite3', [path.join(service.dataDir, 'catalog.sqlite'), text]);
const names = async (service) =>
  (await get(service.api, '/input_content')).json.map(({ name }) => name);
const packages = async (service) =>
  (await get(service.api, '/packaged_content')).json.map(({ packaged_content_id: id }) => id);
const pack = async (service, input) => (await packageEnd(service, (await post(service.api,
  '/packaged_content', { input_content_id: input, key: KEY, kid: KID })).json.packaged_content_id));
const files = async (service, folder) => (await fs.readdir(path.join(service.dataDir, folder))).length;
const metric = async (service, kind) => Number(new RegExp(
  `^haberdash_expired_total{kind="${kind}"} (.*)$`, 'm').exec((await get(service.api, '/metrics')).text)?.[1]);

// Three inputs of which the catalog says that they are so many hours old.
const fill = async (t) => {
  const service = await startService(t);
  for (const [name, hours] of [['old', 48], ['used', 48], ['new', 0]]) {
    const id = await addInput(service, name);
    await sql(service, `UPDATE inputs SET created_us = created_us - ${hours * HOUR_US} WHERE id = ${id}`);
  }
  return service;
};

test('nothing unless it is asked for', async (t) => {
  const service = await fill(t);
  await service.end();
  const again = await startService(t, { dataDir: service.dataDir });
  assert.deepEqual(await names(again), ['old', 'used', 'new']);
  for (const args of [['--keep-inputs', '5'], ['--keep-packages', 'd'], ['--keep-inputs', '-1d'],
    ['--max-inputs-size', '-1']])
    await assert.rejects(haberdash('serve', ...args), { code: 64 }, args.join(' '));
});

test('inputs and packages by their age', async (t) => {
  const service = await fill(t);
  await pack(service, 2);
  const { packaged_content_id: gone } = await pack(service, 3);
  await sql(service, `UPDATE packages SET updated_us = updated_us - ${30 * HOUR_US} WHERE id = ${gone}`);
  await service.end();
  const again = await startService(t,
    { dataDir: service.dataDir, args: ['--keep-inputs', '24h', '--keep-packages', '1d'] });
  await until(async () => await metric(again, 'inputs') === 1, 'an input expires');
  assert.equal(await metric(again, 'packages'), 1);
  assert.deepEqual(await names(again), ['used', 'new']);
  assert.deepEqual(await packages(again), [1]);
  assert.equal(await files(again, 'inputs'), 2);
  assert.equal(await files(again, 'packages'), 1);
  assert.match(again.log, /message="input content expires" input=1 /);
});

test('inputs for want of room, but none that a package waits for', async (t) => {
  const service = await fill(t);
  const size = (await makeClip()).length;
  await pack(service, 1);
  await sql(service, "UPDATE packages SET status = 'Queued', claimed = 0, " +
    `not_before_us = ${Date.now() * 1000 + HOUR_US}`);
  await service.end();
  const again = await startService(t,
    { dataDir: service.dataDir, args: ['--max-inputs-size', String(2 * size)] });
  await until(async () => await metric(again, 'inputs') === 1, 'an input expires');
  assert.deepEqual(await names(again), ['old', 'new']);
  assert.equal(await files(again, 'inputs'), 2);
});

test('cut GOPs, as many as have room', async (t) => {
  const service = await startService(t, { args: ['--cache-size', '1'] });
  await addInput(service);
  for (const gop of [0, 1, 2])
    assert.equal((await get(service.api, `/videos/clip.mp4/group-of-pictures/${gop}.mp4`)).status, 200);
  assert.equal(await files(service, 'cuts'), 0);
});
