// SPDX-License-Identifier: LGPL-2.1-or-later
// Hours of pictures and sound: nothing drifts, at no point, to a tick. The
// pictures are tiny, their times are those of a film.

import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { makeFolder, run } from '../interop/support/run.mjs';

const LIMIT_MS = 600_000;

const films = [
  { rate: '30000/1001', gop: 60, sound: 48000, hours: 3 },
  { rate: '24000/1001', gop: 48, sound: 44100, hours: 0.5 },
  { rate: '60000/1001', gop: 120, sound: 48000, hours: 0.5 },
  { rate: '25', gop: 50, sound: 44100, hours: 0.5 },
];

const folder = await makeFolder();

const makeFilm = async ({ rate, gop, sound, hours }, file) => {
  const seconds = String(hours * 3600);
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y',
    '-f', 'lavfi', '-i', `color=size=16x16:rate=${rate}`,
    '-f', 'lavfi', '-i', `anullsrc=r=${sound}:cl=mono`, '-t', seconds,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
    '-x264-params', `keyint=${gop}:min-keyint=${gop}:scenecut=0:bframes=2`,
    '-c:a', 'aac', '-b:a', '16k', file], { limit: LIMIT_MS });
};

// Of thousands of segments, hence no XPath for each.
const readSets = async (out) => {
  const text = await readFile(path.join(out, 'stream.mpd'), 'utf8');
  const [video, audio] = text.split('<AdaptationSet').slice(1).map((set) => {
    const spans = [];
    for (const [, t, d, r] of
      set.matchAll(/<S(?: t="(\d+)")? d="(\d+)"(?: r="(\d+)")?/g)) {
      for (let i = 0; i <= Number(r ?? 0); i++) {
        const last = spans.at(-1);
        spans.push({ duration: Number(d), start: i === 0 && t ? Number(t) :
          last.start + last.duration });
      }
    }
    return { spans, timescale: Number(/timescale="(\d+)"/.exec(set)[1]) };
  });
  return { video, audio };
};

const join = async (out, pad, count, file) => {
  await appendFile(file, await readFile(path.join(out, pad, 'init.mp4')));
  for (let i = 1; i <= count; i++)
    await appendFile(file, await readFile(path.join(out, pad, `${i}.m4s`)));
};

// [pts, dts, key] of each packet, in ticks.
const packetsOf = async (file, kind) => {
  const text = await run('ffprobe', ['-v', 'error', '-select_streams', kind,
    '-show_entries', 'packet=pts,dts,flags', '-of', 'csv=p=0', file],
  { limit: LIMIT_MS });
  return text.trim().split('\n').filter((line) => /^-?\d/.test(line))
    .map((line) => line.split(','))
    .map(([pts, dts, flags]) => [Number(pts), Number(dts),
      flags.startsWith('K')]);
};

// Distances between packets in decoding order, all of them.
const assertEven = (packets, ticks) => {
  const [, first] = packets[0];
  for (const [i, [, dts]] of packets.entries()) {
    if (dts !== first + i * ticks)
      assert.fail(`packet ${i} is decoded at ${dts}, not ${first + i * ticks}`);
  }
};

for (const film of films) {
  const { rate, gop, sound, hours } = film;
  test(`${hours} h of ${rate} pictures a second, sound at ${sound} Hz`,
    async () => {
      const name = rate.replace('/', '-');
      const input = path.join(folder, `${name}.mp4`);
      const out = path.join(folder, name);
      await makeFilm(film, input);
      await run('haberdash', ['package', input, out, '--encrypt', 'none'],
        { limit: LIMIT_MS });
      const mpd = await readSets(out);
      const [n, d = 1] = rate.split('/').map(Number);
      const frame = mpd.video.timescale * d / n;
      assert.equal(frame, Math.round(frame), 'a frame is whole ticks');

      const tracks = {};
      for (const [kind, set] of [['v', mpd.video], ['a', mpd.audio]]) {
        const file = path.join(folder, `${name}.${kind}.mp4`);
        await join(out, kind === 'v' ? 'video_0' : 'audio_0', set.spans.length,
          file);
        tracks[kind] = await packetsOf(file, kind);
        const wanted = await packetsOf(input, kind);
        assert.equal(tracks[kind].length, wanted.length, `${kind}: all packets`);
      }
      assertEven(tracks.v, frame);
      assertEven(tracks.a, 1024);

      const shown = tracks.v.map(([pts]) => pts).sort((a, b) => a - b);
      assert.equal(shown[0], 0);
      assert.ok(shown.every((pts, i) => pts === i * frame), 'every picture');

      const keys = tracks.v.filter(([, , key]) => key).map(([pts]) => pts);
      const starts = new Set(keys);
      for (const { start } of mpd.video.spans) {
        assert.equal(start % (gop * frame), 0);
        assert.ok(starts.has(start), `${start} is a GOP's`);
      }
      // Both end where the film does, to a frame.
      const length = hours * 3600;
      const end = shown.at(-1) / mpd.video.timescale + d / n;
      const soundEnd = (tracks.a.at(-1)[0] + 1024) / sound;
      assert.ok(Math.abs(end - length) <= d / n, `${end}`);
      assert.ok(Math.abs(soundEnd - length) <= 2 * 1024 / sound, `${soundEnd}`);
      const ends = [mpd.video, mpd.audio].map(({ spans, timescale }) =>
        (spans.at(-1).start + spans.at(-1).duration) / timescale);
      assert.ok(Math.abs(ends[0] - ends[1]) <= d / n + 2 * 1024 / sound);
    });
}
