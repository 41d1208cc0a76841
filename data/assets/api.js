// SPDX-License-Identifier: LGPL-2.1-or-later
// The REST API: JSON in, JSON out, every failure an ApiError in words that a
// page can show as they are.

export class ApiError extends Error {
  constructor(status, title, detail) {
    super(detail);
    this.name = 'ApiError';
    this.status = status; // 0 when there was no answer
    this.title = title;
  }
}

const NO_ANSWER = new ApiError(0, 'The service does not answer',
  'It may have been stopped, or the network is down. Nothing is lost; try again in a moment.');

// From the text of an answer that is not 2xx.
export function errorFrom(status, text) {
  let problem = {};

  if (status === 0)
    return NO_ANSWER;
  try {
    problem = JSON.parse(text) ?? {};
  } catch {
    // not problem+json: something between here and the service answered
  }
  return new ApiError(status, problem.title ?? `Status ${status}`,
    problem.detail ?? 'The service gave no reason.');
}

// Without a session, where the service asks for one, a page is of no use. Never
// resolves: the page is left.
function signIn() {
  const here = location.pathname + location.search + location.hash;

  location.replace(`/sign-in?next=${encodeURIComponent(here)}`);
  return new Promise(() => {});
}

async function send(path, { method = 'GET', json, signal } = {}) {
  const headers = { Accept: 'application/json' };
  let answer;

  if (json !== undefined)
    headers['Content-Type'] = 'application/json';
  try {
    answer = await fetch(path, { method, headers, signal,
      body: json === undefined ? undefined : JSON.stringify(json) });
  } catch (error) {
    if (error.name === 'AbortError')
      throw error;
    throw NO_ANSWER;
  }
  if (answer.status === 401)
    return signIn();
  if (!answer.ok)
    throw errorFrom(answer.status, await answer.text());
  return answer;
}

export async function get(path, signal) {
  return (await send(path, { signal })).json();
}

export async function post(path, json) {
  return (await send(path, { method: 'POST', json })).json();
}

export async function remove(path) {
  await send(path, { method: 'DELETE' });
}

// All rows of a list that is given out in pages: an array, the next page named
// by a Link.
export async function list(path, signal) {
  const rows = [];

  while (path) {
    const answer = await send(path, { signal });
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(answer.headers.get('Link') ?? '');

    rows.push(...await answer.json());
    path = next && new URL(next[1], answer.url).href;
  }
  return rows;
}

// A part of a list, and how many there are in all.
export async function part(path, signal) {
  const answer = await send(path, { signal });

  return { rows: await answer.json(), total: Number(answer.headers.get('X-Total-Count')) };
}

export const gopsPath = (name) => `/videos/${encodeURIComponent(name)}/group-of-pictures`;
export const packagePath = (id) => `/packaged_content/${id}`;
export const inputPath = (id) => `/input_content/${id}`;
export const packageFormPath = (id) => `${inputPath(id)}/package`;

const FINAL = new Set(['Ready', 'Failed', 'Cancelled']);

export const isFinal = (item) => FINAL.has(item.status);
