// SPDX-License-Identifier: LGPL-2.1-or-later
// The fields of the package form. Each has node, what it is on the page, and
// check(), which says in words what is wrong with it and whether it is right.

import { el } from './dom.js';
import { generateKey, parseKey } from './keys.js';

let count = 0;
const newId = (name) => `${name}-${++count}`;

// A field under its title. judge: from the text to what is said of it, or an
// Error; help is said while it is right and judge says nothing.
function field(input, title, judge, help = '', beside = []) {
  const id = input.id || newId(input.name);
  const says = el('p', { class: 'says', id: `${id}-says`, 'aria-live': 'polite' }, help);
  const check = () => {
    let problem = '';

    try {
      says.textContent = (input.value.trim() === '' && !input.required ? '' : judge(input.value)) || help;
    } catch (error) {
      says.textContent = problem = error.message;
    }
    says.classList.toggle('bad', problem !== '');
    if (problem)
      input.setAttribute('aria-invalid', 'true');
    else
      input.removeAttribute('aria-invalid');
    return problem === '';
  };

  input.id = id;
  input.setAttribute('aria-describedby', says.id);
  input.addEventListener('input', check);
  return { input, check, node: el('div', { class: 'field' }, el('label', { for: id }, title),
    beside.length ? el('div', { class: 'with-button' }, input, ...beside) : input, says) };
}

// describe: what to say of the 32 hex digits of a right one.
export function keyField(name, title, describe) {
  const input = el('input', { type: 'text', class: 'mono', id: name, name, spellcheck: 'false',
    autocomplete: 'off', autocapitalize: 'off', required: true, value: generateKey() });
  const made = field(input, title, (text) => describe(parseKey(text)), '', [
    el('button', { type: 'button', 'aria-label': `Generate a random ${title.toLowerCase()}`, onclick: () => {
      input.value = generateKey();
      made.check();
    } }, 'Generate'),
  ]);

  made.check();
  return made;
}

// limits: { minimum, maximum, default, type } as of a JSON schema.
export function numberField(name, title, limits, help) {
  const { minimum = -Infinity, maximum = Infinity, type } = limits;
  const input = el('input', { type: 'number', name, value: limits.default ?? 0,
    min: Number.isFinite(minimum) && minimum, max: Number.isFinite(maximum) && maximum,
    step: type === 'integer' ? 1 : 'any', required: true });

  return field(input, title, (text) => {
    const value = Number(text);

    if (text.trim() === '' || !(value >= minimum && value <= maximum))
      throw new Error(`Give a number from ${minimum} to ${maximum}.`);
    if (type === 'integer' && !Number.isInteger(value))
      throw new Error('Give a whole number.');
  }, help);
}

export function textField(name, title, judge, help) {
  return field(el('input', { type: 'text', name, spellcheck: 'false', autocomplete: 'off' }), title, judge, help);
}

export function linesField(name, title, judge, help) {
  const each = (text) => linesOf(text).forEach(judge);

  return field(el('textarea', { class: 'mono', name, rows: 3, spellcheck: 'false' }), title, each, help);
}

export const linesOf = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

// A box to tick, or one of several with type radio.
export function choice({ type = 'checkbox', name, value, title, note, checked = false }) {
  const id = newId(name);

  return el('div', { class: 'choice' },
    el('input', { type, name, id, value, checked, 'aria-describedby': note && `${id}-note` }),
    el('div', {}, el('label', { for: id }, title),
      note ? el('p', { class: 'small quiet', id: `${id}-note` }, note) : ''));
}

export function group(title, ...children) {
  return el('fieldset', {}, el('legend', {}, title), ...children);
}
