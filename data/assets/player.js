// SPDX-License-Identifier: LGPL-2.1-or-later
// Plays one package with Shaka Player and W3C Clear Key. Where the licence is
// comes from the manifest, as for any other player.

/* global shaka */

import { get, packagePath, post } from './api.js';
import { copyable } from './copy.js';
import { byId, el, errorNotice, facts, show } from './dom.js';
import { watchPackage } from './events.js';
import { bytes, localTime, percent, remaining } from './format.js';
import { setsOf } from './manifest.js';
import { progressBar, statusBadge } from './package-list.js';
import { commandsFor } from './player-commands.js';
import { explain } from './player-errors.js';
import { showProtection } from './player-protection.js';
import { showStats } from './player-stats.js';
import { showChoices } from './player-tracks.js';

const NO_PICTURE_MS = 3000;

const id = Number(/\/packaged_content\/(\d+)\/player/.exec(location.pathname)?.[1]);
const video = byId('video');
const noKey = byId('no-key');
let player = null;

// The package; what its manifest says; and what anybody who is to watch is
// given: an address, and a token for licences.
let item = null;
let sets = [];
let viewer = null;

const isEncrypted = () => sets.some(({ scheme }) => scheme);

// --- what is said under the picture ---------------------------------------

// children: texts and nodes.
function say(kind, title, ...children) {
  const box = byId('verdict');
  const fresh = el('div', { class: `notice ${kind}` }, el('h3', {}, title),
    ...children.map((child) => (typeof child === 'string' ? el('p', {}, child) : child)));

  if (box.dataset.kind === kind && box.firstChild?.isEqualNode(fresh))
    return;
  box.dataset.kind = kind;
  box.replaceChildren(fresh);
}

const decoded = () => video.getVideoPlaybackQuality().totalVideoFrames;

function sayPlaysWithoutKey() {
  if (item.clear_lead)
    say('busy', 'Plays without a key, for now', `The first ${item.clear_lead} s are in the clear, so that players ` +
      'begin before they have a licence. Then the picture stops: what follows needs the key.');
  else
    say('busy', 'Plays without a key', 'This much of it is not encrypted.');
}

function sayNoPicture() {
  const sound = sets.some(({ kind, scheme }) => kind === 'audio' && !scheme);

  say('busy', 'No picture without the key', 'The browser has fetched the same encrypted segments and waits for a ' +
    `key to decrypt them with. Whoever copies the files has no more than that${sound
      ? '; the sound was left in the clear'
      : ''}. Switch it back to see the difference.`);
}

function judge(since) {
  if (decoded() > 0) {
    if (!isEncrypted())
      say('good', 'Plays', 'Nothing in this package is encrypted.');
    else if (noKey.checked)
      sayPlaysWithoutKey();
    else
      say('good', 'Decrypted', 'The browser got the key from the licence service and decrypts with W3C Clear Key.');
  } else if (noKey.checked && performance.now() - since > NO_PICTURE_MS) {
    sayNoPicture();
  }
}

const portOf = (address) => new URL(address).port || (new URL(address).protocol === 'https:' ? '443' : '80');

// Browsers have the interface for keys on secure pages only.
function sayInsecure() {
  const ports = [portOf(location.href), portOf(viewer.url)];
  const here = new URL(location.href);

  here.hostname = 'localhost';
  say('bad', 'This page cannot decrypt',
    `Browsers give keys to pages only that came over HTTPS or from this very machine (localhost), and this one came ` +
    `from ${location.origin}. The package is fine. Do one of these:`,
    el('ul', {},
      el('li', {}, 'Tunnel to the machine, then open ', el('a', { href: here.href }, here.origin), ':',
        copyable(`ssh ${ports.map((port) => `-L ${port}:localhost:${port}`).join(' ')} ${location.hostname}`,
          'Tunnel to the service')),
      el('li', {}, 'Start the service with ', el('code', {}, '--tls-certificate'), ' and ',
        el('code', {}, '--tls-key'), ', or put a proxy with HTTPS in front of it.'),
      el('li', {}, 'Play it with one of the command lines below.')));
}

const sayNoKeySystem = () => say('bad', 'This browser cannot decrypt',
  'It has no Encrypted Media Extensions, or they are switched off in its settings. Chromium, Chrome, Edge and Firefox ' +
  'have them, over HTTPS or from localhost. The command lines below need no browser.');

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
  const codecs = [...new Set(sets.flatMap(({ representations }) => representations.map((one) => one.codecs)))];

  if (error.severity !== shaka.util.Error.Severity.CRITICAL)
    return;
  const { title, text } = explain(error, { encrypted: isEncrypted() && !noKey.checked, codecs });
  say('bad', title, text);
}

let loads = 0;

// Tells how it goes until another load begins or this one fails.
function judgeOn(load) {
  const since = performance.now();
  const timer = setInterval(() => {
    if (load !== loads || byId('verdict').dataset.kind === 'bad')
      clearInterval(timer);
    else
      judge(since);
  }, 200);
}

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
  judgeOn(load);
  try {
    await fresh.load(viewer.url, from || null);
    showChoices(byId('choices'), fresh);
  } catch (error) {
    if (load === loads && error.code !== shaka.util.Error.Code.LOAD_INTERRUPTED)
      fail(error);
  }
}

// --- what is told about the package ---------------------------------------

async function readManifest() {
  const answer = await fetch(viewer.url).catch(() => null);

  if (!answer?.ok)
    throw new Error(`The manifest ${viewer.url} ${answer ? `gave status ${answer.status}` : 'does not come: ' +
      'is the delivery listener reachable from here?'}`);
  return setsOf(new DOMParser().parseFromString(await answer.text(), 'application/xml'));
}

function showAddresses() {
  byId('addresses').replaceChildren(...[['DASH', viewer.url], ['HLS', viewer.hls_url]]
    .filter(([, url]) => url)
    .flatMap(([name, url]) => [el('h3', {}, name), copyable(url, `Address, ${name}`)]));
}

// A signed address is good for a while, which one should know.
function showExpiry() {
  if (viewer.url.includes(viewer.token))
    byId('addresses').append(el('p', { class: 'quiet small' }, 'Signed: good until ',
      el('time', { datetime: viewer.expires_at }, localTime(viewer.expires_at)), '.'));
}

function showCommands(tokenNeeded) {
  const commands = commandsFor({ id, origin: location.origin, tokenNeeded, url: viewer.url, sets });

  byId('commands').replaceChildren(...commands.map(({ title, note, text }) => el('li', {},
    el('h3', {}, title), note ? el('p', { class: 'quiet small' }, note) : null, copyable(text, title))));
  show(byId('token-note'), tokenNeeded);
}

function showHistory() {
  byId('history').replaceChildren(
    facts((item.history ?? []).map((step) =>
      [step.status, el('time', { datetime: step.at }, localTime(step.at))])),
    ...(item.notes ?? []).map((note) => el('p', { class: 'notice small' }, note)));
}

function workFigures({ speed, bytes_per_second: rate, eta }) {
  return [rate ? `${bytes(rate)}/s` : '', speed ? `${speed.toFixed(1)} × real time` : '', remaining(eta ?? NaN)]
    .filter(Boolean).join(', ');
}

function showEnd({ status, reason }) {
  byId('working').replaceChildren(el('p', {}, statusBadge(status)),
    el('div', { class: `notice ${status === 'Failed' ? 'bad' : ''}` },
      el('p', {}, reason ?? 'It was stopped before it was done.')),
    el('p', { class: 'under-video' }, el('a', { href: '/' }, 'To the library, to make another')));
}

function showWork(now) {
  show(byId('loading'), false);
  show(byId('working'), now.status !== 'Ready');
  if (now.status === 'Failed' || now.status === 'Cancelled') {
    showEnd(now);
    return;
  }
  byId('work-status').replaceChildren(statusBadge(now.status), ` ${percent(now.progress ?? 0)}`);
  byId('work-figures').textContent = workFigures(now);
  byId('work-bar').replaceChildren(progressBar(now));
  byId('work-reason').textContent = now.reason ?? '';
}

async function showName(now) {
  const input = now.input_content_id && await get(`/input_content/${now.input_content_id}`).catch(() => null);

  if (input) {
    byId('title').textContent = input.name;
    document.title = `${input.name}, package ${id} · Haberdash`;
    byId('of-what').append(' · ', el('a', { href: input.group_of_pictures_url }, 'GOPs of its video'));
  }
}

const trouble = (error) => byId('trouble').replaceChildren(...(error ? [errorNotice(error)] : []));

async function untilDone() {
  let named = false;

  byId('of-what').textContent = `Package ${id}`;
  return watchPackage(id, (now) => {
    if (!named)
      showName(now);
    named = true;
    showWork(now);
  }, trouble);
}

// Everything that is known before the first picture, at once, so that nothing
// moves later.
async function showPackage() {
  const session = await get('/session');

  viewer = await post(`${packagePath(id)}/viewer_tokens`, {});
  sets = await readManifest();
  await showProtection(byId('encrypted'), item, sets, viewer.url);
  showAddresses();
  showExpiry();
  showCommands(session.token_needed);
  showHistory();
  show(byId('protection'), isEncrypted());
  show(byId('stage'));
  show(byId('more'));
}

async function main() {
  item = await untilDone();
  if (item.status !== 'Ready')
    return;
  await showPackage();
  showStats(byId('stats'), video, () => player);
  if (isEncrypted() && !navigator.requestMediaKeySystemAccess) {
    noKey.disabled = true;
    if (isSecureContext)
      sayNoKeySystem();
    else
      sayInsecure();
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
