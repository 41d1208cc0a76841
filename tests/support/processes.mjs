// SPDX-License-Identifier: LGPL-2.1-or-later
// The children of a service under test, as the kernel lists them.

import fs from 'node:fs/promises';

// Of all its threads, to which children belong; none where it is gone itself.
export const childrenOf = async (pid) => {
  const threads = await fs.readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) =>
    fs.readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
};

// FALSE where it is gone by now.
export const signal = (pid, name) => {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH')
      throw error;
    return false;
  }
};

const wordsOf = async (pid) =>
  (await fs.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');

// Those that others are forked from.
export const forkServersOf = async (pid) => {
  const servers = [];
  for (const child of await childrenOf(pid))
    if ((await wordsOf(child))[1] === 'fork-server')
      servers.push(child);
  return servers;
};

export const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

// Those that have become workers: one that is stopped before would stop the
// service, which waits for it to be one.
export const workersOf = async (pid) => {
  const workers = [];
  for (const child of await childrenOf(pid)) {
    if ((await wordsOf(child))[1] === 'worker')
      workers.push(child);
  }
  return workers;
};

// What a process that stands still can write to in its memory; undefined where one may
// not look.
const LARGEST = 64 << 20; // leaves out what sanitizers reserve
export const memoryOf = async (pid) => {
  const memory = await fs.open(`/proc/${pid}/mem`).catch((error) => {
    if (!['EACCES', 'EPERM'].includes(error.code))
      throw error;
  });
  if (!memory)
    return undefined;
  const parts = [];
  for (const [, from, to] of (await fs.readFile(`/proc/${pid}/maps`, 'utf8')).matchAll(/^(\w+)-(\w+) rw/gm)) {
    const [start, end] = [Number(`0x${from}`), Number(`0x${to}`)];
    if (end - start > LARGEST)
      continue;
    const bytes = Buffer.alloc(end - start);
    await memory.read(bytes, 0, bytes.length, start);
    parts.push(bytes);
  }
  await memory.close();
  return Buffer.concat(parts);
};

// Stops a process. TRUE when it stands still, with all that it has not done yet
// undone until it gets SIGCONT; FALSE where it was faster.
export const standStill = async (pid) => {
  if (!signal(pid, 'SIGSTOP'))
    return false;
  for (;;) {
    const state = /^\d+ \(.*\) (\w)/s.exec(await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))?.[1];
    if (state === 'T')
      return true;
    if (state === undefined || 'ZX'.includes(state))
      return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
