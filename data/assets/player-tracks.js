// SPDX-License-Identifier: LGPL-2.1-or-later
// The choice of tracks while it plays: size of the picture, sound, text.

import { el } from './dom.js';
import { bitRate, languageName } from './format.js';

const AUTO = 'auto';
const OFF = 'off';

const videoName = ({ width, height, bandwidth }) =>
  `${width && height ? `${width} × ${height}` : 'one size'}${bandwidth ? `, ${bitRate(bandwidth)}` : ''}`;

const audioName = ({ label, language, channelsCount, codecs }) => [label ?? languageName(language),
  channelsCount && (channelsCount === 1 ? 'mono' : `${channelsCount} channels`), codecs].filter(Boolean).join(', ');

const textName = ({ label, language }) => label ?? languageName(language);

// options: [value, name, selected]; what cannot be chosen is told.
function choice(id, title, options, onChange) {
  const label = el('label', { for: id }, title);

  if (options.length === 1)
    return el('div', { class: 'field' }, el('p', { class: 'only' }, el('b', {}, title), ` ${options[0][1]}`));
  const select = el('select', { id }, ...options.map(([value, name, selected]) =>
    el('option', { value, selected }, name)));
  select.addEventListener('change', () => onChange(select.value));
  return el('div', { class: 'field' }, label, select);
}

// Where there are several sizes the player chooses, unless it is told.
function videoChoice(player) {
  const tracks = player.getVideoTracks().sort((a, b) => b.bandwidth - a.bandwidth);
  const options = tracks.map((track, i) => [String(i), videoName(track), false]);

  if (tracks.length === 0)
    return null;
  if (tracks.length > 1)
    options.unshift([AUTO, 'As the connection allows', true]);
  return choice('video-track', 'Video', options, (value) => {
    player.configure({ abr: { enabled: value === AUTO } });
    if (value !== AUTO)
      player.selectVideoTrack(tracks[value], true, 1);
  });
}

function audioChoice(player) {
  const tracks = player.getAudioTracks();

  return tracks.length === 0 ? null : choice('audio-track', 'Audio',
    tracks.map((track, i) => [String(i), audioName(track), track.active]),
    (value) => player.selectAudioTrack(tracks[value]));
}

function textChoice(player) {
  const tracks = player.getTextTracks();

  return tracks.length === 0 ? null : choice('text-track', 'Text',
    [[OFF, 'None', true], ...tracks.map((track, i) => [String(i), textName(track), false])],
    (value) => player.selectTextTrack(value === OFF ? null : tracks[value]));
}

export function showChoices(box, player) {
  box.replaceChildren(...[videoChoice, audioChoice, textChoice].map((make) => make(player)).filter(Boolean));
}
