// SPDX-License-Identifier: LGPL-2.1-or-later
// GOPs over HTTP and on the command line, judged by ffmpeg.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  exec, get, haberdash, makeClip, makeFolder, problem, send, startService, upload,
} from './service.mjs';

const TARGET = '/videos/clip.mp4/group-of-pictures';

// I-frames as ffprobe decodes them.
const probe = async (file) => JSON.parse((await exec('ffprobe', ['-v', 'error', '-select_streams', 'v:0',
  '-show_frames', '-of', 'json', file], { maxBuffer: 1 << 28 })).stdout).frames
  .filter(({ pict_type }) => pict_type === 'I');

// A hash of each video access unit.
const units = async (file) => (await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-map', '0:v',
  '-c', 'copy', '-f', 'framemd5', '-'])).stdout.split('\n')
  .filter((line) => line && !line.startsWith('#')).map((line) => line.split(',').at(-1).trim());

test('I-frames as ffprobe has them', async (t) => {
  const service = await startService(t);
  const file = path.join(await makeFolder(t), 'clip.mp4');
  await fs.writeFile(file, await makeClip());
  await upload(service, 'clip.mp4', await makeClip());
  const ours = (await get(service.api, `${TARGET}.json`)).json;
  const theirs = await probe(file);
  assert.equal(ours.length, theirs.length);
  const same = ['media_type', 'stream_index', 'key_frame', 'pts', 'pts_time', 'pkt_duration', 'pkt_duration_time',
    'pkt_dts', 'pkt_dts_time', 'pkt_pos', 'pkt_size', 'width', 'height', 'pict_type', 'coded_picture_number'];
  ours.forEach((frame, i) => {
    for (const name of same)
      assert.strictEqual(frame[name], theirs[i][name], name);
    assert.ok(frame.dts < frame.pts);
    assert.equal(frame.pkt_pts_time, frame.pts_time);
    assert.equal(frame.duration_time, frame.pkt_duration_time);
    assert.equal(frame.group_of_pictures, i);
  });
});

test('pages of I-frames only when asked for', async (t) => {
  const service = await startService(t);
  await upload(service, 'clip.mp4', await makeClip());
  const all = await get(service.api, `${TARGET}.json`);
  assert.equal(all.headers.link, undefined);
  const some = [];
  for (let target = `${TARGET}.json?limit=3`; target;) {
    const answer = await get(service.api, target);
    some.push(...answer.json);
    target = /<([^>]+)>/.exec(answer.headers.link)?.[1];
  }
  assert.deepEqual(some, all.json);
  assert.deepEqual((await get(service.api, `${TARGET}.json?after=3`)).json, []);
  problem(assert, await get(service.api, `${TARGET}.json?limit=0`), 400);
});

test('pages of GOPs only when asked for', async (t) => {
  const service = await startService(t);
  await upload(service, 'clip.mp4', await makeClip());
  const json = { Accept: 'application/json' };
  const all = await get(service.api, TARGET, json);
  assert.equal(all.headers.link, undefined);
  assert.equal(all.json.length, 4);
  const some = [];
  for (let target = `${TARGET}?limit=3`; target;) {
    const answer = await get(service.api, target, json);
    some.push(...answer.json);
    target = /<([^>]+)>/.exec(answer.headers.link)?.[1];
  }
  assert.deepEqual(some, all.json);
  assert.deepEqual((await get(service.api, `${TARGET}?after=1&limit=1`, json)).json, [all.json[2]]);
  problem(assert, await get(service.api, `${TARGET}?limit=0`, json), 400);
});

test('statistics are those of the list', async (t) => {
  const service = await startService(t);
  await upload(service, 'clip.mp4', await makeClip());
  const gops = (await get(service.api, TARGET, { Accept: 'application/json' })).json;
  const sizes = gops.map(({ size }) => size).sort((a, b) => a - b);
  const sum = sizes.reduce((total, size) => total + size);
  const each = (await get(service.api, `${TARGET}/statistics.json`)).json;
  assert.equal(each.gops, 4);
  assert.equal(each.open, 0);
  assert.equal(each.frames, 100);
  assert.equal(each.duration, 4);
  assert.equal(each.size, sum);
  assert.deepEqual(each.sizes, { smallest: sizes[0], lower_quartile: sizes[0], median: sizes[1],
    upper_quartile: sizes[2], largest: sizes[3] });
  assert.deepEqual(each.bins.map(({ first, last, pts_time, size, largest }) => [first, last, pts_time, size, largest]),
    gops.map(({ index, pts_time, size }) => [index, index, pts_time, size, size]));

  const three = (await get(service.api, `${TARGET}/statistics.json?bins=3`)).json;
  assert.deepEqual(three.bins.map(({ first, last }) => [first, last]), [[0, 1], [2, 2], [3, 3]]);
  assert.equal(three.bins[0].size, gops[0].size + gops[1].size);
  assert.equal(three.bins[0].largest_index, gops[0].size >= gops[1].size ? 0 : 1);
  assert.equal(three.bins[0].duration, 2);
  for (const bins of ['0', '2001', 'x', '-1'])
    problem(assert, await get(service.api, `${TARGET}/statistics.json?bins=${bins}`), 400);
});

// What ffprobe says of the packets and the decoded frames of one file.
async function probeFrames(file) {
  const { stdout } = await exec('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_packets', '-show_frames',
    '-of', 'json', file], { maxBuffer: 1 << 28 });
  const all = JSON.parse(stdout).packets_and_frames;
  const types = new Map(all.filter(({ type }) => type === 'frame').map((frame) => [frame.pts_time, frame.pict_type]));
  return all.filter(({ type }) => type === 'packet').map((packet) => ({ ...packet, pict_type: types.get(packet.pts_time) }));
}

for (const container of ['mp4', 'mkv', 'ts'])
  test(`the frames of a GOP as ffprobe has them: ${container}`, async (t) => {
    const service = await startService(t);
    const folder = await makeFolder(t);
    const file = path.join(folder, `clip.${container}`);
    const mp4 = path.join(folder, 'clip.mp4');
    await fs.writeFile(mp4, await makeClip());
    if (container !== 'mp4')
      await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', mp4, '-map', '0', '-c', 'copy', file]);
    await upload(service, path.basename(file), await fs.readFile(file));
    const gops = `/videos/${path.basename(file)}/group-of-pictures`;
    const answer = await get(service.api, `${gops}/2/frames.json`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'application/json');
    const theirs = (await probeFrames(file)).slice(50, 75);
    assert.equal(answer.json.length, 25);
    const start = (await get(service.api, `${gops}/2.json`)).json.pts_time;
    answer.json.forEach((frame, i) => {
      const far = (name) => Math.abs(frame[name] - answer.json[0][name] - (theirs[i][name] - theirs[0][name]));
      assert.equal(frame.coded_picture_number, 50 + i);
      assert.equal(frame.pict_type, theirs[i].pict_type);
      assert.equal(frame.key_frame, i === 0);
      assert.ok(far('pts_time') < 0.002, `${frame.pts_time} is not ${theirs[i].pts_time}`);
      if (container === 'mp4') {
        assert.ok(Math.abs(frame.dts_time - theirs[i].dts_time) < 0.001);
        assert.equal(frame.size, Number(theirs[i].size));
        assert.equal(frame.offset, Number(theirs[i].pos));
      } else {
        assert.equal(frame.offset, undefined);
        assert.ok(frame.size > 0 && frame.dts_time <= frame.pts_time);
      }
    });
    assert.ok(Math.abs(answer.json[0].pts_time - start) < 1e-6);
    for (const name of ['4', 'x', '0-1', '-1'])
      problem(assert, await get(service.api, `${gops}/${name}/frames.json`), 404);
  });

test('GOPs as files are the input, bit for bit', async (t) => {
  const service = await startService(t);
  const folder = await makeFolder(t);
  const file = path.join(folder, 'clip.mp4');
  await fs.writeFile(file, await makeClip());
  await upload(service, 'clip.mp4', await makeClip());
  const fetched = async (name) => {
    const answer = await get(service.api, `${TARGET}/${name}`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'video/mp4');
    const cut = path.join(folder, `cut-${name}`);
    await fs.writeFile(cut, answer.body);
    return units(cut);
  };
  const whole = await units(file);
  const single = [];
  for (let i = 0; i < 4; i++)
    single.push(...await fetched(`${i}.mp4`));
  assert.deepEqual(single, whole);
  assert.deepEqual(await fetched('0-3.mp4'), whole);
  assert.deepEqual(await fetched('1-2.mp4'), whole.slice(25, 75));

  const facts = (await get(service.api, `${TARGET}/1.json`)).json;
  assert.equal(facts.index, 1);
  assert.equal(facts.frames, 25);
  assert.equal(facts.pts_time, 1);
  assert.equal(facts.duration, 1);
});

test('ranges, and many who ask for the same at once', async (t) => {
  const service = await startService(t);
  await upload(service, 'clip.mp4', await makeClip());
  const answers = await Promise.all(Array.from({ length: 6 }, () => get(service.api, `${TARGET}/2.mp4`)));
  for (const { status, body } of answers) {
    assert.equal(status, 200);
    assert.deepEqual(body, answers[0].body);
  }
  assert.equal((await fs.readdir(path.join(service.dataDir, 'cuts'))).length, 1);
  const part = await get(service.api, `${TARGET}/2.mp4`, { Range: 'bytes=4-7' });
  assert.equal(part.status, 206);
  assert.equal(part.text, 'ftyp');
  const head = await send(service.api, 'HEAD', `${TARGET}/2.mp4`);
  assert.equal(head.headers['content-length'], `${answers[0].body.length}`);
  // gone with the input
  assert.equal((await send(service.api, 'DELETE', '/input_content/1')).status, 204);
  assert.deepEqual(await fs.readdir(path.join(service.dataDir, 'cuts')), []);
});

test('GOPs that are not there', async (t) => {
  const service = await startService(t);
  await upload(service, 'clip.mp4', await makeClip());
  for (const name of ['4.mp4', '99999999999999999999.mp4', '-1.mp4', 'x.mp4', '1-.mp4', '-1-2.mp4', '2-1.mp4',
    '0-4.mp4', '1.5.mp4', '+1.mp4', '4.json', '1.png', '.mp4', '%2e%2e%2f1.mp4'])
    problem(assert, await get(service.api, `${TARGET}/${name}`), 404);
  for (const name of ['other.mp4', '..', '..%2f..%2fetc%2fpasswd', '%2e%2e'])
    problem(assert, await get(service.api, `/videos/${name}/group-of-pictures.json`), 404);
});

test('the command line', async (t) => {
  const folder = await makeFolder(t);
  const file = path.join(folder, 'clip.mp4');
  const cut = path.join(folder, 'cut.mp4');
  await fs.writeFile(file, await makeClip());
  const gops = JSON.parse((await haberdash('gops', file, '--json')).stdout);
  assert.deepEqual(gops.map(({ index, kind, closed, frames }) => [index, kind, closed, frames]),
    [0, 1, 2, 3].map((index) => [index, 'idr', true, 25]));
  assert.equal((await haberdash('gops', file)).stdout.trim().split('\n').length, 5);
  await haberdash('slice', file, '2', cut);
  assert.deepEqual(await units(cut), (await units(file)).slice(50, 75));

  const text = path.join(folder, 'text.mp4');
  await fs.writeFile(text, 'no video');
  await assert.rejects(haberdash('slice', file, '9', cut), { code: 66 });
  await assert.rejects(haberdash('slice', file, 'x', cut), { code: 64 });
  await assert.rejects(haberdash('gops', text), { code: 65 });
  await assert.rejects(haberdash('gops', path.join(folder, 'none.mp4')), { code: 66 });
  await assert.rejects(haberdash('gops'), { code: 64 });
});

test('packages on the command line', async (t) => {
  const folder = await makeFolder(t);
  const file = path.join(folder, 'clip.mp4');
  const key = path.join(folder, 'key');
  const out = path.join(folder, 'out');
  await fs.writeFile(file, await makeClip());
  await fs.writeFile(key, '87237d20a19f58a740c05684e699b4aa\n');
  const KID = 'oW5AK5BW43HzbTSKpiu3SQ';
  const { stdout } = await haberdash('package', file, out, '--kid', KID, '--key-file', key, '--segment-duration', '1');
  assert.equal(stdout, `${out}/stream.mpd\n`);
  assert.equal((await fs.readdir(path.join(out, 'video_0'))).length, 5);
  const run = (...args) => haberdash('package', file, out, ...args);
  await assert.rejects(run(), { code: 64 });
  await assert.rejects(run('--kid', KID), { code: 64 });
  await assert.rejects(run('--kid', 'x', '--key-file', key), { code: 78 });
  await assert.rejects(run('--kid', KID, '--key-file', file), { code: 78 });
  await assert.rejects(run('--encrypt', 'some'), { code: 64 });
  await run('--encrypt', 'none');
});

test('no manifest of what is not whole', async (t) => {
  const folder = await makeFolder(t);
  const file = path.join(folder, 'clip.mp4');
  const out = path.join(folder, 'out');
  const packageIt = () => assert.rejects(haberdash('package', file, out, '--encrypt', 'none'), { code: 65 });
  const convert = async (movflags) => {
    await fs.writeFile(path.join(folder, 'in.mp4'), await makeClip());
    await exec('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', path.join(folder, 'in.mp4'), '-c', 'copy',
      '-movflags', movflags, file]);
    return fs.readFile(file);
  };

  const faststart = await convert('faststart');
  await fs.writeFile(file, faststart.subarray(0, faststart.length * 0.6));
  await packageIt();

  // A demuxer's error in the middle, again and again: what it does behind that
  // is a race.
  const fragmented = await convert('frag_keyframe+empty_moov');
  const last = fragmented.lastIndexOf('moof');
  fragmented.writeUInt32BE(4, last - 4); // a box that is shorter than its header
  await fs.writeFile(file, fragmented);
  for (let i = 0; i < 5; i++) {
    await packageIt();
    // A folder in which nothing was written is not left.
    const names = await fs.readdir(out).catch((error) => (error.code === 'ENOENT' ? [] : Promise.reject(error)));
    assert.deepEqual(names.filter((name) => name.endsWith('.mpd') || name.endsWith('.m3u8')), []);
  }
});
