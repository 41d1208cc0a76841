// SPDX-License-Identifier: LGPL-2.1-or-later
// Text tracks of encrypted packages in Chromium, by Shaka Player, dash.js and
// hls.js: each line when it is to be read, and at no other time.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { KEY, ffmpeg, makeFolder, run, writeKey } from '../interop/support/run.mjs';
import { serve } from '../support/http.mjs';
import { startBrowser } from './browser.mjs';
import { makeClip } from './media.mjs';
import { decodedFrames } from './pictures.mjs';
import { PLAYER_PAGE, licenseServer, openPlayer } from './players.mjs';

const KEYS = { [KEY.kid]: KEY.key };

// Segments are of 2 s: the first line is over the end of one.
const SUBTITLES = `1
00:00:00,500 --> 00:00:02,500
Fish & <i>chips</i>

2
00:00:02,200 --> 00:00:03,000
Zwei
Zeilen

3
00:00:04,250 --> 00:00:04,750
Ende
`;

// Seconds, and what is to be read then.
const MOMENTS = [
  [0.4, []],
  [0.6, ['Fish & chips']],
  [2.3, ['Fish & chips', 'Zwei\nZeilen']],
  [2.7, ['Zwei\nZeilen']],
  [3.5, []],
  [4.3, ['Ende']],
  [4.8, []],
];

const folder = await makeFolder();
const origin = await serve({
  '/': folder,
  '/player.html': (_, response) => response.setHeader('Content-Type', 'text/html').end(PLAYER_PAGE),
  '/license': licenseServer(KEYS),
});
let browser;

before(async () => {
  browser = await startBrowser();
  await makeMovie();
  await Promise.all([makePackage('segments'), makePackage('files', '--single-file')]);
});

after(() => browser?.close());

// Of Matroska, in which time begins late.
async function makeMovie() {
  const [clip, subtitles] = ['clip.mp4', 'subtitles.srt'].map((name) => path.join(folder, name));

  await makeClip(clip, { seconds: 6 });
  await writeFile(subtitles, SUBTITLES);
  await ffmpeg('-i', clip, '-i', subtitles, '-map', '0', '-map', '1', '-c', 'copy', '-c:s', 'srt',
    '-metadata:s:s:0', 'language=eng', '-output_ts_offset', '3.3', path.join(folder, 'movie.mkv'));
}

const makePackage = async (name, ...options) => run(process.env.HABERDASH, ['package',
  path.join(folder, 'movie.mkv'), path.join(folder, name), '--segment-duration', '2', '--kid', KEY.kid,
  '--key-file', await writeKey(folder, KEY.key), '--hls', '--hls-key-format', 'clearkey', ...options]);

// They run in the page: choose the text track.
const CHOOSE = {
  async shaka() {
    const [track] = player.getTextTracks();
    player.selectTextTrack(track);
    await player.setTextVisibility?.(true);
    return track.language;
  },
  async dashjs() {
    while (player.getTracksFor('text').length === 0)
      await new Promise((done) => setTimeout(done, 50));
    player.setTextTrack(0);
    return player.getTracksFor('text')[0].lang;
  },
  async hlsjs() {
    while (player.subtitleTracks.length === 0)
      await new Promise((done) => setTimeout(done, 50));
    player.subtitleTrack = 0;
    return player.subtitleTracks[0].lang;
  },
};

// In the page: what is to be read now.
function readLines() {
  const video = document.getElementById('video');
  const lines = new Set();

  for (const track of video.textTracks) {
    for (const cue of track.activeCues ?? [])
      lines.add(cue.getCueAsHTML().textContent);
  }
  return video.seeking ? null : [...lines].sort();
}

async function assertLines(page, time, lines) {
  await page.evaluate((at) => { document.getElementById('video').currentTime = at; }, time);
  await page.waitForFunction(([read, wanted]) => JSON.stringify(eval(`(${read})()`)) === wanted,
    [readLines.toString(), JSON.stringify([...lines].sort())], { timeout: 60_000 })
    .catch(async () => assert.fail(`at ${time} s ${JSON.stringify(await page.evaluate(readLines))} ` +
      `is to be read, and not ${JSON.stringify(lines)}`));
}

async function assertText(page, player) {
  await page.waitForFunction(() => document.getElementById('video').readyState >= 2, null, { timeout: 60_000 });
  assert.match(await page.evaluate(`(${CHOOSE[player].toString().replace(/^async \w+/, 'async function')})()`), /^en/);
  for (const [time, lines] of [...MOMENTS, MOMENTS[2]])
    await assertLines(page, time, lines);
  assert.ok(await decodedFrames(page) > 0, 'nothing is to be seen');
}

const PLAYS = [
  ['shaka', 'segments/stream.mpd'],
  ['dashjs', 'segments/stream.mpd'],
  ['hlsjs', 'segments/stream.m3u8'],
  ['shaka', 'files/stream.mpd'],
  ['dashjs', 'files/stream.mpd'],
  ['hlsjs', 'files/stream.m3u8'],
];

for (const [player, file] of PLAYS) {
  it(`${player} shows that of ${file}`, async () => {
    const given = player === 'hlsjs' ? { license: `${origin}/license` } : { keys: KEYS };
    const { page, close } = await openPlayer(browser, player, `${origin}/${file}`, given);

    try {
      await assertText(page, player);
    } catch (error) {
      error.message += `; trouble: ${await page.evaluate(() => window.trouble.join(', '))}`;
      throw error;
    } finally {
      await close();
    }
  });
}
