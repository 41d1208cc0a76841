#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// How the page of GOPs does with a film of ten hours and 36,000 GOPs, in Chromium:
// when its first screen is there, and how smoothly it scrolls. --json for
// programs; another number of GOPs as argument. Tells figures, judges none. The
// environment has to name program and plug-ins, as tests/bench/run and meson do.

import fs from 'node:fs/promises';
import path from 'node:path';

import { openPage, startBrowser } from '../browser/browser.mjs';
import { joinClip } from '../browser/media.mjs';
import { startService } from '../browser/service.mjs';

const args = process.argv.slice(2);
const GOPS = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 36_000);
const RUNS = 5;
const VIEW = { width: 1280, height: 1000 };
const PAGE = '/videos/long.mp4/group-of-pictures';

const median = (values) => values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const ms = (value) => Math.round(value);

async function upload(service, file) {
  const form = new FormData();
  form.append('file', new Blob([await fs.readFile(file)]), 'long.mp4');
  const answer = await fetch(`${service.api}/input_content`, { method: 'POST', body: form });
  if (answer.status !== 201)
    throw new Error(await answer.text());
}

// Milliseconds from the navigation on until what selector names is there.
const when = (page, selector) => page.waitForFunction((what) =>
  document.querySelector(what) && performance.now(), selector, { polling: 'raf' }).then((handle) => handle.jsonValue());

async function measureStart(browser, service) {
  const { page, close } = await openPage(browser, service, { viewport: VIEW });
  await page.goto(`${service.api}${PAGE}`, { waitUntil: 'commit' });
  const figures = { grid: await when(page, '#grid .gop'), facts: await when(page, '#grid .gop:not(.unknown)'),
    picture: await when(page, '#grid img') };
  await page.waitForFunction(() => [...document.querySelectorAll('#grid .gop')].every((card) =>
    card.getBoundingClientRect().top > innerHeight || card.querySelector('img')), null, { polling: 'raf' });
  figures.pictures = await page.evaluate(() => performance.now());
  await close();
  return figures;
}

// In the page: as fast as a wheel is turned, a screen of pixels in ten frames, a
// part of the way all along.
async function scroll(seconds) {
  const frames = [];
  const tasks = [];
  let nodes = 0;
  let last = performance.now();
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  const end = last + seconds * 1000;

  observer.observe({ type: 'longtask' });
  while (last < end) {
    scrollBy({ top: innerHeight / 10, behavior: 'instant' });
    const now = await new Promise((done) => requestAnimationFrame(done));
    frames.push(now - last);
    last = now;
    nodes = Math.max(nodes, document.querySelectorAll('*').length);
  }
  observer.disconnect();
  frames.sort((a, b) => a - b);
  const at = (share) => frames[Math.floor((frames.length - 1) * share)];
  return { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1), long_tasks: tasks.length,
    long_task_ms: tasks.reduce((sum, task) => sum + task, 0), nodes };
}

async function measureScrolling(browser, service) {
  const { page, close } = await openPage(browser, service, { viewport: VIEW });
  let requests = 0;
  page.on('request', () => requests++);
  await page.goto(`${service.api}${PAGE}`);
  await page.locator('#grid img').first().waitFor();
  requests = 0;
  const figures = await page.evaluate(scroll, 5);
  await close();
  return { ...figures, requests };
}

const service = await startService();
const browser = await startBrowser();
try {
  const file = path.join(service.home, 'long.mp4');
  await joinClip(file, GOPS);
  await upload(service, file);
  const cold = await measureStart(browser, service);
  const warm = [];
  for (let i = 0; i < RUNS; i++)
    warm.push(await measureStart(browser, service));
  const start = Object.fromEntries(Object.keys(cold).map((name) => [name, median(warm.map((run) => run[name]))]));
  const scrolling = await measureScrolling(browser, service);
  const figures = { gops: GOPS, first_time_ms: cold, start_ms: start, scrolling };

  if (args.includes('--json'))
    console.log(JSON.stringify(figures, null, 2));
  else
    console.log(`# ${GOPS} GOPs; ms from the navigation on: first time (pictures are made), then median of ${RUNS}
# grid        ${ms(cold.grid)}, ${ms(start.grid)}
# facts       ${ms(cold.facts)}, ${ms(start.facts)}
# a picture   ${ms(cold.picture)}, ${ms(start.picture)}
# all in view ${ms(cold.pictures)}, ${ms(start.pictures)}
# scrolling, ms a frame: median ${scrolling.p50.toFixed(1)}, 95 % ${scrolling.p95.toFixed(1)}, ` +
`99 % ${scrolling.p99.toFixed(1)}, longest ${scrolling.longest.toFixed(1)} of ${scrolling.frames}
# tasks above 50 ms: ${scrolling.long_tasks}, together ${ms(scrolling.long_task_ms)} ms
# at most ${scrolling.nodes} elements; ${scrolling.requests} requests while scrolling
1..1
ok 1 - measured`);
} finally {
  await browser.close();
  await service.stop();
}
