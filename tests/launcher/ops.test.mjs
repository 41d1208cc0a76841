// SPDX-License-Identifier: LGPL-2.1-or-later
// The service under a service manager.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';

import { get, makeFolder, startService, until } from './service.mjs';

const program = process.env.HABERDASH;

// A listening socket, as a service manager makes them. release(): lets go of
// it here; until then connections might be taken here instead of by the program
// that has it, too.
const listen = async (t, address) => {
  const server = net.createServer().listen(0, address);
  await once(server, 'listening');
  t.after(() => server.close());
  return { fd: server._handle.fd, port: server.address().port, release: () => server.close() };
};

// Starts the service with descriptors from 3 on; the shell knows its own
// number, which LISTEN_PID has to be.
const startWith = (t, sockets, names, args, env = {}) => {
  const child = spawn('bash', ['-c', 'LISTEN_PID=$$ exec "$0" "$@"', program, 'serve', ...args],
    { stdio: ['ignore', 'pipe', 'pipe', ...sockets.map(({ fd }) => fd)],
      env: { ...process.env, LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: names, ...env } });
  sockets.forEach(({ release }) => release?.());
  const said = { out: '', log: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => { said.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { said.log += text; });
  said.gone = once(child, 'exit');
  said.child = child;
  t.after(() => child.kill('SIGKILL'));
  return said;
};

test('sockets that were opened for it', async (t) => {
  const sockets = [await listen(t, '127.0.0.1'), await listen(t, '127.0.0.1')];
  const dataDir = path.join(await makeFolder(t), 'data');
  const said = startWith(t, sockets, 'delivery:api', ['--data-dir', dataDir]);
  await until(() => said.out.includes('\n') || said.child.exitCode !== null, 'it is ready');
  assert.equal(said.out, `ready api=http://127.0.0.1:${sockets[1].port}/ ` +
    `delivery=http://127.0.0.1:${sockets[0].port}/\n`, said.log);
  assert.equal((await get(`http://127.0.0.1:${sockets[1].port}`, '/input_content')).status, 200);
  assert.equal((await get(`http://127.0.0.1:${sockets[0].port}`, '/input_content')).status, 404);
  said.child.kill('SIGTERM');
  assert.deepEqual(await said.gone, [0, null]);
});

test('a socket beyond loopback needs a token as an address does', async (t) => {
  const open = async () => [await listen(t, '0.0.0.0'), await listen(t, '127.0.0.1')];
  const dataDir = path.join(await makeFolder(t), 'data');
  const said = startWith(t, await open(), 'api:delivery', ['--data-dir', dataDir]);
  assert.deepEqual(await said.gone, [64, null]);
  assert.match(said.log, /--api-token-file/);
  const other = startWith(t, await open(), 'api:delivery',
    ['--data-dir', dataDir, '--address', '127.0.0.1']);
  assert.deepEqual(await other.gone, [64, null]);
  assert.match(other.log, /--address is not for sockets/);
});

test('sockets of another process, and what is none', async (t) => {
  const folder = await makeFolder(t);
  const [listening] = [await listen(t, '127.0.0.1')];
  const foreign = startWith(t, [listening], 'api',
    ['--data-dir', path.join(folder, 'a'), '--port', '0', '--delivery-port', '0'],
    { LISTEN_FDS: '1x' });
  await until(() => foreign.out.includes('\n'), 'it is ready');
  assert.ok(!foreign.out.includes(`:${listening.port}/`), 'it took a socket that was not its own');
  const file = await fs.open(path.join(folder, 'file'), 'w');
  t.after(() => file.close());
  const none = startWith(t, [file], 'api', ['--data-dir', path.join(folder, 'b')]);
  assert.deepEqual(await none.gone, [64, null]);
});

test('tells that it is ready and that it stops', async (t) => {
  const folder = await makeFolder(t);
  const socket = path.join(folder, 'notify');
  // Node has no datagram sockets of this kind.
  const hearer = spawn('python3', ['-c', 'import socket, sys\n' +
    's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\n' +
    'print("bound", flush=True)\nwhile True: print(s.recv(4096).decode(), flush=True)', socket],
  { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => hearer.kill());
  let heard = '';
  hearer.stdout.setEncoding('utf8').on('data', (text) => { heard += text; });
  await until(() => heard.includes('bound'), 'somebody listens');
  const service = await startService(t, { env: { NOTIFY_SOCKET: socket } });
  await until(() => heard.includes('READY=1\n'), 'READY');
  process.kill(service.pid, 'SIGHUP');
  await until(() => heard.match(/READY=1/g).length === 2, 'READY again');
  assert.equal(await service.end(), 0);
  await until(() => heard.includes('STOPPING=1\n'), 'STOPPING');
  assert.match(heard, /^bound\nREADY=1\nRELOADING=1\nMONOTONIC_USEC=\d+\nREADY=1\nSTOPPING=1\n$/);
});

test('a master key that was handed in', async (t) => {
  const credentials = await makeFolder(t);
  const key = path.join(credentials, 'haberdash-master-key');
  await fs.writeFile(key, Buffer.alloc(32, 7), { mode: 0o440 });
  const service = await startService(t, { env: { CREDENTIALS_DIRECTORY: credentials } });
  await assert.rejects(fs.stat(path.join(service.dataDir, 'master.key')));
  await service.end();
  await fs.chmod(key, 0o444);
  await assert.rejects(startService(t,
    { dataDir: service.dataDir, env: { CREDENTIALS_DIRECTORY: credentials } }), /it ended: 78/);
});
