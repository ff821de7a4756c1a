# shellcheck shell=bash
# Shared by the scripts: sourced, not run. Leaves the caller in the repository's top folder.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# rustup installs here; a shell opened before that does not know it yet.
PATH="$PATH:${HOME:-/root}/.cargo/bin"

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Where cargo builds, and where the tests find what clients.sh installs.
target=${CARGO_TARGET_DIR:-$PWD/target}
# Read by the scripts that source this one and by the tests.
export SESSIONS_CLIENTS=$target/clients
# build_panicking_module: the module with SESSIONS.PANIC, for the tests of panics.
build_panicking_module() {
  say "Building a module that panics on demand"
  cargo build --quiet --locked --package sessions --lib --features test-panic --target-dir "$target/panic"
  export SESSIONS_PANICKING_MODULE=$target/panic/debug/libsessions.so
}

# In continuous integration a skipped test is a failure.
if [ -n "${CI:-}" ]; then export SESSIONS_NO_SKIP=1; fi
