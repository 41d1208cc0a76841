// SPDX-License-Identifier: LGPL-2.1-or-later
// An encrypted ladder in Chromium: Shaka Player switches between its sizes, told to
// and by itself, and plays on.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { KEY, ffmpeg, makeFolder, run, writeKey } from '../interop/support/run.mjs';
import { serve } from '../support/http.mjs';
import { startBrowser } from './browser.mjs';
import { decodedFrames } from './pictures.mjs';
import { PLAYER_PAGE, openPlayer } from './players.mjs';

const HEIGHTS = [1080, 720, 540, 360, 240];
const LIMIT_MS = 60_000;

const folder = await makeFolder();
const origin = await serve({
  '/': folder,
  '/player.html': (_, response) => response.setHeader('Content-Type', 'text/html').end(PLAYER_PAGE),
});
let browser;

before(async () => {
  const movie = path.join(folder, 'movie.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440',
    '-t', '6', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', '6M',
    '-x264-params', 'keyint=25:scenecut=0:open-gop=0:bframes=2', '-c:a', 'aac', movie);
  await run(process.env.HABERDASH, ['package', movie, path.join(folder, 'out'), '--ladder', 'auto', '--hls', '--encrypt', 'all',
    '--segment-duration', '1', '--kid', KEY.kid, '--key-file', await writeKey(folder, KEY.key)]);
  browser = await startBrowser();
});

after(() => browser?.close());

// They run in the page.
const heights = () => window.player.getVariantTracks().map(({ height }) => height).sort((a, b) => b - a);
const select = (height) => {
  const track = window.player.getVariantTracks().find((variant) => variant.height === height);
  window.player.selectVariantTrack(track, true);
};
const isShown = (height) => document.getElementById('video').videoHeight === height;
const history = () => window.player.getStats().switchHistory.map(({ fromAdaptation, id }) => ({
  fromAdaptation, height: window.player.getVariantTracks().find((variant) => variant.id === id)?.height,
}));

const open = (configuration) => openPlayer(browser, 'shaka', `${origin}/out/stream.mpd`, {
  keys: { [KEY.kid]: KEY.key }, configuration });

const assertNoTrouble = async (page) => {
  assert.deepEqual(await page.evaluate(() => window.trouble), []);
};

it('is switched to each size that is asked for', async () => {
  const { page, close } = await open({ abr: { enabled: false } });
  await page.waitForFunction(() => window.player.getVariantTracks().length > 0, null, { timeout: LIMIT_MS });
  assert.deepEqual(await page.evaluate(heights), HEIGHTS);
  for (const height of [240, 1080, 540]) {
    await page.evaluate(select, height);
    await page.waitForFunction(isShown, height, { timeout: LIMIT_MS });
  }
  await page.evaluate(() => document.getElementById('video').play());
  await page.waitForFunction(() => document.getElementById('video').ended, null, { timeout: LIMIT_MS });
  assert.ok(await decodedFrames(page) > 0);
  await assertNoTrouble(page);
  await close();
});

it('is switched to by a player that finds its line is fast', async () => {
  const { page, close } = await open({
    abr: { defaultBandwidthEstimate: 100_000, switchInterval: 0, advanced: { minTotalBytes: 0, minBytes: 0 } },
    streaming: { bufferingGoal: 1 },
  });
  await page.evaluate(() => document.getElementById('video').play());
  await page.waitForFunction(() => document.getElementById('video').ended, null, { timeout: LIMIT_MS });
  const switches = await page.evaluate(history);
  assert.equal(switches[0].height, 240);
  assert.ok(switches.some(({ fromAdaptation, height }) => fromAdaptation && height > 240), JSON.stringify(switches));
  await assertNoTrouble(page);
  await close();
});
