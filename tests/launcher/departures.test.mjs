// SPDX-License-Identifier: LGPL-2.1-or-later
// Clients that leave while something is made for them: the last of those who wait
// for it ends it, and nothing of it is kept.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';

import { useHostile } from './hostile.mjs';
import {
  KEY, KID, addInput, forkServerOf, fragment, get, isAlive, isEmpty, makeClip, signal, startService, until, upload,
} from './service.mjs';

const GOPS = '/videos/clip.mp4/group-of-pictures';
const hostile = useHostile();

// { leave, status }: a request that is on its way.
const ask = (service, target, { method = 'GET', headers = {}, body } = {}) => {
  const request = http.request(new URL(target, service.api), { method, headers, agent: false });
  const status = new Promise((resolve) => {
    request.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on('error', () => resolve(0));
  });
  request.end(body);
  return { status, leave: () => request.destroy() };
};

const askGop = (service, what) => ask(service, `${GOPS}/${what}`);

const figure = async (service, name) =>
  Number(new RegExp(`^haberdash_${name} (.*)$`, 'm').exec((await get(service.api, '/metrics')).text)?.[1]);
const readers = (service, state) => figure(service, `children{kind="reader",state="${state}"}`);
const shared = (service) => figure(service, 'cache_requests_total{result="shared"}');

const leftIn = (service) => service.log.split(/ status=499 /).length - 1;
// Leaves, and waits until the service knows of it.
const leave = async (service, ...clients) => {
  const before = leftIn(service);
  clients.forEach((client) => client.leave());
  await until(() => leftIn(service) === before + clients.length, 'it is seen that they left');
};

const nothingIsLeft = async (service) => {
  await until(async () => await readers(service, 'running') + await readers(service, 'waiting') === 0, 'the children end');
  await until(() => isEmpty(service, 'work'), 'nothing is left of it');
  assert.deepEqual(await fs.readdir(path.join(service.dataDir, 'cuts')), []);
};

// Its children begin when start () is called, and not before.
const startHeld = async (t, args = []) => {
  const service = await startService(t, { args: ['--log-level', 'debug', ...args] });
  await addInput(service);
  const server = await forkServerOf(service);
  await until(async () => await readers(service, 'running') === 0, 'what read the input has ended');
  service.hold = () => signal(server, 'SIGSTOP');
  service.start = () => signal(server, 'SIGCONT');
  return service;
};

for (const what of ['1.mp4', '1/frames.json', '1.jpg', '1.mp4?grayscale=1']) {
  test(`${what}: it is made while somebody waits`, { timeout: 120_000 }, async (t) => {
    const service = await startHeld(t);
    service.hold();
    const first = askGop(service, what);
    await until(async () => await readers(service, 'running') === 1, 'it is begun');
    const second = askGop(service, what);
    await until(async () => await shared(service) === 1, 'the second one waits for the same');
    await leave(service, first);
    await leave(service, second);
    service.start();
    await nothingIsLeft(service);

    service.hold();
    const pair = [askGop(service, what), askGop(service, what)];
    await until(async () => await shared(service) === 2, 'they wait for the same');
    await leave(service, pair[0]);
    service.start();
    assert.equal(await pair[1].status, 200);
    assert.equal(await askGop(service, what).status, 200);
  });
}

test('what waits for its turn gives it up', { timeout: 120_000 }, async (t) => {
  const service = await startHeld(t, ['--jobs', '2']);
  service.hold();
  const running = [askGop(service, '0.mp4'), askGop(service, '1.mp4')];
  await until(async () => await readers(service, 'running') === 2, 'two are begun');
  const waiting = askGop(service, '2.mp4');
  await until(async () => await readers(service, 'waiting') === 1, 'the third one waits');
  await leave(service, waiting);
  assert.equal(await readers(service, 'waiting'), 0);
  service.start();
  for (const { status } of running)
    assert.equal(await status, 200);
});

// GOPs of a file without a table of samples are found by a demuxer, which stays.
test('a child that would never end is ended, with all that waited for it', { timeout: 120_000 }, async (t) => {
  const service = await startService(t, { env: hostile.env });
  await hostile.tell();
  await upload(service, 'clip.mp4', await fragment(t, await makeClip()));
  const staying = () => [...service.log.matchAll(/^hostile: (\d+) stays$/gm)].map(([, pid]) => Number(pid));
  const stays = (count) => until(() => staying().length === count && staying().at(-1), 'it stays');
  await hostile.tell('stay');

  const alone = askGop(service, '1.mp4');
  const first = await stays(1);
  await leave(service, alone);
  await until(() => !isAlive(first), 'it is ended');

  // A filter, a picture and the frames are made of the GOP.
  const clients = ['1.mp4?grayscale=1', '1.jpg', '1/frames.json', '1.mp4'].map((what) => askGop(service, what));
  const second = await stays(2);
  await until(async () => await shared(service) === 3, 'all wait for the GOP');
  await leave(service, ...clients.slice(1));
  assert.ok(isAlive(second));
  await leave(service, clients[0]);
  await until(() => !isAlive(second), 'it is ended');
  await nothingIsLeft(service);

  await hostile.tell();
  assert.equal(await askGop(service, '1.mp4?grayscale=1').status, 200);
});

test('a package is made although who waited for its answer has left', { timeout: 120_000 }, async (t) => {
  const service = await startService(t, { env: hostile.env });
  await hostile.tell();
  const input = await addInput(service);
  await hostile.tell('stay');
  const client = ask(service, '/packaged_content', { method: 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'wait=60' },
    body: JSON.stringify({ input_content_id: input, key: KEY, kid: KID }) });
  await until(() => /^hostile: \d+ stays$/m.test(service.log), 'its child is there');
  await leave(service, client);
  assert.equal((await get(service.api, '/packaged_content/1')).json.status, 'Queued');
});
