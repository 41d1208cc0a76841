// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of one input on which a package of it is asked for.

import { get, gopsPath, inputPath, packagePath } from './api.js';
import { byId, el, errorNotice, show } from './dom.js';
import { inputFacts, poster } from './input-card.js';
import { mountPackageForm } from './package-form.js';

const inputId = /\/input_content\/(\d+)\/package$/.exec(location.pathname)[1];
const likeId = new URLSearchParams(location.search).get('like');

try {
  const [input, like] = await Promise.all([get(inputPath(inputId)),
    likeId ? get(packagePath(likeId)).catch(() => null) : null]);

  document.title = `Package ${input.name} · Haberdash`;
  byId('name').textContent = input.name;
  byId('poster').replaceChildren(poster(input));
  byId('facts').replaceChildren(inputFacts(input),
    el('p', { class: 'buttons' }, el('a', { href: gopsPath(input.name) }, 'See its GOPs')));
  await mountPackageForm(byId('make-form'), input, like);
} catch (error) {
  byId('trouble').replaceChildren(errorNotice(error));
}
show(byId('loading'), false);
