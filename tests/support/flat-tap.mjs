// SPDX-License-Identifier: LGPL-2.1-or-later
// A reporter for Node's test runner: one line of TAP a test, as meson reads it.
// Node's own has subtests and YAML, which meson's reader takes for noise, and
// hands on whatever bytes a program printed, which JUnit's XML cannot hold.
//
// Why a test failed stands in comments in front of its line, as GLib has it.

const REASON_LINES = 40;

// Nothing but printable text; what is a comment to TAP must not be in a name.
const clean = (text) => text.replaceAll(/\p{Cc}/gu, '�');
const cleanName = (text) => clean(text).replaceAll('#', '＃');

// error.cause is what the test threw; error itself is the runner's.
const explain = ({ error }) => {
  const cause = error?.cause ?? error;
  const text = cause?.stack ?? String(cause?.message ?? cause);
  return text.split('\n').slice(0, REASON_LINES)
    .map((line) => `# ${clean(line.trimEnd())}\n`).join('');
};

export default async function* flatTap(source) {
  const path = []; // names from the outermost test to the one that runs
  let count = 0;

  yield 'TAP version 13\n';
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      path.length = data.nesting;
      path.push(data.name);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const good = type === 'test:pass';
      const name = cleanName([...path.slice(0, data.nesting), data.name].join(', '));
      const skip = data.skip === undefined || data.skip === false ? '' :
        ` # SKIP ${data.skip === true ? '' : clean(data.skip)}`;

      count += 1;
      yield good ? '' : explain(data.details);
      yield `${good ? 'ok' : 'not ok'} ${count} - ${name}${skip}\n`;
    } else if (type === 'test:diagnostic') {
      yield `# ${clean(data.message)}\n`;
    }
  }
  yield `1..${count}\n`;
}
