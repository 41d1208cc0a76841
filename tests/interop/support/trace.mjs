// SPDX-License-Identifier: LGPL-2.1-or-later
// What is in the headers of a video stream as ffmpeg's trace_headers reads them.

import { run } from './run.mjs';

const HEADERS = { h264: 'Slice Header', hevc: 'Slice Segment Header' };

const FIELD = /^(\d+) +(\S+) +([01]*) = (-?\d+)$/;

// Of each packet its units in order: { name, fields, bits }, bits being those
// from the start of the unit to the end of its last field, without emulation
// prevention.
export const trace = async (file) => {
  const log = await run('sh', ['-c', 'exec ffmpeg -nostdin -nostats ' +
    '-v verbose -i "$1" -map 0:v:0 -c copy -copyinkf -bsf:v trace_headers ' +
    '-f null - 2>&1', 'sh', file]);
  const packets = [];
  for (const line of log.split('\n')) {
    const text = line.replace(/^\[trace_headers @ [^\]]*\] /, '');
    if (text === line)
      continue;
    if (text.startsWith('Packet: ')) {
      packets.push([]);
      continue;
    }
    const units = packets.at(-1); // none yet: those are of the extradata
    const [, at, name, bits, value] = FIELD.exec(text) ?? [];
    if (units && name) {
      units.at(-1).fields[name] = Number(value);
      units.at(-1).bits = Number(at) + bits.length;
    } else if (units && /^[A-Z]/.test(text)) {
      units.push({ name: text, fields: {}, bits: 0 });
    }
  }
  return packets;
};

const slicesOf = (units, codec) =>
  units.filter((unit) => unit.name === HEADERS[codec]);

// The bits of each slice header, NAL header included, of each packet.
export const sliceHeaderBits = async (file, codec) =>
  (await trace(file)).map((units) =>
    slicesOf(units, codec).map((unit) => unit.bits));

const fieldsOf = (units, name) => units
  .filter((unit) => name in unit.fields).map((unit) => unit.fields[name]);

// Kind of random access point, in the words of ours; leading: whether what comes
// before it in presentation may refer to what comes before it in the stream,
// where the codec says so.
const kinds = {
  h264: (units) => {
    const types = slicesOf(units, 'h264')
      .map(({ fields }) => fields.nal_unit_type);
    const recovery = fieldsOf(units, 'recovery_frame_cnt').includes(0);
    return {
      kind: types.includes(5) ? 'idr' : recovery ? 'recovery-point' : 'none',
    };
  },
  hevc: (units) => {
    const [{ fields: { nal_unit_type: type } }] = slicesOf(units, 'hevc');
    return {
      kind: type === 19 || type === 20 ? 'idr' :
        type >= 16 && type <= 21 ? 'cra' : 'none',
      leading: { 6: 'decodable', 7: 'decodable', 8: 'dependent',
        9: 'dependent' }[type] ?? 'no',
    };
  },
  av1: (units) => ({
    kind: units.some(({ fields }) => fields.frame_type === 0 &&
      fields.show_frame === 1) ? 'key-frame' : 'none',
  }),
};
kinds.vp9 = kinds.av1;

export const accessPoints = async (file, codec) =>
  (await trace(file)).map(kinds[codec]);
