// SPDX-License-Identifier: LGPL-2.1-or-later
// One input of the library, with the packages that were made of it.

import { gopsPath, inputPath, packageFormPath } from './api.js';
import { deleteButton } from './buttons.js';
import { el, show } from './dom.js';
import { bytes, clock, codecName, count, frameRate, localTime } from './format.js';
import { packageRow } from './package-list.js';

const SHOWN = 3; // packages before "Show all"

// Beside a picture of its own there is the colour of its place.
export function poster(input) {
  return el('img', { class: 'poster', alt: '', loading: 'lazy', decoding: 'async', width: 320, height: 180,
    src: `${input.poster_url}?width=320`,
    onerror: ({ target }) => { target.removeAttribute('src'); } });
}

function trackFacts(tracks) {
  const video = tracks.find((track) => track.kind === 'video');
  const audio = tracks.filter((track) => track.kind === 'audio');
  const text = tracks.filter((track) => track.kind === 'text' || track.kind === 'subtitle');

  return [
    video && [codecName(video.codec), video.codec],
    video?.width && [`${video.width} × ${video.height}`],
    video?.frame_rate && [frameRate(video.frame_rate)],
    ...audio.map((track) => [[codecName(track.codec), track.language].filter(Boolean).join(' '), track.codec]),
    text.length > 0 && [count(text.length, 'text track')],
  ].filter(Boolean);
}

// What an input is, as a list of chips.
export function inputFacts(input) {
  const all = [
    [clock(input.duration), 'Duration'], ...trackFacts(input.tracks), [bytes(input.size), 'Size'],
    [count(input.group_of_pictures_count, 'GOP')],
    input.source === 'media-dir' && ['media folder', 'A file of a folder of the machine; never changed from here'],
    !input.available && ['file missing', 'It has vanished from its folder; it is back here as soon as it is back there'],
  ].filter(Boolean);

  return el('ul', { class: 'chips' },
    ...all.map(([text, title]) => el('li', { class: 'chip', title }, text)));
}

function actions(input, onGone) {
  const { name } = input;

  return el('div', { class: 'buttons small-buttons' },
    input.available
      ? el('a', { class: 'button', href: packageFormPath(input.input_content_id), 'aria-label': `Package ${name}` },
        'Package') : null,
    el('a', { class: 'button', href: gopsPath(name), 'aria-label': `GOPs of ${name}` }, 'GOPs'),
    input.available
      ? el('a', { class: 'button', href: `${inputPath(input.input_content_id)}/content`, download: true,
        'aria-label': `Download ${name}` }, 'Download') : null,
    input.source === 'media-dir' && input.available ? null : deleteButton(inputPath(input.input_content_id),
      { label: `Delete ${name}`, title: `Delete ${name}?`,
        text: `${input.source === 'media-dir' ? 'It is forgotten here.' : 'The uploaded file is removed.'} `
          + 'Packages that were made of it stay and still play.' }, onGone));
}

// The packages of one input, the newest first, the older ones behind a button.
class PackageRows {
  #rows = new Map(); // by id
  #list = el('ul', { class: 'packages' });
  #all = false;
  #more = el('button', { type: 'button', class: 'small-button', hidden: true, onclick: () => {
    this.#all = true;
    this.#arrange();
  } });

  node = el('div', { class: 'input-packages' }, this.#list, this.#more);

  #arrange() {
    const sorted = [...this.#rows.values()].sort((a, b) => b.item.packaged_content_id - a.item.packaged_content_id);

    sorted.forEach((row, index) => {
      if (this.#list.children[index] !== row.node)
        this.#list.insertBefore(row.node, this.#list.children[index] ?? null);
      show(row.node, this.#all || index < SHOWN);
    });
    show(this.#more, !this.#all && sorted.length > SHOWN);
    this.#more.textContent = `Show all ${sorted.length} packages`;
  }

  put(item) {
    const id = item.packaged_content_id;

    if (this.#rows.has(id)) {
      this.#rows.get(id).update(item);
    } else {
      this.#rows.set(id, packageRow(item, () => this.drop(id)));
      this.#arrange();
    }
  }

  drop(id) {
    if (!this.#rows.has(id))
      return;
    this.#rows.get(id).node.remove();
    this.#rows.delete(id);
    this.#arrange();
  }

  // These and no others.
  set(items) {
    const ids = new Set(items.map((item) => item.packaged_content_id));

    items.forEach((item) => this.put(item));
    for (const id of [...this.#rows.keys()])
      if (!ids.has(id))
        this.drop(id);
  }
}

// node; update() shows the input and its packages; put() shows what became of
// one package, drop() takes it away.
export function inputCard(first, onGone) {
  const packages = new PackageRows();
  const said = el('div', { class: 'input-facts' });
  let buttons = actions(first, onGone);
  let { available } = first;
  const node = el('li', { class: 'card input', id: `input-${first.input_content_id}` },
    poster(first),
    el('div', { class: 'input-text' },
      el('div', { class: 'input-what' },
        el('h2', {}, el('a', { href: gopsPath(first.name) }, first.name)),
        said,
        el('p', { class: 'small quiet' }, 'Since ',
          el('time', { datetime: first.created_at }, localTime(first.created_at)))),
      buttons),
    packages.node);

  return {
    node,
    put: (item) => packages.put(item),
    drop: (id) => packages.drop(id),
    update(input, items) {
      said.replaceChildren(inputFacts(input));
      if (input.available !== available) {
        const now = actions(input, onGone);

        buttons.replaceWith(now);
        buttons = now;
        ({ available } = input);
      }
      packages.set(items);
    },
  };
}
