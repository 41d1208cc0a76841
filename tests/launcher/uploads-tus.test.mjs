// SPDX-License-Identifier: LGPL-2.1-or-later
// Uploads that can be resumed: tus 1.0.0 on the wire, over kills and restarts, and
// with the client that others use.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import tus from 'tus-js-client';

import {
  addInput, get, isEmpty, makeClip, makeFolder, problem, send, startService, until,
} from './service.mjs';
import { base64, begin, create, head, patch, patchHead, remove } from './tus.mjs';

const digest = (algorithm, bytes) => createHash(algorithm).update(bytes).digest('base64');
const hex = (bytes) => createHash('sha256').update(bytes).digest('hex');
const filesOf = (service) => fs.readdir(path.join(service.dataDir, 'uploads'));

// The clip with a box behind it that players skip, to be some MiB.
const makeLarge = async (size, byte = 7) => {
  const box = Buffer.alloc(size, byte);
  box.writeUInt32BE(size, 0);
  box.write('free', 4, 'latin1');
  return Buffer.concat([await makeClip(), box]);
};

// A connection that sends that much of a PATCH and no more.
const beginPatch = async (service, target, offset, bytes, sent, more) => {
  const { hostname, port } = new URL(service.api);
  const socket = net.connect(port, hostname);
  const answer = new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (piece) => { text += piece; });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  socket.write(patchHead(target, offset, bytes.length, more));
  socket.write(bytes.subarray(0, sent));
  return { socket, answer };
};

const sizeOnDisk = async (service, target) =>
  (await fs.stat(path.join(service.dataDir, 'uploads', path.basename(target)))).size;

test('in pieces', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const made = await create(service, { 'Upload-Length': bytes.length,
    'Upload-Metadata': `filetype ${base64('video/mp4')},filename ${base64('café.mp4')},empty` });
  assert.equal(made.status, 201);
  assert.equal(made.headers['tus-resumable'], '1.0.0');
  assert.equal(made.headers['upload-offset'], '0');
  assert.ok(Date.parse(made.headers['upload-expires']) > Date.now() + 23 * 3600_000);
  const target = made.headers.location;
  assert.match(target, /^\/uploads\/[0-9a-f]{32}$/);

  for (let offset = 0; offset < bytes.length; offset += 60_000) {
    const told = await head(service, target);
    assert.equal(told.status, 200);
    assert.equal(told.headers['upload-offset'], `${offset}`);
    assert.equal(told.headers['upload-length'], `${bytes.length}`);
    assert.equal(told.headers['upload-metadata'], `filename ${base64('café.mp4')}`);
    assert.equal(told.headers['cache-control'], 'no-store');
    const { json } = await get(service.api, target);
    assert.deepEqual([json.status, json.offset, json.size, json.name, json.input_content_id],
      ['waiting', offset, bytes.length, 'café.mp4', null]);
    const piece = bytes.subarray(offset, offset + 60_000);
    const answer = await patch(service, target, offset, piece);
    assert.equal(answer.status, 204, answer.text);
    assert.equal(answer.headers['upload-offset'], `${offset + piece.length}`);
    assert.equal(answer.headers['haberdash-input-content-id'],
      offset + piece.length === bytes.length ? '1' : undefined);
  }
  const input = (await get(service.api, '/input_content/1')).json;
  assert.equal(input.name, 'café.mp4');
  assert.equal(input.sha256, hex(bytes));
  assert.equal(input.group_of_pictures_count, 4);
  const told = await head(service, target);
  assert.equal(told.headers['upload-offset'], `${bytes.length}`);
  assert.equal(told.headers['content-location'], '/input_content/1');
  assert.equal((await get(service.api, target)).json.status, 'done');
  assert.deepEqual(await filesOf(service), []);
  assert.ok(await isEmpty(service, 'incoming'));

  // the record of it goes, the input stays
  assert.equal((await remove(service, target)).status, 204);
  problem(assert, await remove(service, target), 404);
  assert.equal((await get(service.api, '/input_content/1')).status, 200);
});

test('what the service tells of itself', async (t) => {
  const service = await startService(t, { args: ['--max-upload', '5000000'] });
  for (const target of ['/uploads', '/uploads/x']) {
    const { status, headers } = await send(service.api, 'OPTIONS', target);
    assert.equal(status, 204);
    assert.equal(headers['tus-version'], '1.0.0');
    assert.equal(headers['tus-extension'], 'creation,termination,expiration,checksum');
    assert.equal(headers['tus-checksum-algorithm'], 'sha1,sha256');
    assert.equal(headers['tus-max-size'], '5000000');
  }
});

test('beginnings that are refused', async (t) => {
  const service = await startService(t, { args: ['--max-upload', '5000000'] });
  const name = `filename ${base64('a.mp4')}`;
  const rows = [
    [412, { 'Tus-Resumable': undefined, 'Upload-Length': 10, 'Upload-Metadata': name }],
    [412, { 'Tus-Resumable': '0.2.2', 'Upload-Length': 10, 'Upload-Metadata': name }],
    [400, { 'Upload-Metadata': name }],
    [400, { 'Upload-Defer-Length': 1, 'Upload-Metadata': name }],
    ...['-1', '1e3', '0x10', '', 'ten', '99999999999999999999']
      .map((length) => [400, { 'Upload-Length': length, 'Upload-Metadata': name }]),
    [422, { 'Upload-Length': 0, 'Upload-Metadata': name }],
    [413, { 'Upload-Length': 5000001, 'Upload-Metadata': name }],
    [400, { 'Upload-Length': 10 }],
    ...['filename', 'filename a', 'filename ====', 'filename a b', 'name YQ==', 'Filename YQ==',
      `filename ${base64('../a.mp4')}`, `filename ${base64('a\0.mp4')}`,
      `filename ${Buffer.from([0xff, 0xfe]).toString('base64')}`, `filename ${base64('x'.repeat(256))}`]
      .map((metadata) => [400, { 'Upload-Length': 10, 'Upload-Metadata': metadata }]),
  ];
  for (const [status, headers] of rows) {
    const answer = await create(service, headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    problem(assert, answer, status);
    assert.equal(answer.headers['tus-resumable'], '1.0.0');
  }
  assert.deepEqual(await filesOf(service), []);
});

test('pieces that are refused', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const target = await begin(service, 'a.mp4', bytes.length);
  const half = bytes.subarray(0, 100_000);
  const rows = [
    [409, 1, half, {}],
    [409, 100_000, half, {}],
    [400, 'x', half, {}],
    [400, undefined, half, {}],
    [415, 0, half, { 'Content-Type': 'video/mp4' }],
    [412, 0, half, { 'Tus-Resumable': '2.0.0' }],
    [413, 0, Buffer.alloc(bytes.length + 1), {}],
    [413, 0, Buffer.alloc(bytes.length + 1),
      { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked', 'Upload-Checksum':
        `sha1 ${digest('sha1', half)}` }],
    [400, 0, half, { 'Upload-Checksum': `md4 ${digest('sha1', half)}` }],
    [400, 0, half, { 'Upload-Checksum': 'sha1 AAAA' }],
    [400, 0, half, { 'Upload-Checksum': 'sha1' }],
    [460, 0, half, { 'Upload-Checksum': `sha1 ${digest('sha1', bytes)}` }],
    [460, 0, half, { 'Upload-Checksum': `sha256 ${digest('sha256', bytes)}` }],
  ];
  for (const [status, offset, body, headers] of rows) {
    problem(assert, await patch(service, target, offset, body, headers), status);
    await until(async () => (await head(service, target)).headers['upload-offset'] === '0', 'it is whole');
    assert.equal(await sizeOnDisk(service, target), 0, `${status}`);
  }
  problem(assert, await patch(service, `/uploads/${'0'.repeat(32)}`, 0, half), 404);
  problem(assert, await patch(service, '/uploads/..%2Fcatalog.sqlite', 0, half), 404);

  assert.equal((await patch(service, target, 0, half,
    { 'Upload-Checksum': `sha1 ${digest('sha1', half)}` })).status, 204);
  const rest = bytes.subarray(half.length);
  assert.equal((await patch(service, target, half.length, rest,
    { 'Upload-Checksum': `sha256 ${digest('sha256', rest)}` })).status, 204);
  assert.equal((await get(service.api, '/input_content/1')).json.sha256, hex(bytes));
});

test('POST for clients that cannot PATCH', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const target = await begin(service, 'a.mp4', bytes.length);
  const headers = { 'Tus-Resumable': '1.0.0', 'X-HTTP-Method-Override': 'PATCH',
    'Upload-Offset': 0, 'Content-Type': 'application/offset+octet-stream' };
  assert.equal((await send(service.api, 'POST', target, { body: bytes, headers })).status, 204);
  assert.equal((await get(service.api, '/input_content')).json.length, 1);
});

test('what is no video, and names that are taken', async (t) => {
  const service = await startService(t);
  const noise = Buffer.alloc(50_000, 'noise');
  let target = await begin(service, 'a.mp4', noise.length);
  problem(assert, await patch(service, target, 0, noise), 422);
  problem(assert, await patch(service, target, 0, noise), 404);
  assert.equal((await head(service, target)).status, 404);
  assert.deepEqual(await filesOf(service), []);
  assert.ok(await isEmpty(service, 'incoming'));

  const clip = await makeClip();
  await addInput(service, 'clip.mp4');
  target = await begin(service, 'clip.mp4', clip.length);
  const same = await patch(service, target, 0, clip);
  assert.equal(same.status, 204);
  assert.equal(same.headers['haberdash-input-content-id'], '1');
  const other = await makeLarge(10_000);
  target = await begin(service, 'clip.mp4', other.length);
  problem(assert, await patch(service, target, 0, other), 409);
  assert.deepEqual(await filesOf(service), []);
  assert.equal((await get(service.api, '/input_content')).json.length, 1);
});

test('a client that is cut off goes on where it was', async (t) => {
  const service = await startService(t);
  const bytes = await makeLarge(4_000_000);
  const target = await begin(service, 'a.mp4', bytes.length);
  const { socket } = await beginPatch(service, target, 0, bytes, 2_000_000);
  await until(async () => await sizeOnDisk(service, target) > 1_000_000, 'it arrives');
  socket.destroy();
  const offset = Number((await until(async () => {
    const told = await head(service, target);
    return told.headers['upload-offset'] !== '0' && told;
  }, 'some is there')).headers['upload-offset']);
  assert.ok(offset <= 2_000_000);
  assert.equal((await patch(service, target, offset, bytes.subarray(offset))).status, 204);
  assert.equal((await get(service.api, '/input_content/1')).json.sha256, hex(bytes));
});

test('one at a time: HEAD ends what hangs, PATCH does not', async (t) => {
  const service = await startService(t);
  const bytes = await makeLarge(1_000_000);
  const target = await begin(service, 'a.mp4', bytes.length);
  const { answer } = await beginPatch(service, target, 0, bytes, 500_000);
  await until(async () => (await get(service.api, target)).json.status === 'receiving', 'it begins');
  problem(assert, await patch(service, target, 0, bytes), 423);
  await until(async () => await sizeOnDisk(service, target) >= 256 * 1024, 'it arrives');
  const told = await head(service, target);
  const offset = Number(told.headers['upload-offset']);
  assert.ok(offset >= 256 * 1024 && offset <= 500_000);
  assert.match(await answer, /^HTTP\/1.1 409 /);
  assert.equal((await patch(service, target, offset, bytes.subarray(offset))).status, 204);
  assert.equal((await get(service.api, '/input_content/1')).json.sha256, hex(bytes));
});

test('a piece with a checksum that breaks off is dropped', async (t) => {
  const service = await startService(t);
  const bytes = await makeLarge(1_000_000);
  const target = await begin(service, 'a.mp4', bytes.length);
  const { socket } = await beginPatch(service, target, 0, bytes, 900_000,
    `Upload-Checksum: sha1 ${digest('sha1', bytes)}\r\n`);
  await until(async () => await sizeOnDisk(service, target) > 0, 'it arrives');
  socket.destroy();
  await until(async () => await sizeOnDisk(service, target) === 0, 'it is dropped');
  assert.equal((await head(service, target)).headers['upload-offset'], '0');
});

test('DELETE in the middle', async (t) => {
  const service = await startService(t);
  const bytes = await makeLarge(1_000_000);
  const target = await begin(service, 'a.mp4', bytes.length);
  const { answer } = await beginPatch(service, target, 0, bytes, 500_000);
  await until(async () => await sizeOnDisk(service, target) > 0, 'it arrives');
  assert.equal((await remove(service, target)).status, 204);
  assert.match(await answer, /^HTTP\/1.1 409 /);
  assert.deepEqual(await filesOf(service), []);
  problem(assert, await get(service.api, target), 404);
});

test('a service that is killed in the middle', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const bytes = await makeLarge(6_000_000);
  let service = await startService(t, { dataDir });
  const target = await begin(service, 'a.mp4', bytes.length);
  const { socket } = await beginPatch(service, target, 0, bytes, 3_000_000);
  await until(async () => await sizeOnDisk(service, target) > 1_000_000, 'it arrives');
  await service.end('SIGKILL');
  socket.destroy();

  service = await startService(t, { dataDir });
  const offset = Number((await head(service, target)).headers['upload-offset']);
  assert.equal(offset, await sizeOnDisk(service, target));
  assert.ok(offset > 1_000_000 && offset <= 3_000_000);
  const answer = await patch(service, target, offset, bytes.subarray(offset));
  assert.equal(answer.status, 204, answer.text);
  assert.equal((await get(service.api, '/input_content/1')).json.sha256, hex(bytes));
  assert.equal(await service.end(), 0);

  service = await startService(t, { dataDir });
  assert.equal((await head(service, target)).headers['haberdash-input-content-id'], '1');
});

test('one that was whole when the service was killed becomes an input', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const bytes = await makeClip();
  let service = await startService(t, { dataDir });
  const target = await begin(service, 'a.mp4', bytes.length);
  const orphan = path.join(dataDir, 'uploads', 'f'.repeat(32));
  await patch(service, target, 0, bytes.subarray(0, 1000));
  await service.end('SIGKILL');
  await fs.writeFile(path.join(dataDir, 'uploads', path.basename(target)), bytes);
  await fs.writeFile(orphan, 'what nobody knows');

  service = await startService(t, { dataDir });
  await until(async () => (await get(service.api, '/input_content')).json.length === 1, 'it is read');
  await until(async () => (await filesOf(service)).length === 0, 'nothing is left');
  const told = await head(service, target);
  assert.equal(told.headers['haberdash-input-content-id'], '1');
});

test('uploads that nobody goes on with expire', async (t) => {
  const service = await startService(t, { args: ['--upload-expiry', '1'] });
  const target = await begin(service, 'a.mp4', 1000);
  assert.equal((await patch(service, target, 0, Buffer.alloc(10))).status, 204);
  await until(async () => (await filesOf(service)).length === 0, 'it expires');
  problem(assert, await get(service.api, target), 404);
});

test('space is looked for before anything is sent', async (t) => {
  const service = await startService(t, { args: ['--max-upload', `${2 ** 62}`] });
  problem(assert, await create(service, { 'Upload-Length': `${2 ** 61}`,
    'Upload-Metadata': `filename ${base64('a.mp4')}` }), 507);
});

test('tus-js-client', async (t) => {
  const service = await startService(t);
  const bytes = await makeLarge(3_000_000);
  const run = (body, options) => new Promise((resolve, reject) => {
    let last;
    const upload = new tus.Upload(body, {
      endpoint: `${service.api}/uploads`, retryDelays: [0, 100],
      metadata: { filename: 'js.mp4' },
      onAfterResponse: (_, answer) => { last = answer; },
      onError: reject, onSuccess: () => resolve({ upload, last }), ...options });
    upload.start();
  });
  const { last } = await run(bytes, { chunkSize: 700_000 });
  assert.equal(last.getHeader('Haberdash-Input-Content-Id'), '1');
  assert.equal((await get(service.api, '/input_content/1')).json.sha256, hex(bytes));

  // one that is aborted and goes on from its address, then in one piece
  const other = await makeLarge(3_000_000, 9);
  const url = await new Promise((resolve, reject) => {
    const upload = new tus.Upload(other, { endpoint: `${service.api}/uploads`, chunkSize: 500_000,
      metadata: { filename: 'other.mp4' }, onError: reject,
      onChunkComplete: () => { upload.abort().then(() => resolve(upload.url)); } });
    upload.start();
  });
  const resumed = await run(other, { uploadUrl: url });
  assert.equal(resumed.last.getHeader('Haberdash-Input-Content-Id'), '2');
  assert.equal((await get(service.api, '/input_content/2')).json.sha256, hex(other));
  await assert.rejects(run(Buffer.alloc(1000), { metadata: { filename: 'noise.mp4' } }), /422/);
});
