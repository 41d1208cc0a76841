// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures of every page, light and dark, on a desk and on a phone, with a
// library that looks like one in use. Looks on the way that nothing is wider than
// the screen and that nothing moves while a page loads.
//
// screenshots.mjs [FOLDER] [PAGE…]: writes NAME-{desktop,phone}-{light,dark}.webp;
// without a folder it looks only.

import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { openPage, startBrowser } from './browser.mjs';
import { startService } from './service.mjs';

const run = promisify(execFile);

const TOKEN = 'open-sesame-and-be-quick-about-it';
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 860 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true },
};
const SCHEMES = ['light', 'dark'];
const NARROWEST = 360; // CSS pixels
const MAX_SHIFT = 0.1; // of the layout, as "good" is defined for the web
const MAX_BYTES = 2_000_000; // of all pictures
const QUALITY = 62; // of WebP
const READY_SECONDS = 120;

// --- films -------------------------------------------------------------------

const SOURCES = {
  lights: 'gradients=size=1280x720:rate=25:c0=0x06202f:c1=0x1fa187:c2=0xb8de29:c3=0x31688e:nb_colors=4:seed=7:speed=0.03:duration=D',
  dusk: 'gradients=size=1280x720:rate=25:c0=0x1b1035:c1=0xe8602d:c2=0xfbd524:c3=0x4b0c6b:nb_colors=4:seed=11:speed=0.02:duration=D',
  zoom: 'mandelbrot=size=640x360:rate=25:start_scale=2.2:end_scale=0.02:end_pts=300,scale=1280:720,trim=duration=D',
  cells: 'life=size=320x180:seed=5:rate=25:mold=12:ratio=0.12:death_color=0x2a6f97:life_color=0xffd166:mold_color=0x012a4a,' +
    'scale=1280:720:flags=neighbor,trim=duration=D',
  card: 'testsrc2=size=1280x720:rate=25:duration=D',
};

const parts = (names, seconds) => names.map((name, i) =>
  `${SOURCES[name].replace('D', seconds)},format=yuv420p,setsar=1[p${i}]`).join(';') +
  `;${names.map((_, i) => `[p${i}]`).join('')}concat=n=${names.length}[v]`;

// name: of the file, whose ending says the container; loop: how often it comes
// again.
async function makeFilm(folder, { name, of, seconds = 6, gop = 50, languages = ['eng'], loop = 0 }) {
  const file = path.join(folder, name);
  const once = loop ? path.join(folder, `once-${name}`) : file;
  const sound = languages.flatMap((_, i) => ['-f', 'lavfi', '-i',
    `sine=frequency=${330 + 110 * i}:duration=${seconds * of.length}`]);

  await run('ffmpeg', ['-v', 'error', '-y', ...sound, '-filter_complex', parts(of, seconds), '-map', '[v]',
    ...languages.flatMap((language, i) => ['-map', `${i}`, `-metadata:s:a:${i}`, `language=${language}`]),
    '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '30', '-g', String(gop), '-c:a', 'aac', once]);
  if (loop)
    await run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', String(loop), '-i', once, '-c', 'copy', file]);
  return file;
}

// The last is the first of the library.
const FILMS = [
  { name: 'Camera test, take 4.mp4', of: ['card'], seconds: 8 },
  { name: 'Cells under the microscope.mp4', of: ['cells'], seconds: 8, gop: 25 },
  { name: 'Interview (rough cut).mkv', of: ['dusk', 'card'], seconds: 5 },
  { name: 'Northern lights.mp4', of: ['lights', 'zoom', 'cells', 'dusk', 'lights'], gop: 25, languages: ['eng', 'deu', 'swe'] },
  { name: 'Conference, day one.mp4', of: ['dusk'], seconds: 10, loop: 239 },
];

// --- a library in use ----------------------------------------------------------

async function ask(service, target, options = {}) {
  const answer = await fetch(service.api + target, options);

  if (!answer.ok)
    throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function upload(service, file) {
  return ask(service, `/input_content?name=${encodeURIComponent(path.basename(file))}`, { method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' }, body: await fs.readFile(file) });
}

const order = (service, { input_content_id: input }, request, wait = true) => ask(service, '/packaged_content', {
  method: 'POST', body: JSON.stringify({ input_content_id: input, ...request }),
  headers: { 'Content-Type': 'application/json', ...wait ? { Prefer: `wait=${READY_SECONDS}` } : {} } });

// So that a package of it fails: as a disk that lost a part.
async function damage(service, input) {
  const folder = path.join(service.home, 'data', 'inputs');

  for (const name of await fs.readdir(folder, { recursive: true })) {
    const file = path.join(folder, name);
    const stat = await fs.stat(file);
    if (stat.isFile() && stat.size === input.size)
      await fs.truncate(file, Math.round(stat.size / 3));
  }
}

// Some packages are ready, one failed, one is being made and one waits. Returns
// what is to be shown.
async function fillLibrary(service, films) {
  const inputs = [];

  for (const film of films)
    inputs.push(await upload(service, film));
  const [camera, cells, interview, lights, conference] = inputs;
  await order(service, camera, { generate_keys: true });
  await order(service, cells, { generate_keys: true, encrypt: 'all', hls: true });
  await order(service, lights, { encrypt: 'none', on_demand: true });
  const shown = await order(service, lights, { generate_keys: true, hls: true,
    segment_duration: 2, ladder: [{ height: 720, bitrate: 1_500_000 }, { height: 360, bitrate: 500_000 }] });
  await damage(service, interview);
  await order(service, interview, { generate_keys: true });
  await order(service, conference, { generate_keys: true, hls: true,
    ladder: [540, 270].map((height) => ({ height, bitrate: 3000 * height })) }, false);
  await order(service, conference, { encrypt: 'none' }, false);
  return { shown: shown.packaged_content_id, form: conference.input_content_id, gops: lights.group_of_pictures_url };
}

// --- pages ----------------------------------------------------------------------

const picturesLoaded = (page) => page.waitForFunction(() => [...document.images].every((image) => {
  const box = image.getBoundingClientRect();
  return box.top > innerHeight || box.bottom < 0 || !image.hasAttribute('src') || (image.complete && image.naturalWidth);
}), null, { timeout: 30_000 });

async function showMiddle(page) {
  await page.locator('#verdict[data-kind=good]').waitFor();
  await page.locator('#video').evaluate((video) => {
    video.currentTime = 8.2;
    return new Promise((done) => video.requestVideoFrameCallback(done));
  });
  await page.waitForTimeout(1000); // figures come twice a second
}

async function withoutKey(page) {
  await page.locator('#verdict[data-kind=good]').waitFor();
  await page.getByLabel('Play without the key').check();
  await page.locator('#verdict[data-kind=busy]').waitFor();
}

async function uploadSome(page, films) {
  await page.locator('input[type=file]').first().setInputFiles([0, 1, 3].map((i) => films[i]));
  await page.locator('a[aria-label^="Package"]').nth(2).waitFor();
}

// On a phone the chart fills the screen, and pictures come when they are seen.
async function showGrid(page) {
  if (page.viewportSize().width < 600)
    await page.locator('#grid-title').evaluate((node) => node.scrollIntoView());
  await page.waitForFunction(() => {
    const seen = [...document.querySelectorAll('#grid .thumb')].filter((thumb) =>
      thumb.getBoundingClientRect().top < innerHeight);
    return seen.length > 0 && seen.every((thumb) => thumb.querySelector('img'));
  });
}

// at: the address; whole: what is there when it is. bare: of the service that has
// nothing and asks for a token; stranger: before signing in.
// The first is the library, while something is going on in it.
const pagesOf = ({ shown, form, gops }, films) => ({
  library: { at: '/', whole: '#inputs .poster' },
  empty: { at: '/', whole: '#empty', bare: true },
  'sign-in': { at: '/sign-in?next=/', whole: '#token', bare: true, stranger: true },
  'package-form': { at: `/input_content/${form}/package`, whole: '#package-form' },
  player: { at: `/packaged_content/${shown}/player`, whole: '#verdict[data-kind]', act: showMiddle },
  'player-without-key': { at: `/packaged_content/${shown}/player`, whole: '#verdict[data-kind]', act: withoutKey },
  encryption: { at: `/packaged_content/${shown}/player`, whole: '#verdict[data-kind=good]', act: async (page) => {
    await page.locator('#more').evaluate((node) => node.scrollIntoView());
  } },
  gops: { at: gops, whole: '#grid .gop-link', act: showGrid },
  gop: { at: `${gops}?gop=12`, whole: '#gop:not([hidden]) #frames', act: async (page) => {
    await page.locator('#frame-types', { hasText: 'I' }).waitFor();
    await page.locator('#gop-title').evaluate((node) => node.scrollIntoView());
  } },
  'not-found': { at: '/packaged_content/4711/player', whole: '.status', expected: [/status of 404/] },
  upload: { at: '/upload_input_content', whole: 'input[type=file]', bare: true, act: (page) => uploadSome(page, films) },
});

function watchShifts() {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      window.shifted += entry.hadRecentInput ? 0 : entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

async function shoot(page, file) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });

  await fs.writeFile(file, Buffer.from(data, 'base64'));
}

// Returns what is wrong with it.
async function look(browser, service, { at, whole, act, stranger, expected }, { options, file }) {
  const there = { ...service, token: stranger ? undefined : service.token };
  const { page, complaints, close } = await openPage(browser, there, { ...options, expected, initScript: watchShifts,
    reducedMotion: 'reduce' });

  try {
    await page.goto(new URL(at, service.api).href);
    await page.locator(whole).first().waitFor();
    await page.waitForTimeout(700); // what moves late counts
    const shift = await page.evaluate(() => window.shifted);
    await act?.(page);
    await picturesLoaded(page);
    if (file)
      await shoot(page, file);
    const wide = await overflow(page);
    await page.setViewportSize({ width: NARROWEST, height: 740 });
    const narrow = await overflow(page);
    return [
      ...shift > MAX_SHIFT ? [`the layout shifts by ${shift.toFixed(3)}`] : [],
      ...wide > 0 ? [`${wide} px too wide`] : [],
      ...narrow > 0 ? [`${narrow} px too wide for ${NARROWEST} px`] : [],
      ...complaints,
    ];
  } catch (error) {
    return [error.message];
  } finally {
    await close();
  }
}

const ways = Object.entries(SCREENS).flatMap(([screen, options]) =>
  SCHEMES.map((colorScheme) => ({ name: `${screen}-${colorScheme}`, options: { ...options, colorScheme } })));

async function lookAtAll({ browser, used, bare, pages, folder }) {
  const faults = [];

  for (const [name, how] of Object.entries(pages)) {
    for (const way of ways) {
      const file = folder && path.join(folder, `${name}-${way.name}.webp`);
      const found = await look(browser, how.bare ? bare : used, how, { ...way, file });
      faults.push(...found.map((fault) => `${name}, ${way.name}: ${fault}`));
    }
    console.log(`# ${name}`);
  }
  return faults;
}

async function sizeOf(folder) {
  const sizes = await Promise.all((await fs.readdir(folder)).map(async (name) =>
    (await fs.stat(path.join(folder, name))).size));

  return sizes.reduce((sum, size) => sum + size, 0);
}

async function main([folder, ...wanted]) {
  const browser = await startBrowser();
  const used = await startService({ args: ['--jobs', '1'] });
  const bare = await startService({ token: TOKEN });

  try {
    const films = await Promise.all(FILMS.map((film) => makeFilm(used.home, film)));
    const pages = Object.entries(pagesOf(await fillLibrary(used, films), films))
      .filter(([name]) => wanted.length === 0 || wanted.includes(name));
    if (folder)
      await fs.mkdir(folder, { recursive: true });
    const faults = await lookAtAll({ browser, used, bare, pages: Object.fromEntries(pages), folder });
    const size = folder ? await sizeOf(folder) : 0;
    if (size > MAX_BYTES)
      faults.push(`the pictures have ${size} bytes, more than ${MAX_BYTES}`);
    console.log(faults.join('\n') || `Nothing overflows, nothing shifts; ${size} bytes of pictures`);
    process.exitCode = faults.length ? 1 : 0;
  } finally {
    await browser.close();
    await Promise.all([used.stop(), bare.stop()]);
  }
}

await main(process.argv.slice(2));
