// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures of GOPs: fetched only while they are wanted, a few at a time, and
// given up when they are wanted no more.

const AT_ONCE = 4;
const KEPT = 300;
const PAUSE_MS = 100; // that scrolling has to rest

export class Thumbnails {
  #address;
  #onPicture;
  #wanted = [];          // indices, the next first
  #running = new Map();  // index -> AbortController
  #kept = new Map();     // index -> address of a blob, or null where there is none; the oldest first
  #timer = 0; // 0 while it rests

  // address (index) of the picture; onPicture (index, url) with null where there
  // is none.
  constructor(address, onPicture) {
    this.#address = address;
    this.#onPicture = onPicture;
  }

  // What is here: an address, null where there is none, undefined where it was
  // not asked for.
  get(index) {
    return this.#kept.get(index);
  }

  // From now on these, and no others.
  want(indices) {
    const set = new Set(indices);

    for (const [index, control] of this.#running)
      if (!set.has(index))
        control.abort();
    this.#wanted = indices.filter((index) => !this.#kept.has(index) && !this.#running.has(index));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#start();
    }, PAUSE_MS);
  }

  #start() {
    while (this.#timer === 0 && this.#running.size < AT_ONCE && this.#wanted.length > 0)
      this.#fetch(this.#wanted.shift());
  }

  async #fetch(index) {
    const control = new AbortController();

    this.#running.set(index, control);
    try {
      const answer = await fetch(this.#address(index), { signal: control.signal });
      this.#keep(index, answer.ok ? URL.createObjectURL(await answer.blob()) : null);
    } catch (error) {
      if (error.name !== 'AbortError')
        this.#onPicture(index, null);
    }
    this.#running.delete(index);
    this.#start();
  }

  #keep(index, url) {
    this.#kept.set(index, url);
    if (this.#kept.size > KEPT) {
      const [oldest, gone] = this.#kept.entries().next().value;
      this.#kept.delete(oldest);
      if (gone !== null)
        URL.revokeObjectURL(gone);
    }
    this.#onPicture(index, url);
  }
}
