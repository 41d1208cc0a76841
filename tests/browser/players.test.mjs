// SPDX-License-Identifier: LGPL-2.1-or-later
// Our packages in Chromium, by Shaka Player, dash.js and hls.js: the right
// pictures and a sound that is decoded, and neither without the key.

import assert from 'node:assert/strict';
import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { KEY, gstLaunch, makeFolder, run, writeKey } from '../interop/support/run.mjs';
import { serve } from '../support/http.mjs';
import { startBrowser } from './browser.mjs';
import { makeClip } from './media.mjs';
import { Reference, SAME, decodedFrames, shoot } from './pictures.mjs';
import { PATIENCE_MS, PLAYER_PAGE, assertPlays, licenseServer, openPlayer } from './players.mjs';

const SECONDS = 5;
const TIMES = [0.4, 2.6, 4.2];
const SOUND = { kid: '00000000000000000000000000000002', key: '0f1e2d3c4b5a69788796a5b4c3d2e1f0' };
const KEYS = { [KEY.kid]: KEY.key };
const BOTH = { ...KEYS, [SOUND.kid]: SOUND.key };
const WRONG = { [KEY.kid]: KEY.wrong, [SOUND.kid]: KEY.wrong };
const AT_ONCE = 3;
const LIMIT_MS = 240_000;
const REALTIME = ['-cpu-used', '8'];

const CLIPS = {
  h264: { audio: ['aac'] },
  av1: { video: ['libaom-av1', '-usage', 'realtime', ...REALTIME], audio: ['libopus'] },
  vp9: { video: ['libvpx-vp9', '-deadline', 'realtime', ...REALTIME], audio: ['flac'] },
  'h264-flac': { audio: ['flac'] },
};

const folder = await makeFolder();
const origin = await serve({
  '/': folder,
  '/player.html': (_, response) => response.setHeader('Content-Type', 'text/html').end(PLAYER_PAGE),
  '/license': licenseServer(KEYS),
  '/license-of-all': licenseServer(BOTH, { all: true }),
  '/wrong-license': licenseServer(WRONG),
});
const references = {};
let browser;
const clip = (name) => path.join(folder, `${name}.mp4`);

before(async () => {
  browser = await startBrowser();
  const keyFile = await writeKey(folder, KEY.key);
  await Promise.all(Object.entries(CLIPS).map(async ([name, codecs]) => {
    await makeClip(clip(name), { seconds: SECONDS, ...codecs });
    references[name] = await Reference.open(browser, clip(name));
    await makePackages(name, keyFile);
  }));
  await makeTwoKeys(keyFile);
  await makeChanges(keyFile);
  startAll();
});

after(() => browser?.close());

// What becomes of each piece of work, by name: null, or an error. They run
// beside each other, which tests that stand side by side do not.
const started = new Map();

function startAll() {
  const lanes = Array(AT_ONCE).fill(Promise.resolve());

  for (const [i, [name, work]] of [...works].entries()) {
    started.set(name, lanes[i % AT_ONCE].then(work).then(() => null, (error) => error));
    lanes[i % AT_ONCE] = started.get(name);
  }
}

// What is made of each clip: a name, and options that come behind the usual
// ones. All is encrypted unless they say otherwise.
const PACKAGES = {
  h264: [['plain', []], ['license', ['--license-url', '/license']],
    ['identity', ['--hls', '--single-file']], ['clearkey', ['--hls', '--hls-key-format', 'clearkey']]],
  av1: [['plain', []]],
  vp9: [['plain', ['--encrypt', 'none', '--hls']]],
  'h264-flac': [['plain', []]],
};

const makePackages = (name, keyFile) => Promise.all(PACKAGES[name].map(([how, options]) =>
  run(process.env.HABERDASH, ['package', clip(name), path.join(folder, name, how), '--segment-duration', '2',
    ...options.includes('none') ? [] : ['--kid', KEY.kid, '--key-file', keyFile, '--encrypt', 'all'],
    ...options.map((option) => (option.startsWith('/') ? origin + option : option))])));

const makeTwoKeys = async (keyFile) => gstLaunch(`cencdashsink name=dash hls=true hls-key-format=clearkey
  location=${folder}/two/stream.mpd filesrc location=${clip('h264')} ! qtdemux name=in
  in.video_0 ! gopsplit ! cbcsenc kid=${KEY.kid} key-file=${keyFile} ! dash.video_0
  in.audio_0 ! cbcsenc kid=${SOUND.kid} key-file=${await writeKey(folder, SOUND.key)} ! dash.audio_0`);

// What changes on the way, at each segment: from clear to encrypted, and the key.
const makeChanges = async (keyFile) => {
  const keys = path.join(folder, 'keys.txt');
  await writeFile(keys, Object.entries(BOTH).map((pair) => `${pair.join(':')}\n`).join(''));
  await Promise.all([
    ['lead', `clear-lead=2000000000 kid=${KEY.kid} key-file=${keyFile}`],
    ['rotated', `crypto-period=2000000000 kid=${Object.keys(BOTH).join(',')} key-file=${keys}`],
  ].map(([name, how]) => gstLaunch(`cencdashsink name=dash hls=true hls-key-format=clearkey
    fragment-duration=2000000000 location=${folder}/${name}/stream.mpd
    filesrc location=${clip('h264')} ! qtdemux name=in
    in.video_0 ! gopsplit ! cbcsenc ${how} ! dash.video_0
    in.audio_0 ! cbcsenc ${how} ! dash.audio_0`)));
};

const troubleOf = (page) => page.evaluate(() => window.trouble.join(', ')).catch(() => 'the page is gone');

// Runs work with a page that plays what lies at file.
async function withPlayer(player, file, options, work) {
  await access(path.join(folder, file));
  const { page, close } = await openPlayer(browser, player, `${origin}/${file}`, options);

  try {
    await work(page);
  } catch (error) {
    error.message += `; trouble: ${await troubleOf(page)}`;
    throw error;
  } finally {
    await close();
  }
}

async function assertShowsStart(page, reference) {
  await page.waitForFunction(() => document.getElementById('video').readyState >= 2, null, { timeout: PATIENCE_MS });
  const distance = await reference.distanceOf(page, TIMES[0]);
  assert.ok(distance < SAME, `the picture is ${distance} off`);
}

async function assertStaysDark(page, reference) {
  await page.evaluate(() => void document.getElementById('video').play().catch(() => {}));
  await page.waitForFunction(() => window.trouble.length > 0, null, { timeout: PATIENCE_MS });
  assert.equal(await decodedFrames(page), 0);
  assert.ok(await reference.contrast(await shoot(page)) < 3, 'something is on the screen');
}

const license = (name) => ({ get license() { return `${origin}/${name}`; } });

// Player, clip, what is played, what the player is given.
const PLAYS = [
  ['shaka', 'h264', 'h264/plain/stream.mpd', { keys: KEYS }],
  ['dashjs', 'h264', 'h264/plain/stream.mpd', { keys: KEYS }],
  ['dashjs', 'h264', 'h264/license/stream.mpd', {}],
  ['shaka', 'h264', 'h264/identity/stream.mpd', { keys: KEYS }],
  ['dashjs', 'h264', 'h264/identity/stream.mpd', { keys: KEYS }],
  ['shaka', 'h264', 'h264/identity/stream.m3u8', { keys: KEYS }],
  ['hlsjs', 'h264', 'h264/clearkey/stream.m3u8', license('license')],
  ['shaka', 'h264', 'two/stream.mpd', { keys: BOTH }],
  ['dashjs', 'h264', 'two/stream.mpd', { keys: BOTH }],
  ['hlsjs', 'h264', 'two/stream.m3u8', license('license-of-all')],
  ['shaka', 'h264', 'lead/stream.mpd', { keys: KEYS }],
  ['dashjs', 'h264', 'lead/stream.mpd', { keys: KEYS }],
  ['shaka', 'h264', 'rotated/stream.mpd', { keys: BOTH }],
  ['dashjs', 'h264', 'rotated/stream.mpd', { keys: BOTH }],
  ['shaka', 'av1', 'av1/plain/stream.mpd', { keys: KEYS }],
  ['dashjs', 'av1', 'av1/plain/stream.mpd', { keys: KEYS }],
  ['shaka', 'vp9', 'vp9/plain/stream.mpd', {}],
  ['dashjs', 'vp9', 'vp9/plain/stream.mpd', {}],
  ['hlsjs', 'vp9', 'vp9/plain/stream.m3u8', {}],
  ['shaka', 'h264-flac', 'h264-flac/plain/stream.mpd', { keys: KEYS }],
];

const REFUSALS = [
  ['shaka', 'h264/plain/stream.mpd', { keys: WRONG }, 'with a wrong key'],
  ['dashjs', 'h264/plain/stream.mpd', { keys: WRONG }, 'with a wrong key'],
  ['hlsjs', 'h264/clearkey/stream.m3u8', license('wrong-license'), 'with a wrong key'],
  ['dashjs', 'h264/plain/stream.mpd', {}, 'without a key'],
  ['shaka', 'two/stream.mpd', { keys: { [SOUND.kid]: SOUND.key } }, "with the sound's key only"],
];

const works = new Map([
  ...PLAYS.map(([player, name, file, given]) => [`${player} plays ${file}`,
    () => withPlayer(player, file, given, (page) => assertPlays(page, references[name], TIMES))]),
  ['dashjs shows the start of lead/stream.mpd without a key',
    () => withPlayer('dashjs', 'lead/stream.mpd', {}, (page) => assertShowsStart(page, references.h264))],
  ...REFUSALS.map(([player, file, given, how]) => [`${player} shows nothing of ${file} ${how}`,
    () => withPlayer(player, file, given, (page) => assertStaysDark(page, references.h264))]),
]);

for (const name of works.keys()) {
  it(name, { timeout: LIMIT_MS }, async () => {
    const error = await started.get(name);
    if (error)
      throw error;
  });
}
