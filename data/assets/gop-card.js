// SPDX-License-Identifier: LGPL-2.1-or-later
// A GOP in the grid: its picture, which plays when it is pointed at, and what is
// known of it.

import { el } from './dom.js';
import { bytes, clock, count } from './format.js';
import { closedText, gopName, kindName, seconds } from './gop-list.js';

const HOVER_MS = 200; // before it plays, so that a pointer may pass

const still = matchMedia('(prefers-reduced-motion: reduce)');

function figures(gop) {
  return [
    el('span', { class: 'gop-line' }, el('span', {}, clock(gop.pts_time, 3)), el('span', {}, seconds(gop.duration))),
    el('span', { class: 'gop-line' }, el('span', {}, count(gop.frames, 'frame')), el('span', {}, bytes(gop.size))),
    el('span', { class: 'gop-line' }, el('span', {}, kindName(gop.kind)),
      el('span', { class: gop.closed ? 'closed' : 'open' }, closedText(gop))),
  ];
}

// What stands there until it is known: as high as what will.
const blank = () => Array.from({ length: 3 }, () => el('span', { class: 'gop-line', 'aria-hidden': 'true' }, '…'));

export function makeCard(index, gop, href) {
  const card = el('li', { class: 'gop' },
    el('a', { href, class: 'gop-link', 'aria-keyshortcuts': 'Space' },
      el('span', { class: 'thumb' }), el('span', { class: 'gop-text' })),
    el('button', { type: 'button', class: 'peek', tabindex: -1, 'aria-pressed': 'false',
      'aria-label': `Play ${gopName(index)} here` }, '▶'));

  setFacts(card, index, gop);
  return card;
}

// gop: undefined where it is not known yet.
export function setFacts(card, index, gop) {
  card.querySelector('.gop-text').replaceChildren(el('strong', {}, gopName(index)), ...(gop ? figures(gop) : blank()));
  card.classList.toggle('unknown', !gop);
}

// url: null where there is no picture.
export function setPicture(card, url) {
  const thumb = card.querySelector('.thumb');

  thumb.querySelector('img, .no-picture')?.remove();
  thumb.prepend(url === null ? el('span', { class: 'no-picture' }, 'no picture')
    : el('img', { src: url, alt: '', draggable: 'false' }));
}

// One card at a time plays, muted, over and over.
export class Peek {
  #address;
  #card = null;
  #timer = 0;

  // list: of the cards; address (index) of the GOP as MP4.
  constructor(list, address) {
    this.#address = address;
    list.addEventListener('pointerover', (event) => this.#onOver(event));
    list.addEventListener('pointerleave', ({ pointerType }) => pointerType !== 'touch' && this.stop());
    list.addEventListener('click', (event) => this.#onClick(event));
    list.addEventListener('keydown', (event) => this.#onKey(event));
    list.addEventListener('focusout', ({ target, relatedTarget }) => {
      if (this.#card?.contains(target) && !this.#card.contains(relatedTarget))
        this.stop();
    });
  }

  #onOver({ target, pointerType }) {
    const card = target.closest('li');

    if (pointerType === 'touch' || still.matches || card === this.#card)
      return;
    this.stop();
    if (card)
      this.#timer = setTimeout(() => this.play(card), HOVER_MS);
  }

  // The button plays; so does a first tap on the picture, a second one opens.
  #onClick(event) {
    const card = event.target.closest('li');

    if (!card)
      return;
    const tapped = event.pointerType === 'touch' && event.target.closest('.thumb') && card !== this.#card;
    if (!tapped && !event.target.closest('.peek'))
      return;
    event.preventDefault();
    this.#toggle(card);
  }

  #onKey(event) {
    if (event.key !== ' ' || !event.target.matches('.gop-link'))
      return;
    event.preventDefault();
    this.#toggle(event.target.closest('li'));
  }

  #toggle(card) {
    const start = card !== this.#card;

    this.stop();
    if (start)
      this.play(card);
  }

  play(card) {
    const video = el('video', { muted: true, loop: true, playsinline: true, 'aria-hidden': 'true', tabindex: -1,
      src: this.#address(Number(card.dataset.index)) });

    this.stop();
    this.#card = card;
    card.querySelector('.peek').setAttribute('aria-pressed', 'true');
    card.querySelector('.peek').textContent = '■';
    video.muted = true; // the attribute alone is not enough for one made here
    video.addEventListener('playing', () => card.classList.add('playing'));
    video.addEventListener('error', () => this.#fail(card));
    card.querySelector('.thumb').append(video);
    video.play().catch(() => {}); // what is wrong is an event of the element
  }

  #fail(card) {
    if (card !== this.#card)
      return;
    this.stop();
    card.querySelector('.no-play')?.remove();
    card.querySelector('.thumb').append(el('span', { class: 'no-play', role: 'status' }, 'does not play here'));
  }

  stop() {
    const card = this.#card;

    clearTimeout(this.#timer);
    this.#card = null;
    if (!card)
      return;
    card.classList.remove('playing');
    card.querySelector('.peek').setAttribute('aria-pressed', 'false');
    card.querySelector('.peek').textContent = '▶';
    const video = card.querySelector('video');
    video?.removeAttribute('src'); // which ends its requests
    video?.load();
    video?.remove();
  }
}
