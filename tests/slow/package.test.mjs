// SPDX-License-Identifier: LGPL-2.1-or-later
// The Debian packages: built of the source package alone, judged by lintian,
// installed on a Debian 12 that has nothing else, and run as the unit says, by a
// user without rights on a file system that cannot be written to.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { addInput, get, KEY, KID, makeFolder, packageEnd, post } from '../launcher/service.mjs';
import { environment, inside, makeSystem, MOUNTS, run, whyNot } from '../support/fresh-system.mjs';

const top = fileURLToPath(new URL('../../', import.meta.url));
const USER = 4711;
const needed = ['debootstrap', 'dpkg-buildpackage', 'dh', 'lintian', 'unshare'];

const build = async (folder) => {
  const tree = (await run(path.join(top, 'scripts/source-package'), [folder])).stdout.trim();
  await run('dpkg-buildpackage', ['-us', '-uc', '-j2'], { cwd: tree });
  const names = await fs.readdir(folder);
  return { changes: path.join(folder, names.find((name) => name.endsWith('.changes'))),
    packages: names.filter((name) => name.endsWith('.deb') && !name.includes('dbgsym')) };
};

const install = async (root, folder, packages) => {
  for (const name of packages)
    await fs.copyFile(path.join(folder, name), path.join(root, 'tmp', name));
  for (const args of [['update'], ['install', '-y', '--no-install-recommends',
    ...packages.map((name) => `/tmp/${name}`)]])
    await run('unshare', inside(root, ['apt-get', '-q', ...args]), { env: environment(root) });
};

const readUnit = async (root) => {
  const text = await fs.readFile(path.join(root, 'lib/systemd/system/haberdash.service'), 'utf8');
  const values = (key) => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) =>
    value.replaceAll('%S', '/var/lib').replaceAll('%C', '/var/cache'));
  return { command: values('ExecStart')[0], environment: values('Environment'), values };
};

// ProtectSystem=strict, StateDirectory=, CacheDirectory=, PrivateTmp=
const STRICT = `mount --bind "$ROOT" "$ROOT"
for folder in var/lib/haberdash var/cache/haberdash; do
  mount --bind "$ROOT/$folder" "$ROOT/$folder"
done
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
${MOUNTS}
mount -o remount,bind,ro "$ROOT"`;

// MemoryDenyWriteExecute=: PR_SET_MDWE; a kernel before 6.3 has none.
const DENY_EXEC = 'syscall (157, 65, 1, 0, 0, 0); exec @ARGV';

const start = async (t, root) => {
  const unit = await readUnit(root);
  for (const folder of ['var/lib/haberdash', 'var/cache/haberdash']) {
    await fs.mkdir(path.join(root, folder), { mode: 0o700 });
    await fs.chown(path.join(root, folder), USER, USER);
  }
  const words = unit.command.replace('$HABERDASH_OPTIONS', '--port 0 --delivery-port 0').split(' ');
  const child = spawn('unshare', inside(root, ['setpriv', `--reuid=${USER}`, `--regid=${USER}`,
    '--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all',
    'env', '-i', 'HOME=/', 'PATH=/usr/bin:/bin', ...unit.environment, 'perl', '-e', DENY_EXEC, ...words],
  STRICT), { env: environment(root), stdio: ['ignore', 'pipe', 'pipe'] });
  const service = { log: '', out: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => { service.log += text; });
  child.stdout.setEncoding('utf8').on('data', (text) => { service.out += text; });
  const gone = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  service.end = async () => { child.kill('SIGTERM'); return (await gone)[0]; };
  await Promise.race([once(child.stdout, 'data'), gone]);
  const ready = /^ready api=(\S+)\/ delivery=(\S+)\/\n/.exec(service.out);
  assert.ok(ready, `not ready: ${service.out}${service.log}`);
  [, service.api, service.delivery] = ready;
  return service;
};

test('Debian packages', { skip: await whyNot(needed) }, async (t) => {
  const folder = await makeFolder(t);
  const root = path.join(folder, 'root');
  const { changes, packages } = await build(folder);
  assert.deepEqual(packages.map((name) => name.split('_')[0]).sort(),
    ['gstreamer1.0-haberdash', 'haberdash']);

  await t.test('lintian', async () => {
    const { stdout } = await run('lintian', ['--allow-root', '--fail-on', 'error', changes])
      .catch((error) => error);
    assert.doesNotMatch(stdout, /^E:/m);
  });

  await makeSystem(root);
  await install(root, folder, packages);

  const noAnalyze = await whyNot(['systemd-analyze']);
  await t.test('the units', { skip: noAnalyze }, async () => {
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', `--root=${root}`,
      ...['.service', '-api.socket', '-delivery.socket'].map((name) => `haberdash${name}`)])
      .catch((error) => error);
    assert.doesNotMatch(stderr, /haberdash/);
  });

  await t.test('the service, as its unit runs it', async (part) => {
    const service = await start(part, root);
    const input = await addInput(service);
    const asked = await post(service.api, '/packaged_content',
      { input_content_id: input, key: KEY, kid: KID, hls: true });
    assert.equal(asked.status, 202, asked.text);
    const item = await packageEnd(service, asked.json.packaged_content_id);
    assert.equal(item.status, 'Ready', `${item.reason} ${service.log}`);
    assert.equal((await get(service.delivery, new URL(item.url).pathname)).status, 200);
    assert.equal((await get(service.api, '/videos/clip.mp4/group-of-pictures/1.mp4')).status, 200);
    assert.equal((await get(service.api, '/assets/shaka-player.js')).status, 200);
    assert.equal(await service.end(), 0);
    assert.doesNotMatch(service.log, /level=(warning|critical|error)/);
    await fs.stat(path.join(root, 'var/cache/haberdash/registry.bin'));
  });

  await t.test('nothing stays when it is removed', async () => {
    await run('unshare', inside(root, ['apt-get', '-q', '-y', 'purge', 'haberdash',
      'gstreamer1.0-haberdash']), { env: environment(root) });
    const { stdout } = await run('find', [path.join(root, 'usr'), path.join(root, 'etc'),
      path.join(root, 'lib'), '-iname', '*haberdash*']);
    assert.equal(stdout, '');
  });
});
