// SPDX-License-Identifier: LGPL-2.1-or-later
// Draws GOPs along the time line: as wide as they are long, as high as they
// are large.

// Where a GOP lies in the picture; at least one pixel, as thousands of GOPs
// may share one.
function span(gop, range, width) {
  const left = (gop.pts_time - range.start) / range.length * width;

  return [left, Math.max(1, gop.duration / range.length * width)];
}

function rangeOf(gops) {
  const last = gops.at(-1);
  const start = gops[0].pts_time;

  return { start, length: Math.max(1e-9, last.pts_time + last.duration - start) };
}

export class GopChart {
  #canvas;
  #gops;
  #range;
  #largest;
  #current = -1;

  // onPoint (index) while the pointer is over a GOP, -1 when it leaves.
  constructor(canvas, gops, { onPick, onPoint }) {
    this.#canvas = canvas;
    this.#gops = gops;
    this.#range = rangeOf(gops);
    this.#largest = gops.reduce((most, gop) => Math.max(most, gop.size), 1);
    canvas.addEventListener('click', (event) => onPick(this.#at(event)));
    canvas.addEventListener('pointermove', (event) => onPoint(this.#at(event)));
    canvas.addEventListener('pointerleave', () => onPoint(-1));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  set current(index) {
    this.#current = index;
    this.draw();
  }

  // The GOP at the pointer: the last one that starts before it.
  #at(event) {
    const time = this.#range.start + event.offsetX / this.#canvas.clientWidth * this.#range.length;
    let low = 0;
    let high = this.#gops.length - 1;

    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#gops[middle].pts_time <= time)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }

  draw() {
    const scale = devicePixelRatio;
    const width = this.#canvas.width = Math.round(this.#canvas.clientWidth * scale);
    const height = this.#canvas.height = Math.round(this.#canvas.clientHeight * scale);
    const pen = this.#canvas.getContext('2d');
    const style = getComputedStyle(this.#canvas);

    pen.fillStyle = style.getPropertyValue('--chart');
    this.#gops.forEach((gop, index) => index !== this.#current && this.#bar(pen, gop, width, height, scale));
    if (this.#current >= 0) {
      pen.fillStyle = style.getPropertyValue('--chart-current');
      this.#bar(pen, this.#gops[this.#current], width, height, scale);
    }
  }

  #bar(pen, gop, width, height, scale) {
    const [left, wide] = span(gop, this.#range, width);
    const high = Math.max(scale, gop.size / this.#largest * height);
    const gap = wide > 4 * scale ? scale : 0;

    pen.fillRect(left, height - high, wide - gap, high);
  }
}
