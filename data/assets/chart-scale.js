// SPDX-License-Identifier: LGPL-2.1-or-later
// Axes of charts, and what stands out in them. Pure functions.

const TIMES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10800, 21600, 43200, 86400];

// From 0 to at least largest, in steps that people count in, of about count of
// them.
export function ticks(largest, count) {
  if (!(largest > 0))
    return [0, 1];
  const rough = largest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999999);
  const steps = Math.ceil(largest / step - 1e-9);

  return Array.from({ length: steps + 1 }, (_, i) => i * step);
}

// Positions in seconds from start to start + length.
export function timeTicks(start, length, count) {
  const step = TIMES.find((time) => time >= length / count) ?? Math.ceil(length / count / 86400) * 86400;
  const first = Math.ceil(start / step - 1e-9);
  const last = Math.floor((start + length) / step + 1e-9);

  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

// Beyond which values are far out, as in a box plot: three times as far from the
// quartiles as they are from each other. Where nearly all are the same, a twentieth
// is far. least and most: of the bars, the same where each is one value.
export function fences(least, most) {
  return { low: fence(least, 1), high: fence(most, 3) };
}

function fence(values, quarter) {
  const sorted = Float64Array.from(values).sort();
  const [lower, median, upper] = [1, 2, 3].map((part) => sorted[Math.floor((sorted.length - 1) * part / 4)]);
  const far = Math.max(3 * (upper - lower), Math.abs(median) / 20);

  return quarter === 1 ? lower - far : upper + far;
}

// 'large', 'small' or null: the one that is further out wins.
export function outlier(least, most, { low, high }) {
  if (most > high && (least >= low || most - high >= low - least))
    return 'large';
  return least < low ? 'small' : null;
}

// The last of items, sorted by start(item), that begins at position or before.
export function findAt(items, position, start) {
  let low = 0;
  let high = items.length - 1;

  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (start(items[middle]) <= position)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}
