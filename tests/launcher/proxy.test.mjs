// SPDX-License-Identifier: LGPL-2.1-or-later
// What proxies say of a request: to whom the service believes it, and what
// follows from it; by hand, and by the nginx of the operator's page.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import {
  KEY, KID, formOf, freePort, get, makeClip, makeFolder, post, problem, send, startService, until, upload,
} from './service.mjs';

const docs = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));
const TOKEN = 'a-token-of-enough-letters';
const BEARER = { Authorization: `Bearer ${TOKEN}` };
const ALLOWED = ['--allow-host', 'video.example', '--allow-host', 'cdn.example'];
const TRUSTED = ['--trusted-proxy', '127.0.0.0/8', '--trusted-proxy', '::1', ...ALLOWED];
const X = { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'video.example:8443' };
const STANDARD = { Forwarded: 'for=198.51.100.7;proto=https;host="video.example:8443"' };

const tokenFile = async (t) => {
  const file = path.join(await makeFolder(t), 'tokens');
  await fs.writeFile(file, `ann ${TOKEN}\n`, { mode: 0o600 });
  return file;
};
const signIn = (base, headers) => send(base, 'POST', '/sign-in', { body: `token=${TOKEN}`,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } });
const cookieOf = async (base, headers) => (await signIn(base, headers)).headers['set-cookie']?.[0] ?? '';
const licenceIn = (manifest) => /https?:[^<"]*\/license\/clearkey/.exec(manifest)[0];

const makePackage = async (service, headers) => {
  const all = { ...headers, ...BEARER };
  const input = await upload(service, 'clip.mp4', await makeClip(), { headers: BEARER });
  const asked = await post(service.api, '/packaged_content',
    { input_content_id: input.json.input_content_id, key: KEY, kid: KID }, { ...all, Prefer: 'wait=60' });
  assert.equal(asked.json.status, 'Ready', asked.text);
  const { pathname } = new URL(asked.json.url);
  return { url: asked.json.url, licence: licenceIn((await get(service.delivery, pathname)).text) };
};

test('addresses are those of a trusted proxy', async (t) => {
  const service = await startService(t, { args: [...TRUSTED, '--api-token-file', await tokenFile(t)] });
  const { port } = new URL(service.delivery);
  for (const headers of [X, STANDARD, { ...X, Host: 'video.example:8443', 'X-Forwarded-Host': undefined }]) {
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value));
    const { url, licence } = await makePackage(service, sent);
    for (const address of [url, licence])
      assert.ok(address.startsWith(`https://video.example:${port}/`), address);
  }
  const list = async (headers) => new URL((await get(service.delivery, '/videos/',
    { ...headers, ...BEARER })).json[0].url).origin;
  assert.equal(await list({ Forwarded: 'for=198.51.100.7;host=cdn.example;proto=https' }), 'https://cdn.example');
  assert.equal(await list({ 'X-Forwarded-For': '198.51.100.7', Host: 'cdn.example:99' }), 'http://cdn.example:99');
  assert.equal(await list({ Forwarded: 'for=198.51.100.7;host="cdn.example' }), service.delivery);
  assert.equal(await list({ ...X, Forwarded: 'for=203.0.113.9' }), service.delivery);
});

test('nobody else is believed', async (t) => {
  const tokens = await tokenFile(t);
  for (const args of [['--trusted-proxy', '192.0.2.0/24', '--trusted-proxy', 'fd00::/8'], []]) {
    const service = await startService(t, { args: [...ALLOWED, ...args, '--log-level', 'debug',
      '--api-token-file', tokens] });
    for (const headers of [X, STANDARD, { ...X, 'X-Forwarded-Host': 'evil.example' }]) {
      const all = { ...headers, Authorization: `Bearer ${TOKEN}` };
      assert.equal((await get(service.delivery, '/videos/', all)).status, 200);
      assert.match(await cookieOf(service.api, headers), /SameSite=Strict$/);
    }
    assert.match(service.log, /client=127\.0\.0\.1/);
    assert.doesNotMatch(service.log, /client=198/);
  }
});

test('what is told decides who it is', async (t) => {
  const service = await startService(t, { args: [...TRUSTED, '--log-level', 'debug', '--rate-limit', '0.01',
    '--api-token-file', await tokenFile(t)] });
  const from = async (client, target = '/healthz') =>
    (await get(service.api, target, { 'X-Forwarded-For': client })).status;
  // Of these none has been there before; made up hops do not make another of one.
  for (const client of ['198.51.100.1', '198.51.100.2', '2001:db8:0:1::1', '2001:db8:0:2::1'])
    assert.equal(await from(client), 200, client);
  for (const client of ['198.51.100.1', '203.0.113.5, 198.51.100.2', '[2001:db8:0:1::9]:99',
    '198.51.100.2, 127.0.0.9'])
    assert.equal(await from(client), 429, client);
  // The proxy itself is one client more.
  assert.equal(await from('nonsense'), 200);
  assert.equal(await from('more nonsense'), 429);
  await until(() => /client=198\.51\.100\.2/.test(service.log), 'the client is in the log');
  assert.match(service.log, /client=2001:db8:0:1::9/);
});

test('cookies and origins by the address that the browser has', async (t) => {
  const service = await startService(t, { args: [...TRUSTED, '--api-token-file', await tokenFile(t)] });
  const Origin = 'https://video.example:8443';
  for (const headers of [X, STANDARD])
    assert.match(await cookieOf(service.api, { ...headers, Origin }), /; Secure$/);
  assert.match(await cookieOf(service.api, { ...X, 'X-Forwarded-Proto': 'http', Origin }), /Strict$/);
  for (const other of ['https://video.example', 'https://evil.example', new URL(service.api).origin])
    assert.equal((await signIn(service.api, { ...X, Origin: other })).status, 403, other);
});

test('hosts that are not known', async (t) => {
  const service = await startService(t, { args: [...TRUSTED, '--api-token-file', await tokenFile(t)] });
  for (const base of [service.api, service.delivery]) {
    for (const headers of [{ ...X, 'X-Forwarded-Host': 'evil.example' },
      { Forwarded: 'for=198.51.100.7;host=evil.example' }, { ...X, Host: 'evil.example' },
      { Forwarded: 'for=198.51.100.7;host="192.0.2.1"' }])
      problem(assert, await get(base, '/healthz', headers), 421);
    // None of these is a host, so that nothing was said.
    for (const host of ['"a@video.example"', '"video.example/x"', '"video.example\\"', 'video.example:1'])
      assert.equal((await get(base, '/healthz', { Forwarded: `host=${host}` })).status, 200, host);
  }
});

test('the public address is above what a proxy says', async (t) => {
  const port = await freePort();
  const api = `http://127.0.0.1:${port}`;
  await startService(t, { args: [...TRUSTED, '--port', port, '--public-url', 'http://video.example:1',
    '--public-delivery-url', 'https://films.example/x', '--api-token-file', await tokenFile(t)] });
  assert.match(await cookieOf(api, { ...X, Origin: 'http://video.example:1' }), /SameSite=Strict$/);
  const args = { Authorization: `Bearer ${TOKEN}` };
  const { json } = await send(api, 'POST', '/input_content', { body: formOf('a.mp4', await makeClip()),
    headers: { 'Content-Type': 'multipart/form-data; boundary=test-boundary-1f9c', ...args } });
  const made = await post(api, '/packaged_content',
    { input_content_id: json.input_content_id, key: KEY, kid: KID }, { ...X, ...args, Prefer: 'wait=60' });
  assert.ok(made.json.url.startsWith('https://films.example/x/'), made.text);
});

test('behind a proxy licences are not for everybody', async (t) => {
  const service = await startService(t, { args: ['--trusted-proxy', '127.0.0.1', '--api-token-file',
    await tokenFile(t)] });
  assert.equal((await get(service.delivery, '/videos/')).status, 401);
});

// What is started behind a proxy as before it has to ask who it is that comes.
const OPENINGS = [['--trusted-proxy', '127.0.0.1'], ['--trusted-proxy', '10.0.0.0/8'],
  ['--public-url', 'https://video.example.org'], ['--allow-host', 'video.example.org'],
  ['--allow-host', 'localhost', '--allow-host', '192.0.2.1']];
test('a proxy without tokens is refused, and the message says what to do', async (t) => {
  for (const args of OPENINGS) {
    const { status, stderr } = spawnSync(process.env.HABERDASH, ['serve', '--port', '0', '--delivery-port', '0',
      '--data-dir', await makeFolder(t), ...args], { timeout: 20_000, encoding: 'utf8' });
    assert.equal(status, 64, args.join(' '));
    assert.match(stderr, new RegExp(`${args.at(-2)}.* needs --api-token-file`));
  }
});

test('what only this machine can use needs no tokens', async (t) => {
  const service = await startService(t, { args: ['--allow-host', 'localhost', '--allow-host', '127.0.0.1',
    '--allow-host', '::1', '--public-delivery-url', 'https://cdn.example.org'] });
  assert.equal((await get(service.api, '/session')).json.admin, true);
});

test('nobody is the owner because a proxy is on loopback', async (t) => {
  const service = await startService(t, { args: [...TRUSTED, '--api-token-file', await tokenFile(t)] });
  await makePackage(service, X);
  for (const headers of [X, STANDARD, {}]) {
    problem(assert, await get(service.api, '/packaged_content/1/keys', headers), 401);
    assert.equal((await get(service.api, '/session', headers)).json.admin, false);
  }
});

// Each command of the page that has it behind a proxy.
test('the page starts nothing behind a proxy without tokens', async () => {
  const [section] = /^## Behind a proxy$[^]*?(?=^## )/m.exec(await fs.readFile(docs, 'utf8'));
  const commands = section.replaceAll('\\\n', ' ').match(/haberdash serve [^`\n]*/g);
  assert.ok(commands.length >= 2, section);
  for (const command of commands)
    assert.match(command, /--api-token-file/);
});

test('proxies that are none', async (t) => {
  for (const proxy of ['proxy.example', '10.0.0.1/8', '::/129'])
    assert.equal(spawnSync(process.env.HABERDASH, ['serve', '--port', '0', '--delivery-port', '0', '--api-token-file',
      await tokenFile(t), '--data-dir', await makeFolder(t), '--trusted-proxy', proxy], { timeout: 5000, stdio: 'ignore' }).status,
    64, proxy);
});

// --- nginx ---

const findNginx = () => ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((file) =>
  spawnSync(file, ['-v'], { stdio: 'ignore' }).status === 0);

// The page's own block, with the ports and files of this test.
const writeConfig = async (folder, ports) => {
  const [, block] = /^```nginx\n([^]*?)^```$/m.exec(await fs.readFile(docs, 'utf8'));
  const file = path.join(folder, 'nginx.conf');
  const server = [[' 5000;', ` ${ports.api};`], [' 8080;', ` ${ports.delivery};`],
    ['listen 443', `listen 127.0.0.1:${ports.proxy}`], ['/etc/ssl/example.org.pem', `${folder}/certificate.pem`],
    ['/etc/ssl/private/example.org.key', `${folder}/key.pem`]].reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  }, block);
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
    `${name}_temp_path ${folder}/${name};`).join('\n');
  await fs.writeFile(file, `daemon off;\nmaster_process off;\npid ${folder}/pid;\n` +
    `error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${folders}\n${server}}\n`);
  return file;
};

const startNginx = async (t, backends) => {
  const folder = await makeFolder(t);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=example.org',
    '-addext', 'subjectAltName=DNS:video.example.org,DNS:cdn.example.org', '-keyout', `${folder}/key.pem`,
    '-out', `${folder}/certificate.pem`], { stdio: 'ignore' });
  const ports = { ...backends, proxy: await freePort() };
  const child = spawn(findNginx(), ['-p', folder, '-e', 'stderr', '-c', await writeConfig(folder, ports)],
    { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const ca = await fs.readFile(`${folder}/certificate.pem`);
  const ask = (name, method, target, { headers, body } = {}) => new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port: ports.proxy, servername: name, ca, method, path: target,
      agent: false, headers: { Host: name, ...headers } }, async (answer) => {
      const pieces = [];
      for await (const piece of answer)
        pieces.push(piece);
      resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() });
    });
    request.on('error', reject);
    request.end(body);
  });
  await until(() => ask('video.example.org', 'GET', '/healthz').catch(() => false), 'nginx listens');
  return ask;
};

test('nginx as the page has it', { skip: !findNginx() && 'nginx is not installed' }, async (t) => {
  const ports = { api: await freePort(), delivery: await freePort() };
  const service = await startService(t, { args: ['--port', ports.api, '--delivery-port', ports.delivery,
    '--trusted-proxy', '127.0.0.1', '--allow-host', 'video.example.org',
    '--public-delivery-url', 'https://cdn.example.org', '--log-level', 'debug',
    '--api-token-file', await tokenFile(t)] });
  const ask = await startNginx(t, ports);
  const made_up = { Forwarded: 'for=203.0.113.9;host=evil.example', 'X-Forwarded-For': '203.0.113.9',
    'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' };
  const signed = await ask('video.example.org', 'POST', '/sign-in', { body: `token=${TOKEN}`, headers: { ...made_up,
    Origin: 'https://video.example.org', 'Content-Type': 'application/x-www-form-urlencoded' } });
  assert.equal(signed.status, 303, signed.text);
  assert.match(signed.headers['set-cookie'][0], /; Secure$/);
  const Cookie = signed.headers['set-cookie'][0].split(';')[0];
  const put = await ask('video.example.org', 'POST', '/input_content', { body: formOf('a.mp4', await makeClip()),
    headers: { Cookie, 'Content-Type': 'multipart/form-data; boundary=test-boundary-1f9c' } });
  assert.equal(put.status, 201, put.text);
  const made = await ask('video.example.org', 'POST', '/packaged_content', {
    body: JSON.stringify({ input_content_id: 1, key: KEY, kid: KID }), headers: { Cookie, Prefer: 'wait=60' } });
  const { url, status } = JSON.parse(made.text);
  assert.equal(status, 'Ready', made.text);
  assert.ok(url.startsWith('https://cdn.example.org/'), url);
  const manifest = await ask('cdn.example.org', 'GET', new URL(url).pathname, { headers: made_up });
  assert.equal(manifest.status, 200);
  assert.ok(licenceIn(manifest.text).startsWith('https://cdn.example.org/'));
  assert.equal((await ask('cdn.example.org', 'POST', new URL(licenceIn(manifest.text)).pathname,
    { body: JSON.stringify({ kids: [KID] }) })).status, 401);
  assert.doesNotMatch(service.log, /203\.0\.113\.9|evil/);
});
