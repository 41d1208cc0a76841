// SPDX-License-Identifier: LGPL-2.1-or-later
// From the I-frames of the REST API to the GOPs they start. Pure functions.

// frames: what group-of-pictures.json gives. An I-frame that is no random
// access point starts no GOP.
export function gopsFrom(frames) {
  return frames.filter((frame) => frame.group_of_pictures).map((frame) => {
    const gop = frame.group_of_pictures;

    return {
      index: gop.index,
      start: Number(gop.start_time),
      duration: Number(gop.duration_time),
      frames: Number(gop.nb_frames),
      size: Number(gop.size),
      kind: gop.kind,
      closed: gop.closed,
    };
  });
}

const KINDS = {
  idr: 'IDR',
  cra: 'CRA',
  bla: 'BLA',
  'recovery-point': 'Recovery point',
  key: 'Key frame',
};

export const kindName = (kind) => KINDS[kind] ?? kind ?? '';

// Sums for the head line of the page.
export function totals(gops) {
  const sum = (name) => gops.reduce((total, gop) => total + gop[name], 0);

  return { duration: sum('duration'), frames: sum('frames'), size: sum('size'),
    open: gops.filter((gop) => !gop.closed).length };
}
