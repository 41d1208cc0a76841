// SPDX-License-Identifier: LGPL-2.1-or-later
// A client of tus 1.0.0 that says exactly what is on the wire.

import { send } from './service.mjs';

export const base64 = (text) => Buffer.from(text).toString('base64');

const TUS = { 'Tus-Resumable': '1.0.0' };

// value undefined: the header is left out
const headersOf = (headers) => Object.fromEntries(
  Object.entries({ ...TUS, ...headers }).filter(([, value]) => value !== undefined));

export const create = (service, headers) =>
  send(service.api, 'POST', '/uploads', { headers: headersOf(headers) });

export const begin = async (service, name, size) => {
  const made = await create(service, { 'Upload-Length': size,
    'Upload-Metadata': `filename ${base64(name)}` });
  if (made.status !== 201)
    throw new Error(`${made.status} ${made.text}`);
  return made.headers.location;
};

export const head = (service, target, headers = {}) =>
  send(service.api, 'HEAD', target, { headers: headersOf(headers) });

export const patch = (service, target, offset, body, headers = {}) =>
  send(service.api, 'PATCH', target, { body, headers: headersOf({
    'Upload-Offset': offset, 'Content-Type': 'application/offset+octet-stream',
    'Content-Length': body.length, ...headers }) });

export const remove = (service, target) =>
  send(service.api, 'DELETE', target, { headers: headersOf({}) });

// What a PATCH looks like up to the end of its headers.
export const patchHead = (target, offset, length, more = '') =>
  `PATCH ${target} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n` +
  `Upload-Offset: ${offset}\r\nContent-Type: application/offset+octet-stream\r\n` +
  `Content-Length: ${length}\r\n${more}\r\n`;
