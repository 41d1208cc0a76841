// SPDX-License-Identifier: LGPL-2.1-or-later
// Small good films: two seconds and four GOPs of every container and codec that
// Haberdash takes.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

const SRT = '1\n00:00:00,200 --> 00:00:00,900\nGood <i>evening</i>\n\n' +
  '2\n00:00:01,000 --> 00:00:01,800\n<b>And</b> good night\n';
const VTT = 'WEBVTT\n\nSTYLE\n::cue { color: lime }\n\n' +
  'one\n00:00.200 --> 00:00.900 line:10% align:start\nGood <i>evening</i>\n\n' +
  '00:01.000 --> 00:01.800\n<v Ann>And good night\n';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '6', '-threads', '1',
  '-x264-params', 'open-gop=1:log-level=none'];
const X265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1',
  '-x265-params', 'keyint=6:pools=none:frame-threads=1:log-level=none'];
const AV1 = ['-c:v', 'libaom-av1', '-cpu-used', '8', '-g', '6', '-threads', '1'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '6', '-threads', '1'];
const SRT_IN = ['text.srt', 'srt'];
const VTT_IN = ['text.vtt', 'webvtt'];

// name, which is that of its file, too; family of its container; codecs; text
const FILMS = [
  ['h264-aac.mp4', 'mp4', [...X264, '-c:a', 'aac'], [SRT_IN, 'mov_text']],
  ['h264-mp3.mp4', 'mp4', [...X264, '-c:a', 'libmp3lame']],
  ['hevc-ac3.mp4', 'mp4', [...X265, '-c:a', 'ac3']],
  ['av1-opus.mp4', 'mp4', [...AV1, '-c:a', 'libopus']],
  ['vp9-flac.mp4', 'mp4', [...VP9, '-c:a', 'flac', '-strict', '-2']],
  ['h264-eac3.mov', 'mp4', [...X264, '-c:a', 'eac3']],
  ['h264-aac-fragments.mp4', 'mp4', [...X264, '-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov+default_base_moof']],
  ['hevc-aac-dash.mp4', 'mp4', [...X265, '-c:a', 'aac', '-movflags', 'dash+frag_keyframe+delay_moov+global_sidx']],
  ['av1-aac-fragments.mp4', 'mp4', [...AV1, '-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov']],
  ['h264-aac-cenc.mp4', 'mp4', [...X264, '-c:a', 'aac', '-encryption_scheme', 'cenc-aes-ctr',
    '-encryption_key', '11'.repeat(16), '-encryption_kid', '22'.repeat(16)]],
  ['h264-flac.mkv', 'ebml', [...X264, '-c:a', 'flac'], [SRT_IN, 'srt']],
  ['hevc-eac3.mkv', 'ebml', [...X265, '-c:a', 'eac3']],
  ['vp9-opus.webm', 'ebml', [...VP9, '-c:a', 'libopus'], [VTT_IN, 'webvtt']],
  ['av1-opus.webm', 'ebml', [...AV1, '-c:a', 'libopus']],
  ['h264-aac.ts', 'ts', [...X264, '-c:a', 'aac']],
  ['hevc-ac3.ts', 'ts', [...X265, '-c:a', 'ac3']],
  ['h264-mp3.avi', 'avi', [...X264, '-c:a', 'libmp3lame']],
  ['h264-aac.flv', 'flv', [...X264, '-c:a', 'aac']],
];

const makeFilm = async (folder, [name, family, codecs, text]) => {
  const file = path.join(folder, name);
  const subtitles = text ? ['-f', text[0][1], '-i', path.join(folder, text[0][0])] : [];
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-y',
    '-f', 'lavfi', '-i', 'testsrc2=size=128x96:rate=12', '-f', 'lavfi', '-i', 'sine=sample_rate=48000',
    ...subtitles, '-map', '0', '-map', '1', ...text ? ['-map', '2', '-c:s', text[1]] : [],
    '-t', '2', '-pix_fmt', 'yuv420p', '-ac', '1', '-b:a', '48k', '-fflags', '+bitexact', ...codecs, file]);
  return { name, family, bytes: await readFile(file) };
};

// [{ name, family, bytes }]
export const makeFilms = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'haberdash-films-'));
  try {
    await writeFile(path.join(folder, 'text.srt'), SRT);
    await writeFile(path.join(folder, 'text.vtt'), VTT);
    const films = [];
    for (const film of FILMS)
      films.push(await makeFilm(folder, film));
    return [...films, { name: 'text.srt', family: 'text', bytes: Buffer.from(SRT) },
      { name: 'text.vtt', family: 'text', bytes: Buffer.from(VTT) }];
  } finally {
    await rm(folder, { recursive: true });
  }
};
