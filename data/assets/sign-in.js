// SPDX-License-Identifier: LGPL-2.1-or-later
// Somebody who comes by a link of another site is signed in already, perhaps:
// the browser kept the cookie back, and sends it when this page itself asks.

import { get } from './api.js';

if ((await get('/session')).signed_in)
  location.replace(document.getElementById('next').value);
