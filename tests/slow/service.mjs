// SPDX-License-Identifier: LGPL-2.1-or-later
// The service, spawned on a data folder that outlives it, and a client.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

export const exec = promisify(execFile);

const START_MS = 60_000;
const POLL_MS = 50;

// The process is the leader of a group, so that what it leaves behind is found.
export const startService = async (dataDir) => {
  const child = spawn('haberdash', ['serve', '--port', '0', '--delivery-port',
    '0', '--data-dir', dataDir],
  { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const gone = once(child, 'exit');
  const [api, delivery] = await new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(
      () => reject(new Error(`no address: ${said}`)), START_MS);
    gone.then(() => reject(new Error(`it ended: ${said}`)));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const found = said.match(/http:\/\/[^\s/]+/g) ?? [];
      if (found.length < 2)
        return;
      clearTimeout(timer);
      resolve(found);
    });
  });

  const groupIsAlive = () => {
    try {
      process.kill(-child.pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const end = async (signal) => {
    child.kill(signal);
    await gone;
    await until(() => !groupIsAlive(), 10_000, 'the children end too');
  };
  return { api, delivery, pid: child.pid, end };
};

// Asks again until the answer is true or a value.
export const until = async (ask, limit, what) => {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer)
      return answer;
    if (Date.now() > deadline)
      throw new Error(`not within ${limit} ms: ${what}`);
    await pause(POLL_MS);
  }
};

export const getJson = async (url) => {
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  if (!response.ok)
    throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
};

// curl streams the file, however large it is.
export const upload = async (api, file, name) => JSON.parse((await exec(
  'curl', ['-sS', '--fail-with-body', '--max-time', '300',
    '-F', `file=@${file};filename=${name}`, `${api}/input_content`])).stdout);

export const requestPackage = async (api, request) => {
  const response = await fetch(`${api}/packaged_content`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (response.status !== 202)
    throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
};

// The most that a process had in memory at once, in MB; 0 when it is gone.
export const peakMemory = async (pid) => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

export const childrenOf = async (pid) => {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .catch(() => '');
  return list.split(' ').filter(Boolean).map(Number);
};
