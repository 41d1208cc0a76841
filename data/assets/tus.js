// SPDX-License-Identifier: LGPL-2.1-or-later
// Uploads by tus 1.0: they go on where they were after a pause, a broken line or
// another visit.

import { ApiError, errorFrom } from './api.js';

const MEMORY = 'haberdash-upload:';
const VERSION = { 'Tus-Resumable': '1.0.0' };
const TRIES = 8;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

const BROKEN = new ApiError(0, 'The service does not answer',
  'What has arrived of the file is kept. Press Resume when the service is back.');

/* --- what this browser remembers --------------------------------------- */

// By what a file can be known again.
const fingerprint = ({ name, size, lastModified }) => `${MEMORY}${JSON.stringify([name, size, lastModified])}`;

// [{ name, size, url }] of uploads that were begun here and not ended.
export function remembered() {
  return Object.keys(localStorage).filter((key) => key.startsWith(MEMORY)).map((key) => {
    const [name, size] = JSON.parse(key.slice(MEMORY.length));
    return { name, size, url: localStorage.getItem(key), key };
  });
}

export const forget = ({ key }) => localStorage.removeItem(key);

/* --- requests ----------------------------------------------------------- */

function problemOf(request) {
  return request.status === 0 ? BROKEN : errorFrom(request.status, request.responseText);
}

// XMLHttpRequest, as fetch() cannot tell how much has left. Resolves with the
// request when it was answered by 2xx.
function ask(method, url, { headers = {}, body = null, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();

    request.open(method, url);
    for (const [name, value] of Object.entries({ ...VERSION, Accept: 'application/json', ...headers }))
      request.setRequestHeader(name, value);
    if (onProgress)
      request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => (request.status >= 200 && request.status < 300
      ? resolve(request) : reject(problemOf(request)));
    request.onerror = () => reject(BROKEN);
    request.onabort = () => reject(new DOMException('paused', 'AbortError'));
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted)
      stop();
    else
      request.send(body);
  });
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const pause = (milliseconds, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, milliseconds);

  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    reject(new DOMException('paused', 'AbortError'));
  });
});

/* --- one upload --------------------------------------------------------- */

// What passes by itself: the line, the service starting anew, another request
// that the service still thinks is on its way.
const passes = ({ status }) => status === 0 || status === 423 || status === 408 || status >= 500 && status !== 507;

export class Upload {
  #file;
  #name;
  #key;
  #stop = null;

  // name: under which the service is to keep it.
  constructor(file, name = file.name) {
    this.#file = file;
    this.#name = name;
    this.#key = fingerprint({ name, size: file.size, lastModified: file.lastModified });
  }

  get #url() {
    return localStorage.getItem(this.#key);
  }

  async #begin(signal) {
    const answer = await ask('POST', '/uploads', { signal, headers: {
      'Upload-Length': this.#file.size, 'Upload-Metadata': `filename ${base64(this.#name)}` } });

    localStorage.setItem(this.#key, new URL(answer.getResponseHeader('Location'), location.href).pathname);
    return { offset: 0 };
  }

  // Where it is: { offset, inputId }. What was begun before may be gone.
  async #locate(signal) {
    if (!this.#url)
      return this.#begin(signal);
    try {
      const answer = await ask('HEAD', this.#url, { signal });
      return { offset: Number(answer.getResponseHeader('Upload-Offset')),
        inputId: answer.getResponseHeader('Haberdash-Input-Content-Id') };
    } catch (error) {
      if (error.status !== 404 && error.status !== 410)
        throw error;
      return this.#begin(signal);
    }
  }

  async #send(signal, onProgress) {
    const { offset, inputId } = await this.#locate(signal);

    if (inputId)
      return inputId;
    onProgress(offset);
    const answer = await ask('PATCH', this.#url, { signal, body: this.#file.slice(offset),
      headers: { 'Upload-Offset': offset, 'Content-Type': 'application/offset+octet-stream' },
      onProgress: (sent) => onProgress(offset + sent) });
    return answer.getResponseHeader('Haberdash-Input-Content-Id');
  }

  // Sends what is missing, again where that breaks off, and resolves with the id
  // of the input. Rejects with an AbortError after pause().
  async run(onProgress, onTrouble = () => {}) {
    const { signal } = this.#stop = new AbortController();
    let reached = -1;

    for (let tries = 1; ; tries++) {
      try {
        const inputId = await this.#send(signal, (offset) => {
          if (offset > reached)
            tries = 1; // it goes on
          reached = Math.max(reached, offset);
          onTrouble(null);
          onProgress(offset);
        });
        localStorage.removeItem(this.#key);
        return Number(inputId);
      } catch (error) {
        if (error.name === 'AbortError' || (passes(error) && tries >= TRIES))
          throw error;
        if (!passes(error)) {
          localStorage.removeItem(this.#key); // refused, and gone
          throw error;
        }
        onTrouble(error);
      }
      await pause(Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS), signal);
    }
  }

  pause() {
    this.#stop?.abort();
  }

  // Stops it, and what has arrived is dropped.
  async drop() {
    const url = this.#url;

    this.pause();
    localStorage.removeItem(this.#key);
    if (url)
      await dropAt(url);
  }
}

export async function dropAt(url) {
  await ask('DELETE', url, {}).catch((error) => {
    if (error.status !== 404)
      throw error;
  });
}
