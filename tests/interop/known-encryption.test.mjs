// SPDX-License-Identifier: LGPL-2.1-or-later
// Encryption by others, behind qtdemux, with `cbcsdec`.

import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { encryptByShaka, exists } from './support/package.mjs';
import { KEY, makeFolder, writeKey } from './support/run.mjs';
import { assertSamePayload, deliver, probe } from './support/samples.mjs';
import { makeStream } from './support/streams.mjs';

const folder = await makeFolder();

// A file with pssh boxes of Widevine and PlayReady only, and its clear twin.
const reference = fileURLToPath(
  new URL('../../../shared/media', import.meta.url));
const knownKey = '22bdb0063805260307ee5045c0f3835a';
const there = await exists(path.join(reference, 'cbcs.mp4'));

test('the reference file decrypts to its clear twin',
  { skip: there ? false : 'the reference file is not here' }, async () => {
    const keyFile = await writeKey(folder, knownKey);
    const samples = await deliver(path.join(reference, 'cbcs.mp4'),
      `qtdemux name=d d.video_0 ! cbcsdec key-file=${keyFile}`);
    assertSamePayload(samples, await deliver(
      path.join(reference, 'cbcsdec.mp4'), 'qtdemux name=d d.video_0'));
  });

test('what Shaka Packager encrypts comes back', async () => {
  const input = await makeStream('H.264, four slices');
  const keyFile = await writeKey(folder, KEY.key);
  const encrypted = await encryptByShaka(input, folder, KEY.kid);
  const samples = await deliver(encrypted, `qtdemux !
    cbcsdec key-file=${keyFile}`);
  assertSamePayload(samples, await probe(input, 'v'));
});
