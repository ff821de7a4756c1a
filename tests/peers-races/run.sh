#!/usr/bin/env bash
# Runs the tests of the earlier packages' bugs against the module and against these packages, which
# it installs from npm into target/peers-races. TRIES sets how often each race is run.
#
# SESSIONS_MODULE names a module to load instead of building one.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

for program in node npm; do
  have "$program" || die "$program is missing; on Debian and Ubuntu: apt-get install nodejs npm"
done
module=${SESSIONS_MODULE:-$target/release/libsessions.so}
if [ -z "${SESSIONS_MODULE:-}" ]; then
  scripts/setup.sh build
  cargo build --release --locked --quiet
fi

from=tests/peers-races
to=$target/peers-races
mkdir -p "$to"
if ! cmp -s "$from/package-lock.json" "$to/installed"; then
  cp "$from/package.json" "$from/package-lock.json" "$to/"
  (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error) >&2 </dev/null
  cp "$from/package-lock.json" "$to/installed"
fi
NODE_PATH=$to/node_modules node "$from/run.js" "$module"
