// SPDX-License-Identifier: LGPL-2.1-or-later
// The same input, key and IV give the same bytes: each time, and by the program
// and by a launch line alike.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { inputs, makeInput } from './support/media.mjs';
import { packageByLine, packageByProgram } from './support/package.mjs';
import { KEY, makeFolder } from './support/run.mjs';
import { assertSamePayload, assertSameTimes, digestsBehind, probe }
  from './support/samples.mjs';
import { videos } from './support/streams.mjs';

const IV = '0123456789abcdeffedcba9876543210';

const folder = await makeFolder();
let count = 0;
const newFolder = () => path.join(folder, String(count++));

// The digest of every file by its path.
const digests = async (out, under = '') => {
  const all = {};
  const entries = await readdir(path.join(out, under), { withFileTypes: true });
  for (const entry of entries) {
    const name = path.join(under, entry.name);
    if (entry.isDirectory())
      Object.assign(all, await digests(out, name));
    else
      all[name] = createHash('sha256')
        .update(await readFile(path.join(out, name))).digest('hex');
  }
  return all;
};

const ways = ['all', 'none'].flatMap((encrypt) => ['segments', 'files']
  .map((layout) => ({ encrypt, layout, hls: true, iv: IV })));

const repeated = [
  'MP4 / H.264, B-frames / AAC',
  'Matroska / H.265, pyramid / Opus',
  'MPEG-TS / H.264, B-frames / AC-3',
  'fragmented MP4 / AV1, tiles / AC-3',
];

// What qtdemux needs nobody's help with.
const FRAGMENTED = 'fragmented MP4 / H.264, B-frames / AAC';

const digestsOf = async (name, pack, way) => {
  const { out } = await pack(await makeInput(name), newFolder(), way);
  return digests(out);
};

for (const way of ways) {
  const label = `${way.encrypt}, ${way.layout}`;
  for (const name of repeated) {
    test(`${name}: ${label}: the same bytes again`, async () => {
      const first = await digestsOf(name, packageByProgram, way);
      assert.ok(Object.keys(first).length >= 6);
      assert.deepEqual(await digestsOf(name, packageByProgram, way), first);
    });
  }
  test(`${FRAGMENTED}: ${label}: the same bytes by a launch line`, async () =>
    assert.deepEqual(await digestsOf(FRAGMENTED, packageByLine('qtdemux'), way),
      await digestsOf(FRAGMENTED, packageByProgram, way)));
}

test('another IV each time, where none is given', async () => {
  const way = { encrypt: 'all' };
  assert.notDeepEqual(await digestsOf(FRAGMENTED, packageByProgram, way),
    await digestsOf(FRAGMENTED, packageByProgram, way));
});

// parsebin brings h264parse, which may write the parameter sets into the first
// access unit.
const NO_SETS = 'filter_units=remove_types=7-9';
const checkParsebin = async (name) => {
  const input = await makeInput(name);
  const { manifest, mpd } = await packageByLine('parsebin')(input, newFolder());
  const options = ['-cenc_decryption_key', KEY.key];
  assertSamePayload(await digestsBehind(NO_SETS, manifest, 'v', options),
    await digestsBehind(NO_SETS, input, 'v'), 'ffmpeg');
  assertSameTimes(await probe(manifest, 'v', options), await probe(input, 'v'),
    1 / mpd.video.timescale, 'ffmpeg');
};

for (const [name, { container, video }] of Object.entries(inputs)) {
  if (container === 'MP4' && videos[video].codec === 'h264')
    test(`${name}: a line with parsebin`,
      { skip: videos[video].noParsebin ?? false }, () => checkParsebin(name));
}
