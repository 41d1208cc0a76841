// SPDX-License-Identifier: LGPL-2.1-or-later
// Both listeners by TLS.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import tls from 'node:tls';

import {
  KEY, KID, exec, forkServerOf, formOf, get, isEmpty, makeClip, makeFolder, signal, startService, until,
} from './service.mjs';

const TOKEN = 'a-token-of-enough-letters';

// subject: of the certificate; key: as openssl names the kind.
const writeCertificate = (folder, { subject = 'localhost', kind = ['rsa:2048'] } = {}) => exec('openssl', ['req',
  '-x509', '-newkey', ...kind, '-nodes', '-days', '2', '-subj', `/CN=${subject}`,
  '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', path.join(folder, 'key.pem'),
  '-out', path.join(folder, 'certificate.pem')]);

const makeCertificate = async (t, options) => {
  const folder = await makeFolder(t);
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(folder, name));
  await writeCertificate(folder, options);
  return { folder, certificate, key, args: ['--tls-certificate', certificate, '--tls-key', key] };
};

// One whose time is over, or has not come: openssl takes no dates for one that
// signs itself but by its authority.
const writeWithDates = async (folder, start, end) => {
  const [key, certificate, request] = ['key.pem', 'certificate.pem', 'request.pem'].map((name) => path.join(folder, name));
  await fs.writeFile(path.join(folder, 'index'), '');
  await fs.writeFile(path.join(folder, 'ca.conf'), '[ca]\ndefault_ca=a\n[a]\npolicy=p\ndefault_md=sha256\n' +
    `database=${folder}/index\nnew_certs_dir=${folder}\nrand_serial=yes\n[p]\ncommonName=supplied\n`);
  await exec('openssl', ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', key,
    '-out', request]);
  await exec('openssl', ['ca', '-batch', '-config', path.join(folder, 'ca.conf'), '-selfsign', '-keyfile', key,
    '-in', request, '-out', certificate, '-startdate', start, '-enddate', end]);
  return ['--tls-certificate', certificate, '--tls-key', key];
};

const ask = (ca, base, method, target, { headers, body } = {}) => new Promise((resolve, reject) => {
  const request = https.request(new URL(target, base), { ca, method, headers, agent: false }, async (answer) => {
    const pieces = [];
    for await (const piece of answer)
      pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    resolve({ status: answer.statusCode, headers: answer.headers, body: bytes, text: bytes.toString() });
  });
  request.on('error', reject);
  request.end(body);
});

// The first bytes of a handshake as a client says them.
const greeting = () => new Promise((resolve) => {
  const server = net.createServer((socket) => socket.once('data', (bytes) => {
    socket.destroy();
    server.close();
    resolve(bytes);
  })).listen(0, '127.0.0.1', () =>
    tls.connect({ port: server.address().port, host: '127.0.0.1' }).on('error', () => {}));
});

test('a handshake that does not end is ended', { timeout: 60_000 }, async (t) => {
  const { args } = await makeCertificate(t);
  const service = await startService(t, { args: [...args, '--client-timeout', '1'] });
  const files = async () => (await fs.readdir(`/proc/${service.pid}/fd`)).length;
  const before = await files();
  const hello = await greeting();
  await Promise.all([Buffer.alloc(0), hello.subarray(0, 1), hello.subarray(0, hello.length - 1), hello]
    .flatMap((bytes) => [service.api, service.delivery].map(async (base) => {
      const { port, hostname } = new URL(base);
      const socket = net.connect(port, hostname);
      socket.on('error', () => {}).resume();
      socket.write(bytes);
      await once(socket, 'close');
    })));
  await until(async () => await files() <= before, 'nothing of them is left');
});

test('a stop while there are connections that ask for nothing', async (t) => {
  const { args, certificate } = await makeCertificate(t);
  const service = await startService(t, { args });
  const ca = await fs.readFile(certificate);
  await Promise.all([service.api, service.delivery].map(async (base) => {
    const { port, hostname } = new URL(base);
    const socket = tls.connect({ port, host: hostname, ca });
    t.after(() => socket.destroy());
    socket.on('error', () => {}).resume();
    await once(socket, 'secureConnect');
  }));
  assert.equal(await service.end('SIGTERM'), 0, service.log);
});

test('uploads, packages, files and licences by TLS', async (t) => {
  const { certificate, args } = await makeCertificate(t);
  const ca = await fs.readFile(certificate);
  const service = await startService(t, { args });
  assert.match(service.api, /^https:/);
  assert.match(service.delivery, /^https:/);
  const bytes = await makeClip();
  const put = await ask(ca, service.api, 'POST', '/input_content', { body: formOf('a.mp4', bytes),
    headers: { 'Content-Type': 'multipart/form-data; boundary=test-boundary-1f9c' } });
  assert.equal(put.status, 201, put.text);
  const made = await ask(ca, service.api, 'POST', '/packaged_content', { headers: { Prefer: 'wait=60' },
    body: JSON.stringify({ input_content_id: 1, key: KEY, kid: KID }) });
  const { url, status } = JSON.parse(made.text);
  assert.equal(status, 'Ready', made.text);
  assert.ok(url.startsWith(`${service.delivery}/`));
  const manifest = await ask(ca, url, 'GET', '');
  assert.equal(manifest.status, 200);
  assert.equal(manifest.headers['strict-transport-security'], 'max-age=31536000');
  const [laurl] = /https:[^<"]*\/license\/clearkey/.exec(manifest.text);
  const licence = await ask(ca, laurl, 'POST', '', { body: JSON.stringify({ kids: [KID] }) });
  assert.equal(JSON.parse(licence.text).keys[0].k, KEY);
  const segment = await ask(ca, url, 'GET', 'video_0/1.m4s', { headers: { Range: 'bytes=0-99' } });
  assert.equal(segment.status, 206);
  assert.equal(segment.body.length, 100);
  // one that is refused before its body is read
  const large = await ask(ca, service.api, 'POST', '/packaged_content', { body: Buffer.alloc(300_000) });
  assert.equal(large.status, 413);
});

// The last that TLS says is bytes, too.
test('who leaves while something is made for them is seen to leave', { timeout: 60_000 }, async (t) => {
  const { certificate, args } = await makeCertificate(t);
  const ca = await fs.readFile(certificate);
  const service = await startService(t, { args: [...args, '--log-level', 'debug'] });
  const { status } = await ask(ca, service.api, 'POST', '/input_content?name=clip.mp4',
    { headers: { 'Content-Type': 'video/mp4' }, body: await makeClip() });
  assert.equal(status, 201);
  const server = await forkServerOf(service);
  const running = (count) => until(async () => (await ask(ca, service.api, 'GET', '/metrics')).text
    .includes(`haberdash_children{kind="reader",state="running"} ${count}\n`), `${count} children`);
  await running(0);
  signal(server, 'SIGSTOP');
  const client = https.get(new URL('/videos/clip.mp4/group-of-pictures/0.mp4', service.api), { ca, agent: false })
    .on('error', () => {});
  await running(1);
  client.destroy();
  await until(() => service.log.includes(' status=499 '), 'it is seen that they left');
  signal(server, 'SIGCONT');
  await until(() => isEmpty(service, 'work'), 'nothing is made');
  assert.ok(await isEmpty(service, 'cuts'));
});

test('nothing without TLS, and cookies that stay with it', async (t) => {
  const { certificate, args } = await makeCertificate(t);
  const ca = await fs.readFile(certificate);
  const tokens = path.join(await makeFolder(t), 'tokens');
  await fs.writeFile(tokens, `ann ${TOKEN}\n`, { mode: 0o600 });
  const service = await startService(t, { args: [...args, '--api-token-file', tokens] });
  for (const base of [service.api, service.delivery])
    await assert.rejects(get(base.replace('https:', 'http:'), '/healthz'));
  const signed = await ask(ca, service.api, 'POST', '/sign-in', { body: `token=${TOKEN}`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: service.api } });
  assert.equal(signed.status, 303);
  assert.match(signed.headers['set-cookie'][0], /; Secure$/);
  assert.equal((await ask(ca, service.api, 'GET', '/healthz')).status, 200);
});

const startWith = async (t, args) => spawnSync(process.env.HABERDASH, ['serve', '--port', '0', '--delivery-port', '0',
  '--data-dir', await makeFolder(t), ...args], { timeout: 10_000, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('certificates that cannot be used', async (t) => {
  const { certificate, key } = await makeCertificate(t);
  const other = await makeCertificate(t);
  const pair = (one, two) => ['--tls-certificate', one, '--tls-key', two];
  for (const args of [['--tls-certificate', certificate], ['--tls-key', key]])
    assert.equal((await startWith(t, args)).status, 64, args.join(' '));
  for (const [args, reason] of [[pair(key, certificate), /certificate cannot be used/], [pair('/none', key), /none/],
    [pair(certificate, '/none'), /none/], [pair(certificate, other.key), /key is not that of/],
    [await writeWithDates(await makeFolder(t), '20200101000000Z', '20200201000000Z'), /ended at 2020-02-01/],
    [await writeWithDates(await makeFolder(t), '20600101000000Z', '20600201000000Z'), /not good before 2060-01-01/]]) {
    const { status, stderr } = await startWith(t, args);
    assert.equal(status, 78, `${args}: ${stderr}`);
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /PRIVATE KEY/);
  }
});

test('keys of all kinds', async (t) => {
  for (const kind of [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['ed25519']]) {
    const { certificate, args } = await makeCertificate(t, { kind });
    const service = await startService(t, { args });
    assert.equal((await ask(await fs.readFile(certificate), service.api, 'GET', '/healthz')).status, 200, kind[0]);
  }
});

const subjectAt = (base, ca) => new Promise((resolve, reject) => {
  const { hostname, port } = new URL(base);
  const socket = tls.connect({ host: hostname, port, ca, servername: 'localhost', rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().subject.CN);
    socket.destroy();
  });
  socket.on('error', reject);
});

test('SIGHUP reads the certificate again', async (t) => {
  const { folder, certificate, args } = await makeCertificate(t, { subject: 'first' });
  const service = await startService(t, { args });
  const first = await fs.readFile(certificate);
  const metric = async (name) => {
    const { text } = await ask(await fs.readFile(certificate), service.api, 'GET', '/metrics');
    return Number(text.split('\n').find((line) => line.startsWith(`haberdash_${name} `))?.split(' ')[1]);
  };
  const reload = async (words) => {
    const before = service.log.length;
    process.kill(service.pid, 'SIGHUP');
    await until(() => service.log.slice(before).includes(words), words);
  };
  // A connection that stays.
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: first });
  const askAgain = () => new Promise((resolve, reject) => https.get(new URL('/healthz', service.api), { agent },
    (answer) => answer.resume().on('end', () => resolve(answer))).on('error', reject));
  const { socket } = await askAgain();
  const expiry = await metric('tls_certificate_expiry_seconds');
  assert.ok(expiry > Date.now() / 1000 && expiry < Date.now() / 1000 + 2 * 86400 + 60, `${expiry}`);

  await writeCertificate(folder, { subject: 'second', kind: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] });
  assert.equal(await subjectAt(service.api), 'first');
  await reload('reads the TLS certificate again');
  for (const base of [service.api, service.delivery])
    assert.equal(await subjectAt(base), 'second');
  assert.equal((await askAgain()).socket, socket);
  assert.equal(await metric('last_reload_successful{kind="certificate"}'), 1);

  // Neither half of a renewal nor nonsense takes the place of what works.
  const second = await fs.readFile(certificate);
  for (const bytes of [first, 'nonsense', '']) {
    await fs.writeFile(certificate, bytes);
    await reload('keeps the TLS certificate that it has');
    for (const base of [service.api, service.delivery])
      assert.equal(await subjectAt(base), 'second');
  }
  await fs.writeFile(certificate, second);
  assert.equal(await metric('last_reload_successful{kind="certificate"}'), 0);
  agent.destroy();
});
