// SPDX-License-Identifier: LGPL-2.1-or-later
// What the service says of itself: metrics, health, its log.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';

import { addInput, exec, get, KEY, KID, makeClip, makeFolder, packageEnd, post, problem, raw, startService, until, upload,
  workersOf } from './service.mjs';

// --- Prometheus text 0.0.4, read as strictly as it is specified ---

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

const readLabels = (text, line) => {
  const labels = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    assert.ok(match, line);
    assert.ok(!(match[1] in labels), `twice: ${line}`);
    labels[match[1]] = match[2];
  }
  return labels;
};

const readNumber = (text, line) => {
  assert.match(text, /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/, line);
  return Number(text.replace('Inf', 'Infinity'));
};

const parse = (text) => {
  assert.ok(text.endsWith('\n'));
  const families = new Map();
  let family;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment) {
      const [, what, name, rest] = comment;
      assert.match(name, NAME);
      if (what === 'HELP') {
        assert.ok(!families.has(name), `a family twice: ${name}`);
        families.set(name, family = { name, samples: [], keys: new Set() });
      } else {
        assert.equal(name, family.name);
        assert.ok(['counter', 'gauge', 'histogram'].includes(rest), line);
        family.type = rest;
      }
      continue;
    }
    const match = SAMPLE.exec(line);
    assert.ok(match, line);
    const [, name, labels = '', value] = match;
    const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    assert.ok(suffixes.some((suffix) => name === family.name + suffix), `${line}: not of ${family.name}`);
    assert.ok(!family.keys.has(name + labels), `a series twice: ${line}`);
    family.keys.add(name + labels);
    family.samples.push({ name, labels: readLabels(labels, line), value: readNumber(value, line) });
  }
  for (const { name, type, samples } of families.values()) {
    if (type === 'counter')
      assert.match(name, /_total$/);
    if (type === 'histogram')
      checkHistogram(samples);
  }
  return families;
};

const checkHistogram = (samples) => {
  const series = new Map();
  for (const { name, labels: { le, ...labels }, value } of samples) {
    const key = JSON.stringify(labels);
    series.set(key, series.get(key) ?? { bounds: [], counts: [] });
    if (name.endsWith('_bucket')) {
      series.get(key).bounds.push(Number(le.replace('+Inf', 'Infinity')));
      series.get(key).counts.push(value);
    } else {
      series.get(key)[name.replace(/.*_/, '')] = value;
    }
  }
  for (const { bounds, counts, count, sum } of series.values()) {
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b));
    assert.equal(bounds.at(-1), Infinity);
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b), 'buckets are cumulative');
    assert.equal(counts.at(-1), count);
    assert.ok(sum >= 0);
  }
};

const read = async (service) => {
  const answer = await get(service.api, '/metrics');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const families = parse(answer.text);
  return (name, labels = {}) => (families.get(name.replace(/_(count|sum)$/, '')) ??
    families.get(name))?.samples.find((sample) => sample.name === name &&
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value;
};

// --- the tests ---

test('metrics', async (t) => {
  const service = await startService(t);
  const before = await read(service);
  assert.equal(before('haberdash_packages', { status: 'Ready' }), 0);
  assert.equal(before('haberdash_queue_length'), 0);
  const input = await addInput(service);
  const { packaged_content_id: id } = (await post(service.api, '/packaged_content',
    { input_content_id: input, key: KEY, kid: KID })).json;
  const { url } = await packageEnd(service, id);
  const manifest = await get(service.delivery, new URL(url).pathname);
  await get(service.api, '/no-such/%22thing');
  await get(service.api, '/input_content/99');

  const metric = await read(service);
  assert.equal(metric('haberdash_packages', { status: 'Ready' }), 1);
  assert.equal(metric('haberdash_inputs'), 1);
  assert.equal(metric('haberdash_package_duration_seconds_count', { result: 'Ready' }), 1);
  assert.equal(metric('haberdash_http_requests_total',
    { listener: 'api', method: 'POST', route: '/input_content', status: '201' }), 1);
  assert.equal(metric('haberdash_http_requests_total',
    { listener: 'api', route: '/input_content/{}', status: '404' }), 1);
  assert.equal(metric('haberdash_http_requests_total', { route: 'none', status: '404' }), 1);
  const size = (await get(service.api, `/input_content/${input}`)).json.size;
  assert.ok(metric('haberdash_http_received_bytes_total', { listener: 'api' }) >= size);
  assert.equal(metric('haberdash_http_sent_bytes_total', { listener: 'delivery' }),
    manifest.body.length);
  assert.equal(metric('haberdash_packaged_input_bytes_total'), size);
  assert.equal(metric('haberdash_children', { kind: 'packager', state: 'running' }), 0);
  assert.ok(metric('haberdash_disk_free_bytes') > 0);
  assert.ok(metric('haberdash_disk_used_bytes', { kind: 'catalog' }) > 0);
  assert.ok(metric('process_resident_memory_bytes') > 1e6);
  assert.ok(metric('haberdash_heap_bytes') >= 0);
  assert.ok(metric('process_open_fds') > 5);
  assert.equal(metric('haberdash_http_requests_in_progress', { listener: 'api' }), 1);
  assert.equal((await get(service.delivery, '/metrics')).status, 404);
});

// Nothing is kept of what never became a request, or had its answer before its end.
test('requests that are broken off, refused or none', async (t) => {
  const service = await startService(t);
  const { port, hostname } = new URL(service.api);
  const nothing = net.connect(port, hostname);
  await once(nothing, 'connect');
  nothing.destroy();
  const half = net.connect(port, hostname);
  half.end('GET /healthz HT');
  await once(half.resume(), 'close');
  assert.match(await raw(service.api, 'this is no request\r\n\r\n'), /^HTTP\/1.\d 400 /);
  assert.equal((await post(service.api, '/packaged_content', 'x'.repeat(70_000))).status, 413);
  let metric;
  await until(async () => {
    metric = await read(service);
    return metric('haberdash_http_requests_in_progress', { listener: 'api' }) === 1;
  }, 'all but the one that asks are over');
  assert.equal(metric('haberdash_http_requests_total',
    { listener: 'api', method: 'POST', route: '/packaged_content', status: '413' }), 1);
});

test('health', async (t) => {
  const service = await startService(t);
  for (const base of [service.api, service.delivery]) {
    const answer = await get(base, '/healthz');
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.checks,
      { catalog: 'ok', data_folder: 'ok', disk_space: 'ok', workers: 'ok', connections: 'ok',
        running: 'ok' });
  }
  // root may write to what nobody may; nobody can write to what is no folder
  await fs.rm(path.join(service.dataDir, 'work'), { recursive: true });
  const ill = await get(service.api, '/healthz');
  assert.equal(ill.status, 503);
  assert.equal(ill.json.status, 'failing');
  assert.match(ill.json.checks.data_folder, /cannot be written to/);
  assert.equal(ill.json.checks.catalog, 'ok');
  assert.ok(!ill.text.includes(service.dataDir));
});

test('health: children that find no plug-ins', async (t) => {
  // A registry of its own: GStreamer puts a new file where it is.
  const registry = path.join(await makeFolder(t), 'registry.bin');
  const service = await startService(t,
    { env: { GST_PLUGIN_PATH_1_0: '/nowhere', GST_REGISTRY_1_0: registry } });
  // A child that makes its registry may take longer than an answer waits for it.
  const ill = await until(async () => {
    const answer = await get(service.api, '/healthz');
    return answer.json.checks.workers !== 'ok' && answer;
  }, 'it is known that children cannot start');
  assert.equal(ill.status, 503);
  assert.match(ill.json.checks.workers, /cannot start/);
});

const logfmt = (line) => Object.fromEntries(
  [...line.matchAll(/([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))(?: |$)/g)]
    .map(([, name, quoted, bare]) => [name, quoted === undefined ? bare : JSON.parse(`"${quoted}"`)]));

for (const [format, parseLine] of [['text', logfmt], ['json', JSON.parse]])
  test(`log as ${format}, with the ids of requests`, async (t) => {
    const service = await startService(t, { args: ['--log-format', format, '--log-level', 'debug'] });
    const events = () => service.log.split('\n').filter(Boolean).map(parseLine);
    const input = await addInput(service);
    const asked = await post(service.api, '/packaged_content',
      { input_content_id: input, key: KEY, kid: KID }, { 'X-Request-Id': 'from-me.1:2_3' });
    assert.equal(asked.headers['x-request-id'], 'from-me.1:2_3');
    const id = String(asked.json.packaged_content_id);
    await packageEnd(service, id);
    const missing = await get(service.api, '/input_content/99', { 'X-Request-Id': 'bad id="x"' });
    const made = problem(assert, missing, 404).request_id;
    assert.match(made, /^[0-9a-f-]{36}$/);
    assert.equal(missing.headers['x-request-id'], made);
    await get(service.api, '/a%22b?key=secret');
    await until(() => events().some(({ path: of }) => of?.startsWith('/a')), 'the last line');

    const find = (wanted) => events().find((event) =>
      Object.entries(wanted).every(([name, value]) => event[name] === value));
    for (const { time, level, message } of events()) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(level, /^(warning|notice|info|debug)$/);
      assert.ok(message);
    }
    assert.equal(find({ message: 'package is asked for' }).request_id, 'from-me.1:2_3');
    assert.equal(find({ message: 'request', request_id: 'from-me.1:2_3' }).status, '202');
    assert.ok(find({ message: 'package begins', package: id, attempt: '1' }));
    assert.ok(find({ message: 'package ends', package: id, result: 'Ready' }));
    assert.equal(find({ request_id: made }).path, '/input_content/99');
    assert.equal(find({ request_id: made }).level, 'info');
    for (const secret of [KEY, 'secret'])
      assert.ok(!service.log.includes(secret));
  });

test('children log for whose request they work', async (t) => {
  const service = await startService(t, { args: ['--log-level', 'debug', '--log-format', 'json'] });
  await upload(service, 'clip.mp4', await makeClip(), { headers: { 'X-Request-Id': 'up-1' } });
  for (const [id, file] of [['cut-1', '1.mp4'], ['frames-1', '1/frames.json'],
    ['filter-1', '1.mp4?grayscale=1']])
    assert.equal((await get(service.api, `/videos/clip.mp4/group-of-pictures/${file}`,
      { 'X-Request-Id': id })).status, 200, file);
  // Encoders say something of their own, as they like.
  const tasks = service.log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    .filter(({ message }) => message === 'task begins')
    .map(({ request_id: id, task, worker }) => `${id} ${task} ${worker > 0}`);
  for (const expected of ['up-1 index', 'cut-1 cut', 'frames-1 frames', 'filter-1 filter'])
    assert.ok(tasks.includes(`${expected} true`), `${expected}: ${tasks}`);
  assert.ok(!tasks.some((task) => task.startsWith('undefined')), `${tasks}`);
});

test('what is logged, and how loud', async (t) => {
  const service = await startService(t, { args: ['--log-level', 'warning'] });
  await addInput(service);
  assert.equal(service.log, '');
  for (const args of [['--log-level', 'loud'], ['--log-format', 'xml']])
    await assert.rejects(exec(process.env.HABERDASH, ['serve', ...args]), { code: 64 });
});

test('a priority in front of each line for the journal', async (t) => {
  const file = path.join(await makeFolder(t), 'log');
  const log = await fs.open(file, 'w');
  t.after(() => log.close());
  const { dev, ino } = await fs.stat(file);
  const service = await startService(t,
    { limit: `exec 2>>${file}`, env: { JOURNAL_STREAM: `${dev}:${ino}` } });
  await get(service.api, '/input_content/99');
  await until(async () => (await fs.readFile(file, 'utf8')).includes('\n'), 'a line');
  for (const line of (await fs.readFile(file, 'utf8')).trim().split('\n'))
    assert.match(line, /^<[4-6]>level=(warning|notice|info) message=/);
  const other = await startService(t, { env: { JOURNAL_STREAM: `${dev}:${ino}` } });
  await get(other.api, '/input_content/99');
  await until(() => other.log.includes('\n'), 'a line');
  assert.match(other.log, /^time=/);
});

test('a stop that waits for packages', async (t) => {
  const service = await startService(t, { args: ['--jobs', '1', '--stop-timeout', '60'] });
  const input = await addInput(service);
  const ask = async () => (await post(service.api, '/packaged_content',
    { input_content_id: input, key: KEY, kid: KID })).json.packaged_content_id;
  const first = await ask();
  await until(async () => (await workersOf(service.pid)).length > 0 ||
    (await get(service.api, `/packaged_content/${first}`)).json.status === 'Ready', 'it begins');
  const second = await ask();
  await service.end();
  const again = await startService(t, { dataDir: service.dataDir });
  const { history, attempts } = await packageEnd(again, first);
  assert.equal(history.filter(({ status }) => status === 'Queued').length, 1, 'made in one go');
  assert.equal(attempts, 1);
  assert.equal((await packageEnd(again, second)).status, 'Ready');
});
