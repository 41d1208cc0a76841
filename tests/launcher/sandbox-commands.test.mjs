// SPDX-License-Identifier: LGPL-2.1-or-later
// What commands can do once a hostile file has taken over what reads it, and that
// what people do with commands goes on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';

import { sanitizer, serviceEnv, wrapper } from '../support/sanitizer.mjs';
import { useHostile } from './hostile.mjs';
import { exec, isAlive, makeClip, makeFolder, until } from './service.mjs';

const hostile = useHostile();
const [program, ...words] = [...wrapper, process.env.HABERDASH];
const CLEAR = ['--encrypt', 'none'];
const HARD = '--sandbox=require';
const needsPreload = !process.env.HOSTILE_XML_LIBRARY || sanitizer ? 'a sanitizer is the first library itself' : false;

// { pid, out, err, end }: end is its exit code, or the signal that ended it.
const start = (file, args, { cwd, env } = {}) => {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...serviceEnv(), G_DEBUG: 'fatal-criticals', ...env } });
  const run = { pid: child.pid, out: '', err: '', kill: (signal) => child.kill(signal) };
  child.stdout.setEncoding('utf8').on('data', (text) => { run.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { run.err += text; });
  run.end = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return run;
};
const finish = async (run) => ({ status: await run.end, out: run.out, err: run.err });
const call = (args, options) => finish(start(program, [...words, ...args], options));
const shell = (line, args, options) =>
  finish(start('bash', ['-c', line, ...[program, ...words].slice(-1), ...args], options));
const attacked = (args, options = {}) => call(args, { ...options, env: { ...hostile.env, ...options.env } });

const exists = (file) => fs.access(file).then(() => true, () => false);
// Gone, or with nobody who asks what became of it.
const hasEnded = async (pid) => !isAlive(pid) ||
  /^\d+ \(.*\) [ZX]/s.test(await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));

// A clip as MP4 whose samples are in a table or in fragments, and as Matroska.
const clips = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-clips-'));
after(() => fs.rm(clips, { recursive: true, force: true }));
await fs.writeFile(path.join(clips, 'clip.mp4'), await makeClip());
for (const [name, ...options] of [['fragments.mp4', '-movflags', 'frag_keyframe+empty_moov'], ['clip.mkv']])
  await exec('ffmpeg', ['-nostdin', '-v', 'error', '-i', path.join(clips, 'clip.mp4'), '-c', 'copy', ...options,
    path.join(clips, name)]);

const makeWorld = async (t) => {
  const folder = await makeFolder(t);
  const at = (name) => path.join(folder, name);
  await fs.cp(clips, at('in'), { recursive: true });
  return at;
};

// --- what is refused ---

// What there is to have for who runs the command.
const makeActs = async (at) => {
  await fs.mkdir(at('private'));
  const secret = at('private/secret');
  await fs.writeFile(secret, 'secret');
  return [`read ${secret}`, `read ${at('in/clip.mkv')}`, 'read /etc/passwd', `read /proc/${process.pid}/environ`,
    `list ${at('private')}`, 'list /', `write ${at('new')}`, `write ${secret}`, `write ${at('in/fragments.mp4')}`,
    `chmod ${secret}`, 'socket', 'local-socket', 'fork', 'signal', 'limit', 'outlive', 'show',
    `remove ${secret}`];
};
const resultsOf = ({ err }) => [...err.matchAll(/^hostile: (.*): (.*)$/gm)].map((match) => match.slice(1));

const commands = {
  package: { args: (at) => ['package', at('in/fragments.mp4'), at('out'), ...CLEAR] },
  slice: { args: (at) => ['slice', at('in/fragments.mp4'), '1', at('cut.mp4')] },
  gops: { args: (at) => ['gops', at('in/fragments.mp4')] },
  verify: { args: (at) => ['verify', at('whole')], skip: needsPreload,
    env: { LD_PRELOAD: process.env.HOSTILE_XML_LIBRARY },
    prepare: async (at) => {
      const { status, err } = await call(['package', at('in/clip.mkv'), at('whole'), ...CLEAR]);
      assert.equal(status, 0, err);
    } },
};

for (const [name, { args, skip, env, prepare }] of Object.entries(commands)) {
  test(`${name} reads what was named, and has no network and no other process`, { skip }, async (t) => {
    const at = await makeWorld(t);
    await prepare?.(at);
    const acts = await makeActs(at);
    await hostile.tell(...acts);
    const run = await attacked([...args(at), HARD], { env });
    assert.equal(run.status, 0, run.err);
    const results = resultsOf(run);
    assert.deepEqual(results.map(([act]) => act), acts, run.err);
    for (const [act, result] of results)
      assert.match(result, /^(Permission denied|Operation not permitted)$/, act);
  });

  // That the acts are possible at all.
  test(`${name} without a sandbox has all that its caller has`, { skip }, async (t) => {
    const at = await makeWorld(t);
    await prepare?.(at);
    const acts = await makeActs(at);
    await hostile.tell(...acts);
    const run = await attacked([...args(at), '--sandbox=off'], { env });
    assert.equal(run.status, 0, run.err);
    const results = resultsOf(run);
    assert.deepEqual(results.map(([act]) => act), acts, run.err);
    assert.deepEqual(results.filter(([act, result]) => result !== 'done' && !act.startsWith('read /proc/')), []);
  });
}

test('a sandbox is what there is unless it is said otherwise', async (t) => {
  const at = await makeWorld(t);
  await hostile.tell('socket');
  const { args } = commands.gops;
  assert.deepEqual(resultsOf(await attacked(args(at))), [['socket', 'Permission denied']]);
  assert.deepEqual(resultsOf(await attacked(args(at), { env: { HABERDASH_SANDBOX: 'off' } })), [['socket', 'done']]);
  for (const command of Object.values(commands)) {
    const { status, err } = await call([...command.args(at), '--sandbox=on']);
    assert.equal(status, 64);
    assert.match(err, /--sandbox must be auto, require or off/);
  }
});

test('a package is written below its folder only, a cut nowhere else', async (t) => {
  const at = await makeWorld(t);
  await fs.mkdir(at('dots'));
  await hostile.tell(`write ${at('out/more')}`, `write ${at('more')}`, `write ${at('dots/more')}`);
  const env = { GST_DEBUG_DUMP_DOT_DIR: at('dots') };
  assert.deepEqual(resultsOf(await attacked([...commands.package.args(at), HARD], { env })).map(([, result]) => result),
    ['done', 'Permission denied', 'done']);
  assert.deepEqual(resultsOf(await attacked([...commands.slice.args(at), HARD])).map(([, result]) => result),
    ['Permission denied', 'Permission denied', 'Permission denied']);
});

// --- what ends it ---

test('what no reading does ends it, and it is said', async (t) => {
  const at = await makeWorld(t);
  await hostile.tell('run');
  for (const name of ['package', 'slice']) {
    const { status, err } = await attacked(commands[name].args(at));
    assert.equal(status, 128 + 31, err);
    assert.match(err, /was ended by its sandbox; the file may be an attack/);
  }
  assert.equal((await attacked(commands.gops.args(at))).status, 'SIGSYS');
});

test('a crash is told of; what is no output is taken away, keys are not', async (t) => {
  const at = await makeWorld(t);
  await hostile.tell('crash');
  const packaged = await attacked(['package', at('in/clip.mp4'), at('out'), '--new-key', at('keys')]);
  assert.equal(packaged.status, 128 + 11, packaged.err);
  assert.match(packaged.err, /clip\.mp4: what read it was ended by signal 11 \(/);
  assert.ok(!await exists(at('out')));
  assert.ok(await exists(at('keys')));
  await fs.writeFile(at('cut.mp4'), 'what was there');
  const before = (await fs.readdir(at('.'))).sort();
  assert.equal((await attacked(commands.slice.args(at))).status, 128 + 11);
  assert.equal(await fs.readFile(at('cut.mp4'), 'utf8'), 'what was there');
  assert.deepEqual((await fs.readdir(at('.'))).sort(), before);
});

// The process that reads does nothing any more.
const startStuck = async (args) => {
  await hostile.tell('stay');
  const run = start(program, [...words, ...args], { env: hostile.env });
  const [, pid] = await until(() => /^hostile: (\d+) stays$/m.exec(run.err), 'it stands still');
  return { ...run, reader: Number(pid) };
};

test('who loses patience ends both, and nothing is left', async (t) => {
  const at = await makeWorld(t);
  for (const args of [['package', at('in/clip.mp4'), at('out'), '--new-key', at('keys')], commands.slice.args(at)]) {
    const run = await startStuck(args);
    let status;
    run.end.then((value) => { status = value; });
    // The first may be heard of, none of the others need be.
    await until(() => status !== undefined || !run.kill('SIGINT'), 'it ends');
    assert.equal(await run.end, 130);
    assert.ok(await hasEnded(run.reader));
    assert.deepEqual(await fs.readdir(at('.')), ['in']);
  }
});

test('it does not outlive the command', async (t) => {
  const at = await makeWorld(t);
  const run = await startStuck(commands.package.args(at));
  run.kill('SIGKILL');
  await until(() => hasEnded(run.reader), 'the reader has ended');
});

// --- what goes on ---

const isGood = async (folder, ...options) => {
  const { status, out, err } = await call(['verify', folder, '--json', HARD, ...options]);
  assert.equal(status, 0, out + err);
  return JSON.parse(out);
};

test('an output that is relative, new, or a link', async (t) => {
  const at = await makeWorld(t);
  await fs.mkdir(at('elsewhere'));
  await fs.symlink('elsewhere', at('link'));
  for (const folder of ['out', 'a/b/c', 'link', '.']) {
    const { status, err } = await call(['package', 'in/clip.mp4', folder, HARD, ...CLEAR], { cwd: at('.') });
    assert.equal(status, 0, err);
    await isGood(at(folder));
  }
  await fs.writeFile(at('target.mp4'), 'old');
  await fs.symlink('target.mp4', at('cut.mp4'));
  for (const filter of [[], ['--filter', 'grayscale=1']]) {
    const { status, err } = await call(['slice', 'in/clip.mp4', '1', 'cut.mp4', HARD, ...filter], { cwd: at('.') });
    assert.equal(status, 0, err);
    assert.equal((await call(['gops', at('target.mp4'), HARD])).out.trim().split('\n').length, 2);
  }
});

test('keys and inputs from pipes', async (t) => {
  const at = await makeWorld(t);
  await fs.writeFile(at('keys'), `${'0'.repeat(31)}1:${'0'.repeat(31)}2\n`);
  const options = ['--kid', `${'0'.repeat(31)}1`];
  for (const [line, out, input] of [
    ['"$0" "$@" --key-file <(cat keys) <in/clip.mkv', 'a', '/dev/stdin'],
    ['cat in/clip.mkv | "$0" "$@" --key-file <(cat keys)', 'b', '/dev/stdin'],
    ['"$0" "$@" --key-file /dev/fd/7 7<keys 8<in/clip.mp4', 'c', '/dev/fd/8'],
  ]) {
    const made = await shell(line, ['package', input, out, HARD, ...options], { cwd: at('.') });
    assert.equal(made.status, 0, made.err);
    const checked = await shell('"$0" "$@" --key-file <(cat keys)', ['verify', out, HARD], { cwd: at('.') });
    assert.match(checked.out, /decrypted\n/);
    assert.equal(checked.status, 0, checked.out);
  }
});

test('texts from elsewhere, by both names', async (t) => {
  const at = await makeWorld(t);
  await fs.mkdir(at('texts'));
  const lines = '1\n00:00:01,000 --> 00:00:03,000\nA line.\n';
  for (const name of ['texts/lines.srt', 'texts/more.srt:en'])
    await fs.writeFile(at(name), lines);
  const { status, err } = await call(['package', at('in/clip.mp4'), at('out'), ...CLEAR, HARD,
    '--text', at('texts/lines.srt:de'), '--text', at('texts/more.srt:en')]);
  assert.equal(status, 0, err);
  assert.equal((await isGood(at('out'))).tracks.length, 4);
});

test('a ladder, by an encoder with threads', async (t) => {
  const at = await makeWorld(t);
  const { status, err } = await call(['package', at('in/clip.mp4'), at('out'), ...CLEAR, HARD,
    '--ladder', '180:300,90:100', '--encoder', 'x264']);
  assert.equal(status, 0, err);
  assert.equal((await isGood(at('out'))).tracks.length, 3);
});

test('a first start writes the registry, and a log where it is asked for', async (t) => {
  const at = await makeWorld(t);
  const { status, err } = await call(['package', at('in/clip.mp4'), at('out'), ...CLEAR, HARD], { env: {
    GST_REGISTRY_1_0: at('cache/registry.bin'), GST_DEBUG: '3', GST_DEBUG_FILE: at('log') } });
  assert.equal(status, 0, err);
  assert.ok((await fs.stat(at('cache/registry.bin'))).size > 0);
  assert.ok(await exists(at('log')));
});

test('a manifest that is a link; a segment that is one to elsewhere is told', async (t) => {
  const at = await makeWorld(t);
  assert.equal((await call(['package', at('in/clip.mp4'), at('out'), ...CLEAR])).status, 0);
  await fs.mkdir(at('elsewhere'));
  await fs.rename(at('out/stream.mpd'), at('elsewhere/stream.mpd'));
  await fs.symlink(at('elsewhere/stream.mpd'), at('out/stream.mpd'));
  await isGood(at('out/stream.mpd'));
  await fs.rename(at('out/video_0'), at('elsewhere/video_0'));
  await fs.symlink(at('elsewhere/video_0'), at('out/video_0'));
  const { status, out } = await call(['verify', at('out/stream.mpd'), HARD]);
  assert.equal(status, 65);
  assert.match(out, /leads out of the folder, where nothing is read \(--sandbox=off reads it\)/);
  assert.equal((await call(['verify', at('out/stream.mpd'), '--sandbox=off'])).status, 0);
});
