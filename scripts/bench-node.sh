#!/usr/bin/env bash
# bench-node.sh [--quick]: compares the npm package in clients/node with raw commands,
# redis-sessions and connect-redis, and writes docs/benchmarks-node.md again, in about eight minutes;
# --quick measures less in one minute and writes to target/bench. Nothing else may run on the
# machine during that time. SESSIONS_MODULE names a module to use instead of building it.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
build_release_module
build_node_package

page=$PWD/docs/benchmarks-node.md
if [ "${1:-}" = --quick ]; then
  mkdir -p "$target/bench"
  page=$(realpath "$target")/bench/benchmarks-node.md
fi
pinned=()
if have taskset && [ "$(nproc --all)" -ge 2 ]; then pinned=(taskset -c 1); fi
cd "$package"
"${pinned[@]}" node bench/bench.mjs "$page" "$@"
