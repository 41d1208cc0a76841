// SPDX-License-Identifier: LGPL-2.1-or-later
// What viewers are given: tokens of one package, and addresses that expire.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, freePort, get, haberdash, makeClip, makeFolder, post, problem, send,
  startService, until, upload,
} from './service.mjs';

const ANN = 'ann-has-a-token-of-her-own';
const BOB = 'bob-has-a-token-of-his-own';
const [ann, bob] = [ANN, BOB].map((token) => ({ Authorization: `Bearer ${token}` }));
const WANTED = JSON.stringify({ kids: [KID], type: 'temporary' });

const startWithTokens = async (t, args) => {
  const file = path.join(await makeFolder(t), 'tokens');
  await fs.writeFile(file, `ann ${ANN}\nbob ${BOB}\n`, { mode: 0o600 });
  return startService(t, { args: ['--api-token-file', file, ...args] });
};

// A package that is ready, as the API tells of it.
const makePackage = async (service, headers = {}, request = {}) => {
  const input = await upload(service, 'a.mp4', await makeClip(), { headers });
  const made = await post(service.api, '/packaged_content', { input_content_id: input.json.input_content_id,
    ...request.encrypt === 'none' ? {} : { key: KEY, kid: KID }, ...request }, { ...headers, Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready', made.text);
  return made.json;
};

const newToken = (service, item, headers, body = {}) =>
  post(service.api, `/packaged_content/${item.packaged_content_id}/viewer_tokens`, body, headers);
const license = (service, target, headers = {}) =>
  send(service.delivery, 'POST', target, { headers, body: WANTED });
const pathOf = (url) => new URL(url).pathname;

test('licences beyond loopback need a token of the package', async (t) => {
  const running = await startWithTokens(t, ['--address', '0.0.0.0']);
  const service = { ...running, api: running.api.replace('0.0.0.0', '127.0.0.1'),
    delivery: running.delivery.replace('0.0.0.0', '127.0.0.1') };
  const item = await makePackage(service, ann);
  const other = await post(service.api, '/packaged_content',
    { input_content_id: item.input_content_id, key: KID, kid: KID }, { ...ann, Prefer: 'wait=60' });
  const plain = pathOf(item.url);
  const target = plain.replace('dash/stream.mpd', 'license/clearkey');

  problem(assert, await newToken(service, item, {}), 401);
  problem(assert, await newToken(service, item, bob), 404);
  const made = await newToken(service, item, ann);
  assert.equal(made.status, 201);
  assert.equal(made.headers['cache-control'], 'no-store');
  const { token, expires_at: expires, url, hls_url: hls, license_url: licenseUrl } = made.json;
  assert.ok(Math.abs(Date.parse(expires) - Date.now() - 6 * 3600e3) < 60e3, expires);
  assert.equal(pathOf(url), plain, 'files are open');
  assert.equal(hls, null);
  assert.equal(pathOf(licenseUrl), `/${token}${target}`);

  const bearer = { Authorization: `Bearer ${token}` };
  for (const [where, headers, status] of [
    [target, {}, 401], [target, { Authorization: 'Bearer nonsense' }, 401], [target, bearer, 200],
    [`/${token}${target}`, {}, 200], [target, ann, 200], [target, bob, 404],
    [pathOf(other.json.url).replace('dash/stream.mpd', 'license/clearkey'), bearer, 401],
  ]) {
    const answer = await license(service, where, headers);
    assert.equal(answer.status, status, `${where} ${JSON.stringify(headers)} ${answer.text}`);
    if (status === 200)
      assert.equal(answer.json.keys[0].k, KEY);
    if (status === 401)
      assert.match(answer.headers['www-authenticate'], /^Bearer/);
  }
  // It is a token of that package and of nothing else.
  problem(assert, await get(service.api, '/input_content', bearer), 401);
  problem(assert, await get(service.delivery, '/videos/', bearer), 401);

  const brief = (await newToken(service, item, ann, { expires_in: 1 })).json;
  await until(async () => (await license(service, target, { Authorization: `Bearer ${brief.token}` })).status === 403,
    'it expires');
  for (const wrong of [0, -1, 1e9, '1', true])
    problem(assert, await newToken(service, item, ann, { expires_in: wrong }), 400);
  assert.ok(!running.log.includes(token));
});

test('a token behind a proxy, too', async (t) => {
  const port = await freePort();
  const service = await startWithTokens(t,
    ['--delivery-port', `${port}`, '--public-delivery-url', 'https://cdn.example']);
  const item = await makePackage(service, ann);
  const behind = { ...service, delivery: `http://127.0.0.1:${port}` };
  const target = pathOf(item.url).replace('dash/stream.mpd', 'license/clearkey');
  problem(assert, await license(behind, target), 401);
  const { token } = (await newToken(service, item, ann)).json;
  assert.equal((await license(behind, target, { Authorization: `Bearer ${token}` })).status, 200);
});

// Every file that ffmpeg asks for.
const filesOf = async (service, item) => {
  const folder = path.join(service.dataDir, 'packages', pathOf(item.url).split('/').at(-3), 'dash');
  const { stdout } = await exec('find', [folder, '-type', 'f', '-printf', '%P\n']);
  return stdout.trim().split('\n');
};

test('signed addresses', async (t) => {
  const service = await startService(t, { args: ['--signed-delivery', '--viewer-token-lifetime', '1000'] });
  const item = await makePackage(service, {}, { hls: true });
  const [, token, code] = pathOf(item.url).split('/');
  assert.match(item.url, /\/\d+-[\w-]{43}\/[0-9A-Z]{10}\/dash\/stream\.mpd$/);
  assert.equal(pathOf(item.hls_url).split('/')[2], code);
  const until_s = Number(token.split('-')[0]) - Date.now() / 1000;
  assert.ok(until_s > 900 && until_s < 1100, `${until_s} s`);
  assert.equal((await get(service.delivery, '/videos/')).json[0].url, item.url);

  const files = await filesOf(service, item);
  assert.ok(files.length > 6);
  const later = Number(token.split('-')[0]) + 1;
  const forged = `${later}-${token.split('-').slice(1).join('-')}`;
  const gone = (await newToken(service, item, {}, { expires_in: 1 })).json.token;
  await until(async () => (await get(service.delivery, `/${gone}/${code}/dash/stream.mpd`)).status === 403,
    'it expires');
  for (const file of files) {
    const answer = await get(service.delivery, `/${token}/${code}/dash/${file}`);
    assert.equal(answer.status, 200, file);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    const seconds = Number(/^public, max-age=(\d+)$/.exec(answer.headers['cache-control'])[1]);
    assert.ok(seconds <= 1060, 'not longer than the address is good for');
    for (const wrong of [`/${code}`, `/${forged}/${code}`, `/${gone}/${code}`, `/nonsense/${code}`])
      problem(assert, await get(service.delivery, `${wrong}/dash/${file}`), 403);
  }
  const segment = `/${token}/${code}/dash/video_0/1.m4s`;
  assert.equal((await get(service.delivery, segment, { Range: 'bytes=0-9' })).status, 206);

  // The manifest leads to a licence that is signed as it is.
  const manifest = (await get(service.delivery, pathOf(item.url))).text;
  const [laurl] = /http:[^<"]*\/license\/clearkey/.exec(manifest);
  assert.equal(laurl, `${service.delivery}/${token}/${code}/license/clearkey`);
  assert.equal((await license(service, pathOf(laurl))).json.keys[0].k, KEY);
  problem(assert, await license(service, `/${forged}/${code}/license/clearkey`), 403);
  problem(assert, await license(service, `/${gone}/${code}/license/clearkey`), 403);
  problem(assert, await license(service, `/${code}/license/clearkey`), 401);
});

test('a player plays a signed address', async (t) => {
  const service = await startService(t, { args: ['--signed-delivery'] });
  const item = await makePackage(service, {}, { encrypt: 'none', hls: true });
  for (const url of [item.url, item.hls_url]) {
    const { stdout } = await exec('ffprobe', ['-v', 'error', '-count_frames', '-select_streams', 'v',
      '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', url]);
    assert.match(stdout, /^100\s/, url);
  }
});

test('tokens outlive a restart, addresses of another service are none', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'data');
  const first = await startService(t, { dataDir, args: ['--signed-delivery'] });
  const item = await makePackage(first);
  await first.end();
  const again = await startService(t, { dataDir, args: ['--signed-delivery'] });
  assert.equal((await get(again.delivery, pathOf(item.url))).status, 200);
  const other = await startService(t, { args: ['--signed-delivery'] });
  problem(assert, await get(other.delivery, pathOf(item.url)), 403);
  await addInput(other);
  await assert.rejects(haberdash('serve', '--viewer-token-lifetime', '0'), { code: 64 });
});
