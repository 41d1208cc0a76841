// SPDX-License-Identifier: LGPL-2.1-or-later
// The GOPs of a file, listed and cut, before ffmpeg and ffprobe.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';

import { makeMedia, media } from './support/media.mjs';
import { ffmpeg, makeFolder, run } from './support/run.mjs';
import { assertSamePayload, probe } from './support/samples.mjs';

const folder = await makeFolder();

// Presentation times of the pictures at which ffmpeg says decoding can begin.
const keyTimes = async (file) => {
  const { packets } = JSON.parse(await run('ffprobe', ['-v', 'error',
    '-select_streams', 'v', '-show_entries', 'packet=pts_time,flags',
    '-of', 'json', file]));
  return packets.filter((packet) => packet.flags.includes('K'))
    .map((packet) => Number(packet.pts_time));
};

const countFrames = async (file) => {
  const text = await run('ffprobe', ['-v', 'error', '-select_streams', 'v',
    '-count_frames', '-show_entries', 'stream=nb_read_frames',
    '-of', 'csv=p=0', file]);
  return Number(/\d+/.exec(text));
};

for (const name of Object.keys(media)) {
  test(`${name}: the GOPs, one after the other, are the input`, async () => {
    const input = await makeMedia(name, folder);
    const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
    const wanted = await keyTimes(input);
    assert.equal(gops.length, wanted.length);
    for (const [i, gop] of gops.entries())
      assert.ok(Math.abs(gop.pts_time - wanted[i]) < 1e-3, `GOP ${i}`);

    const samples = [];
    for (const [i, gop] of gops.entries()) {
      const file = path.join(folder, `gop-${i}.mp4`);
      await run('haberdash', ['slice', input, String(i), file]);
      const part = await probe(file, 'v');
      assert.equal(part.length, gop.frames, `frames of GOP ${i}`);
      samples.push(...part);
      await ffmpeg('-xerror', '-i', file, '-f', 'null', '-');
      // What leads an open GOP needs the one before and cannot be shown.
      assert.ok(await countFrames(file) >= gop.frames - gop.leading_pictures,
        `GOP ${i} decodes`);
    }
    assertSamePayload(samples, await probe(input, 'v'));
  });
}

test('a GOP that is not there', async () => {
  const input = await makeMedia('no sound', folder);
  await assert.rejects(run('haberdash',
    ['slice', input, '99', path.join(folder, 'none.mp4')]), /status 66/);
});
