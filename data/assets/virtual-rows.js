// SPDX-License-Identifier: LGPL-2.1-or-later
// A table body that holds only the rows in sight, so that tens of thousands
// cost no more than a few. Rows are all of one height.

import { el } from './dom.js';

const MARGIN = 10; // rows kept above and below those in sight

export class VirtualRows {
  #scroller;
  #body;
  #count;
  #make;
  #columns;
  #rowHeight = 40;
  #first = -1;
  #last = -1;

  // scroller: the element that scrolls table; makeRow (index) gives a <tr>.
  constructor(scroller, table, count, makeRow) {
    this.#scroller = scroller;
    this.#body = table.tBodies[0];
    this.#count = count;
    this.#make = makeRow;
    this.#columns = table.tHead.rows[0].cells.length;
    table.setAttribute('aria-rowcount', count + 1);
    scroller.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(scroller);
    this.#draw();
    this.#measure();
  }

  #measure() {
    const row = this.#body.querySelector('tr[data-index]');
    const height = row?.getBoundingClientRect().height;

    if (height && Math.abs(height - this.#rowHeight) > 0.1) {
      this.#rowHeight = height;
      this.redraw();
    }
  }

  #spacer(rows) {
    const row = el('tr', { class: 'spacer', 'aria-hidden': 'true' }, el('td', { colspan: this.#columns }));

    row.style.height = row.firstChild.style.height = `${rows * this.#rowHeight}px`;
    return row;
  }

  #draw() {
    const top = this.#scroller.scrollTop;
    const first = Math.max(0, Math.floor(top / this.#rowHeight) - MARGIN);
    const last = Math.min(this.#count,
      Math.ceil((top + this.#scroller.clientHeight) / this.#rowHeight) + MARGIN);

    if (first === this.#first && last === this.#last)
      return;
    const focused = this.#body.contains(document.activeElement)
      ? document.activeElement.closest('tr')?.dataset.index : undefined;
    const rows = [];
    this.#first = first;
    this.#last = last;
    for (let index = first; index < last; index++) {
      const row = this.#make(index);
      row.dataset.index = index;
      row.setAttribute('aria-rowindex', index + 2);
      rows.push(row);
    }
    this.#body.replaceChildren(this.#spacer(first), ...rows, this.#spacer(this.#count - last));
    if (focused !== undefined)
      this.row(Number(focused))?.querySelector('button')?.focus({ preventScroll: true });
  }

  redraw() {
    this.#first = -1;
    this.#draw();
  }

  // The <tr> when it is in sight.
  row(index) {
    return this.#body.querySelector(`tr[data-index="${index}"]`);
  }

  // Scrolls as little as needed to bring the row into sight.
  reveal(index) {
    const head = this.#body.parentElement.tHead.offsetHeight;
    const top = index * this.#rowHeight;
    const view = this.#scroller;

    if (top < view.scrollTop)
      view.scrollTop = top;
    else if (top + this.#rowHeight + head > view.scrollTop + view.clientHeight)
      view.scrollTop = top + this.#rowHeight + head - view.clientHeight;
    this.#draw();
  }
}
