// SPDX-License-Identifier: LGPL-2.1-or-later
// Both listeners by TLS.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import test from 'node:test';

import { KEY, KID, exec, formOf, get, makeClip, makeFolder, startService } from './service.mjs';

const TOKEN = 'a-token-of-enough-letters';

const makeCertificate = async (t) => {
  const folder = await makeFolder(t);
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(folder, name));
  await exec('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate]);
  return { certificate, key, args: ['--tls-certificate', certificate, '--tls-key', key] };
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

test('certificates that cannot be used', async (t) => {
  const { certificate, key } = await makeCertificate(t);
  for (const args of [['--tls-certificate', certificate], ['--tls-key', key],
    ['--tls-certificate', key, '--tls-key', certificate], ['--tls-certificate', '/none', '--tls-key', key]])
    assert.equal(spawnSync(process.env.HABERDASH, ['serve', '--port', '0', '--delivery-port', '0',
      '--data-dir', await makeFolder(t), ...args], { timeout: 5000, stdio: 'ignore' }).status, 64, args.join(' '));
});
