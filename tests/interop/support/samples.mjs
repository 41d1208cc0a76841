// SPDX-License-Identifier: LGPL-2.1-or-later
// The samples of a track as other programs see them: a digest of the payload
// and the times in seconds, in decoding order.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';

import { gstLaunch, run } from './run.mjs';

const seconds = (text) => (text === undefined ? null : Number(text));

// As ffprobe finds them in a file, manifest or playlist; kind: 'v' or 'a', of
// which the first one counts. options are of its demuxer, as
// ['-decryption_key', …].
export const probe = async (file, kind, options = []) => {
  const { packets = [], streams } = JSON.parse(await run('ffprobe', [
    '-v', 'error', ...options, '-select_streams', kind, '-show_streams',
    '-show_packets', '-show_data_hash', 'sha256', '-of', 'json', file,
  ]));
  return packets
    .filter((packet) => packet.stream_index === streams[0].index)
    .map((packet) => ({
      digest: packet.data_hash.replace('SHA256:', ''),
      pts: seconds(packet.pts_time),
      dts: seconds(packet.dts_time),
      size: Number(packet.size),
      pos: Number(packet.pos),
      key: packet.flags.includes('K'),
    }));
};

// The digests of what a filter of ffmpeg's makes of each sample.
export const digestsBehind = async (filter, file, kind, options = []) => {
  const text = await run('ffmpeg', ['-nostdin', '-v', 'error', ...options,
    '-i', file, '-map', `0:${kind}:0`, '-c', 'copy', '-copyinkf',
    '-bsf', filter, '-f', 'framehash', '-hash', 'sha256', '-']);
  return text.split('\n').filter((line) => /^\d/.test(line))
    .map((line) => ({ digest: line.split(',')[5].trim() }));
};

const CLOCK = /(\d+):(\d\d):(\d\d)\.(\d{9})/;

const clock = (text) => {
  const match = CLOCK.exec(text);
  if (!match)
    return null;
  const [, hours, minutes, whole, nanos] = match.map(Number);
  return hours * 3600 + minutes * 60 + whole + nanos / 1e9;
};

// As GStreamer's own demuxer delivers them through chain, a piece of a launch
// line such as 'qtdemux name=d d.video_0'. A sink drops what lies before the
// segment, audio priming for one, unless it has no time any more: hence the
// second identity.
export const deliver = async (file, chain) => {
  const payload = `${file}.${process.pid}.payload`;
  const log = await gstLaunch(`-v filesrc location=${file} ! ${chain} !
    identity name=probe silent=false ! identity single-segment=true !
    filesink location=${payload}`);
  const all = await readFile(payload);
  await rm(payload);

  let offset = 0;
  const samples = [];
  const line = /chain {3}\*{7} \(probe:sink\) \((\d+) bytes, dts: (\S+), pts: (\S+),/g;
  for (const [, size, dts, pts] of log.matchAll(line)) {
    const bytes = all.subarray(offset, offset += Number(size));
    samples.push({
      digest: createHash('sha256').update(bytes).digest('hex'),
      pts: clock(pts),
      dts: clock(dts),
      size: Number(size),
    });
  }
  assert.equal(offset, all.length, 'the log names every byte');
  return samples;
};

const firstDifference = (got, wanted) => {
  const length = Math.max(got.length, wanted.length);
  for (let i = 0; i < length; i++) {
    if (got[i]?.digest !== wanted[i]?.digest)
      return i;
  }
  return -1;
};

export const assertSamePayload = (got, wanted, who = '') => {
  assert.ok(wanted.length > 0, 'there is something to compare with');
  const at = firstDifference(got, wanted);
  assert.equal(at, -1, `${who}: sample ${at} of ${wanted.length} differs: ` +
    `${JSON.stringify(got[at])} for ${JSON.stringify(wanted[at])}; ` +
    `${got.length} came`);
};

const earliest = (samples) =>
  Math.min(...samples.map((sample) => sample.pts ?? sample.dts));

// What is to be added to the times of got.
export const shiftBetween = (got, wanted) => earliest(wanted) - earliest(got);

// The same distances from the first picture shown, to a tick of the clock.
// Programs differ in what they call zero and in whether an unset DTS is one.
export const assertSameTimes = (got, wanted, tick, who = '') => {
  const limit = tick + 2e-6; // ffprobe prints microseconds
  const shift = shiftBetween(got, wanted);
  for (const [i, sample] of wanted.entries()) {
    for (const field of ['pts', 'dts']) {
      if (sample[field] === null || got[i][field] === null)
        continue;
      const off = got[i][field] + shift - sample[field];
      assert.ok(Math.abs(off) <= limit,
        `${who}: ${field} of sample ${i} is ${off} s off: ${got[i][field]} for ` +
        `${sample[field]} (shift ${shift})`);
    }
  }
};
