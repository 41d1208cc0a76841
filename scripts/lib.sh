# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # those who read it use what it sets
# What scripts/run and scripts/test share: get what is missing, build.
# Read with `source`; sets $top (the checkout) and $build.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$top/build

build_packages=(
  gcc libc6-dev pkg-config meson ninja-build
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libgstreamer-plugins-bad1.0-dev
  libsoup-3.0-dev libjson-glib-dev libsqlite3-dev nettle-dev libxml2-dev
  libgnutls28-dev
  libglib2.0-bin
)
run_packages=(
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
  glib-networking sqlite3 curl ca-certificates
)
test_packages=(ffmpeg libxml2-utils chromium procps mandoc fish zsh)
fuzz_packages=(clang llvm libclang-rt-14-dev)
sanitize_packages=(valgrind dpkg-dev libffi-dev libpcre2-dev zlib1g-dev)
slow_packages=(buildah debhelper debootstrap lintian nginx-light)

say () {
  printf '%s\n' "$*" >&2
}

die () {
  say "$(basename "$0"): $*"
  exit 1
}

# Prints those of the given packages that are not installed.
missing_packages () {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" \
    2>/dev/null | sed -n 's/^.i  *//p' || true)
  printf '%s\n' "$@" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

# Node may come from elsewhere than Debian, whose npm then cannot be installed
# beside it: the commands count, not the packages.
missing_commands () {
  local command
  for command in node:nodejs npm:npm; do
    command -v "${command%%:*}" >/dev/null || echo "${command#*:}"
  done
}

as_root () {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# install_packages PACKAGE...: installs those that are missing.
install_packages () {
  local -a missing
  if ! command -v dpkg-query >/dev/null; then
    say "This is not Debian: what is needed is assumed to be there."
    return
  fi
  mapfile -t missing < <(missing_packages "$@"; missing_commands)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "These packages are missing and there is no sudo: ask root to run" \
      "apt-get install ${missing[*]}"
  fi
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root apt-get -q update </dev/null >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}" \
    </dev/null >&2
}

# npm_is_current FOLDER: whether node_modules is what the lock file says.
npm_is_current () {
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock.json"
}

# npm_ci FOLDER: brings it to that. The copy of the lock file is written last,
# so that a broken installation is made again.
npm_ci () {
  npm_is_current "$1" && return 0
  say "Installing the npm packages of ${1#"$top"/}"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error </dev/null >&2)
  cp "$1/package-lock.json" "$1/node_modules/.installed-lock.json"
}

# build_all [MESON OPTION...]: configures the build folder when it is new or
# the options are others, and builds.
build_all () {
  local stamp=$build/.options
  if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" "$top" "$@" </dev/null >&2
  elif [ $# -gt 0 ] && [ "$(cat "$stamp" 2>/dev/null)" != "$*" ]; then
    meson configure "$build" "$@" </dev/null >&2
  fi
  [ $# -eq 0 ] || echo "$*" >"$stamp"
  ninja -C "$build" </dev/null >&2
}

# Makes the plug-ins and the program of the build folder the ones in use.
enter_build () {
  local exports
  exports=$(meson devenv -C "$build" --dump </dev/null)
  set +u # it appends to variables that may not be set
  eval "$exports"
  set -u
}
