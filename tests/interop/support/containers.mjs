// SPDX-License-Identifier: LGPL-2.1-or-later
// The same pictures in each container, as ffmpeg writes it, and what GStreamer
// delivers of each: the demuxer's access units, or where the parts after it need
// another form the parser's.

import path from 'node:path';

import { ffmpeg } from './run.mjs';

const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];

const encode = (params, sound) => [
  ...source, ...(sound ? tone : []), '-t', '4',
  '-c:v', 'libx264', '-preset', 'fast', '-pix_fmt', 'yuv420p',
  '-threads', '1', '-b:v', '500k', '-x264-params', params,
  ...(sound ? ['-c:a', 'aac', '-b:a', '96k', '-ac', '2'] : []),
];

const REORDERED = 'keyint=25:bframes=3:b-pyramid=normal';
const OPEN = 'keyint=25:min-keyint=25:scenecut=0:bframes=3:open-gop=1';
const IN_ORDER = 'keyint=25:bframes=0';

const soundOf = (demuxer) => `${demuxer} name=d d. ! audio/mpeg ! aacparse !
  audio/mpeg,stream-format=raw`;
const parsed = (demuxer) => `${demuxer} ! h264parse !
  video/x-h264,stream-format=avc,alignment=au`;

// file: its name; params: of x264; flags: of ffmpeg's muxer; video: the chain
// that delivers the pictures; sound: the same of the sound; tick: seconds, of the container's times.
// onlyDts: it has no presentation times. firstIsLonger: h264parse, plugged by
// parsebin, repeats the parameter sets in the first access unit.
export const containers = {
  'fragmented MP4': {
    file: 'fragments.mp4',
    params: REORDERED,
    flags: ['-movflags', 'frag_keyframe+empty_moov'],
    video: 'qtdemux name=d d.video_0',
    sound: soundOf('qtdemux'),
    tick: 1 / 12800,
  },
  'fragmented MP4 with sidx': {
    file: 'sidx.mp4',
    params: REORDERED,
    flags: ['-movflags', 'dash+global_sidx+frag_keyframe+default_base_moof'],
    video: 'qtdemux name=d d.video_0',
    sound: soundOf('qtdemux'),
    tick: 1 / 12800,
  },
  'fragments shorter than a GOP': {
    file: 'short.mp4',
    params: REORDERED,
    flags: ['-movflags', 'empty_moov+default_base_moof',
      '-frag_duration', '300000'],
    video: 'qtdemux name=d d.video_0',
    sound: soundOf('qtdemux'),
    tick: 1 / 12800,
  },
  'Matroska': {
    file: 'movie.mkv',
    params: REORDERED,
    video: 'matroskademux name=d d.video_0',
    sound: soundOf('matroskademux'),
    tick: 1e-3,
  },
  'Matroska, open GOPs': {
    file: 'open.mkv',
    params: OPEN,
    video: 'matroskademux name=d d.video_0',
    sound: soundOf('matroskademux'),
    tick: 1e-3,
  },
  'Matroska without sound': {
    file: 'silent.mkv',
    params: REORDERED,
    video: 'matroskademux name=d d.video_0',
    tick: 1e-3,
  },
  'MPEG-TS': {
    file: 'movie.ts',
    params: REORDERED,
    video: parsed('tsdemux name=d d. ! video/x-h264'),
    sound: soundOf('tsdemux'),
    tick: 1 / 90000,
  },
  'MPEG-TS, open GOPs, hours from zero': {
    file: 'late.ts',
    params: OPEN,
    flags: ['-output_ts_offset', '40000'],
    video: parsed('tsdemux name=d d. ! video/x-h264'),
    sound: soundOf('tsdemux'),
    tick: 1 / 90000,
  },
  'Blu-ray transport stream': {
    file: 'movie.m2ts',
    params: REORDERED,
    video: parsed('tsdemux name=d d. ! video/x-h264'),
    tick: 1 / 90000,
  },
  'FLV': {
    file: 'movie.flv',
    params: REORDERED,
    video: parsed('flvdemux name=d d.video'),
    firstIsLonger: true,
    sound: soundOf('flvdemux'),
    tick: 1e-3,
  },
  'AVI': {
    file: 'movie.avi',
    params: IN_ORDER,
    video: parsed('avidemux name=d d.video_0'),
    onlyDts: true,
    sound: soundOf('avidemux'),
    tick: 1 / 50,
  },
};

export const makeContainer = async (name, folder) => {
  const { file, params, flags = [], sound } = containers[name];
  const output = path.join(folder, file);
  await ffmpeg(...encode(params, sound), ...flags, output);
  return output;
};

// AVI cannot say when they are shown.
export const makeReorderedAvi = async (folder) => {
  const output = path.join(folder, 'reordered.avi');
  await ffmpeg(...encode(REORDERED, false), output);
  return output;
};
