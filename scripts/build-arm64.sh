#!/usr/bin/env bash
# Builds the module for aarch64 on an x86-64 machine, loads it into Debian's redis-server for arm64
# under qemu and plays a session there. The compiler is Debian's own (rustc-web), because it comes
# with a standard library for arm64. Everything is unpacked into target/arm64: nothing is installed,
# and an installed rustup does not interfere.
#
#   build-arm64.sh            builds and plays a session
#   build-arm64.sh WORD…      also runs the end-to-end tests whose names contain a word;
#                             tests that set the clock fail, because they load a library for x86-64
#
# The module is target/arm64/aarch64-unknown-linux-gnu/release/libsessions.so, with its debug
# symbols. The folder takes 2.6 GB.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

triple=aarch64-unknown-linux-gnu
folder=$target/arm64
tools=$folder/tools
# The root folder of arm64 programs, which is also the sysroot for compiling and linking the module.
root=$folder/root
packages=(rustc-web libstd-rust-web-dev:amd64 libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev:arm64
  qemu-user-static redis-server:arm64)

# Separate package lists from the system's sources, for both architectures.
apt() {
  apt-get -q -o "Dir::State=$folder/apt" -o "Dir::State::status=$folder/apt/status" -o "Dir::Cache=$folder/apt/cache" \
    -o APT::Sandbox::User= -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 "$@" >&2
}

fetch() {
  if [ -f "$folder/fetched" ]; then return; fi
  rm -rf "$folder/apt" "$tools" "$root"
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$tools" "$root"
  : >"$folder/apt/status"
  apt update
  apt install -y --no-install-recommends --download-only "${packages[@]}"
  local package
  for package in "$folder"/apt/cache/archives/*.deb; do
    case $package in
      # The programs run with the C library of this system.
      */libc6_*_amd64.deb) ;;
      *_arm64.deb) dpkg-deb -x "$package" "$root" ;;
      *) dpkg-deb -x "$package" "$tools" ;;
    esac
  done
  rm -rf "$folder/apt"
  local libraries=$tools/usr/lib/x86_64-linux-gnu:$tools/lib/x86_64-linux-gnu
  mkdir -p "$folder/bin"
  # wrap NAME PROGRAM ARGUMENTS: a wrapper with which the program finds its libraries.
  wrap() {
    printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" %s "$@"\n' "$libraries" "$2" "$3" >"$folder/bin/$1"
    chmod +x "$folder/bin/$1"
  }
  wrap rustc "$tools/usr/bin/rustc" ''
  wrap aarch64-gcc "$tools/usr/bin/aarch64-linux-gnu-gcc" "\"--sysroot=$root\""
  # Puts the standard library for arm64 where the compiler looks for it.
  cp -a "$root/usr/lib/rustlib/$triple" "$tools/usr/lib/rustlib/"
  printf '#!/bin/sh\nexec "%s" -L "%s" "%s" "$@"\n' "$tools/usr/bin/qemu-aarch64-static" "$root" "$root/usr/bin/redis-server" \
    >"$folder/bin/redis-server"
  chmod +x "$folder/bin/redis-server"
  touch "$folder/fetched"
}

build() {
  # Names that cc-rs and cargo read; bindgen reads the headers of the same sysroot.
  env RUSTC="$folder/bin/rustc" \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER="$folder/bin/aarch64-gcc" \
    "BINDGEN_EXTRA_CLANG_ARGS=--sysroot=$root -I$root/usr/include/aarch64-linux-gnu" \
    cargo build --release --locked --package sessions --lib --target "$triple" --target-dir "$folder"
}

# expect WANTED COMMAND…: fails unless the command returns WANTED.
expect() {
  local wanted=$1 reply
  shift
  reply=$(redis-cli -p "$server_port" "$@")
  say "> $*" "$reply"
  # shellcheck disable=SC2053
  [[ $reply == $wanted ]] || die "expected: $wanted"
}

play_session() {
  end_with_what_was_started
  REDIS_SERVER=$folder/bin/redis-server start_server "$module"
  local token
  token=$(redis-cli -p "$server_port" SESSIONS.CREATE webapp u1 IP 203.0.113.7 DATA '{"cart":3}')
  say "> SESSIONS.CREATE webapp u1 IP 203.0.113.7 DATA {\"cart\":3}" "$token"
  expect '*"cart":3*' SESSIONS.GET webapp "$token" JSON
  expect '*"cart":3,"lang":"en"*' SESSIONS.SET webapp "$token" '{"lang":"en"}' JSON
  expect 1 SESSIONS.KILL webapp "$token"
  expect '' SESSIONS.GET webapp "$token"
  expect '????????????????????????????????????????????????????????????????' SESSIONS.CREATE webapp u1
  expect '????????????????????????????????????????????????????????????????' SESSIONS.CREATE webapp u2
  expect 2 SESSIONS.KILLALL webapp
  expect 0 SESSIONS.COUNT webapp
  redis-cli -p "$server_port" INFO server | grep -E 'redis_version|os:' >&2
}

if [ "$(uname -m)" != x86_64 ]; then die "This script is for x86-64; elsewhere: make build"; fi
if ! have apt-get || ! have dpkg-deb; then die "This script requires apt-get and dpkg-deb, of Debian 12 or newer."; fi
scripts/setup.sh run
fetch
build
module=$folder/$triple/release/libsessions.so
play_session
if [ $# -gt 0 ]; then
  REDIS_SERVER=$folder/bin/redis-server SESSIONS_MODULE=$module cargo test --locked --test e2e -- "$@"
fi
