#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what a run of `meson test` did: count-tests.py LOGS STATUS.

Meson counts programs; this counts the cases inside them. A program that
failed although all its cases passed (it crashed, it took too long) is one
more failure. Ends with status 1 where anything failed.
"""
import json
import sys
import xml.etree.ElementTree as et

BAD = ('FAIL', 'TIMEOUT', 'ERROR', 'INTERRUPT', 'UNEXPECTEDPASS')


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
