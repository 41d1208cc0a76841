// SPDX-License-Identifier: LGPL-2.1-or-later
// What a child can do once a hostile file has taken it over: a plug-in of the
// test's own does in its place what such a file would have it do.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { takesMemory } from '../support/sanitizer.mjs';
import { useHostile } from './hostile.mjs';
import {
  KEY, KID, addInput, exec, forkServersOf, get, haberdash, makeClip, makeFolder, packageEnd, post, startService,
  until, upload,
} from './service.mjs';

const hostile = useHostile();

const start = async (t, args = []) => {
  const service = await startService(t, { args, env: hostile.env });
  service.input = await addInput(service);
  return service;
};

// The package whose child does these acts.
const packageWith = async (service, ...acts) => {
  await hostile.tell(...acts);
  const answer = await post(service.api, '/packaged_content',
    { input_content_id: service.input, key: KEY, kid: KID });
  assert.equal(answer.status, 202, answer.text);
  return packageEnd(service, answer.json.packaged_content_id);
};

// [act, result] of each.
const resultsOf = (service) =>
  [...service.log.matchAll(/^hostile: (.*): (.*)$/gm)].map((match) => match.slice(1));

const isWell = async (service) => {
  const health = await get(service.api, '/healthz');
  assert.equal(health.status, 200, health.text);
};

const filesOf = async (service) => {
  const names = await fs.readdir(service.dataDir, { recursive: true });
  return names.map((name) => path.join(service.dataDir, name)).sort();
};

// What there is to have in a service with two inputs.
const makeActs = async (t, service) => {
  const folder = await makeFolder(t);
  const token = path.join(folder, 'tokens');
  await fs.writeFile(token, 'secret');
  await addInput(service, 'other.mp4');
  const files = (await filesOf(service)).filter((file) => /catalog\.sqlite$|master|inputs\/./.test(file));
  assert.ok(files.some((file) => file.endsWith('catalog.sqlite')), files.join('\n'));
  assert.ok(files.some((file) => file.includes('master')), files.join('\n'));
  return [
    // the one that is worked on may be read, the other not
    ...files.filter((file) => !file.includes('inputs/')).map((file) => `read ${file}`),
    `read ${token}`, 'read /etc/passwd', `read /proc/${service.pid}/environ`,
    `list ${service.dataDir}`, 'list /', `list ${path.join(service.dataDir, 'inputs')}`,
    `write ${path.join(folder, 'new')}`, `write ${token}`,
    `write ${path.join(service.dataDir, 'catalog.sqlite')}`,
    `chmod ${token}`, 'socket', 'local-socket', 'fork', 'signal', 'limit', 'outlive',
    `remove ${token}`,
  ];
};

test('a child has its own files, no network and no other process', async (t) => {
  const service = await start(t, ['--sandbox=require']);
  const acts = await makeActs(t, service);
  const item = await packageWith(service, ...acts);
  assert.equal(item.status, 'Ready', item.reason);
  const results = resultsOf(service);
  assert.deepEqual(results.map(([act]) => act), acts, service.log);
  for (const [act, result] of results)
    assert.match(result, /^(Permission denied|Operation not permitted)$/, act);
  assert.match(service.log, /own files only/);
  await isWell(service);
});

// Of a file without a table of samples, which the child that lists its GOPs demuxes.
test('a child that is forked is confined as others are', async (t) => {
  const service = await start(t, ['--sandbox=require', '--log-level=debug']);
  await until(() => service.log.includes('children can be forked'), 'there is a fork server');
  const acts = await makeActs(t, service);
  const environment = `read /proc/${(await forkServersOf(service.pid))[0]}/environ`;
  await hostile.tell(...acts, environment);
  const folder = await makeFolder(t);
  await fs.writeFile(path.join(folder, 'clip.mp4'), await makeClip());
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', path.join(folder, 'clip.mp4'), '-c', 'copy',
    '-movflags', 'frag_keyframe+empty_moov', path.join(folder, 'fragments.mp4')]);
  const answer = await upload(service, 'fragments.mp4', await fs.readFile(path.join(folder, 'fragments.mp4')));
  assert.equal(answer.status, 201, answer.text);
  const results = resultsOf(service);
  assert.deepEqual(results.map(([act]) => act), [...acts, environment], service.log);
  for (const [act, result] of results)
    assert.match(result, /^(Permission denied|Operation not permitted)$/, act);
  assert.match(service.log.split('message="child begins"').at(-1), /^ worker=\d+ forked=yes/);
});

// That the acts are possible at all: what forbids them is the sandbox.
test('without a sandbox it has all that the service has', async (t) => {
  const service = await start(t, ['--sandbox=off']);
  const acts = await makeActs(t, service);
  await packageWith(service, ...acts);
  const results = resultsOf(service);
  assert.deepEqual(results.map(([act]) => act), acts, service.log);
  const failed = results.filter(([, result]) => result !== 'done').map(([act]) => act);
  assert.deepEqual(failed.filter((act) => !act.startsWith('read /proc/')), [], service.log);
});

// Not even where a child had it that came from the same process.
for (const args of [[], ['--no-fork-server']]) {
  test(`what another child has cannot be opened, its own can ${args}`, async (t) => {
    const service = await start(t, ['--log-level=debug', ...args]);
    if (args.length === 0)
      await until(() => service.log.includes('children can be forked'), 'there is a fork server');
    // Other bytes: the same ones would be kept once.
    const other = await upload(service, 'other.mp4',
      Buffer.concat([await makeClip(), Buffer.from('\0\0\0\x08free')]));
    assert.equal(other.status, 201, other.text);
    await packageWith(service, 'socket');
    const files = await filesOf(service);
    const inputs = files.filter((file) => /\/inputs\/./.test(file));
    const [manifest] = files.filter((file) => /\/packages\/.*\.mpd$/.test(file));
    await packageWith(service, ...inputs.map((file) => `read ${file}`), `write ${manifest}`, `write ${manifest}.new`);
    const results = resultsOf(service).map(([, result]) => result).slice(1).sort();
    assert.deepEqual(results, ['Permission denied', 'Permission denied', 'Permission denied', 'done'], service.log);
  });
}

for (const act of ['trace', 'run'])
  test(`what no media work does ends it: ${act}`, async (t) => {
    const service = await start(t);
    const item = await packageWith(service, act);
    assert.equal(item.status, 'Failed');
    assert.match(item.reason, /sandbox/);
    assert.equal(item.attempts, 1);
    await isWell(service);
  });

for (const act of ['many', 'huge', 'abort'])
  test(`memory without end: ${act}`, { skip: takesMemory }, async (t) => {
    const service = await start(t, ['--child-memory', String(256 << 20)]);
    const item = await packageWith(service, act);
    assert.equal(item.status, 'Failed');
    assert.match(item.reason, /more memory than media work may use/);
    assert.equal(item.attempts, 1);
    await isWell(service);
    // GLib's last words are an error that is meant.
    service.log = service.log.replaceAll(/^.*failed to allocate.*$/gm, '');
  });

// What is asked for fails, the child goes on and makes the package.
for (const [act, result] of [['large', 'File too large'], ['descriptors', 'Too many open files']])
  test(`more than a child may have: ${act}`, async (t) => {
    const service = await start(t);
    const item = await packageWith(service, act);
    assert.deepEqual(resultsOf(service), [[act, result]], service.log);
    assert.equal(item.status, 'Ready', item.reason);
    await isWell(service);
  });

test('a loop without end', async (t) => {
  const service = await start(t, ['--child-cpu-time', '1']);
  const item = await packageWith(service, 'spin');
  assert.equal(item.status, 'Failed');
  assert.match(item.reason, /more processor time/);
  assert.equal(item.attempts, 1);
  await isWell(service);
});

test('values that mean nothing', async (t) => {
  const dataDir = await makeFolder(t);
  for (const option of ['--sandbox=on', '--child-memory=1000', '--child-memory=-1',
    '--child-cpu-time=-1', '--child-cpu-time=86401'])
    await assert.rejects(haberdash('serve', '--data-dir', dataDir, option),
      ({ code, stderr }) => code === 64 && stderr.includes(option.split('=')[0]), option);
});
