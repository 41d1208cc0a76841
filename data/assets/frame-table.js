// SPDX-License-Identifier: LGPL-2.1-or-later
// The frames of a GOP as a table, of which only the rows in sight are there.

import { el } from './dom.js';
import { VirtualRows } from './virtual-rows.js';

const COLUMNS = ['Frame', 'Type', 'PTS', 'DTS', 'Offset', 'Size'];

const time = (value) => `${value.toFixed(6)} s`;
const whole = (value) => (value === undefined ? '–' : value.toLocaleString());

export class FrameTable {
  #rows;
  #frames;
  #scroller;
  #at = 0;

  // In box, anew. onSelect (index) when a row is chosen.
  constructor(box, frames, onSelect) {
    const table = el('table', {}, el('caption', {}, 'The frames of this GOP in decoding order'),
      el('thead', {}, el('tr', {}, ...COLUMNS.map((name, i) =>
        el('th', { scope: 'col', class: i === 1 ? null : 'number' }, name)))), el('tbody'));

    this.#frames = frames;
    this.#scroller = el('div', { class: 'table-wrap rows', tabindex: -1 }, table);
    box.replaceChildren(this.#scroller);
    this.#scroller.addEventListener('click', ({ target }) => {
      const row = target.closest('tr[data-index]');
      if (row)
        onSelect(Number(row.dataset.index));
    });
    this.#scroller.addEventListener('keydown', (event) => this.#onKey(event, onSelect));
    this.#rows = new VirtualRows(this.#scroller, table, frames.length, (index) => this.#makeRow(index));
  }

  #makeRow(index) {
    const frame = this.#frames[index];
    const cell = (text) => el('td', { class: 'number' }, text);

    return el('tr', { class: index === this.#at ? 'current' : null },
      el('th', { scope: 'row', class: 'number' }, el('button', { type: 'button', class: 'bare',
        tabindex: index === this.#at ? 0 : -1, 'aria-label': `Frame ${index}` }, String(index))),
      el('td', {}, el('span', { class: `frame-type type-${frame.pict_type}` }, frame.pict_type),
        frame.key_frame ? ' key' : ''),
      cell(time(frame.pts_time)), cell(time(frame.dts_time)), cell(whole(frame.offset)), cell(whole(frame.size)));
  }

  #onKey(event, onSelect) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey)
      return;
    event.preventDefault();
    onSelect(Math.min(Math.max(this.#at + steps[event.key], 0), this.#frames.length - 1));
    this.#rows.row(this.#at)?.querySelector('button').focus({ preventScroll: true });
  }

  select(index) {
    this.#at = index;
    if (this.#scroller.offsetParent === null)
      return; // made anew when it is opened
    this.#rows.reveal(index);
    this.#rows.redraw();
  }

  // It has come on the screen.
  redraw() {
    this.#rows.redraw();
    this.select(this.#at);
  }
}
