// SPDX-License-Identifier: LGPL-2.1-or-later
// Several representations of one content, and keys of their own, judged by Shaka
// Packager, ffmpeg and the DASH schema.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { exists } from './support/package.mjs';
import {
  ffmpeg, gstLaunch, KEY, makeFolder, run, shaka, writeKey,
} from './support/run.mjs';
import { assertSamePayload, deliver, probe } from './support/samples.mjs';

const folder = await makeFolder();
const schemaCheck = fileURLToPath(
  new URL('../../../shared/tools/validate-mpd', import.meta.url));

const OTHER = {
  kid: 'b16e402b9056e371f36d348aa62bb749',
  key: '5723ad2ca19f58a740c05684e699b4aa',
};

const video = async (name, size, keyint) => {
  const file = path.join(folder, name);
  await ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25`, '-t', '6',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-threads',
    '1', '-bf', '2', '-g', String(keyint), '-sc_threshold', '0', file);
  return file;
};

const audio = async (name, rate) => {
  const file = path.join(folder, name);
  await ffmpeg('-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', '6', '-ac', '2', '-b:a', rate, '-metadata:s:a:0', 'language=eng',
    file);
  return file;
};

const inputs = {
  high: await video('high.mp4', '640x360', 50),
  low: await video('low.mp4', '426x240', 50),
  apart: await video('apart.mp4', '320x180', 30),
  loud: await audio('loud.mp4', '128k'),
  quiet: await audio('quiet.mp4', '48k'),
};

const encryptor = async (key) => (key ?
  `cbcsenc kid=${key.kid} key-file=${await writeKey(folder, key.key)} !` : '');

// tracks: [input, pad, key, pad's properties]. Resolves to where it is.
const pack = async (name, tracks) => {
  const out = path.join(folder, name);
  const branches = await Promise.all(tracks.map(async ([input, pad, key], i) => {
    const kind = pad.split('_')[0];
    return `filesrc location=${inputs[input]} ! qtdemux name=in${i}
      in${i}.${kind}_0 ! ${kind === 'video' ? 'gopsplit !' : ''}
      ${await encryptor(key)} dash.${pad}`;
  }));
  const settings = tracks.map(([, pad, , properties = {}]) =>
    Object.entries(properties).map(([k, v]) => `${pad}::${k}=${v}`).join(' '));
  const log = await gstLaunch(`cencdashsink name=dash hls=true
    location=${out}/stream.mpd fragment-duration=2000000000
    ${settings.join(' ')} ${branches.join(' ')}`);
  const manifest = path.join(out, 'stream.mpd');
  if (await exists(schemaCheck))
    await run(schemaCheck, [manifest]);
  return { out, manifest, log };
};

const local = (names) => names.replaceAll(/(\/|@)([A-Za-z_]+\b)(?![('])/g,
  (_, mark, name) => `${mark === '@' ? '@*' : '/*'}[local-name()='${name}']`);
const xpath = async (manifest, expression) =>
  (await run('xmllint', ['--xpath', local(expression), manifest])).trim();

// The ids of the representations of each set.
const sets = async (manifest) => {
  const count = Number(await xpath(manifest, 'count(//AdaptationSet)'));
  const ids = [];
  for (let i = 1; i <= count; i++) {
    const found = await xpath(manifest,
      `(//AdaptationSet)[${i}]/Representation/@id`);
    ids.push([...found.matchAll(/id="([^"]*)"/g)].map((match) => match[1]));
  }
  return ids;
};

const kidOf = (manifest, id) => xpath(manifest,
  `string((//Representation[@id='${id}']/ContentProtection |
    //Representation[@id='${id}']/../ContentProtection)/@default_KID)`);

const uuid = (kid) => kid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

// A representation, decrypted with all keys that there are.
const decrypted = async (out, id, kind) => {
  const file = path.join(out, `${id}.mp4`);
  const count = (await run('ls', [path.join(out, id)]))
    .match(/^\d+\.m4s$/gm).length;
  const parts = ['init.mp4',
    ...Array.from({ length: count }, (_, i) => `${i + 1}.m4s`)];
  await writeFile(file, Buffer.concat(await Promise.all(
    parts.map((part) => readFile(path.join(out, id, part))))));
  await shaka(`in=${file},stream=${kind},output=${file}.clear.mp4`,
    '--enable_raw_key_decryption', '--keys',
    `label=A:key_id=${KEY.kid}:key=${KEY.key},` +
    `label=B:key_id=${OTHER.kid}:key=${OTHER.key}`);
  return `${file}.clear.mp4`;
};

const checkPayload = async (out, id, input) => {
  const kind = id.split('_')[0];
  const wanted = kind === 'video' ? await probe(inputs[input], 'v') :
    await deliver(inputs[input], 'qtdemux name=d d.audio_0');
  const got = await decrypted(out, id, kind);
  assertSamePayload(await probe(got, kind[0]), wanted);
};

test('a ladder is one set, sound has a key of its own', async () => {
  const { out, manifest, log } = await pack('ladder', [
    ['high', 'video_0', KEY], ['low', 'video_1', KEY],
    ['loud', 'audio_0', OTHER], ['quiet', 'audio_1', OTHER],
  ]);
  assert.deepEqual(await sets(manifest),
    [['video_0', 'video_1'], ['audio_0', 'audio_1']]);
  assert.doesNotMatch(log, /WARNING/);
  assert.equal(await xpath(manifest,
    'concat((//AdaptationSet)[1]/@maxWidth, " ", (//AdaptationSet)[1]/@par)'),
  '640 16:9');
  assert.equal(await kidOf(manifest, 'video_1'), uuid(KEY.kid));
  assert.equal(await kidOf(manifest, 'audio_1'), uuid(OTHER.kid));
  await checkPayload(out, 'video_0', 'high');
  await checkPayload(out, 'video_1', 'low');
  await checkPayload(out, 'audio_0', 'loud');
  await checkPayload(out, 'audio_1', 'quiet');
});

test('ffmpeg finds every variant of the multivariant playlist', async () => {
  const { out } = await pack('variants', [
    ['high', 'video_0'], ['low', 'video_1'], ['loud', 'audio_0'],
    ['quiet', 'audio_1'],
  ]);
  const { programs } = JSON.parse(await run('ffprobe', ['-v', 'error',
    '-show_programs', '-of', 'json', path.join(out, 'stream.m3u8')]));
  const sizes = programs.map(({ streams }) =>
    streams.map((stream) => stream.height ?? stream.channels).sort().join());
  assert.deepEqual(sizes.sort(), ['2,240', '2,240', '2,360', '2,360']);
  const pictures = await probe(path.join(out, 'stream.m3u8'), 'v:0');
  assertSamePayload(pictures, await probe(inputs.high, 'v'));
});

test('representations with keys of their own are sets to switch between',
  async () => {
    const { out, manifest } = await pack('two-keys', [
      ['high', 'video_0', KEY], ['low', 'video_1', OTHER],
    ]);
    assert.deepEqual(await sets(manifest), [['video_0'], ['video_1']]);
    assert.equal(await xpath(manifest, 'string((//AdaptationSet)[1]/' +
      'SupplementalProperty[contains(@schemeIdUri, "switching")]/@value)'), '1');
    await checkPayload(out, 'video_0', 'high');
    await checkPayload(out, 'video_1', 'low');
  });

test('in one set on demand, each representation says its key', async () => {
  const { manifest } = await pack('asked', [
    ['high', 'video_0', KEY, { 'adaptation-set': 3 }],
    ['low', 'video_1', OTHER, { 'adaptation-set': 3 }],
  ]);
  assert.deepEqual(await sets(manifest), [['video_0', 'video_1']]);
  assert.equal(await xpath(manifest, 'string(//AdaptationSet/@id)'), '3');
  assert.equal(await xpath(manifest,
    'count(//AdaptationSet/ContentProtection)'), '0');
  assert.equal(await kidOf(manifest, 'video_0'), uuid(KEY.kid));
  assert.equal(await kidOf(manifest, 'video_1'), uuid(OTHER.kid));
});

test('what does not meet is not one set', async () => {
  const { manifest, log } = await pack('apart',
    [['high', 'video_0'], ['apart', 'video_1']]);
  assert.deepEqual(await sets(manifest), [['video_0'], ['video_1']]);
  assert.match(log, /segment 2 of video_0 begins at 2\.\d* s, that of video_1/);
});

test('what does not meet is refused as one set', async () => {
  await assert.rejects(pack('refused', [
    ['high', 'video_0', null, { 'adaptation-set': 0 }],
    ['apart', 'video_1', null, { 'adaptation-set': 0 }],
  ]), /segment 2 of video_\d begins at 2\.\d* s, that of video_\d at 2\.\d* s/);
  assert.equal(await exists(path.join(folder, 'refused', 'stream.mpd')), false);
});
