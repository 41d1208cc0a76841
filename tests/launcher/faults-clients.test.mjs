// SPDX-License-Identifier: LGPL-2.1-or-later
// Clients that are slow, stand still, leave in the middle or are too many.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { takesMemory } from '../support/sanitizer.mjs';
import {
  exec, get, isEmpty, makeClip, raw, startService, until, upload,
} from './service.mjs';

const MIB = 1 << 20;
const MANY = Number(process.env.HABERDASH_CONNECTIONS ?? 1000);

const countFiles = async ({ pid }) => (await fs.readdir(`/proc/${pid}/fd`)).length;
const readsInput = async ({ pid }) => (await Promise.all((await fs.readdir(`/proc/${pid}/fd`))
  .map((fd) => fs.readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))))
  .some((link) => link.includes('/inputs/'));
const memoryOf = async ({ pid }) =>
  Number(/VmRSS:\s+(\d+)/.exec(await fs.readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const connect = async (base) => {
  const { hostname, port } = new URL(base);
  const socket = net.connect(port, hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};

// Ends when the service closes it.
const closed = (socket) => new Promise((resolve) => {
  let said = '';
  socket.setEncoding('latin1').on('data', (text) => { said += text; });
  socket.on('close', () => resolve(said));
});

const QUICK = ['--client-timeout', '1'];

test('a request that never becomes whole ends, however it drips', { timeout: 60_000 }, async (t) => {
  const service = await startService(t, { args: QUICK });
  await get(service.api, '/healthz');
  const before = await countFiles(service);
  const beginnings = ['', 'GET / HT', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n',
    'POST /packaged_content HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      'Content-Length: 1000\r\n\r\n{"input_content_id":'];
  await Promise.all(beginnings.map(async (beginning) => {
    const socket = await connect(service.api);
    socket.write(beginning);
    const dripping = beginning === '' ? null : setInterval(() => socket.write('x'), 200);
    assert.equal(await closed(socket), '', beginning);
    clearInterval(dripping);
  }));
  const idle = await connect(service.api);
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.match(await closed(idle), /^HTTP\/1.1 200 /);
  const left = await connect(service.api);
  left.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(left, 'data');
  left.destroy();
  await until(async () => await countFiles(service) <= before, 'nothing of them is left');
});

test('heads that are refused leave nothing', async (t) => {
  const service = await startService(t, { args: QUICK });
  const heapOf = async () => Number(/^haberdash_heap_bytes (\S+)$/m.exec((await get(service.api, '/metrics')).text)[1]);
  const long = 'a'.repeat(60_000);
  const refused = {
    501: (i) => `GET /${i}${long} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: x\r\n\r\n`,
    400: (i) => `GET /${i}${long} HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n`,
    405: (i) => `A${i}${long} /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  };
  for (const [status, head] of Object.entries(refused)) {
    const before = await heapOf();
    for (let i = 0; i < 100; i++)
      assert.match(await raw(service.api, head(i)), new RegExp(`^HTTP/1\\.[01] ${status} `));
    await until(async () => await heapOf() - before < 2 * MIB, `of 6 MB that were ${status} nothing is left`);
  }
});

test('who listens to events asks for something', { timeout: 60_000 }, async (t) => {
  const service = await startService(t, { args: QUICK });
  const socket = await connect(service.api);
  const ended = closed(socket);
  socket.write('GET /packaged_content/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.equal(await Promise.race([ended, pause(4000, 'open')]), 'open');
  socket.destroy();
});

test('an upload that stands still is refused and leaves nothing', { timeout: 60_000 }, async (t) => {
  const service = await startService(t, { args: QUICK });
  const socket = await connect(service.api);
  socket.write('POST /input_content?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\n' +
    'Content-Type: video/mp4\r\nContent-Length: 5000000\r\n\r\n');
  socket.write((await makeClip()).subarray(0, 20_000));
  assert.match(await closed(socket), /^HTTP\/1.1 408 [^]*application\/problem\+json/);
  await until(() => isEmpty(service, 'incoming'), 'its file is gone');
  assert.equal((await upload(service, 'a.mp4', await makeClip())).status, 201);
});

// A film with enough behind it that no socket holds it.
const addLarge = async (service) => {
  const free = Buffer.alloc(32 * MIB);
  free.writeUInt32BE(free.length);
  free.write('free', 4);
  const answer = await upload(service, 'large.mp4', Buffer.concat([await makeClip(), free]));
  return `/input_content/${answer.json.input_content_id}/content`;
};

test('who does not take what he asked for loses the connection', { timeout: 60_000 }, async (t) => {
  const service = await startService(t, { args: QUICK });
  const address = await addLarge(service);
  const stalled = await connect(service.api);
  stalled.write(`GET ${address} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(stalled, 'data');
  stalled.pause();
  const whole = await get(service.api, address);
  assert.ok(whole.body.length > 32 * MIB);
  await until(async () => !await readsInput(service), 'it was given up');
  stalled.destroy();
});

test('requests cut at any place', { timeout: 60_000 }, async (t) => {
  const service = await startService(t);
  const whole = Buffer.concat([Buffer.from('POST /input_content?name=cut.mp4 HTTP/1.1\r\n' +
    'Host: localhost\r\nContent-Type: video/mp4\r\nContent-Length: 300000\r\n\r\n'),
  (await makeClip()).subarray(0, 290_000)]);
  await get(service.api, '/healthz');
  const before = await countFiles(service);
  const cuts = [0, 1, 4, 20, 43, 44, 60, 100, 118, 119, 120, 121, 122, 125, 1000, 65_536, whole.length];
  for (const reset of [false, true]) {
    await Promise.all(cuts.map(async (cut) => {
      const socket = await connect(service.api);
      await new Promise((resolve) => { socket.write(whole.subarray(0, cut), resolve); });
      reset ? socket.resetAndDestroy() : socket.destroy();
    }));
  }
  await until(async () => await countFiles(service) <= before, 'nothing of them is left');
  await until(() => isEmpty(service, 'incoming'), 'no file is left');
  assert.deepEqual((await get(service.api, '/input_content')).json, []);
});

test(`${MANY} connections that ask for nothing`, { timeout: 120_000 }, async (t) => {
  const service = await startService(t);
  await get(service.api, '/healthz');
  const before = { files: await countFiles(service), memory: await memoryOf(service) };
  const sockets = [];
  while (sockets.length < MANY)
    sockets.push(...await Promise.all(Array.from({ length: 250 }, () => connect(service.delivery))));
  await until(async () => await countFiles(service) >= MANY, 'all are taken');
  assert.equal((await get(service.api, '/input_content')).status, 200);
  assert.equal((await get(service.delivery, '/healthz')).status, 200);
  const each = (await memoryOf(service) - before.memory) * 1024 / MANY;
  t.diagnostic(`${each.toFixed(1)} KiB each`);
  assert.ok(takesMemory || each < 32, `${each} KiB for each connection`);
  sockets.forEach((socket) => socket.destroy());
  await until(async () => await countFiles(service) < 100, 'all are gone');
});

test('descriptors run out: those who ask are served, and health tells', { timeout: 60_000 },
  async (t) => {
    const service = await startService(t);
    await get(service.api, '/healthz');
    const limit = await countFiles(service) + 40;
    await exec('prlimit', ['--pid', `${service.pid}`, `--nofile=${limit}`]);
    const idle = [];
    for (let i = 0; i < 150; i++)
      idle.push(await connect(i % 2 ? service.api : service.delivery));
    await pause(200);
    const ill = await get(service.api, '/healthz');
    assert.equal(ill.status, 503);
    assert.match(ill.json.checks.connections, /descriptors run out/);
    await until(() => /descriptors run out/.test(service.log), 'the log says so');
    assert.equal(service.log.match(/descriptors run out/g).length, 1, 'told once');
    assert.equal((await upload(service, 'a.mp4', await makeClip())).status, 201);
    assert.match(await raw(service.delivery, 'GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n'), / 404 /);
    idle.forEach((socket) => socket.destroy());
    await until(async () => await countFiles(service) < limit - 30, 'they are gone');
    assert.equal((await get(service.api, '/input_content')).status, 200);
  });
