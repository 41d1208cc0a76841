// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to break an MP4 file: sizes, tables, headers and codec data.

import { extremeOf, put, putExtreme, spoil } from './numbers.mjs';
import { allBoxes, fullBox, readBoxes, writeBoxes } from './mp4-boxes.mjs';

const u32 = (...values) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, 4 * i));
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
};

// change: of the boxes, in place. null: this file has nothing of the kind.
const inTree = (change) => (bytes, chance) => {
  const boxes = readBoxes(bytes);
  return change(boxes, chance) === null ? null : writeBoxes(boxes);
};

// Boxes of these types, one of them by chance.
const find = (boxes, chance, types) => {
  const found = allBoxes(boxes).filter(({ box }) => types.includes(box.type));
  return found.length > 0 ? chance.pick(found) : null;
};

const inBox = (types, change) => inTree((boxes, chance) => {
  const found = find(boxes, chance, types.split(' '));
  return found && change(found.box, chance, found.list, boxes);
});

const bodyOf = (box) => box.body ?? box.head;

// A field, by its place in the body.
const field = (types, at, width) => inBox(types, (box, chance) => putExtreme(chance, bodyOf(box), at, width));

// As field, of an entry of a table by chance.
const entry = (types, first, size, at, width) => inBox(types, (box, chance) => {
  const count = Math.floor((box.body.length - first) / size);
  if (count <= 0)
    return null;
  for (let i = 0; i <= chance.below(3); i++)
    putExtreme(chance, box.body, first + size * chance.below(count) + at, width);
});

const fixed = (types, at, width, value) => inBox(types, (box) => put(bodyOf(box), at, width, value));
const spoiled = (types) => inBox(types, (box, chance) => {
  if (box.boxes)
    box.head = spoil(chance, box.head);
  else
    box.body = spoil(chance, box.body);
});

const sized = (choose) => inTree((boxes, chance) => {
  const { box } = chance.pick(allBoxes(boxes));
  Object.assign(box, choose(box, chance));
});

const nested = (type, depth, head = 0) => inTree((boxes) => {
  let inner = { type: 'free', body: Buffer.alloc(0) };
  for (let i = 0; i < depth; i++)
    inner = { type, body: Buffer.concat([Buffer.alloc(head), writeBoxes([inner])]) };
  boxes.find(({ type: each }) => each === 'moov')?.boxes.push(inner);
});

const taken = (types) => inBox(types, (box, chance, list) => { list.splice(list.indexOf(box), 1); });
const twice = (types) => inBox(types, (box, chance, list) => { list.splice(list.indexOf(box), 0, box); });

const times64 = (type, before, timescale) => inBox(type, (box, chance) => {
  const old = box.body;
  if (old.length < before + 16 || old[0] !== 0)
    return null;
  box.body = Buffer.concat([u32(0x01000000), Buffer.alloc(16), old.subarray(12, before + 4),
    timescale, u64(extremeOf(chance, 8)), old.subarray(before + 12)]);
});

// One entry for as many samples as there can be.
const hugeTable = inTree((boxes, chance) => {
  const found = find(boxes, chance, ['stbl']);
  if (!found)
    return null;
  const count = chance.pick([0xffffffff, 0x7fffffff, 100_000_000]);
  for (const box of found.box.boxes) {
    if (box.type === 'stsz')
      box.body = Buffer.concat([u32(0, chance.pick([1, 1000, 0]), count)]);
    if (box.type === 'stts')
      box.body = u32(0, 1, count, chance.pick([0, 1, 512]));
    if (box.type === 'stsc')
      box.body = u32(0, 1, 1, count, 1);
  }
});

// Chunk offsets of 64 bits, somewhere.
const farChunks = inBox('stco', (box, chance) => {
  const count = Math.floor((box.body.length - 8) / 4);
  box.type = 'co64';
  box.body = Buffer.concat([u32(0, count), ...Array.from({ length: count }, (_, i) =>
    u64(chance.chance(0.5) ? extremeOf(chance, 8) : BigInt(box.body.readUInt32BE(8 + 4 * i))))]);
});

const hugeDimensions = (types) => inBox(types, (box, chance) => {
  put(box.head, 24, 2, chance.pick([0, 1, 16384, 65535]));
  put(box.head, 26, 2, chance.pick([0, 1, 16384, 65535]));
});

const runEntries = inBox('trun', (box, chance) => {
  for (let i = 0; i < 3; i++)
    putExtreme(chance, box.body, 8 + 4 * chance.below(Math.max(1, (box.body.length - 8) / 4 - 1)), 4);
});

const firstSampleOf = (bytes, chance) => {
  const tables = allBoxes(readBoxes(bytes)).filter(({ box }) => box.type === 'stco' && box.body.length >= 12);
  return tables.length > 0 ? chance.pick(tables).box.body.readUInt32BE(8) : null;
};

// NAL units, OBUs or frames: their first bytes say how long they are.
const sampleHead = (change) => (bytes, chance) => {
  const at = firstSampleOf(bytes, chance);
  if (at === null || at + 16 > bytes.length)
    return null;
  change(bytes, at, chance);
  return bytes;
};

const VISUAL = 'avc1 hvc1 hev1 av01 vp09 encv';
const SOUND = 'mp4a ac-3 ec-3 Opus fLaC enca .mp3';

export default {
  'a box of size 0': sized(() => ({ size: 0 })),
  'a box of size 1 and no larger one': sized(() => ({ size: 1 })),
  'a box smaller than its head': sized((box, chance) => ({ size: 2 + chance.below(6) })),
  'a box of a huge size': sized((box, chance) => ({ size: chance.pick([0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff]) })),
  'a box of a huge 64-bit size': sized((box, chance) => ({ large: extremeOf(chance, 8) })),
  'a box a bit larger than it is': sized((box, chance) => ({
    size: (box.boxes ? writeBoxes([{ ...box, size: undefined }]).length : box.body.length + 8) + chance.below(64) - 16 })),
  'a box of another type': sized((box, chance) => ({ type: chance.pick(['free', 'moov', 'trak', 'stbl', 'mdat', 'uuid', 'cmov', 'moof', '\0\0\0\0']) })),
  'a box taken out': inTree((boxes, chance) => {
    const { box, list } = chance.pick(allBoxes(boxes));
    list.splice(list.indexOf(box), 1);
  }),
  'a box twice': inTree((boxes, chance) => {
    const { box, list } = chance.pick(allBoxes(boxes));
    list.push(box);
  }),
  'a box moved': inTree((boxes, chance) => {
    const from = chance.pick(allBoxes(boxes));
    from.list.splice(from.list.indexOf(from.box), 1);
    chance.pick(allBoxes(boxes).filter(({ box }) => box.boxes))?.box.boxes.push(from.box);
  }),
  'a box of noise': inTree((boxes, chance) => {
    const { box } = chance.pick(allBoxes(boxes).filter(({ box: each }) => each.body && each.type !== 'mdat'));
    box.body = chance.bytes(box.body.length);
  }),
  'a box spoiled': inTree((boxes, chance) => {
    const { box } = chance.pick(allBoxes(boxes).filter(({ box: each }) => each.body && each.type !== 'mdat'));
    box.body = spoil(chance, box.body);
  }),
  'boxes in boxes, 2,000 deep': nested('udta', 2000),
  'movies in movies, 20,000 deep': nested('moov', 20_000),
  'tracks in tracks, 1,000 deep': nested('trak', 1000),
  'metadata in metadata, 5,000 deep': nested('meta', 5000, 4),
  'no ftyp': taken('ftyp'),
  'no moov': taken('moov'),
  'moov twice': twice('moov'),
  'a track twice': twice('trak'),
  'two hundred tracks': inBox('trak', (box, chance, list) => list.push(...Array(200).fill(box))),
  'no mdat': taken('mdat'),
  'no sample table': taken('stbl'),
  'a table is missing': taken('stsd stts stsc stsz stco ctts stss'),
  'no media header': taken('mdhd hdlr minf'),
  'a table twice': twice('stsd stts stsc stsz stco ctts stss'),
  'stsz: count': field('stsz', 8, 4),
  'stsz: one size for all': field('stsz', 4, 4),
  'stsz: sizes': entry('stsz', 12, 4, 0, 4),
  'stco: count': field('stco', 4, 4),
  'stco: offsets': entry('stco', 8, 4, 0, 4),
  'co64: offsets': farChunks,
  'stts: count': field('stts', 4, 4),
  'stts: sample counts': entry('stts', 8, 8, 0, 4),
  'stts: durations': entry('stts', 8, 8, 4, 4),
  'ctts: count': field('ctts', 4, 4),
  'ctts: version 1': fixed('ctts', 0, 1, 1),
  'ctts: sample counts': entry('ctts', 8, 8, 0, 4),
  'ctts: offsets': entry('ctts', 8, 8, 4, 4),
  'stsc: count': field('stsc', 4, 4),
  'stsc: first chunks': entry('stsc', 8, 12, 0, 4),
  'stsc: samples per chunk': entry('stsc', 8, 12, 4, 4),
  'stsc: description': entry('stsc', 8, 12, 8, 4),
  'stss: count': field('stss', 4, 4),
  'stss: samples': entry('stss', 8, 4, 0, 4),
  'elst: count': field('elst', 4, 4),
  'elst: durations': entry('elst', 8, 12, 0, 4),
  'elst: media times': entry('elst', 8, 12, 4, 4),
  'elst: rates': entry('elst', 8, 12, 8, 4),
  'elst: a thousand edits': inBox('elst', (box) => {
    box.body = Buffer.concat([u32(0, 1000), ...Array.from({ length: 1000 }, (_, i) => u32(1, i, 0x10000))]);
  }),
  'elst: 64 bits': inBox('elst', (box, chance) => {
    box.body = Buffer.concat([u32(0x01000000, 1), u64(extremeOf(chance, 8)), u64(extremeOf(chance, 8)), u32(0x10000)]);
  }),
  'as many samples as there can be': hugeTable,
  'mvhd: timescale': field('mvhd', 12, 4),
  'mvhd: duration': field('mvhd', 16, 4),
  'mvhd: duration of 64 bits': times64('mvhd', 8, u32(1000)),
  'mdhd: timescale 0': fixed('mdhd', 12, 4, 0),
  'mdhd: timescale': field('mdhd', 12, 4),
  'mdhd: duration': field('mdhd', 16, 4),
  'mdhd: duration of 64 bits': times64('mdhd', 8, u32(12288)),
  'mdhd: language': field('mdhd', 20, 2),
  'tkhd: track id': field('tkhd', 12, 4),
  'tkhd: duration': field('tkhd', 20, 4),
  'tkhd: 65535 by 65535': inBox('tkhd', (box) => {
    put(box.body, 76, 4, 0xffffffff);
    put(box.body, 80, 4, 0xffffffff);
  }),
  'tkhd: matrix': inBox('tkhd', (box, chance) => putExtreme(chance, box.body, 40 + 4 * chance.below(9), 4)),
  'tkhd: version': field('tkhd', 0, 1),
  'hdlr: another kind': inBox('hdlr', (box, chance) => box.body.write(chance.pick(['vide', 'soun', 'text', 'sbtl', 'tmcd', 'hint', '\0\0\0\0']), 8, 'latin1')),
  'stsd: count': field('stsd', 4, 4),
  'stsd: no entry': inBox('stsd', (box) => { box.boxes = []; }),
  'stsd: two entries': inBox('stsd', (box) => box.boxes.push(...box.boxes)),
  'video entry: absurd dimensions': hugeDimensions(VISUAL),
  'video entry: another codec': inBox(VISUAL, (box, chance) => { box.type = chance.pick(['avc1', 'hvc1', 'av01', 'vp09', 'vp08', 'mp4v', 'jpeg', 'raw ', 'encv', 'xxxx']); }),
  'video entry: spoiled': spoiled(VISUAL),
  'sound entry: channels': field(SOUND, 16, 2),
  'sound entry: sample size': field(SOUND, 18, 2),
  'sound entry: rate': field(SOUND, 24, 4),
  'sound entry: version': inBox(SOUND, (box, chance) => put(box.head, 8, 2, chance.pick([1, 2, 3, 0xffff]))),
  'sound entry: another codec': inBox(SOUND, (box, chance) => { box.type = chance.pick(['mp4a', 'ac-3', 'ec-3', 'Opus', 'fLaC', 'alac', 'twos', 'samr', 'xxxx']); }),
  'sound entry: spoiled': spoiled(SOUND),
  'avcC spoiled': spoiled('avcC'),
  'avcC: counts and lengths': inBox('avcC', (box, chance) => putExtreme(chance, box.body, 4 + chance.below(5), 1 + chance.below(2))),
  'avcC: 255 parameter sets': inBox('avcC', (box) => { box.body[5] = 0xff; }),
  'hvcC spoiled': spoiled('hvcC'),
  'hvcC: counts and lengths': inBox('hvcC', (box, chance) => putExtreme(chance, box.body, 21 + chance.below(7), 1 + chance.below(2))),
  'av1C spoiled': spoiled('av1C'),
  'vpcC spoiled': spoiled('vpcC'),
  'esds spoiled': spoiled('esds'),
  'dOps, dac3, dec3, dfLa spoiled': spoiled('dOps dac3 dec3 dfLa'),
  'colr, pasp, btrt spoiled': spoiled('colr pasp btrt fiel'),
  'no codec data': taken('avcC hvcC av1C vpcC esds dOps dac3 dec3 dfLa'),
  'codec data twice': twice('avcC hvcC av1C vpcC esds dOps dac3 dec3 dfLa'),
  'codec data of another codec': inBox('avcC hvcC av1C vpcC', (box, chance) => { box.type = chance.pick(['avcC', 'hvcC', 'av1C', 'vpcC', 'esds']); }),
  'sample: length of the first unit': sampleHead((bytes, at, chance) => putExtreme(chance, bytes, at, 4)),
  'sample: first byte': sampleHead((bytes, at, chance) => { bytes[at + chance.below(6)] = chance.below(256); }),
  'sample: bits of its headers': sampleHead((bytes, at, chance) => {
    for (let i = 0; i < 8; i++)
      bytes[at + chance.below(16)] ^= 1 << chance.below(8);
  }),
  'sample: zeros': sampleHead((bytes, at, chance) => bytes.fill(0, at, at + 1 + chance.below(512))),
  'mdat: all zeros': inBox('mdat', (box) => box.body.fill(0)),
  'mdat: all ones': inBox('mdat', (box) => box.body.fill(0xff)),
  'mdat: noise': inBox('mdat', (box, chance) => { box.body = chance.bytes(box.body.length); }),
  'pssh, tenc: noise': inBox('moov', (box, chance) => box.boxes.push(fullBox('pssh', chance.below(3), 0,
    chance.bytes(16), u32(extremeOf(chance, 4)), chance.bytes(chance.below(40))))),
  'protection: spoiled': spoiled('tenc schm frma sinf'),
  'protection: entries': inBox('senc saiz saio', (box, chance) => { box.body = spoil(chance, box.body); }),
  'metadata: length of a value': inBox('moov', (box, chance) => {
    const data = { type: 'data', size: chance.pick([0, 1, 4, 0xffffffff]), body: u32(1, 0, 0x41414141) };
    const value = { type: chance.pick(['covr', '\xa9nam', 'trkn', 'gnre', '----']), body: writeBoxes([data]) };
    box.boxes.push({ type: 'udta', body: writeBoxes([fullBox('meta', 0, 0, writeBoxes([
      { type: 'hdlr', body: Buffer.concat([u32(0, 0), Buffer.from('mdirappl'), Buffer.alloc(9)]) },
      { type: 'ilst', body: writeBoxes([value]) }]))]) });
  }),
  'compressed movie': inBox('moov', (box, chance) => {
    box.boxes = [];
    box.head = writeBoxes([{ type: 'cmov', body: writeBoxes([{ type: 'dcom', body: Buffer.from('zlib') },
      { type: 'cmvd', body: Buffer.concat([u32(extremeOf(chance, 4)), chance.bytes(200)]) }]) }]);
  }),
  'text: lengths of samples': inBox('tx3g', (box, chance) => { box.body = spoil(chance, box.body); }),
  'moof: sequence number': field('mfhd', 4, 4),
  'tfhd: flags': inBox('tfhd', (box, chance) => put(box.body, 1, 3, chance.below(2 ** 24))),
  'tfhd: track id': field('tfhd', 4, 4),
  'tfhd spoiled': spoiled('tfhd'),
  'tfdt: time': inBox('tfdt', (box, chance) => { box.body = Buffer.concat([u32(0x01000000), u64(extremeOf(chance, 8))]); }),
  'trun: count': field('trun', 4, 4),
  'trun: flags': inBox('trun', (box, chance) => put(box.body, 1, 3, chance.below(2 ** 24))),
  'trun: data offset': field('trun', 8, 4),
  'trun: entries': runEntries,
  'sidx spoiled': spoiled('sidx'),
  'sidx: timescale and times': inBox('sidx', (box, chance) => putExtreme(chance, box.body, 4 + 4 * chance.below(6), 4)),
  'sidx: count': inBox('sidx', (box) => put(box.body, box.body[0] === 0 ? 22 : 30, 2, 0xffff)),
  'mehd, trex spoiled': spoiled('mehd trex'),
  'no trex': taken('mvex trex'),
  'no tfdt': taken('tfdt'),
  'fragments in another order': inTree((boxes, chance) => {
    const first = boxes.findIndex(({ type }) => type === 'moof');
    if (first < 0)
      return null;
    boxes.push(...boxes.splice(first, 2 * (1 + chance.below(2))));
  }),
};
