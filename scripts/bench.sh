#!/usr/bin/env bash
# bench.sh [--cluster | --one-second | --latency [CASE…]] [--quick]: measures everything in docs/benchmarks.md and writes the page
# again, in about ten minutes; with --cluster docs/benchmarks-cluster.md, in about five; with --one-second
# docs/benchmarks-one-second.md, in about two; with --latency it prints how long PING takes during each command on very many sessions
# (benches/measure/delays.rs names the cases), in about five. --quick measures less in two minutes and writes to target/bench. It needs nothing else to run on the machine meanwhile.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
for program in node npm redis-benchmark; do
  have "$program" || die "$program is missing. On Debian: apt-get install nodejs npm redis-tools"
done

# redis-sessions, which is compared with, and the client library for the module.
export SESSIONS_BENCH_NODE=$target/bench/node
if ! cmp -s benches/node/package-lock.json "$SESSIONS_BENCH_NODE/installed"; then
  say "Installing Node.js packages into $SESSIONS_BENCH_NODE"
  mkdir -p "$SESSIONS_BENCH_NODE"
  cp benches/node/package.json benches/node/package-lock.json "$SESSIONS_BENCH_NODE/"
  (cd "$SESSIONS_BENCH_NODE" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error) >&2 </dev/null
  cp benches/node/package-lock.json "$SESSIONS_BENCH_NODE/installed"
fi

say "Building the module and the benchmarks"
cargo build --release --locked --quiet --package sessions
cargo bench --locked --package sessions --quiet --bench measure --no-run
export SESSIONS_MODULE=${SESSIONS_MODULE:-$target/release/libsessions.so}

# The server gets the first core to itself, this and what it starts the second.
pinned=()
if have taskset && [ "$(nproc --all)" -ge 2 ]; then pinned=(taskset -c 1); fi
"${pinned[@]}" cargo bench --locked --package sessions --quiet --bench measure -- "$@"
