// SPDX-License-Identifier: LGPL-2.1-or-later
// What is protected of each access unit, byte for byte: slice headers end where
// ffmpeg's trace of them says, and the bytes are those that Shaka Packager
// encrypts, which counts on its own.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { protectedRanges, sampleLength, subsamples } from './support/mp4.mjs';
import { encryptByShaka, decryptByShaka, packageByProgram }
  from './support/package.mjs';
import { gstLaunch, KEY, makeFolder, writeKey } from './support/run.mjs';
import { assertSamePayload, probe } from './support/samples.mjs';
import { makeStream, videos } from './support/streams.mjs';
import { sliceHeaderBits } from './support/trace.mjs';

const IV = '0123456789abcdeffedcba9876543210';

const folder = await makeFolder();

const packages = new Map();
const packageOf = (name) => {
  if (!packages.has(name)) {
    const out = path.join(folder, String(packages.size));
    packages.set(name, makeStream(name).then((input) =>
      packageByProgram(input, out, { iv: IV, layout: 'files' })));
  }
  return packages.get(name);
};

// --- slice headers ---------------------------------------------------------------

// The bytes of an access unit as NAL units behind lengths of 4 bytes.
function* nalUnits (unit) {
  for (let at = 0; at + 4 <= unit.length;) {
    const size = unit.readUInt32BE(at);
    yield { start: at + 4, data: unit.subarray(at + 4, at + 4 + size) };
    at += 4 + size;
  }
}

const isSlice = (data, codec) => {
  const type = codec === 'hevc' ? data[0] >> 1 & 0x3f : data[0] & 0x1f;
  return codec === 'hevc' ? type < 32 : type >= 1 && type <= 5;
};

// How many bytes of a NAL unit hold its first n bytes without emulation
// prevention.
const escapedLength = (data, n) => {
  let zeros = 0;
  let at = 0;
  for (let plain = 0; plain < n; at++) {
    if (zeros >= 2 && data[at] === 3) {
      zeros = 0;
      continue;
    }
    zeros = data[at] === 0 ? zeros + 1 : 0;
    plain++;
  }
  return at;
};

// The access units of a file that is not fragmented.
const accessUnits = async (file) => {
  const bytes = await readFile(file);
  return (await probe(file, 'v'))
    .map(({ pos, size }) => bytes.subarray(pos, pos + size));
};

// Where the protected bytes of each slice begin and end, by the trace.
const tracedRanges = (unit, bits, codec) => {
  const slices = [...nalUnits(unit)].filter(({ data }) =>
    isSlice(data, codec));
  assert.equal(slices.length, bits.length, 'as many slices as the trace has');
  return slices.flatMap(({ start, data }, i) => {
    const header = escapedLength(data, Math.ceil(bits[i] / 8));
    return header < data.length ? [[start + header, start + data.length]] : [];
  });
};

const checkSliceHeaders = async (name) => {
  const { codec } = videos[name];
  const input = await makeStream(name);
  const { tracks } = await packageOf(name);
  const units = await accessUnits(input);
  const headers = await sliceHeaderBits(input, codec);
  const ours = subsamples(await readFile(tracks.video));
  assert.equal(ours.length, units.length);
  for (const [i, pairs] of ours.entries()) {
    assert.equal(sampleLength(pairs), units[i].length, `length of sample ${i}`);
    assert.deepEqual(protectedRanges(pairs),
      tracedRanges(units[i], headers[i], codec), `slices of sample ${i}`);
  }
};

// --- Shaka Packager ----------------------------------------------------------------

const checkSameAsShaka = async (name) => {
  const { tracks, manifest } = await packageOf(name);
  const theirs = await encryptByShaka(await makeStream(name), folder, IV);
  const [our, their] = await Promise.all([tracks.video, theirs].map(
    async (file) => subsamples(await readFile(file))));
  assert.equal(our.length, their.length);
  for (const [i, pairs] of our.entries())
    assert.deepEqual(protectedRanges(pairs), protectedRanges(their[i]),
      `protected bytes of sample ${i}`);
  assertSamePayload(await probe(manifest, 'v', ['-fflags', '+noparse']),
    await probe(theirs, 'v', ['-fflags', '+noparse']));
};

for (const [name, { codec, notShaka = false }] of Object.entries(videos)) {
  if (codec === 'vp9')
    continue;
  if (codec !== 'av1')
    test(`${name}: slice headers end where ffmpeg says`,
      () => checkSliceHeaders(name));
  test(`${name}: the bytes are those that Shaka Packager encrypts`,
    { skip: notShaka }, () => checkSameAsShaka(name));
}

test('temporal delimiters of AV1 stay out of files', async () => {
  const [delimited, encrypted] = ['delimited.mp4', 'undelimited.mp4'].map(
    (name) => path.join(folder, name));
  const keyFile = await writeKey(folder, KEY.key);
  await gstLaunch(`videotestsrc num-buffers=10 !
    video/x-raw,width=320,height=180 ! av1enc cpu-used=8 ! av1parse !
    mp4mux ! filesink location=${delimited}`);
  await gstLaunch(`filesrc location=${delimited} ! qtdemux ! gopsplit !
    cbcsenc kid=${KEY.kid} key-file=${keyFile} ! cencmux !
    filesink location=${encrypted}`);

  const delimiter = Buffer.from([0x12, 0]);
  const wanted = (await accessUnits(delimited)).map((unit) => {
    assert.deepEqual(unit.subarray(0, 2), delimiter, 'one to remove');
    return unit.subarray(2);
  });
  const clear = await decryptByShaka(encrypted, 'video');
  assert.deepEqual(await accessUnits(clear), wanted);
});
