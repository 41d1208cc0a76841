// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers for people. Pure functions.

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

export function bytes(count) {
  if (!Number.isFinite(count) || count < 0)
    return 'unknown';
  let unit = 0;
  while (count >= 999.5 && unit < UNITS.length - 1) {
    count /= 1000;
    unit++;
  }
  return `${unit && count < 10 ? count.toFixed(1) : Math.round(count)} ${UNITS[unit]}`;
}

const two = (number) => String(number).padStart(2, '0');

// Position in a file: 0:07, 12:03, 1:02:03; with decimals 0:07.480.
export function clock(seconds, decimals = 0) {
  if (!Number.isFinite(seconds))
    return 'unknown';
  const sign = seconds < 0 ? '−' : '';
  const scale = 10 ** decimals;
  const ticks = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(ticks / scale);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = decimals
    ? `${two(whole % 60)}.${String(ticks % scale).padStart(decimals, '0')}`
    : two(whole % 60);
  return sign + (hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`);
}

// How long something still takes, not more exactly than one can know.
export function remaining(seconds) {
  if (!Number.isFinite(seconds))
    return '';
  if (seconds < 1)
    return 'a moment left';
  if (seconds < 90)
    return `${Math.round(seconds)} s left`;
  if (seconds < 5400)
    return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

export const percent = (fraction) => `${Math.floor(fraction * 100)} %`;

// An RFC 3339 time as the reader's clock shows it.
export function localTime(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    return text;
  return time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

// What can be uploaded, in a sentence.
export const VIDEOS = 'MP4, MOV, MKV, WebM, MPEG-TS, FLV and AVI with H.264, H.265, AV1 or VP9';

const CODECS = [
  [/^avc[1-4]\b/, 'H.264'], [/^(hvc1|hev1|dvh1|dvhe)\b/, 'H.265'], [/^av01\b/, 'AV1'], [/^vp09\b/, 'VP9'],
  [/^vp08\b|^vp8$/, 'VP8'], [/^mp4a\.(6b|69)$/i, 'MP3'], [/^mp3$/, 'MP3'], [/^mp4a\b/, 'AAC'],
  [/^opus$/i, 'Opus'], [/^flac$/i, 'FLAC'], [/^ac-3$/, 'AC-3'], [/^ec-3$/, 'E-AC-3'],
];

// What people call a codec; its own name where they have none.
export function codecName(codec) {
  return CODECS.find(([pattern]) => pattern.test(codec ?? ''))?.[1] ?? codec ?? 'unknown codec';
}

// 25 fps, 29.97 fps.
export const frameRate = (rate) => `${Number(rate.toFixed(2))} fps`;

// Where a package stands in its making: 42 %, 61 times as fast as it plays, how
// many bytes of media a second, and how long it still takes.
export function progressText(item) {
  return [percent(item.progress ?? 0),
    item.speed ? `${item.speed < 10 ? item.speed.toFixed(1) : Math.round(item.speed)}×` : '',
    item.bytes_per_second ? `${bytes(item.bytes_per_second)}/s` : '',
    Number.isFinite(item.eta) ? remaining(item.eta) : ''].filter(Boolean).join(' · ');
}

export function bitRate(bitsPerSecond) {
  const [unit, name] = bitsPerSecond >= 999_500 ? [1e6, 'Mbit/s'] : [1e3, 'kbit/s'];
  const value = bitsPerSecond / unit;

  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${name}`;
}

// A language tag for people, or what it is where it is none.
export function languageName(tag) {
  if (!tag || tag === 'und')
    return 'unknown language';
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag);
  } catch {
    return tag;
  }
}
