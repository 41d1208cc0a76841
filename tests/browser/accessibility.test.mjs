// SPDX-License-Identifier: LGPL-2.1-or-later
// Every page, light and dark, looked through by axe-core and walked by keyboard.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { openPage, startBrowser } from './browser.mjs';
import { makeClip } from './media.mjs';
import { startService } from './service.mjs';

const TOKEN = 'open-sesame-and-be-quick-about-it';
const CLIP = 'clip.mp4';
const READY_SECONDS = 60;
const axe = await fs.readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let service, browser;

const headers = { Authorization: `Bearer ${TOKEN}` };

async function ask(target, options) {
  const answer = await fetch(service.api + target, { method: 'POST', ...options,
    headers: { ...headers, ...options.headers } });

  assert.ok(answer.ok, `${target}: ${answer.status}`);
  return answer.json();
}

const order = (request) => ask('/packaged_content', { body: JSON.stringify({ input_content_id: 1, ...request }),
  headers: { 'Content-Type': 'application/json', Prefer: `wait=${READY_SECONDS}` } });

before(async () => {
  service = await startService({ token: TOKEN });
  const clip = path.join(service.home, CLIP);
  [browser] = await Promise.all([startBrowser(), makeClip(clip)]);
  await ask(`/input_content?name=${CLIP}`, { body: await fs.readFile(clip), headers: { 'Content-Type': 'video/mp4' } });
  await order({ generate_keys: true, ladder: [{ height: 360, bitrate: 500000 }, { height: 180, bitrate: 200000 }] });
  await order({ encrypt: 'none', languages: ['und'] });
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

const GOPS = `/videos/${CLIP}/group-of-pictures`;

// What is opened, what is there when it is whole, and what is done to it then.
const PAGES = {
  library: { address: '/', whole: '.badge.Ready' },
  upload: { address: '/upload_input_content', whole: 'input[type=file]' },
  'upload of a file': { address: '/upload_input_content', whole: `a[aria-label="Package ${CLIP}"]`, act: (page) =>
    page.locator('input[type=file]').first().setInputFiles(path.join(service.home, CLIP)) },
  'package form': { address: '/input_content/1/package', whole: '#package-form', act: async (page) => {
    await page.locator('#package-form').waitFor();
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
  } },
  'nothing found': { address: '/?search=nothing-like-that', whole: '#not-found:not([hidden])' },
  GOPs: { address: GOPS, whole: '#grid .gop:not(.unknown)', act: async (page) => {
    await page.locator('#grid .gop').first().waitFor();
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
  } },
  'a GOP': { address: `${GOPS}?gop=1`, whole: '#frame-rows tr[data-index="0"]', act: async (page) => {
    await page.locator('#frame-types').filter({ hasText: 'I' }).waitFor();
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
    for (const box of await page.locator('#filter-list input[type="checkbox"]').all())
      await box.check();
  } },
  player: { address: '/packaged_content/1/player', whole: '#verdict[data-kind=good]' },
  'player of what is clear': { address: '/packaged_content/2/player', whole: '#verdict[data-kind=good]' },
  'no such page': { address: '/nothing-here', whole: 'h1' },
  'signing in': { address: '/sign-in?next=/videos/', whole: '#token', stranger: true },
  'a wrong token': { address: '/sign-in', whole: '#says:not(:empty)', stranger: true, act: async (page) => {
    await page.getByLabel('API token').fill('this-is-not-the-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
  } },
};

async function withPage({ address, whole, act, stranger }, options, work) {
  const { page, close } = await openPage(browser, { ...service, token: stranger ? undefined : TOKEN }, options);

  try {
    await page.goto(new URL(address, service.api).href);
    await act?.(page);
    await page.locator(whole).first().waitFor();
    await work(page);
  } finally {
    await close();
  }
}

// --- axe -------------------------------------------------------------------

const BAD = ['serious', 'critical'];

const tell = ({ id, help, nodes }) =>
  [`${id}: ${help}`, ...nodes.slice(0, 5).map(({ html, failureSummary }) =>
    `    ${html.slice(0, 160)}\n      ${failureSummary?.replaceAll('\n', ' ')}`)].join('\n');

async function assertAccessible(page) {
  if (!await page.evaluate(() => 'axe' in window))
    await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const bad = violations.filter(({ impact }) => BAD.includes(impact));

  assert.ok(passes.length > 10, 'it looked at nothing');
  assert.equal(bad.length, 0, bad.map(tell).join('\n'));
}

const AT_ONCE = 3;

describe('axe finds nothing serious, light or dark', { concurrency: AT_ONCE }, () => {
  for (const [name, how] of Object.entries(PAGES)) {
    it(name, () => withPage(how, { reducedMotion: 'reduce' }, async (page) => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await assertAccessible(page);
      }
    }));
  }
});

it('axe finds what is wrong', () => withPage(PAGES.library, {}, async (page) => {
  await page.locator('main').evaluate((main) => main.insertAdjacentHTML('beforeend', '<button></button>'));
  await assert.rejects(assertAccessible(page), /button-name/);
}));

// --- the keyboard -----------------------------------------------------------

// They run in the page. What can have the focus, but of a group of radio
// buttons or of tabs only the one where the keyboard enters.
function listControls() {
  const enters = (node) => node.type !== 'radio' || node.checked ||
    !document.querySelector(`input[type=radio][name="${node.name}"]:checked`);

  window.controls = [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, video[controls], [tabindex]')]
    .filter((node) => node.tabIndex >= 0 && !node.disabled && node.type !== 'hidden' && enters(node) &&
      node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0);
  window.reached = new Set();
  document.activeElement?.blur();
  return window.controls.length;
}

// Says what is wrong with what has the focus; null where it is all right.
function lookAtFocus() {
  const node = document.activeElement;
  const name = () => node.outerHTML.slice(0, 120);

  if (node === document.body)
    return null;
  window.reached.add(node);
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth)
    return `out of sight: ${name()}`;
  if (node.tagName !== 'VIDEO' && style.outlineStyle === 'none' && style.boxShadow === 'none')
    return `no focus to be seen: ${name()}`;
  return null;
}

const missed = () => window.controls.filter((node) => node.isConnected && !window.reached.has(node))
  .map((node) => node.outerHTML.slice(0, 120));

const PRESSES_EACH = 2; // the controls of a video have several of their own
const MORE_PRESSES = 40;

async function walk(page) {
  const controls = await page.evaluate(listControls);
  const wrong = new Set();

  for (let i = 0; i < controls * PRESSES_EACH + MORE_PRESSES; i++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(lookAtFocus);
    if (found)
      wrong.add(found);
    if ((await page.evaluate(missed)).length === 0)
      break;
  }
  return { controls, wrong: [...wrong], missed: await page.evaluate(missed) };
}

describe('the keyboard reaches everything', { concurrency: AT_ONCE }, () => {
  for (const [name, how] of Object.entries(PAGES)) {
    it(name, () => withPage(how, {}, async (page) => {
      const { controls, ...faults } = await walk(page);
      assert.ok(controls > 2, `there are ${controls} controls`);
      assert.deepEqual(faults, { wrong: [], missed: [] });
    }));
  }
});

it('the walk finds what it cannot reach', () => withPage(PAGES['no such page'], {}, async (page) => {
  await page.locator('main').evaluate((main) => {
    main.insertAdjacentHTML('beforeend', '<div inert><button>Nobody comes here</button></div>' +
      '<button>Without a mark</button>');
    main.lastChild.style.outline = 'none';
  });
  const { missed: [unreached], wrong: [unmarked] } = await walk(page);
  assert.match(unreached, /Nobody comes here/);
  assert.match(unmarked, /Without a mark/);
}));

it('Esc closes a question, and nothing is lost', () => withPage(PAGES.library, {}, async (page) => {
  const button = page.getByRole('button', { name: `Delete ${CLIP}`, exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  for (let i = 0; i < 6; i++) { // the browser's own bars are in between
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body ||
      document.querySelector('dialog').contains(document.activeElement)), 'the focus left the question');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.waitForFunction((name) => document.activeElement.getAttribute('aria-label') === name, `Delete ${CLIP}`);
  assert.equal((await page.request.get(`${service.api}/input_content/1`)).status(), 200);
}));

it('the first key leads past the navigation', () => withPage(PAGES.library, {}, async (page) => {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.querySelector('main').contains(document.activeElement)));
}));
