# SPDX-License-Identifier: LGPL-2.1-or-later
"""Films to measure with: one short encoding, repeated, so that an hour takes
seconds to make. Each is made once in a folder."""
import subprocess

RUN_LIMIT_S = 1200


def ffmpeg(*args):
    subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', '-y', *args],
                   check=True, timeout=RUN_LIMIT_S)


def h264(size, bits):
    return [size, '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2',
            '-g', '50', '-b:v', bits, '-minrate', bits, '-maxrate', bits,
            '-bufsize', bits, '-x264-params', 'nal-hrd=cbr']


def h265(size, bits):
    return [size, '-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1',
            '-x265-params', 'log-level=none:keyint=50:bframes=2:open-gop=1:'
            f'strict-cbr=1:bitrate={bits}:vbv-maxrate={bits}:'
            f'vbv-bufsize={bits}']


# What it is, seconds that are encoded, size and encoder.
FILMS = {
    'hd': ('720p25 H.264, 5 Mbit/s', 25, h264('1280x720', '5M')),
    'small': ('180p25 H.264, 300 kbit/s', 25, h264('320x180', '300k')),
    'uhd': ('2160p25 HEVC, 20 Mbit/s', 4, h265('3840x2160', '20000')),
}


def make_film(folder, name, seconds):
    """The path of a film with stereo AAC, at least so long but for a loop."""
    film = folder / f'{name}-{seconds}.mp4'
    if film.exists():
        return film
    loop, part = folder / 'loop.mp4', folder / 'part.mp4'
    loop_s, (size, *encoder) = FILMS[name][1:]
    ffmpeg('-f', 'lavfi', '-i', f'testsrc2=size={size}:rate=25,noise=alls=12',
           '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
           '-t', str(min(loop_s, seconds)), *encoder, '-pix_fmt', 'yuv420p',
           '-c:a', 'aac', '-b:a', '128k', '-ac', '2', str(loop))
    ffmpeg('-stream_loop', str(max(seconds // loop_s - 1, 0)),
           '-i', str(loop), '-c', 'copy', str(part))
    loop.unlink()
    part.rename(film)
    return film
