// SPDX-License-Identifier: LGPL-2.1-or-later
// Packages as they change: told by server-sent events, asked for again and again
// while there is no stream.

import { get, isFinal, packagePath } from './api.js';

const POLL_MS = 1000;
const HIDDEN_POLL_MS = 10_000;
const OPEN_AGAIN_MS = 15_000;

// Keeps a stream open until close() is called. handlers: by the name of an
// event, with its data. poll: asks for what the stream would have told; while
// it is broken again and again, and once when it is back.
function keepStream(path, handlers, poll) {
  let source, timer, again, closed = false;

  const askAgain = async () => {
    clearTimeout(timer);
    await poll();
    if (!closed && source.readyState !== EventSource.OPEN)
      timer = setTimeout(askAgain, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
  };
  const open = () => {
    source = new EventSource(path);
    for (const [name, handle] of Object.entries(handlers))
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    source.onopen = () => timer !== undefined && askAgain();
    source.onerror = () => {
      if (closed)
        return;
      timer ?? askAgain();
      // Refused, and not only broken: EventSource itself does not come again.
      if (source.readyState === EventSource.CLOSED)
        again = setTimeout(open, OPEN_AGAIN_MS);
    };
  };

  open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(again);
      source.close();
    },
  };
}

// onItem is called with each package that has changed, onRemoved with the id of
// one that was deleted; reload loads everything anew and never throws.
export function followPackages({ onItem, onRemoved, reload }) {
  return keepStream('/packaged_content/events', {
    status: onItem,
    progress: onItem,
    removed: (data) => onRemoved(data.packaged_content_id),
    reset: reload,
  }, reload);
}

// Follows one package until it is in a final status, with which it resolves;
// onChange is called with each state of it, onTrouble with an error while the
// service does not answer, and null when it does again. Stops when isWanted no
// longer holds; rejects where there is no such package.
export function watchPackage(id, onChange, onTrouble = () => {}, isWanted = () => true) {
  return new Promise((resolve, reject) => {
    let item = null;

    const end = (settle, value) => {
      stream.close();
      settle(value);
    };
    const take = (now) => {
      item = now;
      onTrouble(null);
      onChange(item);
      if (isFinal(item) || !isWanted())
        end(resolve, item);
    };
    const ask = async () => {
      try {
        take(await get(packagePath(id)));
      } catch (error) {
        if (error.status === 0 || error.status >= 500)
          onTrouble(error);
        else
          end(reject, error);
      }
    };
    const stream = keepStream(`${packagePath(id)}/events`,
      { status: take, progress: take, removed: ask }, ask);
  });
}
