#!/usr/bin/env bash
# bench.sh [--cluster | --one-second | --latency [CASE…] | --rivals | --site] [--quick]: measures
# everything in docs/benchmarks.md and writes the page again, in about half an hour; with --cluster
# docs/benchmarks-cluster.md, in about six minutes; with --one-second
# docs/benchmarks-one-second.md, in about two. --latency prints how long PING takes during each
# command on very many sessions, in about nine minutes (benches/measure/delays.rs names the cases).
# --rivals and --site measure one section of docs/benchmarks.md, in three and seven minutes, and
# print it. --quick measures less and writes to target/bench. Nothing else may run on the machine
# during that time.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
for program in node npm redis-benchmark; do
  have "$program" || die "$program is missing. On Debian: apt-get install nodejs npm redis-tools"
done

# The alternatives are measured on the server of the other measurements, and on those of these newer
# servers that can be fetched, which have commands that Redis 7.0 does not have.
servers=("${REDIS_SERVER:-redis-server}")
case " $* " in
  *' --one-second '* | *' --site '* | *' --latency '*) newer=() ;;
  *) newer=(redis-8.2 valkey-9.1) ;;
esac
for name in "${newer[@]}"; do
  if program=$(scripts/test-servers.sh fetch "$name"); then
    servers+=("$program")
  else
    say "$name could not be fetched and is left out."
  fi
done
SESSIONS_BENCH_SERVERS=$(IFS=:; printf '%s' "${servers[*]}")
export SESSIONS_BENCH_SERVERS

# redis-sessions, for the comparison, and the client library for the module.
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

# The server gets the first core to itself; this script and everything else that it starts run on
# the second.
pinned=()
if have taskset && [ "$(nproc --all)" -ge 2 ]; then pinned=(taskset -c 1); fi
"${pinned[@]}" cargo bench --locked --package sessions --quiet --bench measure -- "$@"
