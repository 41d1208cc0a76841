// SPDX-License-Identifier: LGPL-2.1-or-later
// The upload page, used as a person uses it, against the real service.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { startBrowser, walker } from './browser.mjs';
import { makeClip } from './media.mjs';
import { startService } from './service.mjs';

const PAGE = '/upload_input_content';
const NAME = 'a <b>clip #1 & more.mp4';
const SLOW = 1_000_000; // bytes a second
const FAST = -1;

let service, browser, withPage, clip, large;

before(async () => {
  service = await startService();
  clip = path.join(service.home, NAME);
  large = path.join(service.home, 'large.mp4');
  [browser] = await Promise.all([startBrowser(), makeClip(clip, { seconds: 2, gop: 10 })]);
  withPage = walker(browser, service);
  // A clip with something behind it that readers pass over.
  const box = Buffer.alloc(3_000_000);
  box.writeUInt32BE(box.length, 0);
  box.write('free', 4);
  await fs.writeFile(large, Buffer.concat([await fs.readFile(clip), box]));
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

const row = (page, name) => page.locator('.upload', { has: page.getByRole('heading', { name, exact: true }) });
const choose = (page, ...files) => page.locator('#file').setInputFiles(files);
const inputs = async () => (await fetch(`${service.api}/input_content`)).json();

// A line of the page's own; resolves with a function that changes it.
async function slowLine(page) {
  const session = await page.context().newCDPSession(page);
  const change = (uploadThroughput, offline = false) => session.send('Network.emulateNetworkConditions',
    { offline, latency: 0, downloadThroughput: -1, uploadThroughput });

  await session.send('Network.enable');
  await change(SLOW);
  return change;
}

// What has been sent of it, as its bar has it.
const begun = (page, name) => page.waitForFunction((label) => {
  const bar = document.querySelector(`progress[aria-label="${label}"]`);
  return bar?.value > 0.05 && bar.value < 0.9;
}, `Upload of ${name}`);

const offsets = (page) => {
  const list = [];
  page.on('request', (request) => request.method() === 'PATCH'
    && list.push(Number(request.headers()['upload-offset'])));
  return list;
};

it('takes two files, one of them with a pause', () => withPage(PAGE, async (page) => {
  const sent = offsets(page);
  const line = await slowLine(page);
  await choose(page, large, clip);
  await begun(page, 'large.mp4');
  assert.match(await row(page, 'large.mp4').locator('.numbers').textContent(), /\d+ % of 3\.\d MB · .*\/s · .*left/);
  await page.getByRole('button', { name: 'Pause large.mp4' }).click();
  await page.getByRole('button', { name: 'Resume large.mp4' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Resume', 'the focus stays here');
  await line(FAST);
  await page.getByRole('link', { name: `Package ${NAME}` }).waitFor();

  await page.getByRole('button', { name: 'Resume large.mp4' }).click();
  await page.getByRole('link', { name: 'Package large.mp4' }).waitFor();
  assert.ok(sent.at(-1) > 0 && sent.at(-1) < 3_000_000, `it went on at ${sent}`);
  const [stored] = (await inputs()).filter(({ name }) => name === 'large.mp4');
  assert.equal(stored.sha256, createHash('sha256').update(await fs.readFile(large)).digest('hex'));
  assert.equal(await page.evaluate(() => localStorage.length), 0, 'nothing is left to be resumed');
  await page.getByRole('link', { name: `Package ${NAME}` }).click();
  await page.waitForURL(/\/input_content\/\d+\/package$/);
}));

it('goes on after another visit', () => withPage(PAGE, async (page) => {
  const again = path.join(service.home, 'again.mp4');
  await fs.copyFile(large, again);
  const line = await slowLine(page);
  await choose(page, again);
  await begun(page, 'again.mp4');
  await page.getByRole('button', { name: 'Pause again.mp4' }).click();
  await page.getByRole('button', { name: 'Resume again.mp4' }).waitFor();
  await line(FAST);
  await page.reload();

  await page.locator('#unfinished').getByText('again.mp4').waitFor();
  const sent = offsets(page);
  await choose(page, again);
  await page.getByRole('link', { name: 'Package again.mp4' }).waitFor();
  assert.ok(sent[0] > 0, `it went on at ${sent}`);
  assert.ok(await page.locator('#unfinished').isHidden());
}));

it('drops what is cancelled', () => withPage(PAGE, async (page) => {
  const other = path.join(service.home, 'other.mp4');
  await fs.writeFile(other, Buffer.concat([await fs.readFile(large), Buffer.from('\0\0\0\x08free', 'latin1')]));
  await slowLine(page);
  await choose(page, other);
  await begun(page, 'other.mp4');
  const address = await page.evaluate(() => localStorage.getItem(localStorage.key(0)));
  await Promise.all([page.waitForResponse((answer) => answer.request().method() === 'DELETE'),
    page.getByRole('button', { name: 'Cancel other.mp4' }).click()]);
  assert.equal((await fetch(service.api + address)).status, 404);
  assert.equal(await page.locator('.upload').count(), 0);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
}));

it('says what is wrong with a file and what to do', () => withPage(PAGE, async (page) => {
  const text = path.join(service.home, 'notes.mp4');
  const empty = path.join(service.home, 'empty.mp4');
  await fs.writeFile(text, 'This is not a video at all.\n'.repeat(100));
  await fs.writeFile(empty, '');
  await choose(page, text, empty);
  await row(page, 'notes.mp4').locator('.notice.bad').waitFor();
  assert.match(await row(page, 'notes.mp4').locator('.notice.bad').textContent(), /H\.264/);
  await row(page, 'empty.mp4').locator('.notice.bad').waitFor();
  assert.match(await row(page, 'empty.mp4').locator('.notice.bad').textContent(), /empty/);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
}, { expected: [/status of 4(15|22)/] }));

it('takes a file under another name where its own is taken', () => withPage(PAGE, async (page) => {
  const taken = path.join(service.home, 'elsewhere', NAME);
  await fs.mkdir(path.dirname(taken));
  await fs.writeFile(taken, Buffer.concat([await fs.readFile(clip), Buffer.from('\0\0\0\x08free', 'latin1')]));
  await choose(page, taken);
  await page.getByRole('button', { name: 'Upload under this name' }).click();
  const other = NAME.replace('.mp4', '-2.mp4');
  await page.getByRole('link', { name: `Package ${other}` }).waitFor();
  assert.ok((await inputs()).some(({ name }) => name === other));
}, { expected: [/status of 409/] }));

it('takes files that are dropped', () => withPage(PAGE, async (page) => {
  const data = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    for (const name of ['dropped-1.mp4', 'dropped-2.mp4'])
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    return transfer;
  }, (await fs.readFile(clip)).toString('base64'));
  await page.dispatchEvent('body', 'dragover', { dataTransfer: data });
  assert.ok(await page.locator('#upload.over').isVisible());
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  for (const name of ['dropped-1.mp4', 'dropped-2.mp4'])
    await page.getByRole('link', { name: `Package ${name}` }).waitFor();
}));

it('goes on by itself when the line was broken', () => withPage(PAGE, async (page) => {
  const third = path.join(service.home, 'third.mp4');
  await fs.copyFile(large, third);
  let broken = 0;
  await page.route('**/uploads/*', (route) => (route.request().method() === 'PATCH' && broken++ < 2
    ? route.abort('connectionreset') : route.continue()));
  await choose(page, third);
  await row(page, 'third.mp4').getByText('The connection is broken').waitFor();
  await page.getByRole('link', { name: 'Package third.mp4' }).waitFor();
}, { expected: [/ERR_CONNECTION_RESET/] }));

it('takes files that were chosen before its script was there', () => withPage('/', async (page) => {
  let goOn;
  const chosen = new Promise((resolve) => { goOn = resolve; });
  await page.route('**/upload.js', async (route) => {
    await chosen;
    await route.continue();
  });
  await page.getByRole('link', { name: 'Upload', exact: true }).click();
  await choose(page, clip);
  goOn();
  await row(page, NAME).waitFor();
}));

it('works by keyboard', () => withPage(PAGE, async (page) => {
  const names = [];
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    names.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim()));
  }
  assert.ok(names.includes('file'), `the Tab key reached ${names}`);
}));

it('works without JavaScript', async () => {
  const copy = path.join(service.home, 'without.mp4');
  await fs.copyFile(clip, copy);
  await withPage(PAGE, async (page) => {
    await choose(page, copy);
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.waitForURL('**/success');
    assert.match(await page.locator('main').textContent(), /input_content_id: \d+/);
    await page.goto(service.api + PAGE);
    await choose(page, path.join(service.home, 'notes.mp4'));
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.waitForURL('**/success');
    assert.match(await page.locator('main').textContent(), /Status 4(15|22)/);
  }, { javaScriptEnabled: false, expected: [/status of 4(15|22)/] });
});
