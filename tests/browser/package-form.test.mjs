// SPDX-License-Identifier: LGPL-2.1-or-later
// The form that asks for a package, used as a person uses it, against the real
// service.

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';

import { startBrowser, walker } from './browser.mjs';
import { makeClip } from './media.mjs';
import { startService } from './service.mjs';

const KEY = 'hyN9IKGfWKdAwFaE5pm0qg';
const KID = 'oW5AK5BW43HzbTSKpiu3SQ';
const KID_UUID = 'a16e402b-9056-e371-f36d-348aa62bb749';
const SOUND_KID = 'AAECAwQFBgcICQoLDA0ODw';
const PSSH = Buffer.from('0000002270737368000000009a04f07998404286ab92e65be0885f95000000024142', 'hex').toString('base64');
const READY_MS = 60_000;
const PAGE = '/input_content/1/package';

let service, browser, withPage;

before(async () => {
  process.env.HABERDASH_CALLBACK_SECRET = 'what-callbacks-are-signed-with-here';
  service = await startService({ args: ['--callback-host', '127.0.0.1:9'] });
  const clip = path.join(service.home, 'clip.mp4');
  [browser] = await Promise.all([startBrowser(), makeClip(clip, { seconds: 4, gop: 25 })]);
  withPage = walker(browser, service);
  const answer = await fetch(`${service.api}/input_content?name=clip.mp4`, { method: 'POST',
    headers: { 'Content-Type': 'video/mp4' }, body: await fs.readFile(clip) });
  assert.equal(answer.status, 201);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

const label = (page, text) => page.getByLabel(text, { exact: true });

async function submit(page) {
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/packaged_content')),
    page.getByRole('button', { name: 'Make the package' }).click()]);
  const answer = await (await request.response()).json();
  return { asked: request.postDataJSON(), answer };
}

const refused = async (page, says) => {
  await page.getByRole('button', { name: 'Make the package' }).click();
  await page.locator('.says.bad, .notice.bad').filter({ hasText: says }).first().waitFor();
};

it('asks for everything that the service can do', () => withPage(PAGE, async (page) => {
  await label(page, 'Video and audio').check();
  await label(page, 'Give keys').check();
  await label(page, 'Content key').fill(KEY);
  await label(page, 'Key ID').fill(KID);
  assert.match(await page.locator('#kid-says').textContent(), new RegExp(KID_UUID));
  await label(page, 'The sound has a key of its own').check();
  await page.getByRole('button', { name: 'Generate a random content key of the sound' }).click();
  const soundKey = await label(page, 'Content key of the sound').inputValue();
  assert.match(soundKey, /^[\w-]{22}$/);
  await label(page, 'Key ID of the sound').fill(SOUND_KID);
  await label(page, 'A ladder of smaller sizes').check();
  assert.match(await page.locator('#ladder-preview').textContent(), /640 × 360, as it is; 42. × 240, 0\.4 Mb\/s/);
  await label(page, 'These sizes').check();
  await label(page, 'Lines').first().fill('180');
  await label(page, 'kb/s').first().fill('300');
  await page.getByRole('button', { name: 'Take this size out' }).last().click();
  assert.match(await page.locator('#ladder-preview').textContent(), /320 × 180, 0\.3 Mb\/s/);
  await label(page, 'HLS playlists, too').check();
  await page.getByText('More options').click();
  await label(page, 'Segments, in seconds').fill('1');
  await label(page, 'Clear lead, in seconds').fill('1');
  await label(page, 'Priority').fill('3');
  await label(page, 'pssh boxes of other systems').fill(`\n${PSSH}\n`);
  await label(page, 'Address to call when it is done').fill('http://127.0.0.1:9/done');
  assert.equal(await page.getByRole('group', { name: 'Tracks to keep' }).getByRole('checkbox').count(), 2);
  await page.getByText('The same from a terminal').click();
  const command = await page.locator('#package-form pre').textContent();
  assert.ok(command.includes('"clear_lead":1') && !command.includes(KEY), command);

  const { asked, answer } = await submit(page);
  assert.deepEqual(asked, { input_content_id: 1, encrypt: 'all',
    keys: { video: { key: KEY, kid: KID }, audio: { key: soundKey, kid: SOUND_KID } },
    ladder: [{ height: 180, bitrate: 300_000 }], hls: true, segment_duration: 1, clear_lead: 1, priority: 3,
    pssh: [PSSH], callback_url: 'http://127.0.0.1:9/done' });
  assert.deepEqual(answer.kids, { video: KID, audio: SOUND_KID });
  await page.locator('#package-progress .badge.Ready').waitFor({ timeout: READY_MS });
  assert.equal(await page.locator('.stations .done').count(), 4);
  for (const url of ['stream.mpd', '.m3u8'])
    await page.locator('#package-progress code').filter({ hasText: url }).waitFor();
  await page.getByRole('link', { name: 'Play it' }).click();
  await page.waitForURL(`**/packaged_content/${answer.packaged_content_id}/player`);
}));

it('lets the service draw the keys, and takes a part of the tracks', () => withPage(PAGE, async (page) => {
  await label(page, 'Each track one file').check();
  await page.getByText('More options').click();
  await page.getByLabel('2: audio').uncheck();
  const { asked } = await submit(page);
  assert.deepEqual(asked, { input_content_id: 1, encrypt: 'video', segment_duration: 4, on_demand: true,
    generate_keys: true, tracks: ['1'] });
  await page.locator('#package-progress .badge.Ready').waitFor({ timeout: READY_MS });
}));

it('begins with what another package was asked for by', () => withPage(`${PAGE}?like=1`, async (page) => {
  assert.ok(await label(page, 'Video and audio').isChecked());
  assert.ok(await label(page, 'Those of package 1').isChecked());
  assert.equal(await label(page, 'Lines').inputValue(), '180');
  const { asked, answer } = await submit(page);
  assert.equal(asked.keys.video.key, KEY);
  assert.equal(asked.segment_duration, 1);
  assert.deepEqual(answer.kids, { video: KID, audio: SOUND_KID });
  await page.locator('#package-progress .badge.Ready').waitFor({ timeout: READY_MS });
}));

it('says as it is typed what is wrong, and asks nothing of the service', () => withPage(PAGE, async (page) => {
  const posts = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await label(page, 'Give keys').check();
  await label(page, 'Content key').fill('too short');
  assert.equal(await label(page, 'Content key').getAttribute('aria-invalid'), 'true');
  await refused(page, 'belongs to neither hex nor base64');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'key', 'the focus is on what is wrong');
  await label(page, 'Content key').fill(KEY);
  await label(page, 'Video and audio').check();
  await label(page, 'The sound has a key of its own').check();
  await label(page, 'Key ID').fill(KID);
  await label(page, 'Key ID of the sound').fill(KID_UUID);
  await refused(page, 'same Key ID and different keys');
  await label(page, 'Nothing').check();
  assert.ok(await label(page, 'Content key').isHidden());
  await label(page, 'These sizes').check();
  await label(page, 'Lines').first().fill('5000');
  await refused(page, '64 to 2304 lines');
  await label(page, 'The video as it is').check();
  await page.getByText('More options').click();
  await label(page, 'Segments, in seconds').fill('0.1');
  await page.getByText('More options').click();
  await refused(page, 'a number from 0.5 to 60');
  assert.ok(await label(page, 'Segments, in seconds').isVisible(), 'what is wrong is shown');
  await label(page, 'Segments, in seconds').fill('4');
  await label(page, 'Address to call when it is done').fill('nowhere');
  await refused(page, 'begins with http://');
  assert.deepEqual(posts, []);
}));

it('says in words what the service refuses', () => withPage(PAGE, async (page) => {
  await page.getByText('More options').click();
  await label(page, 'Address to call when it is done').fill('http://elsewhere.example/');
  await refused(page, /elsewhere\.example|callback/);
  assert.ok(await page.getByRole('button', { name: 'Make the package' }).isEnabled());
}, { expected: [/status of 422/] }));

it('says why a package failed, and takes other options', async () => {
  const broken = await (await fetch(`${service.api}/input_content?name=second.mp4`, { method: 'POST',
    headers: { 'Content-Type': 'video/mp4' },
    body: await fs.readFile(path.join(service.home, 'clip.mp4')) })).json();
  const folder = path.join(service.home, 'data', 'inputs');
  for (const name of await fs.readdir(folder)) // both inputs are one file
    await fs.truncate(path.join(folder, name), 3000);
  await withPage(`/input_content/${broken.input_content_id}/package`, async (page) => {
    await submit(page);
    await page.locator('#package-progress .badge.Failed').waitFor({ timeout: READY_MS });
    assert.ok((await page.locator('#package-progress .notice.bad').textContent()).length > 20);
    await page.getByRole('button', { name: 'Change the options' }).click();
    assert.ok(await page.getByRole('button', { name: 'Make the package' }).isEnabled());
  }, { expected: [/poster/] });
});

it('has no page for an input that is not there', () => withPage('/input_content/99/package', async (page) => {
  assert.match(await page.locator('main').textContent(), /404/);
}, { expected: [/status of 404/] }));
