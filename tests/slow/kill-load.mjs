// SPDX-License-Identifier: LGPL-2.1-or-later
// What a busy service is asked for, and what it promised in its answers: these
// are noted down, and hold whatever happens to it afterwards.

import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';

import { get, post, send, until, upload } from '../launcher/service.mjs';
import { begin, head, patch } from '../launcher/tus.mjs';

const WAITING = 50;
const PAGE = 1000;

const hex = () => randomBytes(16).toString('hex');
const pick = (list) => list[randomInt(list.length)];
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// The clip with a box behind it that players skip: bytes of its own.
const variant = (clip) => {
  const box = randomBytes(64);
  box.writeUInt32BE(box.length, 0);
  box.write('free', 4, 'latin1');
  return Buffer.concat([clip, box]);
};

export const listAll = async (api, what) => {
  const all = [];
  for (let target = `/${what}?limit=${PAGE}`; target;) {
    const answer = await get(api, target, { Accept: 'application/json' });
    assert.equal(answer.status, 200, answer.text);
    all.push(...answer.json);
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers.link)?.[1];
    const url = next && new URL(next, api);
    target = url && url.pathname + url.search;
  }
  return all;
};

// first: the name of an input of 10 GOPs or more.
export class Load {
  constructor(clip, first, count) {
    Object.assign(this, { clip, first, count });
    this.inputs = new Map(); // id -> sha256 of those that were accepted
    this.packages = new Map(); // id -> key of those that were accepted
    this.ready = new Set(); // ids of packages that somebody saw as Ready
    this.cancelled = new Set();
    this.cuts = new Map(); // address -> sha256 of what came
    this.uploads = []; // of tus that are not whole yet
    this.answers = 0;
  }

  // Promises that all end once the service is gone.
  start(service, round) {
    const work = [
      this.#form(service, `form-${round}.mp4`), this.#raw(service, `raw-${round}.mp4`),
      this.#resume(service, `tus-${round}.mp4`), this.#ask(service, round), this.#cut(service),
      this.#look(service), this.#cancel(service)];
    return Promise.allSettled(work.map((each) => this.#count(each)));
  }

  // A connection that breaks off is no answer; a wrong one is a failure.
  async #count(work) {
    try {
      await work;
      this.answers++;
    } catch (error) {
      if (error instanceof assert.AssertionError)
        this.wrong ??= error;
    }
  }

  #accepted(answer, bytes) {
    assert.equal(answer.status, 201, answer.text);
    this.inputs.set(answer.json.input_content_id, sha256(bytes));
  }

  async #form(service, name) {
    const bytes = variant(this.clip);
    this.#accepted(await upload(service, name, bytes), bytes);
  }

  async #raw(service, name) {
    const bytes = variant(this.clip);
    this.#accepted(await send(service.api, 'POST', `/input_content?name=${name}`,
      { body: bytes, headers: { 'Content-Type': 'video/mp4' } }), bytes);
  }

  // Goes on with one that broke off before: no byte that was acknowledged is
  // asked for again.
  async #resume(service, name) {
    if (this.uploads.length === 0) {
      const bytes = variant(this.clip);
      this.uploads.push({ bytes, acknowledged: 0,
        target: await begin(service, name, bytes.length) });
    }
    const [one] = this.uploads;
    const now = await head(service, one.target);
    assert.equal(now.status, 200, `${one.target}: ${now.status}`);
    let offset = Number(now.headers['upload-offset']);
    assert.ok(offset >= one.acknowledged, `${offset} of ${one.acknowledged} bytes`);
    while (offset < one.bytes.length) {
      const piece = one.bytes.subarray(offset, offset + Math.ceil(one.bytes.length / 3));
      const answer = await patch(service, one.target, offset, piece);
      assert.equal(answer.status, 204, answer.text);
      offset = one.acknowledged = Number(answer.headers['upload-offset']);
    }
    // Read again by the next service, where one was killed meanwhile.
    const id = await until(async () => Number((await head(service, one.target))
      .headers['haberdash-input-content-id']), 'what is whole is an input');
    this.inputs.set(id, sha256(one.bytes));
    this.uploads.shift();
  }

  async #askOne(service, options) {
    const request = { input_content_id: options.input ?? pick([...this.inputs.keys()]),
      kid: hex(), key: hex(), ...options.more };
    const answer = await post(service.api, '/packaged_content', request);
    assert.equal(answer.status, 202, answer.text);
    this.packages.set(answer.json.packaged_content_id, request.key);
  }

  // As many as make fifty that wait. One in ten rounds one is a ladder.
  async #ask(service, round) {
    const all = await listAll(service.api, 'packaged_content');
    const open = all.filter(({ status }) => !['Ready', 'Failed', 'Cancelled'].includes(status));
    const asked = Array.from({ length: Math.max(WAITING - open.length, 1) },
      () => this.#askOne(service, {}));
    if (round % 10 === 0)
      asked.push(this.#askOne(service, { more: { ladder: [{ height: 180, bitrate: 300_000 }], priority: 5 } }));
    await Promise.all(asked);
  }

  async #cut(service) {
    const folder = `/videos/${this.first}/group-of-pictures`;
    for (;;) {
      const target = `${folder}/${randomInt(this.count)}.${pick(['mp4', 'mp4?grayscale=1', 'jpg'])}`;
      const answer = await get(service.api, target);
      assert.equal(answer.status, 200, `${target}: ${answer.text}`);
      const hash = sha256(answer.body);
      assert.equal(hash, this.cuts.get(target) ?? hash, target);
      this.cuts.set(target, hash);
    }
  }

  async #look(service) {
    for (;;) {
      for (const item of await listAll(service.api, 'packaged_content')) {
        if (item.status === 'Ready')
          this.ready.add(item.packaged_content_id);
      }
    }
  }

  async #cancel(service) {
    const waiting = (await listAll(service.api, 'packaged_content'))
      .filter(({ status }) => status === 'Queued');
    if (waiting.length === 0 || randomInt(3) > 0)
      return;
    const id = pick(waiting).packaged_content_id;
    const answer = await post(service.api, `/packaged_content/${id}/cancel`, '');
    assert.ok([200, 409].includes(answer.status), answer.text);
    if (answer.status === 200)
      this.cancelled.add(id);
  }
}
