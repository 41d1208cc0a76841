// SPDX-License-Identifier: LGPL-2.1-or-later
// Boxes of an MP4 file as a tree that is written again with the right sizes, or
// with the ones that it is told.

const CONTAINERS = new Map([
  ...['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts', 'dinf', 'udta', 'mvex', 'moof', 'traf', 'sinf', 'schi', 'wave']
    .map((type) => [type, 0]),
  ['stsd', 8], ['meta', 4],
  ...['avc1', 'hvc1', 'hev1', 'av01', 'vp09', 'encv'].map((type) => [type, 78]),
  ...['mp4a', 'ac-3', 'ec-3', 'Opus', 'fLaC', 'enca', '.mp3'].map((type) => [type, 28]),
]);

// { type, head, boxes } of a container, { type, body } of others; size, where one
// is to be written that is not true, large where it is one of 64 bits.
export const readBoxes = (bytes) => {
  const boxes = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const end = size < 8 ? bytes.length : Math.min(at + size, bytes.length);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const body = bytes.subarray(at + 8, end);
    const head = CONTAINERS.get(type);
    boxes.push(head === undefined || body.length < head ? { type, body: Buffer.from(body) }
      : { type, head: Buffer.from(body.subarray(0, head)), boxes: readBoxes(body.subarray(head)) });
    at = end;
  }
  return boxes;
};

const writeBox = (box) => {
  const body = box.boxes ? Buffer.concat([box.head, writeBoxes(box.boxes)]) : box.body;
  const header = Buffer.alloc(box.large === undefined ? 8 : 16);
  header.writeUInt32BE(box.large === undefined ? (box.size ?? body.length + 8) >>> 0 : 1);
  header.write(box.type, 4, 'latin1');
  if (box.large !== undefined)
    header.writeBigUInt64BE(box.large, 8);
  return Buffer.concat([header, body]);
};

export const writeBoxes = (boxes) => Buffer.concat(boxes.map(writeBox));

export const fullBox = (type, version, flags, ...body) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(((version << 24) | flags) >>> 0);
  return { type, body: Buffer.concat([head, ...body]) };
};

// Each with the list that it is in, in the order of the file.
export const allBoxes = (boxes) => boxes.flatMap((box) =>
  [{ box, list: boxes }, ...box.boxes ? allBoxes(box.boxes) : []]);
