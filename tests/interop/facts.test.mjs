// SPDX-License-Identifier: LGPL-2.1-or-later
// What a file says of its pictures and sound beside the samples, and where on
// the timeline they are, is what the package says, whatever container it came in.
// ffprobe reads both.

import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { joinSet, readManifest } from './support/manifest.mjs';
import { box, children, find } from './support/mp4.mjs';
import {
  ffmpeg, gstLaunch, KEY, makeFolder, run, writeKey,
} from './support/run.mjs';

const folder = await makeFolder();
const at = (name) => path.join(folder, name);

const made = new Map();
const once = (key, make) => {
  if (!made.has(key))
    made.set(key, make());
  return made.get(key);
};

const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
const tone = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000'];

const streamOf = async (file) => JSON.parse(await run('ffprobe', ['-v', 'error',
  '-select_streams', 'v', '-show_streams', '-of', 'json', file])).streams[0];

// The side data of the first picture, decoded.
const lightOf = async (file) => {
  const [frame] = JSON.parse(await run('ffprobe', ['-v', 'error',
    '-select_streams', 'v', '-show_frames', '-read_intervals', '%+#1',
    '-of', 'json', file])).frames;
  return lightIn(frame.side_data_list ?? []);
};

const LIGHT = ['Mastering display metadata', 'Content light level metadata'];
const lightIn = (list) => LIGHT.map((type) =>
  list.find((data) => data.side_data_type === type));

// The video of a package as one file, and its manifest.
const packageOf = (name, encrypt) => once(`${name} ${encrypt}`, async () => {
  const out = at(`${name}.${encrypt}`);
  await run('haberdash', ['package', at(name), out, '--encrypt', encrypt,
    '--hls', ...(encrypt === 'none' ? [] :
      ['--kid', KEY.kid, '--key-file', await writeKey(folder, KEY.key)])]);
  const manifest = path.join(out, 'stream.mpd');
  const mpd = await readManifest(manifest);
  const video = `${out}.mp4`;
  await writeFile(video, await joinSet(mpd.video));
  return { out, manifest, mpd, video };
});

// --- colour and light ----------------------------------------------------------

const MASTERING = 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)' +
  'L(10000000,50)';
const x265 = (params) => [...picture, '-t', '2', '-pix_fmt', 'yuv420p10le',
  '-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1',
  '-x265-params', `log-level=none:keyint=25:${params}`];
const hdr10 = `colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:hdr10=1:` +
  `master-display=${MASTERING}:max-cll=1000,400`;
const copyOf = (input, ...flags) => async (file) => {
  await inputOf(input);
  await ffmpeg('-i', at(input), '-c', 'copy', ...flags, file);
};

const inputs = {
  // in the stream only: x265's headers and SEI messages
  'hdr10.mp4': (file) => ffmpeg(...x265(hdr10), '-write_tmcd', '0', file),
  'hdr10.mkv': copyOf('hdr10.mp4'),
  'hdr10.ts': copyOf('hdr10.mp4'),
  // with colr in front
  'hdr10-colr.mov': copyOf('hdr10.mp4', '-tag:v', 'hvc1'),
  'hlg.mp4': (file) => ffmpeg(...x265('colorprim=bt2020:' +
    'transfer=arib-std-b67:colormatrix=bt2020nc'), file),
  'sdr.mp4': (file) => ffmpeg(...picture, '-t', '2', '-c:v', 'libx264',
    '-pix_fmt', 'yuv420p', '-x264-params',
    'colorprim=bt709:transfer=bt709:colormatrix=bt709', file),
  'hdr10-av1.mp4': (file) => ffmpeg(...picture, '-t', '1', '-pix_fmt',
    'yuv420p10le', '-c:v', 'libsvtav1', '-preset', '12', '-svtav1-params',
    'mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)' +
    'WP(0.3127,0.329)L(1000.0,0.005):content-light=1000,400:' +
    'color-primaries=9:transfer-characteristics=16:matrix-coefficients=9',
    file),
};

const inputOf = (name) => once(`input ${name}`, () => inputs[name](at(name)));

const TRANSFER = { smpte2084: ['16', 'PQ'], 'arib-std-b67': ['18', 'HLG'] };

const number = (text) => {
  const [n, d] = text.split('/');
  return Number(n) / Number(d);
};

// The same to a unit of the boxes: AV1 has finer ones.
const assertSameLight = (got, wanted) => {
  assert.equal(Boolean(got), Boolean(wanted));
  for (const [key, value] of Object.entries(wanted ?? {})) {
    if (String(value).includes('/'))
      assert.ok(Math.abs(number(got[key]) - number(value)) < 1e-4,
        `${key}: ${got[key]} for ${value}`);
    else
      assert.equal(got[key], value, key);
  }
};

for (const name of Object.keys(inputs)) {
  for (const encrypt of ['none', 'video']) {
    test(`colour and light of ${name}, encrypted: ${encrypt}`, async () => {
      await inputOf(name);
      const { video, manifest, out } = await packageOf(name, encrypt);
      const wanted = await streamOf(at(name));
      const got = await streamOf(video);
      for (const key of ['color_primaries', 'color_transfer', 'color_space',
        'color_range'])
        assert.equal(got[key], wanted[key], key);
      const light = await lightOf(at(name));
      assert.equal(Boolean(light[0]), name.startsWith('hdr10'));
      for (const [i, data] of lightIn(got.side_data_list ?? []).entries())
        assertSameLight(data, light[i]);
      const text = await readFile(manifest, 'utf8');
      const playlist = await readFile(path.join(out, 'stream.m3u8'), 'utf8');
      const [code, range] = TRANSFER[wanted.color_transfer] ?? [null, 'SDR'];
      assert.equal(text.includes('TransferCharacteristics" value="' +
        `${code}"`), code !== null);
      assert.match(playlist, new RegExp(`VIDEO-RANGE=${range}`));
    });
  }
}

// --- how it is shown ---------------------------------------------------------------

const sdrWith = (...flags) => async (file) => {
  await inputOf('sdr.mp4');
  await ffmpeg('-i', at('sdr.mp4'), '-c', 'copy', ...flags, file);
};

const shapes = {
  'rotate90.mp4': sdrWith('-metadata:s:v:0', 'rotate=90'),
  'rotate180.mp4': sdrWith('-metadata:s:v:0', 'rotate=180'),
  'rotate270.mov': sdrWith('-metadata:s:v:0', 'rotate=270'),
  'anamorphic.mp4': sdrWith('-aspect', '4:3'),
  'anamorphic.mkv': sdrWith('-aspect', '4:3'),
};

for (const name of Object.keys(shapes)) {
  test(`${name} is shown as it was`, async () => {
    await shapes[name](at(name));
    const { video, mpd } = await packageOf(name, 'video');
    const [got, wanted] = await Promise.all([video, at(name)].map(streamOf));
    const matrix = (stream) => (stream.side_data_list ?? []).find(
      (data) => data.side_data_type === 'Display Matrix')?.rotation;
    assert.equal(matrix(got), matrix(wanted));
    assert.equal(name.startsWith('rotate'), matrix(got) !== undefined);
    assert.equal(got.sample_aspect_ratio, wanted.sample_aspect_ratio);
    const [, coded] = find(await readFile(mpd.video.init), 'tkhd')[0].body
      .toString('hex').match(/(.{16})$/);
    const [n, d] = wanted.sample_aspect_ratio.split(':').map(Number);
    assert.equal(coded, (Math.floor(320 * n / d) * 65536).toString(16)
      .padStart(8, '0') + (180 * 65536).toString(16).padStart(8, '0'));
  });
}

for (const [order, told] of [['top', 'tt'], ['bottom', 'bb']]) {
  test(`the ${order} field first`, async () => {
    await inputOf('sdr.mp4');
    const file = at(`${order}.mp4`);
    await gstLaunch(`filesrc location=${at('sdr.mp4')} ! qtdemux ! capssetter
      caps=video/x-h264,interlace-mode=interleaved,field-order=${order}-field-first !
      cencmux ! filesink location=${file}`);
    assert.equal((await streamOf(file)).field_order, told);
  });
}

// --- what changes on the way -------------------------------------------------------

test('a picture of another size is refused by its sizes', async () => {
  const parts = await Promise.all(['640x360', '1280x720'].map(
    async (size, i) => {
      const part = at(`${size}.ts`);
      await ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25`, '-t',
        '1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-output_ts_offset',
        String(i), part);
      return readFile(part);
    }));
  await writeFile(at('sizes.ts'), Buffer.concat(parts));
  await assert.rejects(run('haberdash', ['package', at('sizes.ts'),
    at('sizes'), '--encrypt', 'none']), /from 640x360 to 1280x720/);
  await assert.rejects(access(path.join(at('sizes'), 'stream.mpd')));
});

// --- language --------------------------------------------------------------------

for (const [name, language, packed] of [['german.mp4', 'deu', 'ger|deu'],
  ['german.mkv', 'ger', 'ger|deu'], ['none.mp4', 'und', 'und']]) {
  test(`the language of ${name}`, async () => {
    await ffmpeg(...picture, ...tone, '-t', '1', '-c:v', 'libx264', '-pix_fmt',
      'yuv420p', '-c:a', 'aac', '-metadata:s:a:0', `language=${language}`,
      at(name));
    const { mpd, manifest } = await packageOf(name, 'none');
    const tags = JSON.parse(await run('ffprobe', ['-v', 'error',
      '-show_entries', 'stream_tags=language', '-of', 'json',
      mpd.audio.init])).streams[0].tags;
    assert.match(tags.language, new RegExp(`^(${packed})$`));
    assert.equal(/lang="de"/.test(await readFile(manifest, 'utf8')),
      language !== 'und');
  });
}

// elng in the audio track of a file with moov behind mdat.
const addLanguage = (data, tag) => {
  const elng = box('elng', Buffer.alloc(4), Buffer.from(`${tag}\0`));
  return Buffer.concat([...children(data)].map(({ type, body }) => {
    if (type === 'mdia' && body.includes('soun'))
      return box(type, body, elng);
    return box(type, ['moov', 'trak'].includes(type) ? addLanguage(body, tag) :
      body);
  }));
};

test('a language with a region', async () => {
  const [plain, regional] = ['plain.mp4', 'regional.mp4'].map(at);
  await ffmpeg(...picture, ...tone, '-t', '1', '-c:v', 'libx264', '-pix_fmt',
    'yuv420p', '-c:a', 'aac', '-metadata:s:a:0', 'language=por', plain);
  await writeFile(regional, addLanguage(await readFile(plain), 'pt-BR'));
  const { mpd, manifest } = await packageOf('regional.mp4', 'none');
  const init = await readFile(mpd.audio.init);
  const [elng] = [...children(init)].filter(({ type }) => type === 'moov')
    .map(({ body }) => body.includes('elng\0\0\0\0pt-BR\0', 'latin1'));
  assert.equal(elng, true);
  assert.match(await readFile(manifest, 'utf8'), / lang="pt-BR"/);
});

// --- where on the timeline ------------------------------------------------------------

const packetsOf = async (file, kind) => JSON.parse(await run('ffprobe', ['-v',
  'error', '-select_streams', kind, '-show_packets', '-of', 'json', file]))
  .packets.map((packet) => Number(packet.pts_time)).sort((a, b) => a - b);

const base = () => once('av.mp4', () => ffmpeg(...picture, ...tone, '-t', '5',
  '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-x264-params',
  'keyint=25:bframes=3:b-pyramid=normal', '-c:a', 'aac', at('av.mp4')));

// shift: seconds by which a kind starts later, by an empty edit.
const shifted = {
  'both-at-0.mp4': {},
  'late-picture.mp4': { v: 0.5 },
  'late-sound.mp4': { a: 0.5 },
};

for (const [name, shift] of Object.entries(shifted)) {
  test(`${name}: sound and picture are where the edit list puts them`,
    async () => {
      await base();
      await ffmpeg('-itsoffset', String(shift.v ?? 0), '-i', at('av.mp4'),
        '-itsoffset', String(shift.a ?? 0), '-i', at('av.mp4'),
        '-map', '0:v', '-map', '1:a', '-c', 'copy', at(name));
      const { manifest } = await packageOf(name, 'none');
      for (const kind of ['v', 'a']) {
        const [got, wanted] = await Promise.all([manifest, at(name)].map(
          (file) => packetsOf(file, kind)));
        assert.equal(got.length, wanted.length);
        for (const [i, time] of got.entries())
          assert.ok(Math.abs(time - wanted[i]) < 1e-3,
            `${kind} ${i}: ${time} for ${wanted[i]}`);
      }
    });
}
