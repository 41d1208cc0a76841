// SPDX-License-Identifier: LGPL-2.1-or-later
// Random requests, right and broken, of every operation that /openapi.json has:
// no answer is a fault of the service, and each is as it is described.
// HABERDASH_REQUESTS says how many, HABERDASH_SEED which.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import test from 'node:test';

import { Description } from './openapi.mjs';
import { Maker, Memory, ask, breakRequest, describeRequest, schemaName } from './openapi-random.mjs';
import { makeClip, startService } from './service.mjs';
import { randomOf } from '../support/random.mjs';

const REQUESTS = Number(process.env.HABERDASH_REQUESTS ?? 500);
const SEED = Number(process.env.HABERDASH_SEED ?? randomInt(2 ** 32));
const ENOUGH = 1 / 5; // of the requests of an operation succeed

// Now and then other bytes that are the same film: a box that nobody reads.
const variantsOf = (clip, random) => () => {
  const box = Buffer.alloc(16);
  box.writeUInt32BE(16);
  box.write('free', 4);
  box.writeUInt32BE(random.below(2 ** 32), 8);
  return random.chance(0.5) ? clip : Buffer.concat([clip, box]);
};

// What a link says of a parameter: a runtime expression, or a value.
const evaluate = (from, { values, answer, body }) => {
  const { part, name } = /^\$(?<part>response\.body#\/|response\.header\.|request\.path\.)(?<name>.+)$/
    .exec(from)?.groups ?? {};
  return part === 'response.body#/' ? body[name]
    : part === 'response.header.' ? answer.headers[name.toLowerCase()]
      : part === 'request.path.' ? values.path[name] : from;
};

class Walk {
  constructor(descriptions, random, clip) {
    this.random = random;
    this.memory = new Memory(descriptions, random);
    this.maker = new Maker(this.memory, random, variantsOf(clip, random));
    this.operations = descriptions.flatMap(({ operations }) => operations);
    this.counts = new Map(this.operations.map((operation) => [operation, { all: 0, fine: 0 }]));
  }

  // What a link of the last answer leads to, or what was asked the least among
  // some: where that seldom succeeds, what has a link to it.
  #choose() {
    const { next } = this;
    this.next = null;
    if (next)
      return next;
    const some = this.isEnough && this.random.chance(0.5) ? this.lacking()
      : Array.from({ length: 2 }, () => this.random.pick(this.operations));
    const [operation] = some.sort((a, b) => this.#rank(a) - this.#rank(b));
    const sources = this.operations.filter((source) => this.#linksOf(source).some((link) => link === operation.id));
    return this.#fails(operation) && sources.length > 0
      ? { operation: this.random.pick(sources), given: {}, wanted: operation }
      : { operation, given: {} };
  }

  // Operations that succeeded too seldom.
  lacking() {
    return this.operations.filter((operation) => {
      const { all, fine } = this.counts.get(operation);
      return fine === 0 || fine < all * ENOUGH;
    });
  }

  #linksOf({ responses, description }) {
    return Object.values(responses).flatMap((response) => Object.values(description.resolve(response).links ?? {}))
      .map(({ operationId }) => operationId);
  }

  #fails(operation) {
    const { all, fine } = this.counts.get(operation);
    return fine <= all * 2 * ENOUGH;
  }

  #rank(operation) {
    return this.counts.get(operation).all + (this.maker.knows(operation) ? 0 : REQUESTS);
  }

  #make({ operation, given, wanted }) {
    const request = this.maker.request(operation, given);
    if (!wanted && !this.#fails(operation) && this.random.chance(0.6))
      breakRequest(request, this.random);
    return request;
  }

  async step() {
    const choice = this.#choose();
    const request = this.#make(choice);
    const { operation } = choice;
    const said = describeRequest(request);
    let answer;
    try {
      answer = await ask(request);
    } catch (error) {
      throw new Error(`${said}: ${error.message}`);
    }
    this.#judge(request, answer, said);
    this.#weigh(request, answer.status);
    const count = this.counts.get(operation);
    count.all++;
    if (answer.status < 400) {
      count.fine++;
      this.#learn(request, answer, choice.wanted);
    }
  }

  #judge({ operation }, answer, said) {
    assert.ok(answer.status < 500, `${said}: ${answer.status} ${answer.text}`);
    assert.deepEqual(operation.description.check(operation, answer), [],
      `${operation.id}: ${said}: ${answer.status} ${answer.text.slice(0, 300)}`);
  }

  // Names in the JSON of a request for something that is there, not of one that
  // makes something.
  #weigh({ operation: { description, body }, json }, status) {
    if (json !== undefined && [200, 404, 409].includes(status))
      this.memory.judge(description, body.content['application/json'].schema, json, status === 200);
  }

  #learn({ operation, values }, answer, wanted) {
    const { description } = operation;
    const schema = description.schemaOf(operation, answer);
    const body = schema ? JSON.parse(answer.text) : null;
    this.memory.learn(description, schema, body);
    if (answer.headers.location)
      this.memory.learnAddress(answer.headers.location);
    for (const { name, schema: type } of operation.parameters.filter((parameter) => parameter.in === 'path')) {
      const known = schemaName(type) ?? name;
      if (operation.method === 'DELETE')
        this.memory.forget(known, values.path[name]);
      else
        this.memory.confirm(known, values.path[name]);
    }
    this.next = this.#follow(operation, description.resolve(operation.responses[answer.status]), wanted,
      (from) => evaluate(from, { values, answer, body }));
  }

  // What is wanted is asked for after some of what leads to it: the last of
  // several packages waits.
  #follow({ description, id }, { links = {} }, wanted, valueOf) {
    const link = Object.values(links).find(({ operationId }) => operationId === wanted?.id) ??
      this.random.pick(Object.values(links));
    if (!link || this.random.chance(wanted ? 0.7 : 0.5))
      return wanted ? { operation: description.operation(id), given: {}, wanted } : null;
    const given = Object.fromEntries(Object.entries(link.parameters).map(([name, from]) => [name, valueOf(from)]));
    return { operation: description.operation(link.operationId), given };
  }
}

test(`${REQUESTS} random requests`, async (t) => {
  t.diagnostic(`HABERDASH_SEED=${SEED}`);
  const service = await startService(t, { args: ['--jobs', '1', '--callback-host', 'localhost:9'],
    env: { HABERDASH_CALLBACK_SECRET: 'a-secret-of-the-tests' } });
  const clip = await makeClip();
  const descriptions = [await Description.of(service.api), await Description.of(service.delivery)];
  const walk = new Walk(descriptions, randomOf(SEED), clip);
  // Those that lack successes by chance have some more requests.
  for (let i = 0; i < REQUESTS || (i < 2 * REQUESTS && walk.lacking().length > 0); i++) {
    walk.isEnough = i >= REQUESTS;
    try {
      await walk.step();
    } catch (error) {
      error.message = `request ${i} of HABERDASH_SEED=${SEED}: ${error.message}`;
      throw error;
    }
  }
  for (const [{ id }, { all, fine }] of walk.counts)
    t.diagnostic(`${id}: ${fine} of ${all}`);
  assert.deepEqual(walk.lacking().map(({ id }) => id), [], `too few succeeded, HABERDASH_SEED=${SEED}`);
});
