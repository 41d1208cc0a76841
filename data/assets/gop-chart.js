// SPDX-License-Identifier: LGPL-2.1-or-later
// Sizes and durations of GOPs along the time line. A bar is a GOP, or where
// there are more than the chart has room for, some that follow each other: as
// high as the largest of them, and in full colour as high as they are on
// average. What is far out of the ordinary has a mark of its own.

import { fences, findAt, outlier, ticks, timeTicks } from './chart-scale.js';
import { bytes, clock, count } from './format.js';
import { gopName, seconds } from './gop-list.js';

const LEFT = 64; // CSS pixels around what is drawn
const RIGHT = 10;
const TOP = 18;
const BETWEEN = 30;
const BOTTOM = 22;
const LARGE_STEP = 10;

const gopsOf = (bin) => bin.last - bin.first + 1;

// What the two rows of the chart show.
const ROWS = [
  { title: 'Size', share: 0.62, least: 'smallest', most: 'largest', index: 'largest_index',
    mean: (bin) => bin.size / gopsOf(bin), unit: bytes },
  { title: 'Duration', share: 0.38, least: 'shortest', most: 'longest', index: 'longest_index',
    mean: (bin) => bin.duration / gopsOf(bin), unit: (value) => `${+value.toPrecision(3)} s` },
];

export class GopChart {
  #canvas;
  #says;
  #bins;
  #rows;
  #start;
  #length;
  #at = 0;          // the bin that is chosen
  #pointed = false; // by the pointer
  #onPick;

  // statistics: its bins; says: where it stands in words what is chosen; onPick (index) of a GOP.
  constructor(canvas, says, statistics, onPick) {
    this.#canvas = canvas;
    this.#says = says;
    this.#onPick = onPick;
    this.#bins = withTimes(statistics.bins);
    this.#start = this.#bins[0].start;
    this.#length = Math.max(1e-9, this.#bins.at(-1).end - this.#start);
    this.#rows = ROWS.map((row) => makeRow(row, this.#bins));
    this.#listen();
    canvas.setAttribute('aria-valuemin', 0);
    canvas.setAttribute('aria-valuemax', this.#bins.length - 1);
    this.#choose(0);
    says.textContent = this.rest;
  }

  get bins() {
    return this.#bins;
  }

  // Of a bin: 'size', 'duration', both or none.
  unusual(index) {
    return this.#rows.filter((row) => row.out[index]).map((row) => row.title.toLowerCase());
  }

  get rest() {
    const out = this.#bins.filter((_, index) => this.unusual(index).length > 0).length;

    return out > 0 ? `${count(out, 'bar is', 'bars are')} far out of the ordinary.` : 'No GOP is far out of the ordinary.';
  }

  #listen() {
    const canvas = this.#canvas;

    canvas.addEventListener('click', (event) => this.#pick(...this.#find(event)));
    canvas.addEventListener('pointermove', (event) => {
      this.#pointed = true;
      this.#choose(this.#find(event)[0]);
    });
    canvas.addEventListener('pointerleave', () => this.#leave());
    canvas.addEventListener('blur', () => this.#leave());
    canvas.addEventListener('focus', () => this.#choose(this.#at));
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  #leave() {
    this.#pointed = false;
    if (document.activeElement !== this.#canvas)
      this.#says.textContent = this.rest;
    this.draw();
  }

  #pick(bin, row) {
    this.#onPick(this.#bins[bin][ROWS[row].index]);
  }

  #onKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageUp: LARGE_STEP, PageDown: -LARGE_STEP,
      Home: -Infinity, End: Infinity };

    if (event.ctrlKey || event.altKey || event.metaKey)
      return;
    if (event.key === 'Enter')
      this.#pick(this.#at, this.#rows[0].out[this.#at] || !this.#rows[1].out[this.#at] ? 0 : 1);
    else if (event.shiftKey && event.key in steps)
      this.#choose(this.#nextUnusual(Math.sign(steps[event.key])));
    else if (event.key in steps)
      this.#choose(Math.min(Math.max(this.#at + steps[event.key], 0), this.#bins.length - 1));
    else
      return;
    event.preventDefault();
  }

  #nextUnusual(step) {
    for (let index = this.#at + step; index in this.#bins; index += step)
      if (this.unusual(index).length > 0)
        return index;
    return this.#at;
  }

  // [bin, row] at the pointer.
  #find({ offsetX, offsetY }) {
    const width = this.#canvas.clientWidth - LEFT - RIGHT;
    const time = this.#start + (offsetX - LEFT) / width * this.#length;

    return [findAt(this.#bins, time, (bin) => bin.start), offsetY < this.#layout()[1].top - BETWEEN / 2 ? 0 : 1];
  }

  #choose(index) {
    const text = this.#describe(index);

    this.#at = index;
    this.#says.textContent = text;
    this.#canvas.setAttribute('aria-valuenow', index);
    this.#canvas.setAttribute('aria-valuetext', text);
    this.draw();
  }

  #describe(index) {
    const bin = this.#bins[index];
    const out = this.unusual(index);
    const end = out.length > 0 ? `; ${out.join(' and ')} far out of the ordinary` : '';

    if (bin.first === bin.last)
      return `${gopName(bin.first)} at ${clock(bin.start, 3)}: ${bytes(bin.size)}, ${seconds(bin.duration)}${end}`;
    return `GOPs ${bin.first.toLocaleString()} to ${bin.last.toLocaleString()} from ${clock(bin.start)}: ` +
      `${bytes(bin.smallest)} to ${bytes(bin.largest)}, ${seconds(bin.shortest)} to ${seconds(bin.longest)}${end}`;
  }

  // Where the rows are.
  #layout() {
    const room = this.#canvas.clientHeight - TOP - BETWEEN - BOTTOM;
    let top = TOP;

    return ROWS.map(({ share }) => {
      const row = { top, height: room * share };
      top += row.height + BETWEEN;
      return row;
    });
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const pen = this.#canvas.getContext('2d');
    const style = getComputedStyle(this.#canvas);
    const colour = (name) => style.getPropertyValue(`--chart-${name}`);

    if (width === 0)
      return;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.font = `12px ${style.fontFamily}`;
    this.#layout().forEach((place, i) => this.#drawRow(pen, this.#rows[i], place, width, colour));
    this.#drawTimes(pen, width, height, colour);
    if (this.#pointed || document.activeElement === this.#canvas)
      this.#drawCursor(pen, width, height, colour);
  }

  #x(time, width) {
    return LEFT + (time - this.#start) / this.#length * (width - LEFT - RIGHT);
  }

  #drawRow(pen, row, { top, height }, width, colour) {
    const scale = ticks(row.highest, height > 90 ? 4 : 2);
    const y = (value) => top + height - value / scale.at(-1) * height;

    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const value of scale) {
      pen.fillStyle = colour('grid');
      pen.fillRect(LEFT, Math.round(y(value)), width - LEFT - RIGHT, 1);
      pen.fillStyle = colour('text');
      pen.fillText(row.unit(value), LEFT - 6, y(value));
    }
    pen.textAlign = 'left';
    pen.fillText(row.title, LEFT, top - 10);
    this.#bins.forEach((bin, index) => this.#drawBar(pen, row, bin, index, width, y, colour));
  }

  // At least one pixel, as more bars than pixels would not be seen otherwise.
  #drawBar(pen, row, bin, index, width, y, colour) {
    const left = Math.round(this.#x(bin.start, width)); // else there would be seams
    const wide = Math.max(1, Math.round(this.#x(bin.end, width)) - left);
    const gap = wide > 4 ? 1 : 0;
    const out = row.out[index];
    const bar = (value, fill) => {
      pen.fillStyle = colour(fill);
      pen.fillRect(left, y(value), wide - gap, Math.max(1, y(0) - y(value)));
    };

    bar(bin[row.most], out ? 'out' : 'most');
    bar(row.mean(bin), out && bin.first === bin.last ? 'out' : 'mean');
    if (out)
      mark(pen, left + (wide - gap) / 2, y(bin[row.most]) - 3, colour('out'));
  }

  #drawTimes(pen, width, height, colour) {
    const wanted = Math.max(2, Math.floor((width - LEFT - RIGHT) / 90));
    const times = timeTicks(this.#start, this.#length, wanted);
    const decimals = times.length > 1 && times[1] - times[0] < 1 ? 2 : 0;

    pen.fillStyle = colour('text');
    pen.textBaseline = 'alphabetic';
    for (const time of times) {
      const x = this.#x(time, width);
      pen.textAlign = x > width - 40 ? 'right' : 'center';
      pen.fillText(clock(time, decimals), Math.min(x, width - 2), height - 6);
    }
  }

  #drawCursor(pen, width, height, colour) {
    const bin = this.#bins[this.#at];
    const x = (this.#x(bin.start, width) + this.#x(bin.end, width)) / 2;

    pen.fillStyle = colour('cursor');
    pen.fillRect(Math.round(x) - 1, TOP, 2, height - TOP - BOTTOM);
  }
}

// A triangle that points down at what is far out, so that colour is not all.
function mark(pen, x, y, fill) {
  pen.fillStyle = fill;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 4, y - 7);
  pen.lineTo(x + 4, y - 7);
  pen.fill();
}

// Where times are unknown, bins follow each other.
function withTimes(bins) {
  let end = bins[0].pts_time ?? 0;

  return bins.map((bin) => {
    const start = Math.max(bin.pts_time ?? end, 0);
    end = start + Math.max(bin.duration, 1e-6);
    return { ...bin, start, end };
  });
}

function makeRow(row, bins) {
  const limits = fences(bins.map((bin) => bin[row.least]), bins.map((bin) => bin[row.most]));

  return { ...row, highest: bins.reduce((most, bin) => Math.max(most, bin[row.most]), 0),
    out: bins.map((bin) => outlier(bin[row.least], bin[row.most], limits)) };
}
