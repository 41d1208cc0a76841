// SPDX-License-Identifier: LGPL-2.1-or-later
// The form that asks for a package: what to encrypt, with which key.

import { packagePath, post, watchPackage } from './api.js';
import { el, errorNotice } from './dom.js';
import { percent } from './format.js';
import { generateKey, parseKey, toUuid } from './keys.js';
import { progressBar, statusBadge } from './package-list.js';

const CHOICES = [
  ['video', 'Video', 'the sound stays clear'],
  ['all', 'Video and audio', ''],
  ['none', 'Nothing', 'plain MPEG-DASH, no key'],
];

function choice([value, title, note], index) {
  const id = `encrypt-${value}`;

  return el('div', { class: 'choice' },
    el('input', { type: 'radio', name: 'encrypt', id, value, checked: index === 0 }),
    el('label', { for: id }, title, note ? el('span', { class: 'quiet' }, ` – ${note}`) : ''));
}

// A key field with its button and a line that judges what is typed.
function keyField(name, title, describe) {
  const says = el('p', { class: 'says', id: `${name}-says`, 'aria-live': 'polite' });
  const input = el('input', { type: 'text', class: 'mono', id: name, name, spellcheck: 'false',
    autocomplete: 'off', autocapitalize: 'off', 'aria-describedby': says.id });
  const check = () => {
    try {
      says.textContent = describe(parseKey(input.value));
      says.className = 'says';
      input.removeAttribute('aria-invalid');
      return true;
    } catch (error) {
      says.textContent = error.message;
      says.className = 'says bad';
      input.setAttribute('aria-invalid', 'true');
      return false;
    }
  };
  const button = el('button', { type: 'button', 'aria-label': `Generate a random ${title.toLowerCase()}`,
    onclick: () => {
      input.value = generateKey();
      check();
    } }, 'Generate');

  input.addEventListener('input', check);
  input.value = generateKey();
  check();
  return { input, check, node: el('div', { class: 'field' },
    el('label', { for: name }, title),
    el('div', { class: 'with-button' }, input, button), says) };
}

// Puts the form into container, for the input with this id. After the request
// the form's place is taken by the package's progress.
export function mountPackageForm(container, inputId) {
  const key = keyField('key', 'Content key',
    () => '16 bytes. Keep a copy if other players are to use it.');
  const kid = keyField('kid', 'Key ID',
    (hex) => `In the manifest: ${toUuid(hex)}`);
  const keys = el('fieldset', {}, el('legend', {}, 'With which key'), key.node, kid.node);
  const trouble = el('div');
  const submit = el('button', { class: 'primary', type: 'submit' }, 'Make the package');
  const form = el('form', { class: 'card narrow', novalidate: true, id: 'package-form' },
    el('fieldset', {}, el('legend', {}, 'What to encrypt'), ...CHOICES.map(choice)),
    keys, trouble, submit);
  const encrypt = () => form.elements.encrypt.value;

  form.addEventListener('change', () => {
    keys.hidden = encrypt() === 'none';
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const wrong = encrypt() === 'none' ? null : [key, kid].find((field) => !field.check());
    if (wrong) {
      wrong.input.focus();
      return;
    }
    submit.disabled = true;
    trouble.replaceChildren();
    try {
      const item = await post('/packaged_content', request(inputId, encrypt(), key, kid));
      follow(container, item.packaged_content_id);
    } catch (error) {
      trouble.replaceChildren(errorNotice(error, 'This package was not accepted'));
      submit.disabled = false;
    }
  });
  container.replaceChildren(form);
}

function request(inputId, encrypt, key, kid) {
  const body = { input_content_id: inputId, encrypt };

  if (encrypt !== 'none')
    Object.assign(body, { key: key.input.value.trim(), kid: kid.input.value.trim() });
  return body;
}

function follow(container, id) {
  const head = el('h3', { tabindex: '-1' }, `Package ${id}`);
  const state = el('div', { 'aria-live': 'polite' });
  const box = el('div', { class: 'card narrow', id: 'package-progress' }, head, state);

  container.replaceChildren(box);
  head.focus();
  watchPackage(id, (item) => state.replaceChildren(...progressOf(item)),
    (error) => error && state.replaceChildren(errorNotice(error)))
    .catch((error) => state.replaceChildren(errorNotice(error)));
}

function progressOf(item) {
  const badge = el('p', {}, statusBadge(item.status));
  const player = `${packagePath(item.packaged_content_id)}/player`;

  if (item.status === 'Ready') {
    return [badge, el('p', { class: 'buttons' },
      el('a', { class: 'button primary', href: player }, 'Play it'),
      el('a', { href: item.url }, 'Manifest'))];
  }
  if (item.status === 'Failed' || item.status === 'Cancelled')
    return [badge, el('div', { class: 'notice bad' }, el('p', {}, item.reason ?? 'It was stopped.'))];
  badge.append(` ${percent(item.progress ?? 0)}`);
  return [badge, progressBar(item)];
}
