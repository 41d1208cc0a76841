# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of haberdash for fish. What options there are is asked of the
# program itself, so that nothing has to be kept in step.

function __haberdash_has_command
    test (count (commandline -opc)) -ge 2
end

# Options with what they do, once one begins.
function __haberdash_options
    set -l words (commandline -opc)
    string match -q -- '-*' (commandline -ct); or return
    $words[1] $words[2] --help 2>/dev/null |
        string replace -rf -- '^  (?:-[a-zA-Z], )?(--[a-z-]+)(?:=\S+)? +(\S.*)$' '$1\t$2'
end

# What the option before, or in front of "=", takes; fails where that is anything.
function __haberdash_words
    set -l words (commandline -opc)
    set -l option $words[-1]
    set -l front
    if set front (string match -r -- '^--[a-z-]+=' (commandline -ct))
        set option (string trim -rc = -- $front)
    else
        set front ''
    end
    switch $option
        case --encrypt
            printf '%s\n' $front{video,all,none}
        case --progress
            printf '%s\n' $front{auto,none,json}
        case --hls-key-format
            printf '%s\n' $front{identity,clearkey}
        case --encoder
            printf '%s\n' $front{openh264,x264}
        case --tracks
            printf '%s\n' $front{video,audio,text}
        case --ladder
            printf '%s\n' "$front"auto
        case --sandbox
            printf '%s\n' $front{auto,require,off}
        case '*'
            return 1
    end
end

complete -c haberdash -n 'not __haberdash_has_command' -f \
    -a 'package verify gops slice serve check backup restore --help --version'
complete -c haberdash -n __haberdash_has_command -a '(__haberdash_options)'
complete -c haberdash -n '__haberdash_words >/dev/null' -f -a '(__haberdash_words)'
