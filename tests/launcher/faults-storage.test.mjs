// SPDX-License-Identifier: LGPL-2.1-or-later
// A disk that is full or takes nothing, a catalog that somebody holds or that
// is damaged: what works goes on, the rest is told, and it passes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, haberdash, isEmpty, makeClip, makeDisk, makeFolder,
  packageEnd, post, problem, send, startService, until, upload,
} from './service.mjs';

const MIB = 1 << 20;

const checksOf = async (service) => {
  const answer = await get(service.api, '/healthz');
  assert.equal(answer.status, Object.values(answer.json.checks).every((check) => check === 'ok') ?
    200 : 503);
  return answer.json.checks;
};

const healthy = (service) => until(async () =>
  Object.values(await checksOf(service)).every((check) => check === 'ok'), 'it is well again');

const fill = async (file) => {
  const handle = await fs.open(file, 'w');
  for (let size = MIB; size >= 4096;)
    await handle.write(Buffer.alloc(size)).catch(() => { size /= 2; });
  await handle.close();
};

test('a full disk: reads and removals go on, the rest waits', { timeout: 90_000 }, async (t) => {
  const disk = await makeDisk(t);
  if (!disk) {
    t.skip('only root can make a small disk');
    return;
  }
  const service = await startService(t,
    { dataDir: path.join(disk, 'data'), args: ['--retry-delay', '0.2'] });
  const clip = await makeClip();
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const first = (await post(service.api, '/packaged_content', request, { Prefer: 'wait=60' })).json;
  assert.equal(first.status, 'Ready');

  await fill(path.join(disk, 'filler'));
  assert.match((await checksOf(service)).disk_space, /less than 64 MiB/);
  problem(assert, await upload(service, 'more.mp4', clip), 507);
  assert.equal((await get(service.api, '/packaged_content')).json.length, 1);
  assert.equal((await get(service.delivery, new URL(first.url).pathname)).status, 200);
  assert.equal((await get(service.api, '/input_content/1/content')).body.length, clip.length);
  const refused = await post(service.api, '/packaged_content', request);
  assert.ok(refused.status === 202 || refused.status === 507, refused.text);

  await fs.rm(path.join(disk, 'filler'));
  await healthy(service);
  assert.equal((await upload(service, 'more.mp4', clip)).status, 201);
  const next = refused.status === 202 ? refused : await post(service.api, '/packaged_content', request);
  assert.equal((await packageEnd(service, next.json.packaged_content_id)).status, 'Ready');
  await service.end();
  await haberdash('check', '--data-dir', service.dataDir, '--deep');
});

// Of a film of ten hours with a GOP each second.
const MANY_GOPS = `WITH RECURSIVE n (n) AS (SELECT 4 UNION ALL SELECT n + 1 FROM n WHERE n < 36000)
  INSERT INTO gops SELECT input_id, n, track_number, kind, closed, leading_pictures, frames,
    first_frame + n * 25, pts_ns + n * 1000000000, dts_ns + n * 1000000000, duration_ns, size_bytes,
    first_byte + n * 100000, end_byte + n * 100000 FROM gops, n WHERE number = 0;
  WITH RECURSIVE n (n) AS (SELECT 4 UNION ALL SELECT n + 1 FROM n WHERE n < 36000)
  INSERT INTO iframes SELECT input_id, n, n * 25, n * 12800, n * 12800, duration,
    offset_bytes + n * 100000, size_bytes, key_frame, n FROM iframes, n WHERE number = 0;`;

test('a disk that others filled to the last byte: what is there can be removed', { timeout: 90_000 },
  async (t) => {
    const disk = await makeDisk(t);
    if (!disk) {
      t.skip('only root can make a small disk');
      return;
    }
    const dataDir = path.join(disk, 'data');
    const first = await startService(t, { dataDir });
    const clip = await makeClip();
    const request = { input_content_id: await addInput(first), key: KEY, kid: KID };
    for (let id = 1; id <= 2; id++)
      assert.equal((await post(first.api, '/packaged_content', request, { Prefer: 'wait=60' }))
        .json.status, 'Ready');
    await first.end();
    await exec('sqlite3', [path.join(dataDir, 'catalog.sqlite'), MANY_GOPS]);

    const service = await startService(t, { dataDir });
    assert.deepEqual(Object.values(await checksOf(service)).filter((check) => check !== 'ok'), []);

    await fill(path.join(disk, 'filler'));
    const { bavail } = await fs.statfs(disk);
    assert.equal(bavail, 0);
    const remove = async (address) => {
      const answer = await send(service.api, 'DELETE', address);
      assert.equal(answer.status, 204, answer.text);
    };
    await remove('/packaged_content/1');
    assert.equal((await fs.readdir(path.join(service.dataDir, 'packages'))).length, 1);
    await fill(path.join(disk, 'filler-2'));
    await remove('/input_content/1');
    assert.ok(await isEmpty(service, 'inputs'));
    await fill(path.join(disk, 'filler-3'));
    await remove('/packaged_content/2');

    for (const name of ['filler', 'filler-2', 'filler-3'])
      await fs.rm(path.join(disk, name));
    await healthy(service);
    assert.equal((await upload(service, 'more.mp4', clip)).status, 201);
    const next = await post(service.api, '/packaged_content',
      { ...request, input_content_id: 2 }, { Prefer: 'wait=60' });
    assert.equal(next.json.status, 'Ready', next.text);
    await service.end();

    await fill(path.join(disk, 'filler'));
    await assert.rejects(haberdash('serve', '--port', '0', '--delivery-port', '0', '--data-dir', dataDir),
      ({ stderr }) => /the disk is full/.test(stderr));
    await fs.rm(path.join(disk, 'filler'));
    const last = await startService(t, { dataDir });
    assert.equal((await get(last.delivery, new URL(next.json.url).pathname)).status, 200);
    await last.end();
    await haberdash('check', '--data-dir', dataDir, '--deep');
  });

// Without the right to write wherever it likes, root is held back by modes.
const PLAIN = 'exec setpriv --inh-caps=-all --bounding-set=-all "$0" "$@"';
const FOLDERS = ['incoming', 'work', 'packages', 'inputs', 'uploads', 'cuts'];

test('folders that cannot be written to', { timeout: 60_000 }, async (t) => {
  const service = await startService(t,
    { limit: process.getuid() === 0 ? PLAIN : ':', args: ['--retry-delay', '1'] });
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const lock = (mode) => Promise.all(FOLDERS.map((name) =>
    fs.chmod(path.join(service.dataDir, name), mode)));
  await lock(0o500);
  t.after(() => lock(0o700).catch(() => {}));
  assert.match((await checksOf(service)).data_folder, /cannot be written to/);
  problem(assert, await upload(service, 'more.mp4', await makeClip()), 500);
  await until(() => /Permission denied/.test(service.log), 'the log says why');
  assert.equal((await get(service.api, '/input_content/1')).status, 200);
  const made = await post(service.api, '/packaged_content', request);
  assert.equal(made.status, 202);
  await until(async () =>
    /Permission denied/.test((await get(service.api, '/packaged_content/1')).text), 'it says why');
  await lock(0o700);
  await healthy(service);
  const item = await packageEnd(service, 1);
  assert.equal(item.status, 'Ready', item.reason);
});

test('a catalog that somebody writes to', { timeout: 90_000 }, async (t) => {
  const service = await startService(t);
  await addInput(service);
  const holder = spawn('sqlite3', [path.join(service.dataDir, 'catalog.sqlite')]);
  t.after(() => holder.kill());
  holder.stdin.write('.timeout 5000\nBEGIN IMMEDIATE;\n.print held\n');
  await once(holder.stdout, 'data');
  assert.match((await checksOf(service)).catalog, /another program/);
  assert.equal((await get(service.api, '/input_content/1')).status, 200);
  const refused = await upload(service, 'b.mp4', Buffer.concat([await makeClip(), Buffer.alloc(8)]));
  problem(assert, refused, 503);
  assert.ok(refused.headers['retry-after'] > 0);
  holder.stdin.end('ROLLBACK;\n');
  await healthy(service);
  assert.equal((await upload(service, 'b.mp4', await makeClip())).status, 201);
});

// The first byte of each page with I-frames, which says what it is.
const damage = async (file) => {
  const { stdout } = await exec('sqlite3', [file,
    "SELECT pageno FROM dbstat WHERE name = 'iframes' AND pagetype = 'leaf'; PRAGMA page_size"]);
  const pages = stdout.trim().split('\n').map(Number);
  const size = pages.pop();
  const handle = await fs.open(file, 'r+');
  for (const page of pages)
    await handle.write(Buffer.of(0x5a), 0, 1, (page - 1) * size);
  await handle.close();
};

test('a byte of the catalog is another', { timeout: 60_000 }, async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir });
  await addInput(first);
  await first.end();
  await damage(path.join(dataDir, 'catalog.sqlite'));

  const service = await startService(t, { dataDir });
  problem(assert, await get(service.api, '/videos/clip.mp4/group-of-pictures.json'), 500);
  await until(() => /malformed/.test(service.log), 'the log says so');
  assert.match((await checksOf(service)).catalog, /damaged/);
  assert.equal((await get(service.api, '/input_content')).status, 200);
  assert.equal((await get(service.api, '/input_content/1/content')).status, 200);
  await service.end();
  await assert.rejects(haberdash('check', '--data-dir', dataDir), (error) => error.code === 65);
});
