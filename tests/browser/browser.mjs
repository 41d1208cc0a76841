// SPDX-License-Identifier: LGPL-2.1-or-later
// Chromium without a screen, and pages that watch what they should not do.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// By require(), which also looks where NODE_PATH says.
const { chromium } = createRequire(import.meta.url)('playwright-core');

// How long a page may take for anything, on a machine that is busy.
const PATIENCE_MS = 60_000;

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    chromiumSandbox: false,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--autoplay-policy=no-user-gesture-required'],
  });
}

// As a person would, on the page; what counts is the cookie.
async function signIn(context, { api, token }) {
  const answer = await context.request.post(`${api}/sign-in`, { form: { token }, maxRedirects: 0 });
  if (answer.status() !== 303)
    throw new Error(`Signing in gave status ${answer.status()}`);
}

// A page whose complaints are the errors on its console, and the requests that
// leave the service; signed in where it asks for a token. expected: patterns of complaints that belong to the test;
// initScript: runs in the page before its own scripts.
export async function openPage(browser, service, { expected = [], initScript, ...options } = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints = [];
  if (service.token)
    await signIn(context, service);
  if (initScript)
    await page.addInitScript(initScript);
  const complain = (text) => expected.some((pattern) => pattern.test(text)) || complaints.push(text);
  const own = [service.api, service.delivery].map((address) => new URL(address).origin);

  page.on('console', (message) => ['error', 'warning'].includes(message.type()) &&
    complain(`console: ${message.text()} ${message.location().url}`));
  page.on('pageerror', (error) => complain(`page: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && !own.includes(url.origin))
      complain(`request: ${request.url()}`);
  });
  return { page, complaints, close: () => context.close() };
}

// A function that opens the page at an address, runs work with it, and looks at
// what the page complained about. prepare: runs before the page is opened.
export function walker(browser, service) {
  return async (address, work, { prepare, ...options } = {}) => {
    const { page, complaints, close } = await openPage(browser, service, options);

    try {
      await prepare?.(page);
      await page.goto(new URL(address, service.api).href);
      await work(page);
      assert.deepEqual(complaints, []);
    } finally {
      await close();
    }
  };
}
