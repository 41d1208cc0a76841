// SPDX-License-Identifier: LGPL-2.1-or-later
// Random requests, made of nothing but what a service says of itself at
// /openapi.json: well-formed ones out of its schemas and of what earlier answers
// said, and broken ones.

import http from 'node:http';

import { formOf } from './service.mjs';

const GIVE_UP_MS = 60_000;
const TASTE_MS = 200; // of an answer that goes on and on
const REMEMBERED = 40;
const TRIES = 1000;

export const schemaName = (schema) => /\/schemas\/(\w+)$/.exec(schema?.$ref ?? '')?.[1];
const isScalar = (value) => ['string', 'number'].includes(typeof value);

// --- what answers teach ---------------------------------------------------

// Values by the name of the schema or, where it has none, of the parameter that
// they are of.
export class Memory {
  constructor(descriptions, random) {
    this.random = random;
    this.known = new Map();
    this.good = new Map();
    this.companions = new Map();
    this.templates = descriptions.flatMap(({ operations }) => operations)
      .filter(({ path }) => path.includes('{'))
      .map(({ path, parameters, description }) => ({
        parameters: parameters.map((parameter) => ({ ...parameter, type: description.resolve(parameter.schema).type })),
        pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
      }));
  }

  #keep(map, name, value) {
    const values = map.get(name) ?? [];
    if (values.includes(value))
      return;
    values.push(value);
    if (values.length > REMEMBERED)
      values.splice(this.random.below(values.length - 1), 1);
    map.set(name, values);
  }

  add(name, value) {
    this.#keep(this.known, name, value);
  }

  // An address with this value in it was one.
  confirm(name, value) {
    this.#keep(this.good, name, value);
  }

  // What is taken of a request's JSON, or was not.
  judge(description, schema, value, fine) {
    for (const [name, part] of this.#read(description, schema, value)) {
      if (fine)
        this.confirm(name, part);
      else
        this.good.set(name, (this.good.get(name) ?? []).filter((known) => known !== part));
    }
  }

  forget(name, value) {
    for (const map of [this.known, this.good])
      map.set(name, (map.get(name) ?? []).filter((known) => `${known}` !== `${value}`));
  }

  has(name) {
    return (this.known.get(name) ?? []).length > 0;
  }

  pick(name) {
    const good = this.good.get(name) ?? [];
    return this.random.pick(good.length > 0 && this.random.chance(0.75) ? good : this.known.get(name));
  }

  // What an answer said of one thing: [name, value] each.
  #addTogether(seen) {
    for (const [name, value] of seen) {
      this.add(name, value);
      const near = this.companions.get(`${name} ${value}`) ?? new Map();
      this.companions.set(`${name} ${value}`, near);
      for (const [other, there] of seen)
        if (other !== name)
          this.#keep(near, other, there);
    }
  }

  // What was said of the same thing as the value of a name; null where nothing
  // was.
  pickBeside(name, chosen) {
    const lists = chosen.map(([other, value]) => this.companions.get(`${other} ${value}`)?.get(name) ?? [])
      .filter((list) => list.length > 0);
    return lists.length > 0 ? this.random.pick(lists[0]) : null;
  }

  // An address of this service has in it what its parameters stand for.
  learnAddress(text) {
    this.#addTogether(this.#readAddress(text));
  }

  #readAddress(text) {
    const path = /^(?:https?:\/\/[^/]+)?(\/[^?#]*)/.exec(text)?.[1] ?? '';
    return this.templates.flatMap(({ parameters, pattern }) =>
      Object.entries(pattern.exec(path)?.groups ?? {}).map(([name, value]) => {
        const { schema, type } = parameters.find((parameter) => parameter.name === name);
        return [schemaName(schema) ?? name, type === 'integer' ? Number(value) : decodeURIComponent(value)];
      }));
  }

  learn(description, schema, value) {
    if (Array.isArray(value)) {
      const { items } = description.resolve(schema);
      value.forEach((item) => this.learn(description, items, item));
    } else {
      this.#addTogether(this.#read(description, schema, value));
    }
  }

  #read(description, schema, value) {
    if (value === null || value === undefined || !schema)
      return [];
    const { format, items, properties = {}, allOf = [], anyOf = [] } = description.resolve(schema);
    const found = schemaName(schema) && isScalar(value) ? [[schemaName(schema), value]] : [];
    if (/^uri/.test(format) && typeof value === 'string')
      found.push(...this.#readAddress(value));
    for (const part of [...allOf, ...anyOf])
      found.push(...this.#read(description, part, value));
    const members = Array.isArray(value) ? value.map((item) => [items, item])
      : typeof value === 'object' ? Object.entries(value).map(([name, member]) => [properties[name], member]) : [];
    return found.concat(members.flatMap(([type, member]) => this.#read(description, type, member)));
  }
}

// --- well-formed requests -------------------------------------------------

const exampleOf = (place, random) => {
  if (Array.isArray(place.examples))
    return random.pick(place.examples);
  if (place.examples)
    return random.pick(Object.values(place.examples)).value;
  return place.example;
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~';

export class Maker {
  constructor(memory, random, media) {
    Object.assign(this, { memory, random, media, chosen: [] });
  }

  #number({ minimum = 0, maximum = 100, type }) {
    const { random } = this;
    const highest = Math.min(maximum, minimum + 1000);
    if (random.chance(0.2))
      return random.pick([minimum, maximum]);
    return type === 'integer' ? minimum + random.below(highest - minimum + 1)
      : minimum + random.next() * (highest - minimum);
  }

  #text({ minLength = 0, maxLength = 40 }) {
    const length = minLength + this.random.below(Math.min(maxLength, minLength + 40) - minLength + 1);
    return Array.from({ length }, () => this.random.pick(LETTERS)).join('');
  }

  // A value of a schema; name: under which it is known where the schema has
  // none; known: how likely a value that was seen is.
  value(description, schema, name, known = 0.95) {
    const { memory, random } = this;
    const key = schemaName(schema) ?? name;
    const beside = this.chosen.length > 0 && random.chance(0.8) ? memory.pickBeside(key, this.chosen) : null;
    if (beside !== null)
      return beside;
    if (memory.has(key) && random.chance(known))
      return memory.pick(key);
    const target = description.resolve(schema);
    const types = [target.type ?? []].flat();
    const example = exampleOf(target, random);
    if ('const' in target)
      return target.const;
    if (target.enum)
      return random.pick(target.enum);
    if (target.properties || types.includes('object'))
      return this.#object(description, target);
    if (types.includes('array'))
      return this.#array(description, target);
    if (example !== undefined && (target.format || target.pattern || types.includes('string') || random.chance(0.5)))
      return example;
    if (types.includes('boolean'))
      return random.chance(0.5);
    return types.includes('integer') || types.includes('number') ? this.#number(target) : this.#text(target);
  }

  #array(description, { items, minItems = 0, maxItems = 3 }) {
    const length = minItems + this.random.below(Math.min(maxItems, minItems + 2) - minItems + 1);
    return Array.from({ length }, () => this.value(description, items));
  }

  #object(description, { properties = {}, required = [] }) {
    return Object.fromEntries(Object.entries(properties)
      .filter(([name]) => required.includes(name) || this.random.chance(0.35))
      .map(([name, schema]) => [name, this.value(description, schema, name)]));
  }

  // Of what is made those that the schema takes, for it may say more than which
  // members there are.
  #body(operation, type, tokens, schema) {
    const { description } = operation;
    for (let i = 0; i < TRIES; i++) {
      const value = this.value(description, schema);
      if (description.complain(tokens, value, 'open') === null)
        return value;
    }
    throw new Error(`${operation.id}: nothing that is made is taken as ${type}`);
  }

  // Whether what the path needs is known.
  knows(operation) {
    return operation.parameters.filter((parameter) => parameter.in === 'path').every(({ name, schema, ...rest }) =>
      this.memory.has(schemaName(schema) ?? name) || exampleOf(rest, this.random) !== undefined);
  }

  #parameter(operation, parameter) {
    const { name, schema, in: where } = parameter;
    const example = exampleOf(parameter, this.random);
    if (example !== undefined && !(where === 'path' && this.memory.has(schemaName(schema) ?? name)))
      return example;
    return this.value(operation.description, schema, name, where === 'path' ? 0.95 : 0.3);
  }

  // given: what a link of an earlier answer says of parameters.
  request(operation, given = {}) {
    const request = { operation, values: { path: {}, query: {}, header: {}, cookie: {} }, headers: {} };
    this.chosen = [];
    for (const parameter of operation.parameters) {
      const { name, in: where, required } = parameter;
      if (name in given)
        request.values[where][name] = given[name];
      else if (required || this.random.chance(0.3))
        request.values[where][name] = this.#parameter(operation, parameter);
      if (where === 'path')
        this.chosen.push([schemaName(parameter.schema) ?? name, request.values.path[name]]);
    }
    if (operation.body && (operation.body.required || this.random.chance(0.5)))
      this.#addBody(request);
    return request;
  }

  #addBody(request) {
    const { operation } = request;
    const type = this.random.pick(Object.keys(operation.body.content));
    const { schema, example } = operation.body.content[type];
    const tokens = [...this.#bodyPlace(operation), 'content', type, 'schema'];
    if (example !== undefined) {
      request.body = example;
    } else if (type === 'multipart/form-data') {
      Object.assign(request, { body: formOf(this.#text({ minLength: 1 }), this.media()), boundary: 'test-boundary-1f9c' });
    } else if (schema.format === 'binary') {
      request.body = this.media();
      request.values.query.name ??= this.#text({ minLength: 1 });
    } else if (type === 'application/json') {
      request.json = this.#body(operation, type, tokens, schema);
    } else {
      request.body = new URLSearchParams(this.value(operation.description, schema)).toString();
    }
    request.headers['Content-Type'] = type.replace('/*', '/mp4') +
      (request.boundary ? `; boundary=${request.boundary}` : '');
  }

  #bodyPlace({ description, path, method }) {
    const { requestBody } = description.document.paths[path][method.toLowerCase()];
    return requestBody.$ref ? requestBody.$ref.split('/').slice(1)
      : ['paths', path, method.toLowerCase(), 'requestBody'];
  }
}

// --- broken requests ------------------------------------------------------

const JUNK = [null, true, false, 0, -1, 1.5, 1e308, -9007199254740993, 2 ** 53, '', ' ', '0', 'x'.repeat(3000),
  '\u0000', '\u{1f3ac}', '../../etc/passwd', "' OR 1=1 --", '%s%n', [], [null], {}, { a: { b: [] } }];
const WORDS = ['', '0', '-1', '1.5', '99999999999999999999', '9223372036854775807', 'NaN', 'x'.repeat(2000), '...',
  '\u{1f3ac}', 'a/b', '%', '\u0001', "'", 'null', '1-0', '0-99999999999'];
const RAW_WORDS = ['%00', '%ff', '%2e%2e%2f', '%2F', '%c3%28'];
const HEADER_WORDS = ['', '0', '-1', 'x'.repeat(1000), '\u00ff', 'bytes=', 'bytes=-0', 'bytes=5-1', 'bytes=0-0,2-3', '*',
  'wait=x', 'wait=-1', '"', 'W/"', 'Thu, 99 Foo 2026', ';;;', ',,,', '99999999999999999999'];

const breakJson = (value, random) => {
  const members = Object.keys(value ?? {});
  const nested = members.filter((name) => value[name] !== null && typeof value[name] === 'object');
  if (nested.length > 0 && random.chance(0.4)) {
    const name = random.pick(nested);
    return { ...value, [name]: breakJson(value[name], random) };
  }
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const kind = random.below(4);
  if (kind === 0 || members.length === 0)
    copy[random.pick(['unknown', '', 'status', '__proto__'])] = random.pick(JUNK);
  else if (kind === 1)
    delete copy[random.pick(members)];
  else
    copy[random.pick(members)] = random.pick(JUNK);
  return copy;
};

const breakBody = (request, random) => {
  const whole = Buffer.from(request.json !== undefined ? JSON.stringify(request.json) : request.body);
  delete request.json;
  const cut = random.below(whole.length + 1);
  request.body = random.pick([Buffer.alloc(0), whole.subarray(0, cut), Buffer.from([0xff, 0xfe, 0x7b]),
    Buffer.from('[]'), Buffer.from('{'.repeat(500)), Buffer.from('{"a":1}'), Buffer.alloc(70_000, 0x20),
    Buffer.concat([whole, Buffer.from('}')])]);
};

const breakValue = (values, random, words) => {
  const name = random.pick(Object.keys(values));
  values[name] = random.pick(words);
};

// Each changes a request; those that have nothing to change are not asked.
const BREAKS = [
  { can: ({ values }) => Object.keys(values.path).length > 0,
    make: ({ values }, random) => breakValue(values.path, random, WORDS.filter((word) => word !== '')) },
  { can: ({ values }) => Object.keys(values.path).length > 0,
    make: (request, random) => {
      request.raw = { [random.pick(Object.keys(request.values.path))]: random.pick(RAW_WORDS) };
    } },
  { can: ({ values }) => Object.keys(values.query).length > 0,
    make: ({ values }, random) => breakValue(values.query, random, WORDS) },
  { can: ({ values }) => Object.keys(values.header).length > 0,
    make: ({ values }, random) => breakValue(values.header, random, HEADER_WORDS) },
  { can: ({ json }) => json !== undefined,
    make: (request, random) => { request.json = breakJson(request.json, random); } },
  { can: ({ json, body }) => json !== undefined || body !== undefined, make: breakBody },
  { can: ({ json, body }) => json !== undefined || body !== undefined,
    make: ({ headers }, random) => {
      headers['Content-Type'] = random.pick(['', 'text/css', 'multipart/form-data', 'multipart/form-data; boundary=',
        'application/json; charset=x', 'video/mp4', 'nonsense']);
    } },
  { can: () => true,
    make: ({ values }, random) => { values.query[random.pick(['limit', 'after', 'name', 'x'])] = random.pick(WORDS); } },
  { can: () => true,
    make: ({ headers }, random) => { headers.Accept = random.pick(['text/html', '*/*', 'image/png', ',;q=', '']); } },
  { can: () => true,
    make: ({ headers }, random) => {
      Object.assign(headers, random.pick([{ Origin: 'http://elsewhere.example' }, { Origin: 'null' },
        { 'Sec-Fetch-Site': 'cross-site' }, { Host: 'elsewhere.example' }, { Authorization: 'Bearer x' },
        { Cookie: 'haberdash-session=; =' }, { Range: 'bytes=1-' }]));
    } },
];

export const breakRequest = (request, random) => {
  for (let count = 1 + random.below(2); count > 0; count--)
    random.pick(BREAKS.filter(({ can }) => can(request))).make(request, random);
};

// --- on the wire ----------------------------------------------------------

const targetOf = ({ operation, values, raw = {} }) => {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => raw[name] ?? encodeURIComponent(values.path[name]));
  const query = new URLSearchParams(values.query).toString();
  return query ? `${path}?${query}` : path;
};

// For people: what was asked.
export const describeRequest = (request) => `${request.operation.method} ${targetOf(request)} ` +
  `${JSON.stringify({ ...request.values.header, ...request.headers })} ` +
  `${request.json !== undefined ? JSON.stringify(request.json) : request.body?.subarray?.(0, 200) ?? request.body ?? ''}`
    .slice(0, 2000);

// { status, headers, body, text }. Of a stream of events the beginning.
export const ask = (request) => new Promise((resolve, reject) => {
  const { operation, values, headers, json, body } = request;
  const { hostname, port } = new URL(operation.description.base);
  const sent = json !== undefined ? JSON.stringify(json) : body;
  const all = { ...values.header, ...headers };
  if (sent !== undefined)
    all['Content-Length'] ??= Buffer.byteLength(sent);
  const message = http.request({ hostname, port, method: operation.method, path: targetOf(request), headers: all,
    agent: false, timeout: GIVE_UP_MS }, (answer) => {
    const pieces = [];
    const done = () => {
      const whole = Buffer.concat(pieces);
      resolve({ status: answer.statusCode, headers: answer.headers, body: whole, text: whole.toString() });
    };
    answer.on('data', (piece) => pieces.push(piece)).on('end', done).on('error', reject);
    if (answer.headers['content-type'] === 'text/event-stream')
      setTimeout(() => { answer.removeAllListeners('error').on('error', () => {}).destroy(); done(); }, TASTE_MS);
  });
  message.on('timeout', () => message.destroy(new Error(`no answer within ${GIVE_UP_MS} ms`)));
  message.on('error', reject);
  message.end(sent);
});
