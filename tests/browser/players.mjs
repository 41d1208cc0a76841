// SPDX-License-Identifier: LGPL-2.1-or-later
// Players that we did not write, each in a page with nothing else.

import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { SAME, bareVideo } from './pictures.mjs';

const file = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

const SCRIPTS = {
  shaka: file('data/node_modules/shaka-player/dist/shaka-player.compiled.js'),
  dashjs: file('tests/node_modules/dashjs/dist/modern/umd/dash.all.min.js'),
  hlsjs: file('tests/node_modules/hls.js/dist/hls.min.js'),
};

const toBase64url = (hex) => Buffer.from(hex, 'hex').toString('base64url');

// They run in the page: begin to load uri. keys: what the player is given,
// { kid: key } in hex and in base64url, or null; license: an address, or null.
// trouble: called with what goes wrong. The page has the player as window.player.
const STARTS = {
  async shaka(video, { uri, keys, license, configuration }, trouble) {
    const player = window.player = new shaka.Player();
    player.addEventListener('error', ({ detail }) => trouble(`shaka ${detail.code}`));
    await player.attach(video);
    player.configure({ drm: {
      clearKeys: keys?.hex ?? {},
      servers: license ? { 'org.w3.clearkey': license } : {},
    } });
    player.configure(configuration ?? {});
    await player.load(uri);
  },
  async dashjs(video, { uri, keys, license }, trouble) {
    const player = window.player = dashjs.MediaPlayer().create();
    player.updateSettings({ debug: { logLevel: 0 } });
    player.on('error', ({ error }) => trouble(`dash.js ${error.code}`));
    player.initialize(video, uri, false);
    if (keys || license)
      player.setProtectionData({ 'org.w3.clearkey': keys ? { clearkeys: keys.base64url } : { serverURL: license } });
  },
  // It has no option for a key, only for a licence server.
  async hlsjs(video, { uri, license }, trouble) {
    const player = window.player = new Hls({ emeEnabled: license !== null,
      drmSystems: license ? { 'org.w3.clearkey': { licenseUrl: license } } : {} });
    player.on(Hls.Events.ERROR, (_, error) => error.fatal && trouble(`hls.js ${error.details}`));
    player.loadSource(uri);
    player.attachMedia(video);
  },
};

// Loads uri in a page of its own, which is beside it or comes from somewhere else.
// keys: { kid: key } in hex, or null. configuration: of Shaka Player, beside
// its own. The page collects in window.trouble what
// goes wrong.
export async function openPlayer(browser, player, uri, { keys = null, license = null, from = uri, configuration = null } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const inBase64url = keys && Object.fromEntries(Object.entries(keys).map((pair) => pair.map(toBase64url)));

  await page.goto(new URL('/player.html', from).href);
  await page.addScriptTag({ path: SCRIPTS[player] });
  await page.evaluate(watch);
  await page.evaluate(`(${STARTS[player].toString().replace(/^async \w+/, 'async function')})(
    document.getElementById('video'),
    ${JSON.stringify({ uri, keys: keys && { hex: keys, base64url: inBase64url }, license, configuration })},
    (text) => window.trouble.push(text)).catch((error) => window.trouble.push(String(error.code ?? error)))`);
  await bareVideo(page);
  return { page, close: () => context.close() };
}

function watch() {
  const video = document.getElementById('video');

  window.trouble = [];
  video.addEventListener('error', () => window.trouble.push(`video ${video.error.message}`));
  video.addEventListener('waitingforkey', () => window.trouble.push('waiting for a key'));
}

export const PLAYER_PAGE = '<!doctype html><body style="margin:0;background:#808"><video id="video" muted></video>';

// A Clear Key licence server (W3C EME, 9.1.4), as a function for serve(). all:
// it gives all keys, whatever it is asked for.
export const licenseServer = (keys, { all = false } = {}) => async (request, response) => {
  const { kids } = JSON.parse(await text(request));
  const known = Object.entries(keys).map(([kid, key]) => ({ kty: 'oct', kid: toBase64url(kid), k: toBase64url(key) }));
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ type: 'temporary', keys: known.filter(({ kid }) => all || kids.includes(kid)) }));
};

// For what a player does when the machine is busy.
export const PATIENCE_MS = 60_000;

// Fails unless the page's player shows the pictures of the clip at times (seconds), and
// plays, with sound.
export async function assertPlays(page, reference, times) {
  const patience = { timeout: PATIENCE_MS };

  await page.waitForFunction(() => document.getElementById('video').readyState >= 2, null, patience);
  for (const time of times) {
    const distance = await reference.distanceOf(page, time);
    assert.ok(distance < SAME, `at ${time} s the picture is ${distance} off`);
  }
  await page.evaluate(() => {
    const video = document.getElementById('video');
    video.currentTime = 1;
    return video.play();
  });
  await page.waitForFunction(() => document.getElementById('video').currentTime > 1.5, null, patience);
  assert.ok(await page.evaluate(() => document.getElementById('video').webkitAudioDecodedByteCount) > 0,
    'no sound was decoded');
}
