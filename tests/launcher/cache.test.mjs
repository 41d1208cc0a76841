// SPDX-License-Identifier: LGPL-2.1-or-later
// What is kept of GOPs, pictures and filters: its bound, its order, services that
// stop or die, and many who ask for the same.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import {
  addInput, exec, get, haberdash, isEmpty, makeFolder, send, signal, startService, until, workersOf,
} from './service.mjs';

const GOPS = '/videos/clip.mp4/group-of-pictures';
const cutsOf = async (dataDir) => (await fs.readdir(path.join(dataDir, 'cuts'))).sort();
// STORAGE.VERSION.WHAT
const whatOf = async (dataDir) => (await cutsOf(dataDir)).map((name) => name.split('.').slice(2).join('.'));

const figures = async (service) => {
  const { text } = await get(service.api, '/metrics');
  const read = (name) => Number(new RegExp(`^haberdash_cache_${name} (.*)$`, 'm').exec(text)?.[1]);
  return { bytes: read('bytes'), files: read('files'), limit: read('limit_bytes'), evictions: read('evictions_total'),
    hits: read('requests_total{result="hit"}'), shared: read('requests_total{result="shared"}'),
    misses: read('requests_total{result="miss"}') };
};

const ask = async (service, what) => {
  const answer = await get(service.api, `${GOPS}/${what}`);
  assert.equal(answer.status, 200, `${what}: ${answer.text.slice(0, 200)}`);
  return answer;
};

test('the last ones used stay, over a restart and where there is less room then', async (t) => {
  const first = await startService(t);
  await addInput(first);
  for (const what of ['0.mp4', '1.mp4', '2.mp4', '3.mp4', '0.mp4', '2.mp4'])
    await ask(first, what);
  const { dataDir } = first;
  const { etag } = (await ask(first, '2.mp4')).headers;
  assert.deepEqual(await whatOf(dataDir), ['0-0.mp4', '1-1.mp4', '2-2.mp4', '3-3.mp4']);
  const before = await figures(first);
  assert.deepEqual([before.files, before.misses, before.hits, before.evictions], [4, 4, 3, 0]);
  assert.equal(before.limit, 2 ** 30);
  await first.end();

  const second = await startService(t, { dataDir });
  const sizes = await figures(second);
  assert.deepEqual([sizes.files, sizes.bytes], [before.files, before.bytes]);
  assert.equal((await ask(second, '2.mp4')).headers.etag, etag);
  assert.deepEqual([(await figures(second)).hits, (await figures(second)).misses], [1, 0]);
  await second.end('SIGKILL');

  // 1 and 3 were used before 0 and 2
  const third = await startService(t, { dataDir, args: ['--cache-size', String(Math.floor(before.bytes * 0.6))] });
  assert.deepEqual(await whatOf(dataDir), ['0-0.mp4', '2-2.mp4']);
  await ask(third, '0.mp4');
  await ask(third, '1.mp4');
  assert.deepEqual(await whatOf(dataDir), ['0-0.mp4', '1-1.mp4']);
  const after = await figures(third);
  assert.ok(after.bytes <= after.limit);
  assert.equal(after.evictions, 3);
});

test('what has no room is sent, and not kept', async (t) => {
  const service = await startService(t, { args: ['--cache-size', '0'] });
  await addInput(service);
  for (const what of ['0.mp4', '0.jpg', '0/frames.json', '0.mp4?grayscale=1']) {
    const answers = await Promise.all([ask(service, what), ask(service, what)]);
    assert.ok(answers[0].body.length > 100);
    assert.deepEqual(answers[0].body, answers[1].body);
  }
  assert.deepEqual(await cutsOf(service.dataDir), []);
  await until(() => isEmpty(service, 'work'), 'the children end');
});

test('twenty who ask for the same get what one child made', async (t) => {
  const service = await startService(t);
  await addInput(service);
  for (const [what, made] of [['1.mp4?scale=64x64', 2], ['2.jpg', 1], ['3.mp4', 1], ['0/frames.json', 1]]) {
    const before = await figures(service);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(service, what)));
    assert.equal(new Set(answers.map(({ headers }) => headers.etag)).size, 1, what);
    const after = await figures(service);
    assert.equal(after.misses - before.misses, made, what);
    assert.equal(after.hits + after.shared - before.hits - before.shared, 19, what);
  }
});

test('pictures of many GOPs come from few children', async (t) => {
  const service = await startService(t);
  const folder = await makeFolder(t);
  const file = path.join(folder, 'many.mp4');
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10', '-t', '12',
    '-c:v', 'libx264', '-g', '2', '-sc_threshold', '0', file]);
  const { body } = await send(service.api, 'POST', '/input_content?name=many.mp4',
    { body: await fs.readFile(file), headers: { 'Content-Type': 'video/mp4' } });
  assert.ok(body.length > 0);
  const seen = new Set();
  let done = false;
  const watch = (async () => {
    while (!done)
      (await workersOf(service.pid)).forEach((pid) => seen.add(pid));
  })();
  const answers = await Promise.all(Array.from({ length: 60 }, (_, gop) =>
    get(service.api, `/videos/many.mp4/group-of-pictures/${gop}.jpg`)));
  done = true;
  await watch;
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(new Set(answers.map(({ body: jpeg }) => jpeg.toString('latin1'))).size, 60, 'a picture each');
  assert.ok(seen.size > 0 && seen.size < 20, `${seen.size} children`);

  // those of somebody who goes along the video are made before they are asked for
  const kept = async (width) => (await whatOf(service.dataDir)).filter((name) => name.endsWith(`-${width}.jpg`)).length;
  for (const gop of [30, 10, 11])
    await get(service.api, `/videos/many.mp4/group-of-pictures/${gop}.jpg?width=100`);
  await until(async () => await kept(100) === 15, 'twelve more are made');
  await get(service.api, '/videos/many.mp4/group-of-pictures/59.jpg?width=90');
  await until(() => isEmpty(service, 'work'), 'the child ends');
  assert.equal(await kept(90), 1);
});

test('a service or child that dies leaves nothing that is not whole', async (t) => {
  let service = await startService(t);
  const { dataDir } = service;
  await addInput(service);
  for (const [kill, when] of [['service', 10], ['service', 60], ['worker', 0]]) {
    const asked = ['0-3.mp4?scale=640x360', '1.jpg', '2.mp4', '3.mp4?rotate=90', '0/frames.json']
      .map((what) => get(service.api, `${GOPS}/${what}`).catch(() => null));
    await until(async () => (await workersOf(service.pid)).length > 0, 'a child begins');
    await new Promise((resolve) => { setTimeout(resolve, when); });
    if (kill === 'service')
      await service.end('SIGKILL');
    else
      (await workersOf(service.pid)).forEach((pid) => signal(pid, 'SIGKILL'));
    for (const answer of await Promise.all(asked))
      assert.ok(answer === null || [200, 422].includes(answer.status), answer?.text);
    if (kill === 'service')
      service = await startService(t, { dataDir });
    await until(() => isEmpty(service, 'work'), 'nothing is left of it');
    // every file that has its name is whole
    assert.equal((await haberdash('check', '--data-dir', dataDir)).stdout, '');
    for (const name of await cutsOf(dataDir))
      if (name.endsWith('.mp4'))
        await exec('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-i', path.join(dataDir, 'cuts', name), '-f', 'null', '-']);
  }
  await ask(service, '0-3.mp4?scale=640x360');
});

test('an input takes what was made of it along, and what is being made', async (t) => {
  const service = await startService(t);
  await addInput(service);
  await ask(service, '1.jpg');
  const asked = get(service.api, `${GOPS}/0-3.mp4?scale=640x360`);
  await until(async () => (await workersOf(service.pid)).length > 0, 'a child begins');
  assert.equal((await send(service.api, 'DELETE', '/input_content/1')).status, 204);
  await asked;
  await until(() => isEmpty(service, 'work'), 'the child ends');
  assert.deepEqual(await cutsOf(service.dataDir), []);
  const { files, bytes } = await figures(service);
  assert.deepEqual([files, bytes], [0, 0]);
});

test('check finds what is not whole, and what is of no input', async (t) => {
  const service = await startService(t);
  const { dataDir } = service;
  await addInput(service);
  for (const what of ['0.mp4', '0.jpg', '0/frames.json'])
    await ask(service, what);
  await service.end();
  const check = async (...args) => (await haberdash('check', '--data-dir', dataDir, ...args)
    .catch((error) => error)).stdout;
  assert.equal(await check(), '');
  const names = await cutsOf(dataDir);
  assert.equal(names.length, 3);
  for (const name of names) {
    await fs.chmod(path.join(dataDir, 'cuts', name), 0o600);
    await fs.truncate(path.join(dataDir, 'cuts', name), 100);
  }
  await fs.writeFile(path.join(dataDir, 'cuts', 'stray'), 'x');
  const told = await check();
  assert.equal(told.trim().split('\n').length, 4, told);
  for (const words of [/MP4/, /JPEG/, /JSON/, /cuts\/stray: belongs to nothing/])
    assert.match(told, words);
  assert.match(await check('--repair'), /repaired/);
  assert.deepEqual(await cutsOf(dataDir), []);
  assert.equal(await check(), '');
});
