// SPDX-License-Identifier: LGPL-2.1-or-later
// What is to be seen of a <video>. Pictures are screenshots: a canvas shows
// black for a protected video, whatever is on the screen.

import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { FRAME_RATE } from './media.mjs';

const SIZE = { width: 640, height: 360 };

// Mean difference of a channel, 0 to 255. The right picture of a clip of
// media.mjs is below 1, the next frame above 4, a black one above 100.
export const SAME = 3;

// Of a picture that is not the right one, in case it was painted late.
const LOOKS = 4;

// The clear clip in a page of its own, which also does the arithmetic.
export class Reference {
  #page;
  #pictures = new Map(); // by time; each waits for the one before
  #last = Promise.resolve();

  static async open(browser, clip) {
    const self = new Reference();
    const html = `${clip}.html`;

    await fs.writeFile(html, `<!doctype html><body style="margin:0">
      <video id="video" muted preload="auto" style="width:${SIZE.width}px;height:${SIZE.height}px;display:block"
        src="${encodeURIComponent(path.basename(clip))}"></video>`);
    self.#page = await browser.newPage();
    await self.#page.goto(pathToFileURL(html).href);
    await self.#page.evaluate(addArithmetic);
    await self.#page.waitForFunction(() => document.getElementById('video').readyState >= 2);
    return self;
  }

  // The clip at time.
  async #at(time) {
    if (!this.#pictures.has(time)) {
      this.#last = this.#last.then(() => shoot(this.#page, time));
      this.#pictures.set(time, this.#last);
    }
    return this.#pictures.get(time);
  }

  // How far the picture of another page's video is from the clip at time.
  async distance(png, time) {
    return this.#page.evaluate((urls) => window.compare(urls),
      [png, await this.#at(time)].map(dataUrl));
  }

  // How far what a page's video shows at one time is from the clip at another.
  // The browser says when it has a frame, not when that is on the screen: a
  // picture that is far off is looked at again, and so is the clip.
  async distanceOf(page, time, clipTime = time) {
    for (let looks = 1; ; looks++) {
      const distance = await this.distance(await shoot(page, time), clipTime);
      if (distance < SAME || looks === LOOKS)
        return distance;
      this.#pictures.delete(clipTime);
    }
  }

  // Standard deviation of the luma of a picture; 0 when it is all one colour.
  async contrast(png) {
    return this.#page.evaluate((url) => window.deviation(url), dataUrl(png));
  }
}

const dataUrl = (png) => `data:image/png;base64,${png.toString('base64')}`;

// What the reference page can do: reads a screenshot, reduced, without the
// edge, where half a pixel of the page around may show.
function addArithmetic() {
  const MARGIN = 4;

  window.pixelsOf = async (url) => {
    const image = Object.assign(new Image(), { src: url });
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    pen.drawImage(image, MARGIN, MARGIN, image.width - 2 * MARGIN, image.height - 2 * MARGIN, 0, 0, 160, 90);
    return pen.getImageData(0, 0, 160, 90).data;
  };

  window.compare = async (urls) => {
    const [a, b] = await Promise.all(urls.map(window.pixelsOf));
    const sum = a.reduce((total, value, i) => total + Math.abs(value - b[i]), 0);
    return sum / (a.length * 0.75); // of four channels alpha never differs
  };

  window.deviation = async (url) => {
    const data = await window.pixelsOf(url);
    const lumas = Array.from({ length: data.length / 4 }, (_, i) =>
      0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
    const mean = lumas.reduce((sum, luma) => sum + luma) / lumas.length;
    return Math.sqrt(lumas.reduce((sum, luma) => sum + (luma - mean) ** 2, 0) / lumas.length);
  };
}

// Makes the page's video as large as the reference's, without controls.
export async function bareVideo(page) {
  await page.evaluate(({ width, height }) => {
    const video = document.getElementById('video');
    video.controls = false;
    video.style.cssText = `width:${width}px;height:${height}px;border-radius:0;max-height:none`;
  }, SIZE);
}

// Stops in the frame that is shown at time; resolves when that one is on the
// screen: a player that is starting may seek by itself, and a frame that was
// on its way before may be told first. One that is there already may not be told
// again: then it is for the picture to show that it is the right one.
async function stopAt({ time, frame }) {
  const PATIENCE_MS = 3000;
  const ATTEMPTS = 20;
  const video = document.getElementById('video');
  const within = (mediaTime) => mediaTime < time + frame / 4 && time - mediaTime < frame;

  for (let attempt = 0; ; attempt++) {
    video.pause();
    const shown = new Promise((done) => {
      const look = (_, { mediaTime }) => (within(mediaTime) ? done(true) : video.requestVideoFrameCallback(look));
      video.requestVideoFrameCallback(look);
      setTimeout(done, PATIENCE_MS, false);
    });
    video.currentTime = time;
    const told = await shown;
    if (video.seeking) { // the frame may be told first; another seek would begin anew
      await new Promise((done) => {
        video.addEventListener('seeked', done, { once: true });
        setTimeout(done, PATIENCE_MS);
      });
    }
    if (!video.seeking && within(video.currentTime) && (told || video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA))
      break;
    if (attempt === ATTEMPTS)
      throw new Error(`the video does not stop at ${time} s: it is at ${video.currentTime} s, error ${video.error?.message}`);
  }
  await new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, PATIENCE_MS); // no frames are painted of a page that nobody sees
  });
}

// The page's video as it is on the screen; at time unless that is null.
export async function shoot(page, time = null) {
  if (time !== null)
    await page.evaluate(stopAt, { time: time + 0.5 / FRAME_RATE, frame: 1 / FRAME_RATE });
  return page.locator('#video').screenshot();
}

export const decodedFrames = (page) => page.evaluate(() =>
  document.getElementById('video').getVideoPlaybackQuality().totalVideoFrames);
