// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of the pages that know no page.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { it } from 'node:test';

import { bytes, clock, remaining } from '../../data/assets/format.js';
import { kindName, totals } from '../../data/assets/gop-list.js';
import { generateKey, parseKey, toBase64url, toUuid } from '../../data/assets/keys.js';

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

it('sums GOPs up', () => {
  const gops = [{ duration: 2, frames: 50, size: 1000, closed: true },
    { duration: 0.5, frames: 12, size: 200, closed: false }];
  assert.deepEqual(totals(gops), { duration: 2.5, frames: 62, size: 1200, open: 1 });
  assert.deepEqual(totals([]), { duration: 0, frames: 0, size: 0, open: 0 });
});

it('names kinds, also those it does not know', () => {
  assert.equal(kindName('idr'), 'IDR');
  assert.equal(kindName('other'), 'other');
});
