// SPDX-License-Identifier: LGPL-2.1-or-later
// GOPs of a video, fetched in parts when they are wanted, and only some of the
// parts kept.

import { get, gopsPath } from './api.js';

const PART = 200; // GOPs a request
const KEPT = 40;  // parts

export class GopPages {
  #path;
  #parts = new Map(); // number -> Promise of an array, or the array; the oldest first

  constructor(name) {
    this.#path = gopsPath(name);
  }

  // The GOP if it is here already.
  peek(index) {
    const part = this.#parts.get(Math.floor(index / PART));

    return Array.isArray(part) ? part[index % PART] : undefined;
  }

  async #fetch(number) {
    const after = number > 0 ? `&after=${number * PART - 1}` : '';
    try {
      const part = await get(`${this.#path}?limit=${PART}${after}`);
      if (this.#parts.has(number))
        this.#parts.set(number, part);
      return part;
    } catch (error) {
      this.#parts.delete(number); // to be asked for again
      throw error;
    }
  }

  #part(number) {
    const part = this.#parts.get(number) ?? this.#fetch(number);

    this.#parts.delete(number);
    this.#parts.set(number, part);
    if (this.#parts.size > KEPT)
      this.#parts.delete(this.#parts.keys().next().value);
    return part;
  }

  async get(index) {
    return (await this.#part(Math.floor(index / PART)))[index % PART];
  }

  // Resolves when those from first to last, inclusive, are here.
  async load(first, last) {
    const numbers = [];

    for (let number = Math.floor(first / PART); number <= Math.floor(last / PART); number++)
      numbers.push(number);
    await Promise.all(numbers.map((number) => this.#part(number)));
  }
}
