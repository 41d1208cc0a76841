// SPDX-License-Identifier: LGPL-2.1-or-later
// A plug-in of the tests' own, which does in a child what a file is told it
// shall do. It is the first choice of whoever knows of it, so its registry is
// one apart.

import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';

import { crashEnv, sanitizer } from '../support/sanitizer.mjs';

const plugin = process.env.HOSTILE_PLUGIN;

// { env, tell }: tell (...acts) says what the next children do; env is there
// before the first test.
export const useHostile = () => {
  const hostile = {};
  let world;
  before(async () => {
    world = await fs.mkdtemp(path.join(os.tmpdir(), 'haberdash-hostile-'));
    await fs.copyFile(plugin, path.join(world, path.basename(plugin)));
    hostile.env = {
      ...crashEnv,
      GST_REGISTRY_1_0: path.join(world, 'registry.bin'),
      GST_PLUGIN_PATH_1_0: `${world}:${process.env.GST_PLUGIN_PATH_1_0}`,
      HOSTILE_ACTS: path.join(world, 'acts'),
    };
    // Who makes it under a sanitizer has loaded all plug-ins, with their threads.
    if (sanitizer)
      await promisify(execFile)(process.env.HABERDASH, ['gops', os.devNull],
        { env: { ...process.env, ...hostile.env } }).catch(() => {});
    hostile.tell = (...acts) => fs.writeFile(hostile.env.HOSTILE_ACTS, acts.join('\n'));
  });
  after(() => fs.rm(world, { recursive: true, force: true }));
  return hostile;
};
