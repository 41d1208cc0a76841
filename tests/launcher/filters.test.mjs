// SPDX-License-Identifier: LGPL-2.1-or-later
// GOPs through filters: what comes is held against what ffmpeg's own filters make
// of the same frames.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  exec, get, haberdash, isEmpty, makeFolder, problem, send, startService, until, upload,
} from './service.mjs';

const ffmpeg = (args) => exec('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args],
  { encoding: 'buffer', maxBuffer: 1 << 28 });

// Two GOPs of a second each, with B-frames.
const PLAIN = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2'];
const makeVideo = async (folder, name, encoder = PLAIN, source = 'testsrc2=size=320x180:rate=25') => {
  const file = path.join(folder, name);
  await ffmpeg(['-f', 'lavfi', '-i', source, '-t', '2', ...encoder, file]);
  return file;
};

const factsOf = async (file) => {
  const { stdout } = await exec('ffprobe', ['-v', 'error', '-count_frames', '-of', 'json', '-show_entries',
    'stream=codec_name,codec_type,width,height,sample_aspect_ratio,avg_frame_rate,nb_read_frames,start_time,duration:' +
    'stream_side_data=rotation', file]);
  return JSON.parse(stdout).streams;
};

// Frames as ffmpeg shows them: turned, and behind its filters.
const framesOf = async (file, vf, args = []) => (await ffmpeg(['-i', file, ...args, '-vf', `${vf},format=rgb24`,
  '-vsync', 'passthrough', '-f', 'rawvideo', '-'])).stdout;

const difference = (one, other) => {
  assert.equal(one.length, other.length, 'as many pixels');
  let sum = 0;
  for (let i = 0; i < one.length; i++)
    sum += Math.abs(one[i] - other[i]);
  return sum / one.length;
};

const SECOND_GOP = 'select=gte(t\\,1),setpts=PTS-STARTPTS';

// Asserts that what comes for a query shows what ffmpeg's filter vf makes of the
// second GOP, and is of this size.
const compare = async (folder, service, file, query, vf, expected) => {
  const answer = await get(service.api, `/videos/${path.basename(file)}/group-of-pictures/1.mp4?${query}`);
  assert.equal(answer.status, 200, `${query}: ${answer.text.slice(0, 300)}`);
  assert.equal(answer.headers['content-type'], 'video/mp4');
  const result = path.join(folder, 'result.mp4');
  await fs.writeFile(result, answer.body);
  const [stream, ...more] = await factsOf(result);
  assert.deepEqual(more, [], 'no other stream');
  const facts = { codec_name: 'h264', start_time: '0.000000', duration: '1.000000', nb_read_frames: '25',
    avg_frame_rate: '25/1', sample_aspect_ratio: '1:1', ...expected };
  for (const [name, value] of Object.entries(facts))
    assert.equal(stream[name], value, `${query}: ${name}`);
  const apart = difference(await framesOf(result, 'null'), await framesOf(file, `${SECOND_GOP},${vf}`));
  assert.ok(apart < 8, `${query}: ${apart} apart`);
};

test('each filter, and several at once', async (t) => {
  const folder = await makeFolder(t);
  const service = await startService(t);
  const file = await makeVideo(folder, 'a.mp4');
  await upload(service, 'a.mp4', await fs.readFile(file));
  const rows = [
    ['crop=60,40,200,100', 'crop=200:100:60:40', { width: 200, height: 100 }],
    ['grayscale=1', 'hue=s=0', { width: 320, height: 180 }],
    ['scale=160x160', 'scale=160:160:flags=bilinear,setsar=1', { width: 160, height: 160 }],
    ['rotate=90', 'transpose=clock', { width: 180, height: 320 }],
    ['rotate=180', 'hflip,vflip', { width: 320, height: 180 }],
    ['rotate=270', 'transpose=cclock', { width: 180, height: 320 }],
    ['fps=5', 'select=not(mod(n\\,5))', { width: 320, height: 180, nb_read_frames: '5', avg_frame_rate: '5/1' }],
    ['fps=50', 'fps=50', { width: 320, height: 180, nb_read_frames: '50', avg_frame_rate: '50/1' }],
    // whatever order they are asked for in
    ['rotate=90&scale=100x60&grayscale=1&crop=0,0,160,90',
      'crop=160:90:0:0,hue=s=0,scale=100:60:flags=bilinear,setsar=1,transpose=clock', { width: 60, height: 100 }],
  ];
  for (const [query, vf, expected] of rows)
    await compare(folder, service, file, query, vf, expected);

  // escaped, and several GOPs
  const both = await get(service.api, '/videos/a.mp4/group-of-pictures/0-1.mp4?crop=0%2C0%2C64%2C64');
  await fs.writeFile(path.join(folder, 'both.mp4'), both.body);
  const [stream] = await factsOf(path.join(folder, 'both.mp4'));
  assert.deepEqual([stream.width, stream.nb_read_frames, stream.duration], [64, '50', '2.000000']);
  await until(() => isEmpty(service, 'work'), 'the children end');
});

test('grey has no colour', async (t) => {
  const folder = await makeFolder(t);
  const service = await startService(t);
  await upload(service, 'a.mp4', await fs.readFile(await makeVideo(folder, 'a.mp4')));
  const result = path.join(folder, 'grey.mp4');
  await fs.writeFile(result, (await get(service.api, '/videos/a.mp4/group-of-pictures/0.mp4?grayscale=1')).body);
  const { stdout } = await ffmpeg(['-i', result, '-vf', 'extractplanes=u+v[u][v];[u][v]hstack', '-f', 'rawvideo', '-']);
  assert.ok(stdout.length > 0);
  assert.ok(stdout.every((sample) => Math.abs(sample - 128) <= 2), 'chroma is 128');
});

test('pixels that are not square, pictures to be turned, odd ones, other codecs and containers', async (t) => {
  const folder = await makeFolder(t);
  const service = await startService(t);
  const sar = await makeVideo(folder, 'sar.mp4', ['-vf', 'setsar=4/3', ...PLAIN]);
  await ffmpeg(['-i', sar, '-c', 'copy', '-metadata:s:v:0', 'rotate=90', path.join(folder, 'turned.mp4')]);
  await makeVideo(folder, 'odd.mp4', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25'],
    'testsrc2=size=161x91:rate=25');
  await makeVideo(folder, 'hevc.mp4', ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-x265-params',
    'keyint=25:min-keyint=25:scenecut=0:open-gop=0:log-level=none']);
  await makeVideo(folder, 'stream.ts');
  const rows = [
    ['sar.mp4', 'grayscale=1', 'hue=s=0', { width: 320, height: 180, sample_aspect_ratio: '4:3' }],
    ['sar.mp4', 'rotate=90', 'transpose=clock', { width: 180, height: 320, sample_aspect_ratio: '3:4' }],
    ['sar.mp4', 'scale=240x100', 'scale=240:100:flags=bilinear,setsar=1', { width: 240, height: 100 }],
    ['turned.mp4', 'crop=0,0,180,300', 'crop=180:300:0:0', { width: 180, height: 300, sample_aspect_ratio: '3:4' }],
    ['turned.mp4', 'rotate=270', 'transpose=cclock', { width: 320, height: 180, sample_aspect_ratio: '4:3' }],
    ['odd.mp4', 'fps=25', 'crop=160:90:0:0', { width: 160, height: 90 }],
    ['hevc.mp4', 'scale=160x90', 'scale=160:90:flags=bilinear', { width: 160, height: 90 }],
  ];
  for (const name of ['sar.mp4', 'turned.mp4', 'odd.mp4', 'hevc.mp4', 'stream.ts'])
    await upload(service, name, await fs.readFile(path.join(folder, name)));
  for (const [name, query, vf, expected] of rows)
    await compare(folder, service, path.join(folder, name), query, vf, expected);

  // its frames and times, of a container without a table
  const answer = await get(service.api, '/videos/stream.ts/group-of-pictures/1.mp4?rotate=180');
  await fs.writeFile(path.join(folder, 'result.mp4'), answer.body);
  const [stream] = await factsOf(path.join(folder, 'result.mp4'));
  assert.deepEqual([stream.nb_read_frames, stream.start_time, stream.width], ['25', '0.000000', 320]);

  // a cut without filters says as the video does how it is to be shown
  const cut = path.join(folder, 'cut.mp4');
  await fs.writeFile(cut, (await get(service.api, '/videos/turned.mp4/group-of-pictures/1.mp4')).body);
  const [plain] = await factsOf(cut);
  assert.deepEqual(plain.side_data_list, (await factsOf(path.join(folder, 'turned.mp4')))[0].side_data_list);
});

test('what is not allowed, and what is said of it', async (t) => {
  const folder = await makeFolder(t);
  const service = await startService(t);
  await upload(service, 'a.mp4', await fs.readFile(await makeVideo(folder, 'a.mp4')));
  await upload(service, 'hdr.mp4', await fs.readFile(await makeVideo(folder, 'hdr.mp4', ['-c:v', 'libx265', '-preset',
    'ultrafast', '-tag:v', 'hvc1', '-pix_fmt', 'yuv420p10', '-color_trc', 'smpte2084', '-color_primaries', 'bt2020',
    '-colorspace', 'bt2020nc', '-x265-params', 'keyint=25:log-level=none'])));
  const target = '/videos/a.mp4/group-of-pictures/1.mp4';
  const rows = [
    ['crop=0,0,322,180', /crop .* 320 by 180 pixels: X \+ W at most 320/],
    ['crop=200,0,160,90', /crop/], ['crop=0,0,161,90', /crop must be X,Y,W,H/], ['crop=1,0,16,16', /even/],
    ['crop=0,0,160', /crop/], ['crop', /NAME=VALUE/], ['crop=', /crop/], ['crop=a,b,c,d', /crop/],
    ['crop=0,0,16,16%20!%20filesink', /crop/], ['crop=0,0,16,16&crop=0,0,16,16', /crop must be given once/],
    ['grayscale=0', /grayscale must be 1/], ['grayscale=yes', /grayscale/],
    ['scale=320', /scale must be WxH/], ['scale=99999x99999', /scale/], ['scale=3840x3840', /3840x2160/],
    ['rotate=45', /90 or 180 or 270/], ['fps=0', /fps/], ['fps=240', /from 1 to 120/], ['fps=1/2', /from 1 to 120/],
    ['blur=3', /crop, grayscale, scale, rotate, fps/], ['x', /NAME=VALUE/], ['=1', /no filter/],
  ];
  for (const [query, detail] of rows) {
    const answer = await get(service.api, `${target}?${query}`);
    assert.match(problem(assert, answer, 400).detail, detail, query);
  }
  problem(assert, await get(service.api, '/videos/hdr.mp4/group-of-pictures/0.mp4?grayscale=1'), 422);
  problem(assert, await get(service.api, '/videos/a.mp4/group-of-pictures/2.mp4?grayscale=1'), 404);
  problem(assert, await get(service.api, '/videos/b.mp4/group-of-pictures/0.mp4?grayscale=1'), 404);
  assert.equal((await get(service.api, `${target}?`)).status, 200);
  assert.ok(await isEmpty(service, 'work'));
});

test('kept once for all ways to ask for it, and gone with the input', async (t) => {
  const folder = await makeFolder(t);
  const service = await startService(t);
  await upload(service, 'a.mp4', await fs.readFile(await makeVideo(folder, 'a.mp4')));
  const ask = (query, headers) => get(service.api, `/videos/a.mp4/group-of-pictures/1.mp4?${query}`, headers);
  const queries = ['fps=10&crop=0,0,64,64', 'crop=0,0,64,64&fps=10/1', 'crop=00,0,064,64&fps=10'];
  const answers = await Promise.all(queries.map((query) => ask(query)));
  assert.equal(new Set(answers.map(({ headers }) => headers.etag)).size, 1);
  const [{ headers: { etag } }] = answers;
  assert.equal((await ask(queries[0], { 'If-None-Match': etag })).status, 304);
  assert.equal((await ask(queries[0], { Range: 'bytes=4-7' })).text, 'ftyp');
  assert.equal((await fs.readdir(path.join(service.dataDir, 'cuts'))).length, 2);
  await send(service.api, 'DELETE', '/input_content/1');
  assert.ok(await isEmpty(service, 'cuts'));
});

test('the list has what the description has', async (t) => {
  const service = await startService(t);
  const filters = (await get(service.api, '/filters')).json;
  const document = (await get(service.api, '/openapi.json')).json;
  const { parameters } = document.paths['/videos/{name}/group-of-pictures/{gops}.mp4'].get;
  const described = parameters.map(({ $ref }) => document.components.parameters[$ref.split('/').at(-1)])
    .filter((parameter) => parameter.in === 'query');
  assert.deepEqual(described.map(({ name, schema, example }) => [name, schema.pattern, example]),
    filters.map(({ name, pattern, example }) => [name, pattern, example]));
  for (const { name, pattern, example, fields } of filters) {
    assert.match(example, new RegExp(pattern), name);
    const lowest = fields.map(({ separator, minimum }) => `${separator}${minimum}`).join('');
    assert.match(lowest, new RegExp(pattern), name);
  }
});

test('the command line', async (t) => {
  const folder = await makeFolder(t);
  const file = await makeVideo(folder, 'a.mp4');
  const out = path.join(folder, 'out.mp4');
  await haberdash('slice', file, '1', out, '--filter', 'scale=64x36', '--filter=fps=10');
  const [stream] = await factsOf(out);
  assert.deepEqual([stream.width, stream.height, stream.nb_read_frames], [64, 36, '10']);
  for (const filter of ['scale=64', 'blur=1', 'fps', 'crop=0,0,400,400'])
    await assert.rejects(haberdash('slice', file, '1', out, '--filter', filter), { code: 64 }, filter);
  assert.deepEqual((await fs.readdir(folder)).sort(), ['a.mp4', 'out.mp4']);
  assert.match((await haberdash('slice', '--help')).stdout, /crop=X,Y,W,H/);
});
