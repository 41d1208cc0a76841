// SPDX-License-Identifier: LGPL-2.1-or-later
// A service that was asked for JOBS packages and REQUESTS other things holds as
// many descriptors, threads and children as at the beginning, and no more memory
// for each thing that it was asked.

import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { exec, get, makeFolder, startService, until, workersOf } from '../launcher/service.mjs';
import { randomOf } from '../support/random.mjs';
import { Load } from './soak-load.mjs';

const JOBS = Number(process.env.JOBS ?? 2000);
const REQUESTS = Number(process.env.REQUESTS ?? 20_000);
const SEED = Number(process.env.HABERDASH_SEED ?? 1);
const ROUNDS = 12;
const WARM_UP = 4;
const AT_ONCE = { job: 4, request: 8 };
// Connections that libsoup has forgotten are closed after this time.
const CLIENT_SECONDS = 8;
const STILL_MS = 1000 * (CLIENT_SECONDS + 2);
const SETTLE_MS = 120_000;
const IDLE_THREADS = 2;
// Of a median of slopes between rest and rest, see docs/reliability.md.
const BYTES_A_REQUEST = 16;

const makeFilm = async (t) => {
  const file = path.join(await makeFolder(t), 'film.mp4');
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=128x96:rate=12',
    '-f', 'lavfi', '-i', 'sine', '-t', '2', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '6', '-bf', '2',
    '-c:a', 'aac', '-b:a', '32k', file]);
  return readFile(file);
};

const sizeOf = (file) => stat(file).then(({ size }) => size, () => 0);

// Without the connection of whoever looks, which the service is about to close.
const countDescriptors = async (pid) => {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    least = Math.min(least, (await readdir(`/proc/${pid}/fd`)).length);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return least;
};

// Bytes, and numbers of things.
const sample = async ({ api, pid, dataDir }) => {
  const maps = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kB = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(maps)[1]) * 1024;
  const metrics = (await get(api, '/metrics')).text;
  return {
    rss: kB('Rss'), pss: kB('Pss'), anonymous: kB('Anonymous'),
    heap: Number(/^haberdash_heap_bytes (\S+)$/m.exec(metrics)[1]),
    fds: await countDescriptors(pid),
    threads: (await readdir(`/proc/${pid}/task`)).length,
    children: (await workersOf(pid)).length,
    catalog: await sizeOf(path.join(dataDir, 'catalog.sqlite')),
    wal: await sizeOf(path.join(dataDir, 'catalog.sqlite-wal')),
  };
};

// Once nothing has changed for longer than a connection may be idle.
const settle = async (service) => {
  let last, since;
  await until(async () => {
    const { fds, children } = await sample(service);
    if (fds !== last || children > 0)
      since = Date.now();
    last = fds;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return Date.now() - since > STILL_MS;
  }, 'the service comes to rest', SETTLE_MS);
  return sample(service);
};

const repeat = (count, atOnce, work) => {
  let left = count;
  return Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0)
      await work();
  }));
};

// Theil and Sen's: the median of the slopes between any two.
const slopeOf = (values) => {
  const slopes = values.flatMap((from, i) => values.slice(i + 1).map((to, j) => (to - from) / (j + 1)));
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)];
};

test(`${JOBS} packages and ${REQUESTS} requests`, { timeout: 7_000_000 }, async (t) => {
  t.diagnostic(`HABERDASH_SEED=${SEED}`);
  const service = await startService(t, { args: ['--cache-size', '2000000', '--log-level', 'warning',
    '--client-timeout', `${CLIENT_SECONDS}`] });
  const load = new Load(service, await makeFilm(t), randomOf(SEED));
  await load.begin();
  const samples = [];
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([
      repeat(JOBS / ROUNDS, AT_ONCE.job, () => load.job()),
      repeat(REQUESTS / ROUNDS, AT_ONCE.request, () => load.request())]);
    samples.push(await settle(service));
    t.diagnostic(`${round + 1}: ${JSON.stringify(samples.at(-1))}`);
    if (process.env.SOAK_LOG)
      process.stderr.write(`${round + 1}: ${JSON.stringify(samples.at(-1))}\n`);
  }
  load.end();

  const later = samples.slice(WARM_UP - 1);
  const [start, end] = [later[0], later.at(-1)];
  for (const what of ['fds', 'children'])
    assert.ok(end[what] <= start[what], `${what}: ${later.map((each) => each[what])}`);
  // GLib keeps some that have nothing to do for a while.
  assert.ok(end.threads <= start.threads + IDLE_THREADS, `threads: ${later.map(({ threads }) => threads)}`);
  const asked = (load.asked + load.made) / ROUNDS;
  const growth = slopeOf(later.map(({ heap }) => heap)) / asked;
  t.diagnostic(`${growth.toFixed(1)} bytes a request; from round ${WARM_UP} on ${end.heap - start.heap} bytes of ` +
    `the heap and ${end.anonymous - start.anonymous} of memory in all`);
  assert.ok(growth < BYTES_A_REQUEST, `${growth} bytes a request`);
  for (const what of ['catalog', 'wal'])
    assert.ok(end[what] <= 1.2 * Math.max(...samples.slice(0, WARM_UP).map((each) => each[what])), `${what}: ${later.map((each) => each[what])}`);
});
