// SPDX-License-Identifier: LGPL-2.1-or-later
// Files over HTTP, with ranges, as a player asks for them.

import { open } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { after } from 'node:test';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.mpd': 'application/dash+xml',
  '.vtt': 'text/vtt',
};

// [first, last] of "bytes=first-last"; null for the whole file.
const parseRange = (header, size) => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  return first === undefined ? null :
    [Number(first), Math.min(last ? Number(last) : size - 1, size - 1)];
};

// The entry of places whose name pathname begins with, the longest one.
const placeOf = (places, pathname) => Object.keys(places)
  .filter((prefix) => pathname.startsWith(prefix))
  .sort((a, b) => b.length - a.length)[0];

const send = async (places, request, response) => {
  const pathname = path.posix.normalize(
    decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  const prefix = placeOf(places, pathname);
  if (typeof places[prefix] === 'function')
    await places[prefix](request, response);
  else
    await sendFile(path.join(places[prefix], pathname.slice(prefix.length)),
      request, response);
};

// Of one file from its size to its last byte, also where another takes its name
// meanwhile.
const sendFile = async (file, request, response) => {
  const handle = await open(file).catch(() => null);
  const info = await handle?.stat();
  if (!info?.isFile()) {
    await handle?.close();
    response.writeHead(404).end();
    return;
  }
  const range = parseRange(request.headers.range, info.size);
  const [start, end] = range ?? [0, info.size - 1];
  response.writeHead(range ? 206 : 200, {
    'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(range ? { 'Content-Range': `bytes ${start}-${end}/${info.size}` } : {}),
  });
  if (request.method === 'HEAD' || info.size === 0) {
    await handle.close();
    response.end();
  } else {
    pipeline(handle.createReadStream({ start, end }), response, () => {});
  }
};

// places: folders, or functions of request and response, by the beginning of
// the path; '/' must be among them. missing: gets the paths of what was asked for
// and is not there. Gives the address, without a slash at its end. It ends with
// the test file.
export const serve = async (places, { missing = [] } = {}) => {
  const server = http.createServer((request, response) => {
    response.on('finish', () => response.statusCode === 404 &&
      missing.push(request.url));
    send(places, request, response).catch((error) => response.destroy(error));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
};
