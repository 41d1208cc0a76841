// SPDX-License-Identifier: LGPL-2.1-or-later
// The pages, used as a person uses them, against the real service.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { openPage, startBrowser, walker } from './browser.mjs';
import { makeClip, probeGops } from './media.mjs';
import { Reference, SAME, bareVideo, decodedFrames, shoot } from './pictures.mjs';
import { startService } from './service.mjs';

const KEY = 'hyN9IKGfWKdAwFaE5pm0qg';
const KID = 'oW5AK5BW43HzbTSKpiu3SQ';
const KID_UUID = 'a16e402b-9056-e371-f36d-348aa62bb749';
const CLIP = 'a <b>clip #1 & more.mp4';
const READY_MS = 60_000;
const TIMES = [0.4, 2.6, 5];

// The same walk where the service asks who comes.
const TOKEN = process.argv[2] === 'with-token' ? 'open-sesame-and-be-quick-about-it' : null;

let service, browser, withPage, clip, reference;
let player = null; // address of the player page, once there is a package

before(async () => {
  service = await startService(TOKEN ? { token: TOKEN } : {});
  clip = path.join(service.home, CLIP);
  [browser] = await Promise.all([startBrowser(), makeClip(clip)]);
  withPage = walker(browser, service);
  reference = await Reference.open(browser, clip);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

const verdict = (page, kind) => page.locator(`#verdict[data-kind="${kind}"]`).waitFor({ timeout: 60_000 });

async function assertNoPicture(page) {
  assert.equal(await decodedFrames(page), 0);
  assert.ok(await reference.contrast(await shoot(page)) < 3, 'something is on the screen');
}

it('uploads and packages', () => withPage('/', async (page) => {
  await page.getByRole('link', { name: 'Upload a video' }).click();
  await page.locator('#file').setInputFiles(clip);
  await page.getByRole('link', { name: `Package ${CLIP}` }).click();

  await page.getByLabel('Give keys').check();
  await page.getByLabel('Content key', { exact: true }).fill(KEY);
  await page.getByLabel('Key ID', { exact: true }).fill(KID);
  assert.match(await page.locator('#kid-says').textContent(), new RegExp(KID_UUID));
  await page.getByRole('button', { name: 'Make the package' }).click();
  await page.locator('#package-progress .Ready').waitFor({ timeout: READY_MS });
  player = await page.getByRole('link', { name: 'Play it' }).getAttribute('href');
}));

it('shows the right pictures with the key', async () => {
  assert.ok(player, 'there is no package');
  await withPage(player, async (page) => {
    await verdict(page, 'good');
    await bareVideo(page);
    for (const time of TIMES) {
      const distance = await reference.distanceOf(page, time);
      assert.ok(distance < SAME, `at ${time} s the picture is ${distance} off`);
    }
    await page.locator('#video').evaluate((video) => {
      video.muted = true;
      return video.play();
    });
    await page.waitForFunction(() => document.getElementById('video').currentTime > 6);
  });
});

it('says what is encrypted', () => withPage(player, async (page) => {
  const tracks = page.locator('.tracks li');
  await tracks.first().waitFor();
  const texts = await tracks.allTextContents();
  const video = texts.find((text) => text.startsWith('Video'));
  const audio = texts.find((text) => text.startsWith('Audio'));
  assert.match(video, /encrypted.*CBCS/s);
  assert.ok(video.toLowerCase().includes(KID_UUID));
  assert.match(audio, /clear/);
  assert.doesNotMatch(audio, /Key ID/);
}));

it('shows nothing without the key, and again with it', () => withPage(player, async (page) => {
  await verdict(page, 'good');
  await bareVideo(page);
  await page.getByLabel('Play without the key').check();
  await verdict(page, 'busy');
  await assertNoPicture(page);
  await page.getByLabel('Play without the key').uncheck();
  await verdict(page, 'good');
  assert.ok(await reference.distanceOf(page, 1) < SAME);
}));

it('shows nothing with a wrong key', () => withPage('/', async (page) => {
  await page.route('**/license/clearkey', async (route) => {
    // Playwright would give a body without a type one that is not JSON.
    const headers = { ...route.request().headers(), 'content-type': 'application/json' };
    const response = await route.fetch({ headers });
    const licence = await response.json();
    for (const key of licence.keys)
      key.k = Buffer.from(key.k, 'base64url').map((byte) => byte ^ 0xff).toString('base64url');
    await route.fulfill({ response, json: licence });
  });
  await page.goto(new URL(player, service.api).href);
  await bareVideo(page);
  await verdict(page, 'bad');
  assert.ok(await reference.contrast(await shoot(page)) < 3, 'something is on the screen');
}));

it('explains where a browser cannot decrypt', () => withPage(player, async (page) => {
  await verdict(page, 'bad');
  assert.match(await page.locator('#verdict').textContent(), /localhost|HTTPS/);
}, { initScript: () => delete Navigator.prototype.requestMediaKeySystemAccess }));

it('lists all GOPs, opens one and puts a filter on it', async () => {
  const expected = await probeGops(clip);
  await withPage(`/videos/${encodeURIComponent(CLIP)}/group-of-pictures`, async (page) => {
    for (const [index, count] of expected.entries())
      await page.locator(`#grid > li[data-index="${index}"]`).getByText(`${count} frames`).waitFor();
    await page.locator('#grid > li[data-index="2"] a').click();
    await page.getByRole('heading', { name: 'GOP 2', exact: true }).waitFor();
    await page.getByLabel('Shades of grey').check();
    await page.getByRole('button', { name: 'Show the result' }).click();
    await page.locator('#filter-result').waitFor();
    await page.waitForFunction(() => document.getElementById('video').readyState >= 3);
    await bareVideo(page);
    const start = expected.slice(0, 2).reduce((sum, frames) => sum + frames) / 25;
    const distance = await reference.distanceOf(page, 0.4, start + 0.4);
    assert.ok(distance < SAME, `the picture is ${distance} off`);
  });
});

it('fits on the smallest phone', () => withPage('/', async (page) => {
  const gops = `/videos/${encodeURIComponent(CLIP)}/group-of-pictures?gop=1`;
  const form = await page.getByRole('link', { name: `Package ${CLIP}` }).getAttribute('href');

  for (const address of ['/', '/upload_input_content', form, gops, player]) {
    await page.goto(new URL(address, service.api).href);
    await page.locator('#loading').waitFor({ state: 'hidden' });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${address} is ${overflow} px too wide`);
  }
}, { viewport: { width: 320, height: 640 }, colorScheme: 'dark' }));

it('makes a package without encryption', () => withPage('/', async (page) => {
  await page.getByRole('link', { name: `Package ${CLIP}` }).click();
  await page.getByLabel('Nothing').check();
  assert.ok(await page.getByLabel('Give keys').isHidden());
  await page.getByRole('button', { name: 'Make the package' }).click();
  await page.locator('#package-progress').getByRole('link', { name: 'Play it' }).click({ timeout: READY_MS });
  await verdict(page, 'good');
  assert.match(await page.locator('#verdict').textContent(), /Nothing in this package is encrypted/);
  assert.ok(await page.locator('#protection').isHidden());
  await bareVideo(page);
  assert.ok(await reference.distanceOf(page, 1) < SAME);
}));

it('deletes packages and the video', () => withPage('/', async (page) => {
  for (const name of [/^Delete package 2$/, /^Delete package 1$/, `Delete ${CLIP}`]) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name }).waitFor({ state: 'detached' });
  }
  await page.locator('#empty').waitFor();
}));

it('has a page for what is not there', () => withPage('/nothing-here', async (page) => {
  assert.match(await page.locator('main').textContent(), /404/);
}, { expected: [/status of 404/] }));

it('signs in and out', { skip: !TOKEN }, async () => {
  const stranger = { ...service, token: undefined };
  const { page, complaints, close } = await openPage(browser, stranger, { expected: [/status of 403/] });
  await page.goto(`${service.api}/videos/?limit=7`);
  await page.waitForURL(/\/sign-in\?next=/);
  await page.getByLabel('API token').fill('this-is-not-the-token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  assert.match(await page.getByRole('alert').textContent(), /no token of this service/);
  await page.getByLabel('API token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/videos\/\?limit=7$/);
  assert.equal(await page.evaluate(() => document.cookie), '', 'scripts cannot read it');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.goto(service.api);
  await page.waitForURL(/\/sign-in\?next=\/$/);
  assert.deepEqual(complaints, []);
  await close();
});

it('takes a link of another site without asking again', { skip: !TOKEN }, () => withPage('/', async (page) => {
  const other = await page.context().newPage();
  await other.setContent(`<a href="${service.api}/videos/">There</a>`);
  await other.getByRole('link').click();
  await other.waitForURL('**/videos/');
}));
