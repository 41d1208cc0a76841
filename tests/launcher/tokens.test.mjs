// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens with names, what belongs to whom, and sessions of browsers.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, exec, freePort, get, makeClip, makeFolder, post, problem, send, startService, until, upload,
} from './service.mjs';

const ANN = 'ann-has-a-token-of-her-own';
const BOB = 'bob-has-a-token-of-his-own';
const EVE = 'eve-looks-after-all-of-it';
const HTML = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const [ann, bob, eve] = [ANN, BOB, EVE].map(bearer);

// A service that asks for these tokens; with what the test needs to change them.
const startWithTokens = async (t, lines = [`ann ${ANN}`, `bob ${BOB}`, `eve ${EVE} admin`], options = {}) => {
  const file = path.join(await makeFolder(t), 'tokens');
  const write = (now) => fs.writeFile(file, `${now.join('\n')}\n`, { mode: 0o600 });
  await write(lines);
  const service = await startService(t, { ...options, args: ['--api-token-file', file, ...options.args ?? []] });
  return { ...service, writeTokens: write };
};

const ids = (answer) => answer.json.map((item) => item.input_content_id ?? item.packaged_content_id);

// The demo of scripts/run, which sends what its own functions find in the file.
test('a script reads the file as the service does', async (t) => {
  const file = path.join(await makeFolder(t), 'tokens');
  const script = await fs.readFile(new URL('../../scripts/run', import.meta.url), 'utf8');
  const functions = ['first_token', 'read_token'].map((name) =>
    new RegExp(`^${name} \\(\\) \\{$[^]*?^\\}$`, 'm').exec(script)[0]).join('\n');
  const [, taken] = /^token=\$\((.*)\)$/m.exec(script);
  const files = [`operator ${EVE} admin\n`, `${EVE}\n`, `${EVE}`, `# who\n\n \n  operator\t${EVE}  admin\r\nann ${ANN}\n`,
    `ann ${ANN} \n`];
  for (const text of files) {
    await fs.writeFile(file, text);
    for (const args of [['--port', '0', '--api-token-file', file], [`--api-token-file=${file}`, '--jobs', '1']]) {
      const { stdout } = await exec('bash', ['-euo', 'pipefail', '-c', `${functions}\n${taken}`, 'run', ...args]);
      assert.equal(stdout.trimEnd(), text.includes('# ') || !text.includes(ANN) ? EVE : ANN, text);
    }
  }
  assert.equal((await exec('bash', ['-euo', 'pipefail', '-c', `${functions}\n${taken}`, 'run'])).stdout, '');
});

test('what a token made is not there for another', async (t) => {
  const service = await startWithTokens(t);
  const bytes = await makeClip();
  const made = await upload(service, 'a.mp4', bytes, { headers: ann });
  assert.equal(made.status, 201);
  const input = made.json.input_content_id;
  const ask = { input_content_id: input, key: KEY, kid: KID };
  const packaged = await post(service.api, '/packaged_content', ask,
    { ...ann, Prefer: 'wait=60', 'Idempotency-Key': 'one' });
  assert.equal(packaged.json.status, 'Ready');
  const id = packaged.json.packaged_content_id;

  const seen = [`/input_content/${input}`, '/videos/a.mp4/group-of-pictures.json',
    '/videos/a.mp4/group-of-pictures', '/videos/a.mp4/group-of-pictures/0.json',
    '/videos/a.mp4/group-of-pictures/0.mp4', `/packaged_content/${id}`, `/packaged_content_id/${id}`,
    `/packaged_content/${id}/player`, `/packaged_content/${id}/events`];
  for (const target of seen) {
    assert.equal((await get(service.api, target, ann)).status, 200, target);
    assert.equal((await get(service.api, target, eve)).status, 200, target);
    problem(assert, await get(service.api, target, bob), 404);
  }
  for (const list of ['/input_content', '/videos/', '/packaged_content']) {
    assert.deepEqual(ids(await get(service.api, list, ann)), [1], list);
    assert.deepEqual(ids(await get(service.api, list, eve)), [1], list);
    assert.deepEqual(ids(await get(service.api, list, bob)), [], list);
  }
  const changes = [['DELETE', `/input_content/${input}`], ['DELETE', `/packaged_content/${id}`],
    ['POST', `/packaged_content/${id}/cancel`]];
  for (const [method, target] of changes)
    problem(assert, await send(service.api, method, target, { headers: bob }), 404);
  problem(assert, await send(service.api, 'PATCH', `/packaged_content/${id}`,
    { headers: bob, body: '{"priority":1}' }), 404);
  problem(assert, await post(service.api, '/packaged_content', ask, bob), 404);
  problem(assert, await post(service.api, '/license/clearkey', { kids: [KID] }, bob), 404);
  assert.equal((await post(service.api, '/license/clearkey', { kids: [KID] }, ann)).status, 200);

  // The same name, other bytes, the same idempotency key: no business of ann's.
  const his = await upload(service, 'a.mp4', await makeClip(['-metadata', 'title=his']), { headers: bob });
  assert.equal(his.status, 201, his.text);
  const again = await post(service.api, '/packaged_content',
    { input_content_id: his.json.input_content_id, encrypt: 'none' }, { ...bob, 'Idempotency-Key': 'one' });
  assert.equal(again.status, 202, again.text);
  assert.equal((await upload(service, 'a.mp4', bytes, { headers: ann })).status, 200);
  assert.deepEqual(ids(await get(service.api, '/input_content', eve)), [1, 2]);
  for (const token of [ANN, BOB, EVE])
    assert.ok(!service.log.includes(token));
});

// The events of all packages that come until enough of them match.
const follow = async (service, headers, signal) => {
  const answer = await fetch(`${service.api}/packaged_content/events`, { headers, signal });
  const told = { text: '' };
  (async () => {
    for await (const piece of answer.body)
      told.text += Buffer.from(piece).toString();
  })().catch(() => {});
  return told;
};

test('events are those of the owner', async (t) => {
  const service = await startWithTokens(t);
  const ending = new AbortController();
  t.after(() => ending.abort());
  const [hers, his] = await Promise.all([ann, bob].map((who) => follow(service, who, ending.signal)));
  const input = (await upload(service, 'a.mp4', await makeClip(), { headers: ann })).json.input_content_id;
  const { packaged_content_id: id } = (await post(service.api, '/packaged_content',
    { input_content_id: input, encrypt: 'none' }, { ...ann, Prefer: 'wait=60' })).json;
  await until(() => hers.text.includes('"status":"Ready"'), 'she is told');
  await send(service.api, 'DELETE', `/packaged_content/${id}`, { headers: ann });
  await until(() => hers.text.includes('event: removed'), 'she is told of the end');
  // What comes after is told to him, too: what came before was not.
  const own = (await upload(service, 'b.mp4', await makeClip(), { headers: bob })).json.input_content_id;
  await post(service.api, '/packaged_content', { input_content_id: own, encrypt: 'none' },
    { ...bob, Prefer: 'wait=60' });
  await until(() => his.text.includes('"status":"Ready"'), 'he is told');
  assert.doesNotMatch(his.text, /event: removed/);
  assert.doesNotMatch(his.text, /"packaged_content_id":1\b/);
});

test('SIGHUP reads the tokens again', async (t) => {
  const service = await startWithTokens(t);
  const asked = async (who) => (await get(service.api, '/input_content', who)).status;
  const cookie = (await signIn(service, ANN)).headers['set-cookie'][0].split(';')[0];
  assert.equal(await asked({ Cookie: cookie }), 200);
  await service.writeTokens([`ann ${ANN.toUpperCase()}`, `bob ${BOB}`]);
  process.kill(service.pid, 'SIGHUP');
  await until(async () => await asked(ann) === 401, 'the old token ends');
  assert.equal(await asked(bearer(ANN.toUpperCase())), 200);
  assert.equal(await asked(bob), 200);
  assert.equal(await asked({ Cookie: cookie }), 401, 'the session of a token that is gone');
  // A file that cannot be read changes nothing.
  await service.writeTokens(['nonsense']);
  process.kill(service.pid, 'SIGHUP');
  await until(async () => await asked(bob) === 200, 'the service stays');
  assert.equal(await asked(bearer('nonsense')), 401);
});

test('tokens of the environment are nobody else\'s', async (t) => {
  const service = await startService(t, { env: { HABERDASH_API_TOKENS: `ann ${ANN}` } });
  problem(assert, await get(service.api, '/input_content'), 401);
  assert.equal((await get(service.api, '/input_content', ann)).status, 200);
  assert.ok(!(await fs.readFile(`/proc/${service.pid}/environ`)).includes(ANN));
});

// --- sessions ---------------------------------------------------------------

const signIn = (service, token, next, headers = {}) => send(service.api, 'POST', '/sign-in', {
  body: new URLSearchParams({ token, ...next && { next } }).toString(),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...HTML, ...headers } });

test('a browser is sent to sign in, and then where it wanted to go', async (t) => {
  const service = await startWithTokens(t);
  for (const target of ['/', '/upload_input_content', '/videos/', '/videos/a.mp4/group-of-pictures',
    '/packaged_content/1/player']) {
    const sent = await get(service.api, target, HTML);
    assert.equal(sent.status, 303, target);
    assert.equal(sent.headers.location, `/sign-in?next=${target}`);
    problem(assert, await get(service.api, target), 401);
  }
  assert.equal((await get(service.api, '/videos/?limit=2&after=1', HTML)).headers.location,
    '/sign-in?next=/videos/%3Flimit%3D2%26after%3D1');
  const page = await get(service.api, '/sign-in?next=/videos/%3Flimit%3D2%26after%3D1', HTML);
  assert.equal(page.status, 200);
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.match(page.text, /name="next" value="\/videos\/\?limit=2&amp;after=1"/);
  for (const next of ['//evil.example', 'https://evil.example/', '/%5Cevil.example', '"><script>'])
    assert.match((await get(service.api, `/sign-in?next=${next}`, HTML)).text, /name="next" value="\/"/);

  const wrong = await signIn(service, 'this-is-not-a-token');
  assert.equal(wrong.status, 403);
  assert.match(wrong.text, /no token of this service/);
  assert.equal(wrong.headers['set-cookie'], undefined);
  const right = await signIn(service, ` ${ANN}\n`, '/videos/?limit=2');
  assert.equal(right.status, 303);
  assert.equal(right.headers.location, '/videos/?limit=2');
  const [cookie, ...rest] = right.headers['set-cookie'][0].split('; ');
  assert.match(cookie, /^haberdash-session=[\w-]{43}$/);
  for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200'])
    assert.ok(rest.includes(word), word);
  assert.ok(!rest.includes('Secure'), 'there is no https here');
  assert.equal((await signIn(service, ANN, '//evil.example')).headers.location, '/');

  const signed = { Cookie: `other=1; ${cookie}` };
  for (const target of ['/', '/upload_input_content', '/videos/', '/input_content'])
    assert.equal((await get(service.api, target, signed)).status, 200, target);
  assert.deepEqual((await get(service.api, '/session', signed)).json,
    { token_needed: true, name: 'ann', admin: false, signed_in: true });
  assert.equal((await get(service.api, '/sign-in?next=/videos/', { ...signed, ...HTML })).headers.location,
    '/videos/');
  // who sends a token means that one
  problem(assert, await get(service.api, '/input_content', { ...signed, ...bearer('wrong') }), 401);

  const out = await send(service.api, 'POST', '/sign-out', { headers: signed });
  assert.equal(out.status, 303);
  assert.match(out.headers['set-cookie'][0], /^haberdash-session=; .*Max-Age=0/);
  problem(assert, await get(service.api, '/input_content', signed), 401);
  assert.equal((await get(service.api, '/session', signed)).json.signed_in, false);
});

test('a cookie is no word of another origin', async (t) => {
  const service = await startWithTokens(t);
  const Cookie = (await signIn(service, ANN)).headers['set-cookie'][0].split(';')[0];
  for (const foreign of [{ Origin: 'http://evil.example' }, { 'Sec-Fetch-Site': 'same-site' }]) {
    const headers = { Cookie, ...foreign };
    problem(assert, await upload(service, 'a.mp4', await makeClip(), { headers }), 403);
    problem(assert, await send(service.api, 'POST', '/sign-out', { headers }), 403);
    assert.equal((await signIn(service, ANN, '/', foreign)).status, 403);
  }
  assert.deepEqual((await get(service.api, '/input_content', { Cookie })).json, []);
});

test('cookies are Secure where people come by https', async (t) => {
  const port = await freePort();
  await startWithTokens(t, undefined, { args: ['--port', `${port}`, '--public-url', 'https://video.example'] });
  const answer = await signIn({ api: `http://127.0.0.1:${port}` }, ANN);
  assert.match(answer.headers['set-cookie'][0], /; Secure$/);
});

test('without tokens there is nothing to sign in to', async (t) => {
  const service = await startService(t);
  assert.equal((await get(service.api, '/', HTML)).status, 200);
  assert.equal((await get(service.api, '/sign-in?next=/videos/', HTML)).headers.location, '/videos/');
  assert.equal((await signIn(service, ANN)).headers['set-cookie'], undefined);
  assert.deepEqual((await get(service.api, '/session')).json,
    { token_needed: false, name: '', admin: true, signed_in: false });
});

test('who asks too often waits, others do not', async (t) => {
  // Slow enough that nothing comes back while the test runs.
  const service = await startWithTokens(t, undefined, { args: ['--rate-limit', '0.5'] });
  assert.equal((await get(service.api, '/input_content', ann)).status, 200);
  const refused = await get(service.api, '/input_content', ann);
  problem(assert, refused, 429);
  assert.ok(['1', '2'].includes(refused.headers['retry-after']));
  assert.equal((await get(service.api, '/input_content', bob)).status, 200);
  // Guessing counts by address.
  problem(assert, await get(service.api, '/input_content', bearer('guess')), 401);
  problem(assert, await get(service.api, '/input_content', bearer('another')), 429);
  assert.equal((await get(service.delivery, '/healthz')).status, 200, 'each listener by itself');
});
