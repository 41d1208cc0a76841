// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of the pages that know no page.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { it } from 'node:test';

import { findAt, fences, outlier, ticks, timeTicks } from '../../data/assets/chart-scale.js';
import { bitRate, bytes, clock, codecName, languageName, progressText, remaining }
  from '../../data/assets/format.js';
import { joinValue, splitValue } from '../../data/assets/gop-filters.js';
import { kindName, parsePlace, summary } from '../../data/assets/gop-list.js';
import { encryptionOf } from '../../data/assets/init-segment.js';
import { generateKey, parseKey, toBase64url, toUuid } from '../../data/assets/keys.js';
import { autoLadder, listedLadder } from '../../data/assets/ladder.js';
import { commandsFor } from '../../data/assets/player-commands.js';
import { explain } from '../../data/assets/player-errors.js';

globalThis.crypto ??= webcrypto; // browsers have it, and node from 20 on

const HEX = '87237d20a19f58a740c05684e699b4aa';

for (const text of [HEX, HEX.toUpperCase(), '87237d20-a19f-58a7-40c0-5684e699b4aa',
  'hyN9IKGfWKdAwFaE5pm0qg', 'hyN9IKGfWKdAwFaE5pm0qg==', ' hyN9IKGfWKdAwFaE5pm0qg\n'])
  it(`takes the key ${JSON.stringify(text)}`, () => assert.equal(parseKey(text), HEX));

for (const text of ['', ' ', 'hyN9IKGfWKdAwFaE5pm0q', `${HEX}0`, HEX.slice(1), '87237d20-a19f58a740c05684e699b4aa',
  'hyN9IKGfWKdAwFaE5pm0q!', 'hyN9IKGfWKdAwFaE5pm0qg=', 'ключ'])
  it(`refuses the key ${JSON.stringify(text)}`, () => assert.throws(() => parseKey(text), (error) =>
    error.message.length > 10 && (text.trim() === '' || !error.message.includes(text))));

it('writes keys in the other forms', () => {
  assert.equal(toBase64url(HEX), 'hyN9IKGfWKdAwFaE5pm0qg');
  assert.equal(toUuid(HEX), '87237d20-a19f-58a7-40c0-5684e699b4aa');
});

it('generates keys that differ', () => {
  const keys = new Set(Array.from({ length: 100 }, generateKey));
  assert.equal(keys.size, 100);
  for (const key of keys)
    assert.equal(parseKey(key).length, 32);
});

for (const [count, text] of [[0, '0 bytes'], [999, '999 bytes'], [1000, '1.0 kB'], [999_600, '1.0 MB'],
  [1_234_567, '1.2 MB'], [64_000_000_000, '64 GB'], [NaN, 'unknown'], [-1, 'unknown']])
  it(`${count} is ${text}`, () => assert.equal(bytes(count), text));

for (const [seconds, decimals, text] of [[0, 0, '0:00'], [59.6, 0, '1:00'], [3723, 0, '1:02:03'],
  [7.48, 3, '0:07.480'], [59.9996, 3, '1:00.000'], [-0.08, 3, '−0:00.080'], [NaN, 0, 'unknown']])
  it(`${seconds} s is ${text}`, () => assert.equal(clock(seconds, decimals), text));

for (const [seconds, text] of [[0.4, 'a moment left'], [42, '42 s left'], [600, '10 min left'],
  [7200, '2.0 h left'], [Infinity, '']])
  it(`${seconds} s is "${text}"`, () => assert.equal(remaining(seconds), text));

it('says what all GOPs are', () => {
  const statistics = { gops: 3, open: 1, frames: 62, duration: 2.5, size: 250_000 };
  assert.equal(summary(statistics), '3 GOPs in 0:03: 62 frames, 250 kB, 800 kbit/s; 1 GOP open; 0.833 s on average.');
});

for (const [text, place] of [['12', { index: 12 }], [' 0 ', { index: 0 }], ['1:02:03', { time: 3723 }],
  ['0:07.5', { time: 7.5 }], ['', null], ['-1', null], ['1.5', null], ['1:2:3:4', null], ['x', null]])
  it(`takes ${JSON.stringify(text)} for a place`, () => assert.deepEqual(parsePlace(text), place));

for (const [largest, count, wanted] of [[10, 4, [0, 5, 10]], [7, 4, [0, 2, 4, 6, 8]], [0.9, 2, [0, 0.5, 1]], [0, 4, [0, 1]],
  [1, 4, [0, 0.5, 1]], [123456, 4, [0, 50000, 100000, 150000]]])
  it(`an axis to ${largest}`, () => assert.deepEqual(ticks(largest, count), wanted));

it('puts times on an axis', () => {
  assert.deepEqual(timeTicks(0, 40, 10), [0, 5, 10, 15, 20, 25, 30, 35, 40]);
  assert.deepEqual(timeTicks(3.2, 5, 5), [4, 5, 6, 7, 8]);
  assert.equal(timeTicks(0, 36000, 12).length, 11);
});

it('knows what is far out', () => {
  const usual = [90, 100, 110, 95, 105, 100, 90, 110, 100];
  const sizes = fences(usual, usual);
  assert.equal(outlier(100, 120, sizes), null);
  assert.equal(outlier(100, 171, sizes), 'large');
  assert.equal(outlier(29, 100, sizes), 'small');
  assert.equal(outlier(0, 171, sizes), 'small');
  const same = fences([2, 2, 2, 2], [2, 2, 2, 2]);
  assert.equal(outlier(1.96, 2.04, same), null);
  assert.equal(outlier(1, 2, same), 'small');
  // bars that all have a large one in them are nothing special
  const wide = fences([10, 11, 10, 12], [90, 92, 91, 90]);
  assert.equal(outlier(10, 92, wide), null);
  assert.equal(outlier(10, 120, wide), 'large');
});

it('finds what begins at a place or before', () => {
  const items = [0, 2, 4, 6];
  const find = (place) => findAt(items, place, (item) => item);
  assert.deepEqual([-1, 0, 1.9, 2, 5, 6, 99].map(find), [0, 0, 0, 1, 2, 3, 3]);
});

const RATE = [{ separator: '', default: null }, { separator: '/', default: 1 }];
const CROP = [0, 1, 2, 3].map((i) => ({ separator: i ? ',' : '', default: null }));

it('takes values of filters apart and puts them together', () => {
  assert.deepEqual(splitValue('12', RATE), ['12', null]);
  assert.deepEqual(splitValue('30000/1001', RATE), ['30000', '1001']);
  assert.deepEqual(splitValue('0,1,160,90', CROP), ['0', '1', '160', '90']);
  assert.equal(joinValue(['12', ''], RATE), '12');
  assert.equal(joinValue(['30000', '1001'], RATE), '30000/1001');
  assert.equal(joinValue(['0', '1', '160', '90'], CROP), '0,1,160,90');
});

it('names kinds, also those it does not know', () => {
  assert.equal(kindName('idr'), 'IDR');
  assert.equal(kindName('other'), 'other');
});

for (const [rate, text] of [[950, '0.9 kbit/s'], [72806, '73 kbit/s'], [999_600, '1.0 Mbit/s'], [6571412, '6.6 Mbit/s'],
  [49e6, '49 Mbit/s']])
  it(`${rate} bit/s is ${text}`, () => assert.equal(bitRate(rate), text));

for (const [tag, name] of [['de', 'German'], ['und', 'unknown language'], [null, 'unknown language'], ['!', '!']])
  it(`calls the language ${tag} ${name}`, () => assert.equal(languageName(tag), name));

// --- errors of the player ---

const FILE = 'http://127.0.0.1:8080/5F8LN27K2P/dash/video_0/3.m4s';

for (const [error, options, pattern] of [
  [{ category: 1, code: 1001, data: [FILE, 403] }, {}, /Load this page again/],
  [{ category: 1, code: 1001, data: [FILE, 404] }, {}, /video_0\/3\.m4s is not there/],
  [{ category: 1, code: 1001, data: [FILE, 500] }, {}, /status 500/],
  [{ category: 1, code: 1002, data: [FILE] }, {}, /no answer.*delivery listener/],
  [{ category: 1, code: 1002, data: [] }, {}, /A file of it/],
  [{ category: 3, code: 3016, data: [3] }, { encrypted: true }, /the key is not the one/],
  [{ category: 3, code: 3016, data: [3] }, { encrypted: false }, /damaged/],
  [{ category: 4, code: 4032, data: [] }, { codecs: ['hvc1.1.6.L93.90'] }, /no decoder for hvc1/],
  [{ category: 6, code: 6001, data: [] }, {}, /no W3C Clear Key/],
  [{ category: 6, code: 6007, data: [{ code: 1001, data: [FILE, 403] }] }, {}, /refused \(status 403\)/],
  [{ category: 6, code: 6007, data: [{ code: 1002, data: [FILE] }] }, {}, /does not answer/],
  [{ category: 6, code: 6999 }, {}, /Clear Key with CBCS did not start/],
  [{ category: 9, code: 9999 }, {}, /gave up/],
])
  it(`puts error ${error.code} ${JSON.stringify(error.data ?? '')} in words`, () => {
    const { title, text } = explain(error, options);
    assert.match(text, pattern);
    assert.ok(title.length > 5 && text.includes(String(error.code)));
  });

// --- how samples are encrypted ---

const box = (type, ...content) => {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(8);
  header.writeUInt32BE(body.length + 8);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, body]);
};
const inside = (types, content) => types.reduceRight((inner, type) => box(type, inner), content);
const KID_BYTES = Buffer.from(HEX, 'hex');
const tenc = (pattern, ivSize, rest = []) => box('tenc', [1, 0, 0, 0, 0, pattern, 1, ivSize], KID_BYTES, rest);
const entry = (type, size, tencBox) => box(type, Buffer.alloc(size), box('sinf', box('schi', tencBox)));
const initWith = (...entries) => inside(['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'],
  Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, entries.length]), ...entries]));
const bufferOf = (data) => data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
const CBCS_VIDEO = entry('encv', 78, tenc(0x19, 0, [16, ...Buffer.alloc(16)]));

for (const [name, init, expected] of [
  ['cbcs', initWith(CBCS_VIDEO), { crypt: 1, skip: 9, kid: HEX, ivSize: 0, constantIvSize: 16, clearToo: false }],
  ['a clear lead', initWith(CBCS_VIDEO, box('avc1', Buffer.alloc(78))),
    { crypt: 1, skip: 9, kid: HEX, ivSize: 0, constantIvSize: 16, clearToo: true }],
  ['cenc', initWith(entry('enca', 28, tenc(0, 8))), { crypt: 0, skip: 0, kid: HEX, ivSize: 8, constantIvSize: 0, clearToo: false }],
  ['a clear track', initWith(box('avc1', Buffer.alloc(78))), null],
  ['nothing', Buffer.alloc(0), null],
])
  it(`reads how ${name} is encrypted`, () => assert.deepEqual(encryptionOf(bufferOf(init)), expected));

it('reads no further than there are bytes', () => {
  const init = initWith(CBCS_VIDEO);
  for (let i = 0; i < init.length; i++) {
    encryptionOf(bufferOf(init.subarray(0, i)));
    for (const value of [0, 1, 0x7f, 0xff]) {
      const damaged = Buffer.from(init);
      damaged[i] = value;
      encryptionOf(bufferOf(damaged));
    }
  }
});

it('quotes what a shell would take for more than text', () => {
  const sets = [{ kind: 'video', scheme: 'cbcs', kids: [HEX], representations: [
    { init: "a b'c/init.mp4", media: 'v/$Number$.m4s', first: 1, segments: 3, codecs: 'avc1.42c01f' }] }];
  const texts = commandsFor({ id: 7, origin: 'http://localhost:5000', tokenNeeded: false,
    url: 'http://localhost:8080/x/dash/stream.mpd', sets }).map(({ text }) => text).join('\n');
  assert.ok(texts.includes("'http://localhost:8080/x/dash/a b'\\''c/init.mp4'"));
  assert.ok(texts.includes("'http://localhost:8080/x/dash/v/[1-3].m4s' -o 'package-7/v/#1.m4s'"));
});

for (const [codec, name] of [['avc1.64001f', 'H.264'], ['hvc1.1.6.L93.B0', 'H.265'], ['mp4a.40.2', 'AAC'],
  ['mp4a.6B', 'MP3'], ['opus', 'Opus'], ['Opus', 'Opus'], ['strange', 'strange'], [null, 'unknown codec']])
  it(`calls ${codec} ${name}`, () => assert.equal(codecName(codec), name));

it('says how far a package is, and nothing that is not known', () => {
  assert.equal(progressText({ progress: 0.421, speed: 61.3, bytes_per_second: 31_457_280, eta: 12.5 }),
    '42 % · 61× · 31 MB/s · 13 s left');
  assert.equal(progressText({ progress: 0, speed: null, bytes_per_second: null, eta: null }), '0 %');
});

// As docs/ladder.md shows it.
it('knows what an automatic ladder has in it', () => {
  const sizes = autoLadder({ width: 1920, height: 1080, rate: 25, bitrate: 6_377_000, common: true });
  assert.deepEqual(sizes.map(({ width, height }) => `${width}x${height}`),
    ['1920x1080', '1280x720', '960x540', '640x360', '426x240']);
  assert.deepEqual(sizes.map(({ original }) => original), [true, false, false, false, false]);
  const upright = autoLadder({ width: 720, height: 1280, rate: 60, bitrate: 3_000_000 });
  assert.deepEqual(upright.map(({ width, height }) => `${width}x${height}`), ['720x1280', '540x960', '360x640', '240x426']);
});

it('knows what becomes of sizes that were asked for', () => {
  const source = { width: 640, height: 360, rate: 25, bitrate: 900_000 };
  assert.deepEqual(listedLadder(source, [{ height: 720, bitrate: 2_800_000 }, { height: 180, bitrate: 300_000 }]),
    [{ width: 320, height: 180, bitrate: 300_000, original: false }]);
  assert.deepEqual(listedLadder(source, [{ height: 720, bitrate: 2_800_000 }]),
    [{ width: 640, height: 360, bitrate: 900_000, original: false }]);
});
