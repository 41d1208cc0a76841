// SPDX-License-Identifier: LGPL-2.1-or-later
// What a DASH manifest says about its tracks and how they are protected.

const MP4_PROTECTION = 'urn:mpeg:dash:mp4protection:2011';
const CENC = 'urn:mpeg:cenc:2013';

const all = (node, name) => Array.from(node.getElementsByTagNameNS('*', name));

// The attribute of the set or of its first Representation.
function attribute(set, name) {
  return set.getAttribute(name) ?? all(set, 'Representation')[0]?.getAttribute(name) ?? null;
}

function segmentCount(set) {
  const timeline = all(set, 'SegmentTimeline')[0];

  return timeline ? all(timeline, 'S').reduce((sum, s) => sum + 1 + Number(s.getAttribute('r') ?? 0), 0) : null;
}

function describe(set) {
  const mp4 = all(set, 'ContentProtection').find((node) => node.getAttribute('schemeIdUri') === MP4_PROTECTION);
  const type = attribute(set, 'contentType') ?? attribute(set, 'mimeType')?.split('/')[0];

  return {
    kind: type || 'track',
    codecs: attribute(set, 'codecs') ?? '',
    width: attribute(set, 'width'),
    height: attribute(set, 'height'),
    segments: segmentCount(set),
    scheme: mp4?.getAttribute('value') ?? null,
    kid: mp4?.getAttributeNS(CENC, 'default_KID') ?? null,
    licence: all(set, 'Laurl')[0]?.textContent.trim() ?? null,
  };
}

export function protectionOf(manifest) {
  return all(manifest, 'AdaptationSet').map(describe);
}
