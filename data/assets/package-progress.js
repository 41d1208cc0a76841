// SPDX-License-Identifier: LGPL-2.1-or-later
// The way of a package from the request to the end, as it goes.

import { isFinal, packagePath, post } from './api.js';
import { actionButton } from './buttons.js';
import { copyable } from './copy.js';
import { el, errorNotice } from './dom.js';
import { watchPackage } from './events.js';
import { progressText } from './format.js';
import { progressBar, statusBadge } from './package-list.js';

const STEPS = [
  ['Queued', 'Waits for its turn, also over a restart'],
  ['Fragmented', 'The first segment is stored'],
  ['Encrypted', 'All segments are stored'],
  ['Ready', 'The manifest is published'],
];

function steps(item) {
  const at = STEPS.findIndex(([status]) => status === item.status);
  const wanted = item.encrypt === 'none' ? STEPS.filter(([status]) => status !== 'Encrypted') : STEPS;

  return el('ol', { class: 'stations' }, ...wanted.map(([status, meaning]) => {
    const index = STEPS.findIndex(([name]) => name === status);

    return el('li', { class: index <= at ? 'done' : '', 'aria-current': index === at && 'step' },
      el('b', {}, status), ' ', el('span', { class: 'small quiet' }, meaning));
  }));
}

const address = (title, url) => url && el('div', { class: 'field' },
  el('p', { class: 'small quiet' }, title), copyable(url, title));

function ready(item) {
  return [
    el('p', { class: 'buttons' },
      el('a', { class: 'button primary', href: `${packagePath(item.packaged_content_id)}/player` }, 'Play it'),
      item.encrypt === 'none' ? null
        : el('a', { href: `${packagePath(item.packaged_content_id)}/keys` }, 'Its keys'),
      el('a', { href: '/' }, 'To the library')),
    address('Address of the DASH manifest', item.url),
    address('Address of the HLS playlist', item.hls_url),
    item.notes?.length ? el('div', { class: 'notice' }, ...item.notes.map((note) => el('p', {}, note))) : null,
  ];
}

function ended(item, again) {
  return [
    el('div', { class: item.status === 'Failed' ? 'notice bad' : 'notice' },
      el('p', {}, item.reason ?? 'It was stopped.')),
    el('p', { class: 'buttons' }, el('button', { type: 'button', onclick: again }, 'Change the options'),
      el('a', { href: '/' }, 'To the library')),
  ];
}

function working(item) {
  return [
    progressBar(item),
    el('p', { class: 'quiet numbers' }, item.status === 'Queued' && !item.attempts ? 'Waiting' : progressText(item)),
    item.reason ? el('div', { class: 'notice busy' }, el('p', {}, `Tried again soon. ${item.reason}`)) : null,
  ];
}

// Shows the package in container; again is called when its maker wants other
// options after all.
export function followInto(container, id, again) {
  const head = el('h2', { tabindex: '-1' }, `Package ${id}`);
  const badge = el('p', { role: 'status' });
  const state = el('div');
  const trouble = el('div');
  const cancel = el('p', { class: 'buttons' },
    actionButton('Cancel', () => post(`${packagePath(id)}/cancel`)));
  let status = null;

  const update = (item) => {
    if (item.status !== status)
      badge.replaceChildren(statusBadge(item.status));
    status = item.status;
    cancel.hidden = isFinal(item);
    const parts = !isFinal(item) ? working(item) : item.status === 'Ready' ? ready(item) : ended(item, again);
    state.replaceChildren(steps(item), ...parts.filter(Boolean));
  };

  container.replaceChildren(el('div', { class: 'card', id: 'package-progress' },
    el('div', { class: 'section-head' }, head, badge), state, trouble, cancel));
  head.focus();
  watchPackage(id, update, (error) => trouble.replaceChildren(error ? errorNotice(error) : ''))
    .catch((error) => state.replaceChildren(errorNotice(error)));
}
