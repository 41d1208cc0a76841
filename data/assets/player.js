// SPDX-License-Identifier: LGPL-2.1-or-later
// Plays one package with Shaka Player and W3C Clear Key. Where the licence is
// comes from the manifest, as for any other player.

/* global shaka */

import { get, packagePath, post, watchPackage } from './api.js';
import { byId, el, errorNotice, facts, show } from './dom.js';
import { count, localTime, percent } from './format.js';
import { protectionOf } from './manifest.js';
import { progressBar, statusBadge } from './package-list.js';

const NO_PICTURE_MS = 3000;

const id = Number(/\/packaged_content\/(\d+)\/player/.exec(location.pathname)?.[1]);
const video = byId('video');
const noKey = byId('no-key');
let player = null;
let encrypted = false;

// --- what is said under the picture --------------------------------------

function say(kind, title, text) {
  const box = byId('verdict');
  const key = `${kind} ${title} ${text}`;

  if (box.dataset.key === key)
    return;
  box.dataset.key = key;
  box.dataset.kind = kind;
  box.replaceChildren(el('div', { class: `notice ${kind}` }, el('h3', {}, title), el('p', {}, text)));
}

const decoded = () => video.getVideoPlaybackQuality().totalVideoFrames;

function judge(since) {
  if (decoded() > 0) {
    if (!encrypted)
      say('good', 'Plays', 'Nothing in this package is encrypted.');
    else if (noKey.checked)
      say('busy', 'Plays without a key', 'The stream begins in the clear. What is encrypted follows.');
    else
      say('good', 'Decrypted', 'The browser got the key from the licence service and decrypts with W3C Clear Key.');
  } else if (noKey.checked && performance.now() - since > NO_PICTURE_MS) {
    say('busy', 'No picture without the key',
      'The browser has the stream and waits for a key. Switch it back to see the difference.');
  }
}

const NEEDS_SECURE = 'Browsers decrypt only on pages that came over HTTPS or from this very machine, and this ' +
  `one came from ${location.origin}. Open it as http://localhost${location.port && `:${location.port}`} on the ` +
  'machine that runs the service (a tunnel will do), or put HTTPS in front of the service.';

// What a person can do about an error of the player; see shaka.util.Error.
function explain(error) {
  const { Category, Code } = shaka.util.Error;

  if (error.category === Category.NETWORK) {
    say('bad', 'The stream cannot be fetched', `${error.data?.[0] ?? 'A file of it'} gave ` +
      `${error.code === Code.BAD_HTTP_STATUS ? `status ${error.data[1]}` : 'no answer'}. Is the delivery ` +
      'listener reachable from here?');
  } else if (error.code === Code.LICENSE_REQUEST_FAILED) {
    const status = error.data?.[0]?.data?.[1];
    say('bad', 'No licence', status
      ? `The licence service answered with status ${status}.`
      : 'The licence service does not answer. Is the delivery listener reachable from here?');
  } else if (error.category === Category.DRM) {
    say('bad', 'This browser cannot decrypt it', `W3C Clear Key with CBCS did not start (${error.code}).`);
  } else if (error.category === Category.MEDIA) {
    say('bad', 'The stream cannot be decoded', encrypted && !noKey.checked
      ? `Most likely the key is not the one it was encrypted with (${error.code}).`
      : `The browser gave up on it (${error.code}).`);
  } else {
    say('bad', 'It does not play', `Shaka Player gave up with error ${error.code}.`);
  }
}

// --- playing --------------------------------------------------------------

// Ends the licence requests that were held back.
let release = () => {};

// Without the key the licence request never leaves; all else is as ever.
async function filterRequest(type, request) {
  if (type !== shaka.net.NetworkingEngine.RequestType.LICENSE)
    return;
  request.headers.Authorization = `Bearer ${viewer.token}`;
  if (noKey.checked) {
    await new Promise((_, reject) => {
      release = () => reject(new Error('held back'));
    });
  }
}

async function newPlayer() {
  const fresh = new shaka.Player();

  await fresh.attach(video);
  fresh.addEventListener('error', (event) => fresh === player && fail(event.detail));
  fresh.getNetworkingEngine().registerRequestFilter(filterRequest);
  return fresh;
}

function fail(error) {
  if (error.severity === shaka.util.Error.Severity.CRITICAL)
    explain(error);
}

// What anybody who is to watch is given: an address, and a token for licences.
let viewer = null;
let loads = 0;

async function play(from) {
  const load = ++loads;
  const last = player;

  player = null;
  release();
  await last?.destroy();
  const fresh = await newPlayer();
  if (load !== loads) {
    await fresh.destroy();
    return;
  }
  player = fresh;
  say('', 'Loading…', 'The manifest and the first segments are fetched.');
  const since = performance.now();
  const timer = setInterval(() => {
    if (load !== loads || byId('verdict').dataset.kind === 'bad')
      clearInterval(timer);
    else
      judge(since);
  }, 200);

  try {
    await fresh.load(viewer.url, from || null);
  } catch (error) {
    if (load === loads && error.code !== shaka.util.Error.Code.LOAD_INTERRUPTED)
      fail(error);
  }
}

// --- what is told about the package ---------------------------------------

function trackItem(set) {
  const kind = set.kind[0].toUpperCase() + set.kind.slice(1);

  return el('li', {},
    el('h3', {}, `${kind} `, el('span', { class: `badge ${set.scheme ? 'Ready' : ''}` },
      set.scheme ? 'encrypted' : 'clear')),
    facts([
      ['Scheme', set.scheme && set.scheme.toUpperCase()],
      ['Key ID', set.kid && el('span', { class: 'mono' }, set.kid)],
      ['Codec', el('span', { class: 'mono' }, set.codecs)],
      ['Picture', set.width && `${set.width} × ${set.height}`],
      ['Segments', set.segments && count(set.segments, 'segment')],
      ['Licence', set.licence && el('span', { class: 'mono small' }, set.licence)],
    ]));
}

async function showProtection() {
  const { url } = viewer;
  const answer = await fetch(url).catch(() => null);

  if (!answer?.ok)
    throw new Error(`The manifest ${url} ${answer ? `gave status ${answer.status}` : 'does not come: ' +
      'is the delivery listener reachable from here?'}`);
  const sets = protectionOf(new DOMParser().parseFromString(await answer.text(), 'application/xml'));

  encrypted = sets.some((set) => set.scheme);
  byId('encrypted').replaceChildren(el('ul', { class: 'tracks' }, ...sets.map(trackItem)));
}

function showHistory(item) {
  byId('history').replaceChildren(
    facts((item.history ?? []).map((step) =>
      [step.status, el('time', { datetime: step.at }, localTime(step.at))])),
    el('p', { class: 'under-video small' }, el('a', { href: item.url, class: 'mono' }, item.url)));
}

function showWork(item) {
  show(byId('loading'), false);
  show(byId('working'), item.status !== 'Ready');
  if (item.status === 'Failed' || item.status === 'Cancelled') {
    byId('working').replaceChildren(el('p', {}, statusBadge(item.status)),
      el('div', { class: 'notice bad' }, el('p', {}, item.reason ?? 'It was stopped before it was done.')),
      el('p', { class: 'under-video' }, el('a', { href: '/' }, 'To the overview, to make another')));
    return;
  }
  byId('work').replaceChildren(el('p', {}, statusBadge(item.status), ` ${percent(item.progress ?? 0)}`),
    progressBar(item));
}

async function showName(item) {
  const input = item.input_content_id && await get(`/input_content/${item.input_content_id}`).catch(() => null);

  if (input) {
    byId('title').textContent = `${input.name}, package ${id}`;
    document.title = `${input.name} · Haberdash`;
  }
}

const trouble = (error) => byId('trouble').replaceChildren(...(error ? [errorNotice(error)] : []));

async function main() {
  let named = false;

  byId('title').textContent = `Package ${id}`;
  const item = await watchPackage(id, (now) => {
    if (!named)
      showName(now);
    named = true;
    showWork(now);
  }, trouble);

  if (item.status !== 'Ready')
    return;
  viewer = await post(`${packagePath(id)}/viewer_tokens`, {});
  show(byId('stage'));
  showHistory(item);
  await showProtection();
  show(byId('protection'), encrypted);
  if (encrypted && !navigator.requestMediaKeySystemAccess) {
    noKey.disabled = true;
    say('bad', 'This page cannot decrypt', NEEDS_SECURE);
    return;
  }
  shaka.polyfill.installAll();
  noKey.addEventListener('change', () => play(video.currentTime));
  await play(0);
}

main().catch((error) => {
  show(byId('loading'), false);
  trouble(error);
});
