// SPDX-License-Identifier: LGPL-2.1-or-later
// The structure that docs/architecture.md draws, held against what files
// include: no circles, and each room uses those below it only.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));

const files = ['gst', 'launcher'].flatMap((folder) =>
  readdirSync(path.join(top, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => path.join(folder, name)));

// A part is its .c, its .h and, where it has one, its -private.h.
const partOf = (file) => file.replace(/(-private)?\.[ch]$/, '');

const headers = new Map(files.filter((file) => file.endsWith('.h'))
  .map((file) => [path.basename(file), file]));

const read = (file) => readFileSync(path.join(top, file), 'utf8');
const includesOf = (file) =>
  [...read(file).matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)]
    .map((match) => headers.get(path.basename(match[1])))
    .filter((header) => header !== undefined);

const uses = new Map(files.map((file) => [partOf(file), new Set()]));
for (const file of files)
  for (const header of includesOf(file))
    if (partOf(header) !== partOf(file))
      uses.get(partOf(file)).add(partOf(header));

// The first circle behind a part, as the parts on the way; null without one.
const findCircle = (part, way, done) => {
  if (way.includes(part))
    return [...way.slice(way.indexOf(part)), part];
  if (done.has(part))
    return null;
  for (const next of uses.get(part)) {
    const circle = findCircle(next, [...way, part], done);
    if (circle)
      return circle;
  }
  done.add(part);
  return null;
};

test('includes are found', () => {
  assert.ok(files.length > 200);
  assert.ok(uses.get('launcher/service').has('launcher/http/listener'));
});

test('header names are unique, as they are included without a folder', () =>
  assert.equal(headers.size,
    files.filter((file) => file.endsWith('.h')).length));

test('no circles', () => {
  const done = new Set();
  for (const part of uses.keys())
    assert.equal(findCircle(part, [], done)?.join(' → '), undefined);
});

// What holds the program together may use all of it.
const isWhole = (part) =>
  ['launcher', 'launcher/commands'].includes(path.dirname(part));

// A room and those it may use, as in docs/architecture.md.
const rooms = {
  'gst/codecs': [],
  'gst/text': [],
  'gst/gop': ['gst/codecs'],
  'gst/cenc': ['gst/codecs'],
  'gst/dash': ['gst/codecs', 'gst/cenc', 'gst/text'],
  'gst/catalog': ['gst/codecs'],
  'gst/file': [],
  'launcher/pipelines': ['gst/codecs', 'gst/gop', 'gst/catalog'],
  'launcher/verify': ['gst/codecs', 'gst/gop', 'gst/cenc',
    'launcher/pipelines'],
  'launcher/common': ['gst/codecs', 'gst/catalog', 'gst/cenc',
    'launcher/pipelines'],
  'launcher/json': ['gst/codecs', 'gst/catalog', 'launcher/pipelines',
    'launcher/common'],
  'launcher/storage': ['gst/codecs', 'gst/catalog', 'launcher/pipelines',
    'launcher/verify', 'launcher/common'],
  'launcher/jail': [],
  'launcher/jobs': ['gst/codecs', 'gst/catalog', 'launcher/pipelines',
    'launcher/common', 'launcher/json', 'launcher/storage'],
  'launcher/http': ['gst/codecs', 'gst/catalog', 'gst/cenc', 'gst/dash',
    'launcher/pipelines', 'launcher/common', 'launcher/json',
    'launcher/storage', 'launcher/jobs'],
};

for (const [room, below] of Object.entries(rooms)) {
  test(`${room} uses nothing above it`, () => {
    const parts = [...uses.keys()].filter((part) =>
      path.dirname(part) === room);
    assert.ok(parts.length > 0);
    for (const part of parts)
      for (const used of uses.get(part))
        if (path.dirname(used) !== room)
          assert.ok(below.includes(path.dirname(used)), `${part} uses ${used}`);
  });
}

test('every folder is a room', () =>
  assert.deepEqual([...new Set([...uses.keys()].filter((part) => !isWhole(part))
    .map(path.dirname))].sort(), Object.keys(rooms).sort()));
