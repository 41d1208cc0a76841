// SPDX-License-Identifier: LGPL-2.1-or-later
// A DASH manifest as far as the tests need it. Whether it is a right one is for
// the schema to say.

import { readFile } from 'node:fs/promises';
import path from 'node:path';

const TAG = /<(\/?)([\w:]+)((?:\s+[\w:]+="[^"]*")*)\s*(\/?)>|([^<]+)/g;

const unescape = (text) => text.replaceAll('&lt;', '<')
  .replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

// Elements by local name: { name, attributes, children, text }.
const parse = (document) => {
  const root = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  for (const [, end, name, attributes, empty, text] of document.matchAll(TAG)) {
    if (text) {
      open.at(-1).text += unescape(text);
    } else if (end) {
      open.pop();
    } else {
      const element = {
        name: name.split(':').pop(),
        attributes: Object.fromEntries(
          [...attributes.matchAll(/([\w:]+)="([^"]*)"/g)]
            .map(([, key, value]) => [key.split(':').pop(), unescape(value)])),
        children: [],
        text: '',
      };
      open.at(-1).children.push(element);
      if (!empty)
        open.push(element);
    }
  }
  return root;
};

const all = (element, name) => element.children.flatMap((child) =>
  [...(child.name === name ? [child] : []), ...all(child, name)]);

const first = (element, name) =>
  all(element, name)[0] ?? { attributes: {}, children: [], text: '' };

const expand = (template, number, id) => template
  .replaceAll('$RepresentationID$', id)
  .replace(/\$Number(?:%0(\d+)d)?\$/g,
    (_, width) => String(number).padStart(Number(width ?? 1), '0'));

const readSpans = (timeline) => {
  const spans = [];
  for (const { attributes: { t, d, r = 0 } } of all(timeline, 'S')) {
    for (let i = 0; i <= Number(r); i++) {
      const last = spans.at(-1);
      const start = i === 0 && t !== undefined ? Number(t) :
        last ? last.start + last.duration : 0;
      spans.push({ start, duration: Number(d) });
    }
  }
  return spans;
};

// Where the segments are: files, each with the init segment's apart, or one
// file with ranges in it.
const readPlaces = (representation, template, spans, folder) => {
  const { initialization, media, startNumber = 1 } = template.attributes;
  const { id } = representation.attributes;
  const base = first(representation, 'BaseURL').text.trim();
  if (base)
    return { file: path.join(folder, base) };
  return {
    init: path.join(folder, expand(initialization, 0, id)),
    segments: spans.map((_, i) =>
      path.join(folder, expand(media, Number(startNumber) + i, id))),
  };
};

const readSet = (set, folder) => {
  const representation = first(set, 'Representation');
  const template = first(set, 'SegmentTemplate');
  const channels = first(set, 'AudioChannelConfiguration').attributes;
  const either = { ...set.attributes, ...representation.attributes };
  const protections = all(set, 'ContentProtection');
  const spans = readSpans(first(template, 'SegmentTimeline'));
  return {
    kind: either.mimeType.split('/')[0],
    codecs: either.codecs,
    timescale: Number({
      ...template.attributes, ...first(set, 'SegmentBase').attributes,
    }.timescale ?? 1),
    channels: [channels.schemeIdUri, channels.value],
    protections: protections.length,
    defaultKid: protections[0]?.attributes.default_KID ?? '',
    spans,
    ...readPlaces(representation, template, spans, folder),
  };
};

const seconds = (iso) => {
  const [, h = 0, m = 0, s = 0] =
    /^PT(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?$/.exec(iso);
  return Number(h) * 3600 + Number(m) * 60 + Number(s);
};

export const readManifest = async (file) => {
  const mpd = first(parse(await readFile(file, 'utf8')), 'MPD');
  const sets = all(mpd, 'AdaptationSet')
    .map((set) => readSet(set, path.dirname(file)));
  return {
    type: mpd.attributes.type,
    profiles: mpd.attributes.profiles,
    duration: seconds(mpd.attributes.mediaPresentationDuration),
    video: sets.find((set) => set.kind === 'video'),
    audio: sets.find((set) => set.kind === 'audio'),
    sets,
  };
};

// What an init segment would have in it.
export const readInit = (set) => readFile(set.init ?? set.file);

// A set as one file: the init segment and all media segments of it, one after
// the other.
export const joinSet = async (set) => (set.file ? readFile(set.file) :
  Buffer.concat(await Promise.all([set.init, ...set.segments]
    .map((file) => readFile(file)))));
