// SPDX-License-Identifier: LGPL-2.1-or-later

import { gopsPath, isFinal, list } from './api.js';
import { removeButton } from './buttons.js';
import { byId, el, errorNotice, show } from './dom.js';
import { bytes, clock } from './format.js';
import { mountPackageForm } from './package-form.js';
import { packageRow } from './package-list.js';

const SHOWN = 20; // of each list before "Show all"
const AGAIN_MS = 5000;

function inputRow(input) {
  const pack = el('button', { type: 'button', onclick: () => openForm(input) }, 'Package');

  return el('tr', {},
    el('th', { scope: 'row' }, input.name),
    el('td', { class: 'number', 'data-label': 'Duration' }, clock(input.duration)),
    el('td', { class: 'number', 'data-label': 'Size' }, bytes(input.size)),
    el('td', {}, el('div', { class: 'buttons' },
      el('a', { href: gopsPath(input.name) }, 'GOPs'), pack,
      removeButton(`/input_content/${input.input_content_id}`,
        `Remove ${input.name}? Packages that were made of it stay.`, refresh))));
}

function openForm(input) {
  const box = byId('make');

  show(box);
  byId('make-name').textContent = input.name;
  mountPackageForm(byId('make-form'), input.input_content_id);
  box.scrollIntoView({ block: 'start' });
  byId('make-name').focus();
}

// The newest rows first; the rest behind a button.
function fill(body, rows, more) {
  const newest = rows.toReversed();

  body.replaceChildren(...newest.slice(0, SHOWN).map((make) => make()));
  show(more, newest.length > SHOWN);
  more.textContent = `Show all ${newest.length}`;
  more.onclick = () => {
    body.append(...newest.slice(SHOWN).map((make) => make()));
    show(more, false);
  };
}

// What the lists say apart from what rows follow by themselves; they are drawn
// again only when it changed.
let drawn = '';

async function load() {
  const [inputs, packages] = await Promise.all([
    list('/input_content?limit=1000'), list('/packaged_content?limit=1000')]);
  const signature = JSON.stringify([inputs.map((input) => input.input_content_id),
    packages.map((item) => item.packaged_content_id)]);

  if (signature === drawn)
    return;
  drawn = signature;
  const names = new Map(inputs.map((input) => [input.input_content_id, input.name]));

  fill(byId('inputs').tBodies[0], inputs.map((input) => () => inputRow(input)), byId('more-inputs'));
  fill(byId('packages').tBodies[0], packages.map((item) => () => packageRow(item, names, refresh)),
    byId('more-packages'));
  show(byId('empty'), inputs.length === 0 && packages.length === 0);
  show(byId('inputs-section'), inputs.length > 0);
  show(byId('packages-section'), packages.length > 0);
  show(byId('no-packages'), inputs.length > 0 && packages.length === 0);
  byId('waiting').textContent = waiting(packages);
}

function waiting(packages) {
  const open = packages.filter((item) => !isFinal(item)).length;
  return open ? `${open} in work` : '';
}

async function refresh() {
  try {
    await load();
    byId('trouble').replaceChildren();
  } catch (error) {
    byId('trouble').replaceChildren(errorNotice(error));
  }
  show(byId('loading'), false);
}

async function keepFresh() {
  if (!document.hidden)
    await refresh();
  setTimeout(keepFresh, AGAIN_MS);
}

byId('curl-origin').textContent = location.origin;
keepFresh();
