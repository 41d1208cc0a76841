// SPDX-License-Identifier: LGPL-2.1-or-later
// What is made of an input: requests, the queue, history, keys, the catalog.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, makeClip, makeFolder, packageEnd, post,
  problem, send, startService, until, upload,
} from './service.mjs';

const words = (item) => item.history.map(({ status }) => status);

test('from request to Ready', async (t) => {
  const service = await startService(t);
  const input_content_id = await addInput(service);
  const made = await post(service.api, '/packaged_content',
    { input_content_id, key: KEY, kid: KID });
  assert.equal(made.status, 202);
  assert.equal(made.headers.location, '/packaged_content/1');
  assert.equal(made.json.packaged_content_id, 1);
  assert.equal(made.json.status, 'Queued');
  const url = new URL(made.json.url);
  assert.equal(url.origin, service.delivery);
  assert.match(url.pathname, /^\/[A-Z0-9]{6,}\/dash\/stream\.mpd$/);

  const item = await packageEnd(service, 1);
  assert.equal(item.status, 'Ready');
  assert.equal(item.progress, 1);
  assert.equal(item.kid, KID);
  assert.equal(item.encrypt, 'video');
  assert.deepEqual(words(item), ['Queued', 'Fragmented', 'Encrypted', 'Ready']);
  const times = item.history.map(({ at }) => at);
  assert.deepEqual(times, [...times].sort());
  assert.ok(!JSON.stringify(item).includes(KEY));
  assert.deepEqual((await get(service.api, '/packaged_content_id/1')).json, item);
  assert.equal((await get(service.delivery, url.pathname)).status, 200);
  assert.match((await get(service.api, '/packaged_content/1/player')).headers['content-type'], /^text\/html/);
});

test('other forms of keys, other encryptions', async (t) => {
  const service = await startService(t);
  const input_content_id = await addInput(service);
  const hex = (text) => Buffer.from(text, 'base64url').toString('hex');
  const uuid = hex(KID).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const requests = [
    [{ key: hex(KEY), kid: uuid }, 'video', 3],
    [{ key: `${KEY}==`, kid: Buffer.from(KID, 'base64url').toString('base64'), encrypt: 'all' }, 'all', 3],
    [{ encrypt: 'none' }, 'none', 2],
    [{ key: KEY, kid: KID, segment_duration: 1 }, 'video', 3],
  ];
  for (const [request, encrypt, changes] of requests) {
    const made = await post(service.api, '/packaged_content', { input_content_id, ...request },
      { Prefer: 'wait=60' });
    assert.equal(made.status, 200, made.text);
    assert.equal(made.headers['preference-applied'], 'wait=60');
    assert.equal(made.json.status, 'Ready');
    assert.equal(made.json.encrypt, encrypt);
    assert.equal(made.json.kid, encrypt === 'none' ? null : KID);
    assert.equal(made.json.history.length, changes + 1, JSON.stringify(made.json.history));
  }
  const list = (await get(service.api, '/packaged_content')).json;
  assert.equal(list.length, requests.length);
  const [, , clear, short] = list.map(({ url }) => new URL(url).pathname);
  assert.ok(!(await get(service.delivery, clear)).text.includes('ContentProtection'));
  assert.equal((await get(service.delivery, short.replace('stream.mpd', 'video_0/4.m4s'))).status, 200);
});

test('requests that cannot be', async (t) => {
  const service = await startService(t);
  const input_content_id = await addInput(service);
  const whole = { input_content_id, key: KEY, kid: KID };
  const refused = [
    ['', 400], ['{', 400], ['[]', 400], ['"x"', 400], ['null', 400], ['\xff', 400],
    ['['.repeat(30_000), 400],
    [{}, 400],
    [{ ...whole, input_content_id: 'x' }, 400],
    [{ ...whole, input_content_id: 0 }, 400],
    [{ ...whole, input_content_id: 1.5 }, 400],
    [{ ...whole, input_content_id: 99 }, 404],
    [{ ...whole, key: KEY.slice(1) }, 400],
    [{ ...whole, key: `${KEY}AA` }, 400],
    [{ ...whole, key: 7 }, 400], [{ ...whole, key: [] }, 400], [{ ...whole, key: {} }, 400], [{ ...whole, key: null }, 400],
    [{ ...whole, key: undefined }, 400],
    [{ ...whole, kid: 'no key id' }, 400],
    [{ ...whole, kid: undefined }, 400],
    [{ ...whole, kid: KID.slice(2) }, 400],
    [{ ...whole, encrypt: 'some' }, 400],
    [{ ...whole, segment_duration: 0 }, 400],
    [{ ...whole, segment_duration: 'long' }, 400],
    [{ ...whole, [`x${'y'.repeat(100)}`]: 1 }, 400],
  ];
  for (const [request, status] of refused) {
    const { detail } = problem(assert, await post(service.api, '/packaged_content', request), status);
    for (const secret of [KEY, KEY.slice(1)])
      assert.ok(!detail.includes(secret));
  }
  problem(assert, await post(service.api, '/packaged_content', '<x/>', { 'Content-Type': 'text/xml' }), 415);
  problem(assert, await post(service.api, '/packaged_content', whole, { 'Idempotency-Key': 'x'.repeat(300) }), 400);
  for (const target of ['/packaged_content/7', '/packaged_content/x', '/packaged_content_id/0',
    '/packaged_content/7/player', '/packaged_content/-1', '/packaged_content/99999999999999999999'])
    problem(assert, await get(service.api, target), 404);
  problem(assert, await post(service.api, '/packaged_content/7/cancel', ''), 404);
  assert.deepEqual((await get(service.api, '/packaged_content')).json, []);
  assert.ok(!service.log.includes(KEY));
});

// A slip of the pen must not become a package with the sound in the clear.
test('members that there are not', async (t) => {
  const service = await startService(t);
  const whole = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const { input_content_id } = whole;
  const slips = [[{ encript: 'all' }, 'encript', 'encrypt'], [{ clear_led: 4 }, 'clear_led', 'clear_lead'],
    [{ clearLead: 4 }, 'clearLead', 'clear_lead'], [{ single_file: true }, 'single_file', 'on_demand'],
    [{ 'segment-duration': 2 }, 'segment-duration', 'segment_duration'], [{ Encrypt: 'all' }, 'Encrypt', 'encrypt'],
    [{ watermark: true }, 'watermark'], [{ hls: true, '': 1 }, '']];
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    for (const [slip, named, meant] of slips) {
      const { detail } = problem(assert, await post(service.api, '/packaged_content', { ...whole, ...slip },
        { 'Content-Type': type }), 400);
      assert.ok(detail.includes(`"${named}"`), detail);
      if (meant)
        assert.ok(detail.includes(`"${meant}"`), detail);
      else
        assert.doesNotMatch(detail, /is meant/);
    }
  }
  for (const pair of [{ kid: KID, kee: KEY }, { content_key: KEY }]) {
    const { detail } = problem(assert, await post(service.api, '/packaged_content',
      { input_content_id, generate_keys: true, keys: { video: pair } }), 400);
    assert.match(detail, /"keys\.video\.(kee|content_key)"/);
  }
  assert.deepEqual((await get(service.api, '/packaged_content')).json, []);
  const every = { ...whole, encrypt: 'all', generate_keys: false, segment_duration: 2, hls: false, on_demand: false,
    clear_lead: 0, pssh: null, ladder: null, tracks: null, languages: [], priority: -10, keys: null };
  assert.equal((await post(service.api, '/packaged_content', every)).status, 202);
});

test('Idempotency-Key', async (t) => {
  const service = await startService(t);
  const whole = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const headers = { 'Idempotency-Key': 'one' };
  const first = await post(service.api, '/packaged_content', whole, headers);
  const again = await post(service.api, '/packaged_content', whole, headers);
  assert.equal(again.json.packaged_content_id, first.json.packaged_content_id);
  problem(assert, await post(service.api, '/packaged_content', { ...whole, encrypt: 'all' }, headers), 422);
  problem(assert, await post(service.api, '/packaged_content', { ...whole, key: KID }, headers), 422);
  const other = await post(service.api, '/packaged_content', whole, { 'Idempotency-Key': 'two' });
  assert.notEqual(other.json.packaged_content_id, first.json.packaged_content_id);
});

test('cancelling and removing', async (t) => {
  // Of many at once some wait, so that there is something to cancel.
  const service = await startService(t, { args: ['--jobs', '1'] });
  const whole = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const made = await Promise.all(Array.from({ length: 8 },
    () => post(service.api, '/packaged_content', whole)));
  const ids = made.map(({ json }) => json.packaged_content_id).sort((a, b) => a - b);
  const last = ids.at(-1);
  problem(assert, await send(service.api, 'DELETE', `/packaged_content/${last}`), 409);
  problem(assert, await send(service.api, 'DELETE', '/input_content/1'), 409);
  const cancelled = await post(service.api, `/packaged_content/${last}/cancel`, '');
  assert.equal(cancelled.status, 200);
  assert.equal(cancelled.json.status, 'Cancelled');
  problem(assert, await post(service.api, `/packaged_content/${last}/cancel`, ''), 409);

  // the one that is being made too; it may have been faster
  const running = await until(async () =>
    (await get(service.api, '/packaged_content')).json.find(({ status }) => status !== 'Ready'), 'one runs');
  await post(service.api, `/packaged_content/${running.packaged_content_id}/cancel`, '');
  for (const id of ids)
    assert.match((await packageEnd(service, id)).status, /^(Ready|Cancelled)$/);

  for (const id of ids) {
    assert.equal((await send(service.api, 'DELETE', `/packaged_content/${id}`)).status, 204);
    problem(assert, await get(service.api, `/packaged_content/${id}`), 404);
    const { pathname } = new URL(made[0].json.url);
    if (id === made[0].json.packaged_content_id)
      problem(assert, await get(service.delivery, pathname), 404);
  }
  for (const folder of ['packages', 'work'])
    await until(async () => (await fs.readdir(path.join(service.dataDir, folder))).length === 0, folder);
  assert.equal((await send(service.api, 'DELETE', '/input_content/1')).status, 204);
});

test('lists come in pages', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  for (const name of ['a', 'b', 'c'])
    await upload(service, `${name}.mp4`, bytes);
  const first = await get(service.api, '/input_content?limit=2');
  assert.deepEqual(first.json.map(({ name }) => name), ['a.mp4', 'b.mp4']);
  const [, next] = /<([^>]+)>; rel="next"/.exec(first.headers.link);
  const second = await get(service.api, next);
  assert.deepEqual(second.json.map(({ name }) => name), ['c.mp4']);
  assert.equal(second.headers.link, undefined);
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after=-1'])
    problem(assert, await get(service.api, `/packaged_content?${query}`), 400);
});

test('the view of the original platform, and no key in a copy of the catalog', async (t) => {
  const service = await startService(t);
  const made = await post(service.api, '/packaged_content',
    { input_content_id: await addInput(service), key: KEY, kid: KID }, { Prefer: 'wait=60' });
  await upload(service, 'other.mp4', await makeClip());
  const file = path.join(service.dataDir, 'catalog.sqlite');
  const copy = path.join(await makeFolder(t), 'copy.sqlite');
  await exec('sqlite3', [file, `VACUUM INTO '${copy}'`]);
  const { stdout } = await exec('sqlite3', ['-json', copy, 'SELECT * FROM uploaded_videos']);
  const [row, other] = JSON.parse(stdout);
  assert.deepEqual(Object.keys(row), ['input_content_id', 'input_content_origin',
    'video_track_number', 'status', 'output_file_path', 'video_key', 'kid',
    'packaged_content_id', 'url']);
  assert.equal(row.status, 'Ready');
  assert.equal(row.kid, KID);
  assert.equal(row.url, made.json.url);
  assert.equal(row.video_track_number, 1);
  await fs.access(row.output_file_path);
  assert.equal(other.status, 'Ingested');
  assert.equal(other.packaged_content_id, null);

  const plain = Buffer.from(KEY, 'base64url');
  for (const each of [copy, file, `${file}-wal`]) {
    const bytes = await fs.readFile(each);
    for (const form of [plain, plain.toString('hex'), plain.toString('base64'), KEY])
      assert.equal(bytes.indexOf(form), -1);
  }
  assert.equal((await fs.stat(path.join(service.dataDir, 'master.key'))).mode & 0o777, 0o600);
});

test('licences for the owner', async (t) => {
  const service = await startService(t);
  const input_content_id = await addInput(service);
  const whole = { input_content_id, key: KEY, kid: KID };
  const ask = (body) => post(service.api, '/license/clearkey', body);
  problem(assert, await ask({ kids: [KID], type: 'temporary' }), 404);
  await post(service.api, '/packaged_content', whole);
  const told = await ask({ kids: [KID], type: 'temporary' });
  assert.deepEqual(told.json, { keys: [{ kty: 'oct', kid: KID, k: KEY }], type: 'temporary' });
  assert.equal(told.headers['cache-control'], 'no-store');
  for (const body of [{}, { kids: [] }, { kids: ['x'] }, { kids: 'x' }, { kids: [7] },
    { kids: [KID], type: 'persistent-license' }])
    problem(assert, await ask(body), 400);
  await post(service.api, '/packaged_content', { ...whole, key: KID });
  problem(assert, await ask({ kids: [KID] }), 409);
});
