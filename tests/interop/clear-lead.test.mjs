// SPDX-License-Identifier: LGPL-2.1-or-later
// A clear lead and pssh boxes of DRM systems, with each codec that cbcs has:
// every sample comes back, the lead needs no key, and the boxes are laid out as
// Shaka Packager's are.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { joinSet, readManifest } from './support/manifest.mjs';
import { find } from './support/mp4.mjs';
import { decryptByShaka } from './support/package.mjs';
import { ffmpeg, gstLaunch, KEY, makeFolder, run, shaka, writeKey }
  from './support/run.mjs';
import { assertSamePayload, assertSameTimes, deliver, probe }
  from './support/samples.mjs';

const LEAD = 2; // seconds, two GOPs
const SECOND = 1_000_000_000;

// Version 0 with data, as licence services give them.
const box = (system, data) => {
  const bytes = Buffer.alloc(32 + data.length);
  bytes.writeUInt32BE(bytes.length);
  bytes.write('pssh', 4);
  Buffer.from(system.replaceAll('-', ''), 'hex').copy(bytes, 12);
  bytes.writeUInt32BE(data.length, 28);
  bytes.write(data, 32);
  return bytes.toString('base64');
};
const SYSTEMS = {
  widevine: 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed',
  playready: '9a04f079-9840-4286-ab92-e65be0885f95',
};
const PSSH = Object.values(SYSTEMS).map((system) => box(system, 'any data'));

const clips = {
  'H.264 and AAC': ['-c:v', 'libx264', '-x264-params', 'keyint=25:min-keyint=25:scenecut=0:bframes=3',
    '-c:a', 'aac'],
  'H.265 and AC-3': ['-c:v', 'libx265', '-x265-params',
    'log-level=none:keyint=25:min-keyint=25:scenecut=0:open-gop=0', '-tag:v', 'hvc1',
    '-c:a', 'ac3'],
  'AV1 and Opus': ['-c:v', 'libaom-av1', '-cpu-used', '8', '-g', '25',
    '-keyint_min', '25', '-c:a', 'libopus'],
  'avc3 and E-AC-3': ['-c:v', 'libx264', '-g', '25', '-bsf:v',
    'dump_extra=freq=keyframe', '-tag:v', 'avc3', '-c:a', 'eac3'],
  'H.264 and FLAC': ['-c:v', 'libx264', '-g', '25', '-c:a', 'flac'],
};

const folder = await makeFolder();
const keyFile = await writeKey(folder, KEY.key);
const made = new Map();
const once = (key, make) => {
  if (!made.has(key))
    made.set(key, make());
  return made.get(key);
};
const pathOf = (name, what) =>
  path.join(folder, `${Object.keys(clips).indexOf(name)}.${what}`);

const inputOf = (name) => once(`input ${name}`, async () => {
  const file = pathOf(name, 'mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25',
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '4',
    '-pix_fmt', 'yuv420p', ...clips[name], '-strict', '-2', file);
  return file;
});

// encrypt: what stands in front of each pad.
const packageBy = async (name, out, encrypt, settings = '') => {
  await gstLaunch(`cencdashsink name=dash location=${out}/stream.mpd
    fragment-duration=${SECOND} ${settings}
    filesrc location=${await inputOf(name)} ! qtdemux name=in
    in.video_0 ! gopsplit ! ${encrypt} dash.video_0
    in.audio_0 ! ${encrypt} dash.audio_0`);
  const mpd = await readManifest(path.join(out, 'stream.mpd'));
  const tracks = {};
  for (const kind of ['video', 'audio']) {
    tracks[kind] = `${out}.${kind}.mp4`;
    await writeFile(tracks[kind], await joinSet(mpd[kind]));
  }
  return { out, mpd, tracks };
};
const ENCRYPT = `cbcsenc kid=${KEY.kid} key-file=${keyFile}
  clear-lead=${LEAD * SECOND} pssh=${PSSH.join(',')} !`;
const clearOf = (name) => once(`clear ${name}`,
  async () => packageBy(name, pathOf(name, 'clear'), ''));
const packageOf = (name) => once(`package ${name}`,
  async () => packageBy(name, pathOf(name, 'lead'), ENCRYPT, 'hls=true'));

const uint32 = (body, at) => body.readUInt32BE(at);

// For each sample entry its type, and for each fragment its entry and which
// boxes say how it is encrypted.
const layout = (data) => {
  const [stsd] = find(data, 'stsd');
  const entries = find(data, 'stsd').length === 1 &&
    Array.from({ length: uint32(stsd.body, 4) }).reduce(({ at, types }) => ({
      at: at + uint32(stsd.body, at),
      types: [...types, stsd.body.toString('latin1', at + 4, at + 8)],
    }), { at: 8, types: [] }).types;
  const fragments = find(data, 'traf').map(({ body }) => {
    const [tfhd] = find(body, 'tfhd');
    const stated = tfhd.body.readUIntBE(1, 3) & 2;
    return [stated ? uint32(tfhd.body, 8) : 1,
      ...['senc', 'saiz', 'saio'].map((type) => find(body, type).length)];
  });
  return { entries, fragments };
};

const KINDS = { video: 'v', audio: 'a' };

const checkShaka = async (name) => {
  const { mpd, tracks } = await packageOf(name);
  const wanted = (await clearOf(name)).tracks;
  for (const [kind, letter] of Object.entries(KINDS)) {
    const samples = await probe(await decryptByShaka(tracks[kind], kind),
      letter);
    const expected = await probe(wanted[kind], letter);
    assertSamePayload(samples, expected);
    assertSameTimes(samples, expected, 1 / mpd[kind].timescale);
  }
};

const checkOwnDecryptor = async (name) => {
  const { tracks } = await packageOf(name);
  const wanted = (await clearOf(name)).tracks;
  const decrypt = {
    video: `cbcsdec key-file=${keyFile}`,
    audio: `cbcsdec key-file=${keyFile} clear-lead=${LEAD * SECOND}`,
  };
  for (const kind of Object.keys(KINDS)) {
    assertSamePayload(
      await deliver(tracks[kind], `qtdemux ! ${decrypt[kind]}`),
      await deliver(wanted[kind], 'qtdemux'));
  }
};

// Samples of the fragments in front of the first one that is encrypted.
const leadOf = (data) => {
  const { fragments } = layout(data);
  const counts = find(data, 'trun').map(({ body }) => uint32(body, 4));
  const n = fragments.findIndex(([entry]) => entry === 1);
  return {
    segments: n,
    samples: counts.slice(0, n).reduce((sum, count) => sum + count, 0),
  };
};

// The samples of the lead are the clear ones; of those behind it none is that has
// a block to encrypt.
const checkWithoutKey = async (name) => {
  const { mpd, tracks } = await packageOf(name);
  const wanted = (await clearOf(name)).tracks;
  for (const kind of Object.keys(KINDS)) {
    const lead = leadOf(await readFile(tracks[kind]));
    const end = mpd[kind].spans[lead.segments].start / mpd[kind].timescale;
    assert.ok(Math.abs(end - LEAD) < 0.1, `${kind}: encrypted from ${end}`);

    const samples = await deliver(tracks[kind], 'qtdemux');
    const expected = await deliver(wanted[kind], 'qtdemux');
    assert.equal(samples.length, expected.length);
    for (const [i, { digest, size }] of samples.entries()) {
      if (i < lead.samples)
        assert.equal(digest, expected[i].digest, `${kind} ${i}`);
      else if (size > 200)
        assert.notEqual(digest, expected[i].digest, `${kind} ${i}`);
    }
  }
};

const checkPssh = async (name) => {
  const { out, mpd } = await packageOf(name);
  for (const kind of Object.keys(KINDS)) {
    const boxes = find(await readFile(mpd[kind].init), 'pssh')
      .map(({ body }) => body.subarray(4, 20).toString('hex'));
    assert.deepEqual(boxes, ['1077efecc0b24d02ace33c1e52e2fb4b',
      ...Object.values(SYSTEMS).map((id) => id.replaceAll('-', ''))]);
  }
  const listed = await run('xmllint', ['--nonet', '--xpath',
    "//*[local-name()='AdaptationSet'][1]//*[local-name()='pssh']/text()",
    path.join(out, 'stream.mpd')]);
  assert.deepEqual(listed.trim().split('\n').slice(1), PSSH);
};

for (const name of Object.keys(clips)) {
  test(`${name}: Shaka Packager gives back every sample`,
    () => checkShaka(name));
  test(`${name}: qtdemux and cbcsdec give back every sample`,
    () => checkOwnDecryptor(name));
  test(`${name}: the lead needs no key, the rest does`,
    () => checkWithoutKey(name));
  test(`${name}: the pssh boxes are in both places`, () => checkPssh(name));
}

// --- beside Shaka Packager ------------------------------------------------------

test('the entries and fragments are laid out as Shaka Packager does', async () => {
  const name = 'H.264 and AAC';
  const { mpd, tracks } = await packageOf(name);
  for (const kind of Object.keys(KINDS)) {
    const out = pathOf(name, `shaka.${kind}.mp4`);
    await shaka(`in=${(await clearOf(name)).tracks[kind]},stream=${kind},output=${out}`,
      '--enable_raw_key_encryption', '--protection_scheme', 'cbcs',
      '--segment_duration', '1', '--clear_lead', String(LEAD),
      '--keys', `label=:key_id=${KEY.kid}:key=${KEY.key}`);
    const our = layout(await readFile(tracks[kind]));
    const their = layout(await readFile(out));
    assert.deepEqual(our.entries, their.entries);
    assert.equal(our.fragments.length, mpd[kind].segments.length);
    assert.deepEqual([...new Set(our.fragments.map(String))],
      [...new Set(their.fragments.map(String))]);
  }
});

test('one file a track has the change at the same place', async () => {
  const name = 'H.264 and AAC';
  const out = pathOf(name, 'single');
  await mkdir(out);
  await gstLaunch(`cencdashsink name=dash location=${out}/stream.mpd
    single-file=true hls=true hls-key-url=../key fragment-duration=${SECOND}
    filesrc location=${await inputOf(name)} ! qtdemux name=in
    in.video_0 ! gopsplit ! ${ENCRYPT} dash.video_0
    in.audio_0 ! ${ENCRYPT} dash.audio_0`);
  const { tracks } = await packageOf(name);
  for (const [kind, letter] of Object.entries(KINDS)) {
    const file = path.join(out, `${kind}_0`, 'track.mp4');
    assert.deepEqual(layout(await readFile(file)),
      layout(await readFile(tracks[kind])));
    assertSamePayload(await probe(await decryptByShaka(file, kind), letter),
      await probe((await clearOf(name)).tracks[kind], letter));
    const playlist = await readFile(
      path.join(out, `${kind}_0`, 'playlist.m3u8'), 'utf8');
    const lines = playlist.split('\n');
    const change = lines.indexOf('#EXT-X-DISCONTINUITY');
    assert.equal(
      lines.slice(0, change).filter((l) => l.startsWith('#EXTINF')).length,
      LEAD);
    assert.match(lines[change + 1], /^#EXT-X-KEY:METHOD=SAMPLE-AES,/);
    assert.ok(!lines.slice(0, change).some((l) => l.startsWith('#EXT-X-KEY')));
  }
});
