// SPDX-License-Identifier: LGPL-2.1-or-later
// The service stops, or is killed, and comes back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, childrenOf, get, haberdash, isAlive, isEmpty, makeClip, makeFolder,
  packageEnd, post, startService, until, upload,
} from './service.mjs';

const pathOf = (item) => new URL(item.url).pathname;

test('a stop: children end, packages wait for the next start', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir, args: ['--jobs', '2'] });
  const request = { input_content_id: await addInput(first), key: KEY, kid: KID };
  await Promise.all(Array.from({ length: 6 }, () => post(first.api, '/packaged_content', request)));
  const children = await childrenOf(first.pid);
  assert.equal(await first.end('SIGTERM'), 0);
  assert.ok(!children.some(isAlive));

  const second = await startService(t, { dataDir });
  for (let id = 1; id <= 6; id++)
    assert.equal((await packageEnd(second, id)).status, 'Ready');
  assert.equal(await second.end('SIGINT'), 0);
});

test('a stop while GOPs are cut, filtered and shown leaves nothing behind', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const service = await startService(t, { dataDir });
  await addInput(service);
  const asked = ['0.jpg', '1.jpg', '2.jpg', '0.mp4?grayscale=1', '3.mp4']
    .map((name) => get(service.api, `/videos/clip.mp4/group-of-pictures/${name}`).catch(() => {}));
  await until(async () => !await isEmpty(service, 'work'), 'something is made');
  assert.equal(await service.end(), 0);
  await Promise.all(asked);
  assert.ok(await isEmpty(service, 'work'));
  assert.doesNotMatch(service.log, /level=(warning|critical)/);
});

test('kills while there are uploads and packages on their way', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const clip = await makeClip();
  let service = await startService(t, { dataDir });
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const survivor = (await post(service.api, '/packaged_content', request, { Prefer: 'wait=60' })).json;
  assert.equal(survivor.status, 'Ready');

  for (let round = 0; round < 5; round++) {
    const { hostname, port } = new URL(service.api);
    const socket = net.connect(port, hostname);
    socket.on('error', () => {});
    socket.write('POST /input_content?name=half.mp4 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n');
    socket.write(clip);
    upload(service, `clip-${round}.mp4`, clip).catch(() => {});
    for (let i = 0; i < 3; i++)
      post(service.api, '/packaged_content', request).catch(() => {});
    // Each round a little later: before, while and after children run.
    await until(async () => !await isEmpty(service, 'incoming'), 'an upload begins');
    await new Promise((resolve) => { setTimeout(resolve, round * 40); });
    const children = await childrenOf(service.pid);
    await service.end('SIGKILL');
    await until(() => !children.some(isAlive), 'children end with their parent');

    service = await startService(t, { dataDir });
    assert.ok(await isEmpty(service, 'incoming'));
    assert.equal((await get(service.delivery, pathOf(survivor))).status, 200);
  }

  const list = (await get(service.api, '/packaged_content')).json;
  assert.ok(list.length > 1);
  for (const { packaged_content_id: id } of list) {
    const item = await packageEnd(service, id);
    assert.equal(item.status, 'Ready', item.reason);
    assert.equal((await get(service.delivery, pathOf(item))).status, 200);
  }
  const inputs = (await get(service.api, '/input_content')).json;
  assert.equal((await fs.readdir(path.join(dataDir, 'inputs'))).length, inputs.length);
  assert.equal((await fs.readdir(path.join(dataDir, 'packages'))).length, list.length);
  assert.ok(await isEmpty(service, 'work'));
});

test('leftovers of a service that died are swept', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir });
  await addInput(first);
  await first.end('SIGKILL');
  for (const folder of ['incoming', 'inputs', 'work', 'packages', 'cuts']) {
    await fs.mkdir(path.join(dataDir, folder, 'LEFTOVER', 'dash'), { recursive: true });
    await fs.writeFile(path.join(dataDir, folder, 'LEFTOVER', 'dash', 'stream.mpd'), 'x');
    await fs.writeFile(path.join(dataDir, folder, 'leftover'), 'x');
  }
  const second = await startService(t, { dataDir });
  for (const folder of ['incoming', 'work', 'packages', 'cuts'])
    assert.ok(await isEmpty(second, folder), folder);
  assert.equal((await fs.readdir(path.join(dataDir, 'inputs'))).length, 1);
});

test('a lost catalog does not take the files with it', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir });
  await addInput(first);
  await first.end();
  for (const name of ['catalog.sqlite', 'catalog.sqlite-wal', 'catalog.sqlite-shm'])
    await fs.rm(path.join(dataDir, name), { force: true });
  const second = await startService(t, { dataDir });
  assert.deepEqual((await get(second.api, '/input_content')).json, []);
  assert.equal((await fs.readdir(path.join(dataDir, 'inputs'))).length, 1);
});

test('a catalog that somebody else holds for a while', async (t) => {
  const service = await startService(t);
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const made = await post(service.api, '/packaged_content', request);
  const holder = spawn('sqlite3', [path.join(service.dataDir, 'catalog.sqlite')]);
  holder.stdin.write('.timeout 5000\nBEGIN IMMEDIATE;\n.print held\n');
  await once(holder.stdout, 'data');
  // longer than the catalog waits by itself
  await new Promise((resolve) => { setTimeout(resolve, 7000); });
  holder.stdin.end('ROLLBACK;\n');
  assert.equal((await packageEnd(service, made.json.packaged_content_id)).status, 'Ready');
});

test('a master key that is lost or another one is told, and nothing is lost', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const keyFile = path.join(dataDir, 'master.key');
  const first = await startService(t, { dataDir });
  const request = { input_content_id: await addInput(first), key: KEY, kid: KID };
  await post(first.api, '/packaged_content', request, { Prefer: 'wait=60' });
  await first.end();
  const key = await fs.readFile(keyFile);

  await fs.rm(keyFile);
  await assert.rejects(haberdash('serve', '--port', '0', '--delivery-port', '0', '--data-dir', dataDir),
    (error) => error.code === 78 && /master key file .* is missing/.test(error.stderr));
  await assert.rejects(fs.stat(keyFile));

  await fs.writeFile(keyFile, Buffer.alloc(key.length, 7), { mode: 0o600 });
  const second = await startService(t, { dataDir });
  const refused = await post(second.api, '/license/clearkey', { kids: [KID] });
  assert.equal(refused.status, 500);
  assert.equal((await get(second.api, '/packaged_content/1')).json.status, 'Ready');
  await second.end();

  await fs.writeFile(keyFile, key);
  const third = await startService(t, { dataDir });
  assert.equal((await post(third.api, '/license/clearkey', { kids: [KID] })).status, 200);
});
