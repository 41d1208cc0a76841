// SPDX-License-Identifier: LGPL-2.1-or-later
// Folders of the machine whose videos are inputs where they are.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { exec, get, haberdash, KEY, KID, makeClip, makeFolder, packageEnd, post, problem, send,
  signal, standStill, startService, until, upload, workersOf } from './service.mjs';

// A minute ago, so that nobody takes it for a file that is still written.
let clock = Date.now() / 1000 - 60;
const put = async (file, bytes) => {
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(`${file}.part`, bytes ?? await makeClip());
  await fs.utimes(`${file}.part`, ++clock, clock);
  await fs.rename(`${file}.part`, file);
};

// Other bytes that are a video, too: a box that readers pass over is behind.
const otherClip = async () => Buffer.concat([await makeClip(),
  Buffer.from([0, 0, 0, 12]), Buffer.from('free'), Buffer.from('!!!!')]);

const serve = async (t, films, options = {}) => startService(t,
  { ...options, args: ['--media-dir', `films=${films}`, ...options.args ?? []] });
const list = async (service, headers) => (await get(service.api, '/videos', headers)).json;
const names = async (service) => (await list(service)).map(({ name }) => name).sort();
const find = async (service, name) => (await list(service)).find((item) => item.name === name);
const offered = (service, name) => until(() => find(service, name), `${name} is offered`);
const is = (service, name, test_, what) => until(async () => {
  const item = await find(service, name);
  return item && test_(item) && item;
}, `${name} ${what}`);
const ask = (service, id, more = {}) => post(service.api, '/packaged_content',
  { input_content_id: id, key: KEY, kid: KID, ...more });
const pack = async (service, id) =>
  packageEnd(service, (await ask(service, id)).json.packaged_content_id);
const gop = (item, number) => `${item.group_of_pictures_url}/${number}.mp4`;

const library = process.env.SLOW_OPEN_LIBRARY;
test('nobody waits for who gets a file of a folder that does not answer', {
  skip: !library && 'a sanitizer wants to be the first library' }, async (t) => {
  const films = await makeFolder(t);
  const gate = path.join(await makeFolder(t), 'gate');
  await put(path.join(films, 'slow.mp4'));
  const service = await serve(t, films, { env: { LD_PRELOAD: library, SLOW_OPEN: gate } });
  const { input_content_id: id } = await offered(service, 'films/slow.mp4');
  await fs.writeFile(gate, '');
  t.after(() => fs.rm(gate, { force: true }));
  let answered = false;
  const content = get(service.api, `/input_content/${id}/content`).finally(() => { answered = true; });
  // It was begun on before these, all of which need the catalog.
  for (const target of [`/input_content/${id}`, '/packaged_content', '/videos'])
    assert.equal((await get(service.api, target)).status, 200);
  assert.equal((await ask(service, (await upload(service, 'a.mp4', await makeClip())).json.input_content_id)).status, 202);
  assert.equal(answered, false, 'the folder did not answer yet');
  await fs.rm(gate);
  const { status, body } = await content;
  assert.equal(status, 200);
  assert.ok(body.equals(await makeClip()));
});

// Names, sizes, times and modes of all that is in a folder.
const stateOf = async (folder) => (await exec('find',
  [folder, '-printf', '%P %s %T@ %m %i %y\\n'])).stdout.split('\n').sort().join('\n');

test('a file is listed, cut, shown and packaged where it is, and stays as it was', async (t) => {
  const films = await makeFolder(t);
  const name = 'säge & "co" #1 %41?.mp4';
  await put(path.join(films, 'a/b', name));
  await fs.writeFile(path.join(films, 'notes.txt'), 'no video');
  await fs.writeFile(path.join(films, '.hidden.mp4'), await makeClip());
  const before = await stateOf(films);
  const service = await serve(t, films);
  const item = await offered(service, `films/a/b/${name}`);
  assert.equal(item.source, 'media-dir');
  assert.equal(item.available, true);
  assert.equal(item.sha256, null);
  assert.equal(item.size, (await makeClip()).length);
  assert.equal(item.group_of_pictures_count, 4);
  assert.equal(item.group_of_pictures_url,
    `/videos/${encodeURIComponent(`films/a/b/${name}`)}/group-of-pictures`);

  const one = await get(service.api, `/input_content/${item.input_content_id}`);
  assert.deepEqual(one.json.tracks.map(({ kind }) => kind), ['video', 'audio']);
  const cut = await get(service.api, gop(item, 1));
  assert.equal(cut.status, 200, cut.text);
  assert.equal(cut.body.toString('latin1', 4, 8), 'ftyp');
  assert.equal((await get(service.api, `${item.group_of_pictures_url}.json`)).json.length, 4);
  const poster = await get(service.api, item.poster_url);
  assert.equal(poster.headers['content-type'], 'image/jpeg');
  const whole = await get(service.api, `/input_content/${item.input_content_id}/content`);
  assert.ok(whole.body.equals(await makeClip()));
  assert.ok(whole.headers['content-disposition'].includes("''s%C3%A4ge%20"));
  assert.equal((await pack(service, item.input_content_id)).status, 'Ready');

  assert.deepEqual(await fs.readdir(path.join(service.dataDir, 'inputs')), []);
  assert.deepEqual(await names(service), [item.name]);
  assert.equal(await stateOf(films), before);
});

test('a folder that the service may only read', async (t) => {
  const films = await makeFolder(t);
  await put(path.join(films, 'sub/clip.mp4'));
  await exec('chmod', ['-R', 'a-w', films]);
  try {
    const before = await stateOf(films);
    const service = await serve(t, films);
    const item = await offered(service, 'films/sub/clip.mp4');
    assert.equal((await pack(service, item.input_content_id)).status, 'Ready');
    assert.equal(await stateOf(films), before);
  } finally {
    await exec('chmod', ['-R', 'u+w', films]);
  }
});

test('nothing outside of the folder, and no name that cannot be shown', async (t) => {
  const outside = await makeFolder(t);
  const films = await makeFolder(t);
  await put(path.join(outside, 'secret.mp4'));
  await put(path.join(films, 'clip.mp4'));
  await put(path.join(films, 'deep/1/2/3/4/5/6/7/in.mp4'));
  await put(path.join(films, 'deep/1/2/3/4/5/6/7/8/out.mp4'));
  await put(path.join(films, 'torn.mp4'), Buffer.from('this is no film'));
  await fs.symlink(path.join(outside, 'secret.mp4'), path.join(films, 'link.mp4'));
  await fs.symlink(outside, path.join(films, 'folder'));
  await fs.symlink('clip.mp4', path.join(films, 'inner.mp4'));
  await fs.writeFile(Buffer.concat([Buffer.from(`${films}/`), Buffer.from([0xff]),
    Buffer.from('.mp4')]), await makeClip());
  await fs.writeFile(path.join(films, 'two\nlines.mp4'), await makeClip());
  await exec('mkfifo', [path.join(films, 'pipe.mp4')]);
  const service = await serve(t, films);
  const item = await offered(service, 'films/clip.mp4');
  await offered(service, 'films/deep/1/2/3/4/5/6/7/in.mp4');
  await until(() => service.log.includes('media file is not offered" name=films/torn.mp4'),
    'a file that is no video is told of');
  await until(() => service.log.includes('\\\\377.mp4 is not offered'), 'a name is told of');
  assert.ok(service.log.includes('two\\\\nlines.mp4 is not offered'));
  assert.deepEqual(await names(service), ['films/clip.mp4', 'films/deep/1/2/3/4/5/6/7/in.mp4']);

  // A link in the place of a file, or of a folder on the way to it.
  await fs.rename(path.join(films, 'clip.mp4'), path.join(outside, 'clip.mp4'));
  await fs.symlink(path.join(outside, 'clip.mp4'), path.join(films, 'clip.mp4'));
  problem(assert, await get(service.api, gop(item, 2)), 409);
  const gone = await is(service, 'films/clip.mp4', ({ available }) => !available, 'is missing');
  problem(assert, await ask(service, gone.input_content_id), 409);
  for (const name of ['films/../clip.mp4', '/etc/passwd', 'films/link.mp4', '../secret.mp4'])
    problem(assert, await get(service.api,
      `/videos/${encodeURIComponent(name)}/group-of-pictures.json`), 404);
});

test('files come, change, move, go and come back', async (t) => {
  const films = await makeFolder(t);
  const service = await serve(t, films);
  const file = path.join(films, 'clip.mp4');
  await put(file);
  const first = await offered(service, 'films/clip.mp4');
  const { packaged_content_id: ready, ...rest } = await pack(service, first.input_content_id);
  assert.equal(rest.status, 'Ready');
  assert.equal((await get(service.api, gop(first, 0))).status, 200);

  // Gone: it is shown, what was cut is there, the rest is a conflict.
  await fs.rename(file, path.join(films, 'clip.aside'));
  await is(service, 'films/clip.mp4', ({ available }) => !available, 'is missing');
  assert.equal((await get(service.api, gop(first, 0))).status, 200);
  assert.match(problem(assert, await get(service.api, gop(first, 1)), 409).detail, /put it back/);
  assert.match(problem(assert, await ask(service, first.input_content_id), 409).detail, /put it back/);

  // Back, as the input that it was.
  await fs.rename(path.join(films, 'clip.aside'), file);
  const back = await is(service, 'films/clip.mp4', ({ available }) => available, 'is back');
  assert.equal(back.input_content_id, first.input_content_id);
  assert.equal((await get(service.api, gop(first, 1))).status, 200);

  // Moved within the folder: the same input under another name.
  await fs.mkdir(path.join(films, 'new'));
  await fs.rename(file, path.join(films, 'new/name.mp4'));
  const moved = await offered(service, 'films/new/name.mp4');
  assert.equal(moved.input_content_id, first.input_content_id);
  assert.equal(await find(service, 'films/clip.mp4'), undefined);
  await fs.rename(path.join(films, 'new/name.mp4'), file);
  await offered(service, 'films/clip.mp4');

  // Other bytes: a new input; the package of the old ones stays.
  await put(file, await otherClip());
  const second = await is(service, 'films/clip.mp4', ({ size }) => size !== first.size, 'is new');
  assert.ok(second.input_content_id > first.input_content_id);
  await until(async () => (await get(service.api,
    `/input_content/${first.input_content_id}`)).status === 404, 'the old one is forgotten');
  const kept = (await get(service.api, `/packaged_content/${ready}`)).json;
  assert.equal(kept.status, 'Ready');
  assert.equal((await get(service.delivery, new URL(kept.url).pathname)).status, 200);
  assert.equal((await pack(service, second.input_content_id)).status, 'Ready');
  assert.equal((await list(service)).length, 1);
});

// Stops the child that packages until what is to happen meanwhile has happened. One
// that was done before it could be stopped is made again.
const during = async (service, id, happen) => {
  for (;;) {
    await until(async () => (await workersOf(service.pid)).length === 0, 'no child runs');
    const { packaged_content_id: number } = (await ask(service, id)).json;
    const isOver = async () => (await get(service.api, `/packaged_content/${number}`)).json.status === 'Ready';
    const child = await until(async () => (await workersOf(service.pid))[0] ?? (await isOver() && 'none'), 'it is packaged');
    if (child === 'none' || !await standStill(child))
      continue;
    await happen();
    signal(child, 'SIGCONT');
    return packageEnd(service, number);
  }
};

test('a file that is replaced or written to while it is packaged', async (t) => {
  const films = await makeFolder(t);
  const file = path.join(films, 'clip.mp4');
  await put(file);
  const service = await serve(t, films, { args: ['--jobs', '1'] });
  const item = await offered(service, 'films/clip.mp4');
  const other = await otherClip();

  // The child has the file that it was: the package is of those bytes. One that
  // waits finds others.
  let waiting;
  const replaced = await during(service, item.input_content_id, async () => {
    waiting = (await ask(service, item.input_content_id)).json.packaged_content_id;
    await put(file, other);
  });
  assert.equal(replaced.status, 'Ready', replaced.reason);
  const waited = await packageEnd(service, waiting);
  assert.equal(waited.status, 'Failed');
  assert.match(waited.reason, /changed|other bytes/);
  const next = await is(service, 'films/clip.mp4', ({ size }) => size === other.length, 'is new');
  const written = await during(service, next.input_content_id, async () => {
    await fs.appendFile(file, Buffer.alloc(12));
    await fs.utimes(file, ++clock, clock);
  });
  assert.equal(written.status, 'Failed');
  assert.match(written.reason, /written to while it was packaged/);
});

test('an upload that gets a further name while it is packaged', async (t) => {
  const service = await startService(t);
  const first = (await upload(service, 'a.mp4', await makeClip())).json;
  const made = await during(service, first.input_content_id, async () => {
    assert.equal((await upload(service, 'b.mp4', await makeClip())).status, 201);
  });
  assert.equal(made.status, 'Ready', made.reason);
});

test('a restart, without the folder and with it', async (t) => {
  const films = await makeFolder(t);
  await put(path.join(films, 'clip.mp4'));
  await put(path.join(films, 'other.mp4'));
  const service = await serve(t, films);
  const { input_content_id: id } = await offered(service, 'films/clip.mp4');
  await offered(service, 'films/other.mp4');
  await service.end();

  const without = await startService(t, { dataDir: service.dataDir });
  assert.equal((await find(without, 'films/clip.mp4')).available, false);
  problem(assert, await ask(without, id), 409);
  await without.end();

  await fs.rm(path.join(films, 'other.mp4'));
  const again = await serve(t, films, { dataDir: service.dataDir });
  await is(again, 'films/clip.mp4', ({ available, input_content_id: now }) =>
    available && now === id, 'is back');
  await is(again, 'films/other.mp4', ({ available }) => !available, 'is missing');
  assert.equal((await pack(again, id)).status, 'Ready');
});

test('DELETE, retention, check, backup and metrics leave the folder alone', async (t) => {
  const films = await makeFolder(t);
  const bytes = await makeClip();
  await put(path.join(films, 'clip.mp4'), bytes);
  await put(path.join(films, 'lost.mp4'), await otherClip());
  const before = await stateOf(films);
  const service = await serve(t, films, { args: ['--max-inputs-size', '1'] });
  const item = await offered(service, 'films/clip.mp4');
  const lost = await offered(service, 'films/lost.mp4');
  problem(assert, await send(service.api, 'DELETE', `/input_content/${item.input_content_id}`), 409);

  // The same bytes and the same name as an upload are an input of their own.
  const mine = (await upload(service, 'clip.mp4', bytes)).json;
  assert.equal(mine.source, 'upload');
  assert.equal(mine.name, 'clip.mp4');
  assert.match(mine.sha256, /^[0-9a-f]{64}$/);
  assert.equal((await fs.readdir(path.join(service.dataDir, 'inputs'))).length, 1);
  const usage = (await get(service.api, '/metrics')).text;
  assert.match(usage, /^haberdash_inputs 3$/m);
  const used = Number(/^haberdash_disk_used_bytes\{kind="inputs"\} (\d+)/m.exec(usage)[1]);
  assert.ok(used > 0 && used < 2 * bytes.length, `${used} bytes`);
  await service.end();

  const again = await serve(t, films, { dataDir: service.dataDir, args: ['--max-inputs-size', '1'] });
  await until(async () => !(await names(again)).includes('clip.mp4'), 'the upload expires');
  assert.deepEqual(await names(again), ['films/clip.mp4', 'films/lost.mp4']);
  assert.equal(await stateOf(films), before);
  const check = () => haberdash('check', '--data-dir', service.dataDir, '--deep')
    .catch(({ code, stdout }) => ({ code, stdout }));
  assert.equal((await check()).stdout, '');

  const backup = path.join(await makeFolder(t), 'backup');
  const { stdout, stderr } = await haberdash('backup', backup, '--data-dir', service.dataDir);
  assert.match(stdout + stderr, new RegExp(`2 .*${films}`));
  assert.deepEqual(await fs.readdir(path.join(backup, 'inputs')), []);

  // One that is missing is told by check, and can be forgotten.
  await fs.rm(path.join(films, 'lost.mp4'));
  await is(again, 'films/lost.mp4', ({ available }) => !available, 'is missing');
  const told = await check();
  assert.equal(told.code, 65);
  assert.match(told.stdout, /films\/lost\.mp4.*is missing/);
  assert.equal((await send(again.api, 'DELETE', `/input_content/${lost.input_content_id}`)).status, 204);
  assert.equal((await check()).stdout, '');

  // The backup knows both; where there is no such folder, they are missing.
  const restored = path.join(await makeFolder(t), 'data');
  await haberdash('restore', backup, '--data-dir', restored);
  const elsewhere = await startService(t, { dataDir: restored });
  assert.deepEqual((await list(elsewhere)).map(({ available }) => available), [false, false]);
});

test('every token sees the files; packages of them are their makers\'', async (t) => {
  const films = await makeFolder(t);
  await put(path.join(films, 'clip.mp4'));
  const tokens = path.join(await makeFolder(t), 'tokens');
  const secrets = { ann: 'a'.repeat(20), ben: 'b'.repeat(20), root: 'r'.repeat(20) };
  await fs.writeFile(tokens, `ann ${secrets.ann}\nben ${secrets.ben}\nroot ${secrets.root} admin\n`,
    { mode: 0o600 });
  const service = await serve(t, films, { args: ['--api-token-file', tokens] });
  const as = (name) => ({ Authorization: `Bearer ${secrets[name]}` });
  const seen = async (name) => (await list(service, as(name))).map((item) => item.name);
  for (const name of ['ann', 'ben', 'root'])
    await until(async () => (await seen(name)).includes('films/clip.mp4'), `${name} sees it`);
  const made = await post(service.api, '/packaged_content',
    { input_content_id: 1, key: KEY, kid: KID }, { ...as('ann'), Prefer: 'wait=60' });
  assert.equal(made.status, 200, made.text);
  const own = async (name) => (await get(service.api, '/packaged_content', as(name))).json.length;
  assert.deepEqual([await own('ann'), await own('ben'), await own('root')], [1, 0, 1]);
  const url = `/videos/${encodeURIComponent('films/clip.mp4')}/group-of-pictures/0.mp4`;
  assert.equal((await get(service.api, url, as('ben'))).status, 200);

  const remove = (name) => send(service.api, 'DELETE', '/input_content/1', { headers: as(name) });
  problem(assert, await remove('root'), 409);
  await fs.rm(path.join(films, 'clip.mp4'));
  await until(async () => !(await list(service, as('ann')))[0].available, 'it is missing');
  problem(assert, await remove('ann'), 403);
  assert.equal((await remove('root')).status, 204);
});

test('a thousand files, and a page of them at a time', async (t) => {
  const films = await makeFolder(t);
  await put(path.join(films, '0000.mp4'));
  for (let i = 1; i < 1000; i++) {
    const folder = path.join(films, `${i % 10}`);
    await fs.mkdir(folder, { recursive: true });
    await fs.link(path.join(films, '0000.mp4'), path.join(folder, `${i}.mp4`));
  }
  const service = await serve(t, films);
  const last = '9/999.mp4';
  const all = async () => {
    const items = [];
    for (let after = 0; ;) {
      const page = (await get(service.api, `/videos?limit=1000&after=${after}`)).json;
      items.push(...page);
      if (page.length < 1000)
        return items;
      after = page.at(-1).input_content_id;
    }
  };
  const items = await until(async () => {
    const now = await all();
    return now.length >= 1000 && now;
  }, 'all are offered', 120_000);
  assert.equal(new Set(items.map(({ name }) => name)).size, 1000);
  assert.ok(items.every(({ group_of_pictures_count: count }) => count === 4));
  const item = items.find(({ name }) => name === `films/${last}`);
  assert.equal((await get(service.api, gop(item, 3))).status, 200);

  // A folder less is a hundred files that are missing, and nothing else.
  await fs.rename(path.join(films, '9'), path.join(films, '.9'));
  await until(async () => (await all()).filter(({ available }) => !available).length === 100,
    'a folder is missing');
  assert.equal((await all()).length, 1000);
});

test('folders that cannot be offered are mistakes of usage', async (t) => {
  const parent = await makeFolder(t);
  const at = (name) => path.join(parent, name);
  await fs.mkdir(at('a/inner'), { recursive: true });
  await fs.mkdir(at('b/a'), { recursive: true });
  await fs.mkdir(at('with blank'));
  await fs.writeFile(at('file'), '');
  const refused = (args, words, dataDir = at('data')) => assert.rejects(
    haberdash('serve', '--data-dir', dataDir, ...args.flatMap((dir) => ['--media-dir', dir])),
    ({ code, stderr }) => code === 64 && words.test(stderr), args.join(' '));
  await refused([at('none')], /No such file/);
  await refused([at('file')], /not a folder/);
  await refused([at('with blank')], /give it a name/);
  await refused([at('a'), at('b/a')], /another one has this name/);
  await refused([at('a'), `x=${at('a/inner')}`], /was given already/);
  await refused([at('a')], /one in the other/, at('a/data'));
  await refused([parent], /one in the other/);
});
