// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to break what is in the streams, whatever container is around them: found by
// its look, and written over in place.

import { extremeOf } from './numbers.mjs';

// An H.264 parameter set, of which each number may be absurd.
class Bits {
  #bits = '';
  u(count, value) {
    this.#bits += (value >>> 0).toString(2).padStart(count, '0').slice(-count);
    return this;
  }
  ue(value) {
    const text = (BigInt(value) + 1n).toString(2);
    this.#bits += '0'.repeat(text.length - 1) + text;
    return this;
  }
  end() {
    const padded = `${this.#bits}1`.padEnd(Math.ceil((this.#bits.length + 1) / 8) * 8, '0');
    return Buffer.from(padded.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  }
}

const h264Sps = ({ profile = 66, id = 0, frameNum = 0, order = 2, cycle = 0, references = 1,
  width = 7, height = 5, crop = 0 } = {}) => {
  const bits = new Bits().u(8, 0x67).u(8, profile).u(8, 0).u(8, 30).ue(id).ue(frameNum).ue(order);
  if (order === 0)
    bits.ue(cycle);
  if (order === 1) {
    bits.u(1, 0).ue(0).ue(0).ue(cycle);
    for (let i = 0; i < Math.min(cycle, 300); i++)
      bits.ue(1);
  }
  bits.ue(references).u(1, 0).ue(width).ue(height).u(1, 1).u(1, 1).u(1, crop ? 1 : 0);
  if (crop)
    bits.ue(crop).ue(crop).ue(crop).ue(crop);
  return bits.u(1, 0).end();
};

const ABSURD = [
  { width: 65535, height: 65535 }, { width: 2 ** 31, height: 1 }, { width: 4_294_967_294, height: 4_294_967_294 },
  { width: 0, height: 0 }, { crop: 60 }, { crop: 2 ** 31 }, { references: 4_294_967_294 }, { references: 16 },
  { frameNum: 255 }, { order: 7 }, { order: 1, cycle: 255 }, { order: 1, cycle: 4_000_000_000 },
  { order: 0, cycle: 200 }, { id: 31 }, { id: 32 }, { id: 4_294_967_294 }, { profile: 255 },
];

// Where a parameter set of H.264 begins, in avcC or with a start code.
const findSps = (bytes) => {
  const avcc = bytes.indexOf('avcC', 0, 'latin1');
  if (avcc > 0)
    return { at: avcc + 12, room: bytes.readUInt16BE(avcc + 10) };
  for (let at = 0; (at = bytes.indexOf(Buffer.from([0, 0, 1]), at)) >= 0; at += 3) {
    if ((bytes[at + 3] & 0x1f) === 7)
      return { at: at + 3, room: Math.max(4, bytes.indexOf(Buffer.from([0, 0, 1]), at + 3) - at - 3) };
  }
  return null;
};

const overPlaces = (pattern, change) => (bytes, chance) => {
  const places = [];
  for (let at = 0; (at = bytes.indexOf(pattern, at, 'latin1')) >= 0 && places.length < 200; at++)
    places.push(at);
  if (places.length === 0)
    return null;
  for (let i = 0; i <= chance.below(4); i++)
    change(bytes, chance.pick(places) + pattern.length, chance);
  return bytes;
};

const noisyHead = (bytes, at, chance) => {
  for (let i = 0; i < 4 && at + 8 < bytes.length; i++)
    bytes[at + chance.below(8)] = chance.below(256);
};

export default {
  'H.264: absurd parameter set': (bytes, chance) => {
    const found = findSps(bytes);
    if (!found || found.at + found.room > bytes.length)
      return null;
    h264Sps(chance.pick(ABSURD)).copy(bytes, found.at, 0, found.room);
    return bytes;
  },
  'H.264: parameter set of noise': (bytes, chance) => {
    const found = findSps(bytes);
    if (!found || found.at + found.room > bytes.length)
      return null;
    chance.bytes(found.room - 1).copy(bytes, found.at + 1);
    return bytes;
  },
  'start codes: units': overPlaces('\0\0\x01', noisyHead),
  'start codes: kinds': overPlaces('\0\0\x01', (bytes, at, chance) => { bytes[at] = chance.below(256); }),
  'lengths of units': overPlaces('\0\0', (bytes, at, chance) => {
    if (at + 2 <= bytes.length)
      bytes.writeUInt16BE(chance.pick([0, 1, 0xffff, extremeOf(chance, 2)]), at);
  }),
  'AAC: heads': overPlaces('\xff\xf1', noisyHead),
  'AC-3: heads': overPlaces('\x0b\x77', noisyHead),
  'FLAC: heads': overPlaces('\xff\xf8', noisyHead),
  'MP3: heads': overPlaces('\xff\xfb', noisyHead),
  'Opus: head': overPlaces('OpusHead', noisyHead),
  'AV1: sequence header': overPlaces('av1C\x81', noisyHead),
  'VP9: heads': overPlaces('\x49\x83\x42', noisyHead),
};
