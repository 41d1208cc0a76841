// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of the package form that asks in which sizes the video is made.

import { el, show } from './dom.js';
import { autoLadder, listedLadder, sourceOf } from './ladder.js';
import { choice, group } from './package-fields.js';

function sizeText({ width, height, bitrate, original }) {
  const rate = Number.isFinite(bitrate) ? `${(bitrate / 1e6).toFixed(1)} Mb/s` : '';

  return [`${width} × ${height}`, original ? 'as it is' : rate].filter(Boolean).join(', ');
}

function ladderRow(onChange, onGone, { height, bitrate }) {
  const node = el('div', { class: 'ladder-row' },
    el('label', {}, 'Lines', el('input', { type: 'number', name: 'ladder_height', min: 64, max: 2304, step: 2,
      value: height })),
    el('label', {}, 'kb/s', el('input', { type: 'number', name: 'ladder_rate', min: 50, max: 50000,
      value: bitrate / 1000 })),
    el('button', { type: 'button', 'aria-label': 'Take this size out', onclick: () => {
      node.remove();
      onGone();
    } }, 'Remove'));

  node.addEventListener('input', onChange);
  return node;
}

const readRows = (rows) => [...rows.children].map((row) => {
  const [height, rate] = [...row.querySelectorAll('input')].map((input) => Number(input.value));
  return { height, bitrate: rate * 1000 };
});

// What is wrong with sizes, in words; nothing where they are right.
function problem(sizes) {
  if (sizes.length === 0 || sizes.length > 10)
    return 'Give 1 to 10 sizes.';
  if (sizes.some(({ height }) => !(Number.isInteger(height) && height >= 64 && height <= 2304)))
    return 'A size has 64 to 2304 lines.';
  if (sizes.some(({ bitrate }) => !(bitrate >= 50_000 && bitrate <= 50_000_000)))
    return 'A size has 50 to 50000 kb/s.';
  return '';
}

// The field that asks for sizes; value() is what the request has of it.
export function ladderField(input, like) {
  const source = sourceOf(input);
  const rows = el('div', { class: 'ladder-rows' });
  const preview = el('p', { class: 'says', 'aria-live': 'polite', id: 'ladder-preview' });
  const add = (size) => rows.append(ladderRow(arrange, arrange, size));
  const list = el('div', { class: 'inset' }, rows, el('button', { type: 'button', class: 'small-button',
    onclick: () => {
      const last = readRows(rows).at(-1) ?? { height: 1080, bitrate: 5_000_000 };
      add({ height: Math.max(64, 2 * Math.round(last.height / 3)), bitrate: Math.max(50_000, last.bitrate / 2) });
      arrange();
    } }, 'Add a size'));
  const asked = Array.isArray(like?.ladder) ? 'list' : like?.ladder ?? 'none';
  const node = group('Sizes',
    choice({ type: 'radio', name: 'ladder', value: 'none', title: 'The video as it is', checked: asked === 'none',
      note: 'Nothing is encoded: fast, and every picture stays as it came.' }),
    choice({ type: 'radio', name: 'ladder', value: 'auto', title: 'A ladder of smaller sizes',
      checked: asked === 'auto', note: 'Players choose as their line allows. The video is encoded, which takes time.' }),
    choice({ type: 'radio', name: 'ladder', value: 'list', title: 'These sizes', checked: asked === 'list' }),
    list, preview);

  function arrange() {
    const kind = node.querySelector('[name="ladder"]:checked').value;
    const wrong = kind === 'list' ? problem(readRows(rows)) : '';
    const made = !source || kind === 'none' || wrong ? []
      : kind === 'auto' ? autoLadder(source) : listedLadder(source, readRows(rows));

    show(list, kind === 'list');
    preview.classList.toggle('bad', wrong !== '');
    preview.textContent = wrong || (made.length ? `Probably: ${made.map(sizeText).join('; ')}.` : '');
    return wrong === '';
  }

  for (const size of asked === 'list' ? like.ladder
    : [{ height: 720, bitrate: 2_800_000 }, { height: 360, bitrate: 800_000 }])
    add(size);
  arrange();
  return { node, arrange, check: arrange, input: rows,
    value: (kind) => ({ none: null, auto: 'auto' }[kind] ?? (kind === 'list' ? readRows(rows) : null)) };
}
