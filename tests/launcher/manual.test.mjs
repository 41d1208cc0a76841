// SPDX-License-Identifier: LGPL-2.1-or-later
// The manual page and the completions against what the program says of itself.

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
  [['verify', '--'], ['--help', '--json', '--key-file', '--quiet', '--sandbox']],
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

// --- the other shells ---

const env = { ...process.env, PATH: `${path.dirname(program)}:${process.env.PATH}` };
const completeFish = (line) => run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]',
  path.join(data, 'completion/haberdash.fish'), line], { cwd: folder, env })
  .split('\n').filter(Boolean).map((found) => found.split('\t')[0]).sort();
// What zsh's own _arguments is given; its compadd shows nothing without a
// terminal.
const completeZsh = (...words) => run('zsh', ['-f', '-c', `
  _arguments() { print -rl -- "$@" }; compadd() { print -rl -- "$@" }
  script=$1; shift; words=("$@") CURRENT=$#
  source $script`, 'zsh', path.join(data, 'completion/_haberdash'), program, ...words], { cwd: folder })
  .split('\n').filter((line) => line && line !== '-S' && line !== '--');
// Options of which bash knows the values.
const VALUES = [...readFileSync(path.join(data, 'completion/haberdash'), 'utf8')
  .matchAll(/^ +--([\w-]+)\) echo/gm)].map((match) => match[1]);
const withDashes = (names) => names.map((name) => `--${name}`);
const optionsOf = (command) => withDashes([...Object.keys(ofHelp(command)), 'help']).sort();
const without = (shell) => !hasTool(shell) && `${shell} is not installed`;

test('fish completes the same', { skip: without('fish') }, () => {
  assert.deepEqual(completeFish('haberdash '), complete(''));
  for (const command of commands)
    assert.deepEqual(completeFish(`haberdash ${command} --`), optionsOf(command));
  for (const option of withDashes(VALUES)) {
    const values = complete('package', option, '');
    assert.ok(values.length > 0, option);
    assert.deepEqual(completeFish(`haberdash package ${option} `), values);
    assert.deepEqual(completeFish(`haberdash package ${option}=`), values.map((value) => `${option}=${value}`));
  }
  assert.deepEqual(completeFish('haberdash gops mo'), ['movie.mp4']);
});

// The words that bash has, in the order in which it has them, or files.
const actionOf = (option) => {
  const words = VALUES.includes(option.slice(2)) && run('bash', ['--norc', '-c', 'source "$1"; _haberdash_words "$2"',
    'bash', path.join(data, 'completion/haberdash'), option]).trim();
  return words ? `(${words})` : '_files';
};

test('zsh completes the same', { skip: without('zsh') }, () => {
  assert.deepEqual(completeZsh('').sort(), complete(''));
  for (const command of commands) {
    const specs = completeZsh(command, '--').map((spec) => /^\*?(--[a-z-]+)(=?)\[.*?[^\\]\](.*)$/.exec(spec));
    const help = ofHelp(command);
    assert.equal(specs.pop(), null, 'files come last');
    assert.deepEqual(specs.map(([, option]) => option).sort(), withDashes([...Object.keys(help), 'help']).sort());
    for (const [spec, option, takes, action] of specs) {
      const argument = help[option.slice(2)] ?? '';
      assert.equal(takes, argument && '=', spec);
      if (argument)
        assert.equal(action.replaceAll('\\', ''), `:${argument}:${actionOf(option)}`, spec);
    }
  }
});
