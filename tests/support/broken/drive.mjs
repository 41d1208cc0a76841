// SPDX-License-Identifier: LGPL-2.1-or-later
// A broken file on its way through a service: what is asked of it, and what of the
// answers is not as it should be.

import { get, post, send, until, upload } from '../../launcher/service.mjs';
import { begin, patch } from '../../launcher/tus.mjs';

// Far more than any of these files takes, also on a machine with other work.
const FILE_MS = 300_000;
const FINAL = ['Ready', 'Failed', 'Cancelled'];
const KEY = { kid: '11'.repeat(16), key: '22'.repeat(16) };
const PACKAGES = [
  KEY, { ...KEY, encrypt: 'all' }, { ...KEY, hls: true }, { ...KEY, on_demand: true, encrypt: 'all' },
  { ...KEY, clear_lead: 1, segment_duration: 1 }, { encrypt: 'none' }, { encrypt: 'none', hls: true },
];
const FILTERS = ['grayscale=1', 'scale=64x48', 'crop=0,0,32,32', 'rotate=90', 'fps=5'];

// What only a programmer can do something with: paths of this machine, what was
// asserted, elements' and functions' names.
const INTERNAL = [
  /\/(?:proc|tmp|usr|home|root|build|gst|work)\//, /\.[ch][:(]\d/, /assert/i, /\bg_\w+|gst_\w+|hab_\w+/, /\bGst[A-Z]\w+/,
  /flow|pad\b|caps\b|not-negotiated|stream(?:ing)? (?:stopped|error)|Internal|\bNULL\b|0x[0-9a-f]+|[\0-\x1f\x7f\ufffd]/,
];
const isInternal = (text) => INTERNAL.some((pattern) => pattern.test(text));
const isReason = (text) => typeof text === 'string' && text.length > 16 && text.includes(' ') && !isInternal(text);
const CRASHED = /crashed/;

export class Drive {
  // tell: gets a file and { name, way, step, what } for each thing that is found.
  constructor(service, tell) {
    Object.assign(this, { service, tell, findings: [], crashes: [], counts: new Map() });
  }

  #count(what) {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #find(file, step, what, list = this.findings) {
    const found = { name: file.name, way: file.way, step, what };
    list.push(found);
    this.tell(file, found);
  }

  #judgeReason(file, step, reason) {
    if (CRASHED.test(reason))
      this.#find(file, step, reason, this.crashes);
    else if (!isReason(reason))
      this.#find(file, step, `no reason that helps: ${JSON.stringify(reason)}`);
  }

  #judge(file, step, answer) {
    this.#count(`${step}: ${answer.status}`);
    if (answer.status < 400)
      return true;
    if (answer.status >= 500)
      this.#find(file, step, `${answer.status} ${answer.text}`);
    else if (answer.headers['content-type'] !== 'application/problem+json')
      this.#find(file, step, `${answer.status} is no problem+json: ${answer.text.slice(0, 200)}`);
    else
      this.#judgeReason(file, step, answer.json.detail);
    return false;
  }

  // Of a service that says that it has too much to do: a stated limit.
  async #patiently(ask) {
    for (;;) {
      const answer = await ask();
      if (answer.status !== 503 || !answer.headers['retry-after'])
        return answer;
      this.#count('asked again');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  #get(file, step, target) {
    return this.#patiently(() => get(this.service.api, target, { Accept: 'application/json',
      'X-Request-Id': `file-${file.number}-${step}` })).then((answer) => ({ ok: this.#judge(file, step, answer), answer }));
  }

  async #upload(file) {
    const headers = { 'X-Request-Id': `file-${file.number}-upload` };
    const how = file.chance.below(10);
    if (how < 4)
      return upload(this.service, file.name, file.bytes, { headers });
    if (how < 9 || file.bytes.length === 0)
      return send(this.service.api, 'POST', `/input_content?name=${file.name}`,
        { body: file.bytes, headers: { ...headers, 'Content-Type': 'application/octet-stream' } });
    const target = await begin(this.service, file.name, file.bytes.length);
    const answer = await patch(this.service, target, 0, file.bytes, headers);
    if (answer.status >= 300)
      return answer;
    const id = answer.headers['haberdash-input-content-id'];
    return get(this.service.api, `/input_content/${id}`);
  }

  // Lists, and of the first GOP and the last one what can be had.
  async #look(file, id) {
    const video = `/videos/${file.name}/group-of-pictures`;
    const { ok, answer } = await this.#get(file, 'gops', video);
    const count = ok ? answer.json.length : 0;
    this.#count(count > 0 ? 'with GOPs' : 'without GOPs');
    await this.#get(file, 'iframes', `${video}.json`);
    await this.#get(file, 'statistics', `${video}/statistics.json`);
    await this.#get(file, 'poster', `/input_content/${id}/poster?width=${16 + file.chance.below(300)}`);
    const last = Math.max(0, count - 1);
    const gop = file.chance.chance(0.5) ? 0 : last;
    await this.#get(file, 'gop', `${video}/${gop}.json`);
    await this.#get(file, 'frames', `${video}/${gop}/frames.json`);
    await this.#get(file, 'picture', `${video}/${gop}.jpg`);
    await this.#get(file, 'cut', `${video}/${gop}.mp4`);
    if (file.chance.chance(0.3))
      await this.#get(file, 'cuts', `${video}/0-${last}.mp4`);
    if (file.chance.chance(0.3))
      await this.#get(file, 'filter', `${video}/${gop}.mp4?${file.chance.pick(FILTERS)}`);
  }

  async #package(file, id) {
    const { service } = this;
    const more = file.chance.chance(0.05) ? { ladder: [{ height: 64, bitrate: 100_000 }] } : {};
    const asked = await post(service.api, '/packaged_content',
      { input_content_id: id, ...file.chance.pick(PACKAGES), ...more },
      { 'X-Request-Id': `file-${file.number}-package` });
    if (!this.#judge(file, 'package', asked))
      return;
    const target = `/packaged_content/${asked.json.packaged_content_id}`;
    const item = await until(async () => {
      const { json } = await get(service.api, target);
      return FINAL.includes(json.status) && json;
    }, `the package of ${file.name} ends`, FILE_MS);
    this.#count(item.status);
    if (item.status === 'Ready')
      await this.#fetch(file, item);
    else
      this.#judgeReason(file, 'package', item.reason);
    this.#judge(file, 'delete package', await send(service.api, 'DELETE', target));
  }

  async #fetch(file, item) {
    const answer = await get(this.service.delivery, new URL(item.url).pathname);
    if (answer.status !== 200 || !/<\/MPD>\s*$/.test(answer.text))
      this.#find(file, 'deliver', `${answer.status} ${answer.text.slice(0, 200)}`);
    if (item.hls_url)
      this.#judge(file, 'deliver', await get(this.service.delivery, new URL(item.hls_url).pathname));
  }

  async #go(file) {
    const answer = await this.#patiently(() => this.#upload(file));
    if (!this.#judge(file, 'upload', answer))
      return;
    const { input_content_id: id } = answer.json;
    await this.#look(file, id);
    await this.#package(file, id);
    this.#judge(file, 'delete input', await send(this.service.api, 'DELETE', `/input_content/${id}`));
  }

  async send(file) {
    let timer;
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not within ${FILE_MS} ms`)), FILE_MS);
    });
    await Promise.race([this.#go(file), late])
      .catch((error) => this.#find(file, 'all', error.message))
      .finally(() => clearTimeout(timer));
  }
}
