// SPDX-License-Identifier: LGPL-2.1-or-later
// A package of the service with a key for the video and one for the sound, on
// pages of another origin: players get both keys from the addresses that the
// manifest and the playlists name.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { serve } from '../support/http.mjs';
import { startBrowser } from './browser.mjs';
import { makeClip } from './media.mjs';
import { Reference } from './pictures.mjs';
import { PLAYER_PAGE, assertPlays, openPlayer } from './players.mjs';
import { startService } from './service.mjs';

const SECONDS = 4;
const TIMES = [0.4, 2.6];

const origin = await serve({
  '/player.html': (_, response) => response.setHeader('Content-Type', 'text/html').end(PLAYER_PAGE),
});
let service, browser, reference, made;

before(async () => {
  service = await startService();
  const clip = path.join(service.home, 'clip.mp4');
  [browser] = await Promise.all([startBrowser(), makeClip(clip, { seconds: SECONDS, audio: ['aac'] })]);
  reference = await Reference.open(browser, clip);
  const input = await fetch(`${service.api}/input_content?name=clip.mp4`,
    { method: 'POST', headers: { 'Content-Type': 'video/mp4' }, body: await fs.readFile(clip) });
  const answer = await fetch(`${service.api}/packaged_content`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Prefer: 'wait=60' },
    body: JSON.stringify({ input_content_id: (await input.json()).input_content_id,
      encrypt: 'all', generate_keys: true, hls: true }),
  });
  made = await answer.json();
  assert.equal(made.status, 'Ready', JSON.stringify(made));
  assert.notEqual(made.kids.video, made.kids.audio);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

for (const [player, address] of [['shaka', 'url'], ['dashjs', 'url'], ['shaka', 'hls_url']]) {
  it(`${player} plays ${address} with two keys`, { timeout: 120_000 }, async () => {
    const { page, close } = await openPlayer(browser, player, made[address], { from: origin });

    try {
      await assertPlays(page, reference, TIMES);
    } catch (error) {
      error.message += `; trouble: ${await page.evaluate(() => window.trouble.join(', '))}`;
      throw error;
    } finally {
      await close();
    }
  });
}
