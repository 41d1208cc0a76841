// SPDX-License-Identifier: LGPL-2.1-or-later
// What an element owes its host beside its work: it stands alone, describes
// itself, leaves nothing behind and gives no key away.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';

import { ffmpeg, gstLaunch, KEY, makeFolder, run, writeKey } from
  './support/run.mjs';

const folder = await makeFolder();
const keyFile = await writeKey(folder, KEY.key);
const movie = path.join(folder, 'movie.mp4');

await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-f', 'lavfi',
  '-i', 'sine=frequency=440:sample_rate=48000', '-t', '2', '-c:v', 'libx264',
  '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1',
  '-x264-params', 'keyint=25:bframes=2', '-c:a', 'aac', '-ac', '2', movie);

const encrypt = `cbcsenc kid=${KEY.kid} key-file=${keyFile}`;

// --- plug-ins ---

// A search path may have a folder twice, and an empty part at its end.
const folders = new Set(process.env.GST_PLUGIN_PATH_1_0.split(':')
  .filter((dir) => dir !== ''));
const plugins = [...folders]
  .flatMap((dir) => readdirSync(dir).map((name) => path.join(dir, name)))
  .filter((file) => file.endsWith('.so'));

// The elements of a plug-in, as gst-inspect-1.0 lists them.
const elementsOf = (text) => [...text.matchAll(/^  ([a-z0-9]+): /gm)]
  .map((match) => match[1]);

const alone = async (plugin) => {
  const dir = await mkdtemp(path.join(folder, 'plugin-'));
  return {
    ...process.env,
    GST_PLUGIN_PATH_1_0: path.dirname(plugin),
    GST_PLUGIN_SYSTEM_PATH_1_0: dir,
    GST_REGISTRY_1_0: path.join(dir, 'registry'),
    G_DEBUG: 'fatal-warnings',
  };
};

test('there are five plug-ins', () => assert.equal(plugins.length, 5));

for (const plugin of plugins) {
  test(`${path.basename(plugin)} without any other plug-in`, async () => {
    const env = await alone(plugin);
    const elements = elementsOf(await run('gst-inspect-1.0', [plugin], { env }));
    assert.ok(elements.length > 0);
    for (const element of elements) {
      const page = await run('gst-inspect-1.0', [element], { env });
      for (const part of ['Long-name', 'Description', 'Element Properties:'])
        assert.ok(page.includes(part), `${element}: ${part}`);
    }
  });
}

// --- leaks ---

const out = (name) => path.join(folder, name, 'stream.mpd');
const lines = {
  'packaging': `cencdashsink name=dash hls=true location=${out('a')}
    blockfilesrc location=${movie} ! qtdemux name=in
    in.video_0 ! gopsplit ! ${encrypt} ! dash.video_0
    in.audio_0 ! ${encrypt} ! dash.audio_0`,
  'one file a track': `cencdashsink name=dash single-file=true
    location=${out('b')} filesrc location=${movie} ! parsebin name=in
    in. ! video/x-h264 ! gopsplit ! dash.video_0 in. ! audio/mpeg ! dash.audio_0`,
  'a round trip': `filesrc location=${movie} ! qtdemux ! ${encrypt} !
    cbcsdec key-file=${keyFile} ! h264parse ! mp4mux !
    filesink location=${folder}/clear.mp4`,
  'a fragmented file': `filesrc location=${movie} ! qtdemux ! gopsplit !
    cencmux ! filesink location=${folder}/fragmented.mp4`,
  'records': `filesrc location=${movie} ! qtdemux ! gopsplit !
    catalogrecorder fd=2 ! fakesink`,
  'a range that ends early': `filesrc location=${movie} ! qtdemux ! gopsplit
    last-gop=0 ! ${encrypt} ! cencmux ! fakesink`,
};
const failing = {
  'no such input': `blockfilesrc location=${folder}/none ! qtdemux ! fakesink`,
  'no regular file': `blockfilesrc location=${folder} ! qtdemux ! fakesink`,
  'no such key file': `filesrc location=${movie} ! qtdemux !
    cbcsenc kid=${KEY.kid} key-file=${folder}/none ! fakesink`,
  'encrypted twice': `filesrc location=${movie} ! qtdemux ! ${encrypt} !
    application/x-cenc ! ${encrypt} ! fakesink`,
  'no place to write': `cencdashsink name=dash location=/dev/null/stream.mpd
    filesrc location=${movie} ! qtdemux name=in in.video_0 ! dash.video_0`,
  'no such catalog': `filesrc location=${movie} ! qtdemux ! gopsplit !
    catalogrecorder location=${folder}/none/catalog input-content-id=1 ! fakesink`,
};

const leakEnv = { ...process.env, GST_TRACERS: 'leaks', GST_DEBUG_NO_COLOR: '1',
  GST_DEBUG: 'GST_TRACER:7', G_DEBUG: 'fatal-criticals' };

const assertNothingAlive = (log) => assert.deepEqual(
  log.match(/(object-alive, type-name=\(string\)[A-Z]|CRITICAL).*/g) ?? [], []);

for (const [name, line] of Object.entries(lines)) {
  test(`${name} leaves nothing behind`, async () => {
    const log = path.join(folder, `${name}.log`);
    await gstLaunch(line, { env: { ...leakEnv, GST_DEBUG_FILE: log } });
    assertNothingAlive(readFileSync(log, 'utf8'));
  });
}

for (const [name, line] of Object.entries(failing)) {
  test(`an error leaves nothing behind: ${name}`, async () => {
    const log = path.join(folder, `${name}.log`);
    await assert.rejects(gstLaunch(line,
      { env: { ...leakEnv, GST_DEBUG_FILE: log } }), /ERROR|could not/);
    assertNothingAlive(readFileSync(log, 'utf8'));
  });
}

// --- keys ---

const key = Buffer.from(KEY.key, 'hex');
const pairs = KEY.key.match(/../g);
const forms = {
  'hex': KEY.key,
  'hex in capitals': KEY.key.toUpperCase(),
  'a UUID': KEY.key.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
  'a hex dump': pairs.slice(0, 8).join(' '),
  'an array': pairs.slice(0, 8).map((pair) => `0x${pair}`).join(', '),
  'base64': key.toString('base64').slice(0, 21),
  'base64url': key.toString('base64url').slice(0, 21),
  'bytes': key,
};

const assertNoKey = (file) => {
  const content = readFileSync(file);
  assert.ok(content.length > 0, `${file} is empty`);
  for (const [form, bytes] of Object.entries(forms))
    assert.ok(!content.includes(bytes), `${path.basename(file)}: key as ${form}`);
};

const secret = {
  'packaging': (options) => gstLaunch(`-v ${lines.packaging}`, options),
  'a round trip': (options) => gstLaunch(`-v ${lines['a round trip']}`, options),
  'haberdash package': (options) => run('haberdash', ['package', movie,
    path.join(folder, 'package'), '--kid', KEY.kid, '--key-file', keyFile],
  options),
};

for (const [name, start] of Object.entries(secret)) {
  test(`${name}: the key is in no log and no picture of the pipeline`, async () => {
    const dots = path.join(folder, `${name}.dots`);
    const log = path.join(folder, `${name}.all`);
    await mkdir(dots);
    const output = await start({ env: { ...process.env,
      GST_DEBUG: '*:9', GST_DEBUG_FILE: log, GST_DEBUG_DUMP_DOT_DIR: dots } });
    const pictures = readdirSync(dots);
    if (name !== 'haberdash package') // which makes none
      assert.ok(pictures.length > 0);
    for (const picture of pictures)
      assertNoKey(path.join(dots, picture));
    assertNoKey(log);
    assert.ok(!output.includes(KEY.key));
  });
}
