// SPDX-License-Identifier: LGPL-2.1-or-later
// Decrypts fragmented tracks of scheme cbcs whose key changes, which none of the
// programs here reads. Written from ISO/IEC 23001-7, apart from the code under
// test.

import { createDecipheriv, createHash } from 'node:crypto';

import { find, protection, subsamples } from './mp4.mjs';

// Pattern of blocks; a chain of CBC over those that are encrypted.
const decryptRange = (range, key, iv, { crypt, skip }) => {
  const blocks = [];
  for (let at = 0, n = 0; at + 16 <= range.length; at += 16, n++) {
    if (skip === 0 || n % (crypt + skip) < crypt)
      blocks.push(at);
  }
  const decipher = createDecipheriv('aes-128-cbc', key, iv);
  decipher.setAutoPadding(false);
  for (const at of blocks)
    decipher.update(range.subarray(at, at + 16)).copy(range, at);
};

const decryptSample = (sample, pairs, key, iv, pattern) => {
  if (pairs.length === 0) {
    decryptRange(sample, key, iv, pattern);
    return;
  }
  let at = 0;
  for (const [clear, secret] of pairs) {
    decryptRange(sample.subarray(at + clear, at + clear + secret), key, iv,
      pattern);
    at += clear + secret;
  }
};

// The KID of a fragment: its sample group's, where all samples are in it.
const kidOf = (traf, track, count) => {
  const [group] = find(traf, 'sgpd')
    .filter(({ body }) => body.toString('latin1', 4, 8) === 'seig');
  if (!group)
    return track.kid;
  const [map] = find(traf, 'sbgp');
  if (map.body.readUInt32BE(8) !== 1 || map.body.readUInt32BE(12) !== count ||
      map.body.readUInt32BE(16) !== 0x10001)
    throw new Error('the sample group is not one of all samples');
  if (group.body.toString('hex', 37, 53) !== track.constantIv)
    throw new Error('another IV');
  return group.body.toString('hex', 20, 36);
};

// Digests of the samples of a track, init segment and segments joined. keys:
// hex by hex KID. kids: filled with that of each fragment.
export const decryptTrack = (data, keys, kids = []) => {
  const track = protection(data);
  const iv = Buffer.from(track.constantIv, 'hex');
  const mdats = find(data, 'mdat');
  const digests = [];
  for (const [i, { body: traf }] of find(data, 'traf').entries()) {
    const [trun] = find(traf, 'trun');
    const flags = trun.body.readUIntBE(1, 3);
    const count = trun.body.readUInt32BE(4);
    const entry = 8 + (flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0);
    const pairs = subsamples(traf);
    const kid = kidOf(traf, track, count);
    kids.push(kid);
    for (let n = 0, at = 0; n < count; n++) {
      const size = trun.body.readUInt32BE(12 + n * entry + 4);
      const sample = Buffer.from(mdats[i].body.subarray(at, at += size));
      decryptSample(sample, pairs[n], Buffer.from(keys[kid], 'hex'), iv, track);
      digests.push(createHash('sha256').update(sample).digest('hex'));
    }
  }
  return digests;
};
