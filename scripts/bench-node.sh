#!/usr/bin/env bash
# bench-node.sh [--quick]: measures the npm package in clients/node against raw commands, redis-sessions and connect-redis,
# in about seven minutes, and prints what it finds. It needs nothing else to run on the machine meanwhile.
# SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
for program in node npm; do have "$program" || die "$program is missing. On Debian: apt-get install nodejs npm"; done
if [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --release --locked --quiet --package sessions
  export SESSIONS_MODULE=$target/release/libsessions.so
fi
cd clients/node
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel error >&2 </dev/null
npm run --silent build
{ node bench/bench.mjs "$@" >/dev/null; } 2>&1
