// SPDX-License-Identifier: LGPL-2.1-or-later
// Elements without markup in strings: what people and files are called is only
// ever text.

// el('p', { class: 'quiet', onclick: … }, 'text', child, …); an attribute
// that is false, null or undefined is left out.
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);

  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on'))
      node.addEventListener(key.slice(2), value);
    else if (value === true)
      node.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export const byId = (id) => document.getElementById(id);

export function show(node, visible = true) {
  node.hidden = !visible;
}

// A box that says what is wrong and what to do; error may be an ApiError.
export function errorNotice(error, title = error.title) {
  return el('div', { class: 'notice bad', role: 'alert' },
    el('h3', {}, title ?? 'That did not work'),
    el('p', {}, error.message));
}

// Definition list from pairs of a term and a text or node; pairs without a
// value are left out.
export function facts(pairs) {
  const list = el('dl', { class: 'facts' });

  for (const [term, value] of pairs) {
    if (value === null || value === undefined || value === '')
      continue;
    list.append(el('dt', {}, term), el('dd', {}, value));
  }
  return list;
}
