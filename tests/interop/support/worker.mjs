// SPDX-License-Identifier: LGPL-2.1-or-later
// The child process of the service, spoken to in its protocol.

import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { follow, patience, programEnv, stderr } from
  '../../support/sanitizer.mjs';

const LIMIT_MS = 60_000;

// The records that an index job gives.
export const index = async (input) => {
  const file = await open(input);
  try {
    const child = follow(spawn('haberdash', ['worker'], {
      stdio: ['pipe', 'ignore', stderr, file.fd, 'ignore', 'pipe'],
      env: programEnv(process.env),
      timeout: LIMIT_MS * patience,
      killSignal: 'SIGKILL',
    }));
    child.stdin.end(JSON.stringify({ task: 'index' }));
    const lines = (await text(child.stdio[5])).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  } finally {
    await file.close();
  }
};
