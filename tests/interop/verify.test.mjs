// SPDX-License-Identifier: LGPL-2.1-or-later
// haberdash verify: what packagers write is found to be whole, and each of many
// damages is found, by its name.

import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile }
  from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { call, ffmpeg, KEY, makeFolder, run, shaka } from './support/run.mjs';

const folder = await makeFolder();
const keys = path.join(folder, 'keys.txt');
await writeFile(keys, `# both\n${KEY.kid}:${KEY.key}\n`, { mode: 0o600 });

// --- what is verified ---

const clips = {
  h264: ['-c:v', 'libx264', '-x264-params', 'keyint=25:bframes=2:slices=2',
    '-c:a', 'aac', '-ac', '2'],
  h265: ['-c:v', 'libx265', '-tag:v', 'hvc1', '-x265-params',
    'log-level=none:keyint=25:min-keyint=25', '-c:a', 'ac3', '-ac', '2'],
  av1: ['-c:v', 'libaom-av1', '-cpu-used', '8', '-g', '25', '-c:a', 'flac'],
};
const movies = Object.fromEntries(await Promise.all(
  Object.entries(clips).map(async ([name, encoders]) => {
    const file = path.join(folder, `${name}.mp4`);
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25',
      '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '4',
      '-pix_fmt', 'yuv420p', '-threads', '1', ...encoders, '-strict', '-2', file);
    return [name, file];
  })));

const CRYPT = ['--kid', KEY.kid, '--key-file', keys];
const pack = async (name, movie, ...options) => {
  const out = path.join(folder, name);
  await run('haberdash', ['package', movies[movie], out, '--segment-duration',
    '1', ...options]);
  return out;
};

// The status, and what --json prints.
const verify = async (target, ...options) => {
  const { status, stdout, stderr } = await call('haberdash',
    ['verify', target, '--json', ...options]);
  assert.ok(status === 0 || status === 65, `${target}: ${status} ${stderr}`);
  return { status, ...JSON.parse(stdout) };
};

const assertValid = (result, words = '') => {
  assert.deepEqual(result.findings.filter(({ severity }) =>
    severity === 'error'), [], words);
  assert.equal(result.status, 0);
  assert.ok(result.valid);
};

// --- whole ones ---

const HLS = ['--hls', '--hls-key-url', 'https://keys.example/$KID$'];
const modes = {
  'segments': [...CRYPT, ...HLS],
  'one file a track': [...CRYPT, ...HLS, '--single-file'],
  'all encrypted': [...CRYPT, ...HLS, '--encrypt', 'all'],
  'in the clear': ['--encrypt', 'none', '--hls'],
};
for (const movie of Object.keys(clips)) {
  for (const [mode, options] of Object.entries(modes)) {
    test(`${movie}, ${mode}`, async () => {
      const result = await verify(
        await pack(`${movie} ${mode}`, movie, ...options), '--key-file', keys);
      assertValid(result);
      assert.deepEqual(result.findings, []);
      assert.equal(result.tracks.length, 2);
      const video = result.tracks.find((track) =>
        track.mime_type === 'video/mp4');
      assert.equal(video.samples, 100);
      assert.ok(video.segments >= 4);
      const encrypted = mode === 'in the clear' ? 0 : 100;
      assert.equal(video.encrypted_samples, encrypted);
      assert.equal(video.decrypted_samples, encrypted);
    });
  }
}

const SHAKA_KEYS = ['--enable_raw_key_encryption', '--protection_scheme', 'cbcs',
  '--keys', `label=:key_id=${KEY.kid}:key=${KEY.key}`];
const byShaka = {
  'cbcs': [...SHAKA_KEYS, '--clear_lead', '0'],
  'cbcs behind a clear lead': [...SHAKA_KEYS, '--clear_lead', '2'],
  'clear': [],
};
for (const [name, options] of Object.entries(byShaka)) {
  test(`Shaka Packager, ${name}, files and segments`, async () => {
    const out = path.join(folder, `shaka ${name}`);
    const files = path.join(out, 'files');
    const segments = path.join(out, 'segments');
    await mkdir(files, { recursive: true });
    await shaka(...['video', 'audio'].map((kind) =>
      `in=${movies.h264},stream=${kind},output=${files}/${kind}.mp4`),
    '--segment_duration', '1', '--mpd_output', `${files}/out.mpd`,
    '--hls_master_playlist_output', `${files}/out.m3u8`, ...options);
    await shaka(...['video', 'audio'].map((kind) =>
      `in=${movies.h264},stream=${kind},init_segment=${segments}/${kind}.mp4,` +
      `segment_template=${segments}/${kind}-$Number$.m4s`),
    '--segment_duration', '1', '--generate_static_live_mpd', '--mpd_output',
    `${segments}/out.mpd`, '--hls_master_playlist_output',
    `${segments}/out.m3u8`, ...options);
    for (const one of [files, segments])
      assertValid(await verify(one, '--key-file', keys), one);
  });
}

for (const [name, options] of Object.entries({
  'segments': ['-hls_playlist', '1'],
  'one file': ['-single_file', '1', '-use_template', '0'],
})) {
  test(`ffmpeg, ${name}`, async () => {
    const out = path.join(folder, `ffmpeg ${name}`);
    await mkdir(out);
    await ffmpeg('-i', movies.h264, '-c', 'copy', '-f', 'dash', ...options,
      path.join(out, 'out.mpd'));
    assertValid(await verify(out));
  });
}

test('a key file without the key, and with a wrong one', async () => {
  const out = await pack('keys', 'h264', ...CRYPT, '--encrypt', 'all');
  const other = path.join(folder, 'other.txt');
  await writeFile(other, `${KEY.wrong}:${KEY.key}\n`);
  const without = await verify(out, '--key-file', other);
  assertValid(without);
  assert.equal(without.findings[0].check, 'key');
  assert.match(without.findings[0].message, new RegExp(KEY.kid));
  await writeFile(other, `${KEY.kid}:${KEY.wrong}\n`);
  const wrong = await verify(out, '--key-file', other);
  assert.equal(wrong.status, 65);
  assert.ok(wrong.findings.some(({ check }) => check === 'key'));
  for (const result of [without, wrong])
    assert.ok(!JSON.stringify(result).includes(KEY.key));
});

// --- damaged ones ---

const change = async (file, make) => writeFile(file,
  await make(await readFile(file)));
const changeText = (file, from, to) => change(file, (data) => {
  const text = data.toString();
  assert.ok(text.search(from) >= 0, `${file} has no ${from}`);
  return text.replace(from, to);
});

// Where the body of the nth box of a type begins: types are unique enough.
const bodyOf = (data, type, nth = 0) => {
  let at = -1;
  for (let i = 0; i <= nth; i++)
    at = data.indexOf(type, at + 1, 'latin1');
  assert.ok(at >= 0, `there is no ${type}`);
  return at + 4;
};
const poke = (file, type, offset, edit) => (dir) =>
  change(path.join(dir, file), (data) => {
    edit(data, bodyOf(data, type) + offset);
    return data;
  });
const add32 = (by) => (data, at) =>
  data.writeUInt32BE((data.readUInt32BE(at) + by) >>> 0, at);
const add16 = (by) => (data, at) =>
  data.writeUInt16BE(data.readUInt16BE(at) + by, at);
const flip = (data, at) => { data[at] ^= 0x55; };

const VIDEO = 'video_0/2.m4s';
const AUDIO = 'audio_0/2.m4s';
const INIT = 'video_0/init.mp4';
const mpd = (from, to) => (dir) =>
  changeText(path.join(dir, 'stream.mpd'), from, to);
const playlist = (from, to) => (dir) =>
  changeText(path.join(dir, 'video_0/playlist.m3u8'), from, to);

// What is done to a package, and which check has to find it.
const damages = {
  'a segment is missing': ['missing', (dir) => rm(path.join(dir, VIDEO))],
  'the init segment is missing': ['missing', (dir) => rm(path.join(dir, INIT))],
  'a segment is cut off': ['boxes', (dir) => truncate(path.join(dir, VIDEO), 9000)],
  'a segment is empty': ['boxes', (dir) => truncate(path.join(dir, VIDEO), 0)],
  'two segments are swapped': ['time', async (dir) => {
    await rename(path.join(dir, VIDEO), path.join(dir, 'x'));
    await rename(path.join(dir, 'video_0/3.m4s'), path.join(dir, VIDEO));
    await rename(path.join(dir, 'x'), path.join(dir, 'video_0/3.m4s'));
  }],
  'a segment is that of another track': ['tfdt', (dir) =>
    change(path.join(dir, VIDEO), () => readFile(path.join(dir, AUDIO)))],
  'the MPD is cut off': ['mpd', (dir) => truncate(path.join(dir, 'stream.mpd'), 700)],
  'all t of the MPD are late': ['time', mpd(/<S t="0"/, '<S t="5000"')],
  'a d of the MPD is wrong': ['time', mpd(/<S t="0" d="(\d+)"/, '<S t="0" d="1$1"')],
  'there is a hole in the timeline': ['timeline',
    mpd(/(<S t="0" d="\d+").*?\/>/, '$1/><S t="99999999" d="25600"/>')],
  'the MPD is of another duration': ['duration',
    mpd(/mediaPresentationDuration="[^"]*"/, 'mediaPresentationDuration="PT9S"')],
  'the MPD has another codec': ['codecs', mpd(/codecs="avc1\.\w+"/, 'codecs="avc1.42001e"')],
  'the MPD has another size': ['size', mpd(/width="320"/, 'width="640"')],
  'the MPD has too little bandwidth': ['bandwidth', mpd(/bandwidth="\d+"/g, 'bandwidth="1000"')],
  'the MPD has another KID': ['default_KID', mpd(/default_KID="a16e/, 'default_KID="b16e')],
  'the MPD has another scheme': ['scheme', mpd(/value="cbcs"/, 'value="cenc"')],
  'the MPD has no protection': ['protection',
    mpd(/<ContentProtection[\s\S]*<\/ContentProtection>|<ContentProtection[^>]*\/>/g, '')],
  'the MPD leads out of its folder': ['address', mpd(/media="[^"]*"/, 'media="../../x$Number$"')],
  'the MPD leads to the network': ['address', mpd(/media="[^"]*"/, 'media="https://x.example/$Number$"')],
  'tenc has another KID': ['default_KID', poke(INIT, 'tenc', 8, flip)],
  'tenc has an IV of 7 bytes': ['init', poke(INIT, 'tenc', 24, (data, at) => { data[at] = 7; })],
  'a box of the init segment is too large': ['init', poke(INIT, 'stsd', -8, add32(1000))],
  'the init segment has no timescale': ['init', poke(INIT, 'mdhd', 12, (data, at) => data.writeUInt32BE(0, at))],
  'moof is too large': ['boxes', poke(VIDEO, 'moof', -8, add32(1 << 24))],
  'a fragment is late': ['tfdt', poke(VIDEO, 'tfdt', 8, add32(512))],
  'trun has one sample too many': ['fragment', poke(VIDEO, 'trun', 4, add32(1))],
  'trun has one sample too few': ['fragment', poke(VIDEO, 'trun', 4, add32(-1))],
  'trun leads one byte too far': ['mdat', poke(VIDEO, 'trun', 8, add32(1))],
  'mdat is too short': ['boxes', poke(VIDEO, 'mdat', -8, add32(-9))],
  'senc has one sample too few': ['senc', poke(VIDEO, 'senc', 4, add32(-1))],
  'a subsample is longer by one byte': ['subsamples', poke(VIDEO, 'senc', 12, add32(1))],
  'a subsample begins one byte later': ['ranges', poke(VIDEO, 'senc', 10, (data, at) => {
    add16(1)(data, at);
    add32(-1)(data, at + 2);
  })],
  'a subsample begins one byte earlier': ['ranges', poke(VIDEO, 'senc', 10, (data, at) => {
    add16(-1)(data, at);
    add32(1)(data, at + 2);
  })],
  'saiz has another size': ['saiz', poke(VIDEO, 'saiz', 4, (data, at) => { data[at] += 6; })],
  'saio leads elsewhere': ['saio', poke(VIDEO, 'saio', 8, add32(6))],
  'the first NAL unit is too long': ['picture', poke(VIDEO, 'mdat', 0, flip)],
  'sound is damaged all over': ['key', (dir) => change(path.join(dir, AUDIO), (data) => {
    for (let at = bodyOf(data, 'mdat'); at < data.length; at++)
      data[at] = (data[at] * 7 + at * 13) & 0xff;
    return data;
  })],
  'a playlist has another duration': ['playlist-duration', playlist(/#EXTINF:1\.\d+/, '#EXTINF:0.5')],
  'a playlist is above its target': ['playlist', playlist(/#EXTINF:1\.\d+/, '#EXTINF:100')],
  'a playlist has no key at its start': ['playlist-key', playlist(
    /(#EXT-X-KEY[^\n]*\n)([\s\S]*?\n1\.m4s\n)/, '$2$1')],
  'a playlist names what is not there': ['missing', playlist(/\n2\.m4s/, '\n22.m4s')],
};

const whole = await pack('whole', 'h264', ...CRYPT, ...HLS, '--encrypt', 'all');
const single = await pack('single', 'h264', ...CRYPT, '--single-file');

let copies = 0;
const copyOf = async (from) => {
  const copy = path.join(folder, `copy-${copies++}`);
  await cp(from, copy, { recursive: true });
  return copy;
};

for (const [name, [check, damage]] of Object.entries(damages)) {
  test(`found: ${name}`, async () => {
    const copy = await copyOf(whole);
    await damage(copy);
    const result = await verify(copy, '--key-file', keys);
    const found = result.findings.map((finding) => finding.check);
    assert.ok(found.includes(check),
      `${check} is not among ${JSON.stringify(result.findings, null, 1)}`);
    assert.equal(result.status, 65);
  });
}

const TRACK = 'video_0/track.mp4';
for (const [name, [check, damage]] of Object.entries({
  'an index of other sizes': ['sidx', poke(TRACK, 'sidx', 24 + 8, add32(16))],
  'an index of other times': ['time', poke(TRACK, 'sidx', 24 + 12, add32(900))],
  'a range that is not the index': ['sidx', mpd(/indexRange="(\d+)-/, 'indexRange="1$1-')],
  'a file that is cut off': ['range', async (dir) => {
    const file = path.join(dir, TRACK);
    await truncate(file, (await readFile(file)).length - 100);
  }],
})) {
  test(`found, one file a track: ${name}`, async () => {
    const copy = await copyOf(single);
    await damage(copy);
    const result = await verify(copy, '--key-file', keys);
    assert.ok(result.findings.some((finding) => finding.check === check),
      JSON.stringify(result.findings, null, 1));
    assert.equal(result.status, 65);
  });
}

test('a finding says where', async () => {
  const copy = await copyOf(whole);
  await damages['saio leads elsewhere'][1](copy);
  const { findings: [finding] } = await verify(copy);
  const data = await readFile(path.join(copy, VIDEO));
  assert.equal(finding.file, VIDEO);
  assert.equal(finding.offset, bodyOf(data, 'saio'));
});

// Any byte may be anything: it ends, with a verdict. Seeded.
test('hundreds of bytes by chance', async () => {
  let seed = 12345;
  const next = (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const copy = await copyOf(whole);
  const files = [INIT, VIDEO, AUDIO, 'stream.mpd', 'video_0/playlist.m3u8'];
  for (let round = 0; round < 60; round++) {
    const file = path.join(copy, files[round % files.length]);
    const good = await readFile(file);
    const bad = Buffer.from(good);
    for (let i = 0; i < 8; i++)
      bad[next(Math.min(bad.length, 2000))] = next(256);
    await writeFile(file, bad);
    await verify(copy, '--key-file', keys);
    await writeFile(file, good);
  }
});

test('what is no presentation', async () => {
  const empty = path.join(folder, 'empty');
  await mkdir(empty);
  for (const target of [empty, path.join(folder, 'nothing')])
    await assert.rejects(run('haberdash', ['verify', target]), /status 66/);
  assert.deepEqual(await readdir(empty), []);
});
