// SPDX-License-Identifier: LGPL-2.1-or-later
// What several pages list, against what the program says: filters, containers,
// codecs, and what the README calls missing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { VIDEOS, codecName } from '../../data/assets/format.js';
import { get, startService } from './service.mjs';

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
const missing = /^## Not done yet\n([^]*?)^## /m.exec(readme)[1];

test('each filter is on every page that lists them', async (t) => {
  const { json } = await get((await startService(t)).api, '/filters');
  assert.ok(json.length > 0);
  const api = read('docs/rest-api.md');
  const manual = read('data/man/haberdash.1');
  for (const { name } of json) {
    assert.ok(api.includes(`\n| \`${name}\` | `), `docs/rest-api.md has no row for ${name}`);
    assert.match(manual, new RegExp(`^\\.Ql ${name}=`, 'm'), `the manual page has no ${name}`);
    assert.doesNotMatch(missing, new RegExp(`[?&\`]${name}[=\`]`), `${name} is done`);
  }
  const listed = api.slice(api.indexOf('\n## Filters\n'), api.indexOf('\n## Status codes\n'))
    .matchAll(/^\| `(\w+)` \|/gm);
  assert.deepEqual([...listed].map(([, name]) => name), json.map(({ name }) => name));
});

// Such an option may well have something missing, but it has to be there.
test('what the README calls missing speaks of options that there are', () => {
  const help = (command) => execFileSync(process.env.HABERDASH, [command, '--help'],
    { encoding: 'utf8', timeout: 30_000 });
  const all = ['package', 'gops', 'slice', 'verify', 'serve'].map(help).join('');
  for (const [option] of missing.matchAll(/--[\w-]+/g))
    assert.match(all, new RegExp(`^ +(-\\w, )?${option}[= ]`, 'm'), option);
});

// The table of elements.md is that of tests/interop/matrix.test.mjs.
const rows = [.../^\| container \|[^]*?\n\n/m.exec(read('docs/elements.md'))[0]
  .matchAll(/^\| ([A-Z][\w-]*)[^|]* \| ([^|]*) \| ([^|]*) \|$/gm)].map((row) => row.slice(1));
const codecs = (column) => [...new Set(rows.flatMap((row) => row[column].replace(/ without.*/, '').split(', ')))];

test('containers and codecs are those of the table, wherever they are told', () => {
  const places = { format: VIDEOS, upload: /class="lead">([^<]*)/.exec(read('data/pages/upload.html'))[1],
    library: /Drop files([^<]*)/.exec(read('data/pages/library.html'))[1],
    program: /no media file that is known[^]*?";/.exec(read('launcher/pipelines/media.c'))[0],
    readme: /It takes ([^]*?)\n\n/.exec(readme)[1] };
  assert.ok(rows.length >= 7);
  for (const [container] of rows)
    for (const [place, text] of Object.entries(places))
      assert.ok(text.includes(container) || (container === 'Matroska' && text.includes('MKV')),
        `${place}: ${container}`);
  for (const codec of codecs(1))
    for (const place of ['format', 'upload', 'readme'])
      assert.ok(places[place].includes(codec), `${place}: ${codec}`);
  for (const codec of codecs(2))
    assert.ok(places.readme.includes(codec), codec);
});

test('the pages have a name for each codec', () => {
  const names = ['avc1.64001F', 'hvc1.1.6.L93.B0', 'av01.0.04M.08', 'vp09.00.10.08', 'mp4a.40.2', 'Opus', 'ac-3',
    'ec-3', 'fLaC', 'mp4a.6B'].map(codecName);
  assert.deepEqual([...names].sort(), [...codecs(1), ...codecs(2)].sort());
});
