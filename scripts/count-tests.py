#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what runs of `meson test` did.

    count-tests.py count STATUS LOG [LOG...]
    count-tests.py unsteady LOG

LOG is what meson wrote, without its ending: build/meson-logs/testlog.

count: meson counts programs; this counts the cases inside them. A program that
failed although all its cases passed (it crashed, it took too long) is one more
failure. STATUS is meson's. What later logs say of a program replaces what the
first said. Ends with status 1 where anything failed.

unsteady: prints `SUITE NAME` of each program that failed and that may try once
more, by itself: those that wait for other programs, and that a machine which is
busy with something else can upset. Nothing is printed where more than three
failed: that is no accident.
"""
import itertools
import json
import re
import sys
import xml.etree.ElementTree as et

BAD = ('FAIL', 'TIMEOUT', 'ERROR', 'INTERRUPT', 'UNEXPECTEDPASS')
MAY_TRY_AGAIN = ('browser', 'interop', 'launcher')
MOST_ACCIDENTS = 3
REASON_LINES = 6

# XML 1.0 has no way to write these; meson copies what a program printed.
NOT_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')


def read_cases(path):
    """The cases of each program, by the name that the other log has too."""
    with open(path, encoding='utf-8', errors='replace') as file:
        root = et.fromstring(NOT_XML.sub('\ufffd', file.read()))
    cases = {}
    for case in root.iter('testcase'):
        program = case.get('classname').split('.', 1)[-1]
        cases.setdefault(program, []).append(case)
    return cases


def read_programs(log):
    """The programs of a run by name, each with its cases."""
    cases = read_cases(f'{log}.junit.xml')
    with open(f'{log}.json', encoding='utf-8') as file:
        programs = [json.loads(line) for line in file]
    return {program['name']: {**program,
                              'cases': cases.get(program['name'], [])}
            for program in programs}


def reason(output, name):
    """What a program that speaks TAP said of a case that failed: the comments
    in front of it, from their beginning."""
    lines = output.splitlines()
    number = name.split(' ', 1)[0]
    at = next((i for i, line in enumerate(lines)
               if line.startswith(f'not ok {number} ')), 0)
    said = list(itertools.takewhile(lambda line: line.startswith('#'),
                                    reversed(lines[:at])))
    return said[::-1][:REASON_LINES]


def count_program(program):
    """(passed, failed, skipped); prints what failed and why."""
    name = program['name']
    passed = failed = skipped = 0
    for case in program['cases']:
        if case.find('skipped') is not None:
            skipped += 1
        elif (case.find('failure') is not None
              or case.find('error') is not None):
            failed += 1
            print(f'FAILED  {name}: {case.get("name")}')
            for line in reason(program['stdout'], case.get('name')):
                print(f'        {line}')
        else:
            passed += 1
    if program['result'] in BAD and failed == 0:
        failed = 1
        print(f'FAILED  {name}: {program["result"]}')
    elif not program['cases']:
        passed += program['result'] == 'OK'
        skipped += program['result'] == 'SKIP'
    return passed, failed, skipped


def count(status, logs):
    try:
        programs, *again = [read_programs(log) for log in logs]
    except (OSError, et.ParseError, ValueError) as error:
        print(f'no tests were run: {error}')
        programs, again = {}, []

    for name, program in itertools.chain(*(run.items() for run in again)):
        count_program(programs[name])
        print(f'AGAIN   {name}: by itself it is {program["result"]}')
        programs[name] = program

    counts = [count_program(program) for program in programs.values()]
    passed, failed, skipped = map(sum, zip((0, 0, 0), *counts))
    if failed == 0 and (not programs or (status != 0 and not again)):
        failed = 1
    print(f'{passed} passed, {failed} failed'
          + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed else 0


def unsteady(log):
    try:
        programs = read_programs(log)
    except (OSError, et.ParseError, ValueError):
        return 0
    bad = [name for name, program in programs.items()
           if program['result'] in BAD]
    # PROJECT:SUITE+SUITE / NAME
    named = [re.fullmatch(r'[^:]*:(\S+) / (.+)', name) for name in bad]
    wanted = [(match[1].split('+')[0], match[2]) for match in named if match]
    if len(bad) <= MOST_ACCIDENTS and len(wanted) == len(bad):
        for suite, name in wanted:
            if suite in MAY_TRY_AGAIN:
                print(suite, name)
    return 0


if __name__ == '__main__':
    if sys.argv[1] == 'unsteady':
        sys.exit(unsteady(sys.argv[2]))
    sys.exit(count(int(sys.argv[2]), sys.argv[3:]))
