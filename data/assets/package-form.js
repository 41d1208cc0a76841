// SPDX-License-Identifier: LGPL-2.1-or-later
// The form that asks for a package: what to encrypt, with which keys, and what
// is made of it.

import { get, packagePath, post } from './api.js';
import { el, errorNotice, show } from './dom.js';
import { bytes, codecName, count } from './format.js';
import { parseKey, toUuid } from './keys.js';
import { ladderField } from './ladder-field.js';
import { choice, group, keyField, linesField, linesOf, numberField, textField } from './package-fields.js';
import { followInto } from './package-progress.js';

// What the service itself says of the numbers it takes.
async function limitsOfService() {
  const { components } = await get('/openapi.json').catch(() => ({}));
  const known = components?.schemas ?? {};
  const of = (schema) => ({ ...known[schema?.$ref?.split('/').at(-1)], ...schema });

  return (name) => of(known.PackageRequest?.properties?.[name]);
}

/* --- parts of the form ------------------------------------------------- */

function encryption() {
  return group('What to encrypt',
    choice({ type: 'radio', name: 'encrypt', value: 'video', title: 'Video', checked: true,
      note: 'The sound stays clear, which is enough for most.' }),
    choice({ type: 'radio', name: 'encrypt', value: 'all', title: 'Video and audio', note: 'Text always stays clear.' }),
    choice({ type: 'radio', name: 'encrypt', value: 'none', title: 'Nothing',
      note: 'Plain DASH and HLS that everybody plays who has the address.' }));
}

const describeKey = () => '16 bytes: what decrypts. It stays secret; players get it from the licence service.';
const describeKid = (hex) => `Names the key in the manifest and is no secret: ${toUuid(hex)}`;

// fields: those to be checked before it is sent.
function keys(like) {
  const own = { key: keyField('key', 'Content key', describeKey), kid: keyField('kid', 'Key ID', describeKid) };
  const sound = { key: keyField('audio_key', 'Content key of the sound', describeKey),
    kid: keyField('audio_kid', 'Key ID of the sound', describeKid) };
  const soundFields = el('div', { class: 'inset' }, sound.key.node, sound.kid.node);
  const soundChoice = choice({ name: 'audio_own', value: '1', title: 'The sound has a key of its own',
    note: 'So that who may hear need not be who may see.' });
  const ownFields = el('div', { class: 'inset' }, own.key.node, own.kid.node, soundChoice, soundFields);
  const node = group('With which key',
    like?.kid ? choice({ type: 'radio', name: 'keys', value: 'same', checked: true,
      title: `Those of package ${like.packaged_content_id}`, note: 'The service still has them.' }) : '',
    choice({ type: 'radio', name: 'keys', value: 'draw', title: 'Let the service draw keys', checked: !like?.kid,
      note: 'At random, one for each type of tracks that is encrypted. You can read them afterwards.' }),
    choice({ type: 'radio', name: 'keys', value: 'own', title: 'Give keys',
      note: 'Where a key server or other players know them already.' }),
    ownFields);

  return {
    node,
    arrange({ encrypt, keys: source }) {
      const separate = soundChoice.querySelector('input').checked;

      show(node, encrypt !== 'none');
      show(ownFields, source === 'own');
      show(soundChoice, encrypt === 'all');
      show(soundFields, encrypt === 'all' && separate);
    },
    fields: ({ encrypt, keys: source, audio_own: separate }) => {
      if (encrypt === 'none' || source !== 'own')
        return [];
      return [own.key, own.kid, ...encrypt === 'all' && separate ? [sound.key, sound.kid] : []];
    },
  };
}

function trackText(track) {
  return [`${track.number}: ${track.kind}`, codecName(track.codec),
    track.width && `${track.width} × ${track.height}`, track.channels && count(track.channels, 'channel'),
    track.language].filter(Boolean).join(', ');
}

function languagesOf(input) {
  return [...new Set(input.tracks.filter((track) => track.kind !== 'video')
    .map((track) => track.language ?? 'und'))];
}

// Boxes to tick, all of them at first; what is ticked is kept.
function kept(title, name, all, text, chosen) {
  if (all.length < 2)
    return '';
  return group(title, ...all.map((one) => choice({ name, value: one.value, title: text(one),
    checked: chosen.length === 0 || chosen.includes(one.value) || chosen.includes(one.kind) })));
}

function judgePssh(line) {
  let box;

  try {
    box = atob(line);
  } catch {
    throw new Error('A line that is not base64.');
  }
  if (box.slice(4, 8) !== 'pssh')
    throw new Error('A line that is not a whole pssh box: its type is missing.');
}

function judgeUrl(text) {
  if (!/^https?:\/\/./.test(text) || !URL.canParse(text))
    throw new Error('Give a whole address that begins with http:// or https://.');
}

function advanced(input, like, limits) {
  const seconds = numberField('segment_duration', 'Segments, in seconds', limits('segment_duration'),
    'Segments are cut where a GOP begins, at the first one at or behind each multiple of this.');
  const lead = numberField('clear_lead', 'Clear lead, in seconds', limits('clear_lead'),
    'So long the start stays in the clear, so that players begin without waiting for a licence.');
  const priority = numberField('priority', 'Priority', limits('priority'),
    'Of the packages that wait those of the highest are made first.');
  const pssh = linesField('pssh', 'pssh boxes of other systems', judgePssh,
    'Whole boxes in base64, one a line, as their licence services give them.');
  const callback = textField('callback_url', 'Address to call when it is done', judgeUrl,
    'Only hosts that this service was started with.');
  const fields = [seconds, lead, priority, pssh, callback];

  for (const one of [seconds, lead, priority])
    one.input.value = like?.[one.input.name] ?? one.input.value;
  pssh.input.value = (like?.pssh ?? []).join('\n');
  return { fields, lead, pssh, node: el('details', { class: 'advanced' }, el('summary', {}, 'More options'),
    el('div', { class: 'columns' }, seconds.node, lead.node, priority.node),
    kept('Tracks to keep', 'track', input.tracks.map((track) => ({ ...track, value: String(track.number) })),
      trackText, like?.tracks ?? []),
    kept('Languages to keep', 'language', languagesOf(input).map((value) => ({ value })),
      ({ value }) => (value === 'und' ? 'Without a language' : value), like?.languages ?? []),
    pssh.node, callback.node) };
}

/* --- the request -------------------------------------------------------- */

const KEY_NAMES = ['encrypt', 'keys', 'audio_own'];

function read(form) {
  const data = new FormData(form);

  return { ...Object.fromEntries(KEY_NAMES.map((name) => [name, data.get(name)])), data };
}

function ownKeys({ encrypt, audio_own: separate, data }) {
  const pair = (prefix) => ({ key: data.get(`${prefix}key`).trim(), kid: data.get(`${prefix}kid`).trim() });

  if (encrypt !== 'all' || !separate)
    return pair('');
  return { keys: { video: pair(''), audio: pair('audio_') } };
}

async function sameKeys({ encrypt }, like) {
  const { keys: list } = await get(`${packagePath(like.packaged_content_id)}/keys`);
  const of = (type) => list.filter((one) => one.track_type === type).map(({ key, kid }) => ({ key, kid }))[0];

  return { keys: { video: of('video'), ...encrypt === 'all' && of('audio') ? { audio: of('audio') } : {} } };
}

// What is ticked, where not everything is.
function ticked(form, name) {
  const boxes = [...form.querySelectorAll(`[name="${name}"]`)];
  const on = boxes.filter((box) => box.checked);

  return boxes.length === on.length ? [] : on.map((box) => box.value);
}

// Without keys, so that it can be shown.
function plainRequest(form, inputId, ladder) {
  const { encrypt, data } = read(form);
  const some = (name, list) => (list.length ? { [name]: list } : {});
  const ladderValue = ladder.value(data.get('ladder'));

  return {
    input_content_id: inputId, encrypt,
    segment_duration: Number(data.get('segment_duration')),
    ...data.get('hls') ? { hls: true } : {},
    ...data.get('on_demand') ? { on_demand: true } : {},
    ...encrypt !== 'none' && Number(data.get('clear_lead')) > 0 ? { clear_lead: Number(data.get('clear_lead')) } : {},
    ...encrypt !== 'none' ? some('pssh', linesOf(data.get('pssh'))) : {},
    ...ladderValue ? { ladder: ladderValue } : {},
    ...some('tracks', ticked(form, 'track')), ...some('languages', ticked(form, 'language')),
    ...Number(data.get('priority')) ? { priority: Number(data.get('priority')) } : {},
    ...data.get('callback_url').trim() ? { callback_url: data.get('callback_url').trim() } : {},
  };
}

async function keysOfRequest(form, like) {
  const asked = read(form);

  if (asked.encrypt === 'none')
    return {};
  if (asked.keys === 'own')
    return ownKeys(asked);
  return asked.keys === 'same' ? sameKeys(asked, like) : { generate_keys: true };
}

// The same from a terminal; what is secret is left to whoever runs it.
function command(form, inputId, ladder) {
  const { encrypt, keys: source, audio_own: separate } = read(form);
  const pair = { key: '…', kid: '…' };
  const given = encrypt === 'all' && separate ? { keys: { video: pair, audio: pair } } : pair;
  const keyPart = encrypt === 'none' ? {} : source === 'draw' ? { generate_keys: true } : given;
  const body = JSON.stringify({ ...plainRequest(form, inputId, ladder), ...keyPart });

  return `curl -H 'Content-Type: application/json' \\\n  -d '${body.replaceAll("'", "'\\''")}' \\\n`
    + `  ${location.origin}/packaged_content`;
}

/* --- the whole ---------------------------------------------------------- */

// null, or an Error: two keys under one KID would be one too many.
function problemOfKeys({ encrypt, keys: source, audio_own: separate, data }) {
  if (encrypt !== 'all' || source !== 'own' || !separate)
    return null;
  const [kid, audioKid, key, audioKey] = ['kid', 'audio_kid', 'key', 'audio_key']
    .map((name) => parseKey(data.get(name)));
  return kid === audioKid && key !== audioKey
    ? new Error('Video and sound have the same Key ID and different keys. Give the sound a Key ID of its own.') : null;
}

// Checks all fields and shows the first that is wrong; whether there is one.
function goToWrong(fields) {
  const [wrong] = fields.filter((one) => !(one.node.hidden || one.check()));
  const details = wrong?.node.closest('details');

  if (details)
    details.open = true;
  (wrong?.input.matches('input, textarea') ? wrong.input : wrong?.input.querySelector('input'))?.focus();
  return wrong !== undefined;
}

// Puts the form into container, for this input; like: a package whose options it
// begins with. After the request the form's place is taken by the package's
// progress.
export async function mountPackageForm(container, input, like = null) {
  const limits = await limitsOfService();
  const keyPart = keys(like);
  const ladderPart = ladderField(input, like);
  const more = advanced(input, like, limits);
  const trouble = el('div');
  const shown = el('code');
  const submit = el('button', { class: 'primary', type: 'submit' }, 'Make the package');
  const form = el('form', { class: 'card package-form', novalidate: true, id: 'package-form' },
    encryption(), keyPart.node, ladderPart.node,
    group('How it is delivered',
      choice({ name: 'hls', value: '1', title: 'HLS playlists, too', checked: like?.hls,
        note: 'Over the same segments; DASH is always made.' }),
      choice({ name: 'on_demand', value: '1', title: 'Each track one file', checked: like?.on_demand,
        note: 'For players that ask for byte ranges (DASH on-demand profile).' })),
    more.node,
    el('details', {}, el('summary', {}, 'The same from a terminal'), el('pre', {}, shown)),
    trouble, el('p', { class: 'buttons' }, submit,
      el('span', { class: 'small quiet' }, `The video has ${bytes(input.size)}; its file stays as it is.`)));

  const arrange = () => {
    const asked = read(form);

    keyPart.arrange(asked);
    ladderPart.arrange();
    show(more.lead.node, asked.encrypt !== 'none');
    show(more.pssh.node, asked.encrypt !== 'none');
    shown.textContent = command(form, input.input_content_id, ladderPart);
  };
  const send = async () => {
    const problem = goToWrong([...keyPart.fields(read(form)), ladderPart, ...more.fields]) || problemOfKeys(read(form));

    trouble.replaceChildren(problem instanceof Error ? errorNotice(problem, 'One Key ID, two keys') : '');
    if (problem)
      return;
    submit.disabled = true;
    try {
      const item = await post('/packaged_content',
        { ...plainRequest(form, input.input_content_id, ladderPart), ...await keysOfRequest(form, like) });
      followInto(container, item.packaged_content_id, () => container.replaceChildren(form));
    } catch (error) {
      trouble.replaceChildren(errorNotice(error, 'This package was not accepted'));
    }
    submit.disabled = false;
  };

  form.addEventListener('input', arrange);
  form.addEventListener('click', (event) => event.target.closest('button') && arrange());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  if (like)
    form.elements.encrypt.value = like.encrypt;
  arrange();
  container.replaceChildren(form);
}
