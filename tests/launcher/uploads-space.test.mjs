// SPDX-License-Identifier: LGPL-2.1-or-later
// Uploads and the space for them, on a disk of 160 MiB of which 64 stay free.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import {
  addInput, isEmpty, makeDisk, problem, raw, send, startService, until,
} from './service.mjs';

const MIB = 1 << 20;

const startOnDisk = async (t) => {
  const disk = await makeDisk(t);
  if (!disk)
    t.skip('only root can make a small disk');
  return disk && startService(t, { dataDir: path.join(disk, 'data') });
};

const head = (size, more = '') => 'POST /input_content?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\n' +
  `Content-Type: video/mp4\r\nContent-Length: ${size}\r\n${more}\r\n`;
const FULL = /^HTTP\/1.1 507 .*\r\n(.*\r\n)*Content-Type: application\/problem\+json\r\n/i;
const GO_ON = /^HTTP\/1.1 100 /;

test('what does not fit is refused before it is read', async (t) => {
  const service = await startOnDisk(t);
  if (!service)
    return;
  assert.match(await raw(service.api, head(120 * MIB)), FULL);
  assert.match(await raw(service.api, head(120 * MIB, 'Expect: 100-continue\r\n')), FULL);
  assert.match(await raw(service.api, head(40 * MIB, 'Expect: 100-continue\r\n')), GO_ON);
  await until(() => isEmpty(service, 'incoming'), 'who left has left nothing');
  assert.equal(await addInput(service), 1);
});

test('space is promised once', async (t) => {
  const service = await startOnDisk(t);
  if (!service)
    return;
  const { hostname, port } = new URL(service.api);
  const first = net.connect(port, hostname);
  first.on('error', () => {});
  first.write(head(60 * MIB));
  await until(async () => !await isEmpty(service, 'incoming'), 'it begins');
  assert.match(await raw(service.api, head(60 * MIB)), FULL);
  assert.match(await raw(service.api, head(20 * MIB, 'Expect: 100-continue\r\n')), GO_ON);
  first.destroy();
  await until(async () =>
    GO_ON.test(await raw(service.api, head(60 * MIB, 'Expect: 100-continue\r\n'))),
  'the promise ends with the client');
});

test('a body of no length fills no disk', async (t) => {
  const service = await startOnDisk(t);
  if (!service)
    return;
  problem(assert, await send(service.api, 'POST', '/input_content?name=a.mp4',
    { body: Buffer.alloc(120 * MIB), headers: { 'Content-Type': 'video/mp4',
      'Transfer-Encoding': 'chunked' } }), 507);
  await until(() => isEmpty(service, 'incoming'), 'what was written is gone');
  // the last block of a file without a name may be on its way
  await until(async () => {
    const { bavail, bsize } = await fs.statfs(service.dataDir);
    return bavail * bsize > 90 * MIB;
  }, 'its space is free');
  assert.equal(await addInput(service), 1);
});
