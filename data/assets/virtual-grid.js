// SPDX-License-Identifier: LGPL-2.1-or-later
// A grid in the flow of the page, of which only the items in sight are there, so
// that hundreds of thousands cost no more than a few. Items are all of one size,
// which CSS says; the page scrolls, not the grid.

// What browsers lay out with whole pixels; a grid that would be higher is
// scrolled faster than the page.
const HIGHEST = 8e6;
const MARGIN = 1; // rows above and below those in sight

export class VirtualGrid {
  #frame;
  #list;
  #count;
  #make;
  #onRange;
  #items = new Map(); // index -> <li>
  #columns = 1;
  #rowHeight = 200;
  #current = 0; // that can be reached by Tab
  #frameTime = 0;

  // frame: an empty block that gets the list; makeItem (index) gives an <li>
  // with a link in it; onRange (made, seen): { first, last } of those that are
  // there, and of these in sight, inclusive.
  constructor(frame, list, count, { makeItem, onRange }) {
    this.#frame = frame;
    this.#list = list;
    this.#count = count;
    this.#make = makeItem;
    this.#onRange = onRange;
    addEventListener('scroll', () => this.#later(), { passive: true });
    new ResizeObserver(() => this.layout()).observe(frame); // which begins it
    list.addEventListener('keydown', (event) => this.#onKey(event));
    list.addEventListener('focusin', (event) => this.#setCurrent(this.#indexOf(event.target)));
  }

  get columns() {
    return this.#columns;
  }

  item(index) {
    return this.#items.get(index);
  }

  #indexOf(node) {
    return Number(node.closest('li').dataset.index);
  }

  // After the size of the grid, or of its items, has changed.
  layout() {
    if (this.#frame.offsetParent === null)
      return; // not on the screen
    this.#columns = getComputedStyle(this.#list).gridTemplateColumns.split(' ').length;
    this.#draw();
    const row = this.#list.firstElementChild?.getBoundingClientRect().height;
    const gap = parseFloat(getComputedStyle(this.#list).rowGap) || 0;
    if (row && Math.abs(row + gap - this.#rowHeight) > 0.1) {
      this.#rowHeight = row + gap;
      this.#draw();
    }
  }

  get #rows() {
    return Math.ceil(this.#count / this.#columns);
  }

  #later() {
    this.#frameTime ||= requestAnimationFrame(() => {
      this.#frameTime = 0;
      this.#draw();
    });
  }

  // How much of the grid's own height a pixel of the page is.
  #scale(height) {
    const whole = this.#rows * this.#rowHeight;
    const page = Math.min(whole, HIGHEST);

    return whole > page ? (whole - height) / (page - height) : 1;
  }

  #draw() {
    if (this.#frame.offsetParent === null)
      return;
    const height = innerHeight;
    const page = Math.min(this.#rows * this.#rowHeight, HIGHEST);
    this.#frame.style.height = `${page}px`;
    const above = -this.#frame.getBoundingClientRect().top;
    const top = Math.min(Math.max(0, above), Math.max(0, page - height));
    const place = top * this.#scale(height);
    const seen = [Math.floor(place / this.#rowHeight),
      Math.max(0, Math.ceil((place + height + Math.min(0, above)) / this.#rowHeight))];
    const first = Math.max(0, seen[0] - MARGIN) * this.#columns;
    const last = Math.min(this.#count, (seen[1] + MARGIN) * this.#columns);

    this.#list.style.transform = `translateY(${first / this.#columns * this.#rowHeight - place + top}px)`;
    this.#fill(first, last);
    this.#onRange({ first, last: last - 1 },
      { first: seen[0] * this.#columns, last: Math.min(this.#count, seen[1] * this.#columns) - 1 });
  }

  #fill(first, last) {
    const focused = this.#list.contains(document.activeElement) ? this.#indexOf(document.activeElement) : -1;

    for (const [index, item] of this.#items) {
      if (index < first || index >= last) {
        item.remove();
        this.#items.delete(index);
      }
    }
    let next = this.#list.firstElementChild;
    for (let index = first; index < last; index++) {
      const item = this.#items.get(index);
      if (item)
        next = item.nextElementSibling;
      else
        this.#list.insertBefore(this.#add(index), next);
    }
    if (!this.#items.has(this.#current))
      this.#setCurrent(Math.min(Math.max(this.#current, first), last - 1));
    if (focused >= 0 && !this.#items.has(focused)) // else the page's top would have it
      this.#link(this.#current)?.focus({ preventScroll: true });
  }

  #add(index) {
    const item = this.#make(index);

    item.dataset.index = index;
    item.setAttribute('aria-setsize', this.#count);
    item.setAttribute('aria-posinset', index + 1);
    this.#items.set(index, item);
    item.querySelector('a').tabIndex = index === this.#current ? 0 : -1;
    return item;
  }

  #link(index) {
    return this.#items.get(index)?.querySelector('a');
  }

  #setCurrent(index) {
    for (const [at, tabIndex] of [[this.#current, -1], [index, 0]]) {
      const link = this.#link(at);
      if (link)
        link.tabIndex = tabIndex;
    }
    this.#current = index;
  }

  // Scrolls the page as little as needed, or so that the item is in the middle.
  reveal(index, { middle = false } = {}) {
    const height = innerHeight;
    const row = Math.floor(index / this.#columns) * this.#rowHeight;
    const page = Math.min(this.#rows * this.#rowHeight, HIGHEST);
    const scale = this.#scale(height);
    const frameTop = this.#frame.getBoundingClientRect().top + scrollY;
    const place = Math.max(0, scrollY - frameTop) * scale;
    const over = Math.min(0, scrollY - frameTop); // of the page above the grid that is in sight
    let wanted = null;

    if (middle)
      wanted = row - (height - this.#rowHeight) / 2;
    else if (row < place)
      wanted = row - 8;
    else if (row + this.#rowHeight > place + height + over)
      wanted = row + this.#rowHeight - height + 8;
    if (wanted !== null)
      scrollTo({ top: frameTop + Math.min(Math.max(wanted < 0 ? wanted : wanted / scale, -frameTop), page),
        behavior: 'instant' });
    this.#draw();
  }

  focus(index, options) {
    this.reveal(index, options);
    this.#link(index)?.focus({ preventScroll: true });
  }

  #onKey(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.#rowHeight)) * this.#columns;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns,
      PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity };

    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey)
      return;
    event.preventDefault();
    const to = this.#indexOf(event.target) + steps[event.key];
    this.focus(Math.min(Math.max(to, 0), this.#count - 1));
  }
}
