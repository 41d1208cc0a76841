// SPDX-License-Identifier: LGPL-2.1-or-later
// Content keys: one for each type of tracks, given or drawn; who gets them, and
// where they never are. Shaka Packager decrypts with them.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, exec, get, makeClip, makeFolder, packageEnd, post, problem, send, startService,
} from './service.mjs';

const AUDIO = { kid: 'AAECAwQFBgcICQoLDA0ODw', key: '_-7dzLuqmYh3ZlVEMyIRAA' };
const VIDEO = { kid: KID, key: KEY };
const TWO = { encrypt: 'all', keys: { video: VIDEO, audio: AUDIO } };

const hex = (text) => Buffer.from(text, 'base64url').toString('hex');

const require = createRequire(import.meta.url);
const packager = path.join(path.dirname(require.resolve('shaka-packager/package.json')), 'bin',
  `packager-linux-${process.arch}`);

const makePackage = async (service, request) => {
  const made = await post(service.api, '/packaged_content',
    { input_content_id: await addInput(service), ...request }, { Prefer: 'wait=60' });
  assert.equal(made.json.status, 'Ready', made.text);
  return made.json;
};

const codeOf = (made) => new URL(made.url).pathname.split('/')[1];

// The track as one file.
const fetchTrack = async (service, made, name, folder) => {
  const at = (file) => `/${codeOf(made)}/dash/${name}/${file}`;
  const pieces = [(await get(service.delivery, at('init.mp4'))).body];
  for (let i = 1; ; i++) {
    const piece = await get(service.delivery, at(`${i}.m4s`));
    if (piece.status === 404)
      break;
    pieces.push(piece.body);
  }
  assert.ok(pieces.length > 1);
  const file = path.join(folder, `${name}.mp4`);
  await fs.writeFile(file, Buffer.concat(pieces));
  return file;
};

// Decrypts the first track of a file; keys: [{ kid, key }].
const decrypt = async (file, stream, keys) => {
  const clear = `${file}.clear.mp4`;
  await exec(packager, ['--quiet', `in=${file},stream=${stream},output=${clear}`,
    '--enable_raw_key_decryption', '--keys',
    keys.map(({ kid, key }, i) => `label=${i}:key_id=${hex(kid)}:key=${hex(key)}`).join(',')]);
  return clear;
};

// What is in the access units of a track.
const hashOf = async (file, stream) => (await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', file,
  '-map', `0:${stream[0]}:0`, '-c', 'copy', '-f', 'md5', '-'])).stdout;

const TRACKS = [['video_0', 'video'], ['audio_0', 'audio']];

const assertDecrypts = async (t, service, made, keys) => {
  const folder = await makeFolder(t);
  const input = path.join(folder, 'input.mp4');
  await fs.writeFile(input, await makeClip());
  for (const [name, stream] of TRACKS) {
    const file = await fetchTrack(service, made, name, folder);
    assert.notEqual(await hashOf(file, stream), await hashOf(input, stream), `${stream} is in the clear`);
    assert.equal(await hashOf(await decrypt(file, stream, keys), stream), await hashOf(input, stream), stream);
  }
};

test('a key for the video and one for the sound', async (t) => {
  const service = await startService(t);
  const made = await makePackage(service, TWO);
  assert.equal(made.kid, KID);
  assert.deepEqual(made.kids, { video: KID, audio: AUDIO.kid });
  await assertDecrypts(t, service, made, [VIDEO, AUDIO]);

  // the key of the one is none of the other
  const folder = await makeFolder(t);
  const sound = await fetchTrack(service, made, 'audio_0', folder);
  await assert.rejects(decrypt(sound, 'audio', [VIDEO]));
  const right = await hashOf(await decrypt(sound, 'audio', [AUDIO]), 'audio');
  const wrong = await decrypt(sound, 'audio', [{ kid: AUDIO.kid, key: KEY }]);
  assert.notEqual(await hashOf(wrong, 'audio'), right);
});

test('one key for all, in the new form too', async (t) => {
  const service = await startService(t);
  for (const request of [{ ...VIDEO, encrypt: 'all' }, { keys: { video: VIDEO }, encrypt: 'all' }]) {
    const made = await makePackage(service, request);
    assert.deepEqual(made.kids, { video: KID, audio: KID });
    await assertDecrypts(t, service, made, [VIDEO]);
  }
  const clear = await makePackage(service, { encrypt: 'none' });
  assert.deepEqual(clear.kids, { video: null, audio: null });
  assert.deepEqual((await makePackage(service, VIDEO)).kids, { video: KID, audio: null });
});

test('keys that cannot be', async (t) => {
  const service = await startService(t);
  const input_content_id = await addInput(service);
  const refused = [
    { encrypt: 'all', keys: { video: VIDEO, audio: { kid: KID, key: AUDIO.key } } },
    { keys: { video: VIDEO, audio: AUDIO } },
    { encrypt: 'all', keys: { audio: AUDIO } },
    { ...VIDEO, keys: { video: VIDEO } },
    { kid: KID, keys: { video: VIDEO } },
    { keys: { video: { kid: KID } } },
    { keys: { video: { key: KEY } } },
    { keys: {} }, { keys: [] }, { keys: 'x' }, { keys: { video: 'x' } }, { keys: { video: null } },
    { keys: { video: VIDEO, text: AUDIO } },
    { keys: { video: { ...VIDEO, key: KEY.slice(1) } } },
    { generate_keys: 'yes' }, { generate_keys: false },
  ];
  for (const request of refused) {
    const { detail } = problem(assert, await post(service.api, '/packaged_content',
      { input_content_id, ...request }), 400);
    for (const secret of [KEY, KEY.slice(1), AUDIO.key])
      assert.ok(!detail.includes(secret));
  }
  assert.deepEqual((await get(service.api, '/packaged_content')).json, []);
});
