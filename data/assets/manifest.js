// SPDX-License-Identifier: LGPL-2.1-or-later
// What a DASH manifest says about its tracks and how they are protected. Pure,
// but for the DOM of the manifest.

const MP4_PROTECTION = 'urn:mpeg:dash:mp4protection:2011';
const CENC = 'urn:mpeg:cenc:2013';

const all = (node, name) => Array.from(node.getElementsByTagNameNS('*', name));

// The attribute of the set or of its first Representation.
function attribute(set, name) {
  return set.getAttribute(name) ?? all(set, 'Representation')[0]?.getAttribute(name) ?? null;
}

const segmentCount = (template) => {
  const timeline = template && all(template, 'SegmentTimeline')[0];

  return timeline ? all(timeline, 'S').reduce((sum, s) => sum + 1 + Number(s.getAttribute('r') ?? 0), 0) : null;
};

const fill = (pattern, id) => pattern.replaceAll('$RepresentationID$', id);

// A Representation in segments: its media address has $Number$ in it.
function inSegments(template, representation) {
  const id = representation.getAttribute('id');

  return {
    init: fill(template.getAttribute('initialization'), id),
    initRange: null,
    media: fill(template.getAttribute('media'), id),
    first: Number(template.getAttribute('startNumber') ?? 1),
    segments: segmentCount(template),
  };
}

// A Representation in one file, text for example.
function inOneFile(representation) {
  return {
    init: all(representation, 'BaseURL')[0]?.textContent.trim() ?? null,
    initRange: all(representation, 'Initialization')[0]?.getAttribute('range') ?? null,
    media: null,
    first: null,
    segments: null,
  };
}

function describeRepresentation(set, representation) {
  const template = all(representation, 'SegmentTemplate')[0] ?? all(set, 'SegmentTemplate')[0];
  const get = (name) => representation.getAttribute(name) ?? set.getAttribute(name);

  return {
    codecs: get('codecs') ?? '',
    width: Number(get('width')) || null,
    height: Number(get('height')) || null,
    bandwidth: Number(get('bandwidth')) || null,
    ...template ? inSegments(template, representation) : inOneFile(representation),
  };
}

function describe(set) {
  const protections = all(set, 'ContentProtection').filter((node) =>
    node.getAttribute('schemeIdUri') === MP4_PROTECTION);
  const type = attribute(set, 'contentType') ?? attribute(set, 'mimeType')?.split('/')[0];

  return {
    kind: type || 'track',
    language: set.getAttribute('lang'),
    scheme: protections[0]?.getAttribute('value') ?? null,
    kids: [...new Set(protections.map((node) => node.getAttributeNS(CENC, 'default_KID')).filter(Boolean))],
    licence: all(set, 'Laurl')[0]?.textContent.trim() ?? null,
    representations: all(set, 'Representation').map((node) => describeRepresentation(set, node)),
  };
}

// The AdaptationSets; addresses of files are as they stand, relative to the
// manifest.
export function setsOf(manifest) {
  return all(manifest, 'AdaptationSet').map(describe);
}
