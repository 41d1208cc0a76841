// SPDX-License-Identifier: LGPL-2.1-or-later
// The upload page: several files, each on its own. Without this the form posts
// one by itself.

import { get } from './api.js';
import { byId, el, show } from './dom.js';
import { bytes } from './format.js';
import { dropAt, forget, remembered } from './tus.js';
import { UploadRow } from './upload-row.js';

const AT_ONCE = 2;

const form = byId('upload');
const field = byId('file');
const rows = [];

// Sends what waits, the first first.
function next() {
  const running = rows.filter((row) => row.status === 'running').length;

  for (const row of rows.filter((one) => one.status === 'waiting').slice(0, Math.max(0, AT_ONCE - running)))
    row.run().then(next);
  show(byId('transfers'), rows.some((row) => row.status !== 'gone'));
}

function add(files) {
  for (const file of files) {
    const row = new UploadRow(file, { onWanted: next,
      onSaid: (text) => { byId('said').textContent = text; } });
    rows.push(row);
    byId('list').append(row.node);
  }
  next();
  showUnfinished();
}

function takeChosen() {
  add(field.files);
  form.reset();
}

// A drop anywhere on the page counts: beside the box the browser would leave
// the page and open the file.
function takeDrops() {
  const over = (on) => form.classList.toggle('over', on);

  addEventListener('dragover', (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener('dragleave', (event) => event.relatedTarget ?? over(false));
  addEventListener('drop', (event) => {
    event.preventDefault();
    over(false);
    add(event.dataTransfer.files);
  });
}

/* --- what was begun on another visit ------------------------------------ */

function unfinishedRow(upload, state) {
  const row = el('li', { class: 'unfinished' },
    el('span', {}, el('b', {}, upload.name), ` ${bytes(state.offset)} of ${bytes(upload.size)} have arrived`),
    el('button', { type: 'button', class: 'small-button', 'aria-label': `Drop ${upload.name}`, onclick: async () => {
      forget(upload);
      await dropAt(upload.url).catch(() => {});
      showUnfinished();
    } }, 'Drop it'));

  return row;
}

async function showUnfinished() {
  const list = [];

  for (const upload of remembered()) {
    if (rows.some((row) => row.has(upload)))
      continue;
    const state = await get(upload.url).catch((error) => error);
    if (state.status === 404 || state.status === 'done')
      forget(upload);
    else if (!(state instanceof Error))
      list.push(unfinishedRow(upload, state));
  }
  byId('unfinished-list').replaceChildren(...list);
  show(byId('unfinished'), list.length > 0);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  field.click();
});
field.addEventListener('change', takeChosen);
addEventListener('beforeunload', (event) =>
  rows.some((row) => row.status === 'running') && event.preventDefault());
field.multiple = true;
byId('choose').textContent = 'Choose video files';
show(byId('drop-hint'));
show(byId('send'), false);
takeDrops();
takeChosen(); // by who was faster than this script
