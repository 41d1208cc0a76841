#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service, measured as its clients see it, beside others on the same machine.

Parts: `start` (with 10,000 packages in the catalog), `gops` (of an hour of video),
`delivery` (beside nginx with one worker and sendfile), `upload` (beside a plain
receiver), `queue` (what GET calls take while fifty packages are made), `jobs`
(eight packages at once and in a row), `short` (of a clip of 4 s uploads and packages,
one after the other, with children that are forked and that are started). wrk asks.

The environment has to name the plug-ins and the program: tests/bench/run service
does that.
"""
import argparse
import http.client
import json
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import inputs
import measure

WRK_S = 5
PACKAGES = 10_000
LARGE, SMALL = 2_000_000, 4_096
UPLOAD = 1 << 30
JOBS = 8
SHORT = 50
FINAL = ('Ready', 'Failed', 'Cancelled')


class Service:
    """haberdash serve, until the end of a with block."""

    def __init__(self, data, *args):
        self.data, start = data, time.monotonic()
        self.process = subprocess.Popen(
            ['haberdash', 'serve', '--port', '0', '--delivery-port', '0',
             '--log-level', 'warning', '--data-dir', str(data), *args],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.start_s = time.monotonic() - start
        self.api, self.delivery = re.findall(r'=(http://[^ ]+)/', line)
        self.connection = http.client.HTTPConnection(urlsplit(self.api).netloc)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, path, body=None, kind='application/json', **headers):
        """Status and body, over one connection that stays."""
        self.connection.request(method, path, body, {
            'Accept': 'application/json', **headers,
            **({'Content-Type': kind} if body is not None else {})})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def get(self, path):
        status, body = self.ask('GET', path)
        if status != 200:
            sys.exit(f'{path}: {status} {body[:400]}')
        return json.loads(body)

    def package(self, wanted):
        body = {'encrypt': 'none', **wanted}
        status, answer = self.ask('POST', '/packaged_content',
                                  json.dumps(body))
        if status != 202:
            sys.exit(f'{status} {answer}')
        return json.loads(answer)['packaged_content_id']

    def wait(self, number):
        while True:
            item = self.get(f'/packaged_content/{number}')
            if item['status'] in FINAL:
                return item
            time.sleep(0.02)

    def memory(self):
        """MB: all that is resident, and what is of no file."""
        status = Path(f'/proc/{self.process.pid}/status').read_text('ascii')
        return [int(re.search(rf'{name}:\s+(\d+)', status)[1]) / 1024
                for name in ('VmHWM', 'RssAnon')]


# --- wrk ------------------------------------------------------------------

UNITS = {'us': 1e-3, 'ms': 1, 's': 1e3, 'm': 6e4}


def cpu_s(pid, children=False):
    """User and system seconds of a process, all its threads, and of its
    children that have ended."""
    fields = Path(f'/proc/{pid}/stat').read_text('ascii').rsplit(')')[1].split()
    return (sum(int(field) for field in fields[11:15 if children else 13])
            / os.sysconf('SC_CLK_TCK'))


def wrk(url, connections, pid, seconds=WRK_S, script=None):
    """Requests and MB a second, the 50th and 99th percentile in ms, and what
    one request takes of the server's processors, which tells more than all
    the others where the machine has more to do. script: what says which
    requests, in Lua."""
    used = cpu_s(pid)
    said = subprocess.run(
        ['wrk', '-t', '1', '-c', str(connections), '-d', f'{seconds}s',
         '--timeout', '10s', '--latency', '-H', 'Accept: application/json',
         *(['-s', str(script)] if script else []), url],
        check=True, capture_output=True, text=True).stdout
    row = {}
    for percent in (50, 99):
        number, unit = re.search(rf'{percent}%\s+([\d.]+)(\w+)', said).groups()
        row[f'p{percent}_ms'] = float(number) * UNITS[unit]
    row['requests_per_s'] = float(re.search(r'Requests/sec:\s+([\d.]+)',
                                            said)[1])
    number, unit = re.search(r'Transfer/sec:\s+([\d.]+)([KMG]?)B', said).groups()
    row['mb_per_s'] = float(number) * {'': 1, 'K': 2**10, 'M': 2**20,
                                       'G': 2**30}[unit] / 1e6
    count = int(re.search(r'(\d+) requests in', said)[1])
    row['cpu_us'] = (cpu_s(pid) - used) * 1e6 / max(count, 1)
    if 'Non-2xx' in said or 'Socket errors' in said:
        row['errors'] = re.findall(r'(?:Non-2xx|Socket errors).*', said)
    return row


def pages(service, folder, path, last, connections=8):
    """The same of pages of a list, which begin anywhere up to last: no two
    clients have the same one at a time."""
    script = folder / 'pages.lua'
    script.write_text(f"""
request = function()
  return wrk.format("GET", "{path}" .. math.random(0, {last}))
end
""", 'ascii')
    return wrk(service.api, connections, service.process.pid, script=script)


def alternate(servers, path, connections, turns):
    """Medians of turns, in which each server, of which the address and the
    process are given, is asked after the other."""
    rows = {name: [] for name in servers}
    for turn in range(turns):
        for name, (url, pid) in measure.rotated(list(servers.items()), turn):
            rows[name].append(wrk(url + path, connections, pid))
    return {name: {what: statistics.median(row[what] for row in several)
                   for what in ('requests_per_s', 'mb_per_s', 'p50_ms',
                                'p99_ms', 'cpu_us')}
            | {'errors': [e for row in several for e in row.get('errors', [])]}
            for name, several in rows.items()}


def summary(times):
    """Of seconds, in ms."""
    cuts = statistics.quantiles(times, n=100)
    return {'p50_ms': cuts[49] * 1e3, 'p99_ms': cuts[98] * 1e3}


def timed(call):
    start = time.monotonic()
    call()
    return time.monotonic() - start


# --- the parts ------------------------------------------------------------

def make_clip(folder, seconds=10):
    clip = folder / 'clip.mp4'
    inputs.ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-f',
                 'lavfi', '-i', 'sine', '-t', str(seconds), '-c:v', 'libx264',
                 '-preset', 'ultrafast', '-g', '50', '-bf', '2', '-pix_fmt',
                 'yuv420p', '-c:a', 'aac', str(clip))
    return clip


def add_clip(service, folder):
    status, answer = service.ask(
        'POST', '/input_content?name=clip.mp4',
        make_clip(folder).read_bytes(), 'video/mp4')
    if status != 201:
        sys.exit(f'{status} {answer}')
    return json.loads(answer)['input_content_id']


def copy_rows(catalog, table, skipped, values):
    """Rows of a table again, for each of values, which names what is other."""
    columns = [row[1] for row in catalog.execute(
        f'PRAGMA table_info({table})') if row[1] not in skipped]
    other = ', '.join(f':{name} AS {name}' if name in values[0] else name
                      for name in columns)
    catalog.executemany(
        f'INSERT INTO {table} ({", ".join(columns)}) SELECT {other} '
        f'FROM {table} WHERE {"id" if table == "packages" else "package_id"}'
        ' = 1', values)


def multiply_packages(data, count):
    """As if the first package had been made so often, with its manifest."""
    with sqlite3.connect(data / 'catalog.sqlite') as catalog:
        code = catalog.execute('SELECT code FROM packages').fetchone()[0]
        rows = [{'package_id': i + 2, 'code': f'BENCH{i:05}'}
                for i in range(count - 1)]
        catalog.executemany('INSERT INTO codes (code) VALUES (:code)', rows)
        copy_rows(catalog, 'packages', ('id', 'idempotency_key'), rows)
        copy_rows(catalog, 'package_history', ('id',), rows)
    manifest = data / 'packages' / code / 'dash' / 'stream.mpd'
    for row in rows:
        folder = data / 'packages' / row['code'] / 'dash'
        folder.mkdir(parents=True)
        os.link(manifest, folder / 'stream.mpd')


def measure_start(options, folder):
    data = folder / 'data'
    with Service(data) as service:
        service.wait(service.package(
            {'input_content_id': add_clip(service, folder)}))
    empty = [0.0] * options.runs
    for i in range(options.runs):
        with Service(data) as service:
            empty[i] = service.start_s
    multiply_packages(data, PACKAGES)
    full, lists = [], {}
    for _ in range(options.runs):
        with Service(data) as service:
            full.append(service.start_s)
    with Service(data) as service:
        for name, query in {
                'first page': '', 'a page in the middle': 'after=5000',
                'last page, newest first': 'sort=-id',
                'by name': 'sort=name',
                'by name, the last page': 'sort=name&offset=9900',
                'all that have "clip"': 'search=clip',
                'what nothing has': 'search=nothing'}.items():
            path = f'/packaged_content?limit=100&{query}'
            lists[name] = summary([timed(lambda p=path: service.get(p))
                                   for _ in range(200)])
            lists[f'{name}, 8 clients'] = wrk(service.api + path, 8,
                                              service.process.pid)
        lists['any page, 8 clients'] = pages(
            service, folder, '/packaged_content?limit=100&after=',
            PACKAGES - 100)
    return {'start of one package, ms': statistics.median(empty) * 1e3,
            f'start of {PACKAGES} packages, ms':
                statistics.median(full) * 1e3,
            'lists, pages of 100': lists}


def cuts(service, base, numbers):
    """Of GOPs that nobody has asked for before, with what one takes of the
    processors, the child that cuts it included."""
    pid = service.process.pid
    used = cpu_s(pid, True)
    row = summary([timed(lambda n=n: service.ask('GET', f'{base}/{n}.mp4'))
                   for n in numbers])
    row['cpu_us'] = (cpu_s(pid, True) - used) * 1e6 / len(numbers)
    return row


def make_media(options, folder, seconds):
    """A folder with a film of that length, hour.mp4."""
    media = folder / 'media'
    media.mkdir()
    movie = inputs.make_film(options.films or folder, 'hd', seconds)
    measure.read_through(movie)
    try:
        os.link(movie.resolve(), media / 'hour.mp4')
    except OSError:
        shutil.copy(movie, media / 'hour.mp4')
    return media


def wait_for_film(service):
    deadline = time.monotonic() + 60
    while not service.get('/videos/'):
        if time.monotonic() > deadline:
            sys.exit('the film was not found')
        time.sleep(0.1)


def measure_gops(options, folder):
    media = make_media(options, folder, 3600)
    result = {}
    with Service(folder / 'data', '--media-dir', f'films={media}') as service:
        wait_for_film(service)
        base = '/videos/films%2Fhour.mp4/group-of-pictures'
        count = service.get('/videos/')[0]['group_of_pictures_count']
        for name, path in (('I-frames', f'{base}.json'), ('GOPs', base)):
            page = f'{path}?limit=100&after='
            middle = f'{page}{count // 2}'
            result[f'a page of 100 {name}, one client'] = summary(
                [timed(lambda p=middle: service.get(p)) for _ in range(200)])
            result[f'any page of 100 {name}, 8 clients'] = pages(
                service, folder, page, count - 101)
        for name, first in (('first', 0), ('middle', count // 2),
                            ('last', count - 60)):
            result[f'GOPs not cut yet, {name}'] = cuts(
                service, base, range(first, first + 50))
        result['a GOP that was cut, 8 clients'] = wrk(
            f'{service.api}{base}/0.mp4', 8, service.process.pid)
        result['memory, MB'] = service.memory()
    return result


NGINX = '''
daemon off; master_process off; error_log /dev/null; pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
'''


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def start_nginx(folder, root):
    port = free_port()
    config = folder / 'nginx.conf'
    user = 'user root;' if os.getuid() == 0 else ''
    config.write_text(user + NGINX.format(folder=folder, port=port, root=root),
                      'ascii')
    process = subprocess.Popen(['nginx', '-c', str(config)],
                               stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            break
        except OSError:
            time.sleep(0.05)
    return process, f'http://127.0.0.1:{port}'


def measure_delivery(options, folder):
    result = {}
    with Service(folder / 'data') as service:
        item = service.wait(service.package(
            {'input_content_id': add_clip(service, folder)}))
        place = urlsplit(item['url']).path.rsplit('/', 1)[0]
        root = folder / 'data' / 'packages'
        for size in (LARGE, SMALL):
            (root / place[1:] / f'{size}.m4s').write_bytes(os.urandom(size))
        nginx, other = start_nginx(folder, root)
        try:
            for size in (LARGE, SMALL):
                rows = alternate(
                    {'haberdash': (service.delivery, service.process.pid),
                     'nginx': (other, nginx.pid)},
                    f'{place}/{size}.m4s', 64, options.runs)
                what = 'mb_per_s' if size == LARGE else 'requests_per_s'
                rows['ratio'] = rows['haberdash'][what] / rows['nginx'][what]
                rows['ratio by processor time'] = (
                    rows['nginx']['cpu_us'] / rows['haberdash']['cpu_us'])
                result[f'{size} bytes, 64 connections'] = rows
        finally:
            nginx.terminate()
            nginx.wait()
        result['memory, MB'] = service.memory()
    return result


def receive(server, file):
    """What a POST's body is, written to a file, and no more."""
    connection, _ = server.accept()
    with connection, open(file, 'wb') as out:
        buffer = bytearray(1 << 20)
        head = b''
        while b'\r\n\r\n' not in head:
            head += connection.recv(1 << 16)
        size = int(re.search(rb'(?i)content-length: (\d+)', head)[1])
        if b'100-continue' in head:
            connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        size -= out.write(head.split(b'\r\n\r\n', 1)[1])
        while size > 0:
            got = connection.recv_into(buffer)
            size -= out.write(memoryview(buffer)[:got])
        out.flush()
        os.fdatasync(out.fileno())
        connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n'
                           b'Connection: close\r\n\r\n')


def curl(url, file):
    subprocess.run(['curl', '-sS', '--fail', '-o', '/dev/null', '-X', 'POST',
                    '-T', str(file), '-H', 'Content-Type: video/mp4', url],
                   check=True, timeout=300)


def plain_upload(file, folder):
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        server.listen()
        port = server.getsockname()[1]
        thread = threading.Thread(target=receive,
                                  args=(server, folder / 'plain'))
        thread.start()
        taken = timed(lambda: curl(f'http://127.0.0.1:{port}/', file))
        thread.join()
    (folder / 'plain').unlink()
    return taken


def measure_upload(options, folder):
    """A clip with a box behind it that players skip."""
    file, times = folder / 'large.mp4', {'haberdash': [], 'plain receiver': []}
    clip = make_clip(folder).read_bytes()
    used = 0
    with Service(folder / 'data') as service:
        for turn in range(options.runs):
            size = UPLOAD - len(clip)
            with open(file, 'wb') as out:
                out.write(clip + size.to_bytes(4, 'big') + b'free')
                out.write(turn.to_bytes(8, 'big'))
                for _ in range(size // (1 << 20)):
                    out.write(bytes(1 << 20))
                out.write(bytes(size % (1 << 20) - 16))
            os.sync()
            times['plain receiver'].append(plain_upload(file, folder))
            os.sync()
            url = f'{service.api}/input_content?name={turn}.mp4'
            used -= cpu_s(service.process.pid)
            times['haberdash'].append(timed(lambda u=url: curl(u, file)))
            used += cpu_s(service.process.pid)
            for item in service.get('/input_content'):
                service.ask('DELETE',
                            f'/input_content/{item["input_content_id"]}')
        memory = service.memory()
    result = {name: {'mb_per_s': UPLOAD / 1e6 / statistics.median(several)}
              for name, several in times.items()}
    result['haberdash']['cpu_s'] = used / options.runs
    result['ratio'] = (result['haberdash']['mb_per_s']
                       / result['plain receiver']['mb_per_s'])
    result['memory, MB'] = memory
    return result


def children_of(pid):
    """Those that work: not the one that others are forked from."""
    count = 0
    path = Path(f'/proc/{pid}/task/{pid}/children')
    for child in path.read_text('ascii').split():
        try:
            words = Path(f'/proc/{child}/cmdline').read_bytes().split(b'\0')
        except OSError:
            continue
        count += words[1:2] != [b'fork-server']
    return count


def measure_queue(_, folder):
    """Fifty at once; meanwhile one client after the other looks at things."""
    with Service(folder / 'data', '--jobs', '2') as service:
        number = add_clip(service, folder)
        paths = ['/packaged_content', '/packaged_content/1', '/input_content',
                 '/healthz', '/videos/clip.mp4/group-of-pictures.json',
                 '/videos/clip.mp4/group-of-pictures/0.json']
        service.wait(service.package({'input_content_id': number}))
        idle = summary([timed(lambda p=p: service.get(p))
                        for p in paths * 50])
        start = time.monotonic()
        asked = [service.package({'input_content_id': number,
                                  'segment_duration': 1}) for _ in range(50)]
        times, most = [], 0
        while True:
            for path in paths:
                times.append(timed(lambda p=path: service.get(p)))
            most = max(most, children_of(service.process.pid))
            items = service.get('/packaged_content?limit=1000')
            if all(item['status'] in FINAL for item in items):
                break
        took = time.monotonic() - start
        states = [item['status'] for item in items
                  if item['packaged_content_id'] in asked]
    if states != ['Ready'] * 50 or most > 2:
        sys.exit(f'{states}, {most} children at once')
    return {'50 packages, s': took, 'most children at once': most,
            'GET calls meanwhile': summary(times) | {'count': len(times)},
            'GET calls before': idle}


def package_all(data, media, *args):
    """Seconds from the first order to the last package."""
    with Service(data, '--media-dir', f'films={media}', *args) as service:
        wait_for_film(service)
        number = service.get('/input_content')[0]['input_content_id']
        wanted = {'input_content_id': number, 'encrypt': 'video',
                  'generate_keys': True}
        # What the machine gives and what is loaded is there then.
        service.wait(service.package(wanted))
        os.sync()
        start = time.monotonic()
        asked = [service.package(wanted) for _ in range(JOBS)]
        states = [service.wait(one)['status'] for one in asked]
        took = time.monotonic() - start
    if states != ['Ready'] * JOBS:
        sys.exit(f'{states}')
    return took


def measure_jobs(options, folder):
    """Eight packages of six minutes, by how many are made at a time."""
    media = make_media(options, folder, 360)
    processors = os.cpu_count()
    rows = {'in a row': ['--jobs', '1'], 'by default': [],
            'two for each processor': ['--jobs', str(2 * processors)]}
    walls = {name: [] for name in rows}
    for turn in range(options.runs):
        for name, args in measure.rotated(list(rows.items()), turn):
            data = folder / f'data-{name.replace(" ", "-")}-{turn}'
            walls[name].append(package_all(data, media, *args))
            shutil.rmtree(data)
    medians = {name: statistics.median(each) for name, each in walls.items()}
    share = medians['in a row'] / min(processors, JOBS)
    return {f'{JOBS} packages, s': medians,
            'in relation to a row / processors': {
                name: wall / share for name, wall in medians.items()}}


def upload_once(service, clip, number):
    """Of the clip, with a box that makes it another file; until it is listed."""
    body = clip + (16).to_bytes(4, 'big') + b'free' + os.urandom(8)
    status, answer = service.ask(
        'POST', f'/input_content?name={number}.mp4', body, 'video/mp4')
    if status != 201:
        sys.exit(f'{status} {answer}')


def package_once(service):
    wanted = {'input_content_id': 1, 'encrypt': 'video', 'generate_keys': True}
    status, answer = service.ask('POST', '/packaged_content',
                                 json.dumps(wanted), Prefer='wait=60')
    if status != 200 or json.loads(answer)['status'] != 'Ready':
        sys.exit(f'{status} {answer}')


def in_a_row(service, call):
    """Of SHORT calls in ms: the median, and what one takes of the processors of
    the service and its children."""
    pid = service.process.pid
    call(0)
    used = cpu_s(pid, True)
    times = [timed(lambda n=n: call(n)) for n in range(1, SHORT + 1)]
    time.sleep(0.2)  # the last child may have ended, but not been waited for
    return {'p50_ms': statistics.median(times) * 1e3,
            'cpu_ms': (cpu_s(pid, True) - used) * 1e3 / SHORT}


def measure_short(options, folder):
    clip = make_clip(folder, 4).read_bytes()
    rows = {'forked': [], 'started': ['--no-fork-server']}
    results = {}
    for turn in range(options.runs):
        for name, args in measure.rotated(list(rows.items()), turn):
            data = folder / f'data-{name}-{turn}'
            with Service(data, *args) as service:
                time.sleep(1)  # what children are forked from has begun
                for what, call in (
                        ('uploads', lambda n: upload_once(service, clip, n)),
                        ('packages', lambda n: package_once(service))):
                    results.setdefault(f'{what}, {name}', []).append(
                        in_a_row(service, call))
            shutil.rmtree(data)
    return {name: {what: statistics.median(row[what] for row in several)
                   for what in several[0]}
            for name, several in results.items()}


PARTS = {'start': measure_start, 'gops': measure_gops,
         'delivery': measure_delivery, 'upload': measure_upload,
         'queue': measure_queue, 'jobs': measure_jobs,
         'short': measure_short}


def print_rows(result, depth=0):
    for name, value in result.items():
        if isinstance(value, dict) and not any(
                isinstance(each, dict) for each in value.values()):
            text = '  '.join(f'{what} {number:,.2f}'
                             for what, number in value.items()
                             if isinstance(number, (int, float)))
            print(f'{"  " * depth}{name:40} {text}', *value.get('errors', []))
        elif isinstance(value, dict):
            print(f'{"  " * depth}{name}')
            print_rows(value, depth + 1)
        else:
            print(f'{"  " * depth}{name:40}',
                  value if not isinstance(value, float) else f'{value:,.2f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('parts', nargs='*', metavar='PART',
                        help=f'{", ".join(PARTS)}; all of them when absent')
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--films', type=Path,
                        help='where to keep films for the next time')
    parser.add_argument('--folder', type=Path,
                        help='where to work; the system\'s temporary folder')
    parser.add_argument('--json', type=Path, help='all figures, to this file')
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f'there is no part {", ".join(unknown)}')

    results = {}
    for name in options.parts or PARTS:
        folder = Path(tempfile.mkdtemp(prefix='haberdash-bench-',
                                       dir=options.folder))
        folder.chmod(0o755)
        try:
            results[name] = PARTS[name](options, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f'\n{name}')
        print_rows(results[name], 1)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2), 'utf-8')


if __name__ == '__main__':
    main()
