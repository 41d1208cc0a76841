// SPDX-License-Identifier: LGPL-2.1-or-later
// What viewers may see, and what they may not.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, haberdash, makeClip, makeFolder, post, problem, raw, send, startService, upload,
} from './service.mjs';

const makePackage = async (service, request = {}) => {
  const made = await post(service.api, '/packaged_content',
    { input_content_id: await addInput(service), key: KEY, kid: KID, ...request }, { Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready', made.text);
  return new URL(made.json.url).pathname;
};

test('files: types, HEAD, conditions, ranges, other origins', async (t) => {
  const service = await startService(t);
  const manifest = await makePackage(service, { hls: true });
  const init = manifest.replace('stream.mpd', 'video_0/init.mp4');
  const segment = manifest.replace('stream.mpd', 'video_0/1.m4s');
  const sound = manifest.replace('stream.mpd', 'audio_0/init.mp4');
  const short = 'public, max-age=60';
  const long = 'public, max-age=31536000, immutable';
  const types = { [manifest]: ['application/dash+xml', short],
    [manifest.replace('.mpd', '.m3u8')]: ['application/vnd.apple.mpegurl', short],
    [init]: ['video/mp4', long], [sound]: ['audio/mp4', long], [segment]: ['video/iso.segment', long] };
  for (const [target, [type, cached]] of Object.entries(types)) {
    const answer = await get(service.delivery, target);
    assert.equal(answer.headers['cache-control'], cached);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], type);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['accept-ranges'], 'bytes');
    const head = await send(service.delivery, 'HEAD', target);
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-length'], `${answer.body.length}`);
    assert.equal(head.body.length, 0);
  }

  const whole = await get(service.delivery, segment);
  const { etag, 'last-modified': modified } = whole.headers;
  const size = whole.body.length;
  const part = await get(service.delivery, segment, { Range: 'bytes=10-19' });
  assert.equal(part.status, 206);
  assert.equal(part.headers['content-range'], `bytes 10-19/${size}`);
  assert.deepEqual(part.body, whole.body.subarray(10, 20));
  assert.deepEqual((await get(service.delivery, segment, { Range: 'bytes=-7' })).body, whole.body.subarray(size - 7));
  const beyond = await get(service.delivery, segment, { Range: `bytes=${size}-` });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers['content-range'], `bytes */${size}`);
  const old = 'Sun, 06 Nov 1994 08:49:37 GMT';
  const ranged = { Range: 'bytes=0-1' };
  const rows = [
    [{ Range: 'bytes=0-1,5-6' }, 200], // several: the whole is an answer, too
    [{ Range: 'lines=0-1' }, 200],
    [{ ...ranged, 'If-Range': '"other"' }, 200],
    [{ ...ranged, 'If-Range': `W/${etag}` }, 200],
    [{ ...ranged, 'If-Range': old }, 200],
    [{ ...ranged, 'If-Range': etag }, 206],
    [{ ...ranged, 'If-Range': modified }, 206],
    [{ 'If-None-Match': etag }, 304],
    [{ 'If-None-Match': `"other", W/${etag}` }, 304],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-None-Match': '"other"' }, 200],
    [{ 'If-Modified-Since': modified }, 304],
    [{ 'If-Modified-Since': old }, 200],
    [{ 'If-Modified-Since': 'yesterday' }, 200],
    // the stronger condition counts
    [{ 'If-None-Match': '"other"', 'If-Modified-Since': modified }, 200],
    [{ 'If-None-Match': etag, ...ranged }, 304],
  ];
  for (const [headers, status] of rows) {
    const answer = await get(service.delivery, segment, headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    assert.equal(answer.headers.etag, etag);
    assert.equal(answer.headers['cache-control'], long);
    assert.equal(answer.body.length, { 200: size, 206: 2, 304: 0 }[status]);
  }
  const same = await raw(service.delivery,
    `GET ${segment} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\nConnection: close\r\n\r\n`);
  assert.doesNotMatch(same, /^content-length: 0/mi, 'it would be the length of the file');
  // A part is of GET alone.
  const head = await send(service.delivery, 'HEAD', segment, { headers: ranged });
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-length'], `${size}`);
  assert.equal((await send(service.delivery, 'HEAD', segment, { headers: { 'If-None-Match': etag } })).status, 304);
});

// A copy of the clip in Matroska, with a line of text from 1 s on.
const makeTextClip = async (t) => {
  const folder = await makeFolder(t);
  const [clip, subtitles, output] = ['clip.mp4', 'text.srt', 'text.mkv'].map((name) => path.join(folder, name));
  await fs.writeFile(clip, await makeClip());
  await fs.writeFile(subtitles, '1\n00:00:01,000 --> 00:00:02,000\nA <b>line</b>\n');
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', clip, '-i', subtitles, '-map', '0', '-map', '1',
    '-c', 'copy', '-c:s', 'srt', '-metadata:s:s:0', 'language=fre', output]);
  return fs.readFile(output);
};

test('text tracks', async (t) => {
  const service = await startService(t);
  const input = await upload(service, 'text.mkv', await makeTextClip(t));
  const made = await post(service.api, '/packaged_content',
    { input_content_id: input.json.input_content_id, key: KEY, kid: KID, hls: true }, { Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready', made.text);

  const manifest = new URL(made.json.url).pathname;
  assert.match((await get(service.delivery, manifest)).text, /mimeType="text\/vtt" lang="fr"/);
  for (const file of ['track.vtt', '1.vtt']) {
    const answer = await get(service.delivery, manifest.replace('stream.mpd', `text_0/${file}`));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/vtt');
    assert.match(answer.text, /\n00:00:01\.000 --> 00:00:02\.000\nA <b>line<\/b>\n/);
  }
});

test('only files of packages are there', async (t) => {
  const service = await startService(t);
  const manifest = await makePackage(service);
  const [, code] = manifest.split('/');
  await fs.symlink('/etc/passwd', path.join(service.dataDir, 'packages', code, 'dash', 'link.mp4'));
  await fs.symlink('/etc', path.join(service.dataDir, 'packages', code, 'dash', 'folder'));
  await fs.writeFile(path.join(service.dataDir, 'packages', code, 'dash', 'x.txt'), 'x');
  for (const target of [
    '/', '/input_content', '/packaged_content', '/upload_input_content',
    `/${code}`, `/${code}/`, `/${code}/dash`, `/${code}/dash/`, `/${code}/dash/video_0`,
    `/${code}/dash/link.mp4`, `/${code}/dash/folder/passwd`, `/${code}/dash/x.txt`,
    `/${code}/dash/../../../master.key`, `/${code}/dash/..%2f..%2f..%2fmaster.key`,
    `/${code}/dash/%2e%2e/%2e%2e/x.mp4`, `/${code}/dash//stream.mpd`,
    `/${code.toLowerCase()}/dash/stream.mpd`, '/ZZZZZZZZ/dash/stream.mpd',
    '/videos/clip.mp4/group-of-pictures/0.mp4',
  ])
    problem(assert, await get(service.delivery, target), 404);
  problem(assert, await get(service.delivery, `/${code}/dash/%00.mp4`), 400);
  const refused = await post(service.delivery, manifest, '');
  problem(assert, refused, 405);
  assert.equal(refused.headers.allow, 'GET, HEAD');
});

test('a package is delivered when it is Ready, not before', async (t) => {
  const service = await startService(t, { args: ['--jobs', '1'] });
  const whole = { input_content_id: await addInput(service), key: KEY, kid: KID };
  const made = await Promise.all(Array.from({ length: 4 }, () => post(service.api, '/packaged_content', whole)));
  const last = made.map(({ json }) => json)
    .sort((a, b) => a.packaged_content_id - b.packaged_content_id).at(-1);
  await post(service.api, `/packaged_content/${last.packaged_content_id}/cancel`, '');
  problem(assert, await get(service.delivery, new URL(last.url).pathname), 404);
  const list = await get(service.delivery, '/videos/');
  assert.ok(list.json.every((item) => item.packaged_content_id !== last.packaged_content_id));
});

test('a package that was delivered and is removed is gone at once', async (t) => {
  const service = await startService(t);
  const [gone, other] = [await makePackage(service), await makePackage(service, { kid: undefined, key: undefined, encrypt: 'none' })];
  const [{ packaged_content_id: id }] = (await get(service.api, '/packaged_content')).json;
  for (const target of [gone, gone, other])
    assert.equal((await get(service.delivery, target)).status, 200);
  assert.equal((await send(service.api, 'DELETE', `/packaged_content/${id}`)).status, 204);
  problem(assert, await get(service.delivery, gone), 404);
  assert.equal((await get(service.delivery, other)).status, 200);
});

test('the list of Ready packages is not for pages of other origins', async (t) => {
  const service = await startService(t);
  const manifest = await makePackage(service);
  const list = await get(service.delivery, '/videos/');
  assert.equal(list.json.length, 1);
  assert.equal(list.json[0].url, service.delivery + manifest);
  assert.equal(list.headers['access-control-allow-origin'], undefined);
  assert.ok(!list.text.includes('clip.mp4'));
});

test('licences of one package', async (t) => {
  const service = await startService(t);
  const manifest = await makePackage(service);
  const other = new URL((await post(service.api, '/packaged_content',
    { input_content_id: 1, key: KID, kid: KEY }, { Prefer: 'wait=60' })).json.url).pathname;
  const target = manifest.replace('dash/stream.mpd', 'license/clearkey');
  const asked = await send(service.delivery, 'OPTIONS', target, { headers: { Origin: 'http://player.example',
    'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' } });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers['access-control-allow-origin'], '*');
  assert.match(asked.headers['access-control-allow-methods'], /POST/);
  assert.match(asked.headers['access-control-allow-headers'], /Content-Type/i);

  const body = JSON.stringify({ kids: [KID], type: 'temporary' });
  for (const headers of [{}, { 'Content-Type': 'application/json', Origin: 'http://player.example' }]) {
    const told = await send(service.delivery, 'POST', target, { body, headers });
    assert.equal(told.status, 200, told.text);
    assert.deepEqual(told.json, { keys: [{ kty: 'oct', kid: KID, k: KEY }], type: 'temporary' });
    assert.equal(told.headers['cache-control'], 'no-store');
    assert.equal(told.headers['access-control-allow-origin'], '*');
  }
  // not the keys of another package
  problem(assert, await send(service.delivery, 'POST',
    other.replace('dash/stream.mpd', 'license/clearkey'), { body }), 404);
  problem(assert, await send(service.delivery, 'POST', '/ZZZZZZZZ/license/clearkey', { body }), 404);
  // the manifest says where
  assert.ok((await get(service.delivery, manifest)).text.includes(service.delivery + target));
});

test('pages of origins that are named may play, and no others', async (t) => {
  const origins = ['https://player.example', 'http://localhost:3000'];
  const service = await startService(t, { args: origins.flatMap((origin) => ['--cors-origin', origin]) });
  const manifest = await makePackage(service);
  const license = manifest.replace('dash/stream.mpd', 'license/clearkey');
  for (const [origin, allowed] of [[origins[0], origins[0]], [origins[1], origins[1]],
    ['https://evil.example', undefined], ['https://player.example.evil.example', undefined],
    ['http://player.example', undefined], ['null', undefined], [undefined, undefined]]) {
    const headers = origin ? { Origin: origin } : {};
    const file = await get(service.delivery, manifest, headers);
    assert.equal(file.status, 200);
    const asked = await send(service.delivery, 'OPTIONS', license, { headers });
    for (const answer of [file, asked]) {
      assert.equal(answer.headers['access-control-allow-origin'], allowed, origin);
      assert.equal(answer.headers.vary, 'Origin');
    }
  }
  for (const wrong of ['player.example', 'https://player.example/', 'https://', '*'])
    await assert.rejects(haberdash('serve', '--cors-origin', wrong), { code: 64 });
});

test('a file that is cut short while it is delivered breaks off, and no more', async (t) => {
  const service = await startService(t);
  const manifest = await makePackage(service);
  const target = manifest.replace('stream.mpd', 'video_0/large.m4s');
  const file = path.join(service.dataDir, 'packages', target);
  await fs.writeFile(file, Buffer.alloc(64 << 20, 7));
  const { hostname, port } = new URL(service.delivery);
  const socket = net.connect(port, hostname);
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(socket, 'readable');
  await fs.truncate(file, 1);
  let came = 0;
  socket.on('data', (piece) => { came += piece.length; });
  socket.on('error', () => {});
  await once(socket, 'close');
  assert.ok(came < 64 << 20, `${came} bytes`);
  assert.equal((await get(service.delivery, manifest)).status, 200);
});

// What is small is copied, what is large is sent by the kernel, 4 MiB at a time.
test('files of any size, whole and in part, over one connection', async (t) => {
  const service = await startService(t);
  const manifest = await makePackage(service);
  const { hostname, port } = new URL(service.delivery);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set();
  const fetch = async (target, headers) => {
    const request = http.get({ agent, hostname, port, path: target, headers });
    const [answer] = await once(request, 'response');
    ports.add(request.socket.localPort);
    return Buffer.concat(await answer.toArray());
  };
  for (const size of [1, 4096, 32_768, 32_769, 2_000_003, (4 << 20) + 1, 9_000_001]) {
    const target = manifest.replace('stream.mpd', `video_0/${size}.m4s`);
    const bytes = crypto.randomBytes(size);
    await fs.writeFile(path.join(service.dataDir, 'packages', target), bytes);
    assert.ok(bytes.equals(await fetch(target)), `${size} bytes`);
    for (const start of [0, 1, 4095, 40_961, (4 << 20) - 1, size - 1].filter((each) => each < size)) {
      const part = await fetch(target, { Range: `bytes=${start}-` });
      assert.ok(bytes.subarray(start).equals(part), `${size} bytes from ${start} on`);
    }
    assert.match((await fetch(manifest)).toString(), /<MPD/);
  }
  assert.equal(ports.size, 1, 'connections');
});
