// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to break any file: (bytes, chance, films) gives the broken bytes. bytes are
// a copy that may be written to.

import { replace } from './numbers.mjs';

const place = (bytes, chance) => chance.below(bytes.length);
const stretch = (bytes, chance, most) => {
  const start = place(bytes, chance);
  return [start, Math.min(bytes.length, start + 1 + chance.below(most))];
};

const flip = (count) => (bytes, chance) => {
  const first = chance.chance(0.5) ? 0 : place(bytes, chance);
  for (let i = 0; i < count(bytes); i++)
    bytes[Math.min(bytes.length - 1, first + chance.below(bytes.length - first))] ^= 1 << chance.below(8);
  return bytes;
};

const fill = (make) => (bytes, chance) => {
  const [start, end] = stretch(bytes, chance, 8192);
  return replace(bytes, start, end, make(end - start, chance));
};

const other = (bytes, chance, films) => chance.pick(films.filter((film) => !film.bytes.equals(bytes))).bytes;

export default {
  'cut off': (bytes, chance) => bytes.subarray(0, place(bytes, chance)),
  'cut off near its start': (bytes, chance) => bytes.subarray(0, chance.below(1024)),
  'cut off near its end': (bytes, chance) => bytes.subarray(0, bytes.length - 1 - chance.below(64)),
  'its beginning is missing': (bytes, chance) => bytes.subarray(place(bytes, chance)),
  'empty': () => Buffer.alloc(0),
  'one byte': (bytes) => bytes.subarray(0, 1),
  'one bit flipped': flip(() => 1),
  'some bits flipped': flip(() => 16),
  'one bit in a thousand flipped': flip((bytes) => bytes.length / 125),
  'one byte in ten changed': flip((bytes) => bytes.length / 10),
  'bits of the first kilobyte flipped': (bytes, chance) => {
    for (let i = 0; i < 8; i++)
      bytes[chance.below(Math.min(1024, bytes.length))] ^= 1 << chance.below(8);
    return bytes;
  },
  'a stretch of zeros': fill((length) => Buffer.alloc(length)),
  'a stretch of ones': fill((length) => Buffer.alloc(length, 0xff)),
  'a stretch of noise': fill((length, chance) => chance.bytes(length)),
  'a stretch taken out': fill(() => Buffer.alloc(0)),
  'noise put in': (bytes, chance) => {
    const at = place(bytes, chance);
    return replace(bytes, at, at, chance.bytes(1 + chance.below(4096)));
  },
  'a stretch twice': (bytes, chance) => {
    const [start, end] = stretch(bytes, chance, 16384);
    return replace(bytes, end, end, bytes.subarray(start, end));
  },
  'two stretches swapped': (bytes, chance) => {
    const [a, b, c] = [place(bytes, chance), place(bytes, chance), place(bytes, chance)].sort((x, y) => x - y);
    return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)]);
  },
  'noise in front': (bytes, chance) => Buffer.concat([chance.bytes(1 + chance.below(600)), bytes]),
  'noise behind': (bytes, chance) => Buffer.concat([bytes, chance.bytes(1 + chance.below(60_000))]),
  'noise alone': (bytes, chance) => chance.bytes(1 + chance.below(20_000)),
  'its head and noise': (bytes, chance) => {
    const length = 16 + chance.below(2000);
    return Buffer.concat([bytes.subarray(0, length), chance.bytes(20_000)]);
  },
  'another file behind': (bytes, chance, films) => Buffer.concat([bytes, other(bytes, chance, films)]),
  'itself behind': (bytes) => Buffer.concat([bytes, bytes]),
  'the head of it, the body of another': (bytes, chance, films) => {
    const body = other(bytes, chance, films);
    return Buffer.concat([bytes.subarray(0, 64 + chance.below(2000)), body.subarray(chance.below(body.length))]);
  },
  'as text that was converted': (bytes) => Buffer.from(bytes.toString('utf8')),
  'line ends converted': (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
};
