// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys and tokens are where they belong, and nowhere else.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  KID, childrenOf, forkServerOf, get, makeClip, makeFolder, memoryOf, post, send, standStill, startService, until,
  upload,
} from './service.mjs';

const TOKEN = 'a-token-that-nobody-is-told';

// All ways in which 16 bytes are written.
const spellings = (key) => {
  const hex = key.toString('hex');
  const uuid = hex.replace(/(.{8})(.{4})(.{4})(.{4})(.*)/, '$1-$2-$3-$4-$5');
  const base64 = key.toString('base64').replace(/=+$/, '');
  return [key, ...[hex, hex.toUpperCase(), uuid, uuid.toUpperCase(), base64, key.toString('base64url')]
    .map((text) => Buffer.from(text))];
};

const assertNone = (bytes, secrets, where) => {
  for (const secret of secrets)
    assert.ok(!Buffer.from(bytes).includes(secret), `a secret is in ${where}`);
};

const filesBelow = async (folder) => {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  return (await Promise.all(entries.map((entry) => (entry.isDirectory()
    ? filesBelow(path.join(folder, entry.name))
    : [path.join(folder, entry.name)])))).flat();
};

// What everybody on the machine, or the same user, sees of a process.
const watchProcesses = (service, secrets) => {
  let going = true;
  let seen = 0;
  const look = async (pid) => {
    for (const file of ['cmdline', 'environ']) {
      const bytes = await fs.readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0));
      seen += bytes.length > 0;
      assertNone(bytes, secrets, `/proc/PID/${file}`);
    }
  };
  const watched = (async () => {
    while (going) {
      for (const pid of [service.pid, ...await childrenOf(service.pid)])
        await look(pid);
      await new Promise((done) => { setTimeout(done, 5); });
    }
    assert.ok(seen > 0);
  })();
  return async () => {
    going = false;
    await watched;
  };
};

test('what children are forked from never has a key', async (t) => {
  const key = randomBytes(16);
  const service = await startService(t, { args: ['--log-level', 'debug'] });
  await until(() => service.log.includes('children can be forked'), 'there is a fork server');
  const input = await upload(service, 'a.mp4', await makeClip());
  const made = await post(service.api, '/packaged_content',
    { input_content_id: input.json.input_content_id, kid: KID, key: key.toString('hex') }, { Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready', made.text);
  const [, worker] = await until(() => /message="task begins" task=package worker=(\d+)/.exec(service.log), service.log);
  await until(() => service.log.includes(`message="child begins" worker=${worker} forked=yes`), service.log);
  const server = await forkServerOf(service);
  assert.ok(await standStill(server));
  const memory = await memoryOf(server);
  if (!memory) {
    t.diagnostic('only root looks into memory');
    return;
  }
  assert.ok(memory.includes('fork-server'), 'its memory was read');
  assertNone(memory, spellings(key), 'the memory of the process that children are forked from');
});

test('keys and tokens are nowhere to be found', async (t) => {
  const key = randomBytes(16);
  const secrets = [...spellings(key), Buffer.from(TOKEN)];
  const file = path.join(await makeFolder(t), 'tokens');
  await fs.writeFile(file, `ann ${TOKEN}\n`, { mode: 0o600 });
  const service = await startService(t, { args: ['--api-token-file', file, '--log-level', 'debug'],
    env: { GST_DEBUG: '4' } });
  const Authorization = `Bearer ${TOKEN}`;
  const told = [];
  const note = (answer) => {
    told.push(answer);
    return answer;
  };
  const stop = watchProcesses(service, secrets);

  // Right and wrong requests, all with the key in them.
  const input = note(await upload(service, 'a.mp4', await makeClip(), { headers: { Authorization } }));
  const base = { input_content_id: input.json.input_content_id, kid: KID, hls: true };
  const hex = key.toString('hex');
  const ask = async (body, headers = {}) =>
    note(await post(service.api, '/packaged_content', body, { Authorization, ...headers }));
  for (const text of [key.toString('base64url'), hex]) {
    const made = await ask({ ...base, key: text }, { Prefer: 'wait=60' });
    assert.equal(made.json.status, 'Ready', made.text);
  }
  assert.equal((await ask({ ...base, key: `${hex}00` })).status, 400);
  assert.equal((await ask({ ...base, key: hex, kid: hex.slice(1) })).status, 400);
  assert.equal((await ask({ ...base, key: hex, encrypt: hex })).status, 400);
  assert.equal((await ask(`{"key":"${hex}"`)).status, 400);
  assert.equal((await ask({ ...base, key: hex }, { Authorization: `Bearer ${TOKEN}x` })).status, 401);
  assert.equal((await ask({ ...base, input_content_id: 99, key: hex })).status, 404);
  const form = `token=${TOKEN}x&next=/`;
  note(await send(service.api, 'POST', '/sign-in',
    { body: form, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }));
  const session = note(await send(service.api, 'POST', '/sign-in',
    { body: form.replace('x&', '&'), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }));
  const cookie = session.headers['set-cookie'][0].split(';')[0];

  // A licence tells the key: that it is a secret which can be found.
  const licence = await post(service.api, '/license/clearkey', { kids: [KID] }, { Authorization });
  assert.equal(licence.json.keys[0].k, key.toString('base64url'));
  assert.equal(licence.headers['cache-control'], 'no-store');
  note(await post(service.api, '/license/clearkey', { kids: [hex.slice(2)] }, { Authorization }));
  const viewer = (await post(service.api, '/packaged_content/1/viewer_tokens', {}, { Authorization })).json;
  const { pathname } = new URL(viewer.license_url);
  await send(service.delivery, 'POST', pathname, { body: JSON.stringify({ kids: [KID] }) });
  await send(service.delivery, 'POST', pathname, { body: '{}' });
  await stop();

  for (const target of ['/', '/videos/', '/input_content', '/input_content/1', '/packaged_content',
    '/packaged_content/1', '/packaged_content/1/events', '/packaged_content/1/player', '/session', '/healthz',
    '/metrics', '/openapi.json', '/videos/a.mp4/group-of-pictures.json', '/nothing'])
    note(await get(service.api, target, { Authorization }));
  for (const target of ['/videos/', '/healthz', new URL(viewer.url).pathname])
    note(await get(service.delivery, target));
  for (const answer of told) {
    assertNone(answer.body, secrets, `the answer of ${answer.target}`);
    assertNone(JSON.stringify(answer.headers), secrets, `the headers of ${answer.target}`);
  }

  const files = await filesBelow(service.dataDir);
  assert.ok(files.some((name) => name.endsWith('.m4s')) && files.some((name) => name.endsWith('catalog.sqlite')));
  for (const name of files)
    assertNone(await fs.readFile(name), secrets, path.relative(service.dataDir, name));
  await service.end();
  for (const name of await filesBelow(service.dataDir))
    assertNone(await fs.readFile(name), secrets, `${path.relative(service.dataDir, name)} after the end`);
  assert.ok(service.log.length > 0);
  assertNone(service.log, [...secrets, Buffer.from(viewer.token), Buffer.from(cookie.split('=')[1])], 'the log');
});
