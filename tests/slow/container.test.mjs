// SPDX-License-Identifier: LGPL-2.1-or-later
// The image of the Containerfile, built on a bare Debian 12 of what is
// committed, and what runs of it: a service that is nobody on the machine, with
// its secrets handed in.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { get, KEY, KID, makeClip, makeFolder, post, upload } from '../launcher/service.mjs';
import { makeSystem, run, whyNot } from '../support/fresh-system.mjs';

const top = fileURLToPath(new URL('../../', import.meta.url));
const USER = 10001;
const IMAGE = 'localhost/haberdash';
const TOKEN = 'a-token-of-enough-letters';
const bearer = { Authorization: `Bearer ${TOKEN}` };

// Storage of its own, which goes with the folder; no daemon, no namespaces.
const makeBuildah = (folder) => {
  const own = ['--root', `${folder}/storage`, '--runroot', `${folder}/runroot`, '--storage-driver', 'vfs'];
  const buildah = async (...args) => (await run('buildah', [...own, ...args])).stdout.trim();
  buildah.args = (...args) => [...own, ...args];
  return buildah;
};

const makeBase = async (buildah, folder) => {
  await makeSystem(`${folder}/base`);
  const container = await buildah('from', 'scratch');
  await buildah('add', '-q', container, `${folder}/base`, '/');
  await buildah('commit', '-q', container, 'localhost/base');
  await buildah('rm', container);
};

const build = async (buildah, folder) => {
  const tree = (await run(path.join(top, 'scripts/source-package'), [folder])).stdout.trim();
  await buildah('build', '--isolation', 'chroot', '--format', 'docker', '--build-arg', 'BASE=localhost/base',
    '-t', IMAGE, tree);
  return JSON.parse(await buildah('inspect', '--type', 'image', IMAGE)).Docker.config;
};

const makeSecrets = async (folder, secrets) => {
  await fs.mkdir(folder, { mode: 0o755 });
  for (const [name, bytes] of Object.entries(secrets)) {
    await fs.writeFile(path.join(folder, name), bytes, { mode: 0o400 });
    await fs.chown(path.join(folder, name), USER, USER);
  }
};

// Of all threads of a process.
const allChildrenOf = async (pid) => {
  const threads = await fs.readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) =>
    fs.readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')));
  return lists.join(' ').split(' ').filter(Boolean);
};

// The program itself, below the processes that set up its world.
const findProgram = async (pid) => {
  for (const child of await allChildrenOf(pid)) {
    const [name] = (await fs.readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const found = path.basename(name) === 'haberdash' ? Number(child) : await findProgram(child);
    if (found)
      return found;
  }
  return undefined;
};

const start = (t, buildah, container, folder, command) => {
  const child = spawn('buildah', buildah.args('run', '--isolation', 'chroot',
    '-v', `${folder}/secrets:/run/secrets:ro`, container, '--', ...command, '--port', '0', '--delivery-port', '0'), { stdio: ['ignore', 'pipe', 'pipe'] });
  const service = { log: '', out: '', pid: child.pid, gone: once(child, 'exit') };
  child.stderr.setEncoding('utf8').on('data', (text) => { service.log += text; });
  child.stdout.setEncoding('utf8').on('data', (text) => { service.out += text; });
  const end = async (signal) => {
    if (child.exitCode === null)
      process.kill(await findProgram(child.pid) ?? child.pid, signal);
    return (await service.gone)[0];
  };
  t.after(() => end('SIGKILL'));
  return Object.assign(service, { end, ready: async () => {
    await Promise.race([once(child.stdout, 'data'), service.gone]);
    const ready = /^ready api=(\S+)\/ delivery=(\S+)\/\n/.exec(service.out);
    assert.ok(ready, `not ready: ${service.out}${service.log}`);
    [service.api, service.delivery] = ready.slice(1).map((base) => base.replace('0.0.0.0', '127.0.0.1'));
  } });
};

test('container image', { skip: await whyNot(['buildah', 'debootstrap', 'unshare']) }, async (t) => {
  const folder = await makeFolder(t);
  const buildah = makeBuildah(folder);
  await makeBase(buildah, folder);
  const config = await build(buildah, folder);
  const container = await buildah('from', IMAGE);
  const command = [...config.Entrypoint, ...config.Cmd];
  // Others have to get to the volumes, of which buildah makes that of the data.
  await fs.chmod(folder, 0o711);

  await t.test('what it says of itself', () => {
    assert.equal(config.User, `${USER}:${USER}`);
    assert.deepEqual(Object.keys(config.ExposedPorts).sort(), ['5000/tcp', '8080/tcp']);
    assert.deepEqual(Object.keys(config.Volumes), ['/var/lib/haberdash']);
    assert.match(config.Healthcheck.Test.join(' '), /healthz/);
  });

  await t.test('without tokens it does not start', async (part) => {
    await makeSecrets(`${folder}/secrets`, {});
    const service = start(part, buildah, container, folder, command);
    const [code] = await service.gone;
    assert.equal(code, 64, service.log);
    assert.match(service.log, /haberdash-tokens/);
    await fs.rmdir(`${folder}/secrets`);
  });

  await t.test('uploads, packages, delivers', async (part) => {
    await makeSecrets(`${folder}/secrets`, { 'haberdash-tokens': `ann ${TOKEN}\n`,
      'haberdash-master-key': Buffer.alloc(32, 7) });
    const service = start(part, buildah, container, folder, command);
    await service.ready();
    const program = await findProgram(service.pid);
    assert.match(await fs.readFile(`/proc/${program}/status`, 'utf8'), new RegExp(`^Uid:\t${USER}\t`, 'm'));
    assert.equal((await get(service.api, '/input_content')).status, 401);
    const put = await upload(service, 'clip.mp4', await makeClip(), { headers: bearer });
    assert.equal(put.status, 201, put.text);
    const made = await post(service.api, '/packaged_content',
      { input_content_id: put.json.input_content_id, key: KEY, kid: KID }, { ...bearer, Prefer: 'wait=120' });
    assert.equal(made.json.status, 'Ready', made.text);
    assert.equal((await get(service.delivery, new URL(made.json.url).pathname)).status, 200);
    assert.equal((await get(service.api, '/videos/clip.mp4/group-of-pictures/1.mp4', bearer)).status, 200);
    assert.equal((await get(service.api, '/assets/shaka-player.js')).status, 200);
    const [kind, check] = config.Healthcheck.Test;
    assert.equal(kind, 'CMD-SHELL');
    await buildah('run', '--isolation', 'chroot', container, '--', 'sh', '-c',
      check.replaceAll('5000', new URL(service.api).port));
    assert.equal(await service.end('SIGTERM'), 0);
    assert.doesNotMatch(service.log, /level=(warning|critical|error)/);
    const { stdout } = await run('find', [`${folder}/storage`, '-name', 'catalog.sqlite', '-o', '-name', 'master.key']);
    assert.match(stdout, /^\S*\/buildah-volumes\/\w+\/catalog\.sqlite\n$/);
  });
});
