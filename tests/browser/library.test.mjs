// SPDX-License-Identifier: LGPL-2.1-or-later
// The library, used as a person uses it, against the real service.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { startBrowser, walker } from './browser.mjs';
import { makeClip } from './media.mjs';
import { hold, startService } from './service.mjs';

const READY_MS = 60_000;
const COUNT = 26; // more than a page shows; the last one has a picture

let service, browser, visit, clip;

before(async () => {
  service = await startService({ args: ['--jobs', '1'] });
  clip = path.join(service.home, 'clip.mp4');
  [browser] = await Promise.all([startBrowser(), makeClip(clip, { seconds: 4, gop: 25 })]);
  const withPage = walker(browser, service);
  // Without making pictures of everything.
  visit = (address, work, options) => withPage(address, work, { ...options, prepare: (page) =>
    page.route('**/poster?*', (route) => (route.request().url().includes(`/${COUNT}/`) ? route.continue()
      : route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' }))) });
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

async function call(method, target, json) {
  const answer = await fetch(service.api + target, { method,
    headers: json && { 'Content-Type': 'application/json' }, body: json && JSON.stringify(json) });
  assert.ok(answer.ok, `${method} ${target}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

const order = (input, options = {}) => call('POST', '/packaged_content',
  { input_content_id: input, generate_keys: true, ...options });
const pack = async (...request) => (await order(...request)).packaged_content_id;
const packHeld = (input) => hold(service, () => order(input, { ladder: 'auto' }));
const names = (page) => page.locator('.input h2').allTextContents();
const ready = (page, id) => page.locator(`#package-${id} .badge.Ready`).waitFor({ timeout: READY_MS });

it('teaches what to do when nothing is there', () => visit('/', async (page) => {
  await page.locator('#empty').waitFor();
  const command = await page.locator('#empty pre').textContent();
  assert.ok(command.includes(`${service.api}/input_content`), command);
  assert.ok(await page.locator('#tools').isHidden());
}));

it('shows a part of many, searched and sorted', async () => {
  const bytes = await fs.readFile(clip);
  for (let i = 1; i <= COUNT; i++) {
    await fetch(`${service.api}/input_content?name=${encodeURIComponent(`film ${String(i).padStart(2, '0')} 100%.mp4`)}`,
      { method: 'POST', headers: { 'Content-Type': 'video/mp4' }, body: bytes });
  }
  await visit('/', async (page) => {
    await page.locator('.input').first().waitFor();
    assert.equal(await page.locator('.input').count(), 24);
    assert.equal(await page.locator('#count').textContent(), '26 videos');
    assert.equal((await names(page))[0], 'film 26 100%.mp4');
    const facts = await page.locator('.input .chips').first().textContent();
    for (const fact of ['0:04', 'H.264', '640 × 360', '25 fps', 'AAC', '4 GOPs'])
      assert.ok(facts.includes(fact), `${fact} in ${facts}`);
    await page.waitForFunction(() => document.querySelector('.poster').naturalWidth === 320);

    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Page 2 of 2').waitFor();
    assert.deepEqual(await names(page), ['film 02 100%.mp4', 'film 01 100%.mp4']);
    assert.match(page.url(), /\?page=2$/);
    await page.getByLabel('Order').selectOption('name');
    await page.getByText('Page 1 of 2').waitFor();
    assert.equal((await names(page))[0], 'film 01 100%.mp4');
    await page.goBack();
    await page.getByText('Page 2 of 2').waitFor();
    assert.equal(await page.getByLabel('Order').inputValue(), '-id');

    await page.getByLabel('Search').fill('M 07 100%');
    await page.getByText('1 video found').waitFor();
    assert.deepEqual(await names(page), ['film 07 100%.mp4']);
    await page.reload();
    await page.getByText('1 video found').waitFor();
    assert.equal(await page.getByLabel('Search').inputValue(), 'M 07 100%');
    await page.getByLabel('Search').fill('<nothing>');
    await page.locator('#not-found').waitFor();
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByText('26 videos').waitFor();
  });
});

it('hands the file out under its name', () => visit('/?search=film 26', async (page) => {
  const [download] = await Promise.all([page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download film 26 100%.mp4' }).click()]);
  assert.equal(download.suggestedFilename(), 'film 26 100%.mp4');
  assert.deepEqual(await fs.readFile(await download.path()), await fs.readFile(clip));
}));

it('follows a package by events', () => visit('/', async (page) => {
  await page.locator('#input-26').waitFor();
  const asked = []; // by scripts: posters come when they are in sight
  page.on('request', (request) => request.resourceType() === 'fetch' &&
    /_content(\?|\/\d)/.test(request.url()) && asked.push(request.url()));
  const id = await pack(26);
  await ready(page, id);
  assert.deepEqual(asked, [], 'nothing was asked for, it was told');
  await page.locator('#working:empty').waitFor({ state: 'attached' });
  assert.match(await page.locator('#said').textContent(), new RegExp(`Package ${id} of film 26.*Ready`));
  await page.getByRole('link', { name: `Play package ${id}` }).click();
  await page.waitForURL(`**/packaged_content/${id}/player`);
}));

it('says that a package has ended, were it the first that is told of it', () => visit('/', async (page) => {
  const item = { packaged_content_id: 900, input_content_id: 26, input_name: 'film', status: 'Ready' };
  await page.route('**/packaged_content/events', (route) => route.fulfill({
    contentType: 'text/event-stream', body: `event: status\ndata: ${JSON.stringify(item)}\n\n` }));
  await page.reload();
  await page.getByRole('status').getByText('Package 900 of film: Ready').waitFor();
}));

it('asks for it again and again where there are no events', () => visit('/', async (page) => {
  await page.route('**/packaged_content/events', (route) => route.abort());
  await page.reload();
  await page.locator('#input-26').waitFor();
  await ready(page, await pack(26));
}, { expected: [/ERR_FAILED/] }));

it('says when the service does not answer, and goes on when it does', () => visit('/', async (page) => {
  await page.locator('#input-26').waitFor();
  await page.context().setOffline(true);
  await page.getByLabel('Search').fill('film');
  await page.locator('#trouble .notice.bad').waitFor();
  assert.ok(await page.locator('#input-26').isVisible());
  await page.context().setOffline(false);
  await page.getByLabel('Search').fill('film 26');
  await page.getByText('1 video found').waitFor();
  assert.equal(await page.locator('#trouble .notice').count(), 0);
}, { expected: [/ERR_INTERNET_DISCONNECTED/] }));

it('cancels a package and tries it again', () => visit('/', async (page) => {
  await page.locator('#input-25').waitFor();
  const { id: first, goOn } = await packHeld(25);
  const second = await pack(25, { hls: true });
  await page.getByRole('button', { name: `Cancel package ${second}` }).click();
  await page.locator(`#package-${second} .Cancelled`).waitFor();
  goOn();
  await ready(page, first);
  await page.locator(`#package-${second}`).getByText('Try again').click();
  await page.waitForURL(`**/input_content/25/package?like=${second}`);
  assert.ok(await page.getByLabel('HLS playlists').isChecked());
  assert.ok(await page.getByLabel(`Those of package ${second}`).isChecked());
}));

it('deletes what is meant, and says what stays', () => visit('/', async (page) => {
  const [, id] = [await page.locator('#input-25 .Ready').waitFor(),
    Number((await page.locator('#input-25 .package', { has: page.locator('.Ready') }).getAttribute('id')).slice(8))];
  const open = page.getByRole('button', { name: 'Delete film 25 100%.mp4' });
  const dialog = page.getByRole('dialog');

  await open.click();
  assert.match(await dialog.textContent(), /film 25 100%\.mp4.*Packages.*stay/s);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.ok(await open.evaluate((button) => button === document.activeElement), 'the focus is back');
  await open.click();
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await dialog.waitFor({ state: 'detached' });
  await open.click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.locator('#input-25').waitFor({ state: 'detached' });
  await page.locator('#loose-section').getByText(`Package ${id}`, { exact: true }).waitFor();

  await page.getByRole('button', { name: `Delete package ${id}` }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.locator(`#package-${id}`).waitFor({ state: 'detached' });
  assert.equal((await fetch(`${service.api}/packaged_content/${id}`)).status, 404);
}));

it('says why something cannot be deleted', () => visit('/', async (page) => {
  await page.locator('#input-24').waitFor();
  const { id, goOn } = await packHeld(24);
  await page.locator(`#package-${id}`).waitFor();
  await page.getByRole('button', { name: 'Delete film 24 100%.mp4' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.locator('#input-24 .notice.bad').waitFor();
  assert.match(await page.locator('#input-24 .notice.bad').textContent(), /wait for them or cancel them/);
  goOn();
  await ready(page, id);
}, { expected: [/status of 409/] }));

it('is reached by the Tab key, all of it', () => visit('/?search=film 26', async (page) => {
  await page.locator('#input-26 .Ready').first().waitFor();
  const wanted = await page.locator('a[href], button:not([disabled]), input, select').evaluateAll((all) =>
    all.filter((node) => node.checkVisibility()).map((node) => node.getAttribute('aria-label')
      ?? (node.textContent.trim() || node.id)));
  const reached = new Set();
  for (let i = 0; i <= wanted.length; i++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement.getAttribute('aria-label')
      ?? (document.activeElement.textContent.trim() || document.activeElement.id)));
  }
  assert.deepEqual(wanted.filter((name) => !reached.has(name)), []);
}));

it('shows files of a media folder, which are not its own', async () => {
  const films = path.join(service.home, 'films');
  await fs.mkdir(films);
  await fs.copyFile(clip, path.join(films, 'of the folder.mp4'));
  const other = await startService({ args: ['--media-dir', films] });
  try {
    await walker(browser, other)('/', async (page) => {
      const card = page.locator('.input', { hasText: 'of the folder.mp4' });
      await card.getByText('media folder').waitFor();
      assert.equal(await card.getByRole('button', { name: /Delete/ }).count(), 0);
      await card.getByRole('link', { name: 'Package films/of the folder.mp4' }).click();
      await page.getByRole('button', { name: 'Make the package' }).click();
      await page.locator('#package-progress .badge.Ready').waitFor({ timeout: READY_MS });
      await fs.rm(path.join(films, 'of the folder.mp4'));
      while ((await (await fetch(`${other.api}/input_content/1`)).json()).available)
        await new Promise((done) => setTimeout(done, 100));
      await page.goto(other.api);
      await card.getByText('file missing').waitFor();
      assert.equal(await card.getByRole('link', { name: 'Package films/of the folder.mp4' }).count(), 0);
      assert.equal(await card.getByRole('link', { name: /^Play package/ }).count(), 1);
    });
  } finally {
    await other.stop();
  }
});
