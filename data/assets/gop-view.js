// SPDX-License-Identifier: LGPL-2.1-or-later
// One GOP: it plays, its frames are bars, and what can be had of it.

import { ApiError, get, gopsPath } from './api.js';
import { byId, el, errorNotice, facts, show } from './dom.js';
import { bitRate, bytes, clock, count } from './format.js';
import { FrameChart } from './frame-chart.js';
import { FrameTable } from './frame-table.js';
import { GopFilters } from './gop-filters.js';
import { cutName, gopName, kindName, seconds } from './gop-list.js';

const still = matchMedia('(prefers-reduced-motion: reduce)');

function describe(gop) {
  return facts([
    ['Start', clock(gop.pts_time, 3)],
    ['Duration', seconds(gop.duration)],
    ['Frames', gop.frames.toLocaleString()],
    ['Size', `${bytes(gop.size)} (${gop.size.toLocaleString()} bytes)`],
    ['Rate', gop.duration > 0 ? bitRate(gop.size * 8 / gop.duration) : null],
    ['Starts with', kindName(gop.kind)],
    ['Kind', gop.closed ? 'closed: needs no other GOP'
      : `open: ${count(gop.leading_pictures, 'picture')} at the start need the GOP before`],
    ['In the file', gop.first_byte === undefined ? null
      : `bytes ${gop.first_byte.toLocaleString()} to ${(gop.end_byte - 1).toLocaleString()}`],
  ]);
}

function describeFrame(frame, index) {
  const place = frame.offset === undefined ? '' : `, offset ${frame.offset.toLocaleString()}`;

  return `Frame ${index}: ${frame.pict_type}${frame.key_frame ? ' (key frame)' : ''}, ` +
    `${frame.size.toLocaleString()} bytes, PTS ${frame.pts_time.toFixed(3)} s, DTS ${frame.dts_time.toFixed(3)} s${place}`;
}

// "1 I, 12 P, 12 B"
function typesOf(frames) {
  const counts = new Map();

  for (const { pict_type: type } of frames)
    counts.set(type, (counts.get(type) ?? 0) + 1);
  return ['I', 'P', 'B', '?'].filter((type) => counts.has(type))
    .map((type) => `${counts.get(type).toLocaleString()} ${type}`).join(', ');
}

export class GopView {
  #name;
  #path;
  #count;
  #gops;
  #video = byId('video');
  #chart;
  #table = null;
  #filters = null;
  #frames = [];
  #start = 0; // the PTS of what is shown first
  #control = new AbortController();

  // gops: GopPages of the video of this name, which has count of them.
  constructor(name, gops, total) {
    this.#name = name;
    this.#path = gopsPath(name);
    this.#gops = gops;
    this.#count = total;
    this.#chart = new FrameChart({ canvas: byId('frames'), scroller: byId('frames-scroller'), room: byId('frames-room'),
      describe: describeFrame, onSelect: (index) => this.#select(index, true) });
    byId('frame-table').addEventListener('toggle', () => byId('frame-table').open && this.#table?.redraw());
  }

  async open(index) {
    this.#control.abort();
    this.#control = new AbortController();
    const { signal } = this.#control;

    show(byId('gop'));
    byId('gop-title').textContent = gopName(index);
    this.#linkNeighbours(index);
    this.#offer(index);
    this.#play(index, signal);
    try {
      const gop = await this.#gops.get(index);
      if (!signal.aborted)
        byId('facts').replaceChildren(describe(gop));
      await this.#loadFrames(index, signal);
    } catch (error) {
      if (error.name !== 'AbortError')
        byId('frames-trouble').replaceChildren(errorNotice(error));
    }
  }

  close() {
    this.#control.abort();
    this.#video.pause();
    this.#video.removeAttribute('src');
    this.#video.load();
    show(byId('gop'), false);
  }

  #linkNeighbours(index) {
    for (const [id, to] of [['previous', index - 1], ['next', index + 1]]) {
      const link = byId(id);
      const there = to >= 0 && to < this.#count;
      link.toggleAttribute('href', false);
      link.removeAttribute('aria-disabled');
      if (there)
        link.href = `?gop=${to}`;
      else
        link.setAttribute('aria-disabled', 'true');
    }
  }

  #offer(index) {
    for (const [id, end] of [['download', 'mp4'], ['save-picture', 'jpg'], ['save-facts', 'json']]) {
      const link = byId(id);
      link.href = `${this.#path}/${index}.${end}`;
      link.download = cutName(this.#name, index, end);
    }
    byId('save-frames').href = `${this.#path}/${index}/frames.json`;
    byId('save-frames').download = cutName(this.#name, `${index}-frames`, 'json');
    this.#filters ??= new GopFilters({ form: byId('filters'), list: byId('filter-list'), link: byId('filter-link'),
      button: byId('filter-apply'), result: byId('filter-result'), original: byId('filter-original'),
      video: byId('filtered'), trouble: byId('filter-trouble') });
    this.#filters.path = `${this.#path}/${index}.mp4`;
  }

  #play(index, signal) {
    byId('video-trouble').replaceChildren();
    this.#video.onerror = () => this.#explain(index, signal);
    this.#video.src = `${this.#path}/${index}.mp4`;
    if (!still.matches)
      this.#video.play().catch(() => {}); // what is wrong is an event of the element
  }

  // The element does not tell why; the service may.
  async #explain(index, signal) {
    const error = await get(`${this.#path}/${index}.mp4`).catch((problem) => problem);

    if (signal.aborted)
      return;
    byId('video-trouble').replaceChildren(error instanceof ApiError ? errorNotice(error)
      : el('div', { class: 'notice bad', role: 'alert' }, el('p', {},
        'This browser cannot play this GOP by itself. Saved as a file it may play elsewhere.')));
  }

  async #loadFrames(index, signal) {
    byId('frames-trouble').replaceChildren();
    byId('frame-says').textContent = 'Reading the frames…';
    const frames = await get(`${this.#path}/${index}/frames.json`, signal);

    this.#frames = frames;
    this.#start = frames.reduce((least, { pts_time: pts }) => Math.min(least, pts), Infinity);
    byId('frame-types').textContent = typesOf(frames);
    this.#table = new FrameTable(byId('frame-rows'), frames, (at) => this.#select(at, true));
    this.#chart.frames = frames;
    this.#select(0, false);
  }

  // seek: shows the frame in the player, too.
  #select(index, seek) {
    const frame = this.#frames[index];

    this.#chart.select(index);
    this.#table.select(index);
    byId('frame-says').textContent = describeFrame(frame, index);
    if (!seek)
      return;
    this.#video.pause();
    this.#video.currentTime = frame.pts_time - this.#start + frame.duration / 2;
  }
}
