// SPDX-License-Identifier: LGPL-2.1-or-later
// What is missing of GStreamer is a fault of the installation, and none of the file's,
// wherever it shows: while a pipeline is put together, or in the demuxer's thread.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { addInput, exec, fragment, get, makeClip, problem, startService, until, upload } from './service.mjs';

const MISSING = { jpeg: 'jpegenc', deinterlace: 'deinterlace', gop: 'gopsplit' };

// Every plug-in that there is in a folder but those. A search path may have one twice.
const putAll = async (put, folder, to) => {
  for (const name of await fs.readdir(folder)) {
    const [, plugin] = /^libgst(.*)\.so$/.exec(name) ?? [];
    if (plugin && !Object.hasOwn(MISSING, plugin))
      await put(path.join(folder, name), path.join(to, name));
  }
};

let world, env;
before(async () => {
  world = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-install-'));
  const [theirs, ours] = ['theirs', 'ours'].map((name) => path.join(world, name));
  await fs.mkdir(theirs);
  await fs.mkdir(ours);
  await putAll(fs.symlink, process.env.SYSTEM_PLUGINS_DIR, theirs);
  // What is confined may read a folder of plug-ins, and not where links in it lead.
  for (const folder of process.env.GST_PLUGIN_PATH_1_0.split(':').filter(Boolean))
    await putAll(fs.copyFile, folder, ours);
  env = { GST_PLUGIN_SYSTEM_PATH_1_0: theirs, GST_PLUGIN_PATH_1_0: ours,
    GST_REGISTRY_1_0: path.join(world, 'registry.bin') };
  // Whoever comes first makes the registry.
  await run('gops', os.devNull);
});
after(() => fs.rm(world, { recursive: true, force: true }));

const run = (...args) => exec(process.env.HABERDASH, args, { env: { ...process.env, ...env } })
  .catch((error) => error);

test('commands end with a code of their own', async (t) => {
  const [table, stream, out] = ['table.mp4', 'stream.mp4', 'out'].map((name) => path.join(world, name));
  await fs.writeFile(table, await makeClip());
  await fs.writeFile(stream, await fragment(t, await makeClip()));
  for (const [name, ...args] of [
    ['gopsplit', 'gops', stream],
    ['gopsplit', 'slice', stream, '0', `${out}.mp4`],
    ['gopsplit', 'package', table, `${out}.mpd`, '--encrypt', 'none'],
    ['deinterlace', 'package', table, `${out}.mpd`, '--encrypt', 'none', '--ladder', '90:60'],
    ['deinterlace', 'slice', table, '0', `${out}.mp4`, '--filter', 'rotate=90'],
  ]) {
    const { code, stderr } = await run(...args);
    assert.match(stderr, new RegExp(`the GStreamer element ${name} is not installed`));
    assert.equal(code, 69, `${args}: ${stderr}`);
  }
  assert.equal((await run('gops', table)).code, undefined, 'what it takes is there');
});

test('the service says that it is its own fault, and in its log why', async (t) => {
  const service = await startService(t, { env, faults: true });
  const stream = await fragment(t, await makeClip());
  await addInput(service);
  for (const [name, answer] of [
    ['gopsplit', await upload(service, 'stream.mp4', stream)],
    ['jpegenc', await get(service.api, '/videos/clip.mp4/group-of-pictures/0.jpg')],
    ['deinterlace', await get(service.api, '/videos/clip.mp4/group-of-pictures/0.mp4?rotate=90')],
  ]) {
    problem(assert, answer, 500);
    await until(() => service.log.includes(`the GStreamer element ${name} is not installed`), `${name} is in the log`);
  }
  assert.equal((await get(service.api, '/videos/clip.mp4/group-of-pictures/0.mp4')).status, 200);
});
