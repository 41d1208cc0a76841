// SPDX-License-Identifier: LGPL-2.1-or-later
// What is to be said of GOPs, as the REST API gives them. Pure functions.

import { bitRate, bytes, clock, count } from './format.js';

const KINDS = {
  idr: 'IDR',
  cra: 'CRA',
  'recovery-point': 'Recovery point',
  'key-frame': 'Key frame',
  none: 'No random access',
};

export const kindName = (kind) => KINDS[kind] ?? kind;

export const gopName = (index) => `GOP ${index.toLocaleString()}`;

export const closedText = (gop) => (gop.closed ? 'closed' : 'open');

// A length, not a position.
export const seconds = (length) => (length === null ? 'unknown' : `${+length.toFixed(3)} s`);

// The head line of the page, of statistics.json.
export function summary({ gops, open, frames, duration, size }) {
  const rate = duration > 0 ? `, ${bitRate(size * 8 / duration)}` : '';

  return `${count(gops, 'GOP')} in ${clock(duration)}: ${count(frames, 'frame')}, ${bytes(size)}${rate}; ` +
    `${open ? `${count(open, 'GOP')} open` : 'all closed'}; ${seconds(duration / gops)} on average.`;
}

// "12" is the number of a GOP, "1:02:03" or "0:07.5" a position; seconds. null
// where it is neither.
export function parsePlace(text) {
  const trimmed = text.trim();

  if (/^\d{1,15}$/.test(trimmed))
    return { index: Number(trimmed) };
  if (!/^(\d+:)?\d+:\d{1,2}(\.\d+)?$/.test(trimmed))
    return null;
  return { time: trimmed.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) };
}

// The name of a file with GOPs of the video of that name.
export function cutName(name, gops, end) {
  return `${name.replace(/\.[^.]*$/, '')}-gop-${gops}.${end}`;
}

// The type of a picture as a part of the name of its colour.
export const typeName = (type) => (type === '?' ? 'unknown' : type.toLowerCase());
