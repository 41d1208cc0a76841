// SPDX-License-Identifier: LGPL-2.1-or-later
// Children that are killed, as the kernel does where memory runs out, and that
// stand still.

import assert from 'node:assert/strict';
import test from 'node:test';

import {
  KEY, KID, addInput, get, isEmpty, packageEnd, post, startService, until, workersOf,
} from './service.mjs';

const ARGS = ['--jobs', '1', '--retry-delay', '0.1', '--stall-timeout', '1'];

const startPackage = async (service) => {
  const request = { input_content_id: await addInput(service), key: KEY, kid: KID };
  return (await post(service.api, '/packaged_content', request)).json.packaged_content_id;
};

// Children live for a moment only.
const signalChildren = (t, service, signal, once) => {
  const hit = new Set();
  const timer = setInterval(async () => {
    for (const pid of await workersOf(service.pid).catch(() => [])) {
      if (hit.has(pid) || (once && hit.size > 0))
        continue;
      hit.add(pid);
      try {
        process.kill(pid, signal);
      } catch {
        hit.delete(pid);
      }
    }
  }, 1);
  const stop = () => clearInterval(timer);
  t.after(stop);
  return { hit, stop };
};

for (const [signal, reason] of [['SIGKILL', /signal 9/], ['SIGSTOP', null]]) {
  test(`one ${signal}: the package is made at the next attempt`, { timeout: 60_000 }, async (t) => {
    const service = await startService(t, { args: ARGS });
    const id = await addInput(service);
    const injected = signalChildren(t, service, signal, true);
    const made = await post(service.api, '/packaged_content',
      { input_content_id: id, key: KEY, kid: KID });
    const item = await packageEnd(service, made.json.packaged_content_id);
    injected.stop();
    assert.equal(item.status, 'Ready', item.reason);
    if (injected.hit.size > 0 && item.attempts > 1 && reason)
      await until(() => reason.test(service.log), 'the log has the signal');
    assert.ok(await isEmpty(service, 'work'));
  });
}

test('children that always stand still', { timeout: 90_000 }, async (t) => {
  const service = await startService(t, { args: ARGS });
  const id = await addInput(service);
  const injected = signalChildren(t, service, 'SIGSTOP', false);
  const made = await post(service.api, '/packaged_content',
    { input_content_id: id, key: KEY, kid: KID });
  assert.equal((await get(service.api, '/input_content')).status, 200);
  const item = await packageEnd(service, made.json.packaged_content_id);
  injected.stop();
  assert.equal(item.status, 'Failed');
  assert.equal(item.attempts, 3);
  assert.match(item.reason, /stood still for 1 second/);
  await until(async () => (await workersOf(service.pid)).length === 0, 'no child is left');
  assert.ok(await isEmpty(service, 'work'));
  assert.equal((await packageEnd(service, await startPackage(service))).status, 'Ready');
});
