#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures Haberdash beside other programs, which do the same work in turn; the
tables show medians. docs/performance.md says what they mean.

The environment has to name the plug-ins and the program: tests/bench/run does
that.
"""
import argparse
import json
import os
import platform
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import inputs
import measure

SHAKA = Path(__file__).resolve().parent.parent / (
    'node_modules/shaka-packager/bin/packager-linux-'
    + {'x86_64': 'x64', 'aarch64': 'arm64'}.get(platform.machine(),
                                                platform.machine()))
JOBS = 8


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.desk = measure.Desk(folder)
        self.results = {}
        self.kid, self.key = secrets.token_hex(16), secrets.token_hex(16)
        self.key_file = folder / 'key.hex'
        self.key_file.write_text(self.key + '\n')
        self.key_file.chmod(0o600)

    def film(self, name, seconds):
        film = inputs.make_film(self.options.films or self.folder, name,
                                seconds)
        measure.read_through(film)
        return film.resolve()

    # --- who takes part -----------------------------------------------------

    def package(self, film, *more):
        return lambda out: [
            'haberdash', 'package', str(film), str(out), '--quiet',
            '--segment-duration', '4',
            *(more or ('--kid', self.kid, '--key-file', str(self.key_file)))]

    def line(self, source, demuxer, video, audio):
        return lambda out: (
            'gst-launch-1.0 -q cencdashsink name=dash '
            f'location={out}/stream.mpd {source} ! '
            f'{demuxer} name=in {video} ! gopsplit ! '
            f'cbcsenc kid={self.kid} key-file={self.key_file} ! dash.video_0 '
            f'{audio} ! dash.audio_0').split()

    def lines(self, film, media_type):
        """The fastest, the same with filesrc, and with what finds its demuxer
        and parsers itself."""
        demuxed = ['qtdemux', 'in.video_0', 'in.audio_0']
        return {
            'line, blockfilesrc qtdemux': self.line(
                f'blockfilesrc location={film}', *demuxed),
            'line, filesrc qtdemux': self.line(
                f'filesrc location={film}', *demuxed),
            'line, filesrc parsebin': self.line(
                f'filesrc location={film}', 'parsebin',
                f'in. ! {media_type}', 'in. ! audio/mpeg'),
        }

    def shaka(self, film):
        def command(out):
            tracks = [
                f'in={film},stream={kind},{extra}'
                f'init_segment={out}/{kind}/init.mp4,'
                f'segment_template={out}/{kind}/$Number$.m4s'
                for kind, extra in (('video', ''),
                                    ('audio', 'skip_encryption=1,'))]
            return [str(SHAKA), '--quiet', *tracks, '--segment_duration', '4',
                    '--generate_static_live_mpd', '--mpd_output',
                    f'{out}/stream.mpd', '--enable_raw_key_encryption',
                    '--protection_scheme', 'cbcs', '--clear_lead', '0',
                    '--keys', f'label=:key_id={self.kid}:key={self.key}']
        return command

    @staticmethod
    def ffmpeg(film):
        return lambda out: [
            'ffmpeg', '-nostdin', '-v', 'error', '-i', str(film), '-c', 'copy',
            '-f', 'dash', '-seg_duration', '4', f'{out}/stream.mpd']

    @staticmethod
    def cp(film):
        return lambda out: ['cp', str(film), f'{out}/copy.mp4']

    @staticmethod
    def dd(film):
        """What a program in user space can do at best that reads the film and
        writes it, each once."""
        return lambda out: ['dd', f'if={film}', f'of={out}/copy.mp4',
                            'bs=512k', 'status=none']

    # --- what is measured ---------------------------------------------------

    def compare(self, title, film, commands, peer):
        runs = measure.alternate(self.desk, commands, self.options.runs)
        rows = measure.medians(runs)
        print(f'\n{title}, {film.stat().st_size / 1e6:.0f} MB')
        print(f'{"":28}{"wall s":>9}{"CPU s":>9}{"RSS MB":>9}{"MB out":>9}'
              f'{"wall":>10}{"CPU":>7}{"wall":>8}')
        print(f'{"":64}{"/ " + peer:>17}{"/ cp":>8}')
        for name, row in rows.items():
            beside = [row['wall'] / rows[peer]['wall'],
                      row['cpu'] / rows[peer]['cpu']]
            floor = (f'{row["wall"] / rows["cp"]["wall"]:8.2f}'
                     if 'cp' in rows else '')
            print(f'{name:28}{row["wall"]:9.2f}{row["cpu"]:9.2f}'
                  f'{row["rss"]:9.0f}{row["written"]:9.0f}'
                  f'{beside[0]:10.2f}{beside[1]:7.2f}{floor}')
        self.results[title] = {'medians': rows, 'runs': runs}
        return rows

    def measure_package(self):
        """An hour (or --seconds) of 720p: all programs, and cp as the floor."""
        film = self.options.input or self.film('hd', self.options.seconds)
        rows = self.compare('package: ' + inputs.FILMS['hd'][0], film, {
            'haberdash package': self.package(film),
            'haberdash package, clear': self.package(film, '--encrypt', 'none'),
            **self.lines(film, 'video/x-h264'),
            'Shaka': self.shaka(film),
            'ffmpeg -f dash, clear': self.ffmpeg(film),
            'dd': self.dd(film),
            'cp': self.cp(film),
        }, 'Shaka')
        ratio = rows['haberdash package']['wall'] / rows['Shaka']['wall']
        if self.options.limit and ratio > self.options.limit:
            sys.exit(f'{ratio:.2f} x Shaka Packager; the limit is '
                     f'{self.options.limit}')

    def measure_uhd(self):
        """A tenth as long of 2160p HEVC."""
        film = self.film('uhd', max(self.options.seconds // 10, 50))
        self.compare('package: ' + inputs.FILMS['uhd'][0], film, {
            'haberdash package': self.package(film),
            **self.lines(film, 'video/x-h265'),
            'Shaka': self.shaka(film),
            'cp': self.cp(film),
        }, 'Shaka')

    def measure_growth(self):
        """Ten times the length: as much time an hour, and how much memory."""
        seconds = self.options.seconds
        once, ten = self.film('small', seconds), self.film('small',
                                                           10 * seconds)
        runs = measure.alternate(self.desk, {
            'once': self.package(once), 'ten times': self.package(ten),
        }, self.options.runs)
        rows = measure.medians(runs)
        print(f'\ngrowth: {inputs.FILMS["small"][0]}, {seconds} s')
        print(f'{"":26}{"wall s":>9}{"CPU s":>9}{"RSS MB":>9}')
        for name, row in rows.items():
            print(f'{name:26}{row["wall"]:9.2f}{row["cpu"]:9.2f}'
                  f'{row["rss"]:9.0f}')
        first, last = rows.values()
        growth = (last['rss'] - first['rss']) / (9 * seconds / 3600)
        print(f'{"an hour of ten / of one":26}'
              f'{last["wall"] / first["wall"] / 10:9.2f}'
              f'{last["cpu"] / first["cpu"] / 10:9.2f}'
              f'{growth:9.1f} MB more an hour')
        self.results['growth'] = {'medians': rows, 'runs': runs}

    def measure_parallel(self):
        """Eight in a row, so many at a time as there are processors, and all at
        once: beside the row divided by the number of processors, and beside the
        time in which as many processors could do what they took."""
        processors = os.cpu_count()
        film = self.film('hd', max(self.options.seconds // 10, 50))
        command = self.package(film)
        sizes = {'in a row': 1, f'{processors} at a time': processors,
                 f'{JOBS} at once': JOBS}
        runs = {name: [] for name in sizes}
        for turn in range(self.options.runs + 1):
            for name, at_once in measure.rotated(list(sizes.items()), turn):
                run = measure.run_batch(self.desk, command, JOBS, at_once)
                if turn > 0:
                    runs[name].append(run)
            self.desk.clear()
        rows = measure.medians(runs)
        share = rows['in a row']['wall'] / min(processors, JOBS)
        print(f'\nparallel: {JOBS} packages, {processors} processors')
        print(f'{"":26}{"wall s":>9}{"CPU s":>9}{"/ share of row":>17}'
              f'{"/ least":>9}')
        for name, row in rows.items():
            print(f'{name:26}{row["wall"]:9.2f}{row["cpu"]:9.2f}'
                  f'{row["wall"] / share:17.2f}'
                  f'{row["wall"] / (row["cpu"] / processors):9.2f}')
        self.results['parallel'] = {'medians': rows, 'runs': runs}

    def measure_gops(self):
        """Lists of a film that nobody has looked at before."""
        film = self.options.input or self.film('hd', self.options.seconds)
        self.compare('gops: ' + inputs.FILMS['hd'][0], film, {
            'haberdash gops': lambda out: ['haberdash', 'gops', str(film)],
            'haberdash gops --frames': lambda out: [
                'haberdash', 'gops', '--frames', str(film)],
            'haberdash slice, last GOP': lambda out: [
                'haberdash', 'slice', str(film),
                str(self.options.seconds // 2 - 50), f'{out}/gop.mp4'],
            'ffprobe packets': lambda out: [
                'ffprobe', '-v', 'error', '-select_streams', 'v',
                '-show_entries', 'packet=pts_time,flags', '-of', 'csv',
                str(film)],
            'ffprobe frames, 60 s': lambda out: [
                'ffprobe', '-v', 'error', '-select_streams', 'v',
                '-read_intervals', '%+60', '-show_entries',
                'frame=pts_time,pict_type', '-of', 'csv', str(film)],
        }, 'ffprobe packets')


def read_options(parts):
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n\n', maxsplit=1)[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='\n'.join(f'  {name:9} {part.__doc__}'
                         for name, part in parts.items()))
    parser.add_argument('parts', nargs='*', metavar='PART',
                        help='what to measure; all of it by default')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=3600,
                        help='length of the film (%(default)s)')
    parser.add_argument('--input', type=Path,
                        help='for package and gops a file of your own')
    parser.add_argument('--folder', type=Path,
                        help='where to work; the system\'s temporary folder')
    parser.add_argument('--films', type=Path,
                        help='where to keep films for the next time')
    parser.add_argument('--json', type=Path, help='all figures, to this file')
    parser.add_argument('--limit', type=float,
                        help='fail where packaging takes more than this part '
                             'of the time of Shaka Packager')
    options = parser.parse_args()
    for name in options.parts:
        if name not in parts:
            parser.error(f'there is no part {name}')
    return options


def main():
    parts = {name.removeprefix('measure_'): part
             for name, part in vars(Bench).items()
             if name.startswith('measure_')}
    options = read_options(parts)
    folder = Path(tempfile.mkdtemp(prefix='haberdash-bench-',
                                   dir=options.folder))
    print(f'{options.runs} runs each, {os.cpu_count()} processors')
    try:
        bench = Bench(options, folder)
        for name in options.parts or parts:
            parts[name](bench)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(bench.results, indent=2))


if __name__ == '__main__':
    main()
