// SPDX-License-Identifier: LGPL-2.1-or-later
// Enough of ISO BMFF and Common Encryption to read what a packager says about
// its samples. Written from the standards, apart from the code under test.

const CONTAINERS = new Set([
  'moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf', 'sinf', 'schi',
]);
// Bytes of fixed fields in front of the children.
const PREFIX = {
  stsd: 8, encv: 78, avc1: 78, avc3: 78,
  enca: 28, mp4a: 28, Opus: 28, fLaC: 28, 'ac-3': 28, 'ec-3': 28,
};

// All boxes, depth first: { type, path, body (a Buffer after the header) }.
export function* boxes (data, path = '') {
  for (let at = 0; at + 8 <= data.length;) {
    let size = data.readUInt32BE(at);
    const type = data.toString('latin1', at + 4, at + 8);
    let header = 8;
    if (size === 1) {
      size = Number(data.readBigUInt64BE(at + 8));
      header = 16;
    }
    if (size === 0)
      size = data.length - at;
    if (size < header || at + size > data.length)
      throw new Error(`box ${path}/${type} at ${at} has size ${size}`);
    const body = data.subarray(at + header, at + size);
    const here = `${path}/${type}`;
    yield { type, path: here, body };
    if (CONTAINERS.has(type) || type in PREFIX)
      yield* boxes(body.subarray(PREFIX[type] ?? 0), here);
    at += size;
  }
}

export const find = (data, type) =>
  [...boxes(data)].filter((box) => box.type === type);

const flagsOf = (body) => body.readUIntBE(1, 3);

// The scheme and the defaults of a protected track, or null.
export const protection = (init) => {
  const [schm] = find(init, 'schm');
  const [tenc] = find(init, 'tenc');
  if (!schm || !tenc)
    return null;
  const { body } = tenc;
  return {
    scheme: schm.body.toString('latin1', 4, 8),
    schemeVersion: schm.body.readUInt32BE(8),
    version: body[0],
    crypt: body[5] >> 4,
    skip: body[5] & 15,
    isProtected: body[6],
    ivSize: body[7],
    kid: body.toString('hex', 8, 24),
    constantIvSize: body[24],
    constantIv: body.toString('hex', 25, 25 + body[24]),
  };
};

// For each sample of senc boxes without IVs: its [clear, protected] pairs.
export const subsamples = (data) => {
  const samples = [];
  for (const { body } of find(data, 'senc')) {
    const withPairs = flagsOf(body) & 2;
    const count = body.readUInt32BE(4);
    let at = 8;
    for (let i = 0; i < count; i++) {
      const pairs = [];
      if (withPairs) {
        const n = body.readUInt16BE(at);
        at += 2;
        for (let j = 0; j < n; j++, at += 6)
          pairs.push([body.readUInt16BE(at), body.readUInt32BE(at + 2)]);
      }
      samples.push(pairs);
    }
    if (at !== body.length)
      throw new Error(`senc: ${body.length - at} bytes too many`);
  }
  return samples;
};

// The same as byte ranges [start, end) that are protected, however the clear
// bytes are cut into entries.
export const protectedRanges = (pairs) => {
  const ranges = [];
  let at = 0;
  for (const [clear, secret] of pairs) {
    at += clear;
    if (secret > 0)
      ranges.push([at, at + secret]);
    at += secret;
  }
  return ranges;
};

export const sampleLength = (pairs) =>
  pairs.reduce((sum, [clear, secret]) => sum + clear + secret, 0);

// For changing a file: its boxes with sizes of 32 bits, one level, and a box of
// parts.
export const box = (type, ...parts) => {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(body.length + 8);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, body]);
};

export function* children (data, start = 0, end = data.length) {
  for (let at = start; at < end; at += data.readUInt32BE(at)) {
    yield { at, type: data.toString('latin1', at + 4, at + 8),
      body: data.subarray(at + 8, at + data.readUInt32BE(at)) };
  }
}
