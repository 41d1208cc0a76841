// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys that change: every sample comes back with the key that its fragment names,
// and with no other.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { decryptTrack } from './support/cbcs.mjs';
import { joinSet, readManifest } from './support/manifest.mjs';
import { find } from './support/mp4.mjs';
import { ffmpeg, gstLaunch, KEY, makeFolder } from './support/run.mjs';
import { probe } from './support/samples.mjs';

const KIDS = [KEY.kid, 'b16e402b9056e371f36d348aa62bb749',
  'c16e402b9056e371f36d348aa62bb749'];
const KEYS = {
  [KIDS[0]]: KEY.key,
  [KIDS[1]]: '97237d20a19f58a740c05684e699b4aa',
  [KIDS[2]]: 'a7237d20a19f58a740c05684e699b4aa',
};
const SECOND = 1_000_000_000;
const folder = await makeFolder();

const clips = {
  'H.264 and AAC': ['-c:v', 'libx264', '-bf', '3', '-c:a', 'aac'],
  'H.265 and E-AC-3': ['-c:v', 'libx265', '-x265-params',
    'log-level=none:keyint=25:min-keyint=25:open-gop=0:slices=2', '-tag:v', 'hvc1',
    '-c:a', 'eac3'],
  'AV1 and Opus': ['-c:v', 'libaom-av1', '-cpu-used', '8', '-c:a', 'libopus'],
};

const packageBy = async (input, out, encrypt) => {
  await gstLaunch(`cencdashsink name=dash location=${out}/stream.mpd hls=true
    hls-key-url=key?$KID$ fragment-duration=${SECOND}
    filesrc location=${input} ! qtdemux name=in
    in.video_0 ! gopsplit ! ${encrypt} dash.video_0
    in.audio_0 ! ${encrypt} dash.audio_0`);
  const mpd = await readManifest(path.join(out, 'stream.mpd'));
  return {
    video: await joinSet(mpd.video), audio: await joinSet(mpd.audio),
  };
};

const checkClip = async (name) => {
  const base = path.join(folder, String(Object.keys(clips).indexOf(name)));
  const input = `${base}.mp4`;
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25',
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '5',
    '-pix_fmt', 'yuv420p', '-g', '25', '-keyint_min', '25', ...clips[name],
    input);
  const keyFile = `${base}.keys`;
  await writeFile(keyFile, KIDS.map((kid) => `${kid}:${KEYS[kid]}\n`).join(''));

  const wanted = await packageBy(input, `${base}.clear`, '');
  const rotated = await packageBy(input, `${base}.rotated`,
    `cbcsenc kid=${KIDS.join(',')} key-file=${keyFile}
     crypto-period=${SECOND} !`);
  for (const [kind, letter] of [['video', 'v'], ['audio', 'a']]) {
    const kids = [];
    const digests = decryptTrack(rotated[kind], KEYS, kids);
    await writeFile(`${base}.${kind}.mp4`, wanted[kind]);
    const expected = await probe(`${base}.${kind}.mp4`, letter);
    assert.deepEqual(digests, expected.map(({ digest }) => digest));
    assert.deepEqual(kids, Array.from({ length: 5 }, (_, i) => KIDS[i % 3]));

    const [w3c] = find(rotated[kind], 'pssh');
    assert.equal(w3c.body.readUInt32BE(20), KIDS.length);
    assert.equal(w3c.body.toString('hex', 24, 24 + 48), KIDS.join(''));

    const playlist = await readFile(
      path.join(`${base}.rotated`, `${kind}_0`, 'playlist.m3u8'), 'utf8');
    assert.deepEqual([...playlist.matchAll(/URI="key\?(\w+)"/g)]
      .map(([, kid]) => kid), kids);
  }

  const swapped = { ...KEYS, [KIDS[1]]: KEYS[KIDS[2]] };
  const wrong = decryptTrack(rotated.video, swapped);
  const right = decryptTrack(rotated.video, KEYS);
  assert.deepEqual(wrong.slice(0, 25), right.slice(0, 25));
  assert.notEqual(wrong[25], right[25]);
};

for (const name of Object.keys(clips))
  test(`${name}: every sample comes back`, () => checkClip(name));
