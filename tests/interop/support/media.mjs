// SPDX-License-Identifier: LGPL-2.1-or-later
// The inputs: each container with each codec that it has and that GStreamer's
// demuxer knows, and in MP4 every stream.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { exists } from './package.mjs';
import { ffmpeg, gstLaunch } from './run.mjs';
import { makeOnce, makeStream, sounds, videos } from './streams.mjs';

const H264 = 'H.264, B-frames';
const H265 = 'H.265, pyramid';
const AV1 = 'AV1, tiles';
const VP9 = 'VP9, frames that are not shown';
const ALL_VIDEO = [H264, H265, AV1, VP9];
const ALL_SOUND = ['AAC', 'Opus', 'AC-3', 'E-AC-3', 'FLAC', 'MP3'];
const MOV_SOUND = ['AAC', 'AC-3', 'E-AC-3', 'MP3'];
const TS_SOUND = ['AAC', 'Opus', 'AC-3', 'E-AC-3', 'MP3'];

// Byte streams are compared without their form and what it brings: start codes
// or lengths, parameter sets, delimiters; AAC without its ADTS headers. h264parse
// drops the SEI messages that stand in front of the first parameter sets.
const units = {
  h264: 'h264_mp4toannexb,filter_units=remove_types=6-9',
  hevc: 'hevc_mp4toannexb,filter_units=remove_types=32-35',
};
const frames = { aac: 'aac_adtstoasc' };

const fragments = (flags, ...more) => ['-movflags', flags, ...more];

// ending: of file names. flags: of ffmpeg's muxer; mux: a line of GStreamer's
// in its place. videos, sounds: what it has. tick: seconds, of its times, 0 where
// streams count in their own. forms: by codec, the filter of ffmpeg's behind
// which a stream is compared. noDts: it has presentation times only; onlyDts:
// decoding times only. table: it has one of all its samples.
export const containers = {
  'MP4': {
    ending: 'mp4', videos: ALL_VIDEO, sounds: ALL_SOUND, table: true,
  },
  'MP4, index in front': {
    ending: 'mp4', videos: ALL_VIDEO, sounds: ALL_SOUND, table: true,
    flags: ['-movflags', '+faststart'],
  },
  'MOV': {
    ending: 'mov', videos: [H264, H265], sounds: MOV_SOUND, table: true,
  },
  'MP4, by GStreamer': {
    ending: 'mp4', videos: [H264, H265], sounds: ['AAC', 'Opus'], table: true,
    mux: 'mp4mux',
  },
  'fragmented MP4': {
    ending: 'mp4', videos: ALL_VIDEO, sounds: ALL_SOUND,
    flags: fragments('frag_keyframe+empty_moov+delay_moov'),
  },
  'fragmented MP4, segment index': {
    ending: 'mp4', videos: ALL_VIDEO, sounds: ALL_SOUND,
    flags: fragments('dash+global_sidx+frag_keyframe+delay_moov'),
  },
  'fragmented MP4, random access index': {
    ending: 'mp4', videos: ALL_VIDEO, sounds: ALL_SOUND,
    flags: fragments('frag_keyframe+default_base_moof+delay_moov'),
  },
  'fragments shorter than a GOP': {
    ending: 'mp4', videos: ALL_VIDEO, sounds: ALL_SOUND,
    flags: fragments('empty_moov+default_base_moof+delay_moov',
      '-frag_duration', '300000'),
  },
  'Matroska': {
    ending: 'mkv', videos: ALL_VIDEO, sounds: ALL_SOUND, tick: 1e-3,
    noDts: true,
  },
  'Matroska, by GStreamer': {
    ending: 'mkv', videos: [H264, H265, VP9],
    sounds: ['AAC', 'Opus', 'FLAC', 'AC-3'],
    tick: 1e-3, noDts: true, mux: 'matroskamux',
  },
  'WebM': {
    ending: 'webm', videos: [VP9, AV1], sounds: ['Opus'], tick: 1e-3,
    noDts: true,
  },
  'MPEG-TS': {
    ending: 'ts', videos: [H264, H265], sounds: TS_SOUND, tick: 1 / 90000,
    forms: { ...units, ...frames },
  },
  'MPEG-TS, hours from zero': {
    ending: 'ts', videos: [H264, H265], sounds: TS_SOUND, tick: 1 / 90000,
    flags: ['-output_ts_offset', '40000'], forms: { ...units, ...frames },
  },
  'MPEG-TS, by GStreamer': {
    ending: 'ts', videos: [H264, H265], sounds: ['AAC', 'AC-3', 'Opus'],
    tick: 1 / 90000, forms: { ...units, ...frames }, mux: 'mpegtsmux',
  },
  'MPEG-TS of Blu-ray': {
    ending: 'm2ts', videos: [H264, H265], sounds: ['AC-3', 'E-AC-3'], tick: 1 / 90000,
    forms: { ...units, ...frames },
  },
  'AVI': {
    ending: 'avi', videos: ['H.264, in order'], sounds: ['AAC', 'AC-3', 'MP3'],
    onlyDts: true, forms: units,
  },
  'FLV': {
    ending: 'flv', videos: [H264], sounds: ['AAC', 'MP3'], tick: 1e-3,
    forms: units,
  },
};

const nameOf = ({ container, video, sound, file }) =>
  [container, video, sound, file].filter(Boolean).join(' / ');

// Each video and each sound of a container once, and once no sound.
const inContainer = (container) => {
  const has = containers[container];
  const count = Math.max(has.videos.length, has.sounds.length);
  return Array.from({ length: count }, (_, i) => ({
    container,
    video: has.videos[i % has.videos.length],
    sound: has.sounds[i % has.sounds.length],
  }));
};

const inMp4 = (names, fill) => Object.keys(names)
  .map((name) => ({ container: 'MP4', ...fill(name) }));

// Films that others made, where they lie beside the project. start: seconds,
// where no edit list moves a first picture to 0 that is decoded before.
const given = fileURLToPath(new URL('../../../../shared/media', import.meta.url));
const films = [
  { container: 'MP4', video: H264, sound: 'AAC', file: 'bbb_prog_10s.mp4' },
  { container: 'fragmented MP4', video: H264, file: 'cbcsdec.mp4',
    start: 1001 / 24000 },
];
const haveFilms = await exists(path.join(given, films[0].file));

const all = [
  ...Object.keys(containers).flatMap(inContainer),
  ...inMp4(videos, (video) => ({ video })),
  ...inMp4(sounds, (sound) => ({ video: H264, sound })),
  { container: 'Matroska', video: 'H.264, open GOPs', sound: 'AAC' },
  { container: 'Matroska', video: 'H.265, open GOPs, four slices' },
  { container: 'MPEG-TS', video: 'H.264, open GOPs', sound: 'AAC' },
  { container: 'MPEG-TS', video: 'H.265, open GOPs, four slices' },
  { container: 'MPEG-TS', video: 'H.264, parameter sets 3' },
  ...(haveFilms ? films : []),
];

// By name: { container, video, sound (or none), file and start (of films) }.
export const inputs = Object.fromEntries(
  all.map((input) => [nameOf(input), input]));

const parsers = {
  h264: 'h264parse', hevc: 'h265parse', av1: 'av1parse', vp9: 'vp9parse',
  aac: 'aacparse', opus: 'opusparse', ac3: 'ac3parse', flac: 'flacparse',
};

const byGstreamer = (mux, streams, codecs, file) =>
  gstLaunch(`${mux} name=mux ! filesink location=${file}
    ${streams.map((stream, i) => `filesrc location=${stream} ! qtdemux !
      ${parsers[codecs[i]]} ! queue ! mux.`).join(' ')}`);

const byFfmpeg = (container, video, streams, file) => ffmpeg(
  ...streams.flatMap((stream) => ['-i', stream]),
  ...streams.flatMap((_, i) => ['-map', `${i}`]), '-c', 'copy',
  ...(container.ending === 'mp4' && video.tag ? ['-tag:v', video.tag] : []),
  ...(container.flags ?? []), '-strict', '-2', file);

export const makeInput = async (name) => {
  const { container: label, video, sound, file: film } = inputs[name];
  const container = containers[label];
  if (film)
    return path.join(given, film);
  const streams = await Promise.all(
    [video, sound].filter(Boolean).map(makeStream));
  const codecs = [videos[video].codec, sounds[sound]?.codec];
  return makeOnce([streams, container], container.ending, (file) =>
    (container.mux ? byGstreamer(container.mux, streams, codecs, file) :
      byFfmpeg(container, videos[video], streams, file)));
};

// AVI cannot say when they are shown.
export const makeReorderedAvi = async () => {
  const stream = await makeStream(H264);
  return makeOnce([stream, 'avi'], 'avi',
    (file) => ffmpeg('-i', stream, '-c', 'copy', file));
};
