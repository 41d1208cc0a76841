// SPDX-License-Identifier: LGPL-2.1-or-later
// What the pages show of a package: its status, its progress, what can be done
// with it.

import { isFinal, packageFormPath, packagePath, post } from './api.js';
import { actionButton, deleteButton } from './buttons.js';
import { el } from './dom.js';
import { localTime, percent, progressText } from './format.js';

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

const ENCRYPTS = { video: 'video encrypted', all: 'video and audio encrypted', none: 'in the clear' };

// What was asked for, in a few words.
function options(item) {
  return [ENCRYPTS[item.encrypt], item.ladder && 'ladder', item.hls && 'HLS', item.on_demand && 'on demand',
    item.clear_lead > 0 && `${item.clear_lead} s clear lead`].filter(Boolean).join(', ');
}

function state(item) {
  const node = el('div', { class: 'package-state' });

  if (isFinal(item))
    return node;
  node.append(progressBar(item), el('p', { class: 'small quiet' },
    item.status === 'Queued' && item.attempts === 0 ? 'Waits for its turn' : progressText(item)));
  return node;
}

function reason(item) {
  if (item.reason && item.status !== 'Cancelled')
    return el('p', { class: 'says bad package-reason' }, item.reason);
  return item.notes?.length ? el('p', { class: 'says package-reason' }, item.notes.join(' ')) : null;
}

function actions(item, onGone) {
  const id = item.packaged_content_id;
  const path = packagePath(id);
  const again = item.input_content_id &&
    el('a', { class: 'button', href: `${packageFormPath(item.input_content_id)}?like=${id}`,
      'aria-label': `Package it again like package ${id}` },
    item.status === 'Ready' ? 'Again' : 'Try again');

  if (!isFinal(item)) {
    return el('div', { class: 'buttons small-buttons' },
      actionButton('Cancel', () => post(`${path}/cancel`), { 'aria-label': `Cancel package ${id}` }));
  }
  return el('div', { class: 'buttons small-buttons' },
    item.status === 'Ready'
      ? el('a', { class: 'button', href: `${path}/player`, 'aria-label': `Play package ${id}` }, 'Play') : null,
    again || null,
    deleteButton(path, { label: `Delete package ${id}`, title: `Delete package ${id}?`,
      text: 'Its files and its keys are removed. Players that have its address get nothing any more. '
        + 'The video that it was made of stays.' }, onGone));
}

// One package as <li>, which update() shows as it is now.
export function packageRow(item, onGone) {
  const id = item.packaged_content_id;
  const node = el('li', { id: `package-${id}`, class: 'package' });
  let shown = null;

  const update = (now) => {
    if (shown?.status === now.status) {
      node.querySelector('.package-state').replaceWith(state(now));
    } else {
      node.replaceChildren(
        el('div', { class: 'package-name' }, statusBadge(now.status), ' ',
          el('a', { href: `${packagePath(id)}/player` }, `Package ${id}`)),
        el('p', { class: 'small quiet package-options' }, options(now), ' · ',
          el('time', { datetime: now.updated_at }, localTime(now.updated_at))),
        state(now), actions(now, onGone), reason(now) ?? '');
    }
    shown = now;
  };

  update(item);
  return { node, update, get item() { return shown; } };
}
