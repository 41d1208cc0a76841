// SPDX-License-Identifier: LGPL-2.1-or-later
// What a ladder will probably have in it. The service, which reads the video,
// decides. Pure functions.

const MEGABIT = 1_000_000;
const AUTO = [[2160, 16], [1440, 9], [1080, 5], [720, 2.8], [540, 1.6], [360, 0.8], [240, 0.4]];
const FAST = 30; // frames a second; above it takes half as much again
const APART = 0.8; // of the bit rate of the size above

const even = (number) => 2 * Math.round(number / 2);

// Of an upright picture the lines are those of its shorter side.
function scaled({ width, height }, lines) {
  const scale = lines / Math.min(width, height);

  return { width: even(width * scale), height: even(height * scale) };
}

// What is left as it is: H.264 of 4:2:0 with 8 bits.
const COMMON = /^avc1\.(42|4d|64)/i;

// What a video track and its file say: { width, height, rate, bitrate, common },
// in frames and bits per second; null where there is no size.
export function sourceOf(input) {
  const video = input.tracks.find((track) => track.kind === 'video');

  if (!video?.width || !video.height)
    return null;
  return { width: video.width, height: video.height, rate: video.frame_rate ?? 25, common: COMMON.test(video.codec),
    bitrate: input.duration > 0 ? input.size * 8 / input.duration : Infinity };
}

// [{ width, height, bitrate, original }], the largest first.
export function autoLadder(source) {
  const sizes = [{ width: source.width, height: source.height, bitrate: source.bitrate, original: source.common }];
  const lines = Math.min(source.width, source.height);

  for (const [height, megabits] of AUTO) {
    const bitrate = megabits * MEGABIT * (source.rate > FAST ? 1.5 : 1);

    if (height < lines && bitrate <= APART * sizes.at(-1).bitrate)
      sizes.push({ ...scaled(source, height), bitrate, original: false });
  }
  return sizes;
}

// The same of sizes that were asked for: [{ height, bitrate }], height in lines.
export function listedLadder(source, sizes) {
  const lines = Math.min(source.width, source.height);
  const fitting = sizes.filter((size) => size.height <= lines);
  const taken = fitting.length || !sizes.length ? fitting : [{ ...sizes.at(-1), height: lines }];

  return taken.map(({ height, bitrate }) => ({ ...scaled(source, height),
    bitrate: Math.min(bitrate, source.bitrate), original: false }));
}
