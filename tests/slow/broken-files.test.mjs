// SPDX-License-Identifier: LGPL-2.1-or-later
// Two thousand broken files of every container and codec: uploaded, listed, cut,
// shown, packaged. See tests/support/broken for the ways in which they are broken.

import test from 'node:test';

import { runCorpus } from '../support/broken/run.mjs';

const FILES = 2000;

test('broken files through the whole service', { timeout: 7_000_000 }, async (t) => {
  await runCorpus(t, FILES);
});
