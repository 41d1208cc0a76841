// SPDX-License-Identifier: LGPL-2.1-or-later
// What one does with a package in a terminal. Pure. No key stands in any line:
// programs read it from a file, or the shell does where they take none.

const PARSERS = { avc1: 'h264parse', avc3: 'h264parse', hvc1: 'h265parse', hev1: 'h265parse', av01: 'av1parse' };

const quote = (text) => (/^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const lines = (...pieces) => pieces.join(' \\\n  ');

// What curl is to ask for to have all of a file's pieces, in order.
function addresses({ init, media, first, segments }) {
  return media ? [init, media.replace('$Number$', `[${first}-${first + segments - 1}]`)] : [init];
}

const isVideo = ({ kind }) => kind === 'video';
const isEncrypted = ({ scheme }) => scheme !== null;

// about: { id, origin of the API, tokenNeeded, url of the manifest (signed where
// it has to be), sets as of manifest.js }.
export function commandsFor(about) {
  const encrypted = about.sets.some(isEncrypted);
  const name = `package-${about.id}`;
  const known = { ...about, encrypted, name, keys: `${name}.keys`,
    base: about.url.replace(/[^/]*$/, ''),
    twoKeys: new Set(about.sets.flatMap(({ kids }) => kids)).size > 1 };

  return [status, encrypted ? keyFile : null, ffplay, ffmpeg, playbin, encrypted ? cbcsdec : null, download, verify]
    .map((make) => make?.(known)).filter(Boolean);
}

const token = ({ tokenNeeded }) => (tokenNeeded ? ' -H @token.txt' : '');

const status = (known) => ({
  title: 'What is known of it',
  text: `curl -fsS${token(known)} ${quote(`${known.origin}/packaged_content/${known.id}`)}`,
});

const keyFile = (known) => ({
  title: 'Its keys as a file',
  note: 'For you alone: whoever has this file can decrypt the package. The lines below read it.',
  text: `(umask 077; curl -fsS${token(known)} -o ${known.keys} ` +
    `${quote(`${known.origin}/packaged_content/${known.id}/keys.txt`)})`,
});

// ffmpeg and ffplay take a key as an option only: the first of the file, which
// is the video's.
const decryption = ({ encrypted, keys }) => (encrypted
  ? [`-cenc_decryption_key "$(head -n 1 ${keys} | cut -d: -f2)"`]
  : []);

const FFMPEG_NOTE = 'The shell reads the key from the file; while it runs, other users of the machine can see it.';
const VIDEO_ONLY = 'The picture alone: it takes one key, and the sound has another.';

const note = ({ encrypted, twoKeys }) => [encrypted ? FFMPEG_NOTE : null, twoKeys ? VIDEO_ONLY : null]
  .filter(Boolean).join(' ');

const ffplay = (known) => ({
  title: 'Play with ffplay',
  note: note(known),
  screen: true,
  text: lines(['ffplay', ...decryption(known), ...known.twoKeys ? ['-an'] : []].join(' '), quote(known.url)),
});

const ffmpeg = (known) => ({
  title: known.encrypted ? 'Decrypt with ffmpeg' : 'Into one file with ffmpeg',
  note: note(known),
  text: lines(['ffmpeg', ...decryption(known)].join(' '), `-i ${quote(known.url)}`,
    `${known.twoKeys ? '-an ' : ''}-c copy ${known.name}.mp4`),
});

const playbin = (known) => ({
  title: 'Play with GStreamer',
  note: known.encrypted ? 'With the plug-ins of Haberdash: playbin takes cbcsdec by itself.' : '',
  screen: true,
  text: lines(...known.encrypted ? [`HABERDASH_KEY_FILE=${known.keys}`] : [],
    `gst-launch-1.0 playbin uri=${quote(known.url)}`),
});

// One track, the best picture, as the file that an MP4 demuxer reads.
function cbcsdec(known) {
  const [video] = known.sets.filter(isVideo).filter(isEncrypted).flatMap(({ representations }) => representations);
  const parser = PARSERS[video?.codecs.split('.')[0]];

  return parser ? {
    title: 'Decrypt with GStreamer',
    note: 'The element of Haberdash, the picture alone.',
    text: lines(`curl -fsS ${addresses(video).map((file) => quote(known.base + file)).join(' ')} |`,
      `gst-launch-1.0 -q fdsrc ! qtdemux ! cbcsdec key-file=${known.keys} !`,
      `${parser} ! mp4mux ! filesink location=${known.name}-video.mp4`),
  } : null;
}

// Where curl is to put what it asks for: the same names below a folder.
const toFile = (folder, file) => {
  const [address, number] = [file, file.replace(/\[\d+-\d+\]/, '#1')];

  return { address, output: `${folder}/${number}` };
};

const download = (known) => ({
  title: 'All its files',
  text: lines('curl -fsS --create-dirs', ...['', ...known.sets.flatMap(({ representations }) =>
    representations.flatMap(addresses))].map((file) => {
    const { address, output } = toFile(known.name, file || known.url.split('/').at(-1));

    return `${quote(known.base + address)} -o ${quote(output)}`;
  })),
});

const verify = (known) => ({
  title: 'Look for faults in them',
  note: 'In the files of the line above.',
  text: `haberdash verify ${known.name}${known.encrypted ? ` --key-file ${known.keys}` : ''}`,
});
