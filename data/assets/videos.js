// SPDX-License-Identifier: LGPL-2.1-or-later

import { gopsPath, list } from './api.js';
import { byId, el, errorNotice, show } from './dom.js';
import { bytes, clock, count, localTime } from './format.js';

function row(input) {
  return el('tr', {},
    el('th', { scope: 'row' }, el('a', { href: gopsPath(input.name) }, input.name)),
    el('td', { class: 'number', 'data-label': 'GOPs' }, input.group_of_pictures_count.toLocaleString()),
    el('td', { class: 'number', 'data-label': 'Duration' }, clock(input.duration)),
    el('td', { class: 'number', 'data-label': 'Size' }, bytes(input.size)),
    el('td', { 'data-label': 'Uploaded' },
      el('time', { datetime: input.created_at }, localTime(input.created_at))));
}

try {
  const inputs = await list('/input_content?limit=1000');

  byId('count').textContent = count(inputs.length, 'video');
  byId('videos').tBodies[0].replaceChildren(...inputs.map(row));
  show(byId('videos-wrap'), inputs.length > 0);
  show(byId('empty'), inputs.length === 0);
} catch (error) {
  byId('trouble').replaceChildren(errorNotice(error));
}
show(byId('loading'), false);
