// SPDX-License-Identifier: LGPL-2.1-or-later
// Server-sent events of packages.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, holdFirst, letGo, makeFolder, packageEnd, post,
  problem, send, startService, until, upload, workersOf,
} from './service.mjs';

const parseEvent = (block) => {
  const event = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^([a-z]*): ?(.*)$/.exec(line) ?? assert.fail(`not a line of an event: ${line}`);
    event[name] = value;
  }
  if (event.data !== undefined)
    event.data = JSON.parse(event.data);
  return event;
};

// { status, headers, events, ended, closed, close }; events grows while they come.
const listen = (service, target, headers = {}) => new Promise((resolve, reject) => {
  const request = http.get(new URL(target, service.api), { headers, agent: false }, (answer) => {
    const stream = { status: answer.statusCode, headers: answer.headers, events: [], ended: false, closed: false,
      close: () => request.destroy() };
    let text = '';
    answer.setEncoding('utf8').on('data', (piece) => {
      const blocks = (text + piece).split('\n\n');
      text = blocks.pop();
      stream.events.push(...blocks.map(parseEvent));
    });
    answer.on('end', () => { stream.ended = text === ''; });
    answer.on('error', () => {});
    answer.on('close', () => { stream.closed = true; });
    resolve(stream);
  });
  request.on('error', reject);
});

const statuses = (stream) => stream.events.filter(({ event }) => event === 'status');
const ended = (stream) => until(() => stream.ended, 'the stream ends');
const ask = async (service, request) => (await post(service.api, '/packaged_content', request)).json.packaged_content_id;

test('one package: from Queued to its end', async (t) => {
  const service = await startService(t);
  const id = await ask(service, { input_content_id: await addInput(service), key: KEY, kid: KID });
  const target = `/packaged_content/${id}/events`;
  const stream = await listen(service, target);
  assert.equal(stream.status, 200);
  assert.equal(stream.headers['content-type'], 'text/event-stream');
  assert.equal(stream.headers['cache-control'], 'no-store');
  await ended(stream);
  const [first, ...rest] = stream.events;
  assert.ok(Number(first.retry) > 0);
  assert.ok(rest.every(({ event, data }) => ['status', 'progress'].includes(event) && data.packaged_content_id === id));
  const ids = statuses(stream).map((event) => Number(event.id));
  assert.ok(ids.length > 0 && ids.every((number, i) => i === 0 || number > ids[i - 1]));
  const last = rest.at(-1);
  assert.deepEqual(last.data, (await get(service.api, `/packaged_content/${id}`)).json);
  assert.equal(last.data.status, 'Ready');
  assert.ok(!JSON.stringify(stream.events).includes(KEY));

  // who was there at the end has nothing to come back for
  assert.equal((await listen(service, target, { 'Last-Event-ID': last.id })).status, 204);
  for (const seen of ['1', '0', 'x', '', '-1', '999999', '99999999999999999999']) {
    const again = await listen(service, target, { 'Last-Event-ID': seen });
    await ended(again);
    assert.deepEqual(again.events.map(({ event }) => event), [undefined, 'status'], seen);
    assert.equal(again.events[1].id, last.id);
  }
  problem(assert, await get(service.api, '/packaged_content/99/events'), 404);
  problem(assert, await get(service.api, '/packaged_content/x/events'), 404);
  const head = await send(service.api, 'HEAD', target);
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-type'], 'text/event-stream');
});

test('progress with its rate', async (t) => {
  const service = await startService(t);
  const file = path.join(await makeFolder(t), 'long.mp4');
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'color=size=64x64:rate=25',
    '-t', '900', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', file]);
  const { input_content_id } = (await upload(service, 'long.mp4', await fs.readFile(file))).json;
  const id = await holdFirst(service, { input_content_id, key: KEY, kid: KID });
  const stream = await listen(service, `/packaged_content/${id}/events`);
  // The child works a tenth of the time.
  let slow = true;
  const slowing = (async () => {
    while (slow)
      for (const [signal, ms] of [['SIGSTOP', 45], ['SIGCONT', 5]]) {
        for (const pid of await workersOf(service.pid))
          process.kill(pid, signal);
        await new Promise((resolve) => { setTimeout(resolve, ms); });
      }
  })().catch(() => {});
  const told = await until(() => stream.events.find(({ data }) => data?.eta !== undefined && data.eta !== null), 'an estimate');
  slow = false;
  await slowing;
  assert.ok(told.data.speed > 0);
  assert.ok(told.data.bytes_per_second > 0);
  assert.ok(told.data.eta >= 0);
  assert.ok(told.data.progress > 0 && told.data.progress < 1);
  await ended(stream);
  const progress = stream.events.filter(({ data }) => data).map(({ data }) => data.progress);
  assert.deepEqual(progress, [...progress].sort((a, b) => a - b));
  assert.equal(stream.events.at(-1).data.eta, null);
});

test('all packages: what is there first, then what changes', async (t) => {
  const service = await startService(t, { args: ['--jobs', '1'] });
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const done = await ask(service, request);
  await packageEnd(service, done);
  const ids = [await holdFirst(service, request), await ask(service, request)];
  const stream = await listen(service, '/packaged_content/events');
  const added = await ask(service, request);
  await letGo(service);
  const of = (id, status) => statuses(stream).find(({ data }) =>
    data.packaged_content_id === id && data.status === status);
  for (const id of [...ids, added])
    await until(() => of(id, 'Ready'), `package ${id} is told to be Ready`);
  assert.ok(!stream.events.some(({ data }) => data?.packaged_content_id === done));
  assert.equal((await send(service.api, 'DELETE', `/packaged_content/${ids[0]}`)).status, 204);
  await until(() => stream.events.some(({ event, data }) =>
    event === 'removed' && data.packaged_content_id === ids[0]), 'the removal is told');
  const seen = of(ids[1], 'Ready').id;
  stream.close();

  // Who comes back gets what changed meanwhile, once.
  const late = await ask(service, request);
  await packageEnd(service, late);
  const again = await listen(service, '/packaged_content/events', { 'Last-Event-ID': seen });
  await until(() => statuses(again).some(({ data }) => data.packaged_content_id === late), 'what was missed is told');
  assert.deepEqual(statuses(again).map(({ data }) => [data.packaged_content_id, data.status]),
    [[added, 'Ready'], [late, 'Ready']]);

  // A cancelled one, and a place in the queue.
  const held = await holdFirst(service, request);
  const waiting = await ask(service, request);
  await send(service.api, 'PATCH', `/packaged_content/${waiting}`, { body: '{"priority":7}' });
  await until(() => again.events.some(({ data }) => data?.packaged_content_id === waiting && data.priority === 7),
    'the priority is told');
  for (const id of [waiting, held]) {
    await post(service.api, `/packaged_content/${id}/cancel`, '');
    await until(() => statuses(again).some(({ data }) =>
      data.packaged_content_id === id && data.status === 'Cancelled'), 'it is told to be Cancelled');
  }

  await service.end('SIGTERM');
  await until(() => again.closed, 'the stream ends with the service');
});

test('so many listeners, no more', async (t) => {
  const service = await startService(t);
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const streams = await Promise.all(Array.from({ length: 128 }, () => listen(service, '/packaged_content/events')));
  assert.ok(streams.every(({ status }) => status === 200));
  const refused = await get(service.api, '/packaged_content/events');
  problem(assert, refused, 503);
  assert.ok(refused.headers['retry-after']);
  const id = await ask(service, request);
  for (const stream of streams)
    await until(() => statuses(stream).some(({ data }) => data.status === 'Ready'), 'each is told');
  assert.equal((await packageEnd(service, id)).status, 'Ready');

  for (const stream of streams)
    stream.close();
  await until(async () => {
    const stream = await listen(service, '/packaged_content/events');
    stream.close();
    return stream.status === 200;
  }, 'there is room again');
});
