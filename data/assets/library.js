// SPDX-License-Identifier: LGPL-2.1-or-later
// The library: what is there, a part of it at a time, and what becomes of it.

import { get, isFinal, part } from './api.js';
import { byId, el, errorNotice, show } from './dom.js';
import { followPackages } from './events.js';
import { count } from './format.js';
import { inputCard } from './input-card.js';
import { packageRow } from './package-list.js';

const PAGE = 24; // inputs
const MAX_PACKAGES = 1000; // of these, and of those without an input
const ALONE = 20; // packages without an input before "Show more"
const AGAIN_MS = 15_000;
const TYPING_MS = 250;

const cards = new Map(); // by the id of the input
const alone = new Map(); // rows of packages without one, by id
const open = new Set(); // ids of packages that are in work
const ended = new Set(); // of those whose end is known
let aloneLimit = ALONE;

/* --- what is asked for ------------------------------------------------- */

// As it stands in the address of the page, so that it can be kept and shared.
function wanted() {
  const query = new URLSearchParams(location.search);

  return { search: query.get('search') ?? '', sort: query.get('sort') ?? '-id',
    page: Math.max(1, Number.parseInt(query.get('page'), 10) || 1) };
}

function want(change, replace = false) {
  const { search, sort, page } = { ...wanted(), page: 1, ...change };
  const query = new URLSearchParams();

  if (search)
    query.set('search', search);
  if (sort !== '-id')
    query.set('sort', sort);
  if (page > 1)
    query.set('page', page);
  history[replace ? 'replaceState' : 'pushState'](null, '', `${location.pathname}${query.size ? `?${query}` : ''}`);
  return refresh();
}

const address = (path, query) => `${path}?${new URLSearchParams(query)}`;

async function ask({ search, sort, page }) {
  const found = search ? { search } : {};
  const inputs = await part(address('/input_content',
    { ...found, sort, limit: PAGE, offset: (page - 1) * PAGE }));
  const ids = inputs.rows.map((input) => input.input_content_id);
  const [packages, loose] = await Promise.all([
    ids.length === 0 ? { rows: [] } : part(address('/packaged_content',
      { input_content_id: ids, sort: '-id', limit: MAX_PACKAGES })),
    part(address('/packaged_content', { ...found, input_content_id: 'none', sort: '-id',
      limit: Math.min(aloneLimit, MAX_PACKAGES) })),
  ]);

  return { inputs, packages: packages.rows, loose };
}

/* --- what is shown ----------------------------------------------------- */

// Puts nodes into parent in this order; those that stay where they are, are not
// touched and keep the focus.
function arrange(parent, nodes) {
  const keep = new Set(nodes);

  for (const child of [...parent.children])
    if (!keep.has(child))
      child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node)
      parent.insertBefore(node, parent.children[index] ?? null);
  });
}

function showInputs(inputs, packages) {
  const ids = new Set(inputs.map((input) => input.input_content_id));
  const of = (id) => packages.filter((item) => item.input_content_id === id);

  for (const id of cards.keys())
    if (!ids.has(id))
      cards.delete(id);
  arrange(byId('inputs'), inputs.map((input) => {
    const id = input.input_content_id;

    if (!cards.has(id))
      cards.set(id, inputCard(input, refresh));
    cards.get(id).update(input, of(id));
    return cards.get(id).node;
  }));
}

function showLoose({ rows, total }) {
  const ids = new Set(rows.map((item) => item.packaged_content_id));

  for (const id of alone.keys())
    if (!ids.has(id))
      alone.delete(id);
  arrange(byId('loose'), rows.map((item) => {
    const id = item.packaged_content_id;

    if (alone.has(id))
      alone.get(id).update(item);
    else
      alone.set(id, packageRow(item, refresh));
    return alone.get(id).node;
  }));
  show(byId('loose-section'), total > 0);
  show(byId('more-loose'), total > rows.length && aloneLimit < MAX_PACKAGES);
  byId('loose-count').textContent = total;
}

function showPaging(total, page) {
  const pages = Math.max(1, Math.ceil(total / PAGE));

  show(byId('paging'), pages > 1);
  byId('page').textContent = `Page ${page} of ${pages}`;
  byId('previous').disabled = page <= 1;
  byId('next').disabled = page >= pages;
}

function showCounts(total, { search }, nothing) {
  byId('count').textContent = search ? `${count(total, 'video')} found` : count(total, 'video');
  show(byId('empty'), nothing && !search);
  show(byId('tools'), !nothing || search !== '');
  show(byId('not-found'), nothing && search !== '');
  byId('not-found-text').textContent = search;
}

let asked = 0;

async function refresh() {
  const mine = ++asked;
  const query = wanted();

  try {
    const { inputs, packages, loose } = await ask(query);
    if (mine !== asked)
      return;
    const last = Math.max(1, Math.ceil(inputs.total / PAGE));
    if (query.page > last) { // what was on it is gone
      await want({ page: last }, true);
      return;
    }
    for (const item of packages)
      note(item);
    showInputs(inputs.rows, packages);
    showLoose(loose);
    showPaging(inputs.total, query.page);
    showCounts(inputs.total, query, inputs.total === 0 && loose.total === 0);
    byId('trouble').replaceChildren();
  } catch (error) {
    if (mine === asked)
      byId('trouble').replaceChildren(errorNotice(error));
  }
  show(byId('loading'), false);
}

/* --- what changes ------------------------------------------------------- */

function note(item) {
  const [is, isNot] = isFinal(item) ? [ended, open] : [open, ended];

  is.add(item.packaged_content_id);
  isNot.delete(item.packaged_content_id);
  byId('working').textContent = open.size ? `${count(open.size, 'package')} in work` : '';
}

// Said once, to those who do not see it. A package may have ended before
// anything else was told of it.
function announceEnd(item) {
  if (isFinal(item) && !ended.has(item.packaged_content_id))
    byId('said').textContent = `Package ${item.packaged_content_id} of ${item.input_name ?? 'a video'}: ${item.status}`;
}

function onItem(item) {
  announceEnd(item);
  note(item);
  cards.get(item.input_content_id)?.put(item);
  alone.get(item.packaged_content_id)?.update(item);
}

function onRemoved(id) {
  open.delete(id);
  ended.delete(id);
  for (const card of cards.values())
    card.drop(id);
  if (alone.has(id))
    refresh();
}

async function keepFresh() {
  if (!document.hidden)
    await refresh();
  setTimeout(keepFresh, AGAIN_MS);
}

/* --- what is done ------------------------------------------------------- */

function takeInput() {
  const { search, sort } = wanted();
  let typing;

  byId('search').value = search;
  byId('sort').value = sort;
  byId('search').addEventListener('input', ({ target }) => {
    clearTimeout(typing);
    typing = setTimeout(() => want({ search: target.value.trim() }, true), TYPING_MS);
  });
  byId('tools').addEventListener('submit', (event) => event.preventDefault());
  byId('sort').addEventListener('change', ({ target }) => want({ sort: target.value }));
  byId('clear').addEventListener('click', () => {
    byId('search').value = '';
    byId('search').focus();
    want({ search: '' }, true);
  });
  for (const [id, step] of [['previous', -1], ['next', 1]]) {
    byId(id).addEventListener('click', async () => {
      await want({ page: wanted().page + step });
      byId('title').focus();
      scrollTo(0, 0);
    });
  }
  byId('more-loose').addEventListener('click', () => {
    aloneLimit *= 5;
    refresh();
  });
  addEventListener('popstate', () => {
    byId('search').value = wanted().search;
    byId('sort').value = wanted().sort;
    refresh();
  });
}

async function fillCommands() {
  const { token_needed: token } = await get('/session').catch(() => ({}));

  for (const node of document.querySelectorAll('.origin'))
    node.textContent = location.origin;
  show(byId('with-token'), Boolean(token));
}

takeInput();
fillCommands();
followPackages({ onItem, onRemoved, reload: refresh });
keepFresh();
