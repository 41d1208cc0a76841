// SPDX-License-Identifier: LGPL-2.1-or-later
// Content keys and key ids as people write them. Pure functions.

const HEX = /^[0-9a-f]{32}$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{22}(==)?$/;

const toHex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');

function fromBase64(text) {
  const plain = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
}

// Returns the 16 bytes as 32 hex digits; throws an Error that says what is
// wrong with the text, without the text.
export function parseKey(text) {
  const trimmed = text.trim();

  if (trimmed === '')
    throw new Error('Give 16 bytes, or press Generate.');
  if (HEX.test(trimmed))
    return trimmed.toLowerCase();
  if (UUID.test(trimmed))
    return trimmed.replaceAll('-', '').toLowerCase();
  if (BASE64.test(trimmed))
    return toHex(fromBase64(trimmed));
  throw new Error(whyNot(trimmed));
}

function whyNot(text) {
  const forms = '16 bytes are 32 hex digits or 22 characters of base64';
  const length = `this has ${text.length}`;

  if (/^[0-9a-f-]+$/i.test(text))
    return `${forms}; ${length} ${text.includes('-') ? 'characters' : 'hex digits'}.`;
  if (/^[A-Za-z0-9+/_=-]+$/.test(text))
    return `${forms}; ${length} characters.`;
  return `There is a character that belongs to neither hex nor base64. ${forms}.`;
}

export function toBase64url(hex) {
  const characters = hex.match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16)));
  return btoa(characters.join('')).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function toUuid(hex) {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// 16 random bytes as base64url.
export function generateKey() {
  return toBase64url(toHex(crypto.getRandomValues(new Uint8Array(16))));
}
