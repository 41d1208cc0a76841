// SPDX-License-Identifier: LGPL-2.1-or-later
// The frames of a GOP as bars in decoding order, as high as they are large, in
// the colour of their type, whose letter stands below. Only those in sight are
// drawn, however many there are.

import { ticks } from './chart-scale.js';
import { bytes } from './format.js';
import { typeName } from './gop-list.js';

const LEFT = 64; // CSS pixels
const TOP = 12;
const BOTTOM = 36;
const NARROWEST = 5;
const WIDEST = 30;
const LETTER = 9; // from this width on there is room for one
const LARGE_STEP = 10;

export class FrameChart {
  #canvas;
  #scroller;
  #room;
  #frames = [];
  #scale = [0, 1];
  #at = 0;
  #describe;
  #onSelect;

  // scroller > room > canvas; describe (frame, index) in words, onSelect (index).
  constructor({ canvas, scroller, room, describe, onSelect }) {
    this.#canvas = canvas;
    this.#scroller = scroller;
    this.#room = room;
    this.#describe = describe;
    this.#onSelect = onSelect;
    scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    canvas.addEventListener('click', (event) => this.#onClick(event));
    canvas.addEventListener('pointermove', (event) => this.#onMove(event));
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
  }

  set frames(frames) {
    this.#frames = frames;
    this.#scale = ticks(frames.reduce((most, { size }) => Math.max(most, size), 0), 4);
    this.#canvas.setAttribute('aria-valuemin', 0);
    this.#canvas.setAttribute('aria-valuemax', frames.length - 1);
    this.#scroller.scrollLeft = 0;
    this.select(0);
  }

  get #wide() {
    const fitting = (this.#scroller.clientWidth - LEFT) / Math.max(1, this.#frames.length);

    return Math.min(WIDEST, Math.max(NARROWEST, Math.floor(fitting)));
  }

  // Shows one as chosen, without telling.
  select(index) {
    this.#at = index;
    this.#canvas.setAttribute('aria-valuenow', index);
    this.#canvas.setAttribute('aria-valuetext', this.#describe(this.#frames[index], index));
    this.#bringIntoSight(index);
    this.draw();
  }

  #bringIntoSight(index) {
    const left = index * this.#wide;
    const view = this.#scroller.clientWidth - LEFT - this.#wide;
    const place = this.#scroller.scrollLeft;

    if (left < place)
      this.#scroller.scrollLeft = left;
    else if (left > place + view)
      this.#scroller.scrollLeft = left - view;
  }

  // The frame at the pointer, -1 where there is none.
  #find({ offsetX }) {
    const index = Math.floor((offsetX - LEFT + this.#scroller.scrollLeft) / this.#wide);

    return offsetX >= LEFT && index < this.#frames.length ? index : -1;
  }

  #onClick(event) {
    const index = this.#find(event);

    if (index >= 0)
      this.#onSelect(index);
  }

  #onMove(event) {
    const index = this.#find(event);

    this.#canvas.title = index < 0 ? '' : this.#describe(this.#frames[index], index);
  }

  #onKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageUp: LARGE_STEP, PageDown: -LARGE_STEP,
      Home: -Infinity, End: Infinity };

    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey)
      return;
    event.preventDefault();
    this.#onSelect(Math.min(Math.max(this.#at + steps[event.key], 0), this.#frames.length - 1));
  }

  draw() {
    const width = this.#scroller.clientWidth;
    const height = this.#canvas.clientHeight;
    const wide = this.#wide;
    const pen = this.#canvas.getContext('2d');
    const style = getComputedStyle(this.#canvas);
    const colour = (name) => style.getPropertyValue(`--chart-${name}`);

    if (width === 0 || this.#frames.length === 0)
      return;
    this.#room.style.width = `${Math.max(width, LEFT + this.#frames.length * wide)}px`;
    this.#canvas.style.width = `${width}px`;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.font = `12px ${style.fontFamily}`;
    this.#drawScale(pen, width, height, colour);
    this.#drawBars(pen, width, height, wide, colour);
  }

  #y(value, height) {
    return height - BOTTOM - value / this.#scale.at(-1) * (height - TOP - BOTTOM);
  }

  #drawScale(pen, width, height, colour) {
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const value of this.#scale) {
      const y = this.#y(value, height);
      pen.fillStyle = colour('grid');
      pen.fillRect(LEFT, Math.round(y), width - LEFT, 1);
      pen.fillStyle = colour('text');
      pen.fillText(bytes(value), LEFT - 6, y);
    }
  }

  #drawBars(pen, width, height, wide, colour) {
    const place = this.#scroller.scrollLeft;
    const first = Math.floor(place / wide);
    const last = Math.min(this.#frames.length, Math.ceil((place + width - LEFT) / wide));
    const numbers = Math.ceil(44 / wide / 5) * 5; // a number every so many bars

    pen.save();
    pen.beginPath();
    pen.rect(LEFT, 0, width - LEFT, height);
    pen.clip();
    pen.textAlign = 'center';
    for (let index = first; index < last; index++)
      this.#drawBar(pen, index, LEFT + index * wide - place, wide, height, numbers, colour);
    pen.restore();
  }

  #drawBar(pen, index, left, wide, height, numbers, colour) {
    const { size, pict_type: type } = this.#frames[index];
    const y = this.#y(size, height);
    const floor = height - BOTTOM;

    if (index === this.#at) {
      pen.fillStyle = colour('chosen');
      pen.fillRect(left, TOP - 6, wide, floor - TOP + 24);
    }
    pen.fillStyle = colour(typeName(type));
    pen.fillRect(left + 0.5, y, wide - 1, Math.max(1, floor - y));
    pen.fillStyle = colour('text');
    if (wide >= LETTER)
      pen.fillText(type, left + wide / 2, floor + 9);
    if (index % numbers === 0)
      pen.fillText(String(index), Math.max(left + wide / 2, LEFT + 6), floor + 25);
  }
}
