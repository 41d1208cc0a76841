// SPDX-License-Identifier: LGPL-2.1-or-later
// The program under test, spawned with a world of its own, and a client that
// says exactly what is on the wire.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { forkServersOf, signal, standStill, workersOf } from '../support/processes.mjs';
import { patience, reportIn, sanitizer, serviceArgs, serviceEnv, wrapper } from '../support/sanitizer.mjs';

export {
  childrenOf, forkServersOf, isAlive, memoryOf, signal, standStill, workersOf,
} from '../support/processes.mjs';

const START_MS = 20_000 * patience;
const program = process.env.HABERDASH;
if (!program)
  throw new Error('HABERDASH must name the program to test');

export const exec = promisify(execFile);
const words = [...wrapper, program];
export const haberdash = (...args) => exec(words[0], [...words.slice(1), ...args]);

export const KID = 'oW5AK5BW43HzbTSKpiu3SQ';
export const KEY = 'hyN9IKGfWKdAwFaE5pm0qg';

export const makeFolder = async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-test-'));
  // A service that still writes may put a file into a folder just emptied.
  t.after(() => fs.rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
};

const readyLine = (child, gone) => new Promise((resolve, reject) => {
  let said = '';
  const timer = setTimeout(() => reject(new Error(`not ready: ${said}`)), START_MS);
  gone.then(([code, signal]) => {
    clearTimeout(timer);
    reject(new Error(`it ended: ${code ?? signal}`));
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
    const line = /^ready api=(\S+)\/ delivery=(\S+)\/\n/.exec(said);
    if (!line)
      return;
    clearTimeout(timer);
    resolve(line.slice(1));
  });
});

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms).unref(); });

// What is lost is told by a process that comes to its own end.
const leave = async (service, closed) => {
  if (sanitizer)
    await Promise.race([service.end('SIGTERM'), pause(5000 * patience)]);
  await service.end('SIGKILL');
  if (sanitizer)
    await Promise.race([closed, pause(5000)]);
  const report = reportIn(service.log);
  if (report)
    throw new Error(report);
};

// options: dataDir, args, env, limit, faults (what the log calls critical is the
// caller's to judge). Kills are the caller's, everything else ends with the test.
export const startService = async (t, options = {}) => {
  const dataDir = options.dataDir ?? path.join(await makeFolder(t), 'data');
  // limit: of the shell, such as "ulimit -f 1000"
  const child = spawn('bash', ['-c', `${options.limit ?? ':'}; exec "$0" "$@"`, ...words,
    'serve', '--port', '0', '--delivery-port', '0', '--data-dir', dataDir, ...serviceArgs, ...options.args ?? []],
  { stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...serviceEnv(), G_DEBUG: 'fatal-criticals', ...options.env } });
  const service = { dataDir, pid: child.pid, log: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => { service.log += text; });
  const gone = once(child, 'exit');
  const closed = once(child, 'close');
  service.end = async (signal = 'SIGTERM') => {
    child.kill(signal);
    const [code, by] = await gone;
    return code ?? by;
  };
  t.after(async () => {
    await leave(service, closed);
    if (!options.faults && /level"?[=:]"?(critical|error)/.test(service.log))
      throw new Error(service.log);
  });
  [service.api, service.delivery] = await readyLine(child, gone);
  return service;
};

// { status, headers, body (Buffer), text, json }; nothing is thrown for a
// status, and the path goes out as it is.
export const send = (base, method, target, options = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const request = http.request({ hostname, port, method, path: target,
      headers: options.headers, agent: false }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        const body = Buffer.concat(pieces);
        resolve({ target, status: answer.statusCode, headers: answer.headers, body,
          text: body.toString(),
          get json() { return JSON.parse(this.text); } });
      });
    });
    request.on('error', reject);
    request.end(options.body);
  });

export const get = (base, target, headers) => send(base, 'GET', target, { headers });
export const post = (base, target, value, headers = {}) =>
  send(base, 'POST', target, { body: typeof value === 'string' ? value : JSON.stringify(value),
    headers: { 'Content-Type': 'application/json', ...headers } });

const BOUNDARY = 'test-boundary-1f9c';

export const formOf = (name, bytes, field = 'file') => Buffer.concat([
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; ` +
    `filename="${name}"\r\nContent-Type: video/mp4\r\n\r\n`),
  bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);

export const upload = (service, name, bytes, options = {}) =>
  send(service.api, 'POST', options.path ?? '/input_content', {
    body: options.body ?? formOf(name, bytes, options.field),
    headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, ...options.headers } });

// What comes back on a connection for these bytes, until the other side closes
// it or the answer is done.
export const raw = (base, bytes, { done = (text) => text.includes('\r\n\r\n') } = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const socket = net.connect(port, hostname, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      text += piece;
      if (done(text))
        socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', (error) => (text ? resolve(text) : reject(error)));
  });

// For a service that does not tell its port, being known by another address.
export const freePort = async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

export const until = async (ask, what, limit = 30_000) => {
  const deadline = Date.now() + limit * patience;
  for (;;) {
    const answer = await ask();
    if (answer)
      return answer;
    if (Date.now() > deadline)
      throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const FINAL = ['Ready', 'Failed', 'Cancelled'];

export const packageEnd = (service, id) => until(async () => {
  const item = (await get(service.api, `/packaged_content/${id}`)).json;
  return FINAL.includes(item.status) && item;
}, `package ${id} ends`);

// The first package of a service with --jobs 1 stands still, somewhere before its end,
// and all others wait until letGo() is called. Those that were made before they could
// be held are removed.
export const holdFirst = async (service, request) => {
  for (;;) {
    // What was read for another call may end a little after its answer.
    await until(async () => (await workersOf(service.pid)).length === 0, 'no child runs');
    const { packaged_content_id: id } = (await post(service.api, '/packaged_content', request)).json;
    const child = await until(async () => {
      const [pid] = await workersOf(service.pid);
      return pid ?? ((await get(service.api, `/packaged_content/${id}`)).json.status === 'Ready' && 'none');
    }, 'a child runs');
    if (child !== 'none' && await standStill(child))
      return id;
    await packageEnd(service, id);
    await send(service.api, 'DELETE', `/packaged_content/${id}`);
  }
};

export const letGo = async (service) => {
  for (const pid of await workersOf(service.pid))
    signal(pid, 'SIGCONT');
};

// Four GOPs of a second, B-frames and sound; made once a file of tests.
let clip;
export const makeClip = (options = []) => {
  clip ??= (async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-clip-'));
    const file = path.join(folder, 'clip.mp4');
    await exec('ffmpeg', ['-nostdin', '-v', 'error',
      '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-f', 'lavfi', '-i', 'sine',
      '-t', '4', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2',
      '-c:a', 'aac', ...options, file]);
    const bytes = await fs.readFile(file);
    await fs.rm(folder, { recursive: true });
    return bytes;
  })();
  return clip;
};

// Without a table of samples.
export const fragment = async (t, bytes) => {
  const folder = await makeFolder(t);
  const [from, to] = ['from.mp4', 'to.mp4'].map((name) => path.join(folder, name));
  await fs.writeFile(from, bytes);
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', from, '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', to]);
  return fs.readFile(to);
};

export const addInput = async (service, name = 'clip.mp4') =>
  (await upload(service, name, await makeClip())).json.input_content_id;

// Asserts the shape of an error and gives it back.
export const problem = (assert, answer, status) => {
  assert.equal(answer.status, status, `${answer.target}: ${answer.text}`);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const { type, title, status: told, detail } = answer.json;
  assert.equal(told, status);
  for (const text of [type, title, detail])
    assert.ok(typeof text === 'string' && text.length > 0);
  return answer.json;
};

// The one that children are forked from; it takes --log-level debug to know when it
// is ready. A child that ends while the kernel lists them may hide others.
export const forkServerOf = async (service) => {
  await until(() => service.log.includes('children can be forked'), 'children can be forked');
  return until(async () => (await forkServersOf(service.pid))[0], 'there is a fork server');
};

// A small file system of its own; null where this user may not mount.
export const makeDisk = async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-disk-'));
  const mounted = await exec('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'none', folder])
    .then(() => true, () => false);
  t.after(async () => {
    if (mounted)
      await exec('umount', ['-l', folder]);
    await fs.rmdir(folder);
  });
  return mounted ? folder : null;
};

export const isEmpty = async (service, folder) =>
  (await fs.readdir(path.join(service.dataDir, folder))).length === 0;
