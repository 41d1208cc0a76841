// SPDX-License-Identifier: LGPL-2.1-or-later
// The service is killed at moments of chance while it takes uploads and makes
// packages. Whatever it was doing, after the next start everything is whole.

import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { exec, startService } from '../launcher/service.mjs';
import {
  childrenOf, getJson, isAlive, requestPackage, until, upload,
} from './client.mjs';

const KILLS = Number(process.env.KILLS ?? 30);
// An upload and a package of the clip take about this long.
const LATEST_KILL_MS = 700;
const CHILDREN_MS = 10_000;
const FINISH_MS = 180_000;

const makeClip = (file) => exec('ffmpeg', ['-nostdin', '-v', 'error', '-y',
  '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25',
  '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '60',
  '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-b:v', '6M',
  '-minrate', '6M', '-maxrate', '6M', '-bufsize', '6M',
  '-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', file]);

const hex = () => randomBytes(16).toString('hex');

const listAll = async (api, what) => {
  const all = [];
  for (let url = `${api}/${what}`; url;) {
    const response = await fetch(url, { headers: { accept: 'application/json' } });
    assert.equal(response.status, 200);
    all.push(...await response.json());
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('link'));
    url = next ? new URL(next[1], api).href : null;
  }
  return all;
};

// Segments that a manifest names, by its own templates.
const segmentsOf = (manifest) => {
  const names = [];
  for (const [set] of manifest.matchAll(/<AdaptationSet[^]*?<\/AdaptationSet>/g)) {
    const template = (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(set)?.[1];
    const id = /<Representation[^>]*\bid="([^"]*)"/.exec(set)?.[1] ?? '';
    const fill = (text, number) => text
      .replace('$RepresentationID$', id)
      .replace(/\$Number(?:%0(\d+)d)?\$/,
        (_, width) => String(number).padStart(Number(width ?? 1), '0'));
    let number = Number(template('startNumber') ?? 1);
    names.push(fill(template('initialization'), number));
    for (const [, repeat] of set.matchAll(/<S\b[^>]*?(?:\br="(\d+)")?[^>]*>/g)) {
      for (let i = 0; i <= Number(repeat ?? 0); i++)
        names.push(fill(template('media'), number++));
    }
  }
  assert.ok(names.length > 4, 'the manifest names segments');
  return names;
};

// Under the address that the delivery listener has now.
const urlOf = (service, item) => item.url &&
  new URL(new URL(item.url).pathname, service.delivery).href;

// A manifest may be visible a moment before the list says Ready.
const checkPackage = async (service, item) => {
  const url = urlOf(service, item);
  const response = url ? await fetch(url) : null;
  const manifest = await response?.text();
  if (response?.status !== 200) {
    assert.notEqual(item.status, 'Ready', url);
    return;
  }
  for (const name of segmentsOf(manifest)) {
    const segment = await fetch(new URL(name, url), { method: 'HEAD' });
    assert.equal(segment.status, 200, `${name} of ${url}`);
    assert.ok(Number(segment.headers.get('content-length')) > 0, name);
  }
};

const checkService = async (service, dataDir) => {
  const inputs = await listAll(service.api, 'input_content');
  const files = await readdir(path.join(dataDir, 'inputs'));
  assert.equal(files.length, inputs.length, 'a file for each input');
  for (const item of await listAll(service.api, 'packaged_content'))
    await checkPackage(service, item);
  return inputs;
};

// What the killed service says no more is no failure.
const disturb = async (service, clip, inputs, keys, round) => {
  const ignore = () => {};
  upload(service.api, clip, `clip-${round}.mp4`).catch(ignore);
  for (const input of inputs.slice(-1)) {
    const request = { input_content_id: input.input_content_id, kid: hex(),
      key: hex() };
    keys.set(request.kid, request.key);
    requestPackage(service.api, request).catch(ignore);
  }
  await pause(randomInt(LATEST_KILL_MS));
  const children = await childrenOf(service.pid);
  await service.end('SIGKILL');
  await until(() => !children.some(isAlive), CHILDREN_MS, 'children end too');
};

const plays = async (service, item, key) => {
  const { stdout } = await exec('ffprobe', ['-v', 'error',
    '-cenc_decryption_key', key, '-select_streams', 'v', '-count_frames',
    '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0',
    urlOf(service, item)], { timeout: 120_000 });
  assert.equal(Number(/\d+/.exec(stdout)), 60 * 25);
};

test(`${KILLS} kills`, { timeout: 900_000 }, async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), 'haberdash-kill-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const clip = path.join(home, 'clip.mp4');
  const dataDir = path.join(home, 'data');
  const keys = new Map();
  await makeClip(clip);

  // What is Ready before the first kill has to stay so.
  let service = await startService(t, { dataDir });
  const first = await upload(service.api, clip, 'first.mp4');
  const request = { input_content_id: first.input_content_id, kid: hex(),
    key: hex() };
  const { packaged_content_id: survivor } =
    await requestPackage(service.api, request);
  const isReady = async () => (await getJson(
    `${service.api}/packaged_content/${survivor}`)).status === 'Ready';
  await until(isReady, FINISH_MS, 'the first package');
  await service.end('SIGTERM');

  for (let round = 0; round < KILLS; round++) {
    service = await startService(t, { dataDir });
    const inputs = await checkService(service, dataDir);
    assert.ok(await isReady());
    await disturb(service, clip, inputs, keys, round);
  }

  service = await startService(t, { dataDir });
  const packages = await until(async () => {
    const all = await listAll(service.api, 'packaged_content');
    const ended = (item) => ['Ready', 'Failed'].includes(item.status);
    return all.every(ended) && all;
  }, FINISH_MS, 'every package is Ready or Failed');
  await checkService(service, dataDir);

  t.diagnostic(`${packages.length} packages, ` +
    `${packages.filter((item) => item.status === 'Ready').length} ready`);
  for (const item of packages) {
    const one = await getJson(
      `${service.api}/packaged_content/${item.packaged_content_id}`);
    if (one.status === 'Failed')
      assert.ok(JSON.stringify(one).match(/reason|detail|error/), 'a reason');
  }
  const last = packages.filter((item) => item.status === 'Ready')
    .sort((a, b) => b.packaged_content_id - a.packaged_content_id)[0];
  const survived = packages.find(
    (item) => item.packaged_content_id === survivor);
  await plays(service, survived, request.key);
  const kid = Buffer.from(last.kid ?? request.kid, 'base64url').toString('hex');
  if (keys.has(kid))
    await plays(service, last, keys.get(kid));
});
