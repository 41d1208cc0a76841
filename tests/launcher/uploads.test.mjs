// SPDX-License-Identifier: LGPL-2.1-or-later
// What goes in: the form, the raw body, names, limits, and clients that leave.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import { takesMemory } from '../support/sanitizer.mjs';
import {
  addInput, exec, formOf, get, isEmpty, makeClip, makeFolder, problem, raw,
  send, startService, until, upload,
} from './service.mjs';
import { begin, head, patch, patchHead } from './tus.mjs';

test('the form of the original: curl -F file=@… /success', async (t) => {
  const service = await startService(t);
  const file = path.join(await makeFolder(t), 'movie.mp4');
  await fs.writeFile(file, await makeClip());
  const { stdout } = await exec('curl', ['-sS', '-i', '-F', `file=@${file}`,
    `${service.api.replace('127.0.0.1', 'localhost')}/success`]);
  assert.match(stdout, /^HTTP\/1.1 200/);
  assert.match(stdout, /content-type: text\/html/i);
  assert.match(stdout, /input_content_id: 1\b/);
});

test('an upload as JSON, its record, its list and its removal', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const made = await upload(service, 'clip.mp4', bytes);
  assert.equal(made.status, 201);
  assert.equal(made.headers.location, '/input_content/1');
  assert.equal(made.json.name, 'clip.mp4');
  assert.equal(made.json.size, bytes.length);
  assert.equal(made.json.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.equal(made.json.group_of_pictures_count, 4);
  assert.deepEqual(made.json.tracks.map(({ kind }) => kind), ['video', 'audio']);
  assert.match(made.json.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

  assert.deepEqual((await get(service.api, '/input_content/1')).json, made.json);
  assert.equal((await get(service.api, '/input_content')).json.length, 1);
  const [storage] = await fs.readdir(path.join(service.dataDir, 'inputs'));
  assert.deepEqual(await fs.readFile(path.join(service.dataDir, 'inputs', storage)), bytes);
  assert.ok(await isEmpty(service, 'incoming'));

  assert.equal((await send(service.api, 'DELETE', '/input_content/1')).status, 204);
  problem(assert, await get(service.api, '/input_content/1'), 404);
  problem(assert, await send(service.api, 'DELETE', '/input_content/1'), 404);
  assert.ok(await isEmpty(service, 'inputs'));
  // ids are never used again
  assert.equal((await upload(service, 'clip.mp4', bytes)).json.input_content_id, 2);
});

test('a raw body with a name', async (t) => {
  const service = await startService(t);
  const body = await makeClip();
  const put = (target, headers) => send(service.api, 'POST', target, { body, headers });
  const made = await put('/input_content?name=caf%C3%A9%20%26.mp4', { 'Content-Type': 'video/mp4' });
  assert.equal(made.status, 201);
  assert.equal(made.json.name, 'café &.mp4');
  assert.equal((await put('/input_content?name=b.mp4', { 'Content-Type': 'application/octet-stream',
    'Transfer-Encoding': 'chunked' })).status, 201);
  problem(assert, await put('/input_content', { 'Content-Type': 'video/mp4' }), 400);
  problem(assert, await put('/input_content?name=a.mp4', { 'Content-Type': 'text/plain' }), 415);
  problem(assert, await put('/input_content?name=a.mp4', { 'Content-Type': 'multipart/mixed; boundary=x' }), 415);
  problem(assert, await put('/input_content?name=a.mp4', { 'Content-Type': 'multipart/form-data' }), 400);
});

test('the same name again', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  await upload(service, 'clip.mp4', bytes);
  const again = await upload(service, 'clip.mp4', bytes);
  assert.equal(again.status, 200);
  assert.equal(again.json.input_content_id, 1);
  const { detail } = problem(assert,
    await upload(service, 'clip.mp4', Buffer.concat([bytes, Buffer.from('x')])), 409);
  assert.match(detail, /Input content 1\b.*clip\.mp4/);
  assert.equal((await fs.readdir(path.join(service.dataDir, 'inputs'))).length, 1);
  assert.ok(await isEmpty(service, 'incoming'));
});

test('the same bytes under another name share the file', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const first = (await upload(service, 'a.mp4', bytes)).json;
  const answer = await upload(service, 'b.mp4', bytes);
  assert.equal(answer.status, 201);
  assert.deepEqual({ ...answer.json, created_at: null }, { ...first, created_at: null,
    input_content_id: 2, name: 'b.mp4', group_of_pictures_url: '/videos/b.mp4/group-of-pictures',
    poster_url: '/input_content/2/poster' });
  const inputs = path.join(service.dataDir, 'inputs');
  const filesOf = async () => Promise.all((await fs.readdir(inputs))
    .map(async (name) => fs.stat(path.join(inputs, name))));
  const files = await filesOf();
  assert.equal(files.length, 2);
  assert.equal(files[0].ino, files[1].ino);
  assert.ok(await isEmpty(service, 'incoming'));
  const lists = await Promise.all(['a', 'b'].map((name) =>
    get(service.api, `/videos/${name}.mp4/group-of-pictures.json`)));
  assert.equal(lists[1].text, lists[0].text);
  assert.equal(lists[1].json.length, 4);

  await send(service.api, 'DELETE', '/input_content/1');
  assert.equal((await filesOf()).length, 1);
  assert.equal((await get(service.api, '/videos/b.mp4/group-of-pictures/3.mp4')).status, 200);
  // where the file of the other is gone, the upload is read as any other
  await fs.rm(path.join(inputs, (await fs.readdir(inputs))[0]));
  assert.equal((await upload(service, 'c.mp4', bytes)).status, 201);
  assert.equal((await get(service.api, '/videos/c.mp4/group-of-pictures/3.mp4')).status, 200);
});

test('the same file from many clients at once is stored once', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const answers = await Promise.all(Array.from({ length: 6 },
    () => upload(service, 'clip.mp4', bytes)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 201]);
  assert.equal(new Set(answers.map(({ json }) => json.input_content_id)).size, 1);
  assert.equal((await fs.readdir(path.join(service.dataDir, 'inputs'))).length, 1);
});

test('what is no video is not kept', async (t) => {
  const service = await startService(t);
  const clip = await makeClip();
  const folder = await makeFolder(t);
  const audio = path.join(folder, 'audio.mp4');
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'sine', '-t', '1', audio]);
  const cases = [
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('this is no video\n')],
    ['only sound', await fs.readFile(audio)],
    ...[1, 8, 40, 100, 1000, clip.length >> 1, clip.length - 1]
      .map((size) => [`cut at ${size}`, clip.subarray(0, size)]),
  ];
  for (const [what, bytes] of cases) {
    const { detail } = problem(assert, await upload(service, 'bad.mp4', bytes), 422);
    assert.ok(detail.length > 5, what);
  }
  // For a browser's form the same as a page.
  const page = await upload(service, 'bad.mp4', Buffer.from('no video'), { path: '/success',
    headers: { Accept: 'text/html,*/*;q=0.8' } });
  assert.equal(page.status, 422);
  assert.match(page.headers['content-type'], /^text\/html/);

  assert.deepEqual((await get(service.api, '/input_content')).json, []);
  assert.ok(await isEmpty(service, 'incoming'));
  assert.ok(await isEmpty(service, 'inputs'));
});

test('names', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  for (const name of ['../up.mp4', 'a/b.mp4', '.', '..', 'a\u0001b.mp4', `${'x'.repeat(256)}.mp4`])
    problem(assert, await upload(service, name, bytes), 400);
  for (const target of ['?name=..%2Fup.mp4', '?name=', '?name=%00.mp4']) {
    const answer = await send(service.api, 'POST', `/input_content${target}`, { body: bytes });
    problem(assert, answer, 400);
  }

  const markup = '<img src=x onerror=alert(1)>&.mp4';
  const page = await upload(service, markup, bytes, { path: '/success' });
  assert.equal(page.status, 200);
  assert.ok(!page.text.includes('<img src=x'));
  assert.ok(page.text.includes('&lt;img src=x onerror=alert(1)&gt;&amp;.mp4'));
  const list = await get(service.api, `/videos/${encodeURIComponent(markup)}/group-of-pictures.json`);
  assert.equal(list.json.length, 4);
  // names are looked up and never joined into paths
  for (const file of await fs.readdir(path.join(service.dataDir, 'inputs')))
    assert.match(file, /^[0-9a-f]{32}$/);
});

test('broken forms', async (t) => {
  const service = await startService(t);
  const bytes = await makeClip();
  const whole = formOf('clip.mp4', bytes);
  problem(assert, await upload(service, '', bytes), 400);
  problem(assert, await upload(service, 'clip.mp4', bytes, { field: 'other' }), 400);
  problem(assert, await upload(service, '', null, { body: whole.subarray(0, whole.length - 8) }), 400);
  problem(assert, await upload(service, '', null, { body: Buffer.from('no form') }), 400);
  problem(assert, await upload(service, '', null, { body: Buffer.concat([
    whole.subarray(0, whole.length - 4), Buffer.from('\r\n'), whole]) }), 400);
  assert.ok(await isEmpty(service, 'incoming'));
});

test('a body over the limit is refused before it is read', async (t) => {
  const service = await startService(t, { args: ['--max-upload', '1000000'] });
  const head = (more) => 'POST /input_content?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\n' +
    `Content-Type: video/mp4\r\n${more}\r\n\r\n`;
  const told = /^HTTP\/1.1 413 .*\r\n(.*\r\n)*Content-Type: application\/problem\+json\r\n/i;

  // Only headers are sent here: the answer cannot wait for the body.
  assert.match(await raw(service.api, head('Content-Length: 5000000')), told);
  assert.match(await raw(service.api, head('Content-Length: 5000000\r\nExpect: 100-continue')), told);
  // Without a length it is noticed on the way.
  const chunk = Buffer.alloc(2_000_000);
  assert.match(await raw(service.api, Buffer.concat([
    Buffer.from(`${head('Transfer-Encoding: chunked')}${chunk.length.toString(16)}\r\n`), chunk])), told);
  // A client that sends all of it without looking gets the answer too.
  problem(assert, await upload(service, 'a.mp4', Buffer.alloc(3_000_000)), 413);
  // JSON has a limit of its own, and so have bodies that nobody wants.
  assert.match(await raw(service.api, 'POST /packaged_content HTTP/1.1\r\nHost: localhost\r\n' +
    'Content-Length: 100000000\r\n\r\n'), told);
  assert.match(await raw(service.api, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n' +
    'Content-Length: 100000000\r\n\r\n'), told);
  assert.ok(await isEmpty(service, 'incoming'));
  assert.equal((await get(service.api, '/healthz')).status, 200);
});

test('100-continue is given to what is taken', async (t) => {
  const service = await startService(t);
  const answer = await raw(service.api, 'POST /input_content?name=a.mp4 HTTP/1.1\r\n' +
    'Host: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n');
  assert.match(answer, /^HTTP\/1.1 100 /);
});

test('a client that leaves in the middle', async (t) => {
  const service = await startService(t);
  const { hostname, port } = new URL(service.api);
  const socket = net.connect(port, hostname);
  socket.on('error', () => {});
  socket.write('POST /input_content?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\n' +
    'Content-Length: 10000000\r\n\r\n');
  socket.write(Buffer.alloc(3_000_000));
  await until(async () => !await isEmpty(service, 'incoming'), 'the upload begins');
  socket.destroy();
  await until(() => isEmpty(service, 'incoming'), 'what came is removed');
  assert.equal(await addInput(service, 'a.mp4'), 1);
});

test('too many uploads at once are told to come later', async (t) => {
  const service = await startService(t);
  const { hostname, port } = new URL(service.api);
  const sockets = Array.from({ length: 32 }, (_, i) => {
    const socket = net.connect(port, hostname);
    socket.on('error', () => {});
    socket.write(`POST /input_content?name=${i} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx`);
    return socket;
  });
  const incoming = path.join(service.dataDir, 'incoming');
  await until(async () => (await fs.readdir(incoming)).length === 32, 'they begin');
  const refused = await upload(service, 'a.mp4', await makeClip());
  problem(assert, refused, 503);
  assert.ok(refused.headers['retry-after']);
  for (const socket of sockets)
    socket.destroy();
  await until(() => isEmpty(service, 'incoming'), 'they are gone');
  assert.equal((await upload(service, 'a.mp4', await makeClip())).status, 201);
});

test('a file that cannot be stored', async (t) => {
  const service = await startService(t, { limit: 'ulimit -f 4000' });
  const body = Buffer.alloc(20_000_000);
  for (const encoding of [{ 'Content-Length': body.length }, { 'Transfer-Encoding': 'chunked' }]) {
    problem(assert, await send(service.api, 'POST', '/input_content?name=a.mp4',
      { body, headers: { 'Content-Type': 'video/mp4', ...encoding } }), 507);
    await until(() => isEmpty(service, 'incoming'), 'what was written is gone');
  }
  assert.equal(await addInput(service), 1);
});

// Of its memory, in MiB.
const peakOf = async (service) => {
  const status = await fs.readFile(`/proc/${service.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024;
};

test('a large upload does not fill the memory', async (t) => {
  const service = await startService(t);
  const answer = await exec('bash', ['-c',
    'head -c 300000000 /dev/zero | curl -sS -o /dev/null -w "%{http_code}" -H "Content-Type: video/mp4" ' +
    '-H "Transfer-Encoding: chunked" -X POST --data-binary @- "$0"', `${service.api}/input_content?name=zeros`]);
  assert.equal(answer.stdout, '422');
  const peak = await peakOf(service);
  assert.ok(takesMemory || peak < 64, `${peak} MB`);
});

// The clip with a box behind it that players skip, no two the same.
const makeDistinct = async (clip, number, size) => {
  const box = Buffer.alloc(size, number + 1);
  box.writeUInt32BE(size, 0);
  box.write('free', 4, 'latin1');
  return Buffer.concat([clip, box]);
};

test('twenty at once: a slow one, one that leaves and one that resumes among them', async (t) => {
  const service = await startService(t);
  const clip = await makeClip();
  const { hostname, port } = new URL(service.api);
  const files = await Promise.all(Array.from({ length: 20 },
    (_, number) => makeDistinct(clip, number, 2_000_000 + number * 100_000)));
  const rawHead = (name, size) => `POST /input_content?name=${name} HTTP/1.1\r\nHost: localhost\r\n` +
    `Content-Type: video/mp4\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`;

  const form = (number) => upload(service, `${number}.mp4`, files[number]);
  const bare = (number) => send(service.api, 'POST', `/input_content?name=${number}.mp4`,
    { body: files[number], headers: { 'Content-Type': 'video/mp4' } });
  // the last byte comes when all the others are there
  let others;
  const slow = async (number) => {
    const socket = net.connect(port, hostname);
    let text = '';
    socket.setEncoding('utf8').on('data', (piece) => { text += piece; });
    socket.write(rawHead(`${number}.mp4`, files[number].length));
    socket.write(files[number].subarray(0, -1));
    await others;
    socket.write(files[number].subarray(-1));
    await until(() => text.includes('\r\n\r\n'), 'the slow one is answered');
    socket.destroy();
    return { status: Number(text.split(' ')[1]) };
  };
  const leaving = (number) => new Promise((resolve) => {
    const socket = net.connect(port, hostname);
    socket.on('error', () => {});
    socket.write(rawHead(`${number}.mp4`, files[number].length));
    socket.write(files[number].subarray(0, 1_000_000), () => {
      socket.destroy();
      resolve({ status: 0 });
    });
  });
  const resuming = async (number) => {
    const target = await begin(service, `${number}.mp4`, files[number].length);
    const socket = net.connect(port, hostname);
    socket.on('error', () => {});
    socket.write(patchHead(target, 0, files[number].length));
    await new Promise((resolve) => { socket.write(files[number].subarray(0, 1_000_000), resolve); });
    socket.destroy();
    // Locked for as long as the service has not seen that the other one is gone.
    return until(async () => {
      const offset = Number((await head(service, target)).headers['upload-offset']);
      const answer = await patch(service, target, offset, files[number].subarray(offset));
      return answer.status !== 423 && answer;
    }, 'the upload is taken up again');
  };

  const kinds = [...Array.from({ length: 17 }, (_, number) => (number % 2 ? form : bare)),
    leaving, resuming];
  others = Promise.all(kinds.map((kind, number) => kind(number)));
  const [answers, last] = await Promise.all([others, slow(19)]);
  assert.deepEqual(answers.map(({ status }) => status), [...Array(17).fill(201), 0, 204]);
  assert.equal(last.status, 201);

  const inputs = (await get(service.api, '/input_content')).json;
  assert.equal(inputs.length, 19);
  for (const { name, sha256, size } of inputs) {
    const file = files[Number.parseInt(name, 10)];
    assert.equal(size, file.length);
    assert.equal(sha256, createHash('sha256').update(file).digest('hex'), name);
  }
  const stored = path.join(service.dataDir, 'inputs');
  const found = await Promise.all((await fs.readdir(stored)).map(async (name) =>
    createHash('sha256').update(await fs.readFile(path.join(stored, name))).digest('hex')));
  assert.deepEqual(found.sort(), inputs.map(({ sha256 }) => sha256).sort());
  await until(() => isEmpty(service, 'incoming'), 'nothing is left of the one that left');
  assert.ok(await isEmpty(service, 'uploads'));
  assert.ok(takesMemory || await peakOf(service) < 80, `${await peakOf(service)} MB`);
});
