// SPDX-License-Identifier: LGPL-2.1-or-later

import { byId } from './dom.js';
import { mountPackageForm } from './package-form.js';

mountPackageForm(byId('make-form'), Number(byId('input').dataset.id));
