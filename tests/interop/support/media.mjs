// SPDX-License-Identifier: LGPL-2.1-or-later
// The inputs: short clips, each with one thing that is easy to get wrong.

import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { ffmpeg } from './run.mjs';

const picture = (rate = '25', size = '320x180') =>
  ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
const x264 = (params) =>
  ['-c:v', 'libx264', '-preset', 'fast', '-pix_fmt', 'yuv420p', '-threads', '1',
    '-b:v', '600k', '-x264-params', params];
const aac = ['-c:a', 'aac', '-b:a', '96k', '-ac', '2'];

const clip = ({
  params, rate, size, seconds = '6', sound = true, flags = [],
}) => (file) => ffmpeg(
  ...picture(rate, size), ...(sound ? tone : []), '-t', seconds,
  ...x264(params), ...(sound ? aac : []), ...flags, file);

// Parameter sets that change on the way and come in band only: the second
// half has another entropy coding, other defaults and another PPS. avc3 with
// what the first half's avcC says would read its slice headers wrong.
const changingParameterSets = async (file) => {
  const halves = [
    'keyint=25:bframes=0:cabac=1:weightp=0:ref=1',
    'keyint=25:bframes=0:cabac=0:weightp=2:ref=4:slices=2:qp=23',
  ];
  const joined = `${file}.h264`;
  for (const [i, params] of halves.entries()) {
    const half = `${file}.${i}.h264`;
    await ffmpeg(...picture(), '-t', '3', ...x264(`${params}:repeat-headers=1`),
      '-f', 'h264', half);
    await appendFile(joined, await readFile(half));
    await rm(half);
  }
  await ffmpeg('-f', 'h264', '-r', '25', '-i', joined, '-c', 'copy',
    '-tag:v', 'avc3', file);
  await rm(joined);
};

// name: file name, how it is made, whether it has sound, and why it cannot go
// through parsebin.
export const media = {
  'B-frames': {
    file: 'bframes.mp4',
    sound: true,
    make: clip({ params: 'keyint=50:bframes=3:b-pyramid=normal' }),
  },
  'four slices': {
    file: 'slices.mp4',
    sound: true,
    make: clip({ params: 'keyint=50:bframes=2:slices=4' }),
  },
  'open GOPs': {
    file: 'open.mp4',
    sound: true,
    make: clip({ params: 'keyint=30:min-keyint=30:scenecut=0:bframes=3:open-gop=1' }),
  },
  'avc3': {
    file: 'avc3.mp4',
    sound: true,
    make: clip({
      params: 'keyint=50:bframes=2',
      flags: ['-bsf:v', 'dump_extra=freq=keyframe', '-tag:v', 'avc3'],
    }),
  },
  'avc3, changing parameter sets': {
    file: 'changing.mp4',
    sound: false,
    noParsebin: 'parsebin makes it avc, which has room for one set only',
    make: changingParameterSets,
  },
  'no sound': {
    file: 'silent.mp4',
    sound: false,
    make: clip({ params: 'keyint=50:bframes=2', sound: false }),
  },
  'MOV': {
    file: 'movie.mov',
    sound: true,
    make: clip({ params: 'keyint=50:bframes=2' }),
  },
  'short last GOP': {
    file: 'short.mp4',
    sound: true,
    make: clip({ params: 'keyint=50:scenecut=0:bframes=2', seconds: '6.2' }),
  },
  '23.976 frames a second': {
    file: 'film.mp4',
    sound: true,
    make: clip({ params: 'keyint=48:bframes=3', rate: '24000/1001', seconds: '10' }),
  },
  'interlaced': {
    file: 'interlaced.mp4',
    sound: true,
    make: clip({
      params: 'keyint=50:bframes=2:tff=1',
      flags: ['-flags', '+ildct+ilme'],
      size: '720x576',
    }),
  },
  'baseline': {
    file: 'baseline.mp4',
    sound: true,
    make: clip({ params: 'keyint=50', flags: ['-profile:v', 'baseline'] }),
  },
  'one GOP': {
    file: 'single.mp4',
    sound: true,
    make: clip({ params: 'keyint=infinite:scenecut=0:bframes=2' }),
  },
  'index at the front': {
    file: 'front.mp4',
    sound: true,
    make: clip({
      params: 'keyint=50:bframes=2', flags: ['-movflags', '+faststart'],
    }),
  },
};

export const makeMedia = async (name, folder) => {
  const file = path.join(folder, media[name].file);
  await media[name].make(file);
  return file;
};
