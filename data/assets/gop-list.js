// SPDX-License-Identifier: LGPL-2.1-or-later
// What is to be said of GOPs, as the REST API gives them. Pure functions.

const KINDS = {
  idr: 'IDR',
  cra: 'CRA',
  'recovery-point': 'Recovery point',
  'key-frame': 'Key frame',
};

export const kindName = (kind) => KINDS[kind] ?? kind;

// Sums for the head line of the page.
export function totals(gops) {
  const sum = (name) => gops.reduce((total, gop) => total + gop[name], 0);

  return { duration: sum('duration'), frames: sum('frames'), size: sum('size'),
    open: gops.filter((gop) => !gop.closed).length };
}
