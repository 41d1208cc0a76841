// SPDX-License-Identifier: LGPL-2.1-or-later
// What the service can do to a GOP as it cuts it: a form of its list of filters,
// which builds the address of the result.

import { ApiError, get } from './api.js';
import { copyable } from './copy.js';
import { el, errorNotice } from './dom.js';

const FEW = 12; // values of a field that are offered one by one

// The values in text, one a field, as far as there are any.
export function splitValue(text, fields) {
  return fields.map(({ separator }, i) => {
    const begin = i === 0 ? 0 : text.indexOf(separator);
    if (begin < 0)
      return null;
    text = text.slice(begin + (i === 0 ? 0 : separator.length));
    return /^\d+/.exec(text)?.[0] ?? null;
  });
}

// The query's value from those of its fields; trailing ones that are left empty
// and need not be there are left out.
export function joinValue(values, fields) {
  return values.map((value, i) => (value === '' && fields[i].default !== null ? '' : fields[i].separator + value))
    .join('');
}

const valuesOf = ({ minimum, maximum, step }) => Array.from({ length: Math.floor((maximum - minimum) / step) + 1 },
  (_, i) => String(minimum + i * step));

function makeField(field, value) {
  const many = (field.maximum - field.minimum) / field.step >= FEW;
  const input = many ? el('input', { type: 'number', min: field.minimum, max: field.maximum, step: field.step,
    value: value ?? field.default, required: field.default === null, inputmode: 'numeric' })
    : el('select', {}, ...valuesOf(field).map((text) => el('option', { value: text, selected: text === value }, text)));

  return { input, label: el('label', { class: 'filter-field' }, el('span', {}, field.title), input) };
}

// A filter with one value only is a switch.
const isSwitch = ({ fields }) => fields.length === 1 && fields[0].minimum === fields[0].maximum;

class FilterChoice {
  constructor(filter, onChange) {
    const example = splitValue(filter.example, filter.fields);
    const parts = isSwitch(filter) ? [] : filter.fields.map((field, i) => makeField(field, example[i]));
    const fields = el('div', { class: 'filter-fields', hidden: true }, ...parts.map(({ label }) => label));
    const allowed = isSwitch(filter) ? '' : ` Allowed: ${filter.allowed}.`;
    const hint = el('p', { class: 'small quiet', hidden: true }, filter.description + allowed);

    this.filter = filter;
    this.inputs = parts.map(({ input }) => input);
    this.box = el('input', { type: 'checkbox', name: filter.name });
    this.node = el('fieldset', { class: 'filter' },
      el('legend', {}, el('label', { class: 'choice' }, this.box, filter.title)), fields, hint);
    this.box.addEventListener('change', () => {
      fields.hidden = hint.hidden = !this.box.checked;
      onChange();
    });
    for (const input of this.inputs)
      input.addEventListener('input', onChange);
    this.enable();
  }

  // Hidden fields must not keep the form from being sent.
  enable() {
    for (const input of this.inputs)
      input.disabled = !this.box.checked;
  }

  get value() {
    return isSwitch(this.filter) ? String(this.filter.fields[0].minimum)
      : joinValue(this.inputs.map(({ value }) => value), this.filter.fields);
  }
}

export class GopFilters {
  #choices = [];
  #form;
  #link;
  #button;
  #result;
  #original;
  #video;
  #trouble;
  #path = '';
  #round = 0; // of asking, so that late answers are known

  // The elements of the page.
  constructor({ form, list, link, button, result, original, video, trouble }) {
    this.#form = form;
    this.#link = link;
    this.#button = button;
    this.#result = result;
    this.#original = original;
    this.#video = video;
    this.#trouble = trouble;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#apply();
    });
    get('/filters').then((filters) => {
      this.#choices = filters.map((filter) => new FilterChoice(filter, () => this.#change()));
      list.replaceChildren(...this.#choices.map(({ node }) => node));
      this.#change();
    }).catch((error) => list.replaceChildren(errorNotice(error)));
  }

  // The address of the GOP as MP4 that filters are to be put on.
  set path(path) {
    this.#path = path;
    this.#clear();
    this.#original.src = path;
    this.#change();
  }

  #clear() {
    this.#round++;
    this.#trouble.replaceChildren();
    this.#result.hidden = true;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  get #chosen() {
    return this.#choices.filter(({ box }) => box.checked);
  }

  // In the order of the list. Commas and slashes may stand in a query as they are.
  get #address() {
    const query = this.#chosen.map(({ filter, value }) =>
      `${filter.name}=${encodeURIComponent(value).replace(/%2C/g, ',').replace(/%2F/g, '/')}`).join('&');

    return this.#path + (query && `?${query}`);
  }

  #change() {
    for (const choice of this.#choices)
      choice.enable();
    this.#link.replaceChildren(copyable(new URL(this.#address, location.href).href, 'Address of the result'));
    this.#button.disabled = this.#chosen.length === 0;
  }

  #playBoth() {
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches)
      for (const video of [this.#original, this.#video])
        playFromStart(video);
  }

  async #apply() {
    const address = this.#address;
    const round = ++this.#round;

    this.#trouble.replaceChildren(el('p', { class: 'quiet', role: 'status' }, 'Making it…'));
    this.#form.setAttribute('aria-busy', 'true');
    const error = await load(this.#video, address).catch((problem) => problem);
    this.#form.removeAttribute('aria-busy');
    if (round !== this.#round)
      return;
    this.#result.hidden = error !== undefined;
    this.#trouble.replaceChildren(...error ? [errorNotice(error)] : []);
    if (!error)
      this.#playBoth();
  }
}

function playFromStart(video) {
  video.currentTime = 0;
  video.play().catch(() => {});
}

// Until it can be played. The element does not tell why it cannot be; the service
// may.
async function load(video, address) {
  await new Promise((done) => {
    video.onloadeddata = video.onerror = done;
    video.src = address;
  });
  video.onloadeddata = video.onerror = null;
  if (!video.error)
    return;
  const error = await get(address).catch((problem) => problem);
  throw error instanceof ApiError ? error : Object.assign(new Error('Saved as a file it may play elsewhere.'), { title: 'This browser cannot play the result' });
}
