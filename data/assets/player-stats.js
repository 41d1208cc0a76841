// SPDX-License-Identifier: LGPL-2.1-or-later
// Figures of the playback, a second old at most. Nobody is told aloud of each.

import { el } from './dom.js';
import { bitRate } from './format.js';

const EVERY_MS = 500;

function ahead(video) {
  for (let i = 0; i < video.buffered.length; i++) {
    if (video.buffered.start(i) <= video.currentTime + 0.1 && video.buffered.end(i) > video.currentTime)
      return video.buffered.end(i) - video.currentTime;
  }
  return 0;
}

const size = (width, height) => (width && height ? `${width} × ${height}` : 'none yet');

const dropped = ({ droppedVideoFrames, totalVideoFrames }) => `${droppedVideoFrames} of ${totalVideoFrames}`;

// Term and value; stats is a shaka.extern.Stats.
const FIGURES = [
  ['Picture decoded', (video) => size(video.videoWidth, video.videoHeight)],
  ['Picture on screen', (video) => {
    const ratio = devicePixelRatio;
    return size(Math.round(video.clientWidth * ratio), Math.round(video.clientHeight * ratio));
  }],
  ['Chosen stream', (_, stats) => (stats.streamBandwidth ? bitRate(stats.streamBandwidth) : '–')],
  ['Connection, estimated', (_, stats) => (stats.estimatedBandwidth ? bitRate(stats.estimatedBandwidth) : '–')],
  ['Buffered ahead', (video) => `${ahead(video).toFixed(1)} s`],
  ['Frames dropped', (video) => dropped(video.getVideoPlaybackQuality())],
  ['Waited for a licence', (_, stats) => (stats.licenseTime ? `${Math.round(stats.licenseTime * 1000)} ms` : '–')],
  ['Until the first frame', (_, stats) => (stats.timeToFirstFrame > 0 ? `${stats.timeToFirstFrame.toFixed(2)} s` : '–')],
];

// getPlayer: the player of now, or null. Goes on as long as the page.
export function showStats(box, video, getPlayer) {
  const values = FIGURES.map(() => el('dd', {}, '–'));

  box.append(...FIGURES.map(([term], i) => el('div', {}, el('dt', {}, term), values[i])));
  setInterval(() => {
    const stats = document.hidden ? null : getPlayer()?.getStats();

    for (const [i, [, read]] of stats ? FIGURES.entries() : []) {
      const text = read(video, stats);
      if (values[i].textContent !== text)
        values[i].textContent = text;
    }
  }, EVERY_MS);
}
