// SPDX-License-Identifier: LGPL-2.1-or-later
// The nginx of docs/serving.md in front of a folder that the program made: types,
// CORS, caching, ranges, and the licence.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { ffmpeg, KEY, makeFolder, run, writeKey } from './support/run.mjs';

const nginx = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((file) =>
  spawnSync(file, ['-v'], { stdio: 'ignore' }).status === 0);
const page = await readFile(new URL('../../docs/serving.md', import.meta.url), 'utf8');
const toBase64url = (hex) => Buffer.from(hex, 'hex').toString('base64url');
const PLAYER = { Origin: 'https://player.example' };

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

// The page's blocks, with the places of this test and without TLS.
const writeConfig = async (folder, port) => {
  const block = /^```nginx\n([^]*?)^```$/m.exec(page)[1];
  const licence = /^(return 200 .*)$/m.exec(page)[1];
  const replace = (text, pairs) => pairs.reduce((left, [from, to]) => {
    assert.ok(left.includes(from), from);
    return left.replace(from, to);
  }, text);
  await writeFile(path.join(folder, 'licence.conf'),
    replace(licence, [['KID', toBase64url(KEY.kid)], ['KEY', toBase64url(KEY.key)]]), { mode: 0o600 });
  const server = replace(block, [['listen 443 ssl', `listen 127.0.0.1:${port}`],
    ['ssl_certificate ', '# '], ['ssl_certificate_key ', '# '], ['root /srv', `root ${folder}`],
    ['/etc/nginx/licences/movie.conf', `${folder}/licence.conf`]]);
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
    `${name}_temp_path ${folder}/${name};\n`).join('');
  const file = path.join(folder, 'nginx.conf');
  await writeFile(file, `daemon off;\nmaster_process off;\npid ${folder}/pid;\nerror_log stderr;\n` +
    `events {}\nhttp {\naccess_log off;\n${folders}${server}}\n`);
  return file;
};

const startNginx = async (folder) => {
  const port = await freePort();
  const child = spawn(nginx, ['-p', folder, '-e', 'stderr', '-c', await writeConfig(folder, port)],
    { stdio: ['ignore', 'ignore', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  const base = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 200; i++) {
    if (await fetch(base).then(() => true, () => false))
      return base;
    await wait(50);
  }
  throw new Error('nginx does not listen');
};

const makeFilm = async (folder) => {
  const movie = path.join(folder, 'movie.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-t', '4', '-c:v', 'libx264',
    '-pix_fmt', 'yuv420p', '-g', '25', movie);
  await writeFile(path.join(folder, 'movie.srt'), '1\n00:00:01,000 --> 00:00:02,000\nA line.\n');
  await mkdir(path.join(folder, 'films'));
  await run('haberdash', ['package', movie, path.join(folder, 'films/movie'), '--hls', '--kid', KEY.kid,
    '--key-file', await writeKey(folder, KEY.key), '--text', `${path.join(folder, 'movie.srt')}:en`,
    '--license-url', 'https://video.example.org/license/movie']);
};

test('a folder behind nginx', { skip: !nginx && 'nginx is not installed' }, async (t) => {
  const folder = await makeFolder();
  await makeFilm(folder);
  const base = await startNginx(folder);
  const film = `${base}/films/movie`;

  for (const [name, type, cache] of [
    ['stream.mpd', 'application/dash+xml', 'max-age=60'],
    ['stream.m3u8', 'application/vnd.apple.mpegurl', 'max-age=60'],
    ['video_0/init.mp4', 'video/mp4', 'max-age=31536000'],
    ['video_0/1.m4s', 'video/iso.segment', 'max-age=31536000'],
    ['text_0/track.vtt', 'text/vtt', 'max-age=31536000'],
  ]) {
    await t.test(name, async () => {
      const answer = await fetch(`${film}/${name}`, { headers: PLAYER });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), type);
      assert.equal(answer.headers.get('cache-control'), cache);
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()),
        await readFile(path.join(folder, 'films/movie', name)));
    });
  }

  await t.test('ranges, and what a browser asks before', async () => {
    const part = await fetch(`${film}/video_0/1.m4s`, { headers: { ...PLAYER, Range: 'bytes=4-7' } });
    assert.equal(part.status, 206);
    assert.equal(await part.text(), 'styp');
    for (const address of [`${film}/video_0/1.m4s`, `${base}/license/movie`]) {
      const before = await fetch(address, { method: 'OPTIONS', headers: { ...PLAYER,
        'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' } });
      assert.equal(before.status, 204);
      assert.equal(before.headers.get('access-control-allow-origin'), '*');
      assert.match(before.headers.get('access-control-allow-headers'), /Content-Type, Range/);
    }
  });

  await t.test('the licence that the manifest names', async () => {
    const manifest = await (await fetch(`${film}/stream.mpd`)).text();
    const { pathname } = new URL(/https:[^<"]*\/license\/movie/.exec(manifest)[0]);
    const answer = await fetch(base + pathname, { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ kids: [toBase64url(KEY.kid)], type: 'temporary' }) });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await answer.json(), { type: 'temporary',
      keys: [{ kty: 'oct', kid: toBase64url(KEY.kid), k: toBase64url(KEY.key) }] });
  });
});
