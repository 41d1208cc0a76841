// SPDX-License-Identifier: LGPL-2.1-or-later
// Questions that must be answered before the page goes on.

import { el } from './dom.js';

let count = 0;

// Resolves with whether the answer was yes; Esc is no. action: what the button
// says that means yes.
export function confirmDialog(title, text, action) {
  const id = `dialog-${++count}`;
  const dialog = el('dialog', { 'aria-labelledby': `${id}-title`, 'aria-describedby': `${id}-text` },
    el('h2', { id: `${id}-title` }, title),
    el('p', { id: `${id}-text` }, text),
    el('form', { method: 'dialog', class: 'buttons' },
      el('button', { value: 'no', autofocus: true }, 'Keep'),
      el('button', { value: 'yes', class: 'danger primary' }, action)));

  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(dialog.returnValue === 'yes');
  }));
}
