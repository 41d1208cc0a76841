// SPDX-License-Identifier: LGPL-2.1-or-later
// Buttons that change something in the service, and say so when it refuses.

import { remove } from './api.js';
import { el, errorNotice } from './dom.js';

// work runs when it is pressed; until then the button is disabled.
export function actionButton(title, work) {
  return el('button', { type: 'button', onclick: async ({ target }) => {
    target.disabled = true;
    target.parentElement.querySelector('.notice')?.remove();
    try {
      await work();
    } catch (error) {
      target.after(errorNotice(error));
    }
    target.disabled = false;
  } }, title);
}

// what: what is lost, as a question.
export function removeButton(path, what, onGone) {
  return actionButton('Remove', async () => {
    if (!confirm(what))
      return;
    await remove(path);
    onGone();
  });
}
