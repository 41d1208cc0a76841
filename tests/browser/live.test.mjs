// SPDX-License-Identifier: LGPL-2.1-or-later
// A live source, packaged and encrypted while Shaka Player, dash.js and hls.js
// watch, to its end and behind it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { KEY, makeFolder, run, writeKey } from '../interop/support/run.mjs';
import { follow, programEnv, stderr } from '../support/sanitizer.mjs';
import { serve } from '../support/http.mjs';
import { startBrowser } from './browser.mjs';
import { decodedFrames } from './pictures.mjs';
import { PLAYER_PAGE, openPlayer } from './players.mjs';

const WINDOW = 6; // seconds, as many as segments
const LIMIT_MS = 100_000;
const FRAMES = 60;
const schemaCheck = fileURLToPath(new URL('../../../shared/tools/validate-mpd', import.meta.url));

const folder = await makeFolder();
const out = path.join(folder, 'live');
const manifest = path.join(out, 'stream.mpd');
const missing = [];
const origin = await serve({
  '/': out,
  '/player.html': (_, response) => response.setHeader('Content-Type', 'text/html').end(PLAYER_PAGE),
}, { missing });

// Which player watches what.
const SEATS = [
  ['shaka', 'stream.mpd'], ['dashjs', 'stream.mpd'], ['shaka', 'stream.m3u8'], ['hlsjs', 'clear.m3u8'],
];
let browser, source;
const pages = [];

const launch = (line) => follow(spawn('gst-launch-1.0', ['-e', ...line.trim().split(/\s+/)],
  { stdio: ['ignore', 'ignore', stderr], env: programEnv(process.env) }));

const sources = `videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=180,framerate=25/1 !
    x264enc key-int-max=25 speed-preset=ultrafast tune=zerolatency ! h264parse ! gopsplit ! tee name=video
  audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! tee name=audio`;

// In the folder, encrypted as stream.mpd, and clear as clear.mpd.
async function startSource() {
  const keyFile = await writeKey(folder, KEY.key);
  const sink = (name, file) => `cencdashsink name=${name} location=${out}/${file} hls=true
    fragment-duration=1000000000 time-shift-buffer-depth=${WINDOW}000000000 utc-timing-url=${origin}/player.html`;

  return launch(`${sink('dash', 'stream.mpd')} ${sink('clear', 'clear/clear.mpd')} ${sources}
    video. ! queue ! cbcsenc kid=${KEY.kid} key-file=${keyFile} ! dash.video_0
    audio. ! queue ! dash.audio_0
    video. ! queue ! clear.video_0
    audio. ! queue ! clear.audio_0`);
}

// what: a text, or a function that gives one.
const until = async (what, condition) => {
  const limit = Date.now() + LIMIT_MS;
  while (!await condition()) {
    if (Date.now() >= limit)
      assert.fail(`not within ${LIMIT_MS} ms: ${typeof what === 'string' ? what : what()}`);
    await sleep(200);
  }
};
const exists = (file) => access(file).then(() => true, () => false);

before(async () => {
  browser = await startBrowser();
  source = await startSource();
  await until('there are segments behind the window',
    () => exists(path.join(out, 'video_0', `${WINDOW + 3}.m4s`)));
});

after(async () => {
  source?.kill('SIGKILL');
  await browser?.close();
});

const watch = (page) => page.evaluate(() => {
  const video = document.getElementById('video');
  const buffered = Array.from({ length: video.buffered.length }, (_, i) => [video.buffered.start(i), video.buffered.end(i)]);
  return { time: video.currentTime, ended: video.ended, paused: video.paused, buffered, trouble: window.trouble, duration: video.duration };
});

async function takeSeat([player, file]) {
  const uri = `${origin}/${file.startsWith('clear') ? 'clear/' : ''}${file}`;
  const seat = await openPlayer(browser, player, uri, { keys: { [KEY.kid]: KEY.key } });
  // dash.js misses a "play" that comes before it has looked at the manifest.
  await seat.page.waitForFunction(() => document.getElementById('video').readyState > 0, null, { timeout: LIMIT_MS });
  await seat.page.evaluate(() => { document.getElementById('video').play(); });
  return { ...seat, name: `${player} ${file}` };
}

const plays = async ({ name, page }) => {
  const before = await decodedFrames(page);
  await until(`${name} plays`, async () => await decodedFrames(page) >= before + FRAMES);
  assert.deepEqual((await watch(page)).trouble, [], name);
};

async function comesToItsEnd({ name, page }) {
  let seen;
  await until(() => `${name} comes to the end, and not only to ${JSON.stringify(seen)}`, async () => {
    seen = await watch(page);
    return seen.ended;
  });
}

it('is a valid manifest of what there is now', async () => {
  for (let i = 0; i < 3; i++) {
    const copy = path.join(folder, 'snapshot.mpd');
    const text = await readFile(manifest, 'utf8');
    await writeFile(copy, text);
    if (await exists(schemaCheck))
      await run(schemaCheck, [copy]);
    for (const name of ['type="dynamic"', 'availabilityStartTime', 'publishTime', 'minimumUpdatePeriod',
      'timeShiftBufferDepth', 'suggestedPresentationDelay', '<UTCTiming'])
      assert.ok(text.includes(name), name);
    assert.ok(!text.includes('mediaPresentationDuration'));
    await sleep(700);
  }
});

it('keeps the files of a window, and of another behind it', async () => {
  const numbers = (await readdir(path.join(out, 'video_0'))).map((name) => parseInt(name, 10)).filter(Boolean);
  const [first] = /startNumber="(\d+)"/.exec(await readFile(manifest, 'utf8')).slice(1).map(Number);

  assert.ok(first > 1, `${first} is the first of the manifest`);
  assert.ok(Math.min(...numbers) >= first - WINDOW - 3, `${Math.min(...numbers)} is there for ${first}`);
});

it('has an HLS playlist that ffmpeg reads', async () => {
  const playlist = await readFile(path.join(out, 'clear', 'video_0', 'playlist.m3u8'), 'utf8');
  assert.doesNotMatch(playlist, /ENDLIST|PLAYLIST-TYPE/);
  assert.match(playlist, /PROGRAM-DATE-TIME:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n/);
  assert.match(playlist, /MEDIA-SEQUENCE:([2-9]|\d\d)/);
  const frames = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-read_intervals', '%+#50',
    '-show_entries', 'packet=flags', '-of', 'csv=p=0', path.join(out, 'clear', 'clear.m3u8')]);
  assert.match(frames, /^K/);
});

it('plays while it is made', async () => {
  pages.push(...await Promise.all(SEATS.map(takeSeat)));
  await Promise.all(pages.map(plays));
});

it('plays to its end', async () => {
  source.kill('SIGINT');
  const [code] = await once(source, 'exit');
  assert.equal(code, 0);
  const text = await readFile(manifest, 'utf8');
  assert.match(text, /type="static"/);
  assert.doesNotMatch(text, /minimumUpdatePeriod/);
  if (await exists(schemaCheck))
    await run(schemaCheck, [manifest]);
  assert.match(await readFile(path.join(out, 'video_0', 'playlist.m3u8'), 'utf8'), /ENDLIST/);
  await Promise.all(pages.map(comesToItsEnd));
  for (const { name, page } of pages)
    assert.deepEqual((await watch(page)).trouble, [], name);
});

it('plays from the start of the window when it has ended', async () => {
  const late = await Promise.all(SEATS.map(takeSeat));
  await Promise.all(late.map(plays));
});

it('names nothing that is not there', () => assert.deepEqual(missing.filter((url) => /m4s|mp4|m3u8|mpd/.test(url)), []));
