// SPDX-License-Identifier: LGPL-2.1-or-later
// The service is killed at moments of chance (KILLS of them) while fifty packages
// wait, uploads of every kind come in, GOPs are cut and filtered. What it had
// answered is true after the next start, and nothing is half there.

import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { childrenOf, exec, get, haberdash, isAlive, packageEnd, startService, upload } from '../launcher/service.mjs';
import { requestPackage, until } from './client.mjs';
import { Load, listAll } from './kill-load.mjs';

const KILLS = Number(process.env.KILLS ?? 30);
// An upload, a cut and a package take about this long; every third kill may be
// later, when some of them are done.
const LATEST_KILL_MS = 1500;
const LATE = 4;
const CHILDREN_MS = 10_000;
const FINISH_MS = 300_000;
// Packages of earlier rounds that each round looks at again.
const AGAIN = 5;
const SECONDS = 20;
const FINAL = ['Ready', 'Failed', 'Cancelled'];

const makeClip = (file) => exec('ffmpeg', ['-nostdin', '-v', 'error', '-y',
  '-f', 'lavfi', '-i', 'testsrc2=size=480x270:rate=25',
  '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', `${SECONDS}`,
  '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-b:v', '4M',
  '-minrate', '4M', '-maxrate', '4M', '-bufsize', '4M',
  '-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', file]);

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

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

// A file is there a moment before its input, where the service goes on with an
// upload that the one before had not read yet.
const checkInputs = async (service, load) => {
  const inputs = await until(async () => {
    const all = await listAll(service.api, 'input_content');
    const files = await readdir(path.join(service.dataDir, 'inputs'));
    return files.length === all.length && all;
  }, CHILDREN_MS, 'a file for each input');
  const known = new Map(inputs.map((item) => [item.input_content_id, item]));
  for (const [id, sha256] of load.inputs)
    assert.equal(known.get(id)?.sha256, sha256, `input ${id}`);
};

// checked: ids of packages whose segments were looked at before.
const checkPackages = async (service, load, checked) => {
  const items = new Map((await listAll(service.api, 'packaged_content'))
    .map((item) => [item.packaged_content_id, item]));
  for (const id of load.packages.keys())
    assert.ok(items.has(id), `package ${id} is known`);
  for (const id of load.ready)
    assert.equal(items.get(id).status, 'Ready', `package ${id}`);
  for (const id of load.cancelled)
    assert.equal(items.get(id).status, 'Cancelled', `package ${id}`);
  const old = [...checked].sort(() => randomInt(3) - 1).slice(0, AGAIN);
  for (const item of items.values()) {
    const id = item.packaged_content_id;
    if (!checked.has(id) || old.includes(id))
      await checkPackage(service, item);
    if (FINAL.includes(item.status))
      checked.add(id);
  }
  return [...items.values()];
};

const killOne = async (service, load, round) => {
  const ended = load.start(service, round);
  await pause(randomInt(LATEST_KILL_MS * (round % 3 === 2 ? LATE : 1)));
  const children = await childrenOf(service.pid);
  await service.end('SIGKILL');
  await until(() => !children.some(isAlive), CHILDREN_MS, 'children end too');
  await ended;
  if (load.wrong)
    throw load.wrong;
};

const plays = async (service, item, key) => {
  const { stdout } = await exec('ffprobe', ['-v', 'error',
    '-cenc_decryption_key', key, '-select_streams', 'v:0', '-count_frames',
    '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0',
    urlOf(service, item)], { timeout: 120_000 });
  assert.equal(Number(/\d+/.exec(stdout)), SECONDS * 25);
};

// A service that has one input and one Ready package before the first kill.
const begin = async (t, home) => {
  const dataDir = path.join(home, 'data');
  const file = path.join(home, 'clip.mp4');
  await makeClip(file);
  const clip = await readFile(file);
  const service = await startService(t, { dataDir });
  const first = await upload(service, 'first.mp4', clip);
  assert.equal(first.status, 201, first.text);
  const load = new Load(clip, 'first.mp4', SECONDS / 2);
  load.inputs.set(first.json.input_content_id, first.json.sha256);
  const request = { input_content_id: first.json.input_content_id,
    kid: '11'.repeat(16), key: '22'.repeat(16) };
  const { packaged_content_id: id } = await requestPackage(service.api, request);
  assert.equal((await packageEnd(service, id)).status, 'Ready');
  load.packages.set(id, request.key);
  load.ready.add(id);
  await service.end();
  return { dataDir, load };
};

test(`${KILLS} kills`, { timeout: 120_000 + FINISH_MS + KILLS * 20_000 }, async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), 'haberdash-kill-'));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  const { dataDir, load } = await begin(t, home);
  const checked = new Set();

  for (let round = 0; round < KILLS; round++) {
    const service = await startService(t, { dataDir });
    await checkInputs(service, load);
    await checkPackages(service, load, checked);
    await killOne(service, load, round);
  }

  const service = await startService(t, { dataDir });
  await until(async () => (await listAll(service.api, 'packaged_content'))
    .every((item) => FINAL.includes(item.status)), FINISH_MS, 'every package ends');
  await checkInputs(service, load);
  const packages = await checkPackages(service, load, new Set());
  const count = (status) => packages.filter((item) => item.status === status).length;
  t.diagnostic(`${load.inputs.size} uploads and ${load.packages.size} packages were accepted, ` +
    `${load.cuts.size} cuts; ${count('Ready')} packages are ready, ${count('Failed')} failed, ` +
    `${count('Cancelled')} cancelled`);
  for (const item of packages.filter(({ status }) => status === 'Failed')) {
    t.diagnostic(`${item.packaged_content_id}: ${item.reason}`);
    assert.ok(item.reason?.length > 0, 'a reason');
  }
  const ready = packages.filter(({ status, packaged_content_id: id }) =>
    status === 'Ready' && load.packages.has(id));
  for (const item of [ready[0], ready.at(-1)])
    await plays(service, item, load.packages.get(item.packaged_content_id));
  for (const [target, hash] of load.cuts)
    assert.equal(sha256((await get(service.api, target)).body), hash, target);
  await service.end();

  // Reads all: the hashes of inputs, every sample of every package.
  const { stdout } = await haberdash('check', '--deep', '--data-dir', dataDir);
  assert.equal(stdout, '');
  for (const folder of ['incoming', 'work'])
    assert.deepEqual(await readdir(path.join(dataDir, folder)), [], folder);
});
