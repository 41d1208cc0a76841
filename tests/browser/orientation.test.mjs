// SPDX-License-Identifier: LGPL-2.1-or-later
// A picture that is to be turned or mirrored is, in Chromium.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { ffmpeg, gstLaunch, makeFolder } from '../interop/support/run.mjs';
import { serve } from '../support/http.mjs';
import { startBrowser } from './browser.mjs';
import { PLAYER_PAGE, openPlayer } from './players.mjs';

// What is seen in the corners, row by row: Black, Red, Green, White.
const TURNS = {
  'rotate-0': 'BRGW',
  'rotate-90': 'GBWR',
  'rotate-180': 'WGRB',
  'rotate-270': 'RWBG',
  'flip-rotate-0': 'RBWG',
  'flip-rotate-90': 'WRGB',
  'flip-rotate-180': 'GWBR',
  'flip-rotate-270': 'BGRW',
};

const folder = await makeFolder();
const origin = await serve({
  '/': folder,
  '/player.html': (_, response) => response.setHeader('Content-Type', 'text/html').end(PLAYER_PAGE),
});
const clip = path.join(folder, 'corners.mp4');
let browser;

before(async () => {
  browser = await startBrowser();
  await ffmpeg('-f', 'lavfi', '-i', 'color=black:size=320x180:rate=25', '-t', '2',
    '-vf', 'drawbox=160:0:160:90:red:fill,drawbox=0:90:160:90:green:fill,drawbox=160:90:160:90:white:fill',
    '-c:v', 'libx264', '-pix_fmt', 'yuv420p', clip);
});

after(() => browser?.close());

// In the page.
function look () {
  const video = document.getElementById('video');
  const canvas = document.createElement('canvas');
  const { videoWidth: width, videoHeight: height } = video;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const letter = (x, y) => {
    const [red, green] = context.getImageData(x, y, 1, 1).data;
    return red > 100 ? (green > 100 ? 'W' : 'R') : (green > 60 ? 'G' : 'B');
  };
  const corners = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]].map(
    ([x, y]) => letter(x * width, y * height));
  return { size: [width, height], corners: corners.join('') };
}

for (const [tag, corners] of Object.entries(TURNS)) {
  it(tag, async () => {
    await gstLaunch(`cencdashsink name=dash location=${folder}/${tag}/stream.mpd
      filesrc location=${clip} ! qtdemux ! taginject tags=image-orientation=${tag} !
      gopsplit ! dash.video_0`);
    const { page, close } = await openPlayer(browser, 'shaka', `${origin}/${tag}/stream.mpd`);
    try {
      await page.waitForFunction(() => document.getElementById('video').readyState >= 2, null,
        { timeout: 60_000 });
      const turned = /90|270/.test(tag);
      assert.deepEqual(await page.evaluate(look),
        { size: turned ? [180, 320] : [320, 180], corners });
    } finally {
      await close();
    }
  });
}
