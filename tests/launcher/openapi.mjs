// SPDX-License-Identifier: LGPL-2.1-or-later
// What a listener says of itself at /openapi.json, and whether an answer is as
// it says.

import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { get } from './service.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'options'];

const byPointer = (document, pointer) => pointer.split('/').slice(1)
  .reduce((value, token) => value[token.replaceAll('~1', '/').replaceAll('~0', '~')], document);

const toPointer = (tokens) => tokens
  .map((token) => `/${encodeURIComponent(String(token).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

// The document as a schema in which an answer may have no member that is not
// described. Parts of an allOf do not see each other's members.
const closed = (document) => {
  const isClosed = (schema) => schema.properties && schema.additionalProperties === undefined;
  const close = (value, part = false) => {
    if (Array.isArray(value))
      return value.map((item) => close(item));
    if (value === null || typeof value !== 'object')
      return value;
    const copy = Object.fromEntries(Object.entries(value).map(([name, member]) => [name,
      name === 'allOf' ? member.map((item) => close(item, true))
        : ['examples', 'example', 'default'].includes(name) ? member : close(member)]));
    const target = value.$ref?.includes('/schemas/') ? byPointer(document, value.$ref) : value;
    if (!part && isClosed(target))
      copy.unevaluatedProperties = false;
    return copy;
  };
  const copy = close(document);
  // Named schemas are closed where they are referred to.
  for (const schema of Object.values(copy.components.schemas))
    delete schema.unevaluatedProperties;
  return copy;
};

const typeMatches = (pattern, type) => pattern === '*/*' || pattern === type ||
  (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)));

export class Description {
  constructor(document, base) {
    this.document = document;
    this.base = base;
    this.ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addFormat('binary', true);
    this.ajv.addSchema(document, 'open').addSchema(closed(document), 'closed');
    this.validators = new Map();
    this.operations = this.#listOperations();
  }

  static async of(base) {
    return new Description((await get(base, '/openapi.json')).json, base);
  }

  resolve(value) {
    return value?.$ref ? this.resolve(byPointer(this.document, value.$ref)) : value;
  }

  operation(id) {
    const found = this.operations.find((operation) => operation.id === id);
    if (!found)
      throw new Error(`there is no operation ${id}`);
    return found;
  }

  // What is wrong with value by the schema at a place of the document; null
  // when nothing is.
  complain(tokens, value, as = 'closed') {
    const id = `${as}#${toPointer(tokens)}`;
    if (!this.validators.has(id))
      this.validators.set(id, this.ajv.compile({ $ref: id }));
    const validate = this.validators.get(id);
    return validate(value) ? null : this.ajv.errorsText(validate.errors);
  }

  #listOperations() {
    const found = [];
    for (const [path, item] of Object.entries(this.document.paths)) {
      for (const method of METHODS.filter((name) => item[name])) {
        const { operationId, parameters = [], requestBody, responses, security } = item[method];
        found.push({ id: operationId, method: method.toUpperCase(), path, responses, description: this,
          isPublic: security?.length === 0,
          parameters: [...item.parameters ?? [], ...parameters].map((value) => this.resolve(value)),
          body: this.resolve(requestBody) });
      }
    }
    return found;
  }

  // The place of the response for a status, behind references.
  #place(operation, status) {
    const { $ref } = operation.responses[status];
    return $ref ? $ref.split('/').slice(1)
      : ['paths', operation.path, operation.method.toLowerCase(), 'responses', status];
  }

  // Complaints about an answer, as text; empty when it is as described.
  check(operation, answer, { bodyless = false } = {}) {
    const { status } = answer;
    if (!operation.responses[status])
      return [`status ${status} is not described`];
    const place = this.#place(operation, status);
    const response = this.resolve(operation.responses[status]);
    return [...this.#checkHeaders(response, place, answer),
      ...(bodyless ? [] : this.#checkBody(response, place, answer))];
  }

  #checkHeaders(response, place, { headers }) {
    return Object.entries(response.headers ?? {}).flatMap(([name, header]) => {
      const { required, schema } = this.resolve(header);
      const text = [headers[name.toLowerCase()] ?? []].flat()[0];
      if (text === undefined)
        return required ? [`the header ${name} is missing`] : [];
      const at = header.$ref ? header.$ref.split('/').slice(1) : [...place, 'headers', name];
      const complaint = this.complain([...at, 'schema'], schema.type === 'integer' ? Number(text) : text);
      return complaint ? [`${name}: ${text}: ${complaint}`] : [];
    });
  }

  #checkBody(response, place, { headers, body, text }) {
    if (!response.content)
      return body.length > 0 ? ['there is a body'] : [];
    const type = headers['content-type']?.split(';')[0] ?? '';
    const pattern = Object.keys(response.content).find((name) => typeMatches(name, type));
    if (pattern === undefined)
      return [`Content-Type ${type} is not described`];
    if (!response.content[pattern].schema)
      return [];
    let value = text;
    if (/[/+]json$/.test(type)) {
      try {
        value = JSON.parse(text);
      } catch (error) {
        return [`${error}`];
      }
    }
    const complaint = this.complain([...place, 'content', pattern, 'schema'], value);
    return complaint ? [`${complaint}: ${text.slice(0, 400)}`] : [];
  }

  // The schema that describes the JSON of an answer, if any.
  schemaOf(operation, { status, headers }) {
    const { content } = this.resolve(operation.responses[status]) ?? {};
    const type = headers['content-type']?.split(';')[0] ?? '';
    return /[/+]json$/.test(type) ? content?.[type]?.schema : undefined;
  }
}
