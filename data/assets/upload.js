// SPDX-License-Identifier: LGPL-2.1-or-later
// The upload form with progress. Without this the form posts by itself.

import { ApiError, errorFrom, gopsPath } from './api.js';
import { byId, el, errorNotice, show } from './dom.js';
import { bytes, percent, remaining } from './format.js';
import { mountPackageForm } from './package-form.js';

const RATE_WINDOW_MS = 4000;

const form = byId('upload');
const field = byId('file');
const transfer = byId('transfer');
let running = null;

// Bytes a second over the last seconds, so that a stall shows soon.
function rateMeter() {
  const marks = [];

  return (sent) => {
    const now = performance.now();
    marks.push([now, sent]);
    while (marks.length > 2 && now - marks[0][0] > RATE_WINDOW_MS)
      marks.shift();
    const [time, before] = marks[0];
    return now > time ? (sent - before) * 1000 / (now - time) : NaN;
  };
}

// Resolves with the answer's JSON. fetch() cannot tell how much has left.
function send(file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = running = new XMLHttpRequest();
    const data = new FormData();

    data.append('file', file, file.name);
    request.open('POST', '/input_content');
    request.setRequestHeader('Accept', 'application/json');
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.onload = () => (request.status < 300
      ? resolve(JSON.parse(request.responseText))
      : reject(errorFrom(request.status, request.responseText)));
    request.onerror = () => reject(new ApiError(0, 'The upload broke off',
      'The connection was closed before the whole file had arrived. Nothing of it was kept; try again.'));
    request.onabort = () => reject(new ApiError(0, 'Upload cancelled', 'Nothing of the file was kept.'));
    request.send(data);
  });
}

function showProgress(file) {
  const rate = rateMeter();
  const bar = byId('bar');

  bar.value = 0;
  byId('sending').textContent = file.name;
  return (sent, total) => {
    const speed = rate(sent);

    bar.value = sent / total;
    if (sent >= total) {
      bar.removeAttribute('value');
      byId('state').textContent = 'All sent. The service reads what is in it…';
      return;
    }
    byId('state').textContent = [`${percent(sent / total)} of ${bytes(total)}`,
      Number.isFinite(speed) ? `${bytes(speed)}/s` : '',
      speed > 0 ? remaining((total - sent) / speed) : ''].filter(Boolean).join(' · ');
  };
}

function finished(answer, name) {
  show(form, false);
  show(byId('done'));
  byId('done-head').textContent = name;
  byId('done-id').textContent = `input_content_id: ${answer.input_content_id}`;
  byId('done-gops').href = gopsPath(answer.name ?? name);
  mountPackageForm(byId('make-form'), answer.input_content_id);
  byId('done-head').focus();
}

async function upload(file) {
  byId('trouble').replaceChildren();
  if (file.size === 0) {
    byId('trouble').replaceChildren(errorNotice(new ApiError(0, 'This file is empty',
      'There is nothing in it that could be processed. Choose another file.')));
    return;
  }
  show(form, false);
  show(transfer);
  try {
    const answer = await send(file, showProgress(file));
    show(transfer, false);
    finished(answer, file.name);
  } catch (error) {
    show(transfer, false);
    show(form);
    form.reset();
    byId('trouble').replaceChildren(explain(error, file));
  }
  running = null;
}

function explain(error, file) {
  const notice = errorNotice(error);

  if (error.status === 409)
    notice.append(el('p', {}, el('a', { href: gopsPath(file.name) }, `The video that is called ${file.name} now`)));
  return notice;
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
    if (!running && !form.hidden && event.dataTransfer.files.length)
      upload(event.dataTransfer.files[0]);
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (field.files.length)
    upload(field.files[0]);
  else
    field.click();
});
field.addEventListener('change', () => field.files.length && upload(field.files[0]));
byId('cancel').addEventListener('click', () => running?.abort());
addEventListener('beforeunload', (event) => running && event.preventDefault());
show(byId('drop-hint'));
show(byId('send'), false);
takeDrops();
