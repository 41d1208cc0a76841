// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows that show packages and follow them until they are done.

import { isFinal, packagePath, post, watchPackage } from './api.js';
import { actionButton, removeButton } from './buttons.js';
import { el } from './dom.js';
import { localTime, percent } from './format.js';

const MEANING = {
  Queued: 'waits for its turn',
  Fragmented: 'the first segment is stored',
  Encrypted: 'all segments are stored',
  Ready: 'published, plays',
  Cancelled: 'stopped',
};

export function statusBadge(status) {
  return el('span', { class: `badge ${status}`, title: MEANING[status] }, status);
}

export function progressBar(item) {
  return el('progress', { max: 1, value: item.progress ?? 0,
    'aria-label': `Progress: ${percent(item.progress ?? 0)}` });
}

function statusCell(item) {
  const cell = el('td', {}, statusBadge(item.status));

  if (item.reason)
    cell.append(el('p', { class: 'says bad' }, item.reason));
  if (!isFinal(item))
    cell.append(progressBar(item));
  return cell;
}

const ENCRYPTS = { video: 'Video', all: 'Video and audio', none: 'Nothing' };

function changedAt(item) {
  const last = item.history?.at(-1)?.at ?? item.updated_at ?? item.created_at;
  return last ? el('time', { datetime: last }, localTime(last)) : '';
}

// One package as <tr>; names maps ids of inputs to their names.
export function packageRow(item, names, onGone) {
  const row = el('tr', { id: `package-${item.packaged_content_id}` });

  const fill = (now) => row.replaceChildren(
    el('th', { scope: 'row' },
      el('a', { href: `${packagePath(now.packaged_content_id)}/player` },
        `Package ${now.packaged_content_id}`)),
    el('td', { 'data-label': 'Of' }, names.get(now.input_content_id) ?? 'a removed video'),
    statusCell(now),
    el('td', { 'data-label': 'Encrypted' }, ENCRYPTS[now.encrypt] ?? ''),
    el('td', { 'data-label': 'Since' }, changedAt(now)),
    el('td', {}, actions(now, onGone)));

  fill(item);
  if (!isFinal(item))
    watchPackage(item.packaged_content_id, fill, undefined, () => row.isConnected).catch(onGone);
  return row;
}

function actions(item, onGone) {
  const id = item.packaged_content_id;
  const path = packagePath(id);

  return el('div', { class: 'buttons' },
    item.status === 'Ready' ? el('a', { href: `${path}/player` }, 'Play') : null,
    isFinal(item)
      ? removeButton(path, `Remove package ${id} and all its files?`, onGone)
      : actionButton('Cancel', () => post(`${path}/cancel`)));
}
