// SPDX-License-Identifier: LGPL-2.1-or-later
// Who asked for it is told of a package's end.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, get, haberdash, makeFolder, packageEnd, post, problem,
  startService, until,
} from './service.mjs';

const SECRET = 'a-secret-of-the-tests';

// answers: a status, or a function of (request, response), for each request in
// turn; the last one for all that follow.
const startReceiver = async (t, ...answers) => {
  const receiver = { requests: [] };
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => { body += piece; });
    request.on('end', () => {
      const answer = answers[Math.min(receiver.requests.length, answers.length - 1)];
      receiver.requests.push({ method: request.method, url: request.url, headers: request.headers, body });
      if (typeof answer === 'function')
        answer(request, response);
      else
        response.writeHead(answer).end('thanks');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections?.();
    server.close();
  });
  receiver.host = `127.0.0.1:${server.address().port}`;
  receiver.url = `http://${receiver.host}/done?for=test`;
  return receiver;
};

const start = (t, hosts, options = {}) => startService(t, { ...options,
  env: { HABERDASH_CALLBACK_SECRET: SECRET },
  args: ['--retry-delay', '0.2', ...hosts.flatMap((host) => ['--callback-host', host]), ...options.args ?? []] });

const wholeRequest = async (service, callback_url) =>
  ({ input_content_id: await addInput(service), key: KEY, kid: KID, callback_url });

const told = (service, id, status = 'delivered') => until(async () => {
  const item = (await get(service.api, `/packaged_content/${id}`)).json;
  return item.callback.status === status && item;
}, `the callback of package ${id} is ${status}`);

const checkSignature = ({ headers, body }) => {
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['haberdash-signature']);
  assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 60);
  assert.equal(mac, crypto.createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
};

test('told after two failures, signed, without the key', async (t) => {
  const receiver = await startReceiver(t, 500, 503, 204);
  const service = await start(t, [receiver.host]);
  const made = await post(service.api, '/packaged_content', await wholeRequest(service, receiver.url));
  assert.equal(made.status, 202, made.text);
  assert.deepEqual(made.json.callback,
    { url: receiver.url, status: 'waiting', attempts: 0, next_attempt_at: null, reason: null });
  const item = await told(service, made.json.packaged_content_id);
  assert.equal(item.callback.attempts, 3);
  assert.equal(item.callback.reason, null);
  assert.equal(receiver.requests.length, 3);
  for (const request of receiver.requests) {
    assert.equal(request.method, 'POST');
    assert.equal(request.url, '/done?for=test');
    assert.equal(request.headers['content-type'], 'application/json');
    checkSignature(request);
    const { callback, ...rest } = item;
    assert.deepEqual(JSON.parse(request.body), rest);
    for (const secret of [KEY, Buffer.from(KEY, 'base64url').toString('hex'), SECRET])
      assert.ok(!JSON.stringify(request).includes(secret));
  }
  assert.ok(!service.log.includes(SECRET));
});

test('Failed and Cancelled are told, too', async (t) => {
  const receiver = await startReceiver(t, 200);
  const service = await start(t, [receiver.host], { args: ['--jobs', '1'] });
  const request = await wholeRequest(service, receiver.url);
  const ids = [];
  for (let i = 0; i < 4; i++)
    ids.push((await post(service.api, '/packaged_content', request)).json.packaged_content_id);
  const cancelled = ids.at(-1);
  await post(service.api, `/packaged_content/${cancelled}/cancel`, '');
  await told(service, cancelled);
  assert.ok(receiver.requests.some(({ body }) => JSON.parse(body).status === 'Cancelled'));

  // an input whose file is gone
  await Promise.all(ids.map((id) => packageEnd(service, id)));
  const [file] = await fs.readdir(path.join(service.dataDir, 'inputs'));
  await fs.rm(path.join(service.dataDir, 'inputs', file));
  const failed = await post(service.api, '/packaged_content', request);
  await told(service, failed.json.packaged_content_id);
  const { status, reason } = JSON.parse(receiver.requests.at(-1).body);
  assert.equal(status, 'Failed');
  assert.match(reason, /^clip\.mp4: /);
});

test('only hosts that are allowed, and no redirect', async (t) => {
  const other = await startReceiver(t, 200);
  const receiver = await startReceiver(t, (request, response) => {
    response.writeHead(307, { Location: other.url }).end();
  });
  const service = await start(t, [receiver.host]);
  const request = await wholeRequest(service, receiver.url);
  for (const [callback_url, status] of [[other.url, 422], ['http://localhost/', 422], ['ftp://x/', 400],
    ['http://u:p@127.0.0.1/', 400], ['x', 400], [7, 400], ['', 400]]) {
    const { detail } = problem(assert, await post(service.api, '/packaged_content', { ...request, callback_url }), status);
    if (status === 422)
      assert.match(detail, /--callback-host/);
  }
  const made = await post(service.api, '/packaged_content', request);
  const id = made.json.packaged_content_id;
  const item = await until(async () => {
    const now = (await get(service.api, `/packaged_content/${id}`)).json;
    return now.callback.attempts > 1 && now.callback.reason && now;
  }, 'it is tried again');
  assert.match(item.callback.reason, /307/);
  assert.equal(other.requests.length, 0);

  const closed = await startService(t);
  const { detail } = problem(assert, await post(closed.api, '/packaged_content',
    { ...await wholeRequest(closed, receiver.url) }), 422);
  assert.match(detail, /--callback-host/);
});

test('callbacks outlive the service', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const receiver = await startReceiver(t, (request) => request.socket.destroy(), 200);
  const first = await start(t, [receiver.host], { dataDir, args: ['--retry-delay', '2'] });
  const made = await post(first.api, '/packaged_content', await wholeRequest(first, receiver.url));
  const id = made.json.packaged_content_id;
  const item = await until(async () => {
    const now = (await get(first.api, `/packaged_content/${id}`)).json;
    return now.callback.reason && now;
  }, 'the first attempt failed');
  assert.equal(item.callback.attempts, 1);
  assert.ok(item.callback.next_attempt_at);
  await first.end('SIGKILL');
  const second = await start(t, [receiver.host], { dataDir });
  assert.equal((await told(second, id)).callback.attempts, 2);
  assert.equal(receiver.requests.length, 2);
});

test('a stop does not wait for a receiver that does not answer', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const receiver = await startReceiver(t, () => {}, 200);
  const first = await start(t, [receiver.host], { dataDir });
  await post(first.api, '/packaged_content', await wholeRequest(first, receiver.url));
  await until(() => receiver.requests.length === 1, 'it is called');
  assert.equal(await first.end('SIGTERM'), 0);
  const second = await start(t, [receiver.host], { dataDir });
  await told(second, 1);

  // Where the host is allowed no longer, that is said.
  await post(second.api, '/packaged_content', await wholeRequest(second, receiver.url), { Prefer: 'wait=60' });
  await told(second, 2);
});

test('a host that is allowed no longer is not called', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const receiver = await startReceiver(t, 500);
  const first = await start(t, [receiver.host], { dataDir });
  await post(first.api, '/packaged_content', await wholeRequest(first, receiver.url));
  await until(() => receiver.requests.length > 0, 'it is called');
  await first.end();
  const before = receiver.requests.length;
  const second = await startService(t, { dataDir });
  const item = await told(second, 1, 'failed');
  assert.match(item.callback.reason, /--callback-host/);
  assert.equal(receiver.requests.length, before);
});

test('what serve refuses', async (t) => {
  const folder = await makeFolder(t);
  const short = path.join(folder, 'short');
  await fs.writeFile(short, 'short\n');
  for (const [args, message] of [
    [['--callback-host', 'localhost'], /--callback-secret-file/],
    [['--callback-host', 'http://localhost', '--callback-secret-file', short], /HOST:PORT/],
    [['--callback-host', 'localhost', '--callback-secret-file', short], /16 characters/],
    [['--callback-secret-file', path.join(folder, 'none')], /none/],
    [['--retry-delay', '0'], /--retry-delay/],
    [['--retry-delay', '601'], /--retry-delay/],
  ])
    await assert.rejects(haberdash('serve', '--port', '0', '--delivery-port', '0', '--data-dir', folder, ...args),
      ({ code, stderr }) => code === 64 && message.test(stderr));
});
