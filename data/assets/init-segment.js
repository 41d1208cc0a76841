// SPDX-License-Identifier: LGPL-2.1-or-later
// How the samples of an MP4 are encrypted, as its initialization segment tells
// (ISO/IEC 23001-7, TrackEncryptionBox). Pure; whatever the bytes are, it ends.

const HEADER = 8;
const FULL = 4; // version and flags
const CONTAINERS = ['moov', 'trak', 'mdia', 'minf', 'stbl'];
const ENTRY_SIZES = { encv: 78, enca: 28 }; // what stands in front of its boxes

// The boxes between start and end; those that do not fit end it.
function* boxes(view, start, end) {
  while (start + HEADER <= end) {
    const size = view.getUint32(start);
    const type = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(start + i)));

    if (size < HEADER || size > end - start)
      return;
    yield { type, start: start + HEADER, end: start + size };
    start += size;
  }
}

// The boxes at the end of a path of types.
function* find(view, [type, ...rest], range) {
  for (const box of boxes(view, range.start, range.end)) {
    if (box.type !== type)
      continue;
    if (rest.length === 0)
      yield box;
    else
      yield* find(view, rest, box);
  }
}

const first = (iterator) => iterator.next().value ?? null;

const hex = (view, start, length) => Array.from({ length }, (_, i) =>
  view.getUint8(start + i).toString(16).padStart(2, '0')).join('');

function readTenc(view, { start, end }) {
  if (end - start < 24)
    return null;
  const pattern = view.getUint8(start) > 0 ? view.getUint8(start + FULL + 1) : 0;
  const ivSize = view.getUint8(start + FULL + 3);

  return {
    crypt: pattern >> 4,
    skip: pattern & 15,
    kid: hex(view, start + FULL + 4, 16),
    ivSize,
    constantIvSize: ivSize === 0 && end - start > 24 ? view.getUint8(start + 24) : 0,
  };
}

function readEntry(view, entry) {
  const inside = { start: entry.start + (ENTRY_SIZES[entry.type] ?? 0), end: entry.end };
  const tenc = first(find(view, ['sinf', 'schi', 'tenc'], inside));

  return tenc && readTenc(view, tenc);
}

// Of the first track: { crypt, skip, kid, ivSize, constantIvSize, clearToo }:
// blocks of a pattern that are encrypted and that are not (0 and 0: there is no
// pattern), sizes of IVs in bytes; whether some of its samples are in the
// clear. Null where nothing is encrypted.
export function encryptionOf(data) {
  const view = new DataView(data);
  const table = first(find(view, [...CONTAINERS, 'stsd'], { start: 0, end: view.byteLength }));

  if (!table)
    return null;
  const entries = [...boxes(view, table.start + FULL + 4, table.end)];
  const found = entries.map((entry) => (entry.type in ENTRY_SIZES ? readEntry(view, entry) : null));
  const tenc = found.find(Boolean);

  return tenc ? { ...tenc, clearToo: found.includes(null) } : null;
}
