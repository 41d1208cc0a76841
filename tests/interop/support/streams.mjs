// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoded video and sound, a second or few of each, each with something that is
// easy to get wrong, by the encoders that Debian has.

import { createHash } from 'node:crypto';
import { access, appendFile, link, mkdir, readFile, rm }
  from 'node:fs/promises';
import path from 'node:path';

import { ffmpeg, gstLaunch, makeFolder } from './run.mjs';

// Where what is made stays: the build folder's, or a temporary one.
const store = process.env.HABERDASH_TEST_MEDIA ?? await makeFolder();
await mkdir(store, { recursive: true });

const exists = (file) => access(file).then(() => true, () => false);

// The file that make (file) makes; recipe: all that it depends on. Test files
// that run side by side may make it at the same time.
const made = new Map();
export const makeOnce = (recipe, ending, make) => {
  const name = createHash('sha1').update(JSON.stringify(recipe)).digest('hex');
  const file = path.join(store, `${name}.${ending}`);
  const part = path.join(store, `${name}.${process.pid}.${ending}`);
  if (!made.has(file)) {
    made.set(file, exists(file).then(async (there) => {
      if (!there) {
        await make(part);
        // Whoever was first is right: what encoders make need not be the same
        // twice, and others may have read it already.
        await link(part, file).catch((error) => {
          if (error.code !== 'EEXIST')
            throw error;
        });
        await rm(part);
      }
      return file;
    }));
  }
  return made.get(file);
};

// --- video -----------------------------------------------------------------

const clip = (file, encoder, { size = '320x180', rate = 25, seconds = 2 } = {}) =>
  ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`,
    '-t', String(seconds), '-pix_fmt', 'yuv420p', ...encoder, file);

const video = (codec, encoder, { facts = {}, ...source } = {}) => ({
  codec,
  recipe: [encoder, source],
  make: (file) => clip(file, encoder, source),
  ...facts,
});

const X264 = ['-c:v', 'libx264', '-preset', 'fast', '-threads', '1',
  '-b:v', '500k'];
const x264 = (params, { flags = [], ...more } = {}) => video('h264',
  [...X264, '-x264-params', params, ...flags], more);

const X265 = ['-c:v', 'libx265', '-tag:v', 'hvc1'];
const x265 = (params, { flags = [], ...more } = {}) => video('hevc', [...X265,
  '-x265-params', `log-level=none:keyint=25:min-keyint=25:${params}`,
  ...flags], more);

const AOM = ['-c:v', 'libaom-av1', '-cpu-used', '8', '-g', '25',
  '-b:v', '300k'];
const aom = (...flags) => video('av1', [...AOM, ...flags]);

const VPX = ['-c:v', 'libvpx-vp9', '-g', '25', '-b:v', '300k'];
const vpx = (...flags) => video('vp9', [...VPX, ...flags]);

// Parameter sets that change on the way and come in band only: with those of
// the sample entry, the slice headers of the second half would be read wrong.
const changing = (codec, tag, encoder, halves) => ({
  codec,
  tag,
  recipe: [codec, tag, encoder, halves],
  make: async (file) => {
    const joined = `${file}.joined`;
    for (const params of halves) {
      const half = `${file}.half`;
      await clip(half, [...encoder(params), '-f', codec]);
      await appendFile(joined, await readFile(half));
      await rm(half);
    }
    await ffmpeg('-f', codec, '-r', '25', '-i', joined, '-c', 'copy',
      '-tag:v', tag, file);
    await rm(joined);
  },
});

// By openh264, which ffmpeg does not have in Debian.
const openh264 = (properties) => ({
  codec: 'h264',
  recipe: properties,
  make: (file) => gstLaunch(`videotestsrc pattern=smpte num-buffers=50 !
    video/x-raw,width=320,height=180,framerate=25/1 !
    openh264enc gop-size=25 ${properties} ! h264parse ! mp4mux !
    filesink location=${file}`),
});

// codec: as ffprobe names it. tag: of the sample entry, where it is not the one
// that ffmpeg takes by itself. mime: the codecs string of the manifest.
// notShaka: why Shaka Packager 3.4.2 does not find the same ranges.
// noParsebin: why it cannot go through parsebin.
export const videos = {
  'H.264, B-frames': x264('keyint=25:bframes=3:b-pyramid=normal'),
  'H.264, in order': x264('keyint=25:bframes=0'),
  'H.264, baseline': x264('keyint=25', { flags: ['-profile:v', 'baseline'] }),
  'H.264, four slices': x264('keyint=25:bframes=2:slices=4'),
  'H.264, forty slices, CAVLC, no deblocking':
    x264('keyint=25:bframes=2:slices=40:cabac=0:no-deblock=1',
      { size: '320x720' }),
  'H.264, open GOPs':
    x264('keyint=25:min-keyint=25:scenecut=0:bframes=3:open-gop=1'),
  'H.264, intra refresh': x264('keyint=25:intra-refresh=1:bframes=0'),
  'H.264, macroblock-adaptive frames and fields':
    x264('keyint=25:bframes=2:tff=1', { flags: ['-flags', '+ildct+ilme'] }),
  'H.264, frames of a sequence that may have fields':
    x264('keyint=25:bframes=2:fake-interlaced=1'),
  'H.264, sixteen references and weights':
    x264('keyint=50:ref=16:bframes=5:b-adapt=0:weightp=2:weightb=1:' +
      'b-pyramid=normal:scenecut=0', { seconds: 3 }),
  'H.264, 10 bits': x264('keyint=25', { flags: ['-pix_fmt', 'yuv420p10le'] }),
  'H.264, 4:4:4': x264('keyint=25', { flags: ['-pix_fmt', 'yuv444p'] }),
  'H.264, lossless': x264('keyint=25:qp=0'),
  'H.264, only I-frames': x264('keyint=1'),
  'H.264, one GOP': x264('keyint=infinite:scenecut=0:bframes=2'),
  'H.264, short last GOP': x264('keyint=25:scenecut=0:bframes=2',
    { seconds: 2.2 }),
  'H.264, 23.976 frames a second': x264('keyint=24:bframes=3',
    { rate: '24000/1001', seconds: 5 }),
  'H.264, parameter sets 3': x264('keyint=25:sps-id=3:bframes=2'),
  'H.264, parameter sets in band': {
    ...x264('keyint=25:bframes=2',
      { flags: ['-bsf:v', 'dump_extra=freq=keyframe', '-tag:v', 'avc3'] }),
    tag: 'avc3',
  },
  'H.264, parameter sets that change': {
    ...changing('h264', 'avc3',
      (params) => [...X264, '-x264-params', params], [
        'repeat-headers=1:keyint=25:bframes=0:cabac=1:weightp=0:ref=1',
        'repeat-headers=1:keyint=25:bframes=0:cabac=0:weightp=2:ref=4:slices=2',
        'repeat-headers=1:keyint=25:bframes=0:ref=2:sps-id=5:slices=3',
      ]),
    noParsebin: 'parsebin makes it avc, which has room for one set only',
  },
  'H.264, by openh264': openh264('slice-mode=n-slices num-slices=3'),

  'H.265, pyramid': {
    ...x265('bframes=4:b-pyramid=1:open-gop=0'), mime: /^hvc1\.1\.6\.L\d+\.90$/,
  },
  'H.265, open GOPs, four slices': {
    ...x265('bframes=3:open-gop=1:slices=4:ctu=16:max-tu-size=16:qg-size=16',
      { flags: ['-tag:v', 'hev1'] }),
    tag: 'hev1',
    mime: /^hev1\.1\.6\.L\d+\.90$/,
  },
  'H.265, leading pictures that decode, 10 bits, 4:2:2': {
    ...x265('bframes=3:radl=2:open-gop=0:weightp=1:weightb=1:ref=5',
      { flags: ['-pix_fmt', 'yuv422p10le'] }),
    mime: /^hvc1\.4\.10\.L\d+\./,
  },
  'H.265, lossless, no SAO, no deblocking': {
    ...x265('lossless=1:no-sao=1:no-deblock=1:open-gop=0:wpp=0'),
    notShaka: 'it forgets that a PPS switches deblocking off, and reads a ' +
      'slice_loop_filter_across_slices_enabled_flag that is not there',
  },
  'H.265, many references and weights':
    x265('bframes=8:b-adapt=0:ref=6:weightp=1:weightb=1:open-gop=1:rd=2'),
  'H.265, fields': x265('interlace=tff:bframes=2:open-gop=0'),
  'H.265, intra refresh': x265('intra-refresh=1:bframes=0'),
  'H.265, only I-frames': x265('keyint=1:min-keyint=1'),
  'H.265, temporal layers': x265('temporal-layers=3:bframes=4:open-gop=0'),
  'H.265, offsets, no temporal motion vectors, hashes': x265(
    'scaling-list=default:deblock=-2,2:no-temporal-mvp=1:cbqpoffs=3:' +
    'crqpoffs=-2:aud=1:hash=1:hrd=1:vbv-maxrate=500:vbv-bufsize=500:' +
    'bitrate=400:open-gop=1:bframes=3'),
  'H.265, 12 bits': x265('open-gop=1:bframes=2',
    { flags: ['-pix_fmt', 'yuv420p12le'] }),
  'H.265, entry points of three slices': x265('slices=3:wpp=1:bframes=2',
    { size: '1280x720', seconds: 1.2 }),
  'H.265, parameter sets that change': changing('hevc', 'hev1', (params) =>
    ['-c:v', 'libx265', '-x265-params',
      `log-level=none:keyint=25:repeat-headers=1:open-gop=0:${params}`], [
    'bframes=0:weightp=0:ref=1:wpp=0:no-deblock=1:qp=30',
    'bframes=0:ref=4:slices=2:ctu=16:max-tu-size=16:qg-size=16:cbqpoffs=2:qp=20',
  ]),

  'AV1, tiles': {
    ...aom('-tiles', '2x2'), mime: /^av01\.0\.00M\.08$/,
  },
  'AV1, several tile groups, 10 bits, BT.2020': {
    ...aom('-tiles', '2x2', '-aom-params', 'num-tile-groups=2',
      '-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020',
      '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'),
    mime: /^av01\.0\.00M\.10\.0\.11\d\.09\.16\.09\.0$/,
  },
  'AV1, screen content, block copies':
    aom('-aom-params', 'tune-content=screen:enable-intrabc=1'),
  'AV1, error resilient': aom('-aom-params', 'error-resilient=1'),
  'AV1, by SVT-AV1': video('av1', ['-c:v', 'libsvtav1', '-preset', '10',
    '-g', '25']),
  'AV1, by rav1e': video('av1', ['-c:v', 'librav1e', '-speed', '10', '-g', '25',
    '-tile-columns', '2']),

  'VP9, frames that are not shown': {
    ...vpx('-cpu-used', '5', '-auto-alt-ref', '1', '-lag-in-frames', '16'),
    mime: /^vp09\.00\.11\.08$/,
  },
  'VP9, 10 bits': vpx('-deadline', 'realtime', '-cpu-used', '8',
    '-pix_fmt', 'yuv420p10le'),
  'VP9, 4:4:4': vpx('-deadline', 'realtime', '-cpu-used', '8',
    '-pix_fmt', 'yuv444p'),
  'VP9, temporal layers': vpx('-deadline', 'realtime', '-cpu-used', '8',
    '-ts-parameters', 'ts_number_layers=2:ts_target_bitrate=100,200:' +
    'ts_rate_decimator=2,1:ts_periodicity=2:ts_layer_id=0,1'),
};

// --- sound -------------------------------------------------------------------

const MPEG = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';
const CICP = 'urn:mpeg:mpegB:cicp:ChannelConfiguration';
const DOLBY = 'tag:dolby.com,2014:dash:audio_channel_configuration:2011';

const sound = (codec, mime, scheme, channels, rate, count, ...encoder) => ({
  codec,
  mime,
  channels: [scheme, channels],
  rate,
  count,
  recipe: [2, ...encoder],
  make: (file) => ffmpeg('-f', 'lavfi', '-i',
    'sine=frequency=440:sample_rate=48000', '-t', '2', ...encoder,
    '-strict', '-2', file),
});

// codec: as ffprobe names it; mime and channels (scheme, value): of the
// manifest; rate and count: what a decoder gives.
export const sounds = {
  'AAC': sound('aac', 'mp4a.40.2', MPEG, '2', 48000, 2,
    '-c:a', 'aac', '-ac', '2'),
  'Opus': sound('opus', 'opus', MPEG, '2', 48000, 2,
    '-c:a', 'libopus', '-ac', '2'),
  'AC-3': sound('ac3', 'ac-3', DOLBY, 'F801', 48000, 6,
    '-c:a', 'ac3', '-ac', '6'),
  'E-AC-3': sound('eac3', 'ec-3', DOLBY, 'F801', 48000, 6,
    '-c:a', 'eac3', '-ac', '6'),
  'FLAC': sound('flac', 'flac', MPEG, '2', 48000, 2,
    '-c:a', 'flac', '-ac', '2'),
  'MP3': sound('mp3', 'mp4a.6B', MPEG, '2', 48000, 2,
    '-c:a', 'libmp3lame', '-ac', '2'),
  'AAC, 5.1 at 44.1 kHz': sound('aac', 'mp4a.40.2', MPEG, '6', 44100, 6,
    '-c:a', 'aac', '-ac', '6', '-ar', '44100'),
  'Opus, packets of 60 ms': sound('opus', 'opus', MPEG, '1', 48000, 1,
    '-c:a', 'libopus', '-ac', '1', '-frame_duration', '60',
    '-application', 'lowdelay'),
  'Opus, 5.1': sound('opus', 'opus', MPEG, '6', 48000, 6,
    '-c:a', 'libopus', '-ac', '6'),
  'Opus, 7.1': sound('opus', 'opus', CICP, '12', 48000, 8,
    '-c:a', 'libopus', '-af', 'aformat=channel_layouts=7.1',
    '-mapping_family', '1'),
  'AC-3, stereo at 44.1 kHz': sound('ac3', 'ac-3', DOLBY, 'A000', 44100, 2,
    '-c:a', 'ac3', '-ac', '2', '-ar', '44100'),
  'E-AC-3, mono at 32 kHz': sound('eac3', 'ec-3', DOLBY, '4000', 32000, 1,
    '-c:a', 'eac3', '-ac', '1', '-ar', '32000'),
  'FLAC, 24 bits at 96 kHz': sound('flac', 'flac', MPEG, '2', 96000, 2,
    '-c:a', 'flac', '-ac', '2', '-ar', '96000', '-sample_fmt', 's32'),
  'MP3, mono at 22.05 kHz': sound('mp3', 'mp4a.69', MPEG, '1', 22050, 1,
    '-c:a', 'libmp3lame', '-ac', '1', '-ar', '22050'),
};

const MAKE = { ...videos, ...sounds };

// The stream of that name as an MP4 of its own.
export const makeStream = (name) =>
  makeOnce([name, MAKE[name].recipe], 'mp4', MAKE[name].make);
