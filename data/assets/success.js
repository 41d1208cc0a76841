// SPDX-License-Identifier: LGPL-2.1-or-later

import { get, inputPath } from './api.js';
import { byId, errorNotice } from './dom.js';
import { mountPackageForm } from './package-form.js';

try {
  await mountPackageForm(byId('make-form'), await get(inputPath(byId('input').dataset.id)));
} catch (error) {
  byId('make-form').replaceChildren(errorNotice(error));
}
