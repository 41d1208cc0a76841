// SPDX-License-Identifier: LGPL-2.1-or-later
// Content keys: one for each type of tracks, given or drawn; who gets them, and
// where they never are. Shaka Packager decrypts with them.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';

import {
  KEY, KID, addInput, childrenOf, exec, get, holdFirst, letGo, makeClip, makeFolder, packageEnd, post,
  problem, send, startService,
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

test('keys that are drawn', async (t) => {
  const service = await startService(t);
  const drawn = [];
  for (const request of [
    { generate_keys: true, encrypt: 'all' },
    { generate_keys: true, encrypt: 'all', kid: KID },
    { generate_keys: true, encrypt: 'all', keys: { video: VIDEO } },
    { generate_keys: true, encrypt: 'all', keys: { video: { kid: KID }, audio: AUDIO } },
    { generate_keys: true, encrypt: 'all', keys: { video: { kid: KID }, audio: { kid: KID, key: KEY } } },
    { generate_keys: true, encrypt: 'all', key: KEY },
  ]) {
    const made = await makePackage(service, request);
    const { keys } = (await get(service.api, `/packaged_content/${made.packaged_content_id}/keys`)).json;
    assert.deepEqual(keys.map(({ kid }) => kid), [made.kids.video, made.kids.audio]);
    drawn.push({ made, keys });
  }
  const [both, one, sound, video, same, key] = drawn.map(({ keys }) => keys);
  assert.equal(new Set(both.flatMap((each) => [each.kid, each.key])).size, 4);
  assert.deepEqual([one[0].kid, one[0].key], [one[1].kid, one[1].key]);
  assert.equal(one[0].kid, KID);
  assert.deepEqual(sound.map((each) => each.key), [KEY, KEY]);
  assert.equal(video[0].kid, KID);
  assert.notEqual(video[0].key, KEY);
  assert.deepEqual([video[1].kid, video[1].key], [AUDIO.kid, AUDIO.key]);
  assert.deepEqual(same.map((each) => each.key), [KEY, KEY]);
  assert.deepEqual(key.map((each) => each.key), [KEY, KEY]);
  assert.equal(key[0].kid, key[1].kid);
  await assertDecrypts(t, service, drawn[0].made, both);

  // The same request again is the same package, with the keys that were drawn.
  const ask = (request) => post(service.api, '/packaged_content',
    { input_content_id: 1, generate_keys: true, ...request }, { 'Idempotency-Key': 'one' });
  const first = (await ask({})).json;
  const again = (await ask({})).json;
  assert.equal(again.packaged_content_id, first.packaged_content_id);
  assert.equal(again.kid, first.kid);
  problem(assert, await ask({ kid: KID }), 422);
});

// What xmllint finds in a file; the path without prefixes.
const xpath = async (file, expression) => {
  const named = expression.replace(/(^|\/)([A-Z]\w*)/g, '$1*[local-name()="$2"]');
  return (await exec('xmllint', ['--xpath', named, file])).stdout.trim();
};

const uuid = (text) => hex(text).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

test('the keys for their owner: JSON, a key file and CPIX', async (t) => {
  const service = await startService(t);
  const made = await makePackage(service, TWO);
  const at = (what) => `/packaged_content/${made.packaged_content_id}/${what}`;
  const keys = await get(service.api, at('keys'));
  assert.deepEqual(keys.json, { keys: [
    { track_type: 'video', ...VIDEO }, { track_type: 'audio', ...AUDIO }] });
  assert.equal(keys.headers['cache-control'], 'no-store');

  const keyFile = await get(service.api, at('keys.txt'));
  assert.equal(keyFile.text, [VIDEO, AUDIO].map(({ kid, key }) => `${hex(kid)}:${hex(key)}\n`).join(''));
  assert.equal(keyFile.headers['cache-control'], 'no-store');

  const answer = await get(service.api, at('cpix'));
  assert.equal(answer.headers['content-type'], 'application/xml');
  assert.equal(answer.headers['cache-control'], 'no-store');
  const folder = await makeFolder(t);
  const file = path.join(folder, 'cpix.xml');
  await fs.writeFile(file, answer.body);
  assert.equal(await xpath(file, 'string(/CPIX/@version)'), '2.3');
  assert.equal(await xpath(file, 'string(/CPIX/@contentId)'), codeOf(made));
  assert.equal(await xpath(file, 'namespace-uri(/CPIX)'), 'urn:dashif:org:cpix');
  assert.equal(await xpath(file, 'namespace-uri(//PlainValue)'), 'urn:ietf:params:xml:ns:keyprov:pskc');
  assert.equal(await xpath(file, 'count(//ContentKey[@commonEncryptionScheme="cbcs"])'), '2');
  assert.equal(await xpath(file, 'count(//DRMSystem)'), '4');
  const read = [];
  for (const [type, { kid }] of [['VIDEO', VIDEO], ['AUDIO', AUDIO]]) {
    const told = await xpath(file, `string(//ContentKeyUsageRule[@intendedTrackType="${type}"]/@kid)`);
    assert.equal(told, uuid(kid));
    const plain = await xpath(file,
      `string(/CPIX/ContentKeyList/ContentKey[@kid="${told}"]/Data/Secret/PlainValue)`);
    read.push({ kid: Buffer.from(told.replaceAll('-', ''), 'hex').toString('base64url'), key: plain });
    const system = (id, what) => xpath(file,
      `string(/CPIX/DRMSystemList/DRMSystem[@kid="${told}"][@systemId="${id}"]/${what})`);
    const pssh = Buffer.from(await system('1077efec-c0b2-4d02-ace3-3c1e52e2fb4b', 'PSSH'), 'base64');
    assert.equal(pssh.toString('latin1', 4, 8), 'pssh');
    assert.ok(pssh.includes(Buffer.from(kid, 'base64url')));
    const laurl = await system('e2719d58-a985-b3c9-781a-b030af78d30e', 'ContentProtectionData');
    assert.match(Buffer.from(laurl, 'base64').toString(),
      new RegExp(`>${service.delivery}/${codeOf(made)}/license/clearkey<`));
  }
  // what is read from the document decrypts
  await assertDecrypts(t, service, made, read);

  // one key of both types is one ContentKey
  const one = await makePackage(service, { ...VIDEO, encrypt: 'all' });
  await fs.writeFile(file, (await get(service.api, `/packaged_content/${one.packaged_content_id}/cpix`)).body);
  assert.equal(await xpath(file, 'count(//ContentKey)'), '1');
  assert.equal(await xpath(file, 'count(//ContentKeyUsageRule)'), '2');
  assert.equal((await get(service.api, `/packaged_content/${one.packaged_content_id}/keys.txt`)).text,
    `${hex(KID)}:${hex(KEY)}\n`);

  const clear = await makePackage(service, { encrypt: 'none' });
  for (const what of ['keys', 'keys.txt', 'cpix']) {
    problem(assert, await get(service.api, `/packaged_content/${clear.packaged_content_id}/${what}`), 404);
    problem(assert, await get(service.api, `/packaged_content/99/${what}`), 404);
    problem(assert, await get(service.delivery, at(what)), 404);
  }
});

test('the keys are the owner\'s alone', async (t) => {
  const tokens = path.join(await makeFolder(t), 'tokens');
  const [ann, bob] = ['ann-0123456789abcdef', 'bob-0123456789abcdef'];
  await fs.writeFile(tokens, `ann ${ann}\nbob ${bob}\n`, { mode: 0o600 });
  const service = await startService(t, { args: ['--api-token-file', tokens] });
  const as = (token) => ({ Authorization: `Bearer ${token}` });
  const input = await send(service.api, 'POST', '/input_content?name=a.mp4',
    { body: await makeClip(), headers: { ...as(ann), 'Content-Type': 'video/mp4' } });
  await post(service.api, '/packaged_content',
    { input_content_id: input.json.input_content_id, ...TWO }, { ...as(ann), Prefer: 'wait=60' });
  for (const what of ['keys', 'keys.txt', 'cpix']) {
    const target = `/packaged_content/1/${what}`;
    problem(assert, await get(service.api, target), 401);
    problem(assert, await get(service.api, target, as(bob)), 404);
    assert.equal((await get(service.api, target, as(ann))).status, 200);
  }
});

test('licences and HLS players have each key by its id', async (t) => {
  const service = await startService(t);
  const made = await makePackage(service, { ...TWO, hls: true });
  const code = codeOf(made);
  for (const [base, target] of [[service.api, '/license/clearkey'], [service.delivery, `/${code}/license/clearkey`]]) {
    const { keys } = (await post(base, target, { kids: [AUDIO.kid, KID] })).json;
    assert.deepEqual(keys, [AUDIO, VIDEO].map(({ kid, key }) => ({ kty: 'oct', kid, k: key })));
  }
  for (const [name, { kid, key }] of [['video_0', VIDEO], ['audio_0', AUDIO]]) {
    const playlist = (await get(service.delivery, `/${code}/dash/${name}/playlist.m3u8`)).text;
    const [, uri] = /#EXT-X-KEY:METHOD=SAMPLE-AES,URI="([^"]*)",KEYFORMAT="identity"/.exec(playlist);
    assert.equal(uri, `${service.delivery}/${code}/license/key/${hex(kid)}`);
    const told = await get(service.delivery, new URL(uri).pathname, { Origin: 'http://player.example' });
    assert.equal(told.body.toString('base64url'), key);
    assert.equal(told.headers['cache-control'], 'no-store');
    assert.equal(told.headers['access-control-allow-origin'], '*');
  }
  const other = codeOf(await makePackage(service, VIDEO));
  for (const target of [`/${other}/license/key/${hex(AUDIO.kid)}`, `/${code}/license/key/x`, `/ZZZZZZ/license/key/${hex(KID)}`])
    problem(assert, await get(service.delivery, target), 404);
});

// A pssh box of version 0.
const boxOf = (system, data) => {
  const box = Buffer.alloc(32 + data.length);
  box.writeUInt32BE(box.length, 0);
  box.write('pssh', 4, 'latin1');
  Buffer.from(system.replaceAll('-', ''), 'hex').copy(box, 12);
  box.writeUInt32BE(data.length, 28);
  data.copy(box, 32);
  return box.toString('base64');
};

const WIDEVINE = 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed';

test('tracks that were chosen', async (t) => {
  const service = await startService(t);
  const clear = { encrypt: 'none' };
  const made = await makePackage(service, { ...clear, tracks: ['1'], languages: ['und', 'en'] });
  assert.deepEqual([made.tracks, made.languages], [['1'], ['und', 'en']]);
  const manifest = (await get(service.delivery, `/${codeOf(made)}/dash/stream.mpd`)).body.toString();
  assert.ok(manifest.includes('contentType="video"'));
  assert.ok(!manifest.includes('contentType="audio"'));
  assert.match(made.notes.join(), /not among those chosen/);
  for (const wrong of [{ tracks: ['sound'] }, { tracks: [1] }, { tracks: 'video' }, { languages: ['e n'] }])
    problem(assert, await post(service.api, '/packaged_content', { input_content_id: made.input_content_id, ...clear, ...wrong }), 400);
});

test('keys of what is not encrypted are refused', async (t) => {
  const service = await startService(t);
  const input_content_id = await addInput(service);
  for (const [name, keys] of [['kid', { kid: KID }], ['key', { key: KEY }], ['keys', { keys: { video: VIDEO } }],
    ['generate_keys', { generate_keys: true }]]) {
    const answer = await post(service.api, '/packaged_content', { input_content_id, encrypt: 'none', ...keys });
    const { detail } = problem(assert, answer, 400);
    assert.ok(detail.startsWith(`"${name}" `), detail);
    assert.ok(!detail.includes(KEY));
  }
  assert.equal((await post(service.api, '/packaged_content',
    { input_content_id, encrypt: 'none', key: null, generate_keys: false })).status, 202);
});

test('a clear lead, and boxes of other systems', async (t) => {
  const service = await startService(t);
  const pssh = [boxOf(WIDEVINE, Buffer.from('of a licence service'))];
  const made = await makePackage(service, { ...TWO, segment_duration: 1, clear_lead: 2, pssh });
  assert.equal(made.clear_lead, 2);
  assert.deepEqual(made.pssh, pssh);
  const fetch = async (file) => (await get(service.delivery, `/${codeOf(made)}/dash/${file}`)).body;
  const manifest = (await fetch('stream.mpd')).toString();
  for (const [name] of TRACKS) {
    const encrypted = [];
    for (let i = 1; i <= 4; i++)
      encrypted.push((await fetch(`${name}/${i}.m4s`)).includes('senc'));
    assert.deepEqual(encrypted, [false, false, true, true], name);
    assert.ok((await fetch(`${name}/init.mp4`)).includes(Buffer.from(pssh[0], 'base64')));
  }
  assert.equal(manifest.split(pssh[0]).length, 3);
  assert.match(manifest, new RegExp(`urn:uuid:${WIDEVINE}`));

  for (const request of [
    { clear_lead: -1 }, { clear_lead: 1e9 }, { clear_lead: 'long' },
    { clear_lead: 2, encrypt: 'none' }, { pssh, encrypt: 'none' },
    { pssh: 'x' }, { pssh: [7] }, { pssh: ['AAAA'] }, { pssh: ['!'] }, { pssh: [''] },
    { pssh: [...pssh, ...pssh] }, { pssh: [`${pssh[0]} ${pssh[0]}`] }, { pssh: ['A'.repeat(5000)] },
  ])
    problem(assert, await post(service.api, '/packaged_content', { input_content_id: 1, ...VIDEO, ...request }), 400);
});

// All forms of a key that anybody would write.
const formsOf = (key) => {
  const bytes = Buffer.from(key, 'base64url');
  return [bytes, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64').slice(0, 22),
    key, [...bytes].map((byte) => byte.toString(16)).join(':')];
};

const filesIn = async (folder) => (await Promise.all(
  (await fs.readdir(folder, { withFileTypes: true })).map((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(file) : [file];
  }))).flat();

test('the keys are nowhere else', async (t) => {
  const service = await startService(t, {
    env: { G_MESSAGES_DEBUG: 'all', GST_DEBUG: '4', GST_DEBUG_NO_COLOR: '1' } });
  const input_content_id = await addInput(service);
  const id = await holdFirst(service, { input_content_id, ...TWO, hls: true });
  // what a process list shows while it is made
  let shown = '';
  for (const pid of [service.pid, ...await childrenOf(service.pid)])
    for (const what of ['cmdline', 'environ'])
      shown += await fs.readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => '');
  await letGo(service);
  assert.equal((await packageEnd(service, id)).status, 'Ready');
  await post(service.api, '/packaged_content', { input_content_id, ...TWO, segment_duration: 0 });
  await get(service.api, `/packaged_content/${id}/keys`);

  const seen = { 'process list': shown, log: service.log };
  for (const target of ['/packaged_content', `/packaged_content/${id}`, `/packaged_content_id/${id}`, '/', '/videos/',
    `/packaged_content/${id}/events`, '/input_content/1', `/packaged_content/${id}/player`])
    seen[target] = (await get(service.api, target)).body;
  for (const file of await filesIn(service.dataDir))
    if (path.basename(file) !== 'master.key')
      seen[file] = await fs.readFile(file).catch(() => ''); // some go meanwhile
  assert.ok(service.log.length > 1000, 'there is no log to look at');
  assert.ok(shown.includes('worker'), 'no child was seen at work');
  for (const [where, text] of Object.entries(seen))
    for (const key of [KEY, AUDIO.key])
      for (const form of formsOf(key))
        assert.equal(Buffer.from(text).indexOf(form), -1, `a key is in: ${where}`);

  // and gone with the package
  await send(service.api, 'DELETE', `/packaged_content/${id}`);
  problem(assert, await post(service.api, '/license/clearkey', { kids: [KID, AUDIO.kid] }), 404);
  const { stdout } = await exec('sqlite3', [path.join(service.dataDir, 'catalog.sqlite'),
    'SELECT count(*) FROM package_keys']);
  assert.equal(stdout.trim(), '0');
});
