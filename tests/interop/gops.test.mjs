// SPDX-License-Identifier: LGPL-2.1-or-later
// GOPs, pictures and tracks as they are listed, and GOPs as files, before
// ffprobe and ffmpeg's trace of the headers.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';

import { containers, inputs, makeInput } from './support/media.mjs';
import { ffmpeg, makeFolder, run } from './support/run.mjs';
import { assertSamePayload, digestsBehind, probe } from './support/samples.mjs';
import { sounds, videos } from './support/streams.mjs';
import { accessPoints } from './support/trace.mjs';
import { index } from './support/worker.mjs';

const folder = await makeFolder();

const near = (got, wanted, limit, what) =>
  assert.ok(Math.abs(got - wanted) <= limit + 1e-6,
    `${what} is ${got}, not ${wanted}`);

const listGops = async (input) =>
  JSON.parse(await run('haberdash', ['gops', '--json', input]));

const containerOf = (name) => containers[inputs[name].container];
const codecOf = (name) => videos[inputs[name].video].codec;
const timeOf = (sample, { onlyDts }) => (onlyDts ? sample.dts : sample.pts);
// The container's times, or half of the finest step of a stream's own.
const tickOf = (name) => containerOf(name).tick ?? 1 / 24000;

// --- lists -----------------------------------------------------------------------

const isClosed = (first, members) => {
  if (first.kind === 'idr' || first.kind === 'key-frame')
    return true;
  return first.kind !== 'none' && !members.some(({ leading, early }) =>
    (leading ? leading === 'dependent' : early));
};

// GOPs by what the headers say and the times that ffprobe gives.
const wantedGops = async (name, input) => {
  const packets = await probe(input, 'v');
  const points = await accessPoints(input, codecOf(name));
  assert.equal(points.length, packets.length);
  const starts = points.flatMap(({ kind }, i) =>
    (i === 0 || kind !== 'none' ? [i] : []));
  return starts.map((start, i) => {
    const end = starts[i + 1] ?? packets.length;
    const time = timeOf(packets[start], containerOf(name));
    const members = points.slice(start, end).map((point, j) => ({
      ...point, early: timeOf(packets[start + j], containerOf(name)) < time,
    }));
    return {
      kind: points[start].kind,
      closed: isClosed(points[start], members),
      leading_pictures: members.filter(({ leading, early }) =>
        (leading ? leading !== 'no' : early)).length,
      first_frame: start,
      frames: end - start,
      time,
    };
  });
};

const checkGops = async (name) => {
  const input = await makeInput(name);
  const gops = await listGops(input);
  const wanted = await wantedGops(name, input);
  assert.deepEqual(
    gops.map(({ kind, closed, leading_pictures, first_frame, frames }) =>
      ({ kind, closed, leading_pictures, first_frame, frames })),
    wanted.map(({ time, ...gop }) => gop));
  for (const [i, gop] of gops.entries()) {
    near(gop.pts_time, wanted[i].time, tickOf(name) / 2, `time of GOP ${i}`);
    assert.equal(gop.first_byte === undefined, !containerOf(name).table);
  }
};

const showFrames = async (input) => JSON.parse(await run('ffprobe', ['-v',
  'error', '-select_streams', 'v', '-show_frames', '-show_entries',
  'frame=pict_type,pts_time,pkt_dts_time,pkt_pos,coded_picture_number',
  '-of', 'json', input])).frames;

// Sizes are not compared: they are those of another form where a parser is
// between.
const checkFrames = async (name) => {
  const input = await makeInput(name);
  const records = await index(input);
  const [track] = records.filter((record) => record.kind === 'video');
  const got = records.filter((record) => record.record === 'iframe');
  const wanted = (await showFrames(input))
    .filter((frame) => frame.pict_type === 'I');
  assert.equal(got.length, wanted.length);
  // ffprobe counts them of H.264 only.
  if (codecOf(name) === 'h264')
    assert.deepEqual(got.map((frame) => frame.coded_picture_number),
      wanted.map((frame) => frame.coded_picture_number));
  for (const [i, frame] of got.entries()) {
    near(frame.pts / track.timescale, Number(containerOf(name).onlyDts ?
      wanted[i].pkt_dts_time : wanted[i].pts_time), tickOf(name) / 2,
    `time of I-frame ${i}`);
    assert.equal(frame.offset,
      containerOf(name).table ? Number(wanted[i].pkt_pos) : -1);
  }
};

// Every frame of the file, in decoding order.
const checkAllFrames = async (name) => {
  const input = await makeInput(name);
  const got = JSON.parse(await run('haberdash',
    ['gops', '--frames', '--json', input]));
  const packets = await probe(input, 'v');
  const points = await accessPoints(input, codecOf(name));
  const shown = (await showFrames(input)).map((frame) => frame.pict_type);
  const { table, onlyDts, noDts } = containerOf(name);
  assert.deepEqual(got.map((frame) => frame.coded_picture_number),
    packets.map((packet, i) => i));
  assert.deepEqual(got.map((frame) => frame.key_frame),
    points.map(({ kind }) => kind !== 'none'));
  assert.deepEqual([...got].sort((a, b) => a.pts_time - b.pts_time)
    .map((frame) => frame.pict_type), shown);
  for (const [i, frame] of got.entries()) {
    near(frame.pts_time, timeOf(packets[i], { onlyDts }), tickOf(name) / 2,
      `time of frame ${i}`);
    if (!noDts)
      near(frame.dts_time, packets[i].dts, tickOf(name) / 2,
        `decoding time of frame ${i}`);
    assert.ok(frame.duration > 0 && frame.size > 0);
    assert.equal(frame.offset, table ? packets[i].pos : undefined);
  }
};

const checkTracks = async (name) => {
  const { sound } = inputs[name];
  const records = await index(await makeInput(name));
  const tracks = records.filter((record) => record.record === 'track');
  const [video, audio] = ['video', 'audio'].map((kind) =>
    tracks.find((track) => track.kind === kind));
  assert.equal(records.at(-1).record, 'done');
  assert.deepEqual([video.width, video.height], [320, 180]);
  near(video.duration_ns / 1e9, 2, 0.1, 'duration');
  assert.equal(Boolean(audio), Boolean(sound));
  // Of MP3 in a table of samples only the sample entry is read.
  if (audio && !(containerOf(name).table && sounds[sound].codec === 'mp3')) {
    assert.equal(audio.codec, sounds[sound].mime);
    assert.deepEqual([audio.channels, audio.rate],
      [sounds[sound].count, sounds[sound].rate]);
  }
  assert.equal(new Set(tracks.map((track) => track.number)).size,
    tracks.length);
};

// --- cuts --------------------------------------------------------------------------

const MAX_CUTS = 4;

const countFrames = async (file) => {
  const text = await run('ffprobe', ['-v', 'error', '-select_streams', 'v',
    '-count_frames', '-show_entries', 'stream=nb_read_frames',
    '-of', 'csv=p=0', file]);
  return Number(/\d+/.exec(text));
};

const payload = async (name, file) => {
  const form = containerOf(name).forms?.[codecOf(name)];
  return form ? digestsBehind(form, file, 'v') : probe(file, 'v');
};

const checkCuts = async (name) => {
  const input = await makeInput(name);
  const gops = await listGops(input);
  const samples = [];
  for (const [i, gop] of gops.slice(0, MAX_CUTS).entries()) {
    const file = path.join(folder, `gop-${i}.mp4`);
    await run('haberdash', ['slice', input, String(i), file]);
    const part = await payload(name, file);
    assert.equal(part.length, gop.frames, `frames of GOP ${i}`);
    near((await probe(file, 'v'))[0].pts, 0, 1e-3, `start of GOP ${i}`);
    samples.push(...part);
    await ffmpeg('-xerror', '-i', file, '-f', 'null', '-');
    // What leads an open GOP needs the one before and cannot be shown.
    assert.ok(await countFrames(file) >= gop.frames - gop.leading_pictures,
      `GOP ${i} decodes`);
  }
  assertSamePayload(samples,
    (await payload(name, input)).slice(0, samples.length));
  await assert.rejects(run('haberdash', ['slice', input, String(gops.length),
    path.join(folder, 'none.mp4')]), /status 66/);
};

// Each video in MP4, and of each container each video that it has.
const seen = new Set();
const everyVideo = Object.keys(inputs).filter((name) => {
  const { container, video, file } = inputs[name];
  const pair = `${container} ${video} ${file}`;
  return !seen.has(pair) && seen.add(pair);
});
const everyContainer = everyVideo.filter((name, i) =>
  everyVideo.findIndex((one) =>
    inputs[one].container === inputs[name].container) === i ||
  inputs[name].container === 'MP4');

// What is in a file without a table is read the same way whatever holds it.
const everyReading = everyVideo.filter((name, i) =>
  inputs[name].container === 'Matroska' || everyVideo.findIndex((one) =>
    inputs[one].container === inputs[name].container) === i);

for (const name of everyVideo)
  test(`${name}: the GOPs`, () => checkGops(name));
for (const name of everyReading)
  test(`${name}: the frames`, () => checkAllFrames(name));
for (const name of everyContainer) {
  test(`${name}: the I-frames`, () => checkFrames(name));
  test(`${name}: the GOPs as files`, () => checkCuts(name));
}
for (const name of Object.keys(inputs)) {
  if (inputs[name].sound && !inputs[name].file)
    test(`${name}: the tracks`, () => checkTracks(name));
}
