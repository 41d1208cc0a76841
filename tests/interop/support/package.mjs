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
  return { manifest, mpd, tracks };
};

const outFolder = (input, folder, how) =>
  path.join(folder, `${path.basename(input)}.${how}`);

// The line of the documentation. Audio's pad is asked for also where the file
// has no sound. all: the sound is encrypted too.
const packageByLine = (demuxer) => async (input, folder, all) => {
  const out = outFolder(input, folder, `${demuxer}${all ? '-all' : ''}`);
  const keyFile = await writeKey(folder, KEY.key);
  const encrypt = `cbcsenc kid=${KEY.kid} key-file=${keyFile} !`;
  await gstLaunch(`cencdashsink name=dash location=${out}/stream.mpd
    filesrc location=${input} ! ${demuxer} name=in
    in. ! video/x-h264 ! gopsplit ! ${encrypt} dash.video_0
    in. ! audio/mpeg ! ${all ? encrypt : ''} dash.audio_0`);
  return packaged(out);
};

const packageByProgram = async (input, folder, all) => {
  const out = outFolder(input, folder, `program${all ? '-all' : ''}`);
  await run('haberdash', ['package', input, out, '--kid', KEY.kid,
    '--key-file', await writeKey(folder, KEY.key),
    ...(all ? ['--encrypt', 'all'] : [])]);
  return packaged(out);
};

export const routes = {
  'qtdemux line': packageByLine('qtdemux'),
  'parsebin line': packageByLine('parsebin'),
  'program': packageByProgram,
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

export const decryptByShaka = async (track, kind) => {
  const output = `${track}.clear.mp4`;
  await shaka(`in=${track},stream=${kind},output=${output}`,
    '--enable_raw_key_decryption', ...KEYS);
  return output;
};

export const exists = (file) => access(file).then(() => true, () => false);
