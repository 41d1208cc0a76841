# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs of programs, measured.

What would favour or punish one of them is kept away. The input is in the page
cache, and what an earlier run wrote is on the disk, before the clock starts. Of
two runs in a row the second counts: a virtual machine gives idle memory back to
its host within seconds, and the next to fill the page cache waits for it, for
longer than packaging takes. Files of earlier runs are emptied and stay until the
end: ext4 passes over inodes that were freed a moment ago one by one, which costs
whoever creates 1,800 files behind somebody who removed as many a fifth of his
time.
"""
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from inputs import RUN_LIMIT_S


class Desk:
    """A folder to work in, with the room for one run's output."""

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1)

    def new_output(self):
        out = self.folder / f'out-{next(self.numbers)}'
        out.mkdir()
        return out

    @staticmethod
    def empty(out):
        for file in out.rglob('*'):
            if file.is_file():
                os.truncate(file, 0)

    def clear(self):
        for out in self.folder.glob('out-*'):
            shutil.rmtree(out)


def read_through(path):
    with open(path, 'rb', buffering=0) as file:
        while file.read(1 << 22):
            pass


def fail(command, status, log):
    log.seek(0)
    sys.exit(f'{" ".join(command)}\nended with {status}:\n'
             + log.read()[-4000:])


def wait_for(child, started):
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        wall = time.monotonic() - started
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return wall, usage
        if wall > RUN_LIMIT_S:
            child.kill()
        time.sleep(0.001)


def start(command, log):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                            stderr=log)


def run_once(desk, make_command):
    """Wall and CPU seconds, peak resident MB of the largest process."""
    out = desk.new_output()
    os.sync()
    with open(desk.folder / 'log', 'w+', encoding='utf-8') as log:
        command = make_command(out)
        started = time.monotonic()
        child = start(command, log)
        wall, usage = wait_for(child, started)
        if child.returncode != 0:
            fail(command, child.returncode, log)
    written = sum(f.stat().st_size for f in out.rglob('*') if f.is_file())
    desk.empty(out)
    return {'wall': wall, 'cpu': usage.ru_utime + usage.ru_stime,
            'rss': usage.ru_maxrss / 1024, 'written': written / 1e6}


def run_together(desk, make_command, n):
    """Wall seconds of so many at a time."""
    outs = [desk.new_output() for _ in range(n)]
    os.sync()
    with open(desk.folder / 'log', 'w+', encoding='utf-8') as log:
        started = time.monotonic()
        children = [start(make_command(out), log) for out in outs]
        for child in children:
            if child.wait(RUN_LIMIT_S) != 0:
                fail(make_command(Path('…')), child.returncode, log)
        wall = time.monotonic() - started
    for out in outs:
        desk.empty(out)
    return wall


def rotated(items, turn):
    """Nobody is always the first, or always behind the same other one."""
    turn %= len(items)
    return items[turn:] + items[:turn]


def alternate(desk, commands, runs, warm=True):
    """{name: [run]} of commands {name: function of an output folder}."""
    results = {name: [] for name in commands}
    for turn in range(runs):
        for name, command in rotated(list(commands.items()), turn):
            if warm:
                run_once(desk, command)
            results[name].append(run_once(desk, command))
        desk.clear()
    return results


def medians(runs):
    return {name: {what: statistics.median(run[what] for run in rows)
                   for what in rows[0]}
            for name, rows in runs.items()}
