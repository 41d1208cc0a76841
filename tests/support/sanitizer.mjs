// SPDX-License-Identifier: LGPL-2.1-or-later
// What tests must know of a program that is looked at while it runs
// (scripts/sanitize): how it is started, that it is slower, what it says when a
// fault was found.

// address, thread or memcheck; empty without any
export const sanitizer = process.env.HABERDASH_SANITIZER ?? '';

// In front of the program's own words.
export const wrapper = (process.env.HABERDASH_WRAPPER ?? '').split(' ').filter(Boolean);

// How many times as long as usual one waits.
export const patience = { memcheck: 20, thread: 6, address: 4 }[sanitizer] ?? 1;

// Why a test of limits on memory is skipped, or false.
export const takesMemory = sanitizer && 'a sanitizer has tables in memory that are more than the limit';

// Whole stacks of what is lost take a service too long to find: HABERDASH_STACK
// frames of each.
export const serviceEnv = sanitizer === 'address' ? { ...process.env,
  ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:malloc_context_size=${process.env.HABERDASH_STACK ?? 6}` }
  : process.env;

// Of programs whose children crash because they were told to.
export const crashEnv = sanitizer && Object.fromEntries(['ASAN_OPTIONS', 'TSAN_OPTIONS'].map((name) =>
  [name, `${serviceEnv[name] ?? ''}:handle_segv=0`]));

const REPORT = /^.*(?:runtime error: |(?:ERROR|WARNING): \w+Sanitizer: |^==\d+== (?:Invalid |Conditional jump|Use of uninit|Syscall param|[\d,]+ .*bytes in .* lost|Process terminating)|LeakSanitizer has encountered).*$/m;
const REPORT_LENGTH = 6000;

// (nullable): from the first report in what programs wrote on.
export const reportIn = (log) => {
  const found = REPORT.exec(log);
  return found && log.slice(found.index, found.index + REPORT_LENGTH);
};
