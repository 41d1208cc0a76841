// SPDX-License-Identifier: LGPL-2.1-or-later
// Lists that are searched, sorted and asked for in parts.

import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';

import { addInput, exec, get, KEY, KID, post, problem, send, startService } from './service.mjs';

const NAMES = ['beta.mp4', 'Alpha.mp4', 'gamma 100%.mp4', 'alphabet.mp4', 'delta_1.mp4'];

// The names of a list, and how many the service says there are.
const list = async (service, query) => {
  const answer = await get(service.api, `/input_content?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return [answer.json.map(({ name }) => name), Number(answer.headers['x-total-count'])];
};

// All pages of it, as Link leads through them.
const walk = async (service, target) => {
  const rows = [];
  while (target) {
    const answer = await get(service.api, target);
    assert.equal(answer.status, 200, answer.text);
    rows.push(...answer.json);
    target = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
  }
  return rows;
};

test('inputs', async (t) => {
  const service = await startService(t);
  for (const name of NAMES)
    await addInput(service, name);
  // The same clip under all names: what they are sorted by is the catalog's.
  await exec('sqlite3', [path.join(service.dataDir, 'catalog.sqlite'),
    'UPDATE inputs SET duration_ns = (7 * id) % 5 * 1000000000, size_bytes = 100 * ((3 * id) % 5)']);

  for (const [query, names] of [
    ['', NAMES],
    ['sort=-id', [...NAMES].reverse()],
    ['sort=name', ['Alpha.mp4', 'alphabet.mp4', 'beta.mp4', 'delta_1.mp4', 'gamma 100%.mp4']],
    ['sort=-name', ['gamma 100%.mp4', 'delta_1.mp4', 'beta.mp4', 'alphabet.mp4', 'Alpha.mp4']],
    ['sort=duration', ['delta_1.mp4', 'gamma 100%.mp4', 'beta.mp4', 'alphabet.mp4', 'Alpha.mp4']],
    ['sort=-size', ['gamma 100%.mp4', 'beta.mp4', 'alphabet.mp4', 'Alpha.mp4', 'delta_1.mp4']],
    ['search=ALPHA', ['Alpha.mp4', 'alphabet.mp4']],
    ['search=%25', ['gamma 100%.mp4']],
    ['search=_', ['delta_1.mp4']],
    ['search=a&sort=-id&after=2', ['delta_1.mp4', 'alphabet.mp4', 'gamma 100%.mp4']],
    ['search=nothing', []],
  ])
    assert.deepEqual((await list(service, query))[0], names, query);

  assert.deepEqual(await list(service, 'sort=name&offset=1&limit=2'), [['alphabet.mp4', 'beta.mp4'], 5]);
  assert.deepEqual(await list(service, 'search=alpha&offset=2'), [[], 2]);
  assert.equal((await get(service.api, '/input_content?limit=1')).json[0].tracks.length, 2);
  for (const query of ['sort=name&limit=2', 'limit=2', 'sort=-duration&limit=1', 'search=a&limit=2&sort=-id']) {
    const rows = await walk(service, `/input_content?${query}`);
    assert.equal(new Set(rows.map(({ name }) => name)).size, NAMES.length, query);
  }
  assert.equal((await walk(service, `/input_content?limit=1&search=${encodeURIComponent('a 1')}`)).length, 1);
  for (const query of ['sort=', 'sort=sha256', 'sort=--id', 'sort=id,name', 'offset=-1', 'offset=x'])
    problem(assert, await get(service.api, `/input_content?${query}`), 400);
});

test('packages', async (t) => {
  const service = await startService(t);
  for (const name of ['one.mp4', 'two.mp4', 'three.mp4'])
    await addInput(service, name);
  for (const input of [1, 2, 1, 3]) {
    const answer = await post(service.api, '/packaged_content',
      { input_content_id: input, key: KEY, kid: KID }, { Prefer: 'wait=60' });
    assert.equal(answer.status, 200, answer.text);
  }
  assert.equal((await send(service.api, 'DELETE', '/input_content/3')).status, 204);

  const ids = async (query) => {
    const answer = await get(service.api, `/packaged_content?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return [answer.json.map(({ packaged_content_id: id }) => id), Number(answer.headers['x-total-count'])];
  };
  assert.deepEqual(await ids('input_content_id=1&sort=-id'), [[3, 1], 2]);
  assert.deepEqual(await ids('input_content_id=1,2'), [[1, 2, 3], 3]);
  assert.deepEqual(await ids('input_content_id=9'), [[], 0]);
  assert.deepEqual(await ids('input_content_id=none'), [[4], 1]);
  assert.deepEqual(await ids('search=T&sort=name'), [[4, 2], 2]);
  assert.equal((await get(service.api, '/packaged_content/4')).json.input_name, 'three.mp4');
  assert.equal((await walk(service, '/packaged_content?input_content_id=1,2&limit=1&sort=-id')).length, 3);
  for (const query of ['input_content_id=', 'input_content_id=1,', 'input_content_id=0', 'input_content_id=-1',
    'input_content_id=[1]', `input_content_id=${Array(1001).fill(1)}`, 'sort=size'])
    problem(assert, await get(service.api, `/packaged_content?${query}`), 400);
});

test('one connection for all of it, removals too', async (t) => {
  const service = await startService(t);
  for (const name of ['one.mp4', 'two.mp4'])
    await addInput(service, name);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set();
  const ask = (method, target) => new Promise((resolve, reject) => {
    http.request(new URL(target, service.api), { method, agent }, (answer) => {
      ports.add(answer.socket.localPort);
      answer.resume().on('end', () => resolve(answer.statusCode));
    }).on('error', reject).end();
  });
  for (const [method, target, status] of [
    ['GET', '/input_content', 200],
    ['DELETE', '/input_content/1', 204],
    ['DELETE', '/input_content/2', 204],
    ['DELETE', '/input_content/2', 404],
    ['GET', '/input_content', 200],
  ])
    assert.equal(await ask(method, target), status);
  assert.equal(ports.size, 1);
});
