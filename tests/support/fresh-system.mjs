// SPDX-License-Identifier: LGPL-2.1-or-later
// A Debian 12 that has nothing else, as a folder, for tests of what is installed.
//
// HABERDASH_FRESH_BASE may name a debootstrapped one (minbase, with
// ca-certificates) that is copied instead of made.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const run = (program, args, options = {}) => promisify(execFile)(program, args,
  { maxBuffer: 1 << 26, ...options });

// Why a test that needs root and these programs cannot be run, or false.
export const whyNot = async (programs) => {
  if (process.getuid() !== 0)
    return 'needs root';
  for (const program of programs)
    if (!await run('sh', ['-c', `command -v ${program}`]).then(() => true, () => false))
      return `needs ${program}`;
  return false;
};

// Arguments of unshare: a program in the system, in mounts of its own that end
// with it.
export const MOUNTS = 'mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev"';
export const inside = (root, args, mounts = MOUNTS) => ['--mount', 'sh', '-ec',
  `${mounts}\nexec chroot "$ROOT" "$@"`, 'sh', ...args];
export const environment = (root) => ({
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive',
  ROOT: root,
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name))) });

// What this machine needs to reach a package archive, the new one needs too.
const COPIED = ['/etc/resolv.conf', '/etc/hosts', '/etc/apt/apt.conf.d', '/etc/apt/auth.conf.d',
  '/usr/local/share/ca-certificates'];

export const makeSystem = async (root) => {
  const base = process.env.HABERDASH_FRESH_BASE;
  if (base)
    await run('cp', ['-a', base, root]);
  else
    await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root]);
  for (const from of COPIED)
    await run('cp', ['-r', '-T', from, root + from]).catch(() => {});
  await run('unshare', inside(root, ['update-ca-certificates']), { env: environment(root) });
};
