// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to break what has no table of samples but packets, chunks and tags:
// MPEG-TS, AVI, FLV, and text.

import { put, putExtreme, replace } from './numbers.mjs';

const PACKET = 188;

// --- MPEG-TS ---------------------------------------------------------------

const packetsOf = (bytes) => Array.from({ length: Math.floor(bytes.length / PACKET) }, (_, i) =>
  bytes.subarray(PACKET * i, PACKET * (i + 1)));
const pidOf = (packet) => packet.readUInt16BE(1) & 0x1fff;
const setPid = (packet, pid) => packet.writeUInt16BE((packet.readUInt16BE(1) & 0xe000) | pid, 1);
const payloadOf = (packet) => 4 + (packet[3] & 0x20 ? 1 + packet[4] : 0);
const startsUnit = (packet) => (packet[1] & 0x40) !== 0;
const hasPcr = (packet) => (packet[3] & 0x20) !== 0 && packet[4] >= 7 && (packet[5] & 0x10) !== 0;
const isPes = (packet) => startsUnit(packet) && packet.subarray(payloadOf(packet)).readUIntBE(0, 3) === 1;

const crc32 = (bytes) => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let i = 0; i < 8; i++)
      crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
};

const onPackets = (change) => (bytes, chance) => {
  const packets = packetsOf(bytes);
  return Buffer.concat(change(packets, chance) ?? packets);
};

// Of those that are chosen, some; all where part is 1.
const onSome = (isChosen, part, change) => onPackets((packets, chance) => {
  for (const packet of packets.filter(isChosen))
    if (chance.chance(part))
      change(packet, chance);
});

const pmtPid = (packets) => {
  const pat = packets.find((packet) => pidOf(packet) === 0);
  return pat.readUInt16BE(payloadOf(pat) + 11) & 0x1fff;
};

// Every copy of a table in the same way, with the checksum that it then has.
const onTable = (pidOfTable, change) => onPackets((packets, chance) => {
  const pid = pidOfTable(packets);
  const seed = chance.bytes(64);
  for (const packet of packets.filter((each) => pidOf(each) === pid && startsUnit(each))) {
    const at = payloadOf(packet) + 1;
    const old = 3 + (packet.readUInt16BE(at + 1) & 0xfff);
    const table = packet.subarray(at, at + old);
    change(table, seed);
    table.writeUInt32BE(crc32(table.subarray(0, old - 4)), old - 4);
  }
});
const PAT = () => 0;

const ptsBytes = (mark, value) => {
  const bytes = Buffer.alloc(5);
  bytes[0] = (mark << 4) | Number((value >> 29n) & 0xen) | 1;
  bytes.writeUInt16BE(Number((value >> 14n) & 0xfffen) | 1, 1);
  bytes.writeUInt16BE(Number((value << 1n) & 0xfffen) | 1, 3);
  return bytes;
};

const setPcr = (packet, base) => put(packet, 6, 6, (base << 15n | 0x7e00n) & 0xffffffffffffn);
const TIMES = [0n, 1n, 2n ** 32n, 2n ** 33n - 1n, 2n ** 31n];

export const tsWays = {
  'packets: sync byte': onSome(() => true, 0.05, (packet, chance) => { packet[0] = chance.below(256); }),
  'packets dropped': onPackets((packets, chance) => packets.filter(() => !chance.chance(0.05))),
  'packets twice': onPackets((packets, chance) => packets.flatMap((packet) => Array(chance.chance(0.1) ? 3 : 1).fill(packet))),
  'packets in another order': onPackets((packets, chance) => packets.map((packet) => ({ packet, key: chance.next() }))
    .sort((a, b) => a.key - b.key).map(({ packet }) => packet)),
  'packets: pids': onSome(() => true, 0.05, (packet, chance) => setPid(packet, chance.pick([0, 1, 0x10, 0x100, 0x101, 0x1fff, chance.below(8192)]))),
  'packets: counters': onSome(() => true, 0.2, (packet, chance) => { packet[3] = (packet[3] & 0xf0) | chance.below(16); }),
  'packets: scrambled': onSome((packet) => pidOf(packet) > 0xff, 0.3, (packet) => { packet[3] |= 0xc0; }),
  'packets: errors': onSome(() => true, 0.1, (packet) => { packet[1] |= 0x80; }),
  'packets: adaptation field': onSome(() => true, 0.05, (packet, chance) => {
    packet[3] |= chance.pick([0x20, 0x30]);
    packet[4] = chance.pick([0, 1, 7, 182, 183, 184, 200, 255]);
  }),
  'packets: no payload': onSome(() => true, 0.1, (packet) => { packet[3] &= 0xcf; }),
  'packets of 192 bytes': onPackets((packets, chance) => packets.flatMap((packet) => [chance.bytes(4), packet])),
  'packets of 187 bytes': onPackets((packets) => packets.map((packet) => packet.subarray(1))),
  'streams swapped': onSome((packet) => pidOf(packet) >= 0x100 && pidOf(packet) < 0x1000, 1, (packet) => setPid(packet, pidOf(packet) ^ 1)),
  'PAT: no programme table': onPackets((packets) => packets.filter((packet) => pidOf(packet) !== pmtPid(packets))),
  'no PAT': onPackets((packets) => packets.filter((packet) => pidOf(packet) !== 0)),
  'PAT: pid of the programme': onTable(PAT, (table, seed) => put(table, 10, 2, 0xe000 | [0, 0x100, 0x101, 0x1fff, 0x10][seed[0] % 5])),
  'PAT: length': onTable(PAT, (table, seed) => put(table, 1, 2, 0xb000 | [0, 4, 8, 9, 0xfff][seed[0] % 5])),
  'PAT: programme 0': onTable(PAT, (table) => put(table, 8, 2, 0)),
  'PMT: pids': onTable(pmtPid, (table, seed) => put(table, 13 + 5 * (seed[0] % 2), 2, 0xe000 | [0, 0x100, 0x101, 0x1fff][seed[1] % 4])),
  'PMT: pid of the clock': onTable(pmtPid, (table, seed) => put(table, 8, 2, 0xe000 | [0, 0x101, 0x1fff, 0x1234][seed[0] % 4])),
  'PMT: kind of stream': onTable(pmtPid, (table, seed) => put(table, 12, 1, [0, 1, 2, 3, 0x0f, 0x10, 0x15, 0x1b, 0x24, 0x42, 0x81, 0x87, 0xea, 0xff][seed[0] % 14])),
  'PMT: lengths': onTable(pmtPid, (table, seed) => put(table, [1, 10, 15][seed[0] % 3], 2, 0xf000 | [0, 1, 9, 100, 0xfff][seed[1] % 5])),
  'PMT: noise': onTable(pmtPid, (table, seed) => seed.copy(table, 8)),
  'PMT: checksum': onSome((packet) => pidOf(packet) === 0x1000, 1, (packet) => { packet[payloadOf(packet) + 12] ^= 0xff; }),
  'clock: jumps': onSome(hasPcr, 0.3, (packet, chance) => setPcr(packet, chance.pick(TIMES))),
  'clock: stands still': onSome(hasPcr, 1, (packet) => setPcr(packet, 1000n)),
  'clock: wraps around': onPackets((packets) => {
    let base = 2n ** 33n - 90_000n;
    for (const packet of packets.filter(hasPcr))
      setPcr(packet, base = (base + 3600n) % 2n ** 33n);
  }),
  'no clock': onSome(hasPcr, 1, (packet) => { packet[5] &= ~0x10; }),
  'PES: times': onSome(isPes, 0.3, (packet, chance) => {
    const at = payloadOf(packet);
    if (packet[at + 7] & 0x80)
      ptsBytes(packet[at + 7] >> 6, chance.pick(TIMES)).copy(packet, at + 9);
  }),
  'PES: all at the same time': onSome(isPes, 1, (packet) => {
    const at = payloadOf(packet);
    if (packet[at + 7] & 0x80)
      ptsBytes(packet[at + 7] >> 6, 90_000n).copy(packet, at + 9);
  }),
  'PES: no times': onSome(isPes, 1, (packet) => { packet[payloadOf(packet) + 7] &= 0x3f; }),
  'PES: lengths': onSome(isPes, 0.3, (packet, chance) => putExtreme(chance, packet, payloadOf(packet) + 4, 2)),
  'PES: header length': onSome(isPes, 0.3, (packet, chance) => putExtreme(chance, packet, payloadOf(packet) + 8, 1)),
  'PES: stream id': onSome(isPes, 0.3, (packet, chance) => { packet[payloadOf(packet) + 3] = chance.below(256); }),
  'PES: no start': onSome(isPes, 0.5, (packet) => { packet[1] &= ~0x40; }),
  'PES: bits of the headers of units': onSome(isPes, 0.3, (packet, chance) => {
    for (let i = 0; i < 6; i++)
      packet[Math.min(187, payloadOf(packet) + 14 + chance.below(40))] ^= 1 << chance.below(8);
  }),
};

// --- AVI -------------------------------------------------------------------

const allChunks = (bytes, type) => {
  const found = [];
  for (let at = 0; (at = bytes.indexOf(type, at, 'latin1')) >= 0; at += 4)
    found.push(at);
  return found;
};

const inChunk = (types, change) => (bytes, chance) => {
  const found = types.flatMap((type) => allChunks(bytes, type));
  if (found.length === 0)
    return null;
  return change(bytes, chance.pick(found), chance) ?? bytes;
};
const LISTS = ['RIFF', 'LIST'];
const CHUNKS = ['avih', 'strh', 'strf', 'idx1', 'JUNK', '00dc', '01wb', 'vprp'];
const aviField = (type, at, width) => inChunk([type], (bytes, from, chance) => putExtreme(chance, bytes, from + 8 + at, width, true));

export const aviWays = {
  'lists: sizes': inChunk(LISTS, (bytes, at, chance) => putExtreme(chance, bytes, at + 4, 4, true)),
  'lists: kinds': inChunk(LISTS, (bytes, at, chance) => { bytes.write(chance.pick(['hdrl', 'strl', 'movi', 'rec ', 'INFO', 'odml', 'xxxx']), at + 8, 'latin1'); }),
  'lists in lists, 5,000 deep': inChunk(['LIST'], (bytes, at) => {
    const heads = Array.from({ length: 5000 }, (_, i) => {
      const head = Buffer.from('LIST\0\0\0\0rec ', 'latin1');
      head.writeUInt32LE(12 * (5000 - i), 4);
      return head;
    });
    return replace(bytes, at, at, Buffer.concat(heads));
  }),
  'chunks: sizes': inChunk(CHUNKS, (bytes, at, chance) => putExtreme(chance, bytes, at + 4, 4, true)),
  'chunks: odd sizes': inChunk(CHUNKS, (bytes, at, chance) => put(bytes, at + 4, 4, Math.max(0, bytes.readUInt32LE(at + 4) + chance.below(64) - 32), true)),
  'chunks: kinds': inChunk(CHUNKS, (bytes, at, chance) => { bytes.write(chance.pick(['00db', '01wb', '02dc', '99dc', 'ix00', 'xxxx']), at, 'latin1'); }),
  'avih: time of a frame': aviField('avih', 0, 4),
  'avih: frames': aviField('avih', 16, 4),
  'avih: streams': aviField('avih', 24, 4),
  'avih: dimensions': aviField('avih', 32, 4),
  'strh: kind': inChunk(['strh'], (bytes, at, chance) => { bytes.write(chance.pick(['vids', 'auds', 'txts', 'mids', 'xxxx']), at + 8, 'latin1'); }),
  'strh: codec': inChunk(['strh'], (bytes, at, chance) => { bytes.write(chance.pick(['H264', 'hevc', 'XVID', 'MJPG', 'DIB ', 'xxxx']), at + 12, 'latin1'); }),
  'strh: scale': aviField('strh', 20, 4),
  'strh: rate': aviField('strh', 24, 4),
  'strh: start': aviField('strh', 28, 4),
  'strh: length': aviField('strh', 32, 4),
  'strh: size of samples': aviField('strh', 44, 4),
  'strf: dimensions': aviField('strf', 4, 4),
  'strf: codec': inChunk(['strf'], (bytes, at, chance) => { bytes.write(chance.pick(['H264', 'avc1', 'HEVC', 'XVID', '\0\0\0\0', 'xxxx']), at + 24, 'latin1'); }),
  'strf: sound': inChunk(['strf'], (bytes, at, chance) => putExtreme(chance, bytes, at + 8 + 2 * chance.below(9), 2, true)),
  'index: flags': inChunk(['idx1'], (bytes, at) => { for (let i = at + 12; i + 4 <= bytes.length; i += 16) put(bytes, i, 4, 0); }),
  'index: places and sizes': inChunk(['idx1'], (bytes, at, chance) => {
    for (let i = 0; i < 8; i++)
      putExtreme(chance, bytes, at + 8 + 16 * chance.below(40) + chance.pick([8, 12]), 4, true);
  }),
  'no index': inChunk(['idx1'], (bytes, at) => bytes.subarray(0, at)),
  'pictures: start codes': inChunk(['00dc'], (bytes, at, chance) => { bytes.fill(chance.pick([0, 0xff]), at + 8, at + 8 + 1 + chance.below(32)); }),
};

// --- FLV -------------------------------------------------------------------

const tagsOf = (bytes) => {
  const tags = [];
  for (let at = 13; at + 11 <= bytes.length; at += 15 + bytes.readUIntBE(at + 1, 3))
    tags.push(at);
  return tags;
};
const inTag = (types, part, change) => (bytes, chance) => {
  const some = tagsOf(bytes).filter((at) => types.includes(bytes[at])).slice(0, part === 'first' ? 1 : undefined);
  for (const at of some)
    if (part === 'first' || chance.chance(part))
      change(bytes, at, chance);
  return some.length > 0 ? bytes : null;
};
const [SOUND, VIDEO, SCRIPT] = [8, 9, 18];
const ANY = [SOUND, VIDEO, SCRIPT];

export const flvWays = {
  'head: flags and length': (bytes, chance) => {
    bytes[4] = chance.below(256);
    putExtreme(chance, bytes, 5, 4);
    return bytes;
  },
  'head: length': (bytes, chance) => {
    putExtreme(chance, bytes, 5, 4);
    return bytes;
  },
  'tags: lengths': inTag(ANY, 0.05, (bytes, at, chance) => putExtreme(chance, bytes, at + 1, 3)),
  'tags: kinds': inTag(ANY, 0.05, (bytes, at, chance) => { bytes[at] = chance.below(256); }),
  'tags: times': inTag(ANY, 0.2, (bytes, at, chance) => putExtreme(chance, bytes, at + 4, 4)),
  'tags: all at the same time': inTag(ANY, 1, (bytes, at) => put(bytes, at + 4, 4, 0)),
  'tags: lengths of those before': inTag(ANY, 0.3, (bytes, at, chance) => putExtreme(chance, bytes, at - 4, 4)),
  'script: names and values': inTag([SCRIPT], 'first', (bytes, at, chance) => {
    for (let i = 0; i < 8; i++)
      bytes[at + 11 + chance.below(200)] = chance.below(256);
  }),
  'script: array of all': inTag([SCRIPT], 'first', (bytes, at) => put(bytes, at + 11 + 14, 4, 0xffffffff)),
  'script: objects in objects': (bytes) => {
    const data = Buffer.concat([Buffer.from([2, 0, 10]), Buffer.from('onMetaData'),
      ...Array(20_000).fill(Buffer.from([3, 0, 1, 0x61]))]);
    const head = Buffer.alloc(11);
    head[0] = SCRIPT;
    head.writeUIntBE(data.length, 1, 3);
    const last = Buffer.alloc(4);
    last.writeUInt32BE(data.length + 11);
    return replace(bytes, 13, 13, Buffer.concat([head, data, last]));
  },
  'video: codec': inTag([VIDEO], 1, (bytes, at, chance) => { bytes[at + 11] = chance.pick([0x12, 0x14, 0x17, 0x1c, 0x27, 0xff, 0]); }),
  'video: kind of packet': inTag([VIDEO], 0.3, (bytes, at, chance) => { bytes[at + 12] = chance.pick([0, 1, 2, 3, 255]); }),
  'video: composition times': inTag([VIDEO], 0.3, (bytes, at, chance) => putExtreme(chance, bytes, at + 13, 3)),
  'video: codec data': inTag([VIDEO], 'first', (bytes, at, chance) => {
    for (let i = 0; i <= chance.below(6); i++)
      bytes[at + 16 + chance.below(30)] = chance.pick([0, 1, 0xff, chance.below(256)]);
  }),
  'video: length of the first unit': inTag([VIDEO], 0.2, (bytes, at, chance) => putExtreme(chance, bytes, at + 16, 4)),
  'video: bits of headers': inTag([VIDEO], 0.3, (bytes, at, chance) => {
    for (let i = 0; i < 4; i++)
      put(bytes, at + 20 + chance.below(10), 1, chance.below(256));
  }),
  'sound: codec': inTag([SOUND], 1, (bytes, at, chance) => { bytes[at + 11] = chance.below(256); }),
  'sound: codec data': inTag([SOUND], 'first', (bytes, at, chance) => { put(bytes, at + 13, 2, chance.below(65536)); }),
};

// --- text ------------------------------------------------------------------

const inText = (change) => (bytes, chance) => Buffer.from(change(bytes.toString('latin1'), chance), 'latin1');

export const textWays = {
  'a line of a megabyte': inText((text) => text + 'x'.repeat(1 << 20)),
  'a hundred thousand cues': inText((text) => text + '00:00.000 --> 00:01.000\nx\n\n'.repeat(100_000)),
  'times': inText((text, chance) => text.replace(/\d\d:\d\d[.,]\d+/g, () =>
    chance.pick(['99:99.999', '00:00.000', '-1:00.000', '999999999999:59:59.999', '00:00,1', '::', '00:60.000']))),
  'markup in markup': inText((text) => text.replace('Good', '<i>'.repeat(50_000))),
  'NULs': inText((text) => text.replaceAll('o', '\0')),
  'not UTF-8': inText((text) => text.replaceAll('e', '\xff\xfe')),
  'UTF-16': (bytes) => Buffer.from(`\ufeff${bytes}`, 'utf16le'),
  'no end of lines': inText((text) => text.replaceAll('\n', ' ')),
};

