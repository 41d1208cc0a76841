// SPDX-License-Identifier: LGPL-2.1-or-later
// The command line: what is chosen is what is packaged, keys are drawn and told
// apart, and machines get JSON.

import assert from 'node:assert/strict';
import { link, mkdir, readdir, readFile, stat, symlink, unlink,
  writeFile }
  from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { call, ffmpeg, KEY, makeFolder, run } from './support/run.mjs';
import { exists } from './support/package.mjs';

const folder = await makeFolder();
const at = (name) => path.join(folder, name);

// Video, sound in German, English and no language, a line of text in English.
await writeFile(at('lines.srt'),
  '1\n00:00:01,000 --> 00:00:03,000\nA line.\n');
const makeMovie = (file, text) => ffmpeg('-f', 'lavfi', '-i',
  'testsrc2=size=160x90:rate=25', ...['300', '440', '600'].flatMap((f) =>
    ['-f', 'lavfi', '-i', `sine=frequency=${f}:sample_rate=48000`]),
  '-i', at('lines.srt'), '-map', '0', '-map', '1', '-map', '2', '-map', '3',
  '-map', '4', '-t', '4', '-c:v', 'libx264', '-preset', 'veryfast',
  '-pix_fmt', 'yuv420p', '-threads', '1',
  '-x264-params', 'keyint=25:min-keyint=25:bframes=2', '-c:a', 'aac',
  '-c:s', text, '-metadata:s:a:0', 'language=deu', '-metadata:s:a:1',
  'language=eng', '-metadata:s:a:2', 'language=und', '-metadata:s:s:0',
  'language=eng', file);
const movies = { mp4: at('movie.mp4'), mkv: at('movie.mkv') };
await makeMovie(movies.mp4, 'mov_text');
await makeMovie(movies.mkv, 'srt');
const keys = at('keys.txt');
const AUDIO = { kid: '0123456789abcdef0123456789abcdef',
  key: 'fedcba9876543210fedcba9876543210' };
await writeFile(keys,
  `${KEY.kid}:${KEY.key}\n${AUDIO.kid}:${AUDIO.key}\n`, { mode: 0o600 });

// Whatever the status is.
const haberdash = (...args) => call('haberdash', args);
let outs = 0;
const packageAs = async (...args) => {
  const out = at(`out-${outs++}`);
  const result = JSON.parse(await run('haberdash',
    ['package', ...args.slice(0, 1), out, '--json', ...args.slice(1)]));
  const verified = JSON.parse(await run('haberdash',
    ['verify', out, '--json', '--key-file', keys]));
  assert.deepEqual(verified.findings.filter(({ severity }) =>
    severity === 'error'), []);
  return { ...result, out, verified };
};
const names = (result) => result.tracks.map(({ name }) => name);
const CLEAR = ['--encrypt', 'none'];
const CRYPT = ['--kid', KEY.kid, '--key-file', keys];

// --- which tracks ---

const languagesOf = async (result) => [...(await readFile(result.manifest,
  'utf8')).matchAll(/<AdaptationSet[^>]*contentType="(\w+)"[^>]*>/g)]
  .map(([tag, kind]) => `${kind} ${/lang="([^"]*)"/.exec(tag)?.[1] ?? 'und'}`);

const choices = [
  [[], ['video und', 'audio de', 'audio en', 'audio und', 'text en']],
  [['--tracks', 'video'], ['video und']],
  [['--tracks', 'video,audio'],
    ['video und', 'audio de', 'audio en', 'audio und']],
  [['--tracks', '1,3'], ['video und', 'audio en']],
  [['--languages', 'en'], ['video und', 'audio en', 'text en']],
  [['--languages', 'deu,und'], ['video und', 'audio de', 'audio und']],
  [['--tracks', 'video,text', '--languages', 'en'], ['video und', 'text en']],
];
for (const [kind, movie] of Object.entries(movies)) {
  for (const [options, expected] of choices) {
    test(`${kind}, ${options.join(' ') || 'every track'}`, async () => {
      const result = await packageAs(movie, ...CLEAR, ...options);
      assert.deepEqual((await languagesOf(result)).sort(),
        [...expected].sort());
      assert.equal(result.tracks.length, expected.length);
      assert.equal(result.notes.length, 5 - expected.length);
      for (const note of result.notes)
        assert.match(note, /not among those chosen/);
    });
  }
}

test('no video among those chosen', async () => {
  const { status, stderr } = await haberdash('package', movies.mp4, at('none'),
    ...CLEAR, '--tracks', 'audio');
  assert.equal(status, 65);
  assert.match(stderr, /no video track of the file is among those chosen/);
  assert.ok(!await exists(at('none/stream.mpd')));
});

// --- keys ---

test('a key of its own for audio', async () => {
  const result = await packageAs(movies.mp4, ...CRYPT, '--encrypt', 'all',
    '--audio-kid', AUDIO.kid, '--tracks', '1,2');
  assert.deepEqual(result.tracks.map(({ type, kid }) => [type, kid]),
    [['video', KEY.kid], ['audio', AUDIO.kid]]);
  for (const track of result.verified.tracks)
    assert.equal(track.decrypted_samples, track.samples);
  const text = JSON.stringify(result);
  assert.ok(!text.includes(KEY.key) && !text.includes(AUDIO.key));
});

test('the key for audio in a file of its own', async () => {
  await writeFile(at('audio.hex'), AUDIO.key);
  const result = await packageAs(movies.mp4, ...CRYPT, '--encrypt', 'all',
    '--audio-kid', AUDIO.kid, '--audio-key-file', at('audio.hex'),
    '--tracks', '1,2');
  assert.equal(result.verified.tracks[1].decrypted_samples,
    result.verified.tracks[1].samples);
});

test('a clear lead', async () => {
  const result = await packageAs(movies.mp4, ...CRYPT, '--clear-lead', '2',
    '--segment-duration', '1', '--tracks', 'video');
  const [video] = result.verified.tracks;
  assert.equal(video.samples, 100);
  assert.equal(video.encrypted_samples, 50);
  assert.equal(result.tracks[0].clear_segments, 2);
});

test('a pssh box of a licence service', async () => {
  const pssh = 'AAAAIHBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAAA=';
  const { manifest } = await packageAs(movies.mp4, ...CRYPT, '--pssh', pssh,
    '--tracks', 'video');
  assert.ok((await readFile(manifest, 'utf8')).includes(pssh));
});

test('keys are drawn', async () => {
  const file = at('new.txt');
  const { status, stdout, stderr } = await haberdash('package', movies.mp4,
    at('drawn'), '--encrypt', 'all', '--new-key', file, '--tracks', '1,2');
  assert.equal(status, 0, stderr);
  assert.equal(stdout, `${at('drawn/stream.mpd')}\n`);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  assert.equal(lines.length, 2);
  assert.notEqual(lines[0], lines[1]);
  for (const line of lines) {
    const [kid, key] = line.split(':');
    assert.ok(stderr.includes(kid));
    assert.ok(!stderr.includes(key));
  }
  const { tracks } = JSON.parse(await run('haberdash', ['verify', at('drawn'),
    '--key-file', file, '--json']));
  for (const track of tracks)
    assert.equal(track.decrypted_samples, track.samples);

  const again = await haberdash('package', movies.mp4, at('again'), '--new-key', file);
  assert.equal(again.status, 78);
  assert.equal((await readFile(file, 'utf8')).trim(), lines.join('\n'));
});

test('no package, no new key', async () => {
  const file = at('unused.txt');
  const { status } = await haberdash('package', at('lines.srt'), at('x'),
    '--new-key', file);
  assert.equal(status, 65);
  assert.ok(!await exists(file));
});

// --- what was there before ---

// Every file with what tells whether it was written again.
const filesIn = async (out) => Promise.all((await readdir(out,
  { recursive: true })).sort().map(async (name) => {
  const { ino, size, mtimeMs } = await stat(path.join(out, name));
  return [name, ino, size, mtimeMs];
}));

test('an earlier package stays until there is to be another', async () => {
  const { out } = await packageAs(movies.mp4, ...CRYPT, '--encrypt', 'all',
    '--hls', '--single-file');
  const before = await filesIn(out);
  const broken = at('broken.mp4');
  await writeFile(broken, (await readFile(movies.mp4)).subarray(0, 3000));
  for (const [input, options, status, message] of [
    [at('nofile.mp4'), [], 66, /nofile\.mp4: No such file or directory/],
    [folder, [], 66, /Is a directory/],
    [at('lines.srt'), [], 65, /./],
    [broken, [], 65, /./],
    [movies.mp4, ['--tracks', 'audio'], 65, /no video track/],
    [movies.mkv, ['--tracks', 'text'], 65, /no video track/],
    [movies.mp4, ['--text', at('nofile.srt')], 66, /./],
    [path.join(out, 'audio_0/track.mp4'), [], 64, /its own files/],
    [path.join(out, 'stream.mpd'), [], 64, /its own files/],
    [movies.mp4, ['--text', path.join(out, 'text_0/track.vtt:en')], 64,
      /--text .*its own files/],
  ]) {
    const answer = await haberdash('package', input, out, ...CLEAR, ...options);
    assert.equal(answer.status, status, `${input}: ${answer.stderr}`);
    assert.match(answer.stderr, message);
    assert.deepEqual(await filesIn(out), before, input);
  }
  const { status } = await haberdash('package', path.join(out,
    'video_0/track.mp4'), at('again-encrypted'), ...CLEAR);
  assert.equal(status, 65);
  assert.ok(!await exists(at('again-encrypted')), 'no folder is left');
});

test('an input beside what is written may be named like a track', async () => {
  const out = at('beside');
  await mkdir(out);
  await writeFile(path.join(out, 'video_1.mp4'), await readFile(movies.mp4));
  await run('haberdash', ['package', path.join(out, 'video_1.mp4'), out,
    ...CLEAR]);
  assert.ok(await exists(path.join(out, 'video_1.mp4')));
  assert.ok(await exists(path.join(out, 'stream.mpd')));
});

// --- progress and results ---

test('JSON: the result on one output, progress on the other', async () => {
  const { status, stdout, stderr } = await haberdash('package', movies.mp4, at('j'),
    ...CRYPT, '--hls', '--json', '--progress', 'json', '--tracks', 'video');
  assert.equal(status, 0);
  const events = stderr.trim().split('\n').map((line) => JSON.parse(line));
  const kinds = new Set(events.map(({ event }) => event));
  assert.deepEqual([...kinds].sort(), ['note', 'progress', 'stage']);
  assert.deepEqual(events.filter(({ event }) => event === 'stage')
    .map(({ stage }) => stage), ['Fragmented', 'Encrypted', 'Ready']);
  for (const { event, fraction } of events)
    assert.ok(event !== 'progress' || (fraction >= 0 && fraction <= 1));

  const result = JSON.parse(stdout);
  assert.deepEqual(names(result), ['video_0']);
  assert.equal(result.manifest, at('j/stream.mpd'));
  assert.equal(result.playlist, at('j/stream.m3u8'));
  assert.equal(result.encrypt, 'video');
  assert.equal(Math.round(result.duration), 4);
  const sizes = await Promise.all(Array.from(
    { length: result.tracks[0].segments }, async (_, i) =>
      (await stat(at(`j/video_0/${i + 1}.m4s`))).size));
  assert.equal(result.bytes, sizes.reduce((a, b) => a + b, 0));
});

test('quiet, and no bar where there is no terminal', async () => {
  const quiet = await haberdash('package', movies.mp4, at('q'), ...CLEAR, '-q',
    '--tracks', 'video');
  assert.deepEqual(quiet, { status: 0, stdout: '', stderr: '' });
  const plain = await haberdash('package', movies.mp4, at('p'), ...CLEAR);
  assert.deepEqual(plain,
    { status: 0, stdout: `${at('p/stream.mpd')}\n`, stderr: '' });
});

test('a bar on a terminal, no wider than it', async () => {
  const text = await run('script', ['-qec',
    `stty cols 40; haberdash package ${movies.mp4} ${at('t')} --encrypt none`,
    '/dev/null']);
  const lines = text.split(/[\r\n]/)
    .map((line) => line.replaceAll(/\u001b\[\w/g, ''));
  for (const line of lines)
    assert.ok(line.length < 40 || line.includes('stream.mpd'), line);
  assert.ok(lines.includes(at('t/stream.mpd')));
});

// --- GOPs ---

test('several GOPs in one file', async () => {
  await run('haberdash', ['slice', movies.mp4, '1-2', at('slice.mp4')]);
  const gops = JSON.parse(await run('haberdash',
    ['gops', at('slice.mp4'), '--json']));
  assert.equal(gops.length, 2);
  for (const range of ['2-1', '-1', '1-', 'x', ''])
    assert.equal((await haberdash('slice', movies.mp4, range, at('no.mp4'))).status,
      64, range);
});

test('what is cut stays, whatever the output is called', async () => {
  const own = at('own.mp4');
  const bytes = await readFile(movies.mp4);
  await writeFile(own, bytes);
  await link(own, at('hard.mp4'));
  await symlink(own, at('soft.mp4'));
  for (const output of [own, at('hard.mp4'), at('soft.mp4')]) {
    const { status, stderr } = await haberdash('slice', own, '1', output);
    assert.equal(status, 64, stderr);
    assert.match(stderr, /is the file that is to be cut/);
    assert.ok(bytes.equals(await readFile(own)), output);
  }
  const { status, stderr } = await haberdash('slice', own, '1', '-');
  assert.equal(status, 64);
  assert.match(stderr, /standard output/);
});

test('an output is replaced by a whole one, or not at all', async () => {
  const to = at('replaced');
  await mkdir(to);
  const output = path.join(to, 'cut.mp4');
  const old = 'what was there';
  for (const args of [['99'], ['1', '--filter', 'crop=0,0,4000,4000'],
    ['99', '--filter', 'grayscale=1']]) {
    await writeFile(output, old, { mode: 0o640 });
    const { status } = await haberdash('slice', movies.mp4, args[0], output,
      ...args.slice(1));
    assert.notEqual(status, 0, args);
    assert.equal(await readFile(output, 'utf8'), old);
  }
  for (const filter of [[], ['--filter', 'grayscale=1']]) {
    await writeFile(output, old);
    await run('haberdash', ['slice', movies.mp4, '1', output, ...filter]);
    assert.equal(JSON.parse(await run('haberdash',
      ['gops', output, '--json'])).length, 1);
    assert.equal((await stat(output)).mode & 0o777, 0o640);
  }
  assert.deepEqual(await readdir(to), ['cut.mp4']);
  for (const bad of [to, path.join(to, 'nowhere', 'cut.mp4')])
    assert.equal((await haberdash('slice', movies.mp4, '1', bad)).status, 73);
});

test('every frame with its picture type', async () => {
  const frames = JSON.parse(await run('haberdash',
    ['gops', movies.mp4, '--frames', '--json']));
  const types = await run('ffprobe', ['-v', 'error', '-select_streams', 'v',
    '-show_entries', 'frame=pict_type', '-of', 'csv=p=0', movies.mp4]);
  assert.deepEqual(
    frames.sort((a, b) => a.pts_time - b.pts_time).map((f) => f.pict_type),
    types.match(/[IPB]/g));

  const table = await run('haberdash', ['gops', movies.mp4, '--frames']);
  assert.equal(table.trimEnd().split('\n').length, frames.length + 1);
  assert.match(table.split('\n')[1], /^ *0 {2}I key /);
});

test('playlists that do not say where the key is: a note', async () => {
  for (const [options, n] of [[[], 0], [['--hls'], 1],
    [['--hls', '--hls-key-url', 'https://keys.example/$KID$'], 0],
    [['--hls', '--hls-key-format', 'clearkey'], 0]]) {
    const { notes } = await packageAs(movies.mp4, ...CRYPT, ...options,
      '--tracks', 'video,audio');
    assert.equal(notes.filter((note) => note.includes('--hls-key-url')).length,
      n, options.join(' '));
  }
});

// --- the command line itself ---

for (const [why, args] of Object.entries({
  'no key': [],
  'an unknown option': ['--nothing'],
  'an unknown track': [...CLEAR, '--tracks', 'video,sound'],
  'an empty track': [...CLEAR, '--tracks', ''],
  'an unknown language': [...CLEAR, '--languages', 'e n'],
  'a lead of another kind': [...CRYPT, '--clear-lead', 'nan'],
  'a lead before the start': [...CRYPT, '--clear-lead', '-1'],
  'a key drawn and given': [...CRYPT, '--new-key', 'x'],
  'a key for audio in the clear': [...CRYPT, '--audio-kid', AUDIO.kid],
  'a pssh box that is none': [...CRYPT, '--pssh', 'AAAA'],
  'an unknown progress': [...CLEAR, '--progress', 'fast'],
  ...Object.fromEntries(Object.entries({
    '--kid': KEY.kid, '--key-file': keys, '--new-key': at('nk'),
    '--audio-kid': AUDIO.kid, '--audio-key-file': keys, '--iv': KEY.kid,
    '--license-url': 'http://a/', '--hls-key-url': 'http://a/',
    '--hls-key-format': 'clearkey', '--clear-lead': '2',
  }).map(([option, value]) => [`${option} in the clear`,
    [...CLEAR, '--hls', option, value]])),
})) {
  test(`64: ${why}`, async () => {
    const { status, stdout, stderr } = await haberdash('package', movies.mp4,
      at('usage'), ...args);
    assert.equal(status, 64, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^haberdash package: /);
  });
}

test('keys in the clear: the option is named, and no file made', async () => {
  const { stderr } = await haberdash('package', movies.mp4, at('nk-out'), ...CLEAR,
    '--new-key', at('nk'));
  assert.match(stderr, /--new-key goes with encryption/);
  assert.ok(!await exists(at('nk')));
});

for (const [args, status, expected] of [
  [['package', 'nofile.mp4'], 64, /OUT_DIR is missing\nUsage: /],
  [['package'], 64, /INPUT is missing/],
  [['slice', 'a', '1', 'b', 'c'], 64, /"c" is one argument too many/],
  [['slices'], 64, /there is no command "slices"/],
  [['package', 'a', 'b', '--key', 'secret'], 64, /no option --key; .*--key-file/],
  [['package', 'a', 'b', '--key=secret'], 64, /no option --key; .*--key-file/],
  [['verify', 'a', '--key', 'secret'], 64, /--key-file/],
  [['package', 'a', 'b', '--on-demand'], 64, /--single-file/],
  [['serve', '--port', '65536'], 64, /--port must be 0 to 65535, not 65536/],
  [['serve', '--delivery-port', '-1'], 64,
    /--delivery-port must be 0 to 65535, not -1/],
  [['slice', 'a', '1', 'b', '--filter', 'blur=1'], 64,
    /no filter "blur"; there are crop/],
  [['worker', '--help'], 0, /^$/],
]) {
  test(`haberdash ${args.join(' ')}`, async () => {
    const answer = await haberdash(...args);
    assert.equal(answer.status, status, answer.stderr);
    assert.match(answer.stderr, expected);
    assert.ok(!answer.stderr.includes('secret'));
    assert.equal(answer.stdout !== '', status === 0);
  });
}

test('frames of what has no table of them are the same', async () => {
  const listOf = async (movie) =>
    (await run('haberdash', ['gops', movie, '--frames'])).split('\n')
      .map((line) => /^ *\d+ +[IPB](?: +key)?/.exec(line)?.[0]);
  assert.deepEqual(await listOf(movies.mkv), await listOf(movies.mp4));
});

test('one error, one warning', async () => {
  const { out } = await packageAs(movies.mp4, ...CLEAR, '--tracks', 'video');
  await unlink(path.join(out, 'video_0/1.m4s'));
  const { status, stdout } = await haberdash('verify', out);
  assert.equal(status, 65);
  assert.match(stdout, /: 1 error, 0 warnings\n$/);
});

for (const command of ['serve', 'package', 'gops', 'slice', 'verify']) {
  test(`${command} --help has examples`, async () => {
    const help = await run('haberdash', [command, '--help']);
    assert.match(help, new RegExp(`Examples:\n  haberdash ${command} `));
  });
}
