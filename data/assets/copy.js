// SPDX-License-Identifier: LGPL-2.1-or-later
// Text that one takes along.

import { el } from './dom.js';

const SAID_MS = 2000;

// The clipboard's interface is there on secure pages only.
async function copy(text, box) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const selection = getSelection();

  selection.selectAllChildren(box);
  const done = document.execCommand('copy');
  selection.removeAllRanges();
  if (!done)
    throw new Error('The browser does not let pages copy: mark the text instead');
}

// text in a box with a button that copies it; what: what it is.
export function copyable(text, what) {
  const code = el('code', {}, text);
  const said = el('span', { class: 'seen-by-readers', role: 'status' });
  const button = el('button', { type: 'button', class: 'small-button', 'aria-label': `Copy: ${what}` }, 'Copy');

  const say = (shown, told) => {
    button.textContent = shown;
    said.textContent = told;
  };
  button.addEventListener('click', async () => {
    try {
      await copy(text, code);
      say('Copied', `${what}: copied`);
    } catch (error) {
      say('Not copied', error.message);
    }
    setTimeout(() => say('Copy', ''), SAID_MS);
  });
  return el('div', { class: 'copy' },
    el('pre', { tabindex: '0', role: 'region', 'aria-label': what }, code), button, said);
}
