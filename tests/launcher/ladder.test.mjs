// SPDX-License-Identifier: LGPL-2.1-or-later
// Packages with a ladder: asked for, shown, made, refused.

import assert from 'node:assert/strict';
import test from 'node:test';

import { addInput, get, haberdash, post, problem, startService } from './service.mjs';

const AT_ONCE = { Prefer: 'wait=60' };

test('made as it was asked for, and shown so', async (t) => {
  const service = await startService(t);
  const request = { input_content_id: await addInput(service), encrypt: 'none', hls: true };
  const rungs = [{ height: 720, bitrate: 3000000 }, { height: 90, bitrate: 60000 }];
  const made = await post(service.api, '/packaged_content', { ...request, ladder: [...rungs].reverse() }, AT_ONCE);
  assert.equal(made.json.status, 'Ready', made.text);
  assert.deepEqual(made.json.ladder, rungs);
  assert.match(made.json.notes.join(), /720 lines is left out: the video has 180/);
  const mpd = await get(service.delivery, new URL(made.json.url).pathname);
  assert.deepEqual([...mpd.text.matchAll(/<Representation id="video_.*height="(\d+)"/g)].map(([, n]) => n), ['90']);

  const automatic = await post(service.api, '/packaged_content', { ...request, ladder: 'auto' }, AT_ONCE);
  assert.equal(automatic.json.status, 'Ready', automatic.text);
  assert.equal(automatic.json.ladder, 'auto');
  const plain = await post(service.api, '/packaged_content', { ...request, ladder: null }, AT_ONCE);
  assert.equal(plain.json.ladder, null);
});

test('the same ladder is the same request', async (t) => {
  const service = await startService(t);
  const request = { input_content_id: await addInput(service), encrypt: 'none' };
  const ask = (ladder) => post(service.api, '/packaged_content', { ...request, ladder }, { 'Idempotency-Key': 'a' });
  const first = await ask([{ height: 90, bitrate: 60000 }, { height: 80, bitrate: 50000 }]);
  const again = await ask([{ bitrate: 50000, height: 80 }, { height: 90, bitrate: 60000 }]);
  assert.equal(first.status, 202, first.text);
  assert.equal(again.json.packaged_content_id, first.json.packaged_content_id);
  problem(assert, await ask('auto'), 422);
});

test('what is no ladder is refused, and why', async (t) => {
  const service = await startService(t);
  const request = { input_content_id: await addInput(service), encrypt: 'none' };
  const rung = { height: 90, bitrate: 60000 };
  for (const [ladder, why] of [
    ['automatic', /"auto" or a list/], [true, /"auto" or a list/], [7, /"auto" or a list/], [{}, /"auto" or a list/],
    [[], /"auto" or a list/], [['auto'], /"auto" or a list/], [[{ height: 90 }], /"auto" or a list/],
    [[{ ...rung, width: 160 }], /"auto" or a list/], [[{ ...rung, height: '90' }], /"auto" or a list/],
    [[{ ...rung, height: 90.5 }], /"auto" or a list/], [[{ ...rung, height: 1e12 }], /height.* must be 64 to 2304/],
    [[{ ...rung, height: -720 }], /height.* must be 64 to 2304/], [[{ ...rung, bitrate: 1 }], /bit rate.* must be 50000/],
    [[rung, rung], /twice/], [Array.from({ length: 11 }, (_, i) => ({ height: 64 + i, bitrate: 60000 })), /number of rungs/],
  ]) {
    const answer = await post(service.api, '/packaged_content', { ...request, ladder });
    problem(assert, answer, 422);
    assert.match(answer.json.detail, why, JSON.stringify(ladder));
  }
  assert.deepEqual((await get(service.api, '/packaged_content')).json, []);
});

test('the encoder is the operator\'s', async (t) => {
  const service = await startService(t, { args: ['--encoder', 'x264'] });
  const made = await post(service.api, '/packaged_content', { input_content_id: await addInput(service),
    encrypt: 'none', ladder: [{ height: 90, bitrate: 60000 }] }, AT_ONCE);
  assert.equal(made.json.status, 'Ready', made.text);
  const mpd = await get(service.delivery, new URL(made.json.url).pathname);
  assert.match(mpd.text, /codecs="avc1\.64/); // High, which openh264 does not make
  await assert.rejects(haberdash('serve', '--encoder', 'x266'), /--encoder must be/);
});
