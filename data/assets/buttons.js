// SPDX-License-Identifier: LGPL-2.1-or-later
// Buttons that do something, and say so when it does not work.

import { remove } from './api.js';
import { confirmDialog } from './dialogs.js';
import { el, errorNotice } from './dom.js';

// work runs when it is pressed and ask, which may put a question first, says
// yes; until it is done the button is disabled.
export function actionButton(title, work, { ask = () => true, ...attributes } = {}) {
  return el('button', { type: 'button', ...attributes, onclick: async ({ currentTarget: button }) => {
    const place = button.closest('.buttons') ?? button;

    if (!await ask())
      return;
    button.disabled = true;
    if (place.nextElementSibling?.matches('.notice.bad'))
      place.nextElementSibling.remove();
    try {
      await work();
    } catch (error) {
      place.after(errorNotice(error));
    }
    button.disabled = false;
    if (document.activeElement === document.body) // it was lost with the button's being enabled
      button.focus();
  } }, title);
}

// title and text: of the question whether that is meant.
export function deleteButton(path, { label, title, text }, onGone) {
  return actionButton('Delete', async () => {
    await remove(path);
    onGone();
  }, { class: 'danger', 'aria-label': label, ask: () => confirmDialog(title, text, 'Delete') });
}
