// SPDX-License-Identifier: LGPL-2.1-or-later
// Text tracks of every kind that ffmpeg and Shaka Packager write, as ffmpeg
// reads them back from what is packaged: the words, and to a millisecond the
// times, which are those of the pictures.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { exists } from './support/package.mjs';
import {
  ffmpeg, gstLaunch, KEY, makeFolder, run, shaka, writeKey,
} from './support/run.mjs';

const folder = await makeFolder();
const keyFile = await writeKey(folder, KEY.key);
const schemaCheck = fileURLToPath(
  new URL('../../../shared/tools/validate-mpd', import.meta.url));
const file = (name) => path.join(folder, name);

// Of ten seconds: one goes over a line, two overlap, one is beyond them all.
const CUES = [
  { start: 0.5, end: 2.125, text: 'Fish & <i>chips</i>' },
  { start: 3.25, end: 5, text: 'Over the line' },
  { start: 4.5, end: 6.75, text: 'Zwei\nZeilen' },
  { start: 9, end: 9.9, text: 'Привет' },
];
const PLAIN = CUES.map((cue) => ({ ...cue, text: cue.text.replace(/<.>|<..>/g, '') }));
// 3GPP timed text has one after the other.
const IN_TURN = PLAIN.map((cue, i) =>
  ({ ...cue, end: Math.min(cue.end, PLAIN[i + 1]?.start ?? cue.end) }));

const stamp = (seconds, point) => new Date(seconds * 1000).toISOString()
  .slice(11, 23).replace('.', point);
const srt = CUES.map(({ start, end, text }, i) =>
  `${i + 1}\n${stamp(start, ',')} --> ${stamp(end, ',')}\n${text}\n`).join('\n');
const vtt = `WEBVTT\n\n${CUES.map(({ start, end, text }) =>
  `${stamp(start, '.')} --> ${stamp(end, '.')} line:0\n${text.replace('&', '&amp;')}\n`).join('\n')}`;

await writeFile(file('subtitles.srt'), srt);
await writeFile(file('subtitles.vtt'), vtt);
await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi',
  '-i', 'sine=frequency=440:sample_rate=48000', '-t', '10', '-c:v', 'libx264',
  '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1',
  '-x264-params', 'keyint=25:bframes=2', '-c:a', 'aac', '-ac', '2', file('clip.mp4'));

const withText = async (name, codec, ...options) => {
  await ffmpeg('-i', file('clip.mp4'), '-i', file('subtitles.srt'), '-map', '0',
    '-map', '1', '-c', 'copy', '-c:s', codec, '-metadata:s:s:0', 'language=deu',
    ...options, file(name));
  return file(name);
};

const seconds = (text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

// The cues of WebVTT as ffmpeg writes it, each once.
const parse = (text) => {
  const found = new Map();
  for (const block of text.split(/\n\n+/)) {
    const [times, ...lines] = block.trim().split('\n');
    const [, start, end] = /^([\d:.]+) --> ([\d:.]+)/.exec(times) ?? [];
    if (start)
      found.set(block, { start: seconds(start), end: seconds(end), text: lines.join('\n') });
  }
  return [...found.values()];
};

// ffmpeg takes segments by their ending, unless it is told not to.
const readText = async (source) => parse(await run('ffmpeg', ['-nostdin', '-v', 'error',
  ...(source.endsWith('.vtt') ? [] : ['-allowed_extensions', 'ALL']),
  '-copyts', '-i', source, '-map', '0:s:0', '-f', 'webvtt', '-']));

const assertCues = (got, wanted) => {
  assert.deepEqual(got.map(({ text }) => text), wanted.map(({ text }) => text));
  for (const [i, cue] of wanted.entries()) {
    for (const end of ['start', 'end'])
      assert.ok(Math.abs(got[i][end] - cue[end]) <= 0.0011,
        `${end} of "${cue.text}" is ${got[i][end]} for ${cue[end]}`);
  }
};

const packageText = async (input, ...options) => {
  const out = `${input}.package`;
  await run('haberdash', ['package', input, out, '--encrypt', 'all', '--kid', KEY.kid,
    '--key-file', keyFile, '--hls', ...options]);
  return out;
};

// What ffmpeg gives back of the MPD, the playlist and the file.
const assertPackage = async (out, cues, track = 'text_0') => {
  const manifest = path.join(out, 'stream.mpd');
  if (await exists(schemaCheck))
    await run(schemaCheck, [manifest]);
  for (const source of [manifest, path.join(out, track, 'playlist.m3u8'),
    path.join(out, track, 'track.vtt')])
    assertCues(await readText(source), cues);
};

const INPUTS = {
  'mov_text in MP4': [() => withText('text.mp4', 'mov_text'), IN_TURN],
  'SubRip in Matroska': [() => withText('text.mkv', 'srt'), CUES],
  'SubRip in Matroska that begins late': [() =>
    withText('late.mkv', 'srt', '-output_ts_offset', '7.5'), CUES],
  'ASS in Matroska': [() => withText('ass.mkv', 'ass'), PLAIN],
};

for (const [name, [make, cues]] of Object.entries(INPUTS)) {
  test(name, async () => {
    const out = await packageText(await make());
    await assertPackage(out, cues);
    const mpd = await readFile(path.join(out, 'stream.mpd'), 'utf8');
    if (name !== 'ASS in Matroska') // ffmpeg forgets its language
      assert.match(mpd, /contentType="text"[^>]* lang="de"/);
  });
}

test('one file a track', async () => {
  const out = await packageText(await withText('single.mkv', 'srt'), '--single-file');
  await assertPackage(out, CUES);
  const names = await readdir(path.join(out, 'text_0'));
  assert.deepEqual(names.sort(), ['playlist.m3u8', 'track.vtt']);
});

test('wvtt in MP4', async () => {
  await shaka(`in=${file('subtitles.vtt')},stream=text,output=${file('wvtt.mp4')}`);
  await gstLaunch(`cencdashsink name=dash location=${file('wvtt/stream.mpd')}
    filesrc location=${file('wvtt.mp4')} ! qtdemux ! dash.text_0`);
  const cues = await readText(file('wvtt/text_0/track.vtt'));
  // Of cues that overlap its samples are pieces.
  for (const { start, end, text } of CUES) {
    const pieces = cues.filter((cue) => cue.text === text);
    assert.ok(pieces.length > 0, text);
    assert.ok(Math.abs(pieces[0].start - start) <= 0.0011, text);
    assert.ok(Math.abs(pieces.at(-1).end - end) <= 0.0011, text);
    for (const [i, piece] of pieces.slice(1).entries())
      assert.equal(piece.start, pieces[i].end, text);
  }
});

test('beside a text track', async () => {
  const out = await packageText(await withText('beside.mkv', 'srt'),
    '--text', `${file('subtitles.srt')}:en-GB`, '--text', file('subtitles.vtt'));
  for (const [i, kept] of [['text_0', false], ['text_1', true], ['text_2', false]].entries()) {
    const [track, settings] = kept;
    assertCues(await readText(path.join(out, track, 'track.vtt')), CUES);
    const text = await readFile(path.join(out, track, 'track.vtt'), 'utf8');
    assert.equal(text.includes('line:0'), settings, `${i}`);
  }
  const playlist = await readFile(path.join(out, 'stream.m3u8'), 'utf8');
  assert.match(playlist, /LANGUAGE="en-GB",.*URI="text_0/);
  assert.match(playlist, /NAME="text_1",DEFAULT/);
  assert.match(playlist, /LANGUAGE="de",.*URI="text_2/);
});

test('without a word in them', async () => {
  await writeFile(file('silent.vtt'), 'WEBVTT\n\nNOTE nothing\n');
  const words = await run('sh', ['-c', 'haberdash package "$0" "$1" --encrypt none --text "$2" 2>&1',
    file('clip.mp4'), file('silent'), file('silent.vtt')]);
  assert.match(words, /silent\.vtt is left out: there is no text in it/);
  assert.deepEqual((await readdir(file('silent'))).sort(), ['audio_0', 'stream.mpd', 'video_0']);
});

const fails = (what, text, pattern) => test(what, async () => {
  const out = file(what.replace(/\W/g, '-'));
  await assert.rejects(run('haberdash', ['package', file('clip.mp4'), out, '--encrypt',
    'none', '--text', text]), pattern);
  assert.equal(await exists(path.join(out, 'stream.mpd')), false);
});
fails('that are not there', '/nowhere/subtitles.srt:de', /\/nowhere\/subtitles\.srt: .*No such file/);
fails('that are none', file('clip.mp4'), /clip\.mp4 has no subtitles in a form that is known/);

test('pictures of text are left out, with a word', async () => {
  await gstLaunch(`mpegtsmux name=mux ! filesink location=${file('dvb.ts')}
    filesrc location=${file('clip.mp4')} ! qtdemux ! h264parse ! queue ! mux.
    videotestsrc num-buffers=4 ! video/x-raw,format=AYUV,width=720,height=576,framerate=1/2 !
    dvbsubenc ! queue ! mux.`);
  const words = await run('sh', ['-c', 'haberdash package "$0" "$1" --encrypt none 2>&1',
    file('dvb.ts'), file('dvb')]);
  assert.match(words, /track \d+ \(DVB subtitles\) is left out: its text is in pictures/);
  assert.deepEqual((await readdir(file('dvb'))).sort(), ['stream.mpd', 'video_0']);
});
