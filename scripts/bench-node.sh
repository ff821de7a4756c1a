#!/usr/bin/env bash
# bench-node.sh [--quick]: measures the npm package in clients/node against raw commands, redis-sessions and connect-redis,
# in about seven minutes, and prints what it finds. It needs nothing else to run on the machine meanwhile.
# SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
if [ -z "${SESSIONS_MODULE:-}" ]; then
  cargo build --release --locked --quiet --package sessions
  export SESSIONS_MODULE=$target/release/libsessions.so
fi
build_node_package
cd "$package"
{ node bench/bench.mjs "$@" >/dev/null; } 2>&1
