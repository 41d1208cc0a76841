// SPDX-License-Identifier: LGPL-2.1-or-later
// What tests must know of a program that is looked at while it runs
// (scripts/sanitize): how it is started, that it is slower, what it says when a
// fault was found.

// address, thread or memcheck; empty without any
export const sanitizer = process.env.HABERDASH_SANITIZER ?? '';

// In front of the program's own words.
export const wrapper = (process.env.HABERDASH_WRAPPER ?? '').split(' ').filter(Boolean);

// What a service is told: valgrind 3.19 knows neither the system calls that confine a
// child nor the clone () that forks one, and takes many times the processor time.
export const serviceArgs = sanitizer === 'memcheck' ?
  ['--no-fork-server', '--sandbox=off', '--child-cpu-time', '0'] : [];

// How many times as long as usual one waits.
export const patience = { memcheck: 20, thread: 6, address: 4 }[sanitizer] ?? 1;

// Why a test of limits on memory is skipped, or false.
export const takesMemory = sanitizer && 'a sanitizer has tables in memory that are more than the limit';

// Whole stacks of what is lost take too long to find: HABERDASH_STACK frames of each,
// or as many as tell a library's own from ours.
const withFrames = (env, frames) => (sanitizer === 'address' ? { ...env,
  ASAN_OPTIONS: `${env.ASAN_OPTIONS ?? ''}:malloc_context_size=${process.env.HABERDASH_STACK ?? frames}` } : env);
export const serviceEnv = () => withFrames(process.env, 6);
export const programEnv = (env) => withFrames(env, 14);

// Of programs whose children crash because they were told to.
export const crashEnv = sanitizer && Object.fromEntries(['ASAN_OPTIONS', 'TSAN_OPTIONS'].map((name) =>
  [name, `${serviceEnv()[name] ?? ''}:handle_segv=0`]));

const REPORT = /^.*(?:runtime error: |(?:ERROR|WARNING): \w+Sanitizer: |^==\d+== (?:Invalid |Conditional jump|Use of uninit|Syscall param|[\d,]+ .*bytes in .* lost|Process terminating)|LeakSanitizer has encountered).*$/m;
const REPORT_LENGTH = 6000;

// (nullable): from the first report in what programs wrote on.
export const reportIn = (log) => {
  const found = REPORT.exec(log);
  return found && log.slice(found.index, found.index + REPORT_LENGTH);
};

// --- reports of programs that a test starts ---------------------------------

// Those that a test may not have seen, as it waits for an error or for nothing,
// fail its file.
const reports = [];
process.on('exit', () => {
  if (reports.length === 0)
    return;
  process.stderr.write(`${reports.join('\n')}\n`);
  process.exitCode = 1;
});

// What a program has written holds none.
export const assertNoReport = (...texts) => {
  for (const text of sanitizer ? texts : []) {
    const report = reportIn(text);
    if (report) {
      reports.push(report);
      throw new Error(report);
    }
  }
};

// What a program that is spawned writes its errors on, and who reads them there.
export const stderr = sanitizer ? 'pipe' : 'inherit';
export const follow = (child) => {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    process.stderr.write(text);
    log += text;
  });
  child.once('close', () => {
    const report = sanitizer && reportIn(log);
    if (report)
      reports.push(report);
  });
  return child;
};
