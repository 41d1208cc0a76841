// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs other programs. Nothing here runs without a limit of time.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

import { assertNoReport, patience, programEnv } from
  '../../support/sanitizer.mjs';

const LIMIT_MS = 120_000;

// How a program ended, whatever the status is, and what it wrote.
const finish = (program, args,
  { limit = LIMIT_MS, input = '', env = process.env } = {}) =>
  new Promise((resolve) => {
    const child = execFile(program, args, {
      timeout: limit * patience,
      killSignal: 'SIGKILL',
      maxBuffer: 256 << 20,
      env: programEnv(env),
      encoding: 'utf8',
    }, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
    child.stdin.on('error', () => {}); // it may end before it reads anything
    child.stdin.end(input);
  }).then((end) => {
    assertNoReport(end.stderr, end.stdout);
    return end;
  });

// The output of a program; an error has its log in the message.
export const run = async (program, args, options = {}) => {
  const { error, stdout, stderr } = await finish(program, args, options);
  if (!error)
    return stdout;
  const why = error.killed ? `no end after ${options.limit ?? LIMIT_MS} ms` :
    `status ${error.code ?? error.signal}`;
  throw new Error(`${program} ${args.join(' ')}: ${why}\n` +
    `${stderr.slice(-4000)}\n${stdout.slice(-2000)}`);
};

// The status, and what it said.
export const call = async (program, args, options) => {
  const { error, stdout, stderr } = await finish(program, args, options);
  return { status: error ? error.code ?? error.signal : 0, stdout, stderr };
};

// A launch line as one would type it, split at the blanks.
export const gstLaunch = (line, options) =>
  run('gst-launch-1.0', line.trim().split(/\s+/), options);

export const ffmpeg = (...args) =>
  run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args]);

const require = createRequire(import.meta.url);

// The program itself, not npm's starter, which would outlive a time limit.
const shakaBinary = path.join(
  path.dirname(require.resolve('shaka-packager/package.json')), 'bin',
  `packager-linux-${process.arch}`);

export const shaka = (...args) => run(shakaBinary, ['--quiet', ...args]);

// A folder of its own for a test file, gone when it ends.
export const makeFolder = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'haberdash-interop-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const KEY = {
  kid: 'a16e402b9056e371f36d348aa62bb749',
  key: '87237d20a19f58a740c05684e699b4aa',
  wrong: '00112233445566778899aabbccddeeff',
};

// A key file in a folder, as cbcsenc and cbcsdec read it.
export const writeKey = async (folder, key) => {
  const file = path.join(folder, `${key.slice(0, 8)}.hex`);
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return file;
};
