// SPDX-License-Identifier: LGPL-2.1-or-later
// The program under test, spawned with a world of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { signal, standStill, workersOf } from '../support/processes.mjs';
import { follow, patience, serviceArgs, serviceEnv, stderr, wrapper } from '../support/sanitizer.mjs';

const START_MS = 20_000 * patience;
const STOP_MS = 10_000 * patience;

// Resolves when the service has told both of its addresses.
function addresses(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`No address within ${START_MS} ms: ${said}`)), START_MS);

    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const found = said.replaceAll('0.0.0.0', '127.0.0.1').match(/http:\/\/[^\s/]+/g) ?? [];
      if (found.length < 2)
        return;
      clearTimeout(timer);
      resolve(found.slice(0, 2));
    });
    child.once('exit', (code, signal) => reject(new Error(`The service ended with ${code ?? signal}: ${said}`)));
  });
}

// As it stands where others can reach it.
async function askForToken(home, token) {
  const file = path.join(home, 'token');
  await fs.writeFile(file, `walker ${token}\n`, { mode: 0o600 });
  return ['--api-token-file', file, '--address', '0.0.0.0', '--signed-delivery'];
}

// token: that the service asks for, and its viewers for signed addresses; args:
// further ones of the program.
export async function startService({ token, args = [] } = {}) {
  const program = process.env.HABERDASH;
  if (!program)
    throw new Error('HABERDASH must name the program to test');

  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-browser-'));
  const words = [...wrapper, program, 'serve', '--port', '0', '--delivery-port', '0',
    '--data-dir', path.join(home, 'data'), ...serviceArgs, ...args, ...token ? await askForToken(home, token) : []];
  const child = follow(spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', stderr],
    env: { ...serviceEnv(), HOME: home,
      GST_REGISTRY_1_0: process.env.GST_REGISTRY_1_0 ?? path.join(home, 'registry.bin') } }));
  const gone = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
    await fs.rm(home, { recursive: true, force: true });
  };

  try {
    const [api, delivery] = await addresses(child);
    return { api, delivery, home, token, pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// A package in work, as order() gives it, whose child stands still until goOn()
// is called: what else is asked of a service with --jobs 1 waits. One that was
// done before it could be stopped is ordered again.
export async function hold(service, order) {
  for (;;) {
    while ((await workersOf(service.pid)).length > 0) // of what was asked before
      await new Promise((resolve) => setTimeout(resolve, 20));
    const { packaged_content_id: id } = await order();
    let item, workers;

    do {
      item = await (await fetch(`${service.api}/packaged_content/${id}`, {
        headers: service.token ? { Authorization: `Bearer ${service.token}` } : {} })).json();
      workers = item.attempts > 0 ? await workersOf(service.pid) : [];
    } while (workers.length === 0 && item.status !== 'Ready' && item.status !== 'Failed');
    const held = [];
    for (const worker of workers)
      if (await standStill(worker))
        held.push(worker);
    if (held.length > 0)
      return { id, goOn: () => held.forEach((worker) => signal(worker, 'SIGCONT')) };
  }
}
