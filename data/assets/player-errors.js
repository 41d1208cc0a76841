// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors of Shaka Player in words. Pure: numbers as of shaka.util.Error, which
// are a part of its interface.

const CATEGORY = { NETWORK: 1, TEXT: 2, MEDIA: 3, MANIFEST: 4, STREAMING: 5, DRM: 6 };

const reachable = 'Is the delivery listener reachable from here?';

const fileOf = (address) => {
  try {
    return decodeURIComponent(new URL(address).pathname.split('/').slice(-2).join('/'));
  } catch {
    return 'A file of it';
  }
};

function badStatus({ data: [address, status] }) {
  if (status === 403)
    return 'The address of the stream is good no longer. Load this page again to have a new one.';
  if (status === 404)
    return `${fileOf(address)} is not there: was the package removed meanwhile?`;
  if (status === 429)
    return 'The service limits how many requests one client makes. Wait a moment, then load this page again.';
  return `${fileOf(address)} gave status ${status}. ${reachable}`;
}

function noLicence({ data: [cause] }) {
  const status = cause?.code === 1001 ? cause.data?.[1] : null;

  if (status === 401 || status === 403)
    return `The licence service refused (status ${status}). Load this page again to have a new token.`;
  return status
    ? `The licence service answered with status ${status}.`
    : `The licence service does not answer. ${reachable}`;
}

const undecodable = ({ encrypted }) => (encrypted
  ? 'Most likely the key is not the one it was encrypted with.'
  : 'The browser gave up on it: the file may be damaged.');

const CODES = {
  1001: ['The stream cannot be fetched', badStatus],
  1002: ['The stream cannot be fetched', ({ data: [address] }) => `${fileOf(address)} gave no answer. ${reachable}`],
  1003: ['The stream cannot be fetched', ({ data: [address] }) => `${fileOf(address)} took too long. ${reachable}`],
  3014: ['The stream cannot be decoded', undecodable],
  3015: ['The stream cannot be decoded', undecodable],
  3016: ['The stream cannot be decoded', undecodable],
  3017: ['The browser has no room for it', () =>
    'Its memory for media is full. Choose a smaller size of picture, or close other pages that play.'],
  4012: ['This browser cannot play it', () =>
    'None of its sizes can be played here: the browser lacks the decoder or the protection that they need.'],
  4032: ['This browser cannot play it', ({ codecs }) =>
    `It has no decoder for ${codecs?.length ? codecs.join(' or ') : 'this codec'}. Another browser may have ` +
    'one, and so have the programs of the command lines below.'],
  6001: ['This browser cannot decrypt it', () =>
    'It has no W3C Clear Key for CBCS. Chromium, Chrome, Edge and Firefox of these years do.'],
  6007: ['No licence', noLicence],
  6008: ['No licence', () => 'The browser did not take the licence: it does not have the keys of this stream.'],
  6012: ['No licence', () => 'The manifest does not say where licences are.'],
  6014: ['The licence has expired', () => 'Load this page again to have a new one.'],
};

const CATEGORIES = {
  [CATEGORY.NETWORK]: ['The stream cannot be fetched', () => reachable],
  [CATEGORY.TEXT]: ['The text cannot be shown', () => 'Its file is not what a browser can read.'],
  [CATEGORY.MEDIA]: ['The stream cannot be decoded', undecodable],
  [CATEGORY.MANIFEST]: ['The manifest cannot be read', () => 'The player does not understand it.'],
  [CATEGORY.DRM]: ['This browser cannot decrypt it', () => 'W3C Clear Key with CBCS did not start.'],
};

// error: a shaka.util.Error; encrypted: whether the browser decrypts; codecs:
// of the package. { title, text }, the number in the latter for those who look
// it up.
export function explain(error, { encrypted = false, codecs = [] } = {}) {
  const [title, say] = CODES[error.code] ?? CATEGORIES[error.category] ??
    ['It does not play', () => 'Shaka Player gave up.'];

  return { title, text: `${say({ data: error.data ?? [], encrypted, codecs })} (Shaka Player: ${error.code})` };
}
