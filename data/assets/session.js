// SPDX-License-Identifier: LGPL-2.1-or-later
// The way out, where somebody has signed in.

import { get } from './api.js';
import { el } from './dom.js';

const session = await get('/session').catch(() => null);

if (session?.signed_in) {
  document.querySelector('.top-inner nav').append(
    el('form', { method: 'post', action: '/sign-out', class: 'sign-out' },
      el('button', { type: 'submit', title: session.name && `Signed in as ${session.name}` }, 'Sign out')));
}
