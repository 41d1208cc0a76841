// SPDX-License-Identifier: LGPL-2.1-or-later
// All GOPs of one video: their sizes along the time line, a table, a player.

import { ApiError, get, gopsPath, list } from './api.js';
import { byId, el, errorNotice, facts, show } from './dom.js';
import { bytes, clock, count } from './format.js';
import { GopChart } from './gop-chart.js';
import { kindName, totals } from './gop-list.js';
import { VirtualRows } from './virtual-rows.js';

const name = decodeURIComponent(/^\/videos\/([^/]+)\//.exec(location.pathname)[1]);
const path = gopsPath(name);
const video = byId('video');

let gops = [];
let rows = null;
let chart = null;
let current = -1;

const closedText = (gop) => (gop.closed ? 'closed' : 'open');
const ms = (seconds) => `${seconds.toFixed(3)} s`;

function makeRow(index) {
  const gop = gops[index];
  const cell = (text, extra = '') => el('td', { class: `number ${extra}` }, text);

  return el('tr', { class: index === current ? 'current' : null, onclick: () => play(index) },
    el('th', { scope: 'row' }, el('button', { type: 'button', 'aria-label': `Play GOP ${gop.index}` },
      String(gop.index))),
    cell(clock(gop.pts_time, 3)),
    cell(ms(gop.duration)),
    cell(String(gop.frames), 'minor'),
    cell(bytes(gop.size)),
    el('td', { class: 'minor' }, kindName(gop.kind)),
    el('td', { class: 'minor' }, closedText(gop)));
}

function describe(gop) {
  return facts([
    ['Start', clock(gop.pts_time, 3)],
    ['Duration', ms(gop.duration)],
    ['Frames', gop.frames.toLocaleString()],
    ['Size', bytes(gop.size)],
    ['Starts with', kindName(gop.kind)],
    ['GOP', gop.closed ? 'closed: needs no other' : 'open: its first pictures shown lean on the GOP before'],
  ]);
}

const showTrouble = (...nodes) => byId('video-trouble').replaceChildren(...nodes);

// The element does not tell why; the service may.
async function explainVideo(index) {
  const error = await get(`${path}/${gops[index].index}.mp4`).catch((problem) => problem);

  if (index !== current)
    return;
  showTrouble(error instanceof ApiError ? errorNotice(error)
    : el('div', { class: 'notice bad', role: 'alert' }, el('p', {},
      'This browser cannot play this GOP by itself. Saved as a file it may play elsewhere.')));
}

function load(index) {
  video.src = byId('download').href = `${path}/${gops[index].index}.mp4`;
  video.play().catch(() => {}); // what is wrong is an event of the element
}

function play(index) {
  const gop = gops[index];
  const before = current;

  current = index;
  for (const at of [before, index])
    rows.row(at)?.classList.toggle('current', at === index);
  rows.reveal(index);
  chart.current = index;
  show(byId('player'));
  byId('player').scrollIntoView({ block: 'nearest' });
  byId('playing').textContent = `GOP ${gop.index}`;
  byId('facts').replaceChildren(describe(gop));
  showTrouble();
  byId('previous').disabled = index === 0;
  byId('next').disabled = index === gops.length - 1;
  byId('download').download = `${name.replace(/\.[^.]*$/, '')}-gop-${gop.index}.mp4`;
  load(index);
  history.replaceState(null, '', `#${gop.index}`);
}

function point(index) {
  const says = byId('chart-says');

  says.dataset.rest ??= says.textContent;
  if (index < 0) {
    says.textContent = says.dataset.rest;
    return;
  }
  const gop = gops[index];
  says.textContent = `GOP ${gop.index} at ${clock(gop.pts_time, 3)}: ${ms(gop.duration)}, ` +
    `${count(gop.frames, 'frame')}, ${bytes(gop.size)}, ${kindName(gop.kind)}, ${closedText(gop)}`;
}

function moveFocus(event) {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  const from = event.target.closest('tr')?.dataset.index;

  if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey)
    return;
  event.preventDefault();
  const to = from === undefined ? 0
    : Math.max(0, Math.min(gops.length - 1, Number(from) + steps[event.key]));
  rows.reveal(to);
  rows.row(to).querySelector('button').focus({ preventScroll: true });
}

function summary() {
  const all = totals(gops);
  const open = all.open ? `${count(all.open, 'is', 'are')} open` : 'all closed';

  return `${count(gops.length, 'GOP')} in ${clock(all.duration)}, ${count(all.frames, 'frame')}, ` +
    `${bytes(all.size)}; ${open}; ${ms(all.duration / gops.length)} on average.`;
}

async function main() {
  byId('name').textContent = name;
  document.title = `${name}: groups of pictures · Haberdash`;
  gops = await list(path);
  show(byId('empty'), gops.length === 0);
  if (gops.length === 0)
    return;
  show(byId('content'));
  byId('summary').textContent = summary();
  rows = new VirtualRows(byId('scroller'), byId('gops'), gops.length, makeRow);
  chart = new GopChart(byId('chart'), gops, { onPick: play, onPoint: point });
  byId('scroller').addEventListener('keydown', moveFocus);
  byId('previous').addEventListener('click', () => play(current - 1));
  byId('next').addEventListener('click', () => play(current + 1));
  video.addEventListener('error', () => explainVideo(current));
  const wanted = gops.findIndex((gop) => `#${gop.index}` === location.hash);
  if (wanted >= 0)
    play(wanted);
}

main().catch((error) => byId('trouble').replaceChildren(errorNotice(error)))
  .finally(() => show(byId('loading'), false));
