// SPDX-License-Identifier: LGPL-2.1-or-later
// A video made in several sizes: what they are, that they can be switched
// between, and that each is the same film. Judged by ffmpeg, Shaka Packager and
// the DASH schema.

import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { exists } from './support/package.mjs';
import { ffmpeg, KEY, makeFolder, run, shaka, writeKey } from './support/run.mjs';
import { assertSamePayload, probe } from './support/samples.mjs';

const folder = await makeFolder();
const schemaCheck = fileURLToPath(
  new URL('../../../shared/tools/validate-mpd', import.meta.url));

const film = async (name, { size = '320x180', rate = '25', seconds = 4,
  keyint = 50, params = 'bframes=2', sound = false, bits = '900k',
  format = 'yuv420p', flags = [] }) => {
  const file = path.join(folder, name);
  await ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`,
    ...(sound ? ['-f', 'lavfi', '-i', 'sine=frequency=440'] : []),
    '-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast',
    '-pix_fmt', format, '-b:v', bits, '-x264-params',
    `keyint=${keyint}:scenecut=0:open-gop=0:${params}`, ...flags, file);
  return file;
};

const packageLadder = async (input, ladder, ...more) => {
  const out = `${input}.out`;
  await run('haberdash', ['package', input, out, '--ladder', ladder,
    ...(more.includes('--kid') ? [] : ['--encrypt', 'none']), ...more]);
  const manifest = path.join(out, 'stream.mpd');
  if (await exists(schemaCheck))
    await run(schemaCheck, [manifest]);
  await run('haberdash', ['verify', out, ...more.filter((_, i) =>
    more[i] === '--key-file' || more[i - 1] === '--key-file')]);
  const names = (await readdir(out)).filter((name) => name.startsWith('video_'));
  return { out, manifest, names: names.sort() };
};

// One video of a package as a file, with its number of segments.
const join = async (out, name) => {
  const count = (await readdir(path.join(out, name)))
    .filter((file) => file.endsWith('.m4s')).length;
  const parts = ['init.mp4',
    ...Array.from({ length: count }, (_, i) => `${i + 1}.m4s`)];
  const file = path.join(out, `${name}.mp4`);
  await writeFile(file, Buffer.concat(await Promise.all(
    parts.map((part) => readFile(path.join(out, name, part))))));
  return { file, count };
};

const decrypt = async (file) => {
  await shaka(`in=${file},stream=video,output=${file}.clear.mp4`,
    '--enable_raw_key_decryption', '--keys',
    `label=:key_id=${KEY.kid}:key=${KEY.key}`);
  return `${file}.clear.mp4`;
};

// What a decoder makes of it: size, and of each picture its time and whether
// decoding can begin there.
const watch = async (file) => {
  const { streams: [stream], frames } = JSON.parse(await run('ffprobe',
    ['-v', 'error', '-select_streams', 'v', '-show_streams', '-show_entries',
      'frame=pts_time,key_frame,interlaced_frame', '-of', 'json', file]));
  return {
    stream,
    times: frames.map(({ pts_time }) => Number(pts_time)),
    keys: frames.filter(({ key_frame }) => key_frame === 1)
      .map(({ pts_time }) => Number(pts_time)),
    fields: frames.filter((frame) => frame.interlaced_frame === 1).length,
  };
};

const watchAll = async ({ out, names }) => Promise.all(names.map(
  async (name) => watch((await join(out, name)).file)));

const assertNear = (actual, wanted, tolerance = 0.001) => {
  assert.equal(actual.length, wanted.length);
  actual.forEach((value, i) => assert.ok(
    Math.abs(value - wanted[i]) <= tolerance, `${value}, not ${wanted[i]}`));
};

// Like the picture that ffmpeg makes of the input in that size.
const assertSameFilm = async (video, input, { width, height }) => {
  const log = await run('sh', ['-c', 'exec ffmpeg -nostdin -v info -i "$1" ' +
    '-i "$2" -lavfi "[1:v]scale=$3:$4,format=yuv420p[a];[0:v][a]psnr" ' +
    '-f null - 2>&1', 'sh', video, input, String(width), String(height)]);
  const [, average] = /PSNR .*average:([\d.]+|inf)/.exec(log);
  assert.ok(average === 'inf' || Number(average) > 20,
    `${video}: ${average} dB`);
};

const heights = (videos) => videos.map(({ stream }) => stream.height);

test('the original on top of the others, GOP by GOP', async () => {
  const input = await film('full.mp4', {
    size: '1920x1080', seconds: 6, sound: true, bits: '6M' });
  const ladder = await packageLadder(input, 'auto', '--hls', '--kid', KEY.kid,
    '--key-file', await writeKey(folder, KEY.key));
  const files = await Promise.all(ladder.names.map(
    (name) => join(ladder.out, name)));
  const clear = await Promise.all(files.map(({ file }) => decrypt(file)));
  const videos = await Promise.all(clear.map(watch));

  assert.deepEqual(heights(videos), [1080, 720, 540, 360, 240]);
  assertSamePayload(await probe(clear[0], 'v'), await probe(input, 'v'));
  for (const { count } of files)
    assert.equal(count, 2);
  for (const { times, keys } of videos) {
    assertNear(keys, [0, 2, 4]);
    assertNear(times, videos[0].times);
  }
  await assertSameFilm(clear[1], input, videos[1].stream);
  await assertSameFilm(clear[4], input, videos[4].stream);

  const mpd = await readFile(ladder.manifest, 'utf8');
  assert.equal(mpd.match(/<AdaptationSet /g).length, 2);
  assert.equal(mpd.match(/<Representation id="video_/g).length, 5);
  const [first] = mpd.split('</AdaptationSet>');
  assert.equal(first.match(/<SegmentTimeline>/g).length, 1);
  for (const [, codec] of mpd.matchAll(/id="video_.*codecs="([^"]*)"/g))
    assert.match(codec, /^avc1\.[0-9a-f]{6}$/);
});

test('ffmpeg finds every size in the playlists', async () => {
  const input = await film('variants.mp4', { size: '640x360', sound: true });
  const { out } = await packageLadder(input, 'auto', '--hls');
  const { programs } = JSON.parse(await run('ffprobe', ['-v', 'error',
    '-show_programs', '-of', 'json', path.join(out, 'stream.m3u8')]));
  const found = programs.map(({ streams }) =>
    streams.map((stream) => stream.height ?? stream.channels).join());
  assert.deepEqual(found.sort(), ['1,240', '1,360']);
});

test('GOPs that do not fit are made anew, film rate, no sound', async () => {
  const input = await film('film.mp4', {
    rate: '24000/1001', seconds: 5, keyint: 72 });
  const ladder = await packageLadder(input, '180:600,90:150',
    '--segment-duration', '2');
  const videos = await watchAll(ladder);
  const source = await watch(input);

  assert.deepEqual(videos.map(({ stream }) => stream.width), [320, 160]);
  for (const { times, keys, stream } of videos) {
    assertNear(keys, [0, 48 * 1001 / 24000, 96 * 1001 / 24000]);
    assertNear(times, source.times);
    assert.equal(stream.avg_frame_rate, '24000/1001');
  }
  const { file } = await join(ladder.out, 'video_0');
  const bits = 8 * (await readFile(file)).length / 5;
  assert.ok(bits > 200_000 && bits < 800_000, `${bits} bits per second`);
});

test('what few browsers decode is made anew in its own size', async () => {
  const input = await film('colourful.mp4', { format: 'yuv444p', seconds: 2 });
  const [{ stream }] = await watchAll(await packageLadder(input, 'auto'));
  assert.deepEqual([stream.width, stream.height, stream.pix_fmt],
    [320, 180, 'yuv420p']);
});

test('times of a varying frame rate stay, by x264', async () => {
  const input = await film('varying.mkv', { seconds: 6,
    flags: ['-vf', "select='not(mod(n,3))+lt(n,50)'", '-vsync', 'vfr'] });
  const videos = await watchAll(await packageLadder(input, '180:500,96:100',
    '--encoder', 'x264', '--segment-duration', '2'));
  const source = await watch(input);
  assert.deepEqual(videos[0].keys, videos[1].keys);
  assert.ok(videos[0].keys.length >= 3);
  for (const { times, stream } of videos) {
    assert.equal(stream.profile, 'High');
    assertNear(times, source.times);
  }
});

test('nothing is higher than the source', async () => {
  const input = await film('low.mp4', {});
  const { names, out } = await packageLadder(input, '1080:5000,720:2800,90:100');
  assert.deepEqual(names, ['video_0']);
  assert.equal((await watchAll({ out, names }))[0].stream.height, 90);
  const { out: own } = await packageLadder(input, 'auto');
  assertSamePayload(await probe((await join(own, 'video_0')).file, 'v'),
    await probe(input, 'v'));
  const small = await film('small.mp4', { bits: '200k' });
  assert.deepEqual(heights(await watchAll(
    await packageLadder(small, '1080:5000'))), [180]);
});

test('fields become frames, the shape of pixels stays', async () => {
  const input = await film('fields.mp4', { size: '360x288', params: 'tff=1',
    flags: ['-flags', '+ildct+ilme', '-vf', 'setsar=16/11'] });
  const [video] = await watchAll(await packageLadder(input, '144:300'));
  assert.equal(video.fields, 0);
  assert.equal(video.times.length, 100);
  assert.equal(video.stream.sample_aspect_ratio, '16:11');
  assert.deepEqual([video.stream.width, video.stream.height], [180, 144]);
});

test('a picture that is turned stays turned', async () => {
  const straight = await film('straight.mp4', {});
  const input = path.join(folder, 'turned.mp4');
  await ffmpeg('-i', straight, '-c', 'copy', '-metadata:s:v', 'rotate=90', input);
  for (const { stream } of await watchAll(await packageLadder(input,
    '180:300,90:100'))) {
    assert.equal(stream.side_data_list?.[0].rotation,
      (await watch(input)).stream.side_data_list[0].rotation);
  }
});

test('other codecs and containers are decoded', async () => {
  const straight = await film('other.mp4', { seconds: 2, sound: true });
  for (const [name, ...flags] of [
    ['other.ts', '-c', 'copy'], ['other.webm', '-c:v', 'libvpx-vp9',
      '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
    ['other.mov', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params',
      'log-level=none', '-tag:v', 'hvc1', '-pix_fmt', 'yuv420p10le'],
  ]) {
    const input = path.join(folder, name);
    await ffmpeg('-i', straight, ...flags, input);
    const [video] = await watchAll(await packageLadder(input, '90:100'));
    assert.equal(video.stream.codec_name, 'h264', name);
    assert.equal(video.times.length, 50, name);
  }
});

test('from Matroska, too, decoding begins where it says', async () => {
  const input = await film('block.mkv', { size: '640x360', sound: true });
  const ladder = await packageLadder(input, 'auto', '--segment-duration', '2');
  for (const { keys } of await watchAll(ladder))
    assertNear(keys, [0, 2]);
});

test('the first video is the one it is made of', async () => {
  const one = await film('one.mp4', { seconds: 1 });
  const input = path.join(folder, 'two.mp4');
  await ffmpeg('-i', one, '-i', one, '-map', '0', '-map', '1', '-c', 'copy', input);
  await assert.rejects(packageLadder(input, '90:100', '--tracks', '2'),
    /first video track/);
});

test('HDR is refused, and nothing is left behind', async () => {
  const input = await film('hdr.mp4', { seconds: 1, flags: ['-color_primaries',
    'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'] });
  await assert.rejects(packageLadder(input, '90:100'), /the video is HDR/);
  assert.equal(await exists(path.join(`${input}.out`, 'stream.mpd')), false);
});

test('a ladder that is none', async () => {
  for (const [ladder, why] of [['720', /HEIGHT:KBPS/], ['9:100', /height/],
    ['720:1', /bit rate/], ['automatic', /HEIGHT:KBPS/],
    ['720:900,720:900', /twice/]])
    await assert.rejects(packageLadder('absent.mp4', ladder), why);
});
