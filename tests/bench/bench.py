#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packages one file with several programs, side by side.

Every program does the same work: CBCS for the video, the sound in the clear,
segments of four seconds, a DASH manifest. The runs alternate, so that what
else the machine does meets all of them; the table shows medians. The input
is in the page cache, and what an earlier run wrote is on the disk, before
the clock starts. Of two runs in a row the second counts: a virtual machine
gives idle memory back to its host within seconds, and the next to fill the page
cache waits for it, for longer than packaging takes. `cp` is the floor.

The environment has to name the plug-ins and the program: tests/bench/run does
that.
"""
import argparse
import json
import os
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHAKA = HERE.parent / 'node_modules/shaka-packager/bin' / (
    'packager-linux-' + {'x86_64': 'x64', 'aarch64': 'arm64'}.get(
        platform.machine(), platform.machine()))
RUN_LIMIT_S = 600
LOOP_S = 25


def ffmpeg(*args):
    subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', '-y', *args],
                   check=True, timeout=RUN_LIMIT_S)


def make_input(folder, seconds):
    """A 720p25 file of 5 Mbit/s: one short encoding, repeated."""
    loop, movie = folder / 'loop.mp4', folder / 'movie.mp4'
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25,noise=alls=12',
           '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
           '-t', str(LOOP_S),
           '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50',
           '-pix_fmt', 'yuv420p', '-b:v', '5M', '-minrate', '5M',
           '-maxrate', '5M', '-bufsize', '5M', '-x264-params', 'nal-hrd=cbr',
           '-c:a', 'aac', '-b:a', '128k', '-ac', '2', str(loop))
    ffmpeg('-stream_loop', str(max(seconds // LOOP_S - 1, 0)),
           '-i', str(loop), '-c', 'copy', str(movie))
    loop.unlink()
    return movie


def contenders(movie, folder):
    """name: (command for an output folder)"""
    kid, key = secrets.token_hex(16), secrets.token_hex(16)
    key_file = folder / 'key.hex'
    key_file.write_text(key + '\n')
    key_file.chmod(0o600)

    def line(out):
        return ('gst-launch-1.0 -q cencdashsink name=dash '
                f'location={out}/stream.mpd '
                f'filesrc location={movie} ! parsebin name=in '
                'in. ! video/x-h264 ! gopsplit ! '
                f'cbcsenc kid={kid} key-file={key_file} ! dash.video_0 '
                'in. ! audio/mpeg ! dash.audio_0').split()

    def shaka(out):
        tracks = [
            f'in={movie},stream={kind},{extra}'
            f'init_segment={out}/{kind}/init.mp4,'
            f'segment_template={out}/{kind}/$Number$.m4s'
            for kind, extra in (('video', ''), ('audio', 'skip_encryption=1,'))]
        return [str(SHAKA), '--quiet', *tracks, '--segment_duration', '4',
                '--generate_static_live_mpd', '--mpd_output',
                f'{out}/stream.mpd', '--enable_raw_key_encryption',
                '--protection_scheme', 'cbcs', '--clear_lead', '0',
                '--keys', f'label=:key_id={kid}:key={key}']

    return {
        'haberdash package': lambda out: [
            'haberdash', 'package', str(movie), str(out), '--kid', kid,
            '--key-file', str(key_file), '--segment-duration', '4'],
        'gst-launch line': line,
        'Shaka Packager': shaka,
        'cp': lambda out: ['cp', str(movie), f'{out}/copy.mp4'],
    }


def measure(command, out):
    """Wall and CPU seconds, peak resident MB of the largest process."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    os.sync()
    with open(f'{out}.log', 'w+', encoding='utf-8') as log:
        start = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log)
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            wall = time.monotonic() - start
            if pid:
                break
            if wall > RUN_LIMIT_S:
                child.kill()
            time.sleep(0.002)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            log.seek(0)
            sys.exit(f'{command[0]} ended with {child.returncode}:\n'
                     + log.read()[-4000:])
    written = sum(f.stat().st_size for f in out.rglob('*') if f.is_file())
    return {'wall': wall, 'cpu': usage.ru_utime + usage.ru_stime,
            'rss': usage.ru_maxrss / 1024, 'written': written / 1e6}


def rotated(items, turn):
    """Nobody is always the first, or always behind the same other one."""
    turn %= len(items)
    return items[turn:] + items[:turn]


def median(runs):
    return {what: statistics.median(run[what] for run in runs)
            for what in runs[0]}


def print_table(results):
    shaka = results.get('Shaka Packager')
    print(f'{"":20}{"wall s":>9}{"CPU s":>9}{"RSS MB":>9}{"MB out":>9}'
          f'{"/ Shaka":>10}{"/ cp":>8}')
    for name, row in results.items():
        ratios = [row['wall'] / other['wall'] if other else float('nan')
                  for other in (shaka, results.get('cp'))]
        print(f'{name:20}{row["wall"]:9.2f}{row["cpu"]:9.2f}{row["rss"]:9.0f}'
              f'{row["written"]:9.0f}{ratios[0]:10.2f}{ratios[1]:8.2f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=1200,
                        help='length of the input (%(default)s)')
    parser.add_argument('--input', type=Path, help='a file of your own')
    parser.add_argument('--folder', type=Path,
                        help='where to work; the system\'s temporary folder')
    parser.add_argument('--json', type=Path, help='all figures, to this file')
    parser.add_argument('--limit', type=float,
                        help='fail where haberdash takes more than this part '
                             'of the time of Shaka Packager')
    options = parser.parse_args()

    folder = Path(tempfile.mkdtemp(prefix='haberdash-bench-',
                                   dir=options.folder))
    try:
        movie = options.input or make_input(folder, options.seconds)
        print(f'{movie.stat().st_size / 1e6:.0f} MB, {options.runs} runs each, '
              f'{os.cpu_count()} processors')
        runs = {}
        commands = contenders(movie.resolve(), folder)
        for turn in range(options.runs):
            for name, command in rotated(list(commands.items()), turn):
                out = folder / 'out'
                measure(command(out), out)
                runs.setdefault(name, []).append(measure(command(out), out))
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    results = {name: median(rows) for name, rows in runs.items()}
    print_table(results)
    ratio = (results['haberdash package']['wall']
             / results['Shaka Packager']['wall'])
    if options.json:
        options.json.write_text(json.dumps(
            {'medians': results, 'runs': runs, 'ratio': ratio}, indent=2))
    if options.limit and ratio > options.limit:
        sys.exit(f'{ratio:.2f} x Shaka Packager; the limit is {options.limit}')


if __name__ == '__main__':
    main()
