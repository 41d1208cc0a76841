// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of a video's GOPs, used as a person uses it.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { openPage, startBrowser } from './browser.mjs';
import { joinClip, makeClip, probeFrames, probeGops } from './media.mjs';
import { Reference, SAME, bareVideo, shoot } from './pictures.mjs';
import { startService } from './service.mjs';
import { sanitizer } from '../support/sanitizer.mjs';
import { until } from '../launcher/service.mjs';

const CLIP = 'a <b>clip #1 & more.mp4';
const LONG = 'long.mp4';
// Of a film that a service lists in time: one under a sanitizer takes minutes.
const HOURS = sanitizer ? 4 : 10;
const MANY = HOURS * 3600;
const grouped = (number) => number.toLocaleString('en');
const GOP = 25; // frames
const PAGE = `/videos/${encodeURIComponent(CLIP)}/group-of-pictures`;
const LONG_PAGE = `/videos/${LONG}/group-of-pictures`;
// What the page may have at a time, however many GOPs there are.
const MOST_NODES = 2000;
const STEPS = 200;

let service, browser, clip, reference, frames;

async function upload(file) {
  const form = new FormData();
  form.append('file', await fs.openAsBlob?.(file) ?? new Blob([await fs.readFile(file)]), path.basename(file));
  const answer = await fetch(`${service.api}/input_content`, { method: 'POST', body: form });
  assert.equal(answer.status, 201, await answer.text());
}

before(async () => {
  service = await startService();
  clip = path.join(service.home, CLIP);
  const long = path.join(service.home, LONG);
  [browser] = await Promise.all([startBrowser(), makeClip(clip, { gop: GOP }), joinClip(long, MANY)]);
  [reference, frames] = await Promise.all([Reference.open(browser, clip), probeFrames(clip)]);
  await upload(clip);
  await upload(long);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

// Runs work with a page, then looks at what the page complained about.
async function withPage(address, work, options) {
  const { page, complaints, close } = await openPage(browser, service, { viewport: { width: 1280, height: 1200 },
    ...options });

  page.setDefaultTimeout(15_000);
  try {
    await page.goto(new URL(address, service.api).href);
    await work(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

const card = (page, index) => page.locator(`#grid > li[data-index="${index}"]`);
const heading = (page, index) => page.getByRole('heading', { name: `GOP ${index}`, exact: true });

// What an image shows, as large as the clip, in base64.
async function toPng(image) {
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  canvas.getContext('2d').drawImage(image, 0, 0, 640, 360);
  return canvas.toDataURL('image/png').split(',')[1];
}

async function bytesOf(page, address) {
  const answer = await page.request.get(new URL(address, service.api).href);
  assert.equal(answer.status(), 200, address);
  return answer.body();
}

it('shows every GOP with its picture and its facts', () => withPage('/', async (page) => {
  await page.goto(new URL(PAGE, service.api).href);
  const expected = await probeGops(clip);
  assert.equal(await page.locator('#name').textContent(), CLIP);
  assert.equal(await page.locator('#grid > li').first().getAttribute('aria-setsize'), String(expected.length));
  for (const [index, count] of expected.entries()) {
    await page.locator('#grid').scrollIntoViewIfNeeded();
    await card(page, index).locator('img').waitFor();
    const text = await card(page, index).innerText();
    assert.match(text, new RegExp(`GOP ${index}\\b[^]*0:0${index}\\.000[^]*1 s[^]*${count} frames[^]*IDR[^]*closed`));
    const picture = await card(page, index).locator('img').evaluate(toPng);
    // reduced, by another scaler than the browser's, and a JPEG
    const far = await reference.distance(Buffer.from(picture, 'base64'), index);
    const other = await reference.distance(Buffer.from(picture, 'base64'), (index + 2) % 8);
    assert.ok(far < 2 * SAME && far < other / 2, `the picture of GOP ${index} is ${far} off, another ${other}`);
  }
}));

it('plays a GOP in place when it is pointed at, or by a key', () => withPage(PAGE, async (page) => {
  const plays = (index) => page.waitForFunction((at) => {
    const video = document.querySelector(`#grid > li.playing[data-index="${at}"] video`);
    return video && video.muted && video.currentTime > 0.2;
  }, index);

  await card(page, 2).hover();
  await plays(2);
  assert.match(await page.locator('#grid video').getAttribute('src'), /\/2\.mp4$/);
  await card(page, 4).hover();
  await plays(4);
  assert.equal(await page.locator('#grid video').count(), 1);
  await page.mouse.move(0, 0);
  await page.locator('#grid video').waitFor({ state: 'detached' });

  await card(page, 1).getByRole('link').focus();
  await page.keyboard.press('Space');
  await plays(1);
  await page.keyboard.press('ArrowRight');
  await page.locator('#grid video').waitFor({ state: 'detached' });
}));

it('does not play by itself where motion is not wanted', () => withPage(PAGE, async (page) => {
  await card(page, 2).hover();
  await page.waitForTimeout(600);
  assert.equal(await page.locator('#grid video').count(), 0);
  await page.getByRole('button', { name: 'Play GOP 2 here' }).click();
  await page.locator('#grid > li.playing').waitFor();
}, { reducedMotion: 'reduce' }));

it('plays at the first tap and opens at the second', () => withPage(PAGE, async (page) => {
  await card(page, 0).scrollIntoViewIfNeeded();
  await card(page, 2).locator('.thumb').tap();
  await page.locator('#grid > li.playing[data-index="2"]').waitFor();
  assert.doesNotMatch(page.url(), /gop=/);
  await card(page, 2).locator('.thumb').tap();
  await heading(page, 2).waitFor();
}, { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } }));

it('opens a GOP at an address of its own, and goes back', () => withPage(PAGE, async (page) => {
  await card(page, 3).getByRole('link').click();
  await heading(page, 3).waitFor();
  assert.match(page.url(), /\?gop=3$/);
  assert.ok(await page.locator('#overview').isHidden());
  await page.getByRole('link', { name: 'Next' }).click();
  await heading(page, 4).waitFor();
  await page.goBack();
  await heading(page, 3).waitFor();
  await page.goBack();
  await card(page, 3).waitFor();
  assert.ok(await page.locator('#gop').isHidden());
  assert.equal(await page.evaluate(() => document.activeElement.closest('li')?.dataset.index), '3');
}));

it('shows the pictures of the GOP that is open', () => withPage(`${PAGE}?gop=5`, async (page) => {
  await heading(page, 5).waitFor();
  await page.waitForFunction(() => document.getElementById('video').readyState >= 3);
  await bareVideo(page);
  await until(async () =>
    await reference.distanceOf(page, 0.4, 5.4) < SAME, 'the picture at 0.4 s');
  for (const [id, text] of [['previous', '4'], ['next', '6']])
    assert.match(await page.locator(`#${id}`).getAttribute('href'), new RegExp(`gop=${text}$`));
}));

it('shows the frames as ffprobe has them', () => withPage(`${PAGE}?gop=2`, async (page) => {
  const expected = frames.slice(2 * GOP, 3 * GOP);
  await page.locator('#frame-types').filter({ hasText: 'I' }).waitFor();
  const counts = ['I', 'P', 'B'].map((type) => `${expected.filter((frame) => frame.type === type).length} ${type}`);
  assert.equal(await page.locator('#frame-types').textContent(), counts.join(', '));

  const bars = page.getByRole('slider', { name: 'Frames of the GOP' });
  await bars.focus();
  for (const [i, { type, size, pos, pts }] of expected.entries()) {
    assert.equal(await bars.getAttribute('aria-valuetext'), await page.locator('#frame-says').textContent());
    const text = await bars.getAttribute('aria-valuetext');
    assert.equal(text.replaceAll(/\b(\d{1,3}),(?=\d{3})/g, '$1').replaceAll(/(\d),(?=\d{3})/g, '$1'),
      `Frame ${i}: ${type}${i === 0 ? ' (key frame)' : ''}, ${size} bytes, PTS ${pts.toFixed(3)} s, ` +
      `DTS ${expected[i].dts.toFixed(3)} s, offset ${pos}`);
    await page.keyboard.press('ArrowRight');
  }

  await page.locator('#frame-table summary').click();
  const rows = page.locator('#frame-rows tbody tr[data-index]');
  await rows.first().waitFor();
  await page.locator('#frame-rows .rows').evaluate((node) => { node.scrollTop = 0; });
  await page.locator('#frame-rows tr[data-index="0"]').waitFor();
  const cells = await page.locator('#frame-rows tr[data-index="0"]').evaluate((row) =>
    [...row.cells].map(({ textContent }) => textContent.replaceAll(',', '')));
  assert.deepEqual(cells, ['0', 'I key', `${expected[0].pts.toFixed(6)} s`, `${expected[0].dts.toFixed(6)} s`,
    `${expected[0].pos}`, `${expected[0].size}`]);
}));

it('shows the frame that is chosen among the bars', () => withPage(`${PAGE}?gop=1`, async (page) => {
  await page.locator('#frame-types').filter({ hasText: 'I' }).waitFor();
  await page.waitForFunction(() => document.getElementById('video').readyState >= 3);
  const bars = page.getByRole('slider', { name: 'Frames of the GOP' });
  await bars.focus();
  await page.keyboard.press('PageUp');
  const at = Number(await bars.getAttribute('aria-valuenow'));
  assert.equal(at, 10);
  await page.waitForFunction(() => !document.getElementById('video').seeking);
  await bareVideo(page);
  // on the screen a moment later
  await until(async () =>
    await reference.distance(await shoot(page), frames[GOP + at].pts) < SAME, 'the picture of the frame', 90_000);
}));

it('goes from the chart to the GOP, by mouse and by keyboard', () => withPage(PAGE, async (page) => {
  const chart = page.getByRole('slider', { name: 'Size and duration' });
  await page.locator('[role="slider"][aria-valuetext^="GOP 0"]').waitFor();
  await card(page, 0).getByText('25 frames').waitFor();
  await chart.focus();
  await page.keyboard.press('End');
  assert.match(await chart.getAttribute('aria-valuetext'), /^GOP 7 at 0:07\.000: .* 1 s/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.closest('li')?.dataset.index === '6');
  const box = await chart.boundingBox();
  await chart.click({ position: { x: 70, y: box.height / 3 } });
  await page.waitForFunction(() => document.activeElement.closest('li')?.dataset.index === '0');

  await page.locator('#chart-table summary').click();
  await page.locator('#chart-rows tbody tr').first().waitFor(); // made when it is opened
  assert.equal(await page.locator('#chart-rows tbody tr').count(), 8);
}));

it('goes to a number or a time', () => withPage(LONG_PAGE, async (page) => {
  for (const [text, index] of [['12345', 12345], ['1:02:03', 3723], ['0:07.5', 7]]) {
    await page.getByLabel('Go to GOP or time').fill(text);
    await page.getByRole('button', { name: 'Go', exact: true }).click();
    await page.waitForFunction((at) => document.activeElement.closest('li')?.dataset.index === at, String(index));
  }
  await page.getByLabel('Go to GOP or time').fill('tomorrow');
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  assert.match(await page.locator('#jump-says').textContent(), /1:02:03/);
}));

async function saved(page, press, file) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  const target = path.join(service.home, file);
  await download.saveAs(target);
  return { name: download.suggestedFilename(), target };
}

it('saves one GOP, and some as one file', () => withPage(PAGE, async (page) => {
  await page.getByText('Save some as one file').click();
  await page.getByLabel('From GOP').fill('2');
  await page.getByLabel('to', { exact: true }).fill('1');
  assert.equal(await page.locator('#range-download').getAttribute('href'), null);
  await page.getByLabel('to', { exact: true }).fill('4');
  await page.locator('#range-says', { hasText: '0:02.000 to 0:05.000' }).waitFor();
  const some = await saved(page, () => page.locator('#range-download').click(), 'some.mp4');
  assert.match(some.name, /-gop-2-4\.mp4$/);
  assert.deepEqual(await probeGops(some.target), [GOP, GOP, GOP]);

  await page.goto(new URL(`${PAGE}?gop=6`, service.api).href);
  const one = await saved(page, () => page.locator('#download').click(), 'one.mp4');
  assert.match(one.name, /-gop-6\.mp4$/);
  assert.deepEqual(await fs.readFile(one.target), await bytesOf(page, `${PAGE}/6.mp4`));
}));

it('walks through all of it by keyboard', () => withPage(PAGE, async (page) => {
  await card(page, 0).locator('.gop-line').first().waitFor();
  await page.locator('#jump button').focus();
  await page.keyboard.press('Tab'); // the range
  await page.keyboard.press('Tab');
  const at = () => page.evaluate(() => document.activeElement.closest('li')?.dataset.index);
  assert.equal(await at(), '0');
  for (const [key, index] of [['ArrowRight', '1'], ['End', '7'], ['ArrowRight', '7'], ['Home', '0'], ['ArrowDown', null]]) {
    await page.keyboard.press(key);
    if (index !== null)
      assert.equal(await at(), index, key);
  }
  const below = await at();
  assert.ok(Number(below) > 0);
  await page.keyboard.press('Enter');
  await heading(page, below).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'gop-title');
  await page.getByRole('link', { name: 'All GOPs' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((index) => document.activeElement.closest('li')?.dataset.index === index, below);
}));

// How large the picture of a video is, and how far its pixels are from grey.
const coloursOf = (page, id) => page.evaluate((name) => {
  const video = document.getElementById(name);
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 64, 36);
  const { data } = pen.getImageData(0, 0, 64, 36);
  let spread = 0;
  for (let i = 0; i < data.length; i += 4)
    spread += Math.max(...data.slice(i, i + 3)) - Math.min(...data.slice(i, i + 3));
  return { width: video.videoWidth, height: video.videoHeight, spread: spread / data.length * 4 };
}, id);

it('puts filters on a GOP and shows both', () => withPage(`${PAGE}?gop=3`, async (page) => {
  await page.getByLabel('Shades of grey').check();
  await page.getByLabel('Crop').check();
  for (const [label, value] of [['Left', 320], ['Top', 0], ['Width', 160], ['Height', 90]])
    await page.getByRole('group', { name: 'Crop' }).getByLabel(label).fill(String(value));
  const link = await page.locator('#filter-link code').textContent();
  assert.equal(link, `${service.api}${PAGE}/3.mp4?crop=320,0,160,90&grayscale=1`);
  await page.getByRole('button', { name: 'Show the result' }).click();
  await page.locator('#filter-result').waitFor();
  await page.waitForFunction(() => ['filtered', 'filter-original'].every((id) =>
    document.getElementById(id).readyState >= 2));
  const original = await coloursOf(page, 'filter-original');
  const filtered = await coloursOf(page, 'filtered');
  assert.deepEqual([original.width, original.height, filtered.width, filtered.height], [640, 360, 160, 90]);
  assert.ok(original.spread > 50 && filtered.spread < 6, `grey: ${original.spread}, ${filtered.spread}`);

  // what is wrong is said in the service's words
  await page.getByRole('group', { name: 'Crop' }).getByLabel('Left').fill('600');
  await page.getByRole('button', { name: 'Show the result' }).click();
  await page.locator('#filter-trouble .notice.bad').waitFor();
  assert.match(await page.locator('#filter-trouble').innerText(), /crop/i);
  assert.ok(await page.locator('#filter-result').isHidden());
}, { expected: [/status of 400/] }));

it('says what there is not', () => withPage(`${PAGE}?gop=8`, async (page) => {
  assert.match(await page.locator('#trouble').innerText(), /no GOP 8[^]*8 GOPs, numbered from 0/);
  await card(page, 0).waitFor();
}));

it('waits while the service is busy, and says why', () => withPage('/', async (page) => {
  let times = 0;
  await page.route('**/statistics.json*', (route) => (++times > 1 ? route.continue()
    : route.fulfill({ status: 503, contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Busy', status: 503, detail: 'The video is being read.' }) })));
  await page.goto(new URL(PAGE, service.api).href);
  await page.getByText('The video is being read. Trying again').waitFor();
  await card(page, 0).waitFor();
}, { expected: [/status of 503/] }));

it('shows the error of the service where the video is gone', () => withPage('/', async (page) => {
  await page.route('**/statistics.json*', (route) => route.fulfill({ status: 404, contentType: 'application/problem+json',
    body: JSON.stringify({ title: 'Not found', status: 404, detail: 'There is no video of this name.' }) }));
  await page.goto(new URL(PAGE, service.api).href);
  assert.match(await page.locator('#trouble .notice.bad').innerText(), /no video of this name/);
}, { expected: [/status of 404/] }));

for (const colorScheme of ['light', 'dark'])
  it(`fits on a phone, ${colorScheme}`, () => withPage(PAGE, async (page) => {
    for (const address of [PAGE, `${PAGE}?gop=1`]) {
      await page.goto(new URL(address, service.api).href, { waitUntil: 'networkidle' });
      for (const box of await page.locator('details:visible > summary').all())
        await box.click();
      for (const box of await page.locator('#filter-list input[type="checkbox"]').all())
        await box.check({ force: true }).catch(() => {});
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${address} is ${overflow} px too wide`);
    }
  }, { viewport: { width: 360, height: 740 }, colorScheme }));

it('has no more pictures under way than a few, and gives up those scrolled past', () =>
  withPage('/', async (page) => {
    let underWay = 0;
    let most = 0;
    let given = 0;
    const isPicture = (request) => request.url().endsWith('.jpg');
    await page.route('**/*.jpg', async (route) => {
      most = Math.max(most, ++underWay);
      await new Promise((done) => setTimeout(done, 300));
      underWay--;
      await route.continue().catch(() => {}); // given up
    });
    page.on('requestfailed', (request) => { given += isPicture(request); });
    await page.goto(new URL(LONG_PAGE, service.api).href);
    await page.waitForRequest(isPicture);
    await page.waitForTimeout(700); // each takes 300 ms at least
    assert.ok(most <= 4, `${most} at once`);
    await page.waitForRequest(isPicture);
    await page.evaluate(() => scrollTo(0, 100_000));
    await page.waitForRequest(isPicture);
    await page.waitForFunction(() => document.querySelector('#grid img'));
    assert.ok(given > 0, 'none was given up');
  }));

// From the top to the end in so many steps without a rest. Gives the number of
// elements when they were the most.
async function scrollThrough(steps) {
  let most = 0;

  for (let i = 0; i <= steps; i++) {
    scrollTo({ top: document.documentElement.scrollHeight * i / steps, behavior: 'instant' });
    await new Promise((done) => requestAnimationFrame(done));
    most = Math.max(most, document.querySelectorAll('*').length);
  }
  return most;
}

it(`shows ${grouped(MANY)} GOPs with few elements and few requests`, () => withPage(LONG_PAGE, async (page) => {
  const seen = { pictures: 0, lists: 0 };
  page.on('request', (request) => {
    seen.pictures += request.url().endsWith('.jpg');
    seen.lists += request.url().includes('limit=');
  });
  await page.reload();
  await card(page, 0).getByText('25 frames').waitFor();
  assert.equal(await page.locator('#grid > li').first().getAttribute('aria-setsize'), String(MANY));
  assert.ok((await page.locator('#summary').textContent()).includes(`${grouped(MANY)} GOPs in ${HOURS}:00:00`));

  const most = await page.evaluate(scrollThrough, STEPS);
  assert.ok(most < MOST_NODES, `${most} elements`);
  await card(page, MANY - 1).getByText('25 frames').waitFor();
  // what is passed by is not asked for, but where the machine is so slow that it
  // rests
  assert.ok(seen.lists < STEPS / 2, `${seen.lists} parts of the list`);
  assert.ok(seen.pictures < STEPS, `${seen.pictures} pictures`);
  await card(page, MANY - 1).getByRole('link').click();
  await heading(page, grouped(MANY - 1)).waitFor();
}));
