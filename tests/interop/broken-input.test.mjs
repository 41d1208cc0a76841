// SPDX-License-Identifier: LGPL-2.1-or-later
// Launch lines that cannot work. Each ends by itself, with an error that says
// why and no file that looks whole and is not.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rmdir, truncate, writeFile } from
  'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';

import { ffmpeg, gstLaunch, KEY, makeFolder, writeKey } from './support/run.mjs';

const folder = await makeFolder();
const keyFile = await writeKey(folder, KEY.key);
const encrypt = `cbcsenc kid=${KEY.kid} key-file=${keyFile}`;
const input = (name) => path.join(folder, name);

// An error that comes before gst-launch-1.0 listens is lost on it. So the film is
// larger than what waits before the pipeline plays, and the camera is live.
const camera = 'videotestsrc is-live=true num-buffers=100';
await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-f', 'lavfi',
  '-i', 'sine=frequency=440:sample_rate=48000', '-t', '8', '-c:v', 'libx264',
  '-preset', 'ultrafast', '-qp', '1', '-pix_fmt', 'yuv420p', '-threads', '1',
  '-x264-params', 'keyint=25', '-c:a', 'aac', '-ac', '2', '-movflags',
  '+faststart', input('movie.mp4'));
await ffmpeg('-i', input('movie.mp4'), '-c', 'copy', input('movie.mkv'));

const damage = async (name, at) => {
  const bytes = await readFile(input('movie.mp4'));
  const start = Math.floor(bytes.length * at);
  bytes.fill(0xff, start, start + 20_000);
  await writeFile(input(name), bytes);
};
await damage('damaged.mp4', 0.75);

// --- what is in a folder ---

const list = (root) => readdirSync(root, { withFileTypes: true })
  .flatMap((entry) => entry.isDirectory() ?
    list(path.join(root, entry.name)) : [path.join(root, entry.name)]);

// Boxes one after the other, the last as long as it says.
const assertWholeBoxes = (file) => {
  const bytes = readFileSync(file);
  let offset = 0;
  while (offset < bytes.length) {
    assert.ok(bytes.length - offset >= 8, `${file}: cut off`);
    const size = bytes.readUInt32BE(offset);
    assert.ok(size >= 8, `${file}: no box at ${offset}`);
    offset += size;
  }
  assert.equal(offset, bytes.length, `${file}: cut off`);
  assert.ok(offset > 0, `${file}: empty`);
};

const assertNothingHalf = (root) => {
  for (const file of list(root)) {
    assert.match(file, /\.(mp4|m4s)$/, 'no manifest, no part of a file');
    assertWholeBoxes(file);
  }
};

// --- the lines ---

const dash = (out, source, video = encrypt, options = '') =>
  `cencdashsink name=dash location=${out}/stream.mpd ${options}
    filesrc location=${input(source)} ! qtdemux name=in
    in.video_0 ! gopsplit ! ${video} ! dash.video_0 in.audio_0 ! dash.audio_0`;

const cases = [
  ['damage in the middle', (out) => dash(out, 'damaged.mp4'),
    /cbcsenc.*access unit cannot be encrypted/],
  ['damage in the middle, one file a track',
    (out) => dash(out, 'damaged.mp4', encrypt, 'single-file=true'),
    /cbcsenc.*access unit cannot be encrypted/],
  ['no such key file', (out) => dash(out, 'movie.mp4',
    `cbcsenc kid=${KEY.kid} key-file=${out}/none`), /cannot open key file/],
  ['no key', (out) => dash(out, 'movie.mp4', `cbcsenc kid=${KEY.kid}`),
    /no content key: set key-file/],
  ['encrypted, no key to decrypt', () => `${camera} !
    x264enc tune=zerolatency ! h264parse ! ${encrypt} ! cbcsdec ! fakesink`,
  /no key for it/],
  ['a byte stream', (out) => `cencdashsink name=dash location=${out}/stream.mpd
    filesrc location=${input('movie.mp4')} ! qtdemux ! h264parse !
    video/x-h264,stream-format=byte-stream ! ${encrypt} ! dash.video_0`,
  /could not link/],
  ['pictures', (out) => `videotestsrc num-buffers=50 ! cencmux !
    filesink location=${out}/x.mp4`, /could not link/],
  ['a codec without a rule', (out) => `cencdashsink name=dash
    location=${out}/stream.mpd
    ${camera} ! vp9enc deadline=1 ! vp9parse ! ${encrypt} ! dash.video_0`,
  /cannot be encrypted: .*VP9/],
  ['no location', () => `cencdashsink name=dash
    filesrc location=${input('movie.mp4')} ! qtdemux ! dash.video_0`,
  /set location to the path of the manifest/],
];

for (const [name, line, message] of cases) {
  test(name, async () => {
    const out = path.join(folder, name.replaceAll(/\W/g, '-'));
    await mkdir(out);
    await assert.rejects(gstLaunch(line(out), { limit: 30_000 }), (error) => {
      assert.match(error.message, message);
      assert.match(error.message, /: status (1|255)\n/);
      return true;
    });
    assertNothingHalf(out);
  });
}

// --- folders that take nothing ---

test('a folder below a file', async () => {
  await assert.rejects(gstLaunch(dash(input('movie.mp4'), 'movie.mp4'),
    { limit: 30_000 }), /Cannot (write the package|replace the manifest).*/);
});

// Rights do not hold root back, a mount does. Null where nobody may mount.
const mount = async (options) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'haberdash-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', dir],
      { stdio: 'ignore' });
  } catch {
    await rmdir(dir);
    return null;
  }
  after(async () => {
    execFileSync('umount', [dir]);
    await rmdir(dir);
  });
  return dir;
};

const tiny = await mount('size=512k');
const readOnly = await mount('ro');
const skip = tiny && readOnly ? false : 'nobody may mount here';

for (const options of ['', 'single-file=true']) {
  test(`a full disk ${options}`, { skip }, async () => {
    const out = path.join(tiny, options || 'segments');
    await mkdir(out);
    await assert.rejects(gstLaunch(dash(out, 'movie.mp4', encrypt, options),
      { limit: 30_000 }), /No space left/);
    assertNothingHalf(out);
  });
}

test('a read-only folder', { skip }, async () => {
  await assert.rejects(gstLaunch(dash(readOnly, 'movie.mp4'), { limit: 30_000 }),
    /Read-only file system/);
});

// --- what GStreamer takes for whole ---

test('a file that is cut off is packaged as far as it goes', async () => {
  const whole = statSync(input('movie.mkv')).size;
  await truncate(input('movie.mkv'), Math.floor(whole / 2));
  const out = path.join(folder, 'cut-off');
  await gstLaunch(`cencdashsink name=dash location=${out}/stream.mpd
    filesrc location=${input('movie.mkv')} ! matroskademux ! gopsplit !
    ${encrypt} ! dash.video_0`, { limit: 30_000 });
  const files = list(out).filter((file) => file.endsWith('.m4s'));
  assert.ok(files.length > 0);
  files.forEach(assertWholeBoxes);
});
