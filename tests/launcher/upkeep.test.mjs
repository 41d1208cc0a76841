// SPDX-License-Identifier: LGPL-2.1-or-later
// haberdash check, backup and restore, beside a service and without one.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { addInput, exec, get, haberdash, KEY, KID, makeFolder, packageEnd, post, startService }
  from './service.mjs';

const run = (...args) => haberdash(...args).then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
  ({ code, stdout, stderr }) => ({ code, stdout, stderr }));
const check = (dataDir, ...args) => run('check', '--data-dir', dataDir, ...args);

// A service with an input and an encrypted package of it.
const fill = async (t) => {
  const service = await startService(t);
  const input = await addInput(service);
  const asked = await post(service.api, '/packaged_content',
    { input_content_id: input, key: KEY, kid: KID });
  const item = await packageEnd(service, asked.json.packaged_content_id);
  assert.equal(item.status, 'Ready');
  const at = (...names) => path.join(service.dataDir, ...names);
  const only = async (folder) => at(folder, (await fs.readdir(at(folder)))[0]);
  return { service, item, at, input: await only('inputs'), folder: await only('packages') };
};

const licence = async (service) => (await post(service.api, '/license/clearkey',
  { kids: [KID], type: 'temporary' })).json.keys;

test('check: nothing wrong, with a service and without', async (t) => {
  const { service } = await fill(t);
  assert.deepEqual(await check(service.dataDir, '--deep'), { code: 0, stdout: '', stderr: '' });
  const refused = await check(service.dataDir, '--repair');
  assert.equal(refused.code, 69);
  assert.match(refused.stderr, /Another service uses/);
  await service.end();
  assert.deepEqual(await check(service.dataDir), { code: 0, stdout: '', stderr: '' });
  const nowhere = await check(path.join(service.dataDir, 'none'));
  assert.equal(nowhere.code, 66);
  await assert.rejects(fs.stat(path.join(service.dataDir, 'none')));
});

// What is done to the folder, what is said of it, whether --repair mends it.
const DAMAGE = [
  ['an input is gone', ({ input }) => fs.rm(input), /its file inputs\/\S+ is missing/, true],
  ['an input is shorter', ({ input }) => fs.truncate(input, 1000), /has 1000 bytes instead of/, false],
  ['a package is gone', ({ folder }) => fs.rm(folder, { recursive: true }),
    /its manifest packages\/\S+ is missing/, true],
  ['files that nobody knows', ({ at }) => fs.writeFile(at('inputs', 'stray'), ''),
    /^inputs\/stray belongs to nothing/m, true],
  ['a folder that nobody knows', ({ at }) => fs.mkdir(at('packages', 'STRAY', 'dash'), { recursive: true }),
    /^packages\/STRAY belongs to nothing/m, true],
  ['another master key', ({ at }) => fs.writeFile(at('master.key'), Buffer.alloc(32)),
    /its content key does not open/, false],
  ['no master key', ({ at }) => fs.rm(at('master.key')), /the master key is missing/, false],
];

test('check: each damage in words, and mended where that can be', async (t) => {
  const { service, at } = await fill(t);
  await service.end();
  for (const [what, damage, words, mends] of DAMAGE) {
    const dataDir = path.join(await makeFolder(t), 'data');
    await fs.cp(service.dataDir, dataDir, { recursive: true });
    const here = (...names) => path.join(dataDir, ...names);
    const only = async (folder) => here(folder, (await fs.readdir(here(folder)))[0]);
    await damage({ at: here, input: await only('inputs'), folder: await only('packages') });
    const found = await check(dataDir);
    assert.equal(found.code, 65, what);
    assert.match(found.stdout, words, what);
    assert.equal(found.stdout.split('\n').length, 2, `one line: ${found.stdout}`);
    const mended = await check(dataDir, '--repair');
    assert.equal(mended.code, mends ? 0 : 65, `${what}: ${mended.stdout}${mended.stderr}`);
    assert.equal((await check(dataDir)).code, mends ? 0 : 65, what);
  }
  assert.equal((await check(at())).code, 0);
});

test('check --deep: bytes that have changed, a segment that is gone', async (t) => {
  const { service, input, folder } = await fill(t);
  await service.end();
  const file = await fs.open(input, 'r+');
  await file.write('xx', 5000);
  await file.close();
  const segment = (await fs.readdir(path.join(folder, 'dash'), { recursive: true }))
    .find((name) => name.endsWith('.m4s'));
  await fs.rm(path.join(folder, 'dash', segment));
  assert.equal((await check(service.dataDir)).code, 0);
  const { code, stdout } = await check(service.dataDir, '--deep');
  assert.equal(code, 65);
  assert.match(stdout, /has other bytes than were uploaded/);
  assert.ok(stdout.includes(path.basename(segment)), stdout);
});

test('check: a damaged database', async (t) => {
  const { service, at } = await fill(t);
  await service.end();
  const file = await fs.open(at('catalog.sqlite'), 'r+');
  const { size } = await file.stat();
  for (let page = 4096 * 2; page < size; page += 4096)
    await file.write(Buffer.alloc(64, 0x5a), 0, 64, page);
  await file.close();
  assert.equal((await check(service.dataDir)).code, 65);
});

test('a lost master key is not made anew', async (t) => {
  const { service, at } = await fill(t);
  await service.end();
  await fs.rm(at('master.key'));
  await assert.rejects(startService(t, { dataDir: service.dataDir }), /it ended: 78/);
  await assert.rejects(fs.stat(at('master.key')));
});

test('backup of a service that runs, restored elsewhere', async (t) => {
  const { service, item } = await fill(t);
  const folder = await makeFolder(t);
  const [backup, key, dataDir] = ['backup', 'key', 'data'].map((name) => path.join(folder, name));
  assert.deepEqual(await run('backup', backup, '--data-dir', service.dataDir,
    '--with-master-key', key), { code: 0, stdout: '', stderr: '' });
  assert.deepEqual((await fs.readdir(backup)).sort(), ['catalog.sqlite', 'inputs', 'packages']);
  assert.equal((await fs.stat(key)).mode & 0o777, 0o600);
  const manifest = await get(service.delivery, new URL(item.url).pathname);
  // What happens afterwards is not in it.
  await addInput(service, 'later.mp4');
  assert.equal((await run('backup', backup, '--data-dir', service.dataDir)).code, 73);
  await service.end();
  await fs.rm(service.dataDir, { recursive: true });

  const without = await run('restore', backup, '--data-dir', dataDir);
  assert.equal(without.code, 78);
  assert.match(without.stderr, /--master-key/);
  const wrong = path.join(folder, 'wrong');
  await fs.writeFile(wrong, Buffer.alloc(32), { mode: 0o600 });
  const refused = await run('restore', backup, '--data-dir', dataDir, '--master-key', wrong);
  assert.equal(refused.code, 65);
  assert.match(refused.stderr, /content key does not open/);
  await assert.rejects(fs.stat(dataDir));

  await fs.mkdir(dataDir);
  assert.deepEqual(await run('restore', backup, '--data-dir', dataDir, '--master-key', key),
    { code: 0, stdout: '', stderr: '' });
  assert.equal((await run('restore', backup, '--data-dir', dataDir, '--master-key', key)).code, 73);
  assert.equal((await check(dataDir, '--deep')).code, 0);
  const restored = await startService(t, { dataDir });
  assert.deepEqual((await get(restored.api, '/input_content')).json.map(({ name }) => name), ['clip.mp4']);
  assert.equal((await licence(restored))[0].k, KEY);
  const again = await get(restored.delivery, new URL(item.url).pathname);
  assert.deepEqual(again.body, manifest.body);
  const next = await post(restored.api, '/packaged_content',
    { input_content_id: item.input_content_id, key: KEY, kid: KID });
  assert.equal((await packageEnd(restored, next.json.packaged_content_id)).status, 'Ready');
});

test('a backup that is not whole is not restored', async (t) => {
  const { service } = await fill(t);
  const folder = await makeFolder(t);
  const [backup, key, dataDir] = ['backup', 'key', 'data'].map((name) => path.join(folder, name));
  await run('backup', backup, '--copy', '--data-dir', service.dataDir, '--with-master-key', key);
  const inputs = path.join(backup, 'inputs');
  await fs.truncate(path.join(inputs, (await fs.readdir(inputs))[0]), 10);
  const refused = await run('restore', backup, '--data-dir', dataDir, '--master-key', key);
  assert.equal(refused.code, 65);
  assert.match(refused.stderr, /has 10 bytes instead of/);
  await assert.rejects(fs.stat(dataDir));
  assert.equal((await check(service.dataDir)).code, 0, 'a copy is its own');
  await exec(process.env.HABERDASH, ['backup', path.join(folder, 'x'), '--data-dir', folder])
    .then(assert.fail, ({ code }) => assert.equal(code, 66));
});
