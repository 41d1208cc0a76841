// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to break a Matroska or WebM file: sizes, times, tables and codec data.

import { extremeOf, put, putExtreme, replace, spoil } from './numbers.mjs';

const MASTERS = new Map(Object.entries({
  '1a45dfa3': 'EBML', '18538067': 'Segment', '114d9b74': 'SeekHead', '4dbb': 'Seek', '1549a966': 'Info',
  '1654ae6b': 'Tracks', 'ae': 'TrackEntry', 'e0': 'Video', 'e1': 'Audio', '1f43b675': 'Cluster',
  'a0': 'BlockGroup', '1c53bb6b': 'Cues', 'bb': 'CuePoint', 'b7': 'CueTrackPositions', '1254c367': 'Tags',
  '7373': 'Tag', '67c8': 'SimpleTag', '55b0': 'Colour',
}));
const NAMES = new Map([...MASTERS].map(([id, name]) => [name, id]).concat(Object.entries({
  EBMLMaxIDLength: '42f2', EBMLMaxSizeLength: '42f3', DocType: '4282', DocTypeReadVersion: '4285',
  TimestampScale: '2ad7b1', Duration: '4489', TrackNumber: 'd7', TrackUID: '73c5', TrackType: '83',
  DefaultDuration: '23e383', CodecID: '86', CodecPrivate: '63a2', CodecDelay: '56aa', SeekPreRoll: '56bb',
  PixelWidth: 'b0', PixelHeight: 'ba', DisplayWidth: '54b0', DisplayHeight: '54ba', DisplayUnit: '54b2',
  SamplingFrequency: 'b5', Channels: '9f', BitDepth: '6264', Timestamp: 'e7', SimpleBlock: 'a3', Block: 'a1',
  BlockDuration: '9b', ReferenceBlock: 'fb', CueTime: 'b3', CueTrack: 'f7', CueClusterPosition: 'f1',
  SeekID: '53ab', SeekPosition: '53ac', TagString: '4487', Language: '22b59c', Void: 'ec', CRC: 'bf',
})));

// null at the end of what can be read.
const readVint = (bytes, at, keepMarker) => {
  const width = Math.clz32(bytes[at] ?? 0) - 23;
  if (width > 8 || at + width > bytes.length)
    return null;
  let value = BigInt(keepMarker ? bytes[at] : bytes[at] & (0xff >> width));
  for (let i = 1; i < width; i++)
    value = (value << 8n) | BigInt(bytes[at + i]);
  return { value, width };
};

// [{ id, name, at, body, end, sizeWidth }] of all elements, parents first.
const readElements = (bytes, start = 0, stop = bytes.length) => {
  const elements = [];
  for (let at = start; at < stop;) {
    const id = readVint(bytes, at, true);
    const size = id && readVint(bytes, at + id.width, false);
    if (!size)
      break;
    const body = at + id.width + size.width;
    const unknown = size.value === 2n ** BigInt(7 * size.width) - 1n;
    const end = unknown ? stop : Math.min(stop, body + Number(size.value));
    const key = id.value.toString(16);
    elements.push({ id: key, at, sizeAt: at + id.width, body, end, sizeWidth: size.width });
    if (MASTERS.has(key))
      elements.push(...readElements(bytes, body, end));
    at = end;
  }
  return elements;
};

const find = (bytes, chance, names) => {
  const ids = names.split(' ').map((name) => NAMES.get(name));
  const found = readElements(bytes).filter(({ id }) => ids.includes(id));
  return found.length > 0 ? chance.pick(found) : null;
};

// In place.
const inElement = (names, change) => (bytes, chance) => {
  const element = find(bytes, chance, names);
  if (!element)
    return null;
  change(bytes, element, chance);
  return bytes;
};

// The body becomes another; the sizes of those around it stay as they were, so
// that whoever reads by sizes loses the way, or with fill is made up for.
const newBody = (names, make) => (bytes, chance) => {
  const element = find(bytes, chance, names);
  if (!element)
    return null;
  const old = bytes.subarray(element.body, element.end);
  const made = make(Buffer.from(old), chance);
  if (made.length === old.length)
    return replace(bytes, element.body, element.end, made);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(made.length) | 2n ** 56n);
  return replace(bytes, element.sizeAt, element.end, Buffer.concat([size, made]));
};

const writeSize = (bytes, { sizeAt, sizeWidth }, value) => {
  let rest = value & (2n ** BigInt(7 * sizeWidth) - 1n) | 2n ** BigInt(7 * sizeWidth);
  for (let i = sizeWidth - 1; i >= 0; i--, rest >>= 8n)
    bytes[sizeAt + i] = Number(rest & 0xffn);
};

const size = (names, choose) => inElement(names, (bytes, element, chance) => writeSize(bytes, element, choose(chance, element)));
const ALL = [...NAMES.keys()].join(' ');
const number = (names, ...values) => newBody(names, (body, chance) => {
  const value = values.length > 0 ? chance.pick(values) : extremeOf(chance, 8);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
});
const float = (names) => newBody(names, (body, chance) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(chance.pick([NaN, Infinity, -Infinity, -1, 0, 1e-300, 1e300, 2 ** 63]));
  return bytes;
});
const spoiled = (names) => newBody(names, (body, chance) => spoil(chance, body));

const nested = (id, depth) => (bytes, chance) => {
  let inner = Buffer.alloc(0);
  const key = Buffer.from(id, 'hex');
  const parts = [];
  let length = 0;
  for (let i = 0; i < depth; i++) {
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(length) | 2n ** 56n);
    parts.push(Buffer.concat([key, head]));
    length += key.length + 8;
  }
  inner = Buffer.concat(parts.reverse());
  const tracks = find(bytes, chance, 'Tracks');
  return replace(bytes, tracks.at, tracks.at, inner);
};

export default {
  'an element of unknown size': size(ALL, () => -1n),
  'an element of size 0': size(ALL, () => 0n),
  'an element of a huge size': size(ALL, (chance, { sizeWidth }) => 2n ** BigInt(7 * sizeWidth) - 2n - BigInt(chance.below(3))),
  'an element a bit larger than it is': size(ALL, (chance, { body, end }) => BigInt(Math.max(0, end - body + chance.below(64) - 16))),
  'segment: size': size('Segment', (chance) => BigInt(chance.pick([0, 1, 1000, 2 ** 40]))),
  'cluster: size': size('Cluster', (chance) => BigInt(chance.pick([0, 1, 1000, 2 ** 20]))),
  'an element of another kind': inElement(ALL, (bytes, { at }, chance) => { bytes[at] = chance.below(256); }),
  'an element spoiled': spoiled(ALL),
  'an element taken out': (bytes, chance) => {
    const { at, end } = find(bytes, chance, ALL);
    return replace(bytes, at, end, Buffer.alloc(0));
  },
  'an element made void': inElement(ALL, (bytes, { at, sizeAt, end }) => {
    bytes.fill(0, at, end);
    bytes[at] = 0xec;
    bytes[at + 1] = 0x80 | Math.min(126, end - at - 2);
    return sizeAt;
  }),
  'tags in tags, 5,000 deep': nested('67c8', 5000),
  'tracks in tracks, 5,000 deep': nested('1654ae6b', 5000),
  'blocks in blocks, 5,000 deep': nested('a0', 5000),
  'head: lengths and versions': number('EBMLMaxIDLength EBMLMaxSizeLength DocTypeReadVersion'),
  'head: document type': newBody('DocType', (body, chance) => Buffer.from(chance.pick(['', 'webm', 'matroska', 'x'.repeat(5000), '\0\0']))),
  'timestamp scale': number('TimestampScale', 0, 1, 2n ** 31n, 2n ** 63n, 2n ** 64n - 1n),
  'duration': float('Duration'),
  'track: number': number('TrackNumber', 0, 1, 2, 255, 2n ** 32n, 2n ** 64n - 1n),
  'track: uid': number('TrackUID', 0, 1),
  'track: kind': number('TrackType', 0, 1, 2, 3, 17, 18, 224, 2n ** 63n),
  'track: duration of a frame': number('DefaultDuration'),
  'track: delay and pre-roll': number('CodecDelay SeekPreRoll'),
  'track: codec': newBody('CodecID', (body, chance) => Buffer.from(chance.pick([
    '', 'V_MPEG4/ISO/AVC', 'V_MPEGH/ISO/HEVC', 'V_AV1', 'V_VP9', 'V_VP8', 'V_MS/VFW/FOURCC', 'V_UNCOMPRESSED',
    'V_THEORA', 'V_REAL/RV40', 'A_AAC', 'A_AAC/MPEG2/MAIN', 'A_OPUS', 'A_VORBIS', 'A_FLAC', 'A_MS/ACM', 'A_PCM/INT/LIT',
    'S_TEXT/ASS', 'S_VOBSUB', 'S_HDMV/PGS', 'x'.repeat(3000)]))),
  'track: codec data': spoiled('CodecPrivate'),
  'track: codec data of a megabyte': newBody('CodecPrivate', (body) => Buffer.concat([body, Buffer.alloc(1 << 20)])),
  'track: no codec data': newBody('CodecPrivate', () => Buffer.alloc(0)),
  'track: language': newBody('Language', (body, chance) => Buffer.from(chance.pick(['', '\xff\xfe', 'zzzzzzzzzzzzzzzzzzzzzz', '\0']), 'latin1')),
  'picture: dimensions': number('PixelWidth PixelHeight', 0, 1, 65535, 65536, 2n ** 31n, 2n ** 32n, 2n ** 64n - 1n),
  'sound: rate': float('SamplingFrequency'),
  'sound: channels and bits': number('Channels BitDepth', 0, 1, 255, 256, 2n ** 31n, 2n ** 32n),
  'cluster: time': number('Timestamp'),
  'block: time': inElement('SimpleBlock Block', (bytes, { body }, chance) => putExtreme(chance, bytes, body + 1, 2)),
  'block: track': inElement('SimpleBlock Block', (bytes, { body }, chance) => put(bytes, body, 1, chance.below(256))),
  'block: lacing': inElement('SimpleBlock Block', (bytes, { body }, chance) => {
    bytes[body + 3] |= chance.pick([2, 4, 6]);
    bytes[body + 4] = chance.below(256);
  }),
  'block: length of the first unit': inElement('SimpleBlock Block', (bytes, { body }, chance) => putExtreme(chance, bytes, body + 4, 4)),
  'block: bits of its headers': inElement('SimpleBlock Block', (bytes, { body }, chance) => {
    for (let i = 0; i < 8; i++)
      put(bytes, body + 4 + chance.below(12), 1, chance.below(256));
  }),
  'block: empty': newBody('SimpleBlock Block', (body, chance) => body.subarray(0, chance.below(5))),
  'block: zeros': inElement('SimpleBlock Block', (bytes, { body, end }) => bytes.fill(0, body + 4, end)),
  'block: duration': number('BlockDuration ReferenceBlock'),
  'cues: times': number('CueTime'),
  'cues: positions': number('CueClusterPosition', 0, 1, 40, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
  'cues: tracks': number('CueTrack'),
  'cues spoiled': spoiled('Cues'),
  'seek head: positions': number('SeekPosition', 0, 1, 30, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
  'seek head: what they are of': newBody('SeekID', (body, chance) =>
    Buffer.from(chance.pick(['114d9b74', '1654ae6b', '1c53bb6b', '1549a966', '1f43b675']), 'hex')),
  'text of tags': newBody('TagString', (body, chance) => chance.bytes(chance.below(5000))),
};
