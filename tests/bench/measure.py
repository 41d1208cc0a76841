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
import resource
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


def run_batch(desk, make_command, n, at_once):
    """Wall and CPU seconds of n, so many of them at a time. What all of them write
    stays until the end: one that may fill the pages that another let go of needs
    no fresh ones, which those that write at a time do."""
    waiting, running = [desk.new_output() for _ in range(n)], []
    outs = list(waiting)
    os.sync()
    with open(desk.folder / 'log', 'w+', encoding='utf-8') as log:
        before, started = cpu_of_children(), time.monotonic()
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(start(make_command(waiting.pop(0)), log))
            child = running.pop(0)
            if child.wait(RUN_LIMIT_S) != 0:
                fail(make_command(Path('…')), child.returncode, log)
        result = {'wall': time.monotonic() - started,
                  'cpu': cpu_of_children() - before}
    for out in outs:
        desk.empty(out)
    return result


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
