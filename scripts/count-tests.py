#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what a run of `meson test` did: count-tests.py LOGS STATUS.

Meson counts programs; this counts the cases inside them. A program that
failed although all its cases passed (it crashed, it took too long) is one
more failure. Ends with status 1 where anything failed.
"""
import itertools
import json
import sys
import xml.etree.ElementTree as et

BAD = ('FAIL', 'TIMEOUT', 'ERROR', 'INTERRUPT', 'UNEXPECTEDPASS')


REASON_LINES = 6


def reason(output, name):
    """What a program that speaks TAP said of a case that failed.

    Node's test runner tells it behind the case, GLib in comments before it.
    """
    lines = output.splitlines()
    number = name.split(' ', 1)[0]
    at = next((i for i, line in enumerate(lines)
               if line.startswith(f'not ok {number} ')), None)
    if at is None:
        return []
    behind = [line.strip() for line in
              itertools.takewhile(lambda line: line.strip() != '...',
                                  lines[at + 1:])]
    error = next((i for i, line in enumerate(behind)
                  if line.startswith('error:')), None)
    if error is not None:
        return [line for line in behind[error:error + REASON_LINES] if line]
    said = []
    for line in reversed(lines[:at]):
        if not line.startswith('#'):
            break
        said.insert(0, line)
    return said[-REASON_LINES:]


def main(logs, status):
    cases = {}
    try:
        for case in et.parse(f'{logs}/testlog.junit.xml').iter('testcase'):
            # PROJECT.PROGRAM, with the name that the other log has too.
            program = case.get('classname').split('.', 1)[-1]
            cases.setdefault(program, []).append(case)
        with open(f'{logs}/testlog.json', encoding='utf-8') as log:
            programs = [json.loads(line) for line in log]
    except (OSError, et.ParseError) as error:
        print(f'no tests were run: {error}')
        programs = []

    passed = failed = skipped = 0
    for program in programs:
        name = program['name']
        bad = good = 0
        for case in cases.get(name, []):
            if case.find('skipped') is not None:
                skipped += 1
            elif (case.find('failure') is not None
                  or case.find('error') is not None):
                bad += 1
                print(f'FAILED  {name}: {case.get("name")}')
                for line in reason(program['stdout'], case.get('name')):
                    print(f'        {line}')
            else:
                good += 1
        if program['result'] in BAD and bad == 0:
            bad = 1
            print(f'FAILED  {name}: {program["result"]}')
        elif not cases.get(name):
            good += program['result'] == 'OK'
            skipped += program['result'] == 'SKIP'
        passed += good
        failed += bad

    if failed == 0 and (status != 0 or not programs):
        failed = 1
    print(f'{passed} passed, {failed} failed'
          + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
