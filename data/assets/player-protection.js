// SPDX-License-Identifier: LGPL-2.1-or-later
// What is encrypted and how, as manifest, initialization segments and the API
// say it; the keys themselves only when somebody asks to see them.

import { get, packagePath } from './api.js';
import { actionButton } from './buttons.js';
import { el, facts } from './dom.js';
import { bitRate, count, languageName } from './format.js';
import { encryptionOf } from './init-segment.js';

const INIT_BYTES = 64 * 1024; // what is looked at where no range is told

const KINDS = { video: 'Video', audio: 'Audio', text: 'Text' };

// Of the first representation; null where it cannot be had, which is no reason
// not to play.
async function readEncryption({ scheme, representations: [representation] }, base) {
  if (!scheme || !representation)
    return null;
  try {
    const range = representation.initRange ?? `0-${INIT_BYTES - 1}`;
    const answer = await fetch(new URL(representation.init, base), { headers: { Range: `bytes=${range}` } });
    return answer.ok ? encryptionOf(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

function patternText({ crypt, skip }) {
  if (crypt === 0)
    return 'none: every whole block';
  return `${crypt}:${skip} (${crypt} block of 16 bytes in ${crypt + skip})`;
}

const ivText = ({ constantIvSize, ivSize }) =>
  (constantIvSize ? `constant, ${constantIvSize} bytes` : `one a sample, ${ivSize} bytes`);

function leadText(item, { clearToo }) {
  if (!item.clear_lead)
    return clearToo ? 'some segments are in the clear' : 'none: encrypted from the start';
  return clearToo ? `the first ${item.clear_lead} s are in the clear` : 'none in this track';
}

const streamText = ({ width, height, bandwidth }) =>
  [width && height && `${width} × ${height}`, bandwidth && bitRate(bandwidth)].filter(Boolean).join(', ');

const streams = ({ representations }) =>
  el('span', {}, ...representations.map((one) => el('span', { class: 'line' }, streamText(one))));

const mono = (text) => el('span', { class: 'mono small' }, text);

function trackItem(item, set, encryption) {
  const segments = set.representations[0]?.segments;

  return el('li', {},
    el('h3', {}, `${KINDS[set.kind] ?? set.kind} `,
      el('span', { class: `badge ${set.scheme ? 'Ready' : ''}` }, set.scheme ? 'encrypted' : 'clear')),
    facts([
      ['Scheme', set.scheme && `${set.scheme.toUpperCase()}, AES-128 in CBC mode`],
      ['Pattern', encryption && patternText(encryption)],
      ['IV', encryption && ivText(encryption)],
      ['Key ID', set.kids.length > 0 && el('span', {}, ...set.kids.map(mono))],
      ['Key periods', set.scheme && (set.kids.length > 1 ? `${set.kids.length} keys` : 'one, to the end')],
      ['Clear lead', encryption && leadText(item, encryption)],
      ['Licences', set.licence && mono(set.licence)],
      ['Codec', mono([...new Set(set.representations.map(({ codecs }) => codecs))].join(', '))],
      ['Language', set.language && languageName(set.language)],
      ['Stream', set.kind !== 'text' && streams(set)],
      ['Segments', segments && count(segments, 'segment')],
    ].filter(([, value]) => value)));
}

// "The picture is encrypted, the sound is not."
function summary(sets) {
  const [locked, open] = [true, false].map((want) => [...new Set(sets.filter(({ scheme }) => (scheme !== null) === want)
    .map(({ kind }) => (KINDS[kind] ?? kind).toLowerCase()))]);
  const names = (list) => `the ${list.join(' and the ')}`;

  if (locked.length === 0)
    return 'Nothing: every player plays it.';
  const said = `${names(locked)} ${locked.length > 1 ? 'are' : 'is'} encrypted` +
    `${open.length ? `, ${names(open)} ${open.length > 1 ? 'are' : 'is'} not` : ''}.`;
  return said[0].toUpperCase() + said.slice(1);
}

// --- the keys -------------------------------------------------------------

const toHex = (text) => Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
  character.charCodeAt(0).toString(16).padStart(2, '0')).join('');

function keyList(keys) {
  return facts(keys.flatMap(({ track_type: type, kid, key }) => [
    [`Key ID, ${KINDS[type].toLowerCase()}`, mono(toHex(kid))],
    [`Key, ${KINDS[type].toLowerCase()}`, mono(toHex(key))]]));
}

// Two buttons and a place: nothing of a key is in the page until it is asked
// for, nor after it was hidden.
function keyPart(id) {
  const place = el('div', { id: 'keys', 'aria-live': 'polite' });
  const button = actionButton('Show the keys', async () => {
    if (place.hasChildNodes()) {
      place.replaceChildren();
      button.textContent = 'Show the keys';
      return;
    }
    place.replaceChildren(keyList((await get(`${packagePath(id)}/keys`)).keys));
    button.textContent = 'Hide the keys';
  });

  return el('div', { class: 'keys' },
    el('div', { class: 'buttons small-buttons' }, button,
      el('a', { href: `${packagePath(id)}/keys.txt`, download: `package-${id}.keys` }, 'Save a key file')), place);
}

// Fills box; item: the package, sets: as of manifest.js, base: the address of
// the manifest.
export async function showProtection(box, item, sets, base) {
  const encryptions = await Promise.all(sets.map((set) => readEncryption(set, base)));

  box.replaceChildren(el('p', {}, summary(sets)),
    el('ul', { class: 'tracks' }, ...sets.map((set, i) => trackItem(item, set, encryptions[i]))));
  if (sets.some(({ scheme }) => scheme))
    box.append(keyPart(item.packaged_content_id));
}
