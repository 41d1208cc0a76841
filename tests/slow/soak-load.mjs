// SPDX-License-Identifier: LGPL-2.1-or-later
// What a service is asked by many clients for a long time: a table of requests,
// right and wrong ones, and packages. Each leaves as much as it found.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import { formOf, get, packageEnd, post, send, upload } from '../launcher/service.mjs';
import { begin, head, patch, remove } from '../launcher/tus.mjs';

const BOUNDARY = 'multipart/form-data; boundary=test-boundary-1f9c';
const HEX = { kid: '11'.repeat(16), key: '22'.repeat(16) };

// The film with bytes behind it that nobody reads: an input of its own.
const variant = ({ film, chance }) => {
  const box = chance.bytes(64);
  box.writeUInt32BE(box.length, 0);
  box.write('free', 4, 'latin1');
  return Buffer.concat([film, box]);
};

// A connection that is kept and asked again and again. The service may close it
// just when it is asked, for it was idle for too long; then a new one is asked.
const kept = (agent, base, target) => new Promise((resolve, reject) => {
  const { hostname, port } = new URL(base);
  const request = http.get({ hostname, port, path: target, agent }, (answer) => {
    answer.resume().on('end', () => resolve({ target, status: answer.statusCode }));
  });
  request.on('error', (error) => (request.reusedSocket && error.code === 'ECONNRESET'
    ? kept(agent, base, target).then(resolve, reject) : reject(error)));
});

// Leaves when the first bytes of the answer came.
const abort = (base, bytes) => new Promise((resolve, reject) => {
  const { hostname, port } = new URL(base);
  const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
  socket.once('data', () => socket.destroy());
  socket.on('close', () => resolve({ status: 200 }));
  socket.on('error', reject);
});
const abortGet = (base, target, accept = '*/*') =>
  abort(base, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\n\r\n`);

// Leaves with nothing asked, or half of it, as whoever looks whether a port is open.
const knock = async (base, bytes) => {
  const { hostname, port } = new URL(base);
  const socket = net.connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(bytes, () => socket.destroy());
  await once(socket, 'close');
  return { status: 200 };
};

// Leaves with half of a body on its way.
const abortUpload = async ({ service, film }, i) => {
  const body = formOf(`half-${i}.mp4`, film);
  const { hostname, port } = new URL(service.api);
  const socket = net.connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`POST /input_content HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${BOUNDARY}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n`);
  socket.write(body.subarray(0, body.length / 2), () => socket.destroy());
  await once(socket, 'close');
  return { status: 200 };
};

const uploadAndDelete = async (load, i) => {
  const { service } = load;
  const answer = await upload(service, `film-${i}.mp4`, variant(load));
  assert.equal(answer.status, 201, answer.text);
  return send(service.api, 'DELETE', `/input_content/${answer.json.input_content_id}`);
};

const uploadInPieces = async (load, i) => {
  const { service } = load;
  const bytes = variant(load);
  const target = await begin(service, `pieces-${i}.mp4`, bytes.length);
  const half = Math.floor(bytes.length / 2);
  assert.equal((await patch(service, target, 0, bytes.subarray(0, half))).status, 204);
  assert.equal((await head(service, target)).headers['upload-offset'], `${half}`);
  if (load.chance.chance(0.3))
    return remove(service, target);
  const end = await patch(service, target, half, bytes.subarray(half));
  assert.equal(end.status, 204, end.text);
  await send(service.api, 'DELETE', `/input_content/${end.headers['haberdash-input-content-id']}`);
  return remove(service, target);
};

const gop = (load) => `/videos/${load.first.name}/group-of-pictures/${load.chance.below(load.first.gops)}`;
const api = (load, target, headers) => get(load.service.api, target, headers);
const delivery = (load, target, headers) => get(load.service.delivery, target, headers);
const json = { Accept: 'application/json' };
const page = { Accept: 'text/html' };

// times: how often of all; status: those that are right; ask: (load, number)
const REQUESTS = [
  [100, [200], (load) => api(load, `/input_content?limit=${1 + load.chance.below(5)}&sort=-name`)],
  [100, [200], (load) => api(load, '/packaged_content?search=film&sort=name')],
  [60, [200], (load) => api(load, `/input_content/${load.first.id}`)],
  [60, [200], (load) => api(load, `/packaged_content/${load.ready.id}`)],
  [60, [200], (load) => kept(load.agent, load.service.api, '/packaged_content')],
  [60, [200], (load) => kept(load.agent, load.service.delivery, load.ready.path)],
  [40, [200], (load) => api(load, `/videos/${load.first.name}/group-of-pictures`, json)],
  [40, [200], (load) => api(load, `/videos/${load.first.name}/group-of-pictures.json`)],
  [40, [200], (load) => api(load, `/videos/${load.first.name}/group-of-pictures/statistics.json`)],
  [40, [200], (load) => api(load, `${gop(load)}.mp4`)],
  [40, [206], (load) => api(load, `${gop(load)}.mp4`, { Range: 'bytes=10-99' })],
  [40, [200], (load) => api(load, `${gop(load)}.jpg`)],
  [20, [200], (load) => api(load, `${gop(load)}.jpg?width=${16 + load.chance.below(200)}`)],
  [20, [200], (load) => api(load, `${gop(load)}/frames.json`)],
  [10, [200], (load) => api(load, `${gop(load)}.mp4?grayscale=1`)],
  [10, [400], (load) => api(load, `${gop(load)}.mp4?crop=0,0,1000,1000`)],
  [20, [200], (load) => api(load, `/input_content/${load.first.id}/poster`)],
  [20, [200], (load) => api(load, `/input_content/${load.first.id}/content`)],
  [30, [200], (load) => api(load, '/', page)],
  [30, [200], (load) => api(load, `/packaged_content/${load.ready.id}/player`, page)],
  [20, [200], (load) => api(load, '/openapi.json')],
  [20, [200], (load) => api(load, '/metrics')],
  [20, [200], (load) => api(load, '/healthz')],
  [20, [200], (load) => api(load, '/filters')],
  [20, [200], (load) => api(load, `/packaged_content/${load.ready.id}/keys`)],
  [10, [200], (load) => api(load, `/packaged_content/${load.ready.id}/cpix`)],
  [20, [201], (load) => post(load.service.api, `/packaged_content/${load.ready.id}/viewer_tokens`, {})],
  [40, [200], (load) => delivery(load, load.ready.path)],
  [40, [200], (load) => delivery(load, load.ready.init)],
  [40, [206], (load) => delivery(load, load.ready.init, { Range: 'bytes=4-40' })],
  [20, [416], (load) => delivery(load, load.ready.init, { Range: 'bytes=9999999-' })],
  [20, [404], (load) => delivery(load, `${load.ready.path}.none`)],
  [20, [200], (load) => post(load.service.delivery, load.ready.license, { kids: ['EREREREREREREREREREREQ'], type: 'temporary' })],
  [20, [400], (load) => post(load.service.delivery, load.ready.license, '{"kids":')],
  [20, [404], (load) => api(load, '/input_content/999999999')],
  [20, [404], (load) => api(load, '/videos/none.mp4/group-of-pictures', json)],
  [20, [404], (load) => api(load, `/no/such/${load.chance.below(1e9)}`)],
  [20, [400], (load) => post(load.service.api, '/packaged_content', '{"input_content_id":1,')],
  [20, [400, 422], (load) => post(load.service.api, '/packaged_content', { input_content_id: load.first.id, key: 'x', kid: 'y' })],
  [10, [405], (load) => send(load.service.api, 'DELETE', '/metrics')],
  [10, [204, 200], (load) => send(load.service.api, 'OPTIONS', '/input_content')],
  [10, [200], (load) => send(load.service.api, 'HEAD', '/input_content')],
  [10, [421], (load) => api(load, '/', { Host: 'elsewhere.example' })],
  [10, [413], (load) => post(load.service.api, '/packaged_content', 'x'.repeat(70_000))],
  [10, [409], (load) => upload(load.service, load.first.name, variant(load))],
  [10, [200], (load) => upload(load.service, load.first.name, load.film)],
  [10, [422], (load, i) => upload(load.service, `noise-${i}.mp4`, load.chance.bytes(3000))],
  [10, [422], (load, i) => upload(load.service, `cut-${i}.mp4`, load.film.subarray(0, load.film.length / 2))],
  [20, [204], uploadAndDelete],
  [10, [204], uploadInPieces],
  [10, [200], abortUpload],
  [20, [200], (load) => abortGet(load.service.delivery, load.ready.init)],
  [20, [200], (load) => abortGet(load.service.api, `/input_content/${load.first.id}/content`)],
  [20, [200], (load) => abortGet(load.service.api, '/packaged_content/events', 'text/event-stream')],
  [10, [200], (load) => abortGet(load.service.api, `/packaged_content/${load.ready.id}/events`, 'text/event-stream')],
  [10, [200], (load) => abort(load.service.api, 'this is no request\r\n\r\n')],
  [20, [200], (load) => knock(load.service.api, '')],
  [10, [200], (load) => knock(load.service.delivery, 'GET /healthz HTT')],
];
const WEIGHT = REQUESTS.reduce((sum, [times]) => sum + times, 0);

const PACKAGES = [HEX, { ...HEX, encrypt: 'all' }, { ...HEX, hls: true }, { ...HEX, on_demand: true },
  { generate_keys: true }, { encrypt: 'none' }, { ...HEX, priority: 3 }];

export class Load {
  constructor(service, film, chance) {
    Object.assign(this, { service, film, chance, agent: new http.Agent({ keepAlive: true, maxSockets: 2 }) });
    this.asked = 0;
    this.made = 0;
  }

  // What stays: an input, and a package of it.
  async begin() {
    const { json: input } = await upload(this.service, 'first.mp4', this.film);
    this.first = { id: input.input_content_id, name: 'first.mp4', gops: input.group_of_pictures_count };
    const asked = await post(this.service.api, '/packaged_content', { input_content_id: this.first.id, ...HEX });
    const item = await packageEnd(this.service, asked.json.packaged_content_id);
    assert.equal(item.status, 'Ready', item.reason);
    const path = new URL(item.url).pathname;
    const manifest = (await delivery(this, path)).text;
    const [, init] = /initialization="([^"$]+)"/.exec(manifest.replaceAll('$RepresentationID$', 'video_0'));
    this.ready = { id: item.packaged_content_id, path, init: path.replace(/[^/]+$/, init),
      license: path.replace(/dash\/.*$/, 'license/clearkey') };
  }

  #choose() {
    let at = this.chance.below(WEIGHT);
    return REQUESTS.find(([times]) => (at -= times) < 0);
  }

  async request() {
    const [, right, ask] = this.#choose();
    const number = this.asked++;
    const answer = await ask(this, number);
    assert.ok(right.includes(answer.status), `${answer.target ?? ask}: ${answer.status} ${answer.text}`);
  }

  async job() {
    const { service, chance } = this;
    this.made++;
    const asked = await post(service.api, '/packaged_content', { input_content_id: this.first.id, ...chance.pick(PACKAGES) },
      chance.chance(0.2) ? { Prefer: 'wait=20' } : {});
    assert.ok([200, 202].includes(asked.status), asked.text);
    const target = `/packaged_content/${asked.json.packaged_content_id}`;
    if (chance.chance(0.05)) {
      const answer = await post(service.api, `${target}/cancel`, '');
      assert.ok([200, 409].includes(answer.status), answer.text);
    }
    const item = await packageEnd(service, asked.json.packaged_content_id);
    assert.notEqual(item.status, 'Failed', item.reason);
    const answer = await send(service.api, 'DELETE', target);
    assert.equal(answer.status, 204, answer.text);
  }

  end() {
    this.agent.destroy();
  }
}
