// SPDX-License-Identifier: LGPL-2.1-or-later
// A DASH manifest as far as the tests need it.

import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { run } from './run.mjs';

const xpath = async (file, expression) =>
  (await run('xmllint', ['--nonet', '--xpath', expression, file])).trimEnd();

// Elements by local name, so that no prefix has to be declared.
const el = (...names) => names.map((n) => `/*[local-name()='${n}']`).join('');

const expand = (template, number, id) => template
  .replace(/\$RepresentationID\$/g, id)
  .replace(/\$Number(?:%0(\d+)d)?\$/g,
    (_, width) => String(number).padStart(Number(width ?? 1), '0'));

const readSet = async (file, index) => {
  const set = `${el('MPD', 'Period')}/*[local-name()='AdaptationSet'][${index}]`;
  const one = (what) => xpath(file, `string(${set}${what})`);
  const template = "//*[local-name()='SegmentTemplate']";
  const representation = "/*[local-name()='Representation']";
  const line = `${set}${template}/*[local-name()='SegmentTimeline']` +
    "/*[local-name()='S']";

  const spans = [];
  const count = Number(await xpath(file, `count(${line})`));
  for (let i = 1; i <= count; i++) {
    const [t, d, r] = await Promise.all(['t', 'd', 'r'].map(
      (name) => xpath(file, `string(${line}[${i}]/@${name})`)));
    for (let n = 0; n <= Number(r || 0); n++) {
      const last = spans.at(-1);
      const start = n === 0 && t !== '' ? Number(t) :
        last ? last.start + last.duration : 0;
      spans.push({ start, duration: Number(d) });
    }
  }

  const id = await one(`${representation}/@id`);
  const folder = path.dirname(file);
  const first = Number(await one(`${template}/@startNumber`) || 1);
  const mime = await one('//@mimeType');
  const media = await one(`${template}/@media`);
  return {
    kind: mime.split('/')[0],
    timescale: Number(await one(`${template}/@timescale`) || 1),
    codecs: await one('//@codecs'),
    protections: Number(await xpath(file,
      `count(${set}//*[local-name()='ContentProtection'])`)),
    channels: {
      scheme: await one("//*[local-name()='AudioChannelConfiguration']" +
        '/@schemeIdUri'),
      value: await one("//*[local-name()='AudioChannelConfiguration']/@value"),
    },
    defaultKid: await one("//@*[local-name()='default_KID']"),
    spans,
    init: path.join(folder,
      expand(await one(`${template}/@initialization`), 0, id)),
    segments: spans.map((_, i) =>
      path.join(folder, expand(media, first + i, id))),
  };
};

export const readManifest = async (file) => {
  const sets = [];
  const count = Number(await xpath(file,
    `count(${el('MPD', 'Period', 'AdaptationSet')})`));
  for (let i = 1; i <= count; i++)
    sets.push(await readSet(file, i));
  return {
    type: await xpath(file, `string(${el('MPD')}/@type)`),
    duration: await xpath(file,
      `string(${el('MPD')}/@mediaPresentationDuration)`),
    video: sets.find((set) => set.kind === 'video'),
    audio: sets.find((set) => set.kind === 'audio'),
    sets,
  };
};

// The init segment and all media segments of a set, one after the other.
export const joinSet = async (set) =>
  Buffer.concat(await Promise.all([set.init, ...set.segments].map(
    (file) => readFile(file))));
