// SPDX-License-Identifier: LGPL-2.1-or-later
// Some of the broken files that the slow suite sends through the service.

import test from 'node:test';

import { runCorpus } from '../support/broken/run.mjs';

const FILES = 60;

test('broken files through the whole service', { timeout: 170_000 }, async (t) => {
  await runCorpus(t, FILES);
});
