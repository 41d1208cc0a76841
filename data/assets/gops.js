// SPDX-License-Identifier: LGPL-2.1-or-later
// All GOPs of one video: a chart, a grid, and each of them opened by itself.
// Which one is open is in the address: ?gop=12.

import { get, gopsPath } from './api.js';
import { byId, el, errorNotice, show } from './dom.js';
import { bytes, clock } from './format.js';
import { GopChart } from './gop-chart.js';
import { Peek, makeCard, setFacts, setPicture } from './gop-card.js';
import { cutName, gopName, parsePlace, seconds, summary } from './gop-list.js';
import { GopPages } from './gop-pages.js';
import { GopView } from './gop-view.js';
import { findAt } from './chart-scale.js';
import { Thumbnails } from './thumbnails.js';
import { VirtualGrid } from './virtual-grid.js';

const name = decodeURIComponent(/^\/videos\/([^/]+)\//.exec(location.pathname)[1]);
const path = gopsPath(name);
const gops = new GopPages(name);

const FEW = 90; // bars of the chart, on a phone
const MANY = 320;
const PAUSE_MS = 100; // that scrolling has to rest before facts are asked for
const RETRY_MS = 2000;
// The video is being read, or something else is in the way for now.
const PASSING = new Set([0, 423, 429, 502, 503, 504]);

let statistics = null;
let overview = null; // { chart, grid }, made when it is first shown
let view = null;
let opened = -1;
let place = 0; // of the page while all GOPs are shown

const address = (index) => `?gop=${index}`;

/* --- all GOPs ------------------------------------------------------------ */

function makeChart() {
  const chart = new GopChart(byId('chart'), byId('chart-says'), statistics, goTo);
  const table = byId('chart-table');

  table.addEventListener('toggle', () => table.open && fillChartTable(chart), { once: true });
  return chart;
}

function fillChartTable(chart) {
  const range = (bin) => (bin.first === bin.last ? String(bin.first) : `${bin.first}–${bin.last}`);
  const pair = (least, most) => (least === most ? least : `${least} – ${most}`);
  const rows = chart.bins.map((bin, index) => el('tr', {},
    el('th', { scope: 'row' }, el('a', { href: address(bin.largest_index) }, range(bin))),
    el('td', { class: 'number' }, clock(bin.start, 1)),
    el('td', { class: 'number' }, pair(bytes(bin.smallest), bytes(bin.largest))),
    el('td', { class: 'number' }, pair(seconds(bin.shortest), seconds(bin.longest))),
    el('td', {}, chart.unusual(index).join(', '))));

  byId('chart-rows').tBodies[0].replaceChildren(...rows);
}

function makeGrid() {
  const list = byId('grid');
  let timer = 0;
  const thumbnails = new Thumbnails((index) => `${path}/${index}.jpg`, (index, url) => {
    const card = grid.item(index);
    if (card)
      setPicture(card, url);
  });
  const grid = new VirtualGrid(byId('grid-frame'), list, statistics.gops, {
    makeItem: (index) => {
      const card = makeCard(index, gops.peek(index), address(index));
      const url = thumbnails.get(index);
      if (url !== undefined)
        setPicture(card, url);
      return card;
    },
    onRange: (made, seen) => {
      thumbnails.want(Array.from({ length: Math.max(0, seen.last - seen.first + 1) }, (_, i) => seen.first + i));
      loadFacts(made);
    },
  });
  // Once scrolling rests: what is passed by is not asked for.
  function loadFacts({ first, last }) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        await gops.load(first, last);
        for (const card of list.querySelectorAll('.unknown'))
          setFacts(card, Number(card.dataset.index), gops.peek(Number(card.dataset.index)));
      } catch (error) {
        showTrouble(error);
      }
    }, PAUSE_MS);
  }
  new Peek(list, (index) => `${path}/${index}.mp4`);
  return grid;
}

function goTo(index) {
  overview.grid.focus(index, { middle: true });
}

// The number of the GOP that is shown at that time.
async function findTime(time) {
  const bin = overview.chart.bins[findAt(overview.chart.bins, time, ({ start }) => start)];
  let low = bin.first;
  let high = bin.last;

  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await gops.get(middle)).pts_time <= time)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

async function jump(event) {
  const input = byId('jump-to');
  const wanted = parsePlace(input.value);

  event.preventDefault();
  input.setAttribute('aria-invalid', String(wanted === null));
  byId('jump-says').textContent = wanted ? '' : 'A number as 12, or a time as 1:02:03.';
  if (wanted)
    goTo(Math.min(wanted.index ?? await findTime(wanted.time), statistics.gops - 1));
}

/* --- some GOPs as one file ------------------------------------------------ */

async function offerRange() {
  const from = byId('range-from');
  const to = byId('range-to');
  const link = byId('range-download');
  const [first, last] = [from.valueAsNumber, to.valueAsNumber];
  const fits = from.validity.valid && to.validity.valid && first <= last;

  link.removeAttribute('href');
  link.setAttribute('aria-disabled', 'true');
  byId('range-says').textContent = fits ? '' : `From 0 to ${statistics.gops - 1}, the first not behind the last.`;
  if (!fits)
    return;
  link.href = `${path}/${first}-${last}.mp4`;
  link.removeAttribute('aria-disabled');
  link.download = cutName(name, `${first}-${last}`, 'mp4');
  const [begin, end] = await Promise.all([gops.get(first), gops.get(last)]);
  if (link.href.endsWith(`/${first}-${last}.mp4`))
    byId('range-says').textContent = `${clock(begin.pts_time, 3)} to ${clock(end.pts_time + end.duration, 3)}`;
}

function prepareRange() {
  for (const [id, value] of [['range-from', 0], ['range-to', Math.min(1, statistics.gops - 1)]]) {
    byId(id).max = statistics.gops - 1;
    byId(id).value = value;
    byId(id).addEventListener('input', () => offerRange().catch(showTrouble));
  }
  byId('range').addEventListener('toggle', () => offerRange().catch(showTrouble), { once: true });
}

/* --- which of the two ------------------------------------------------------ */

function showOverview() {
  const from = opened;

  view?.close();
  opened = -1;
  document.title = `${name}: groups of pictures · Haberdash`;
  show(byId('overview'));
  if (overview === null) {
    overview = {};
    overview.chart = makeChart();
    overview.grid = makeGrid();
  } else {
    overview.chart.draw();
    overview.grid.layout();
  }
  if (from >= 0) {
    scrollTo({ top: place, behavior: 'instant' });
    overview.grid.focus(from);
  }
}

function showGop(index) {
  if (opened < 0)
    place = scrollY;
  opened = index;
  show(byId('overview'), false);
  document.title = `${gopName(index)} of ${name} · Haberdash`;
  view ??= new GopView(name, gops, statistics.gops);
  view.open(index);
  scrollTo({ top: 0, behavior: 'instant' });
  byId('gop-title').focus({ preventScroll: true });
}

function route() {
  const text = new URLSearchParams(location.search).get('gop');
  const index = Number(text);

  byId('trouble').replaceChildren();
  if (text !== null && /^\d{1,15}$/.test(text) && index < statistics.gops) {
    showGop(index);
    return;
  }
  showOverview();
  if (text !== null)
    showTrouble(Object.assign(new Error(`This video has ${statistics.gops.toLocaleString()} GOPs, numbered from 0.`),
      { title: `There is no GOP ${text}` }));
}

// Links from one GOP to another need no new page.
function onClick(event) {
  const link = event.target.closest('a[href^="?"]');

  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey ||
    event.altKey)
    return;
  event.preventDefault();
  history.pushState(null, '', new URL(link.getAttribute('href'), location.href.split(/[?#]/)[0]));
  route();
}

/* --- the beginning ---------------------------------------------------------- */

function showTrouble(error) {
  if (error.name !== 'AbortError')
    byId('trouble').replaceChildren(errorNotice(error));
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Asks again while the video is being read, or the service does not answer.
async function load() {
  const bins = innerWidth < 640 ? FEW : MANY;

  for (;;) {
    try {
      statistics = await get(`${path}/statistics.json?bins=${bins}`);
      return;
    } catch (error) {
      if (!PASSING.has(error.status))
        throw error;
      byId('loading').textContent = `${error.message} Trying again…`;
    }
    await pause(RETRY_MS);
  }
}

async function main() {
  byId('name').textContent = name;
  document.title = `${name}: groups of pictures · Haberdash`;
  await load();
  show(byId('empty'), statistics.gops === 0);
  if (statistics.gops === 0)
    return;
  byId('summary').textContent = summary(statistics);
  history.scrollRestoration = 'manual';
  addEventListener('popstate', route);
  document.addEventListener('click', onClick);
  byId('jump').addEventListener('submit', (event) => jump(event).catch(showTrouble));
  prepareRange();
  route();
}

main().catch(showTrouble).finally(() => show(byId('loading'), false));
