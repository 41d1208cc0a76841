// SPDX-License-Identifier: LGPL-2.1-or-later
// How long slice headers are, as ffmpeg's trace_headers counts them: without
// emulation prevention, which is counted here from the bytes of the stream.

import { readFile } from 'node:fs/promises';

import { run } from './run.mjs';

const HEADERS = {
  h264: 'Slice Header',
  hevc: 'Slice Segment Header',
};

// Bits of each slice header, NAL header included, in the order of the stream.
export const traceSlices = async (file, codec) => {
  const log = await run('sh', ['-c', 'exec ffmpeg -nostdin -v verbose -i "$1" ' +
    '-map 0:v -c copy -bsf:v trace_headers -f null - 2>&1', 'sh', file]);
  const lengths = [];
  let inside = false;
  for (const line of log.split('\n')) {
    const text = line.replace(/^\[trace_headers @ [^\]]*\] /, '');
    if (text === line)
      continue;
    const field = /^(\d+) +\S+ +([01]+) = /.exec(text);
    if (!field) {
      inside = text === HEADERS[codec];
      if (inside)
        lengths.push(0);
    } else if (inside) {
      lengths[lengths.length - 1] = Number(field[1]) + field[2].length;
    }
  }
  return lengths;
};

// The bytes of an access unit as NAL units behind lengths of 4 bytes.
export function* nalUnits (unit) {
  for (let at = 0; at + 4 <= unit.length;) {
    const size = unit.readUInt32BE(at);
    yield { start: at + 4, data: unit.subarray(at + 4, at + 4 + size) };
    at += 4 + size;
  }
}

export const isSlice = (data, codec) => {
  const type = codec === 'hevc' ? data[0] >> 1 & 0x3f : data[0] & 0x1f;
  return codec === 'hevc' ? type < 32 : type >= 1 && type <= 5;
};

// How many bytes of a NAL unit hold its first n bytes without emulation
// prevention.
export const escapedLength = (data, n) => {
  let zeros = 0;
  let at = 0;
  for (let plain = 0; plain < n; at++) {
    if (zeros >= 2 && data[at] === 3) {
      zeros = 0;
      continue;
    }
    zeros = data[at] === 0 ? zeros + 1 : 0;
    plain++;
  }
  return at;
};

// The access units of the one track of a file whose mdat is found by ffprobe.
export const accessUnits = async (file) => {
  const bytes = await readFile(file);
  const { packets } = JSON.parse(await run('ffprobe', ['-v', 'error',
    '-select_streams', 'v', '-show_packets', '-of', 'json', file]));
  return packets.map(({ pos, size }) =>
    bytes.subarray(Number(pos), Number(pos) + Number(size)));
};
