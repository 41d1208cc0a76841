// SPDX-License-Identifier: LGPL-2.1-or-later
// One file on its way, as a row of the list.

import { ApiError, gopsPath, packageFormPath } from './api.js';
import { el, errorNotice, show } from './dom.js';
import { VIDEOS, bytes, percent, remaining } from './format.js';
import { Upload } from './tus.js';

const RATE_WINDOW_MS = 4000;

// Bytes a second over the last seconds, so that a stall shows soon.
function rateMeter() {
  const marks = [];

  return (sent) => {
    const now = performance.now();
    marks.push([now, sent]);
    while (marks.length > 2 && now - marks[0][0] > RATE_WINDOW_MS)
      marks.shift();
    const [time, before] = marks[0];
    return now > time ? (sent - before) * 1000 / (now - time) : NaN;
  };
}

// movie.mp4 becomes movie-2.mp4, that movie-3.mp4.
function otherName(name) {
  const [, base, number, end] = /^(.*?)(?:-(\d+))?(\.[^.]*)?$/s.exec(name);

  return `${base}-${(Number(number) || 1) + 1}${end ?? ''}`;
}

// What to do about it, where the service's own words do not say.
const ADVICE = {
  415: `Haberdash takes videos: ${VIDEOS}.`,
  422: `Haberdash takes videos: ${VIDEOS}. If it plays elsewhere, ffmpeg can often repair it: `
    + 'ffmpeg -i FILE -c copy repaired.mp4',
  507: 'Delete what is no longer needed in the library, then upload it again.',
};

// node; run() sends it and resolves when it is over, whatever came of it, or
// paused. onWanted is called when it is to go on, onSaid with what happened.
export class UploadRow {
  #file;
  #name;
  #upload;
  #bar = el('progress', { max: 1, value: 0 });
  #text = el('p', { class: 'small quiet numbers' });
  #trouble = el('div');
  #title = el('h3');
  #pause = el('button', { type: 'button', onclick: () => this.#upload.pause() }, 'Pause');
  #resume = el('button', { type: 'button', hidden: true, onclick: () => this.want() }, 'Resume');
  #remove = el('button', { type: 'button', onclick: () => this.#drop() }, 'Cancel');
  #done = el('p', { class: 'buttons small-buttons', hidden: true });
  #onWanted;
  #onSaid;

  status = 'waiting'; // running, paused, failed, done, gone

  constructor(file, { onWanted, onSaid }) {
    this.#file = file;
    this.#onWanted = onWanted;
    this.#onSaid = onSaid;
    this.node = el('li', { class: 'card upload' }, el('div', { class: 'upload-head' }, this.#title,
      el('div', { class: 'buttons small-buttons' }, this.#pause, this.#resume, this.#remove)),
    this.#bar, this.#text, this.#trouble, this.#done);
    this.#call(file.name);
    this.#become('waiting', `${bytes(file.size)} · waits for its turn`);
  }

  // Whether it is this one of those that the browser remembers.
  has({ name, size }) {
    return this.status !== 'gone' && name === this.#name && size === this.#file.size;
  }

  #call(name) {
    this.#name = name;
    this.#upload = new Upload(this.#file, name);
    this.#title.textContent = name;
    this.#bar.setAttribute('aria-label', `Upload of ${name}`);
    this.#remove.textContent = 'Cancel';
    for (const button of [this.#pause, this.#resume, this.#remove])
      button.setAttribute('aria-label', `${button.textContent} ${name}`);
  }

  #become(status, text) {
    this.status = status;
    this.node.dataset.status = status;
    this.#text.textContent = text;
    show(this.#pause, status === 'running');
    show(this.#resume, status === 'paused');
    show(this.#remove, status !== 'done');
    if (status === 'failed') {
      this.#remove.textContent = 'Remove';
      this.#remove.setAttribute('aria-label', `Remove ${this.#name}`);
    }
    show(this.#bar, status !== 'done' && status !== 'failed');
  }

  // It is to go on when it is its turn.
  want() {
    this.#trouble.replaceChildren();
    this.#become('waiting', `${bytes(this.#file.size)} · waits for its turn`);
    this.#onWanted();
  }

  #progress(rate, sent) {
    const { size } = this.#file;
    const speed = rate(sent);

    if (sent >= size) {
      this.#bar.removeAttribute('value');
      this.#text.textContent = 'All sent. The service reads what is in it…';
      return;
    }
    this.#bar.value = sent / size;
    this.#text.textContent = [`${percent(sent / size)} of ${bytes(size)}`,
      Number.isFinite(speed) ? `${bytes(speed)}/s` : '',
      speed > 0 ? remaining((size - sent) / speed) : ''].filter(Boolean).join(' · ');
  }

  async run() {
    const rate = rateMeter();

    this.#become('running', 'Begins…');
    try {
      if (this.#file.size === 0)
        throw new ApiError(0, 'This file is empty', 'There is nothing in it that could be processed.');
      this.#finish(await this.#upload.run((sent) => this.#progress(rate, sent),
        (error) => this.#trouble.replaceChildren(error ? el('p', { class: 'says bad' },
          'The connection is broken; it goes on as soon as it is back.') : '')));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    if (this.status === 'gone')
      return;
    if (error.name === 'AbortError') {
      this.#become('paused', `Paused · ${this.#bar.value > 0 ? `${percent(this.#bar.value)} of ` : ''}`
        + `${bytes(this.#file.size)} have arrived`);
      this.#onSaid(`${this.#name} is paused`);
      this.#resume.focus();
      return;
    }
    this.#become(error.status === 0 && this.#file.size > 0 ? 'paused' : 'failed', bytes(this.#file.size));
    this.#trouble.replaceChildren(this.#explain(error));
  }

  #explain(error) {
    const notice = errorNotice(error);

    if (ADVICE[error.status])
      notice.append(el('p', { class: 'small' }, ADVICE[error.status]));
    if (error.status === 409)
      notice.append(...this.#otherName());
    return notice;
  }

  // The name is taken by another video.
  #otherName() {
    const input = el('input', { type: 'text', value: otherName(this.#name), maxlength: 200,
      'aria-label': `Another name for ${this.#name}` });

    return [
      el('p', {}, el('a', { href: gopsPath(this.#name) }, 'See the video that has this name')),
      el('form', { class: 'with-button', onsubmit: (event) => {
        event.preventDefault();
        this.#call(input.value.trim() || otherName(this.#name));
        this.want();
      } }, input, el('button', { type: 'submit' }, 'Upload under this name')),
    ];
  }

  #finish(inputId) {
    this.inputId = inputId;
    this.#become('done', `${bytes(this.#file.size)} · uploaded`);
    this.#trouble.replaceChildren();
    this.#done.replaceChildren(
      el('a', { class: 'button primary', href: packageFormPath(inputId), 'aria-label': `Package ${this.#name}` },
        'Package it'),
      el('a', { class: 'button', href: gopsPath(this.#name), 'aria-label': `GOPs of ${this.#name}` }, 'See its GOPs'));
    show(this.#done);
    this.#onSaid(`${this.#name} is uploaded`);
  }

  async #drop() {
    this.status = 'gone';
    this.node.remove();
    this.#onSaid(`${this.#name} is taken off the list`);
    await this.#upload.drop().catch(() => {});
    this.#onWanted();
  }
}
