// SPDX-License-Identifier: LGPL-2.1-or-later
// What is said at /openapi.json holds: of right and wrong requests, by a judge
// of OpenAPI and one of JSON Schema.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { Validator } from '@seriousme/openapi-schema-validator';

import { Description } from './openapi.mjs';
import {
  KEY, KID, addInput, formOf, get, makeClip, makeFolder, packageEnd, send, startService,
} from './service.mjs';

// Asks for an operation and holds the answer against its description.
const call = async (description, id, status, { values = {}, query = '', headers, body, method } = {}) => {
  const operation = description.operation(id);
  const target = operation.path.replace(/\{(\w+)\}/g, (_, name) => values[name]) + query;
  const answer = await send(description.base, method ?? operation.method, target, { headers, body });
  assert.equal(answer.status, status, `${id}: ${answer.text}`);
  assert.deepEqual(description.check(operation, answer, { bodyless: method === 'HEAD' }), [], id);
  return answer;
};

const json = (value, headers = {}) => ({ body: typeof value === 'string' ? value : JSON.stringify(value),
  headers: { 'Content-Type': 'application/json', ...headers } });
const form = (name, bytes, field) => ({ body: formOf(name, bytes, field),
  headers: { 'Content-Type': 'multipart/form-data; boundary=test-boundary-1f9c' } });

const describe = async (service) => ({
  api: await Description.of(service.api), delivery: await Description.of(service.delivery),
});

test('the documents are OpenAPI 3.1, and their examples what they describe', async (t) => {
  const service = await startService(t);
  for (const description of Object.values(await describe(service))) {
    const { document } = description;
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
    assert.match(document.openapi, /^3\.1\./);
    const ids = description.operations.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const [name, { examples = [] }] of Object.entries(document.components.schemas))
      for (const example of examples)
        assert.equal(description.complain(['components', 'schemas', name], example), null, name);
  }
});

test('HEAD is what GET is, OPTIONS has the methods, others are refused', async (t) => {
  const service = await startService(t);
  await addInput(service);
  const values = { input_content_id: 1, packaged_content_id: 1, name: 'clip.mp4', gops: '0', code: '2222222222',
    token: 'x', asset: 'icon.svg', path: 'stream.mpd' };
  const headers = { 'Tus-Resumable': '1.0.0' };
  for (const { base, operations } of Object.values(await describe(service))) {
    for (const path of new Set(operations.map((operation) => operation.path))) {
      const target = path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? 'x');
      const methods = operations.filter((operation) => operation.path === path).map(({ method }) => method);
      const options = await send(base, 'OPTIONS', target);
      assert.equal(options.status, 204, target);
      const allowed = options.headers.allow.split(', ');
      for (const method of [...methods, ...methods.includes('GET') ? ['HEAD'] : []])
        assert.ok(allowed.includes(method), `${method} ${path}`);
      const other = await send(base, 'PUT', target);
      assert.equal(other.status, 405);
      assert.equal(other.headers['content-type'], 'application/problem+json');
      if (!methods.includes('GET') || path.endsWith('/events'))
        continue;
      const [whole, head] = [await get(base, target), await send(base, 'HEAD', target, { headers })];
      assert.equal(head.status, whole.status, path);
      assert.equal(head.body.length, 0);
      assert.equal(head.headers['content-type'], whole.headers['content-type'], path);
    }
  }
});

test('inputs', async (t) => {
  const service = await startService(t, { args: ['--max-upload', '1000000'] });
  const { api } = await describe(service);
  const clip = await makeClip();
  const raw = { body: clip, headers: { 'Content-Type': 'video/mp4' } };
  await call(api, 'addInput', 201, form('a.mp4', clip));
  await call(api, 'addInput', 200, { ...raw, query: '?name=a.mp4' });
  await call(api, 'addInput', 201, { ...raw, query: '?name=b.mp4' });
  await call(api, 'addInputByForm', 200, form('c.mp4', clip));
  await call(api, 'addInput', 409, form('a.mp4', Buffer.concat([clip, Buffer.alloc(8)])));
  await call(api, 'addInput', 400, raw);
  await call(api, 'addInput', 400, form('a.mp4', clip, 'other'));
  await call(api, 'addInput', 413, form('d.mp4', Buffer.alloc(1_100_000)));
  await call(api, 'addInput', 415, { ...json('{}'), query: '?name=e.mp4' });
  await call(api, 'addInput', 422, form('text.mp4', Buffer.from('no video')));
  await call(api, 'addInputByForm', 422, form('text.mp4', Buffer.from('no video')));
  await call(api, 'addInput', 403, { ...raw, query: '?name=f.mp4',
    headers: { ...raw.headers, Origin: 'http://elsewhere.example' } });

  const listed = await call(api, 'listInputs', 200, { query: '?limit=2' });
  assert.match(listed.headers.link, /limit=2&after=2/);
  await call(api, 'listInputs', 200, { headers: { Range: 'bytes=1-2' } });
  await call(api, 'listInputs', 400, { query: '?limit=0' });
  await call(api, 'listInputs', 400, { query: '?sort=colour' });
  const found = await call(api, 'listInputs', 200, { query: '?search=MP4&sort=-name&limit=1&offset=1' });
  assert.match(found.headers.link, /limit=1&offset=2&sort=-name&search=MP4/);
  await call(api, 'listInputs', 421, { headers: { Host: 'elsewhere.example' } });
  await call(api, 'getInput', 200, { values: { input_content_id: 1 } });
  await call(api, 'getInput', 404, { values: { input_content_id: 'x' } });
  const content = await call(api, 'getInputContent', 200, { values: { input_content_id: 1 } });
  assert.deepEqual(content.body, clip);
  assert.equal(content.headers['content-disposition'], "attachment; filename*=UTF-8''a.mp4");
  await call(api, 'getInputContent', 206, { values: { input_content_id: 1 }, headers: { Range: 'bytes=5-9' } });
  await call(api, 'getInputContent', 404, { values: { input_content_id: 9 } });
  await call(api, 'getPackageForm', 200, { values: { input_content_id: 1 } });
  await call(api, 'getPackageForm', 404, { values: { input_content_id: 9 } });
  await call(api, 'getInput', 404, { values: { input_content_id: 9 }, headers: { Accept: 'text/html' } });
  await call(api, 'getInput', 400, { values: { input_content_id: '%ff' } });
  await call(api, 'deleteInput', 204, { values: { input_content_id: 2 } });
  await call(api, 'deleteInput', 404, { values: { input_content_id: 2 } });
});

test('uploads that can be resumed', async (t) => {
  const service = await startService(t);
  const { api } = await describe(service);
  const clip = await makeClip();
  const tus = (headers) => ({ headers: { 'Tus-Resumable': '1.0.0', ...headers } });
  const wanted = { 'Upload-Length': clip.length, 'Upload-Metadata': `filename ${Buffer.from('a.mp4').toString('base64')}` };
  const made = await call(api, 'createUpload', 201, tus(wanted));
  await call(api, 'createUpload', 412, { headers: wanted });
  await call(api, 'createUpload', 400, tus({ ...wanted, 'Upload-Length': 'x' }));
  await call(api, 'createUpload', 422, tus({ ...wanted, 'Upload-Length': 0 }));
  const values = { upload_id: made.json.upload_id };
  const append = (status, offset, body, headers) => call(api, 'appendToUpload', status, { values, body,
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Offset': offset, 'Content-Type': 'application/offset+octet-stream',
      ...headers } });
  await append(204, 0, clip.subarray(0, 1000));
  await append(409, 0, clip);
  await append(415, 1000, clip, { 'Content-Type': 'video/mp4' });
  await append(460, 1000, clip.subarray(1000), { 'Upload-Checksum': 'sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=' });
  await call(api, 'getUpload', 200, { values });
  await call(api, 'getUpload', 200, { values, ...tus(), method: 'HEAD' });
  const whole = await append(204, 1000, clip.subarray(1000));
  assert.equal(whole.headers['content-location'], '/input_content/1');
  await call(api, 'describeUpload', 204, { values });
  await call(api, 'describeUploads', 204);
  await call(api, 'deleteUpload', 204, { values, ...tus() });
  await call(api, 'deleteUpload', 404, { values, ...tus() });
  await call(api, 'getUpload', 404, { values });
});

test('GOPs', async (t) => {
  const service = await startService(t);
  const { api } = await describe(service);
  await addInput(service);
  const html = { headers: { Accept: 'text/html' } };
  const list = { headers: { Accept: 'application/json' } };
  const of = { name: 'clip.mp4' };
  for (const id of ['listVideos', 'listVideosToo']) {
    await call(api, id, 200);
    await call(api, id, 200, html);
    await call(api, id, 400, { query: '?after=x' });
  }
  assert.equal((await call(api, 'listIFrames', 200, { values: of })).json.length, 4);
  assert.match((await call(api, 'listIFrames', 200, { values: of, query: '?limit=2' })).headers.link, /next/);
  await call(api, 'listIFrames', 400, { values: of, query: '?limit=-1' });
  await call(api, 'listIFrames', 404, { values: { name: 'none.mp4' } });
  await call(api, 'getGops', 200, { values: of, ...html });
  await call(api, 'getGops', 200, { values: of, ...list });
  await call(api, 'getGops', 404, { values: { name: 'none.mp4' } });
  await call(api, 'getGop', 200, { values: { ...of, gops: '3' } });
  await call(api, 'getGop', 404, { values: { ...of, gops: '4' } });

  const one = { ...of, gops: '1-2' };
  const whole = await call(api, 'getGopFile', 200, { values: one });
  await call(api, 'getGopFile', 200, { values: one, method: 'HEAD' });
  await call(api, 'getGopFile', 206, { values: one, headers: { Range: 'bytes=1-9' } });
  await call(api, 'getGopFile', 304, { values: one, headers: { 'If-None-Match': whole.headers.etag } });
  await call(api, 'getGopFile', 416, { values: one, headers: { Range: 'bytes=99999999-' } });
  await call(api, 'getGopFile', 404, { values: { ...of, gops: '2-1' } });
});

test('packages', async (t) => {
  const service = await startService(t, { args: ['--jobs', '1'] });
  const { api, delivery } = await describe(service);
  const wanted = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const add = (status, value, headers) => call(api, 'addPackage', status, json(value, headers));
  const done = await add(200, { ...wanted, hls: true }, { Prefer: 'wait=60', 'Idempotency-Key': 'one' });
  assert.equal(done.json.status, 'Ready');
  await add(422, wanted, { 'Idempotency-Key': 'one' });
  await add(404, { ...wanted, input_content_id: 99 });
  await add(422, { ...wanted, callback_url: 'https://elsewhere.example/' });
  for (const bad of ['', '[', '[]', { input_content_id: 1 }, { ...wanted, key: 'x' }, { ...wanted, priority: 11 }])
    await add(400, bad);
  await call(api, 'addPackage', 415, { body: '{}', headers: { 'Content-Type': 'text/css' } });
  await call(api, 'addPackage', 413, json(' '.repeat(70_000)));

  // One is made at a time: the last one waits.
  const ids = [];
  for (let i = 0; i < 4; i++)
    ids.push((await add(202, wanted)).json.packaged_content_id);
  const last = { packaged_content_id: ids.at(-1) };
  await call(api, 'changePackage', 200, { values: last, ...json({ priority: -5 }) });
  await call(api, 'changePackage', 400, { values: last, ...json({ priority: 5, status: 'Ready' }) });
  await call(api, 'deletePackage', 409, { values: last });
  await call(api, 'cancelPackage', 200, { values: last });
  await call(api, 'cancelPackage', 409, { values: last });
  await call(api, 'changePackage', 409, { values: last, ...json({ priority: 5 }) });
  await call(api, 'deletePackage', 204, { values: last });
  await call(api, 'deletePackage', 404, { values: last });

  const first = { packaged_content_id: done.json.packaged_content_id };
  for (const id of ['getPackage', 'getPackageById', 'getPlayerPage']) {
    await call(api, id, 200, { values: first });
    await call(api, id, 404, { values: last });
  }
  await call(api, 'followPackage', 200, { values: first });
  const { change } = /^id: (?<change>\d+)$/m.exec((await get(service.api, `/packaged_content/1/events`)).text).groups;
  await call(api, 'followPackage', 204, { values: first, headers: { 'Last-Event-ID': change } });
  await call(api, 'followPackage', 404, { values: last });
  await call(api, 'followPackages', 200, { method: 'HEAD' });
  assert.match((await call(api, 'listPackages', 200, { query: '?limit=1' })).headers.link, /next/);
  await call(api, 'listPackages', 400, { query: '?limit=1001' });
  await call(api, 'listPackages', 200, { query: '?input_content_id=none&sort=-id' });
  await call(api, 'listPackages', 400, { query: '?input_content_id=1,x' });

  for (const id of ids.slice(0, -1))
    await packageEnd(service, id);
  await deliver(delivery, new URL(done.json.url).pathname.split('/')[1]);
  await deliverSigned(service, api, delivery, first);
  await license(api, 'getLicense', {});
});

const deliver = async (delivery, code) => {
  for (const id of ['listReadyPackages', 'listReadyPackagesToo']) {
    assert.equal((await call(delivery, id, 200)).json.length, 4);
    await call(delivery, id, 400, { query: '?limit=x' });
  }
  for (const file of ['stream.mpd', 'stream.m3u8', 'video_0/init.mp4', 'video_0/1.m4s']) {
    const values = { code, path: file };
    const whole = await call(delivery, 'getPackageFile', 200, { values });
    await call(delivery, 'getPackageFile', 206, { values, headers: { Range: 'bytes=-5' } });
    await call(delivery, 'getPackageFile', 304, { values, headers: { 'If-None-Match': whole.headers.etag } });
    await call(delivery, 'getPackageFile', 416, { values, headers: { Range: 'bytes=99999999-' } });
  }
  await call(delivery, 'getPackageFile', 404, { values: { code, path: 'none.mp4' } });
  await call(delivery, 'getPackageFile', 400, { values: { code, path: '%00' } });
  await license(delivery, 'getPackageLicense', { code });
};

const deliverSigned = async (service, api, delivery, values) => {
  const made = await call(api, 'addViewerToken', 201, { values, ...json({ expires_in: 1000 }) });
  await call(api, 'addViewerToken', 201, { values });
  await call(api, 'addViewerToken', 400, { values, ...json({ expires_in: 0 }) });
  await call(api, 'addViewerToken', 404, { values: { packaged_content_id: 99 } });
  const [, token, code] = new URL(made.json.license_url).pathname.split('/');
  const at = (path, given = token) => ({ values: { token: given, code, path } });
  await call(delivery, 'getSignedPackageFile', 200, at('stream.mpd'));
  await call(delivery, 'getSignedPackageFile', 200, at('audio_0/init.mp4'));
  await call(delivery, 'getSignedPackageFile', 206, { ...at('video_0/1.m4s'), headers: { Range: 'bytes=-5' } });
  await call(delivery, 'getSignedPackageFile', 404, at('none.mp4'));
  await call(delivery, 'getSignedPackageFile', 403, at('stream.mpd', 'nonsense'));
  await license(delivery, 'getSignedPackageLicense', { token, code });
  await call(delivery, 'getSignedPackageLicense', 403,
    { values: { token: 'nonsense', code }, ...json({ kids: [KID] }) });
};

const license = async (description, id, values) => {
  const ask = (status, body, headers) => call(description, id, status, { values, ...json(body, headers) });
  await ask(200, { kids: [KID], type: 'temporary' });
  await ask(404, { kids: ['AAAAAAAAAAAAAAAAAAAAAA'] });
  await ask(400, { kids: [] });
  await ask(400, { kids: [KID], type: 'persistent-license' });
  await ask(415, { kids: [KID] }, { 'Content-Type': 'video/mp4' });
};

test('pages and the service itself', async (t) => {
  const service = await startService(t);
  const { api, delivery } = await describe(service);
  for (const id of ['getIndexPage', 'getUploadPage', 'getHealth', 'getDescription', 'getSession'])
    await call(api, id, 200);
  for (const id of ['getHealth', 'getDescription'])
    await call(delivery, id, 200);
  for (const asset of ['icon.svg', 'haberdash.css', 'shaka-player.js'])
    await call(api, 'getAsset', 200, { values: { asset } });
  await call(api, 'getAsset', 404, { values: { asset: 'none' } });
  assert.match((await get(service.api, '/')).text, /href="\/openapi.json"/);
});

test('where tokens are asked for', async (t) => {
  const token = '0123456789abcdef0123456789abcdef';
  const file = path.join(await makeFolder(t), 'tokens');
  await fs.writeFile(file, `studio ${token}\n`, { mode: 0o600 });
  const service = await startService(t, { args: ['--api-token-file', file] });
  const { api } = await describe(service);
  for (const { id, isPublic, method } of api.operations.filter((operation) => !operation.isPublic)) {
    assert.equal(isPublic, false);
    await call(api, id, 401);
    if (method === 'GET')
      await call(api, id, 303, { headers: { Accept: 'text/html' } });
  }
  const sign = (text) => ({ body: new URLSearchParams({ token: text, next: '/videos/' }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
  await call(api, 'getSignInPage', 200);
  await call(api, 'signIn', 403, sign('wrong'));
  await call(api, 'signIn', 403);
  const { headers } = await call(api, 'signIn', 303, sign(token));
  assert.equal(headers.location, '/videos/');
  const cookie = { headers: { Cookie: headers['set-cookie'][0].split(';')[0] } };
  assert.equal((await call(api, 'getSession', 200, cookie)).json.signed_in, true);
  await call(api, 'getSignInPage', 303, cookie);
  await call(api, 'listInputs', 200, cookie);
  await call(api, 'listInputs', 200, { headers: { Authorization: `Bearer ${token}` } });
  await call(api, 'signOut', 303, cookie);
  await call(api, 'listInputs', 401, cookie);
});
