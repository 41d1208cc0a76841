// SPDX-License-Identifier: LGPL-2.1-or-later
// Media made for a test.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const FRAME_RATE = 25;

const H264 = ['libx264', '-preset', 'ultrafast', '-bf', '2', '-sc_threshold', '0'];

// The picture changes from frame to frame and says its time. Tagged BT.709, as
// Chromium guesses untagged pictures differently in a file and in a stream.
// video, audio: ffmpeg's encoders with their options; H.264 with B-frames and
// AAC.
export async function makeClip(path, { seconds = 8, gop = 50, video = H264, audio = ['aac'] } = {}) {
  await run('ffmpeg', ['-v', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=${FRAME_RATE}:duration=${seconds}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`,
    '-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p',
    '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709',
    '-c:v', ...video, '-threads', '1', '-g', String(gop),
    '-c:a', ...audio, '-strict', '-2', path], { timeout: 60_000 });
}

// A small film of so many GOPs of a second each: one of a minute, joined.
export async function joinClip(path, gops) {
  const part = `${path}.part.mp4`;

  await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=64x36:rate=${FRAME_RATE}:duration=60`,
    '-vf', 'format=yuv420p', '-c:v', ...H264, '-threads', '1', '-g', String(FRAME_RATE), part], { timeout: 60_000 });
  await run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', String(gops / 60 - 1), '-i', part, '-c', 'copy', path],
    { timeout: 60_000 });
}

// Each access unit of the video in decoding order, as ffprobe has it.
export async function probeFrames(path) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_packets', '-show_frames',
    '-of', 'json', path], { timeout: 60_000, maxBuffer: 1 << 28 });
  const all = JSON.parse(stdout).packets_and_frames;
  const types = new Map(all.filter(({ type }) => type === 'frame').map((frame) => [frame.pts, frame.pict_type]));

  return all.filter(({ type }) => type === 'packet').map((packet) => ({ type: types.get(packet.pts),
    size: Number(packet.size), pos: Number(packet.pos), pts: Number(packet.pts_time), dts: Number(packet.dts_time) }));
}

// Indices and frame counts of the GOPs as ffprobe counts them; right where
// every GOP starts with an IDR picture, as here.
export async function probeGops(path) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0',
    '-show_entries', 'packet=flags', '-of', 'csv=p=0', path], { timeout: 60_000 });
  const gops = [];

  for (const flags of stdout.trim().split('\n')) {
    if (flags.startsWith('K'))
      gops.push(0);
    gops[gops.length - 1]++;
  }
  return gops;
}
