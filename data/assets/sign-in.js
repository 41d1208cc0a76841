// SPDX-License-Identifier: LGPL-2.1-or-later
// Somebody who comes by a link of another site is signed in already, perhaps:
// the browser kept the cookie back, and sends it when this page itself asks.

import { get } from './api.js';
import { byId, show } from './dom.js';

const token = byId('token');
const reveal = byId('reveal');

show(byId('insecure'), !isSecureContext);
show(reveal);
reveal.addEventListener('click', () => {
  const shown = token.type === 'password';

  token.type = shown ? 'text' : 'password';
  reveal.setAttribute('aria-pressed', String(shown));
  token.focus();
});
// What was refused is marked until it is another.
if (byId('says').textContent) {
  token.setAttribute('aria-invalid', 'true');
  token.addEventListener('input', () => token.removeAttribute('aria-invalid'), { once: true });
}

if ((await get('/session')).signed_in)
  location.replace(byId('next').value);
