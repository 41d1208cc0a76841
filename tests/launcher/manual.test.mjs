// SPDX-License-Identifier: LGPL-2.1-or-later
// The manual page and the completion against what the program says of itself.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = process.env.HABERDASH;
const data = fileURLToPath(new URL('../../data', import.meta.url));
const page = path.join(data, 'man/haberdash.1');
const text = readFileSync(page, 'utf8');
const commands = ['package', 'verify', 'gops', 'slice', 'serve', 'check', 'backup',
  'restore'];

const run = (file, args, options = {}) => execFileSync(file, args,
  { encoding: 'utf8', timeout: 30_000, ...options });
const hasTool = (name) => {
  try {
    return run('which', [name]) !== '';
  } catch {
    return false;
  }
};

// As { option: argument or '' }.
const ofHelp = (command) => Object.fromEntries(
  [...run(program, [command, '--help'])
    .matchAll(/^  (?:-\w, )?--([\w-]+)(?:=(\S+))? /gm)]
    .filter(([, name]) => name !== 'help')
    .map(([, name, argument]) => [name, argument ?? '']));
const sectionOf = (command) =>
  new RegExp(`^\\.Ss ${command}\n([\\s\\S]*?)^\\.S[sh] `, 'm').exec(text)[1];
const ofPage = (command) => Object.fromEntries(
  [...sectionOf(command)
    .matchAll(/^\.It (?:Fl \w , )?Fl -([\w-]+)(?: Ns = Ns Ar (\S+))?$/gm)]
    .map(([, name, argument]) => [name, argument ?? '']));

for (const command of commands) {
  test(`${command}: the page has the options that --help has`, () =>
    assert.deepEqual(ofPage(command), ofHelp(command)));
}

test('the page has every command and every exit status', () => {
  const help = run(program, ['--help']);
  const listed = [...help.matchAll(/^  ([a-z]+) \S/gm)].map((match) => match[1])
    .filter((word) => word !== 'haberdash');
  assert.deepEqual([...new Set(listed)].sort(), [...commands].sort());
  const status = text.slice(text.indexOf('.Sh EXIT STATUS'));
  for (const [, number] of help.matchAll(/^  (\d+) /gm))
    assert.ok(status.includes(`.It ${number}\n`), number);
});

test('the page is right by mandoc', { skip: !hasTool('mandoc') &&
  'mandoc is not installed' }, () => run('mandoc',
  ['-T', 'lint', '-W', 'warning,stop', page], { stdio: 'pipe' }));

// --- completion ---

const folder = mkdtempSync(path.join(tmpdir(), 'haberdash-manual-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(path.join(folder, 'movie.mp4'), '');

const complete = (...words) => run('bash', ['--norc', '-c', `
  source "$1"; shift
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
  _haberdash
  printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash',
path.join(data, 'completion/haberdash'), program, ...words], { cwd: folder })
  .split('\n').filter(Boolean).sort();

for (const [words, expected] of [
  [[''], [...commands, '--help', '--version'].sort()],
  [['s'], ['serve', 'slice']],
  [['package', 'movie.mp4', '--hls'],
    ['--hls', '--hls-key-format', '--hls-key-url']],
  [['verify', '--'], ['--help', '--json', '--key-file', '--quiet']],
  [['package', '--encrypt', ''], ['all', 'none', 'video']],
  [['package', '--encrypt', '=', 'n'], ['none']],
  [['package', '--encrypt', '='], ['all', 'none', 'video']],
  [['gops', 'mo'], ['movie.mp4']],
]) {
  test(`completion of haberdash ${words.join(' ')}`, () =>
    assert.deepEqual(complete(...words), expected));
}

test('every option is completed', () => {
  for (const command of commands)
    assert.deepEqual(complete(command, '--').filter((word) => word !== '--help'),
      Object.keys(ofHelp(command)).map((name) => `--${name}`).sort());
});
