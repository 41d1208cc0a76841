// SPDX-License-Identifier: LGPL-2.1-or-later
// H.265, AV1 and VP9, and the slice headers of H.264 and H.265 counted by
// another program.

import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { makeMedia, media } from './support/media.mjs';
import { protectedRanges, protection, subsamples } from './support/mp4.mjs';
import { decryptByShaka, encryptByShaka, routes } from './support/package.mjs';
import { ffmpeg, gstLaunch, KEY, makeFolder, run, writeKey }
  from './support/run.mjs';
import { assertSamePayload, assertSameTimes, deliver, probe }
  from './support/samples.mjs';
import { accessUnits, escapedLength, isSlice, nalUnits, traceSlices }
  from './support/slices.mjs';

const folder = await makeFolder();

const clip = (file, ...encoder) => ffmpeg('-f', 'lavfi', '-i',
  'testsrc2=size=320x180:rate=25', '-t', '2', '-pix_fmt', 'yuv420p',
  ...encoder, file);
const x265 = (params, ...flags) => (file) => clip(file, '-c:v', 'libx265',
  '-x265-params', `log-level=none:keyint=25:min-keyint=25:${params}`, ...flags);
const aom = (...flags) => (file) => clip(file, '-c:v', 'libaom-av1',
  '-cpu-used', '8', '-g', '25', '-b:v', '400k', ...flags);

// Parameter sets that change on the way and come in band: with those that hvcC
// has, the slice headers of the second half would be read wrong.
const changingParameterSets = async (file) => {
  const halves = [
    'bframes=2:weightp=0:ref=1:wpp=0:no-deblock=1:qp=30',
    'bframes=0:ref=4:slices=2:ctu=16:max-tu-size=16:qg-size=16:cbqpoffs=2:qp=20',
  ];
  const joined = `${file}.h265`;
  for (const [i, params] of halves.entries()) {
    const half = `${file}.${i}.h265`;
    await x265(`repeat-headers=1:open-gop=0:${params}`, '-f', 'hevc')(half);
    await appendFile(joined, await readFile(half));
  }
  await ffmpeg('-f', 'hevc', '-r', '25', '-i', joined, '-c', 'copy',
    '-tag:v', 'hev1', file);
};

// codecs: the string of the manifest. gops: kind and whether it is closed, of
// each GOP. notShaka: why Shaka Packager 3.4.2 does not find the same ranges.
const clips = {
  'H.265, hvc1, pyramid': {
    make: x265('bframes=4:b-pyramid=1:open-gop=0', '-tag:v', 'hvc1'),
    codec: 'hevc',
    codecs: /^hvc1\.1\.6\.L\d+\.90$/,
    gops: ['idr closed', 'idr closed'],
  },
  'H.265, hev1, open GOPs, four slices': {
    make: x265('bframes=3:open-gop=1:slices=4:ctu=16:max-tu-size=16:qg-size=16'),
    codec: 'hevc',
    codecs: /^hev1\.1\.6\.L\d+\.90$/,
    gops: ['idr closed', 'cra open'],
  },
  'H.265, RADL, weights, 10 bits, 4:2:2': {
    make: x265('bframes=3:radl=2:open-gop=0:weightp=1:weightb=1:ref=5',
      '-pix_fmt', 'yuv422p10le', '-tag:v', 'hvc1'),
    codec: 'hevc',
    codecs: /^hvc1\.4\.10\.L\d+\./,
    gops: ['idr closed', 'idr closed'],
  },
  'H.265, lossless, no SAO, no deblocking': {
    make: x265('lossless=1:no-sao=1:no-deblock=1:open-gop=0:wpp=0'),
    codec: 'hevc',
    codecs: /^hev1\./,
    gops: ['idr closed', 'idr closed'],
    notShaka: 'it forgets that a PPS switches deblocking off, and reads a ' +
      'slice_loop_filter_across_slices_enabled_flag that is not there',
  },
  'H.265, parameter sets that change in band': {
    make: changingParameterSets,
    codec: 'hevc',
    codecs: /^hev1\.1\.6\.L\d+\.90$/,
    gops: Array(4).fill('idr closed'),
  },
  'AV1, tiles': {
    make: aom('-tiles', '2x2'),
    codec: 'av1',
    codecs: /^av01\.0\.00M\.08$/,
    gops: ['key-frame closed', 'key-frame closed'],
  },
  'AV1, several tile groups, 10 bits, BT.2020': {
    make: aom('-tiles', '2x2', '-aom-params', 'num-tile-groups=2',
      '-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020',
      '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'),
    codec: 'av1',
    codecs: /^av01\.0\.00M\.10\.0\.11\d\.09\.16\.09\.0$/,
    gops: ['key-frame closed', 'key-frame closed'],
  },
  'AV1 by another encoder': {
    make: (file) => clip(file, '-c:v', 'libsvtav1', '-preset', '10', '-g', '25'),
    codec: 'av1',
    codecs: /^av01\.0\.\d\dM\.08$/,
    gops: ['key-frame closed', 'key-frame closed'],
  },
};

const made = new Map();
const once = (key, make) => {
  if (!made.has(key))
    made.set(key, make());
  return made.get(key);
};
const inputOf = (name) => once(`input ${name}`, async () => {
  const file = path.join(folder, `${Object.keys(clips).indexOf(name)}.mp4`);
  await clips[name].make(file);
  return file;
});
const packageOf = (name) => once(`package ${name}`,
  async () => routes.program(await inputOf(name), folder));
const videoOf = (name) => once(`video ${name}`,
  async () => probe(await inputOf(name), 'v'));

const checkManifest = async (name) => {
  const { mpd } = await packageOf(name);
  assert.match(mpd.video.codecs, clips[name].codecs);
};

const checkGops = async (name) => {
  const input = await inputOf(name);
  const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
  const list = gops.gops ?? gops;
  assert.deepEqual(list.map((gop) =>
    `${gop.kind} ${gop.closed ? 'closed' : 'open'}`), clips[name].gops);
  const frames = list.reduce((sum, gop) => sum + gop.frames, 0);
  assert.equal(frames, (await videoOf(name)).length);
};

const checkJudges = async (name) => {
  const { manifest, mpd, tracks } = await packageOf(name);
  const keyFile = await writeKey(folder, KEY.key);
  const wanted = await videoOf(name);
  const judges = {
    shaka: await probe(await decryptByShaka(tracks.video, 'video'), 'v'),
    ffmpeg: await probe(manifest, 'v', ['-cenc_decryption_key', KEY.key]),
    cbcsdec: await deliver(tracks.video,
      `qtdemux ! cbcsdec key-file=${keyFile}`),
  };
  for (const samples of Object.values(judges)) {
    assertSamePayload(samples, wanted);
    assertSameTimes(samples, wanted, 1 / mpd.video.timescale);
  }
};

// Shaka Packager finds the ranges on its own. With the same IV all encrypted
// bytes are the same, too.
const checkSameAsShaka = async (name) => {
  const { manifest, tracks } = await packageOf(name);
  const { constantIv } = protection(await readFile(tracks.video));
  const theirs = await encryptByShaka(await inputOf(name), folder, constantIv);
  const [our, their] = await Promise.all([tracks.video, theirs].map(
    async (file) => subsamples(await readFile(file))));
  assert.equal(our.length, their.length);
  for (const [i, pairs] of our.entries())
    assert.deepEqual(protectedRanges(pairs), protectedRanges(their[i]),
      `protected bytes of sample ${i}`);
  assertSamePayload(await probe(manifest, 'v'), await probe(theirs, 'v'));
};

const checkNeedsKey = async (name) => {
  const { manifest } = await packageOf(name);
  const wanted = await videoOf(name);
  const without = await probe(manifest, 'v');
  assert.equal(without.length, wanted.length);
  for (const [i, sample] of without.entries()) {
    if (sample.size > 300)
      assert.notEqual(sample.digest, wanted[i].digest, `sample ${i}`);
  }
};

// A GOP by itself decodes without an error, an open one but for what leads.
const checkCut = async (name) => {
  const output = path.join(folder, 'gop.mp4');
  await run('haberdash', ['slice', await inputOf(name), '0', output]);
  const cut = await probe(output, 'v');
  assertSamePayload(cut, (await videoOf(name)).slice(0, cut.length));
  await ffmpeg('-xerror', '-i', output, '-f', 'null', '-');
};

const checks = {
  'the codecs string': checkManifest,
  'the GOPs': checkGops,
  'three judges give back every access unit': checkJudges,
  'the bytes are those that Shaka Packager encrypts': checkSameAsShaka,
  'no picture without the key': checkNeedsKey,
  'a GOP as a file': checkCut,
};

for (const name of Object.keys(clips)) {
  for (const [what, check] of Object.entries(checks)) {
    const skip = check === checkSameAsShaka && clips[name].notShaka;
    test(`${name}: ${what}`, { skip: skip ?? false }, () => check(name));
  }
}

// --- slice headers ---------------------------------------------------------

// Where the protected bytes of each slice begin, by the trace of its header.
const tracedRanges = async (file, codec) => {
  const lengths = await traceSlices(file, codec);
  const ranges = [];
  for (const unit of await accessUnits(file)) {
    const own = [];
    for (const { start, data } of nalUnits(unit)) {
      if (!isSlice(data, codec))
        continue;
      const header = escapedLength(data, Math.ceil(lengths.shift() / 8));
      if (header < data.length)
        own.push([start + header, start + data.length]);
    }
    ranges.push(own);
  }
  assert.equal(lengths.length, 0, 'as many slices as the trace has');
  return ranges;
};

const checkSliceHeaders = async (file, codec, track) => {
  const traced = await tracedRanges(file, codec);
  const our = subsamples(await readFile(track)).map(protectedRanges);
  assert.equal(our.length, traced.length);
  for (const [i, ranges] of our.entries())
    assert.deepEqual(ranges, traced[i], `slices of sample ${i}`);
};

for (const [name, { codec }] of Object.entries(clips)) {
  if (codec !== 'hevc')
    continue;
  test(`${name}: slice headers end where ffmpeg says`, async () =>
    checkSliceHeaders(await inputOf(name), codec,
      (await packageOf(name)).tracks.video));
}

for (const name of ['B-frames', 'four slices', 'open GOPs']) {
  test(`H.264, ${name}: slice headers end where ffmpeg says`,
    { skip: !media[name] }, async () => {
      const file = await makeMedia(name, folder);
      const { tracks } = await routes.program(file, folder);
      await checkSliceHeaders(file, 'h264', tracks.video);
    });
}

// --- what is not encrypted ---------------------------------------------------

test('VP9 is packaged in the clear, and its encryption refused', async () => {
  const input = path.join(folder, 'vp9.mp4');
  await clip(input, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used',
    '8', '-g', '25');
  const out = path.join(folder, 'vp9');
  await assert.rejects(run('haberdash', ['package', input, out, '--kid',
    KEY.kid, '--key-file', await writeKey(folder, KEY.key)]),
  /cbcs is not standardised for VP9/);
  await run('haberdash', ['package', input, out, '--encrypt', 'none']);
  const manifest = path.join(out, 'stream.mpd');
  assert.match(await readFile(manifest, 'utf8'), /codecs="vp09\.00\.11\.08"/);
  assertSamePayload(await probe(manifest, 'v'), await probe(input, 'v'));

  const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
  assert.equal((gops.gops ?? gops)[0].kind, 'key-frame');
});

test('temporal delimiters of AV1 stay out of files', async () => {
  const [delimited, encrypted] = ['delimited.mp4', 'undelimited.mp4'].map(
    (name) => path.join(folder, name));
  const keyFile = await writeKey(folder, KEY.key);
  await gstLaunch(`videotestsrc num-buffers=10 !
    video/x-raw,width=320,height=180 ! av1enc cpu-used=8 ! av1parse !
    mp4mux ! filesink location=${delimited}`);
  await gstLaunch(`filesrc location=${delimited} ! qtdemux ! gopsplit !
    cbcsenc kid=${KEY.kid} key-file=${keyFile} ! cencmux !
    filesink location=${encrypted}`);

  const delimiter = Buffer.from([0x12, 0]);
  const wanted = (await accessUnits(delimited)).map((unit) => {
    assert.deepEqual(unit.subarray(0, 2), delimiter, 'one to remove');
    return unit.subarray(2);
  });
  const clear = await accessUnits(await decryptByShaka(encrypted, 'video'));
  assert.deepEqual(clear, wanted);
});
