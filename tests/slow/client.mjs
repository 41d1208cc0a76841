// SPDX-License-Identifier: LGPL-2.1-or-later
// A client that waits, and a look at processes from outside.

import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { exec } from '../launcher/service.mjs';

const POLL_MS = 50;

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
