// SPDX-License-Identifier: LGPL-2.1-or-later
// An MP4 of more than 4 GiB that takes no room: the second half of the samples
// lies behind a hole, which file systems do not store.

import { open, readFile } from 'node:fs/promises';

import { box, children } from './mp4.mjs';

const HOLE = 5 * 2 ** 30;
const PARENTS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

// stco with 64 bits, each offset as move says.
const widen = (body, move) => {
  const count = body.readUInt32BE(4);
  const wide = Buffer.alloc(8 + 8 * count);
  wide.writeUInt32BE(count, 4);
  for (let i = 0; i < count; i++)
    wide.writeBigUInt64BE(BigInt(move(body.readUInt32BE(8 + 4 * i))), 8 + 8 * i);
  return box('co64', wide);
};

const rewrite = (data, move) => Buffer.concat([...children(data)].map(
  ({ type, body }) => type === 'stco' ? widen(body, move) :
    box(type, PARENTS.has(type) ? rewrite(body, move) : body)));

const firstOffsets = (moov) => {
  const found = [];
  const walk = (data) => {
    for (const { type, body } of children(data)) {
      if (type === 'stco') {
        for (let i = 0; i < body.readUInt32BE(4); i++)
          found.push(body.readUInt32BE(8 + 4 * i));
      } else if (PARENTS.has(type)) {
        walk(body);
      }
    }
  };
  walk(moov);
  return found.sort((a, b) => a - b);
};

// input: one mdat, one moov, each below 4 GiB.
export const makeLarge = async (input, output) => {
  const data = await readFile(input);
  const top = [...children(data)];
  const part = (type) => top.find((child) => child.type === type);
  const mdat = part('mdat');
  const moov = part('moov');
  const offsets = firstOffsets(moov.body);
  const middle = offsets[offsets.length >> 1];
  const ftyp = box('ftyp', part('ftyp').body);
  const start = ftyp.length + 16; // of the samples in the new file
  const from = mdat.at + 8;
  const to = from + mdat.body.length;
  const move = (offset) =>
    offset - from + start + (offset >= middle ? HOLE : 0);

  const header = Buffer.alloc(16);
  header.writeUInt32BE(1);
  header.write('mdat', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(16 + mdat.body.length + HOLE), 8);
  const file = await open(output, 'w');
  try {
    await file.write(Buffer.concat([ftyp, header, data.subarray(from, middle)]),
      0, null, 0);
    await file.write(data.subarray(middle, to), 0, null, move(middle));
    const end = move(middle) + to - middle;
    const index = box('moov', rewrite(moov.body, move));
    await file.write(index, 0, null, end);
  } finally {
    await file.close();
  }
};
