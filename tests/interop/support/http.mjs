// SPDX-License-Identifier: LGPL-2.1-or-later
// The files of a folder over HTTP, with ranges, as a player asks for them.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
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
};

// [first, last] of "bytes=first-last"; null for the whole file.
const parseRange = (header, size) => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  return first === undefined ? null :
    [Number(first), Math.min(last ? Number(last) : size - 1, size - 1)];
};

const send = async (folder, request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = path.join(folder, path.normalize(decodeURIComponent(pathname)));
  const info = await stat(file).catch(() => null);
  if (!info?.isFile()) {
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
  if (request.method === 'HEAD' || info.size === 0)
    response.end();
  else
    pipeline(createReadStream(file, { start, end }), response, () => {});
};

// The address, without a slash at its end. It ends with the test file.
export const serve = async (folder) => {
  const server = http.createServer((request, response) =>
    send(folder, request, response).catch((error) => response.destroy(error)));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
};
