// SPDX-License-Identifier: LGPL-2.1-or-later
// Inputs that have no table of samples, of each container: listed, cut and
// packaged, before ffprobe, ffmpeg and Shaka Packager.

import assert from 'node:assert/strict';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  containers, makeContainer, makeReorderedAvi,
} from './support/containers.mjs';
import { decryptByShaka, exists, routes } from './support/package.mjs';
import { ffmpeg, KEY, makeFolder, run } from './support/run.mjs';
import {
  assertSamePayload, assertSameTimes, deliver, probe,
} from './support/samples.mjs';
import { index } from './support/worker.mjs';

const folder = await makeFolder();

const made = new Map();
const once = (key, make) => {
  if (!made.has(key))
    made.set(key, make());
  return made.get(key);
};
const inputOf = (name) => once(`input ${name}`,
  () => makeContainer(name, folder));
const picturesOf = (name) => once(`pictures ${name}`,
  async () => deliver(await inputOf(name), containers[name].video));
const packageOf = (name) => once(`package ${name}`,
  async () => routes.program(await inputOf(name), folder));

const show = async (input, what, entries) => JSON.parse(await run('ffprobe', [
  '-v', 'error', '-select_streams', 'v', `-show_${what}`,
  '-show_entries', entries, '-of', 'json', input]))[what];

const near = (got, wanted, limit, what) =>
  assert.ok(Math.abs(got - wanted) <= limit + 1e-6,
    `${what} is ${got}, not ${wanted}`);

const assertDelivered = (name, got, wanted) => {
  const from = containers[name].firstIsLonger ? 1 : 0;
  assert.ok(got[0].size >= wanted[0].size);
  assertSamePayload(got.slice(from), wanted.slice(from));
};

const checkGops = async (name) => {
  const input = await inputOf(name);
  const { onlyDts, tick } = containers[name];
  const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
  const packets = await show(input, 'packets',
    'packet=pts_time,dts_time,flags');
  const starts = packets.flatMap((packet, i) =>
    (packet.flags.includes('K') ? [i] : []));
  assert.deepEqual(gops.map((gop) => gop.first_frame), starts);
  for (const [i, gop] of gops.entries()) {
    const packet = packets[starts[i]];
    near(gop.pts_time, Number(onlyDts ? packet.dts_time : packet.pts_time),
      tick / 2, `time of GOP ${i}`);
    assert.equal(gop.frames, (starts[i + 1] ?? packets.length) - starts[i]);
    assert.equal(gop.first_byte, undefined);
  }
};

// Sizes are not compared: they are those of another form where a parser is
// between.
const checkFrames = async (name) => {
  const input = await inputOf(name);
  const { onlyDts, tick } = containers[name];
  const records = await index(input);
  const got = records.filter((record) => record.record === 'iframe');
  const frames = await show(input, 'frames',
    'frame=key_frame,pict_type,pts_time,pkt_dts_time,coded_picture_number');
  const wanted = frames.filter((frame) => frame.pict_type === 'I');
  const [track] = records.filter((record) => record.kind === 'video');
  assert.deepEqual(got.map((frame) => frame.coded_picture_number),
    wanted.map((frame) => frame.coded_picture_number));
  for (const [i, frame] of got.entries()) {
    near(frame.pts / track.timescale,
      Number(onlyDts ? wanted[i].pkt_dts_time : wanted[i].pts_time), tick / 2,
      `time of I-frame ${i}`);
    assert.equal(frame.key_frame, wanted[i].key_frame === 1);
    assert.equal(frame.offset, -1);
  }
};

const checkTracks = async (name) => {
  const records = await index(await inputOf(name));
  const tracks = records.filter((record) => record.record === 'track');
  const [video] = tracks.filter((track) => track.kind === 'video');
  const [audio] = tracks.filter((track) => track.kind === 'audio');
  assert.equal(records.at(-1).record, 'done');
  assert.deepEqual([video.width, video.height], [320, 180]);
  assert.match(video.codec, /^avc1\.[0-9A-F]{6}$/i);
  near(video.duration_ns / 1e9, 4, 0.1, 'duration');
  assert.equal(Boolean(audio), Boolean(containers[name].sound));
  if (audio) {
    assert.equal(audio.codec, 'mp4a.40.2');
    assert.deepEqual([audio.channels, audio.rate], [2, 48000]);
  }
  assert.equal(new Set(tracks.map((track) => track.number)).size,
    tracks.length);
};

const checkCuts = async (name) => {
  const input = await inputOf(name);
  const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
  const samples = [];
  for (const [i, gop] of gops.entries()) {
    const file = path.join(folder, `${containers[name].file}.gop-${i}.mp4`);
    await run('haberdash', ['slice', input, String(i), file]);
    const part = await probe(file, 'v');
    assert.equal(part.length, gop.frames, `frames of GOP ${i}`);
    const [first] = part;
    near(first.pts, 0, 1e-3, `start of GOP ${i}`);
    samples.push(...part);
    await ffmpeg('-xerror', '-i', file, '-f', 'null', '-');
  }
  assertDelivered(name, samples, await picturesOf(name));
  await assert.rejects(run('haberdash', ['slice', input, String(gops.length),
    path.join(folder, 'none.mp4')]), /status 66/);
};

const checkPackage = async (name) => {
  const { manifest, mpd, tracks } = await packageOf(name);
  const wanted = await picturesOf(name);
  const judges = {
    shaka: await probe(await decryptByShaka(tracks.video, 'video'), 'v'),
    ffmpeg: await probe(manifest, 'v', ['-cenc_decryption_key', KEY.key]),
  };
  for (const samples of Object.values(judges)) {
    assertDelivered(name, samples, wanted);
    assertSameTimes(samples, containers[name].onlyDts ?
      wanted.map((sample) => ({ ...sample, pts: sample.dts })) : wanted,
    1 / mpd.video.timescale);
  }
  assert.equal(Boolean(mpd.audio), Boolean(containers[name].sound));
};

const checkSound = async (name) => {
  const { manifest, mpd } = await packageOf(name);
  const { sound, tick } = containers[name];
  if (!sound)
    return;
  const got = await probe(manifest, 'a');
  const wanted = await deliver(await inputOf(name), sound);
  assertSamePayload(got, wanted);
  assertSameTimes(got, wanted, tick + 1 / mpd.audio.timescale);
};

// Wherever the container's times begin.
const checkStart = async (name) => {
  const { mpd } = await packageOf(name);
  const starts = mpd.sets.map((set) => set.spans[0].start / set.timescale);
  assert.equal(Math.min(...starts), 0);
  assert.ok(Math.max(...starts) < 0.1, `starts at ${starts}`);
};

// The distance of sound and picture is the file's, to a tick of it and one of
// the package. What an edit list hides at the start is counted by both.
const checkSync = async (name) => {
  const { mpd, manifest } = await packageOf(name);
  if (!mpd.audio)
    return;
  const distance = async (file, options = []) => {
    const earliest = (samples, field) => Math.min(
      ...samples.map((sample) => sample[field] ?? sample.dts));
    const pictures = await probe(file, 'v', options);
    const sound = await probe(file, 'a', options);
    return earliest(pictures, 'pts') - earliest(sound, 'pts');
  };
  near(await distance(manifest), await distance(await inputOf(name)),
    containers[name].tick + 1e-3, 'distance');
};

const checks = {
  'GOPs as ffprobe sees them': checkGops,
  'I-frames as ffprobe sees them': checkFrames,
  'the tracks': checkTracks,
  'the GOPs, one after the other, are what is delivered': checkCuts,
  'the package decrypts to what is delivered': checkPackage,
  'the sound is what is delivered': checkSound,
  'the presentation starts at 0': checkStart,
  'sound and picture stay together': checkSync,
};

for (const name of Object.keys(containers)) {
  for (const [what, check] of Object.entries(checks))
    test(`${name}: ${what}`, () => check(name));
}

// --- other codecs ----------------------------------------------------------------

const others = {
  'WebM, VP9 and Opus': ['vp9.webm', '-c:v', 'libvpx-vp9', '-b:v', '300k',
    '-g', '25', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
  'Matroska, H.265, open GOPs': ['hevc.mkv', '-c:v', 'libx265', '-x265-params',
    'log-level=none:keyint=25:min-keyint=25:bframes=3:open-gop=1',
    '-c:a', 'aac'],
};

for (const [name, [file, ...flags]] of Object.entries(others)) {
  test(`${name}: listed, cut and packaged as it is`, async () => {
    const input = path.join(folder, file);
    const out = path.join(folder, `${file}.out`);
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25',
      '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '3',
      '-pix_fmt', 'yuv420p', ...flags, input);
    const wanted = await probe(input, 'v');
    const gops = JSON.parse(await run('haberdash', ['gops', '--json', input]));
    const packets = await show(input, 'packets', 'packet=flags');
    assert.deepEqual(gops.map((gop) => gop.first_frame), packets.flatMap(
      (packet, i) => (packet.flags.includes('K') ? [i] : [])));
    const samples = [];
    for (const [i] of gops.entries()) {
      const part = path.join(folder, `${file}.${i}.mp4`);
      await run('haberdash', ['slice', input, String(i), part]);
      samples.push(...await probe(part, 'v'));
    }
    assertSamePayload(samples, wanted);
    await run('haberdash', ['package', input, out, '--encrypt', 'none']);
    const manifest = path.join(out, 'stream.mpd');
    const packaged = await probe(manifest, 'v');
    assertSamePayload(packaged, wanted);
    assertSameTimes(packaged,
      wanted.map((sample) => ({ ...sample, dts: null })), 1e-3);
    assertSamePayload(await probe(manifest, 'a'), await probe(input, 'a'));
  });
}

// --- what cannot be taken ------------------------------------------------------

const refused = async (input, reason) => {
  const out = path.join(folder, 'refused');
  const file = path.join(folder, 'refused.mp4');
  for (const args of [['gops', input], ['slice', input, '0', file],
    ['package', input, out, '--encrypt', 'none']]) {
    await assert.rejects(run('haberdash', args, { limit: 20_000 }), reason,
      args[0]);
  }
  assert.equal(await exists(path.join(out, 'stream.mpd')), false);
};

test('B-frames in AVI, which has no times for them', async () => {
  await refused(await makeReorderedAvi(folder), /B-frames/);
});

test('Matroska without video', async () => {
  const input = path.join(folder, 'sound.mkv');
  await ffmpeg('-f', 'lavfi', '-i', 'sine', '-t', '1', '-c:a', 'aac', input);
  await refused(input, /no video/);
});

test('nothing but noise, with the start of a container', async () => {
  const noise = Buffer.alloc(4096);
  for (let i = 0, x = 1; i < noise.length; i++) {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    noise[i] = x >> 16;
  }
  for (const name of ['Matroska', 'MPEG-TS', 'FLV', 'AVI', 'fragmented MP4']) {
    const start = (await readFile(await inputOf(name))).subarray(0, 32);
    const input = path.join(folder, 'noise');
    await writeFile(input, Buffer.concat([start, noise]));
    await refused(input, /status 65/);
  }
});

// An end, and no hang, wherever a file is cut; what is told of it is whole GOPs
// and pictures of the file.
for (const name of Object.keys(containers)) {
  test(`${name}: cut off`, async () => {
    const input = await inputOf(name);
    const { size } = await stat(input);
    const copy = path.join(folder, `cut-off-${containers[name].file}`);
    const whole = (await show(input, 'packets', 'packet=size')).length;
    for (const part of [0.5, 0.9, 0.05, 0.001]) {
      await writeFile(copy, await readFile(input));
      await truncate(copy, Math.floor(size * part));
      const gops = await run('haberdash', ['gops', '--json', copy],
        { limit: 20_000 }).catch((error) => {
        assert.match(error.message, /status 65/);
        return '[]';
      });
      const frames = JSON.parse(gops).reduce((sum, gop) => sum + gop.frames, 0);
      assert.ok(frames < whole, `${frames} of ${whole} at ${part}`);
    }
  });
}
