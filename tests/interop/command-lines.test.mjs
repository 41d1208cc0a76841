// SPDX-License-Identifier: LGPL-2.1-or-later
// Every command line of the documentation, run as it stands there. A block
// that needs more than films and a key says so behind its "sh".

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { patience } from '../support/sanitizer.mjs';
import { ffmpeg, KEY, makeFolder, run } from './support/run.mjs';

const NEEDS = {
  screen: 'it needs a screen',
  service: 'it needs a service; the suite launcher makes these requests',
  source: 'it builds the source',
};

const top = fileURLToPath(new URL('../..', import.meta.url));
const folder = await makeFolder();

// --- reading ---

// The blocks of a page: { line, need, commands }.
const readBlocks = (text) => {
  const blocks = [];
  let block = null;
  for (const [i, line] of text.split('\n').entries()) {
    const fence = /^```(\w*) *(.*)$/.exec(line);
    if (fence && block) {
      block = null;
    } else if (fence) {
      block = { line: i + 1, language: fence[1], need: fence[2], text: '' };
      blocks.push(block);
    } else if (block) {
      block.text += `${line}\n`;
    }
  }
  return blocks.filter(({ language }) => language === 'sh');
};

// A command a line, those that end in a backslash joined with the next.
const commandsOf = (block) => block.text.replaceAll(/\\\n\s*/g, '')
  .split('\n').filter((line) => line.trim() !== '');

// --- running ---

// Path → what changes when a file is written.
const listFiles = (root) => {
  const found = new Map();
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const file = path.join(root, entry.name);
    if (entry.isDirectory()) {
      for (const [name, state] of listFiles(file))
        found.set(name, state);
    } else {
      const { ino, size, mtimeNs } = statSync(file, { bigint: true });
      found.set(file, `${ino} ${size} ${mtimeNs}`);
    }
  }
  return found;
};

// What a command names that it writes.
const outputsOf = (command) => [
  ...command.matchAll(/(?:filesink|cencdashsink)(?: [\w-]+=\S+)* location=(\S+)/g),
  ...command.matchAll(/ >(\S+)/g),
  ...command.matchAll(/^haberdash slice \S+ \d+ (\S+)/g),
  ...command.matchAll(/^haberdash package \S+ (\S+)/g),
].map((match) => match[1]);

// ffprobe takes segments by their ending, unless it is told not to.
const assertPlayable = async (file) => {
  const options = file.endsWith('.mp4') ? [] : ['-allowed_extensions', 'ALL'];
  const { streams } = JSON.parse(await run('ffprobe', ['-v', 'error', ...options,
    '-show_entries', 'stream=codec_name', '-of', 'json', file]));
  assert.ok(streams.length > 0, `${file}: no streams`);
};

const runCommand = async (command, cwd) => {
  const before = listFiles(cwd);
  const text = await run('timeout', ['-k', '5', String(60 * patience), 'bash', '-o', 'pipefail',
    '-c', 'cd "$0" && eval "$1"', cwd, command]);
  const outputs = outputsOf(command);
  const written = [...listFiles(cwd)]
    .filter(([file, state]) => before.get(file) !== state)
    .map(([file]) => file);

  if (outputs.length === 0)
    assert.notEqual(text, '', 'it neither writes nor prints anything');
  for (const output of outputs)
    assert.ok(written.some((file) => (file + path.sep).startsWith(
      path.join(cwd, output) + path.sep)), `${output} was not written`);
  for (const file of written) {
    assert.ok(statSync(file).size > 0, `${file} is empty`);
    if (/\.(mp4|mpd|m3u8)$/.test(file) && path.basename(file) !== 'init.mp4')
      await assertPlayable(file);
  }
};

// --- the tests ---

const movie = path.join(folder, 'movie.mp4');
await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi',
  '-i', 'sine=frequency=440:sample_rate=48000', '-t', '8', '-c:v', 'libx264',
  '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1',
  '-x264-params', 'keyint=25:bframes=2', '-c:a', 'aac', '-ac', '2', movie);

for (const page of ['README.md', 'docs/elements.md', 'docs/operations.md',
  'docs/ladder.md', 'docs/serving.md']) {
  const text = readFileSync(path.join(top, page), 'utf8');
  const cwd = path.join(folder, page.replaceAll('/', '-'));
  await mkdir(cwd);
  await writeFile(path.join(cwd, 'key.hex'), `${KEY.key}\n`);
  await run('cp', [movie, cwd]);
  await writeFile(path.join(cwd, 'movie.srt'),
    '1\n00:00:01,000 --> 00:00:03,000\nA <i>line</i>.\n');

  test(`${page}: commands stand in fenced blocks`, () => {
    const lines = text.match(/^(    |\t)\s*(gst-|haberdash |cat |curl ).*/gm);
    assert.deepEqual(lines ?? [], []);
  });

  for (const block of readBlocks(text)) {
    const where = `${page}, line ${block.line}`;
    if (block.need) {
      test(`${where}: ${block.need}`, { skip: NEEDS[block.need] }, () =>
        assert.fail('nobody knows what that block needs'));
      continue;
    }
    for (const command of commandsOf(block))
      test(`${where}: ${command.slice(0, 60)}`, () => runCommand(command, cwd));
  }
}
