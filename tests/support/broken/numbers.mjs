// SPDX-License-Identifier: LGPL-2.1-or-later
// Big-endian (or little-endian) numbers that files are damaged with.

// Where counts, sizes and times overflow, by width in bytes.
const EXTREMES = {
  1: [0, 1, 0x7f, 0x80, 0xff],
  2: [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff],
  3: [0, 1, 0x7fffff, 0x800000, 0xffffff],
  4: [0, 1, 7, 0x10000, 0x0fffffff, 0x10000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff],
  8: [0n, 1n, 0xffffffffn, 0x100000000n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n],
};

export const extremeOf = (chance, width) => chance.pick(EXTREMES[width]);

// Nothing is written behind the end.
export const put = (bytes, at, width, value, little = false) => {
  if (at < 0 || at + width > bytes.length)
    return;
  if (width === 8)
    (little ? bytes.writeBigUInt64LE : bytes.writeBigUInt64BE).call(bytes, BigInt(value), at);
  else
    (little ? bytes.writeUIntLE : bytes.writeUIntBE).call(bytes, Number(value), at, width);
};

export const putExtreme = (chance, bytes, at, width, little) =>
  put(bytes, at, width, extremeOf(chance, width), little);

export const replace = (bytes, start, end, middle) =>
  Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)]);

// Bytes that stand for a header or codec data, damaged in one of these ways.
const SPOILED = [
  (chance, bytes) => bytes.subarray(0, chance.below(bytes.length + 1)),
  (chance, bytes) => Buffer.alloc(bytes.length, 0),
  (chance, bytes) => Buffer.alloc(bytes.length, 0xff),
  (chance, bytes) => chance.bytes(bytes.length),
  (chance, bytes) => Buffer.concat([bytes, chance.bytes(1 + chance.below(64))]),
  (chance, bytes) => Buffer.alloc(0),
  (chance, bytes) => {
    const changed = Buffer.from(bytes);
    for (let i = 0; i <= chance.below(4) && changed.length > 0; i++)
      changed[chance.below(changed.length)] ^= 1 << chance.below(8);
    return changed;
  },
  (chance, bytes) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0)
      changed[chance.below(changed.length)] = chance.pick([0, 1, 0x7f, 0x80, 0xff]);
    return changed;
  },
];

export const spoil = (chance, bytes) => chance.pick(SPOILED)(chance, bytes);
