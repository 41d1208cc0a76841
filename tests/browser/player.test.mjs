// SPDX-License-Identifier: LGPL-2.1-or-later
// The page that plays a package, where the service asks for a token and signs
// addresses: what it tells, what can be chosen, and that its command lines work.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';

import { openPage, startBrowser } from './browser.mjs';
import { FRAME_RATE } from './media.mjs';
import { decodedFrames } from './pictures.mjs';
import { hold, startService } from './service.mjs';

const run = promisify(execFile);

const TOKEN = 'open-sesame-and-be-quick-about-it';
const SECONDS = 6;
const READY_MS = 90_000;
const COMMAND_MS = 60_000;
const KEYS = {
  video: { kid: 'a16e402b9056e371f36d348aa62bb749', key: '87237d20a19f58a740c05684e699b4aa' },
  audio: { kid: '00010203040506070809000102030405', key: '0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
};

// What is packaged, and how; each is at one of these names below.
const PACKAGES = {
  plain: { keys: { video: KEYS.video }, clear_lead: 2, segment_duration: 2 },
  ladder: { keys: KEYS, encrypt: 'all', hls: true, segment_duration: 2,
    ladder: [{ height: 360, bitrate: 800000 }, { height: 180, bitrate: 200000 }] },
  single: { keys: { video: KEYS.video }, encrypt: 'all', on_demand: true },
  clear: { encrypt: 'none' },
};

let service, browser, film;
const ids = {};
const playerOf = (id) => `${service.api}/packaged_content/${id}/player`;

// A picture, two languages of sound and one of text.
async function makeFilm(folder) {
  const text = path.join(folder, 'text.srt');
  const file = path.join(folder, 'film.mkv');

  await fs.writeFile(text, '1\n00:00:00,500 --> 00:00:05,000\nWords\n');
  await run('ffmpeg', ['-v', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=${FRAME_RATE}:duration=${SECONDS}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:duration=${SECONDS}`,
    '-f', 'lavfi', '-i', `sine=frequency=660:duration=${SECONDS}`, '-i', text,
    '-map', '0', '-map', '1', '-map', '2', '-map', '3', '-pix_fmt', 'yuv420p',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-g', '50', '-c:a', 'aac', '-c:s', 'srt',
    '-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=ger', '-metadata:s:s:0', 'language=eng', file]);
  return file;
}

const headers = { Authorization: `Bearer ${TOKEN}` };

async function ask(target, options) {
  const answer = await fetch(service.api + target, { ...options, headers: { ...headers, ...options?.headers } });

  assert.ok(answer.ok, `${target}: ${answer.status}`);
  return answer.json();
}

const upload = async (name, data) => (await ask(`/input_content?name=${name}`,
  { method: 'POST', body: data, headers: { 'Content-Type': 'video/x-matroska' } })).input_content_id;

const order = async (input, request, wait = READY_MS / 1000) => ask('/packaged_content', { method: 'POST',
  body: JSON.stringify({ input_content_id: input, ...request }),
  headers: { 'Content-Type': 'application/json', ...wait ? { Prefer: `wait=${wait}` } : {} } });

before(async () => {
  service = await startService({ token: TOKEN });
  [browser, film] = await Promise.all([startBrowser(), makeFilm(service.home)]);
  const input = await upload('film.mkv', await fs.readFile(film));
  await Promise.all(Object.entries(PACKAGES).map(async ([name, request]) => {
    const made = await order(input, request);
    assert.equal(made.status, 'Ready', made.reason);
    ids[name] = made.packaged_content_id;
  }));
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

// Runs work with the page of a package, then looks at what it complained of.
async function withPlayer(id, work, { origin = service.api, ...options } = {}) {
  const { page, complaints, close } = await openPage(browser, service, options);

  try {
    await page.goto(playerOf(id).replace(service.api, origin));
    await work(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

const verdict = (page, kind) => page.locator(`#verdict[data-kind="${kind}"]`).waitFor({ timeout: 60_000 });

const figure = (page, name) => page.locator('#stats div', { hasText: name }).locator('dd');

async function waitForFigure(page, name, pattern) {
  await page.waitForFunction(([term, source]) => new RegExp(source).test([...document.querySelectorAll('#stats div')]
    .find((box) => box.textContent.includes(term)).querySelector('dd').textContent), [name, pattern.source]);
  return figure(page, name).textContent();
}

const start = (page) => page.locator('#video').evaluate((video) => {
  video.muted = true;
  return video.play();
});

it('tells how it plays', () => withPlayer(ids.plain, async (page) => {
  await verdict(page, 'good');
  assert.equal(await waitForFigure(page, 'Picture decoded', /\d/), '640 × 360');
  await waitForFigure(page, 'Chosen stream', /bit\/s/);
  await waitForFigure(page, 'Connection', /bit\/s/);
  await start(page);
  await page.waitForFunction(() => document.getElementById('video').currentTime > 1);
  assert.ok(Number.parseFloat(await figure(page, 'Buffered ahead').textContent()) > 0);
  await waitForFigure(page, 'Frames dropped', /^\d+ of [1-9]\d*$/);
  assert.equal(await page.locator('#stats').evaluate((box) => box.closest('[aria-live], [role=status]')), null);
}));

it('tells how each track is encrypted', async () => {
  await withPlayer(ids.plain, async (page) => {
    await page.locator('#more').waitFor();
    const [picture, sound] = await page.locator('.tracks > li').allTextContents();
    assert.match(picture, /^Video encrypted.*CBCS.*1:9.*constant, 16 bytes.*a16e402b-9056.*the first 2 s/s);
    assert.match(sound, /^Audio clear/);
    assert.doesNotMatch(sound, /Key ID|Pattern/);
    assert.match(await page.locator('#encrypted > p').textContent(), /The video is encrypted, the audio and the text are not/);
  });
  await withPlayer(ids.single, async (page) => {
    await page.locator('#more').waitFor();
    const [picture, sound] = await page.locator('.tracks > li').allTextContents();
    assert.match(picture, /1:9.*none: encrypted from the start/s);
    assert.match(sound, /Pattern.*every whole block.*constant, 16 bytes/s);
  });
  await withPlayer(ids.clear, async (page) => {
    await verdict(page, 'good');
    assert.match(await page.locator('#encrypted').textContent(), /Nothing/);
    assert.equal(await page.getByRole('button', { name: 'Show the keys' }).count(), 0);
    assert.equal(await page.getByText('key', { exact: true }).count(), 0);
  });
});

it('shows keys to who asks for them, and no longer', () => withPlayer(ids.ladder, async (page) => {
  const secrets = Object.values(KEYS).flatMap(({ key }) => [key, Buffer.from(key, 'hex').toString('base64url')]);
  const shown = async () => {
    const html = await page.content();
    return secrets.filter((secret) => html.includes(secret)).length;
  };
  await verdict(page, 'good');
  assert.equal(await shown(), 0);
  await page.getByRole('button', { name: 'Show the keys' }).click();
  await page.locator('#keys dl').waitFor();
  assert.equal(await shown(), 2);
  await page.getByRole('button', { name: 'Hide the keys' }).click();
  assert.equal(await shown(), 0);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'key file' }).click()]);
  assert.equal(saved.suggestedFilename(), `package-${ids.ladder}.keys`);
  assert.equal(await fs.readFile(await saved.path(), 'utf8'),
    Object.values(KEYS).map(({ kid, key }) => `${kid}:${key}\n`).join(''));
}));

it('lets choose picture, sound and text', () => withPlayer(ids.ladder, async (page) => {
  const of = (name) => page.locator('#choices').getByLabel(name, { exact: true });
  await verdict(page, 'good');
  assert.deepEqual((await of('Video').locator('option').allTextContents()).map((text) => text.split(',')[0]),
    ['As the connection allows', '640 × 360', '320 × 180']);
  await start(page);
  await of('Video').selectOption({ index: 2 });
  await waitForFigure(page, 'Picture decoded', /^320 × 180$/);

  assert.match((await of('Audio').locator('option').allTextContents()).join(' '), /English.*German/);
  await of('Audio').selectOption({ index: 1 });
  await of('Text').selectOption({ index: 1 });
  await page.waitForFunction(() => [...document.getElementById('video').textTracks].some((track) =>
    track.mode === 'showing' && track.cues?.length > 0));
  await of('Text').selectOption({ index: 0 });
  await page.waitForFunction(() => [...document.getElementById('video').textTracks].every((track) =>
    track.mode !== 'showing'));
}));

it('says what a clear lead means for those without a key', () => withPlayer(ids.plain, async (page) => {
  await verdict(page, 'good');
  await page.getByLabel('Play without the key').check();
  await page.locator('#verdict', { hasText: 'The first 2 s are in the clear' }).waitFor();
  await start(page);
  await page.waitForFunction(() => document.getElementById('video').currentTime > 1);
  assert.ok(await decodedFrames(page) <= 2 * FRAME_RATE);
}));

// --- command lines --------------------------------------------------------

// What stands in for a screen and loudspeakers, and for an end of the film.
const HEADLESS = { SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' };
const adapt = (line) => line.replace(/^ffplay/, 'ffplay -autoexit -v error').replace(/^ffmpeg/, 'ffmpeg -v error -y')
  .replace(/playbin/, 'playbin video-sink=fakesink audio-sink=fakesink');

async function runLine(line, folder) {
  const env = { ...process.env, ...HEADLESS, PATH: `${path.join(folder, 'bin')}:${process.env.PATH}` };
  const { stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', adapt(line)],
    { cwd: folder, env, timeout: COMMAND_MS, killSignal: 'SIGKILL', maxBuffer: 16 << 20 });

  assert.doesNotMatch(stderr, /error|invalid|corrupt/i, line);
  return stdout;
}

// Access units as they were before they were packaged, for the muxers differ.
const pictureHash = async (file) => (await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v:0', '-c', 'copy',
  '-bsf:v', 'h264_mp4toannexb', '-f', 'md5', '-'])).stdout;

const readLines = (page) => page.locator('#commands li').evaluateAll((items) =>
  items.map((item) => [item.querySelector('h3').textContent, item.querySelector('pre').textContent]));

// makes: what file a line writes.
const MAKES = {
  'Decrypt with ffmpeg': (name) => `${name}.mp4`,
  'Into one file with ffmpeg': (name) => `${name}.mp4`,
  'Decrypt with GStreamer': (name) => `${name}-video.mp4`,
};

async function makeFolder(name) {
  const folder = path.join(service.home, name);

  await fs.mkdir(path.join(folder, 'bin'), { recursive: true });
  await fs.symlink(process.env.HABERDASH, path.join(folder, 'bin', 'haberdash'));
  await fs.writeFile(path.join(folder, 'token.txt'), `Authorization: Bearer ${TOKEN}\n`, { mode: 0o600 });
  return folder;
}

for (const [name, titles] of Object.entries({ plain: 8, ladder: 8, single: 8, clear: 6 })) {
  it(`has command lines that work: ${name}`, () => withPlayer(ids[name], async (page) => {
    await page.locator('#more').waitFor();
    const folder = await makeFolder(name);
    const lines = await readLines(page);
    const secrets = [TOKEN, ...Object.values(KEYS).map(({ key }) => key)];
    assert.equal(lines.length, titles);
    for (const [title, line] of lines)
      assert.ok(secrets.every((secret) => !line.includes(secret)), title);

    for (const [title, line] of lines) {
      const said = await runLine(line, folder);
      if (title === 'What is known of it')
        assert.equal(JSON.parse(said).packaged_content_id, ids[name]);
      if (title === 'Look for faults in them')
        assert.match(said, /0 errors, 0 warnings/);
      if (title in MAKES && name !== 'ladder')
        assert.equal(await pictureHash(path.join(folder, MAKES[title](`package-${ids[name]}`))),
          await pictureHash(film), title);
    }
    if (name !== 'clear')
      assert.equal((await fs.stat(path.join(folder, `package-${ids[name]}.keys`))).mode & 0o777, 0o600);
  }));
}

it('copies them', () => withPlayer(ids.plain, async (page) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy: Address, DASH' }).click();
  await page.getByRole('button', { name: 'Copy: Address, DASH' }).getByText('Copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /\/dash\/stream\.mpd$/);
  assert.equal((await fetch(copied)).status, 200, 'it is signed');
}));

// --- where it does not play ------------------------------------------------

const ownAddress = () => Object.values(os.networkInterfaces()).flat()
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

it('says what to do where the page is not secure', { skip: ownAddress() ? false : 'no address but loopback' }, async () => {
  const elsewhere = (address) => address.replace('127.0.0.1', ownAddress());
  const there = { ...service, api: elsewhere(service.api), delivery: elsewhere(service.delivery) };
  const { page, complaints, close } = await openPage(browser, there);
  await page.goto(`${there.api}/packaged_content/${ids.plain}/player`);
  await verdict(page, 'bad');
  const text = await page.locator('#verdict').textContent();
  assert.match(text, /HTTPS or from this very machine/);
  assert.ok(text.includes(`ssh -L ${new URL(service.api).port}:localhost:`));
  assert.ok(await page.getByLabel('Play without the key').isDisabled());
  await page.getByRole('button', { name: 'Copy: Tunnel' }).click();
  await page.getByRole('button', { name: 'Copy: Tunnel' }).getByText('Copied').waitFor();
  assert.ok((await readLines(page))[0][1].includes(ownAddress()));

  await page.goto(`${there.api}/packaged_content/${ids.clear}/player`);
  await verdict(page, 'good');
  assert.deepEqual(complaints, []);
  await close();
});

it('says in words why it stops', () => withPlayer(ids.single, async (page) => {
  await page.route('**/video_0/**', (route) => route.fulfill({ status: 403 }));
  await page.reload();
  await verdict(page, 'bad');
  assert.match(await page.locator('#verdict').textContent(), /Load this page again/);
}, { expected: [/status of 403/, /Payload length/] }));

it('says that a browser has no keys to give', () => withPlayer(ids.plain, async (page) => {
  await verdict(page, 'bad');
  assert.match(await page.locator('#verdict').textContent(), /Encrypted Media Extensions/);
}, { initScript: () => delete Navigator.prototype.requestMediaKeySystemAccess }));

it('follows a package until it plays', async () => {
  const input = (await ask('/input_content'))[0].input_content_id;
  const { id, goOn } = await hold(service, () => order(input, PACKAGES.ladder, 0));
  await withPlayer(id, async (page) => {
    await page.locator('#working progress').waitFor();
    goOn();
    await verdict(page, 'good');
    assert.ok(await page.locator('#working').isHidden());
  });
});

// The bytes of an input that nobody should touch are cut off.
async function damage(input) {
  const folder = path.join(service.home, 'data', 'inputs');
  const names = await fs.readdir(folder, { recursive: true });
  const files = await Promise.all(names.map(async (name) => ({ name, stat: await fs.stat(path.join(folder, name)) })));
  const { size } = (await ask(`/input_content/${input}`));

  for (const { name, stat } of files) {
    if (stat.isFile() && stat.size === size)
      await fs.truncate(path.join(folder, name), 1000);
  }
}

it('says why a package failed', async () => {
  const data = Buffer.concat([await fs.readFile(film), Buffer.from([0xec, 0x81, 0x00])]); // an EBML Void more
  const input = await upload('broken.mkv', data);
  await damage(input);
  const { packaged_content_id: id, reason, status } = await order(input, { encrypt: 'none' });
  assert.equal(status, 'Failed');
  await withPlayer(id, async (page) => {
    await page.locator('#working .notice.bad').waitFor();
    assert.ok((await page.locator('#working').textContent()).includes(reason));
    assert.ok(await page.locator('#stage').isHidden());
  });
});

it('has no player for what is not there', () => withPlayer(4711, async (page) => {
  assert.match(await page.locator('main').textContent(), /404.*package/s);
}, { expected: [/status of 404/] }));
