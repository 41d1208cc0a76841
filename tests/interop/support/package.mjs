// SPDX-License-Identifier: LGPL-2.1-or-later
// The packagers: ours by each way to it, and Shaka Packager as the one to agree
// with.

import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { joinSet, readManifest } from './manifest.mjs';
import { ffmpeg, gstLaunch, KEY, run, shaka, writeKey } from './run.mjs';

const KEYS = ['--keys', `label=:key_id=${KEY.kid}:key=${KEY.key}`];

// What a packager wrote: the manifest, and the tracks as files of their own.
const packaged = async (out) => {
  const manifest = path.join(out, 'stream.mpd');
  const mpd = await readManifest(manifest);
  const tracks = {};
  for (const kind of ['video', 'audio']) {
    if (!mpd[kind])
      continue;
    tracks[kind] = `${out}.${kind}.mp4`;
    await writeFile(tracks[kind], await joinSet(mpd[kind]));
  }
  return { out, manifest, playlist: path.join(out, 'stream.m3u8'), mpd, tracks };
};

// encrypt: what haberdash takes. layout: 'segments' or 'files', one for each
// track. iv: 32 hex digits, or none for one by chance.
export const packageByProgram = async (input, out,
  { encrypt = 'video', layout = 'segments', hls = false, iv } = {}) => {
  await run('haberdash', ['package', input, out, '--encrypt', encrypt,
    ...(encrypt === 'none' ? [] : ['--kid', KEY.kid, '--key-file',
      await writeKey(path.dirname(out), KEY.key), ...(iv ? ['--iv', iv] : [])]),
    ...(layout === 'files' ? ['--single-file'] : []),
    ...(hls ? ['--hls'] : [])]);
  return packaged(out);
};

// The line of the documentation. Audio's pad is asked for also where the file
// has no sound.
export const packageByLine = (demuxer) => async (input, out,
  { encrypt = 'video', layout = 'segments', hls = false, iv } = {}) => {
  const keyFile = await writeKey(path.dirname(out), KEY.key);
  const encryptor = (wanted) => (wanted.includes(encrypt) ?
    `cbcsenc kid=${KEY.kid} key-file=${keyFile} ${iv ? `iv=${iv}` : ''} !` :
    '');
  await gstLaunch(`cencdashsink name=dash location=${out}/stream.mpd
    single-file=${layout === 'files'} hls=${hls}
    filesrc location=${input} ! ${demuxer} name=in
    in. ! video/x-h264 ! gopsplit ! ${encryptor(['video', 'all'])} dash.video_0
    in. ! audio/mpeg ! ${encryptor(['all'])} dash.audio_0`);
  return packaged(out);
};

// Shaka Packager reads MP4 only; a MOV is put into one first, as it is.
const asMp4 = async (input, folder) => {
  if (input.endsWith('.mp4'))
    return input;
  const copy = path.join(folder, `${path.basename(input)}.mp4`);
  await ffmpeg('-i', input, '-map', '0:v:0', '-c', 'copy', copy);
  return copy;
};

export const encryptByShaka = async (input, folder, iv) => {
  const output = path.join(folder, `${path.basename(input)}.shaka.mp4`);
  await shaka(`in=${await asMp4(input, folder)},stream=video,output=${output}`,
    '--enable_raw_key_encryption', '--protection_scheme', 'cbcs',
    '--clear_lead', '0', '--iv', iv, ...KEYS);
  return output;
};

// tracks: files by kind, encrypted or not. The same in the clear.
export const decryptAllByShaka = async (tracks) => {
  const clear = Object.fromEntries(Object.entries(tracks)
    .map(([kind, file]) => [kind, `${file}.clear.mp4`]));
  await shaka(...Object.entries(tracks).map(([kind, file]) =>
    `in=${file},stream=${kind},output=${clear[kind]}`),
  '--enable_raw_key_decryption', ...KEYS);
  return clear;
};

export const decryptByShaka = async (track, kind) =>
  (await decryptAllByShaka({ [kind]: track }))[kind];

export const exists = (file) => access(file).then(() => true, () => false);
