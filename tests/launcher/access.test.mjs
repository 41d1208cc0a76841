// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may ask: hosts, origins, tokens, addresses; and what all answers share.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  addInput, exec, get, haberdash, makeClip, makeFolder, post, problem, raw,
  send, startService, upload,
} from './service.mjs';

const TOKEN = 'a-token-of-enough-letters';

test('unknown hosts', async (t) => {
  const service = await startService(t, { args: ['--allow-host', 'video.example'],
    env: { HABERDASH_API_TOKENS: TOKEN } });
  for (const base of [service.api, service.delivery]) {
    for (const Host of ['evil.example', '192.0.2.1', 'localhost.evil.example'])
      problem(assert, await get(base, '/healthz', { Host }), 421);
    for (const Host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]', 'video.example:80'])
      assert.equal((await get(base, '/healthz', { Host })).status, 200, Host);
    assert.match(await raw(base, 'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      /^HTTP\/1.1 421/);
  }
});

test('changes from other origins', async (t) => {
  const service = await startService(t);
  const { host } = new URL(service.api);
  const id = await addInput(service);
  const foreign = [{ Origin: 'http://evil.example' }, { Origin: 'null' }, { Origin: 'http://localhost:1' },
    { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }];
  for (const headers of foreign) {
    problem(assert, await upload(service, 'a.mp4', await makeClip(), { headers, path: '/success' }), 403);
    problem(assert, await send(service.api, 'DELETE', `/input_content/${id}`, { headers }), 403);
    problem(assert, await post(service.api, '/license/clearkey', {}, headers), 403);
    assert.equal((await get(service.api, '/input_content', headers)).headers['access-control-allow-origin'],
      undefined);
  }
  assert.equal((await upload(service, 'a.mp4', await makeClip(),
    { headers: { Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' } })).status, 201);
});

test('methods', async (t) => {
  const service = await startService(t);
  const cases = [['PUT', '/input_content', 'POST, GET, HEAD'], ['POST', '/', 'GET, HEAD'],
    ['DELETE', '/packaged_content', 'POST, GET, HEAD'], ['GET', '/success', 'POST'],
    ['PUT', '/packaged_content/1', 'GET, HEAD, PATCH, DELETE'], ['GET', '/license/clearkey', 'POST']];
  for (const [method, target, allow] of cases) {
    const answer = await send(service.api, method, target);
    problem(assert, answer, 405);
    assert.equal(answer.headers.allow, allow);
  }
  const options = await send(service.api, 'OPTIONS', '/input_content');
  assert.equal(options.status, 204);
  assert.equal(options.headers.allow, 'POST, GET, HEAD');
  problem(assert, await get(service.api, '/nothing'), 404);
  problem(assert, await get(service.api, '/%00'), 400);
  assert.equal((await get(service.api, '/%zz')).status, 400); // libsoup's own
  const head = await send(service.api, 'HEAD', '/healthz');
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  assert.ok(Number(head.headers['content-length']) > 0);
});

test('nonsense on the wire', async (t) => {
  const service = await startService(t);
  for (const bytes of ['\r\n\r\n\r\n', 'GET\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00', 'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    'POST /input_content HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
    'POST /input_content HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n',
    'POST /packaged_content HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'])
    await Promise.race([raw(service.api, bytes).catch(() => {}), new Promise((done) => { setTimeout(done, 300); })]);
  assert.equal((await get(service.api, '/healthz')).json.status, 'ok');
});

test('pages', async (t) => {
  const service = await startService(t);
  const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  for (const target of ['/', '/upload_input_content']) {
    const page = await get(service.api, target);
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.headers['content-security-policy'], /default-src 'self'/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
  }
  assert.match((await get(service.api, '/videos/', html)).headers['content-type'], /^text\/html/);
  assert.deepEqual((await get(service.api, '/videos/')).json, []);
  const lost = await get(service.api, '/nothing', html);
  assert.equal(lost.status, 404);
  assert.match(lost.headers['content-type'], /^text\/html/);
  assert.match((await get(service.api, '/assets/haberdash.css')).headers['content-type'], /^text\/css/);
  problem(assert, await get(service.api, '/assets/../pages/error.html'), 404);
  problem(assert, await get(service.api, '/assets/..%2fpages%2ferror.html'), 404);
});

test('a token', async (t) => {
  const file = path.join(await makeFolder(t), 'token');
  await fs.writeFile(file, `${TOKEN}\n`, { mode: 0o600 });
  const service = await startService(t, { args: ['--address', '0.0.0.0', '--api-token-file', file] });
  const base = { api: service.api.replace('0.0.0.0', '127.0.0.1'),
    delivery: service.delivery.replace('0.0.0.0', '127.0.0.1') };
  for (const Authorization of [undefined, 'Bearer wrong', `Basic ${TOKEN}`]) {
    const answer = await get(base.api, '/input_content', Authorization && { Authorization });
    problem(assert, answer, 401);
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
  }
  problem(assert, await upload(base, 'a.mp4', await makeClip()), 401);
  // Keys are only told to who has it, also on the delivery listener.
  problem(assert, await post(base.delivery, '/ABCDEF/license/clearkey', {}), 401);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  assert.equal((await get(base.api, '/input_content', headers)).status, 200);
  assert.equal((await upload(base, 'a.mp4', await makeClip(), { headers })).status, 201);
  problem(assert, await post(base.delivery, '/ABCDEF/license/clearkey', {}, headers), 404);
  problem(assert, await get(base.delivery, '/videos/'), 401);
  assert.deepEqual((await get(base.delivery, '/videos/', headers)).json, []);
  for (const target of ['/healthz', '/sign-in', '/assets/haberdash.css'])
    assert.equal((await get(base.api, target)).status, 200);
  assert.ok(!service.log.includes(TOKEN));
});

test('command lines that are refused', async (t) => {
  const folder = await makeFolder(t);
  const short = path.join(folder, 'short');
  await fs.writeFile(short, 'x\n', { mode: 0o600 });
  const fine = path.join(folder, 'fine');
  await fs.writeFile(fine, `${TOKEN}\n`, { mode: 0o600 });
  const loose = path.join(folder, 'loose');
  await fs.writeFile(loose, `${TOKEN}\n`, { mode: 0o644 });
  const program = process.env.HABERDASH;
  const code = (...args) => spawnSync(program, args, { timeout: 20_000, stdio: 'ignore' }).status;
  const serve = (...args) => code('serve', '--port', '0', '--delivery-port', '0', '--data-dir', folder, ...args);
  assert.equal(code(), 64);
  assert.equal(code('dance'), 64);
  assert.equal(code('--help'), 0);
  assert.equal(code('serve', '--help'), 0);
  assert.equal(serve('--address', '0.0.0.0'), 64);
  assert.equal(serve('--address', 'example.com'), 64);
  assert.equal(serve('--api-token-file', short), 64);
  assert.equal(serve('--api-token-file', loose), 64);
  assert.equal(serve('--api-token-file', path.join(folder, 'none')), 64);
  assert.equal(serve('--jobs', '0'), 64);
  assert.equal(serve('--port', '70000'), 64);
  assert.equal(serve('--api-token-file', fine, '--public-url', 'nonsense'), 64);
  assert.equal(serve('extra'), 64);
  assert.match((await haberdash('--version')).stdout, /^haberdash \d/);
});

test('one service a data folder', async (t) => {
  const service = await startService(t);
  await assert.rejects(haberdash('serve', '--port', '0', '--delivery-port', '0', '--data-dir', service.dataDir),
    { code: 69 });
});

test('everything of the data folder is the owner\'s alone', async (t) => {
  const service = await startService(t);
  await addInput(service);
  const { stdout } = await exec('find', [service.dataDir, '-perm', '/077']);
  assert.equal(stdout, '');
});
